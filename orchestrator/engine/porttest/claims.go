package porttest

import (
	"errors"
	"fmt"
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

func newClaim(k machine.Key) *engine.Claim {
	return &engine.Claim{Key: k, At: stamp(1), Nonce: "nonce-\u00e4", Owner: "worker-1", Lease: at(30), Heartbeat: at(1)}
}

func getClaim(t *testing.T, s engine.Store, k machine.Key) *engine.Claim {
	t.Helper()
	c, err := s.Claim(ctx(t), k)
	must(t, err)
	c.Lease, c.Heartbeat = c.Lease.UTC(), c.Heartbeat.UTC()
	return c
}

var claimCases = []storeCase{
	{"put and get", func(t *testing.T, s engine.Store) {
		k := key("x", "5.2", 3)
		existing, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		if existing != nil {
			t.Fatalf("existing claim %+v", existing)
		}
		wantEqual(t, "claim", getClaim(t, s, k), newClaim(k))
	}},
	{"put with submitted", func(t *testing.T, s engine.Store) {
		c := newClaim(key("x", "5.2", 3))
		c.Submitted = &engine.Submitted{At: stamp(2), Output: []byte(" { \"a\" : 1.0 }\n"), Child: "arn:child"}
		_, err := s.PutClaim(ctx(t), c)
		must(t, err)
		wantEqual(t, "claim", getClaim(t, s, c.Key), c)
	}},
	{"put meets a claim and returns it", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		second := newClaim(k)
		second.Owner = "worker-2"
		existing, err := s.PutClaim(ctx(t), second)
		wantErr(t, err, engine.ErrExists)
		existing.Lease, existing.Heartbeat = existing.Lease.UTC(), existing.Heartbeat.UTC()
		wantEqual(t, "existing claim", existing, newClaim(k))
		wantEqual(t, "claim", getClaim(t, s, k), newClaim(k))
	}},
	{"of many that put, one wins", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		owners := make([]string, racers)
		won := race(racers, func(i int) bool {
			c := newClaim(k)
			c.Owner = fmt.Sprint(i)
			existing, err := s.PutClaim(ctx(t), c)
			if errors.Is(err, engine.ErrExists) && existing != nil {
				owners[i] = existing.Owner
			} else if err == nil {
				owners[i] = c.Owner
			}
			return err == nil
		})
		wantEqual(t, "winners", won, 1)
		for _, owner := range owners {
			wantEqual(t, "owner as told", owner, getClaim(t, s, k).Owner)
		}
	}},
	{"no claim is ErrNotFound", func(t *testing.T, s engine.Store) {
		_, err := s.PutClaim(ctx(t), newClaim(key("x", machine.Root, 3)))
		must(t, err)
		k := key("x", machine.Root, 4)
		_, err = s.Claim(ctx(t), k)
		wantErr(t, err, engine.ErrNotFound)
		wantErr(t, s.HeartbeatClaim(ctx(t), k, at(1)), engine.ErrNotFound)
		wantErr(t, s.SubmitClaim(ctx(t), k, engine.Submitted{}), engine.ErrNotFound)
		if err := s.TakeClaim(ctx(t), k, "", "b", at(1)); err == nil {
			t.Fatal("a claim that is not there was taken")
		}
		_, err = s.Claim(ctx(t), k)
		wantErr(t, err, engine.ErrNotFound)
	}},
	{"a claim is no record", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		_, err = s.Record(ctx(t), k)
		wantErr(t, err, engine.ErrNotFound)
		must(t, s.AppendRecord(ctx(t), k, nil))
	}},
	{"take changes owner and lease", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		must(t, s.TakeClaim(ctx(t), k, "worker-1", "worker-2", at(60)))
		want := newClaim(k)
		want.Owner, want.Lease = "worker-2", at(60)
		wantEqual(t, "claim", getClaim(t, s, k), want)
		wantErr(t, s.TakeClaim(ctx(t), k, "worker-1", "worker-3", at(90)), engine.ErrExists)
		wantEqual(t, "claim", getClaim(t, s, k), want)
	}},
	{"of many that take, one wins", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		winner := make(chan string, racers)
		won := race(racers, func(i int) bool {
			owner := fmt.Sprint(i)
			if s.TakeClaim(ctx(t), k, "worker-1", owner, at(60)) != nil {
				return false
			}
			winner <- owner
			return true
		})
		wantEqual(t, "winners", won, 1)
		wantEqual(t, "owner", getClaim(t, s, k).Owner, <-winner)
	}},
	{"submit sets submitted once", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		want := newClaim(k)
		want.Submitted = &engine.Submitted{At: stamp(2), Output: []byte(`{"JobId":"7"}`), Child: "arn:child"}
		must(t, s.SubmitClaim(ctx(t), k, *want.Submitted))
		wantEqual(t, "claim", getClaim(t, s, k), want)
		must(t, s.SubmitClaim(ctx(t), k, engine.Submitted{At: stamp(3), Child: "arn:other"}))
		wantEqual(t, "claim", getClaim(t, s, k), want)
	}},
	{"submit sets submitted even to nothing", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		must(t, s.SubmitClaim(ctx(t), k, engine.Submitted{}))
		if got := getClaim(t, s, k).Submitted; got == nil || len(got.Output) != 0 {
			t.Fatalf("submitted %+v, want one without output", got)
		}
	}},
	{"heartbeat moves forward, never back", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		want := newClaim(k)
		for _, step := range []struct{ beat, want int }{{5, 5}, {3, 5}, {5, 5}, {6, 6}, {1, 6}} {
			must(t, s.HeartbeatClaim(ctx(t), k, at(step.beat)))
			want.Heartbeat = at(step.want)
			wantEqual(t, "claim", getClaim(t, s, k), want)
		}
	}},
	{"changes at once all take effect", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 3)
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		submitted := engine.Submitted{At: stamp(2), Output: []byte("1")}
		won := race(racers, func(i int) bool {
			switch i {
			case 0:
				return s.SubmitClaim(ctx(t), k, submitted) == nil
			case 1:
				return s.TakeClaim(ctx(t), k, "worker-1", "worker-2", at(50)) == nil
			default:
				return s.HeartbeatClaim(ctx(t), k, at(i)) == nil
			}
		})
		wantEqual(t, "changes that succeeded", won, racers)
		want := newClaim(k)
		want.Owner, want.Lease, want.Submitted, want.Heartbeat = "worker-2", at(50), &submitted, at(racers-1)
		wantEqual(t, "claim", getClaim(t, s, k), want)
	}},
	{"scan meets every claim of an execution", func(t *testing.T, s engine.Store) {
		want := map[machine.Key]bool{}
		for _, execution := range []string{"x", "xx", "x\x00", "w"} {
			for _, branch := range []machine.BranchID{machine.Root, "5.2", "5.2/0.1"} {
				for seq := range 3 {
					c := newClaim(key(execution, branch, seq))
					_, err := s.PutClaim(ctx(t), c)
					must(t, err)
					if execution == "x" {
						want[c.Key] = true
					}
				}
			}
		}
		got := map[machine.Key]bool{}
		must(t, s.ScanClaims(ctx(t), "x", func(c *engine.Claim) error {
			got[c.Key] = true
			wantEqual(t, "nonce", c.Nonce, newClaim(c.Key).Nonce)
			return s.HeartbeatClaim(ctx(t), c.Key, at(9))
		}))
		wantEqual(t, "claims", got, want)
	}},
	{"scan stops at an error and returns it", func(t *testing.T, s engine.Store) {
		for seq := range 3 {
			_, err := s.PutClaim(ctx(t), newClaim(key("x", machine.Root, seq)))
			must(t, err)
		}
		stop, calls := errors.New("stop"), 0
		wantErr(t, s.ScanClaims(ctx(t), "x", func(*engine.Claim) error {
			calls++
			return stop
		}), stop)
		wantEqual(t, "calls", calls, 1)
	}},
	{"claims are not shared", func(t *testing.T, s engine.Store) {
		c := newClaim(key("x", machine.Root, 3))
		c.Submitted = &engine.Submitted{Output: []byte("out")}
		_, err := s.PutClaim(ctx(t), c)
		must(t, err)
		c.Owner, c.Submitted.Output[0] = "changed", 'X'
		reads := []func() *engine.Claim{
			func() *engine.Claim { return getClaim(t, s, c.Key) },
			func() *engine.Claim { existing, _ := s.PutClaim(ctx(t), newClaim(c.Key)); return existing },
			func() (kept *engine.Claim) {
				_ = s.ScanClaims(ctx(t), "x", func(c *engine.Claim) error { kept = c; return nil })
				return kept
			},
		}
		for range 2 {
			for _, read := range reads {
				got := read()
				wantEqual(t, "owner", got.Owner, "worker-1")
				wantEqual(t, "output", string(got.Submitted.Output), "out")
				got.Owner, got.Submitted.Output[0] = "changed", 'Y'
			}
		}
	}},
	{"submitted output is not shared", func(t *testing.T, s engine.Store) {
		k, output := key("x", machine.Root, 3), []byte("out")
		_, err := s.PutClaim(ctx(t), newClaim(k))
		must(t, err)
		must(t, s.SubmitClaim(ctx(t), k, engine.Submitted{Output: output}))
		output[0] = 'X'
		wantEqual(t, "output", string(getClaim(t, s, k).Submitted.Output), "out")
	}},
}
