package porttest

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

var fork = machine.Key{Execution: "x", Branch: "5.2", Seq: 3}

func ends(indices ...int) []engine.ChildEnd {
	var out []engine.ChildEnd
	for _, i := range indices {
		out = append(out, endOf(i))
	}
	return out
}

// endOf is where the suite lets a child end.
func endOf(index int) engine.ChildEnd { return engine.ChildEnd{Index: index, Seq: index%7 + 1} }

func wantJoin(t *testing.T, s engine.Store, fork machine.Key, children, window int, want engine.Join) {
	t.Helper()
	got, err := s.Join(ctx(t), fork, children, window)
	must(t, err)
	if len(got.Done) == 0 {
		got.Done = nil
	}
	wantEqual(t, "join", got, want)
}

func succeed(t *testing.T, s engine.Store, children, window, index int) (engine.Join, bool) {
	t.Helper()
	j, first, err := s.ChildSucceeded(ctx(t), fork, children, window, endOf(index))
	must(t, err)
	return j, first
}

var joinCases = []storeCase{
	{"a join exists from the fork on", func(t *testing.T, s engine.Store) {
		wantJoin(t, s, fork, 5, 2, engine.Join{Issued: 2})
		wantJoin(t, s, key("x", "all", 3), 5, 0, engine.Join{Issued: 5})
		wantJoin(t, s, key("x", "wide", 3), 5, 9, engine.Join{Issued: 5})
	}},
	{"each success issues one more while there are any", func(t *testing.T, s engine.Store) {
		const children, window = 5, 2
		for i, issued := range []int{3, 4, 5, 5, 5} {
			j, first := succeed(t, s, children, window, i)
			wantEqual(t, "first", first, true)
			wantEqual(t, "issued", j.Issued, issued)
			wantEqual(t, "complete", len(j.Done) == children, i == children-1)
			wantEqual(t, "failed", j.Failed == nil, true)
			wantEqual(t, "closed", j.Closed, false)
		}
		wantJoin(t, s, fork, children, window, engine.Join{Issued: 5, Done: ends(0, 1, 2, 3, 4)})
	}},
	{"done comes by index, and only when complete", func(t *testing.T, s engine.Store) {
		const children = 12
		order := []int{10, 2, 1, 0, 11, 3, 9, 4, 8, 5, 7, 6}
		for n, i := range order {
			j, _ := succeed(t, s, children, 0, i)
			if n < children-1 {
				wantEqual(t, "done before the join is complete", len(j.Done), 0)
			} else {
				wantEqual(t, "done", j.Done, ends(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
			}
		}
	}},
	{"a repeat changes nothing and returns done", func(t *testing.T, s engine.Store) {
		const children, window = 5, 2
		succeed(t, s, children, window, 1)
		want := engine.Join{Issued: 3, Done: ends(1)}
		j, first := succeed(t, s, children, window, 1)
		wantEqual(t, "first", first, false)
		wantEqual(t, "join", j, want)
		other := engine.ChildEnd{Index: 1, Seq: 99}
		j, first, err := s.ChildSucceeded(ctx(t), fork, children, window, other)
		must(t, err)
		wantEqual(t, "first", first, false)
		wantEqual(t, "join", j, want)
		wantJoin(t, s, fork, children, window, want)
	}},
	{"a repeat after completion", func(t *testing.T, s engine.Store) {
		succeed(t, s, 2, 0, 1)
		succeed(t, s, 2, 0, 0)
		for i := range 2 {
			j, first := succeed(t, s, 2, 0, i)
			wantEqual(t, "first", first, false)
			wantEqual(t, "join", j, engine.Join{Issued: 2, Done: ends(0, 1)})
		}
	}},
	{"the first failure is noted and closes", func(t *testing.T, s engine.Store) {
		const children, window = 5, 2
		succeed(t, s, children, window, 0)
		failed := endOf(2)
		for _, i := range []int{2, 1, 2} {
			j, err := s.ChildFailed(ctx(t), fork, children, window, endOf(i))
			must(t, err)
			wantEqual(t, "failed", j.Failed, &failed)
			wantEqual(t, "issued", j.Issued, 3)
			wantEqual(t, "closed", j.Closed, true)
		}
		wantJoin(t, s, fork, children, window, engine.Join{Issued: 3, Done: ends(0), Failed: &failed, Closed: true})
	}},
	{"a failure before anything else", func(t *testing.T, s engine.Store) {
		failed := endOf(0)
		_, err := s.ChildFailed(ctx(t), fork, 5, 2, failed)
		must(t, err)
		wantJoin(t, s, fork, 5, 2, engine.Join{Issued: 2, Failed: &failed, Closed: true})
	}},
	{"close", func(t *testing.T, s engine.Store) {
		const children, window = 5, 2
		succeed(t, s, children, window, 1)
		want := engine.Join{Issued: 3, Done: ends(1), Closed: true}
		for range 2 {
			j, err := s.CloseJoin(ctx(t), fork, children, window)
			must(t, err)
			wantEqual(t, "join", j, want)
		}
		wantJoin(t, s, fork, children, window, want)
	}},
	{"close before anything else", func(t *testing.T, s engine.Store) {
		_, err := s.CloseJoin(ctx(t), fork, 5, 2)
		must(t, err)
		wantJoin(t, s, fork, 5, 2, engine.Join{Issued: 2, Closed: true})
	}},
	{"what ends after the close does not count", func(t *testing.T, s engine.Store) {
		const children, window = 3, 2
		succeed(t, s, children, window, 0)
		_, err := s.CloseJoin(ctx(t), fork, children, window)
		must(t, err)
		want := engine.Join{Issued: 3, Done: ends(0), Closed: true}
		for _, i := range []int{0, 1, 2} {
			j, first := succeed(t, s, children, window, i)
			wantEqual(t, "first", first, false)
			wantEqual(t, "join", j, want)
		}
		j, err := s.ChildFailed(ctx(t), fork, children, window, endOf(2))
		must(t, err)
		wantEqual(t, "failed", j.Failed == nil, true)
		wantJoin(t, s, fork, children, window, want)
	}},
	{"an index that is none of the children's", func(t *testing.T, s engine.Store) {
		for _, i := range []int{-1, 5} {
			if _, _, err := s.ChildSucceeded(ctx(t), fork, 5, 2, engine.ChildEnd{Index: i}); err == nil {
				t.Errorf("child %d of 5 has succeeded", i)
			}
			if _, err := s.ChildFailed(ctx(t), fork, 5, 2, engine.ChildEnd{Index: i}); err == nil {
				t.Errorf("child %d of 5 has failed", i)
			}
		}
		wantJoin(t, s, fork, 5, 2, engine.Join{Issued: 2})
	}},
	{"no join is taken for another", func(t *testing.T, s engine.Store) {
		forks := []machine.Key{
			key("x", machine.Root, 1), key("x", machine.Root, 2), key("x", machine.Root, 256), key("x", "1", 1),
			key("x", "1.0", 1), key("x", "1.0/1.0", 1), key("xx", machine.Root, 1), key("x\x00", machine.Root, 1),
		}
		for i, f := range forks {
			_, _, err := s.ChildSucceeded(ctx(t), f, 20, 1, endOf(i))
			must(t, err)
		}
		for i, f := range forks {
			wantJoin(t, s, f, 20, 1, engine.Join{Issued: 2, Done: ends(i)})
		}
	}},
	{"many succeed at once, each several times", func(t *testing.T, s engine.Store) {
		const children, window, repeats = 300, 40, 3
		var indices []int
		for i := range children * repeats {
			indices = append(indices, i%children)
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(indices), func(i, j int) { indices[i], indices[j] = indices[j], indices[i] })
		var (
			next     atomic.Int64
			firsts   [children]atomic.Int64
			issued   [children]atomic.Int64
			complete atomic.Int64
			mu       sync.Mutex
			again    int // those below are issued by whoever gets the answer to a repeat
		)
		race(racers, func(int) bool {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(indices) {
					return true
				}
				i := indices[n]
				j, first, err := s.ChildSucceeded(ctx(t), fork, children, window, endOf(i))
				if err != nil {
					t.Errorf("child %d: %v", i, err)
					return false
				}
				if !first {
					mu.Lock()
					again = max(again, j.Issued)
					mu.Unlock()
					if !slices.Contains(j.Done, endOf(i)) {
						t.Errorf("child %d is not done in what its repeat returns", i)
					}
					continue
				}
				firsts[i].Add(1)
				for n := j.From; n < j.Issued; n++ {
					issued[n].Add(1)
				}
				if len(j.Done) == children {
					complete.Add(1)
				}
			}
		})
		for i := range firsts {
			wantEqual(t, "first calls for an index", firsts[i].Load(), 1)
		}
		for n := range issued {
			switch calls := issued[n].Load(); {
			case n < window && calls != 0:
				t.Errorf("child %d, which the fork has issued, was issued again", n)
			case n >= window && (calls > 1 || calls == 0 && n >= again):
				t.Errorf("child %d was issued by %d calls", n, calls)
			}
		}
		wantEqual(t, "whether a call completed the join", complete.Load() > 0, true)
	}},
	{"of many failures at once, one is noted", func(t *testing.T, s engine.Store) {
		noted := make([]*engine.ChildEnd, racers)
		race(racers, func(i int) bool {
			j, err := s.ChildFailed(ctx(t), fork, racers, 0, endOf(i))
			if err != nil {
				t.Errorf("child %d: %v", i, err)
			}
			noted[i] = j.Failed
			return true
		})
		for _, n := range noted {
			wantEqual(t, "failure", n, noted[0])
		}
		wantJoin(t, s, fork, racers, 0, engine.Join{Issued: racers, Failed: noted[0], Closed: true})
	}},
	{"successes and a close at once", func(t *testing.T, s engine.Store) {
		var firsts, issued atomic.Int64
		race(racers, func(i int) bool {
			if i == racers/2 {
				j, err := s.CloseJoin(ctx(t), fork, racers, 1)
				if err != nil {
					t.Errorf("close: %v", err)
				}
				issued.Store(int64(j.Issued))
				return true
			}
			_, first, err := s.ChildSucceeded(ctx(t), fork, racers, 1, endOf(i))
			if err != nil {
				t.Errorf("child %d: %v", i, err)
			}
			if first {
				firsts.Add(1)
			}
			return first
		})
		j, err := s.Join(ctx(t), fork, racers, 1)
		must(t, err)
		wantEqual(t, "children counted", int64(len(j.Done)), firsts.Load())
		wantEqual(t, "issued after the close", int64(j.Issued), issued.Load())
	}},
}
