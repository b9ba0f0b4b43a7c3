package porttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

var recordCases = []storeCase{
	{"append puts a record", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 1)
		must(t, s.AppendRecord(ctx(t), k, []byte("one")))
		got, err := s.Record(ctx(t), k)
		must(t, err)
		wantEqual(t, "record", string(got), "one")
	}},
	{"append meets a record, whatever its content", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 1)
		must(t, s.AppendRecord(ctx(t), k, []byte("one")))
		wantErr(t, s.AppendRecord(ctx(t), k, []byte("two")), engine.ErrExists)
		wantErr(t, s.AppendRecord(ctx(t), k, []byte("one")), engine.ErrExists)
		got, err := s.Record(ctx(t), k)
		must(t, err)
		wantEqual(t, "record", string(got), "one")
	}},
	{"of many that append, one wins", func(t *testing.T, s engine.Store) {
		for round := range 5 {
			k := key("x", "5.2", round)
			errs := make([]error, racers)
			won := race(racers, func(i int) bool {
				errs[i] = s.AppendRecord(ctx(t), k, []byte{byte(i)})
				return errs[i] == nil
			})
			wantEqual(t, "winners", won, 1)
			got, err := s.Record(ctx(t), k)
			must(t, err)
			for i, err := range errs {
				if err == nil {
					wantEqual(t, "record", got, []byte{byte(i)})
				} else {
					wantErr(t, err, engine.ErrExists)
				}
			}
		}
	}},
	{"many append to many branches", func(t *testing.T, s engine.Store) {
		const records = 20
		won := race(racers, func(i int) bool {
			branch := machine.Root.Child(3, i)
			for seq := range records {
				if s.AppendRecord(ctx(t), key("x", branch, seq), fmt.Appendf(nil, "%d-%d", i, seq)) != nil {
					return false
				}
			}
			seq, data, err := s.Tip(ctx(t), "x", branch)
			return err == nil && seq == records-1 && string(data) == fmt.Sprintf("%d-%d", i, seq)
		})
		wantEqual(t, "writers that succeeded", won, racers)
	}},
	{"an empty record is there", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 1)
		must(t, s.AppendRecord(ctx(t), k, nil))
		wantErr(t, s.AppendRecord(ctx(t), k, nil), engine.ErrExists)
		got, err := s.Records(ctx(t), []machine.Key{k})
		must(t, err)
		if got[0] == nil || len(got[0]) != 0 {
			t.Fatalf("record %v, want one without bytes", got[0])
		}
	}},
	{"a large record", func(t *testing.T, s engine.Store) {
		k, data := key("x", machine.Root, 1), bytes.Repeat([]byte("0123456789abcdef"), 30_000)
		must(t, s.AppendRecord(ctx(t), k, data))
		got, err := s.Record(ctx(t), k)
		must(t, err)
		if !bytes.Equal(got, data) {
			t.Fatal("another record came back")
		}
	}},
	{"no record is ErrNotFound", func(t *testing.T, s engine.Store) {
		must(t, s.AppendRecord(ctx(t), key("x", machine.Root, 1), nil))
		for _, k := range []machine.Key{key("x", machine.Root, 2), key("x", "1.0", 1), key("y", machine.Root, 1)} {
			_, err := s.Record(ctx(t), k)
			wantErr(t, err, engine.ErrNotFound)
		}
	}},
	{"records come in the order of their keys", func(t *testing.T, s engine.Store) {
		a, b, c := key("x", machine.Root, 1), key("x", "1.0", 1), key("y", machine.Root, 7)
		for _, k := range []machine.Key{a, b, c} {
			must(t, s.AppendRecord(ctx(t), k, []byte(k.String())))
		}
		missing := key("x", machine.Root, 2)
		got, err := s.Records(ctx(t), []machine.Key{c, missing, a, b, a})
		must(t, err)
		wantEqual(t, "records", got, [][]byte{[]byte(c.String()), nil, []byte(a.String()), []byte(b.String()), []byte(a.String())})
		got, err = s.Records(ctx(t), nil)
		must(t, err)
		wantEqual(t, "records of no keys", len(got), 0)
	}},
	{"more records than one request of a cloud store takes", func(t *testing.T, s engine.Store) {
		var keys []machine.Key
		for i := range 250 {
			k := key("x", machine.Root.Child(1, i), 1)
			must(t, s.AppendRecord(ctx(t), k, []byte(k.String())))
			keys = append(keys, k)
		}
		got, err := s.Records(ctx(t), keys)
		must(t, err)
		for i, k := range keys {
			wantEqual(t, "record", string(got[i]), k.String())
		}
	}},
	{"tip is the highest number", func(t *testing.T, s engine.Store) {
		_, _, err := s.Tip(ctx(t), "x", machine.Root)
		wantErr(t, err, engine.ErrNotFound)
		for _, seq := range []int{1, 9, 10, 2, 255, 256, 70_000, 300} {
			must(t, s.AppendRecord(ctx(t), key("x", machine.Root, seq), fmt.Append(nil, seq)))
		}
		must(t, s.AppendRecord(ctx(t), key("x", "1.0", 80_000), nil))
		must(t, s.AppendRecord(ctx(t), key("xx", machine.Root, 90_000), nil))
		seq, data, err := s.Tip(ctx(t), "x", machine.Root)
		must(t, err)
		wantEqual(t, "number", seq, 70_000)
		wantEqual(t, "record", string(data), "70000")
	}},
	{"tip takes no branch for another", func(t *testing.T, s engine.Store) {
		branches := []machine.BranchID{machine.Root, "5.2", "5.20", "5.2/0.1", "5.2/0.11", "5"}
		for i, b := range branches {
			must(t, s.AppendRecord(ctx(t), key("x", b, i), []byte(b)))
		}
		for i, b := range branches {
			seq, data, err := s.Tip(ctx(t), "x", b)
			must(t, err)
			wantEqual(t, "number", seq, i)
			wantEqual(t, "record", string(data), string(b))
		}
		_, _, err := s.Tip(ctx(t), "x", "5.2/0")
		wantErr(t, err, engine.ErrNotFound)
	}},
	{"scan meets every record, in a branch by number", func(t *testing.T, s engine.Store) {
		want := map[machine.Key]string{}
		for _, b := range []machine.BranchID{machine.Root, "5.2", "5.20", "5.2/0.1"} {
			for _, seq := range []int{300, 2, 1, 9, 10, 256} {
				k := key("x", b, seq)
				must(t, s.AppendRecord(ctx(t), k, []byte(k.String())))
				want[k] = k.String()
			}
		}
		for _, other := range []string{"w", "x\x00", "xx", "x5.2", "y"} {
			must(t, s.AppendRecord(ctx(t), key(other, machine.Root, 1), nil))
		}
		got := map[machine.Key]string{}
		last := machine.Key{}
		finished := map[machine.BranchID]bool{}
		must(t, s.ScanRecords(ctx(t), "x", func(k machine.Key, data []byte) error {
			if k.Branch == last.Branch && k.Seq <= last.Seq && len(got) > 0 {
				t.Errorf("%s comes after %s", k, last)
			}
			if k.Branch != last.Branch {
				finished[last.Branch] = len(got) > 0
			}
			if finished[k.Branch] {
				t.Errorf("%s comes back to a branch", k)
			}
			got[k], last = string(data), k
			return nil
		}))
		wantEqual(t, "records", got, want)
	}},
	{"scan of nothing", func(t *testing.T, s engine.Store) {
		must(t, s.AppendRecord(ctx(t), key("xx", machine.Root, 1), nil))
		must(t, s.ScanRecords(ctx(t), "x", func(k machine.Key, _ []byte) error {
			t.Errorf("met %s", k)
			return nil
		}))
	}},
	{"scan stops at an error and returns it", func(t *testing.T, s engine.Store) {
		for seq := range 3 {
			must(t, s.AppendRecord(ctx(t), key("x", machine.Root, seq), nil))
		}
		stop, calls := errors.New("stop"), 0
		wantErr(t, s.ScanRecords(ctx(t), "x", func(machine.Key, []byte) error {
			calls++
			return stop
		}), stop)
		wantEqual(t, "calls", calls, 1)
	}},
	{"a scan may use the store", func(t *testing.T, s engine.Store) {
		must(t, s.AppendRecord(ctx(t), key("x", machine.Root, 1), nil))
		must(t, s.ScanRecords(ctx(t), "x", func(k machine.Key, _ []byte) error {
			return s.AppendRecord(ctx(t), key("y", k.Branch, k.Seq), nil)
		}))
	}},
	{"no execution is taken for another", func(t *testing.T, s engine.Store) {
		for i, execution := range oddNames {
			for j, branch := range oddNames {
				must(t, s.AppendRecord(ctx(t), key(execution, machine.BranchID(branch), 1), []byte{byte(i), byte(j)}))
			}
		}
		for i, execution := range oddNames {
			met := map[machine.BranchID]bool{}
			must(t, s.ScanRecords(ctx(t), execution, func(k machine.Key, data []byte) error {
				met[k.Branch] = true
				if k.Execution != execution || len(data) != 2 || data[0] != byte(i) || oddNames[data[1]] != string(k.Branch) {
					t.Errorf("scan of %q met %q with %v", execution, k, data)
				}
				return nil
			}))
			wantEqual(t, "branches met", len(met), len(oddNames))
		}
	}},
	{"records are not shared", func(t *testing.T, s engine.Store) {
		k, data := key("x", machine.Root, 1), []byte("one")
		must(t, s.AppendRecord(ctx(t), k, data))
		data[0] = 'X'
		reads := []func() []byte{
			func() []byte { b, _ := s.Record(ctx(t), k); return b },
			func() []byte { b, _ := s.Records(ctx(t), []machine.Key{k}); return b[0] },
			func() []byte { _, b, _ := s.Tip(ctx(t), k.Execution, k.Branch); return b },
			func() (kept []byte) {
				_ = s.ScanRecords(ctx(t), k.Execution, func(_ machine.Key, b []byte) error { kept = b; return nil })
				return kept
			},
		}
		for range 2 {
			for _, read := range reads {
				got := read()
				wantEqual(t, "record", string(got), "one")
				got[0] = 'Y'
			}
		}
	}},
	{"a context that is over", func(t *testing.T, s engine.Store) {
		k := key("x", machine.Root, 1)
		wantErr(t, s.AppendRecord(cancelled(t), k, nil), context.Canceled)
		_, err := s.Record(cancelled(t), k)
		wantErr(t, err, context.Canceled)
	}},
}
