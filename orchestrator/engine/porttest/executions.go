package porttest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// newExecution is a running execution of machine "m" with everything filled in that can be.
func newExecution(arn string, second int) *engine.Execution {
	return &engine.Execution{
		ARN: arn, Machine: "m", Revision: "rev-1", Version: "m:1", Alias: "m:live", Name: arn,
		Input: []byte(" { \"b\" : 1.0,\n \"a\":\"<\u00e4>\" }"), At: stamp(second),
		Parent:   &engine.ParentLink{Key: key("parent", "5.2", 3), Waits: true},
		TestCase: "HappyPath", TraceHeader: "Root=1-2-3;Sampled=1",
		Status: machine.Running,
	}
}

func create(t *testing.T, s engine.Store, x *engine.Execution) {
	t.Helper()
	existing, err := s.CreateExecution(ctx(t), x)
	must(t, err)
	if existing != nil {
		t.Fatalf("existing execution %+v", existing)
	}
}

func wantExecution(t *testing.T, s engine.Store, want *engine.Execution) {
	t.Helper()
	got, err := s.Execution(ctx(t), want.ARN)
	must(t, err)
	wantSameExecution(t, got, want)
}

// wantSameExecution takes no bytes and nil for the same.
func wantSameExecution(t *testing.T, got, want *engine.Execution) {
	t.Helper()
	wantEqual(t, "input", string(got.Input), string(want.Input))
	wantEqual(t, "output", string(got.Output), string(want.Output))
	g, w := *got, *want
	g.Input, w.Input, g.Output, w.Output = nil, nil, nil, nil
	wantEqual(t, "execution", g, w)
}

// list reads all pages of a query, and returns the names in their order.
func list(t *testing.T, s engine.Store, q engine.ExecutionQuery) []string {
	t.Helper()
	var names []string
	for range 1000 {
		page, next, err := s.Executions(ctx(t), q)
		must(t, err)
		if len(page) > q.Limit {
			t.Fatalf("page of %d, want at most %d", len(page), q.Limit)
		}
		for _, x := range page {
			names = append(names, x.Name)
		}
		if next == "" {
			return names
		}
		q.After = next
	}
	t.Fatal("pages without end")
	return nil
}

// listOpen reads all pages, and returns the ARNs sorted.
func listOpen(t *testing.T, s engine.Store, limit int) []string {
	t.Helper()
	var open []string
	after := ""
	for range 1000 {
		page, next, err := s.OpenExecutions(ctx(t), after, limit)
		must(t, err)
		if len(page) > limit {
			t.Fatalf("page of %d, want at most %d", len(page), limit)
		}
		open = append(open, page...)
		if next == "" {
			slices.Sort(open)
			return open
		}
		after = next
	}
	t.Fatal("pages without end")
	return nil
}

func text(s string) *string { return &s }

// end ends an execution with the given status.
func end(t *testing.T, s engine.Store, arn string, status machine.Status) {
	t.Helper()
	must(t, s.EndExecution(ctx(t), arn, status, stamp(50), nil, nil, nil))
}

var executionCases = []storeCase{
	{"create and get", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("x", 1))
		wantExecution(t, s, newExecution("x", 1))
	}},
	{"create with the least", func(t *testing.T, s engine.Store) {
		x := &engine.Execution{ARN: "x", Machine: "m", Name: "n", Input: []byte("{}"), At: stamp(1), Status: machine.Running}
		create(t, s, x)
		wantExecution(t, s, x)
	}},
	{"create meets an execution and returns it", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("x", 1))
		second := newExecution("x", 2)
		second.Input = []byte("2")
		existing, err := s.CreateExecution(ctx(t), second)
		wantErr(t, err, engine.ErrExists)
		wantSameExecution(t, existing, newExecution("x", 1))
		wantExecution(t, s, newExecution("x", 1))
		wantEqual(t, "executions listed", list(t, s, engine.ExecutionQuery{Limit: 10}), []string{"x"})
	}},
	{"create meets an execution that has ended", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("x", 1))
		end(t, s, "x", machine.Aborted)
		existing, err := s.CreateExecution(ctx(t), newExecution("x", 2))
		wantErr(t, err, engine.ErrExists)
		wantEqual(t, "status", existing.Status, machine.Aborted)
	}},
	{"of many that create, one wins", func(t *testing.T, s engine.Store) {
		told := make([]string, racers)
		won := race(racers, func(i int) bool {
			x := newExecution("x", i)
			x.Revision = fmt.Sprint(i)
			existing, err := s.CreateExecution(ctx(t), x)
			if errors.Is(err, engine.ErrExists) && existing != nil {
				told[i] = existing.Revision
			} else if err == nil {
				told[i] = x.Revision
			}
			return err == nil
		})
		wantEqual(t, "winners", won, 1)
		x, err := s.Execution(ctx(t), "x")
		must(t, err)
		for _, revision := range told {
			wantEqual(t, "revision as told", revision, x.Revision)
		}
		wantEqual(t, "executions listed", len(list(t, s, engine.ExecutionQuery{Limit: 10})), 1)
	}},
	{"no execution is ErrNotFound", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("xx", 1))
		_, err := s.Execution(ctx(t), "x")
		wantErr(t, err, engine.ErrNotFound)
		wantErr(t, s.EndExecution(ctx(t), "x", machine.Failed, stamp(2), nil, nil, nil), engine.ErrNotFound)
		_, err = s.Execution(ctx(t), "x")
		wantErr(t, err, engine.ErrNotFound)
	}},
	{"end with an output", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("x", 1))
		must(t, s.EndExecution(ctx(t), "x", machine.Succeeded, stamp(5), []byte(` {"r" : 1.0}`), nil, nil))
		want := newExecution("x", 1)
		want.Status, want.End, want.Output = machine.Succeeded, stamp(5), []byte(` {"r" : 1.0}`)
		wantExecution(t, s, want)
	}},
	{"end with error and cause", func(t *testing.T, s engine.Store) {
		for i, c := range []struct{ errorName, cause *string }{
			{text("States.TaskFailed"), text("a\n\"<cause>\" \u00e4")}, {text("E"), nil}, {nil, text("c")}, {nil, nil}, {text(""), text("")},
		} {
			x := newExecution(fmt.Sprint(i), 1)
			create(t, s, x)
			must(t, s.EndExecution(ctx(t), x.ARN, machine.Failed, stamp(5), nil, c.errorName, c.cause))
			x.Status, x.End, x.Error, x.Cause = machine.Failed, stamp(5), c.errorName, c.cause
			wantExecution(t, s, x)
		}
	}},
	{"the first end stands", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("x", 1))
		must(t, s.EndExecution(ctx(t), "x", machine.Aborted, stamp(5), nil, text("E"), nil))
		must(t, s.EndExecution(ctx(t), "x", machine.Succeeded, stamp(6), []byte("1"), nil, text("c")))
		want := newExecution("x", 1)
		want.Status, want.End, want.Error = machine.Aborted, stamp(5), text("E")
		wantExecution(t, s, want)
		wantEqual(t, "aborted", list(t, s, engine.ExecutionQuery{Status: machine.Aborted, Limit: 10}), []string{"x"})
		wantEqual(t, "succeeded", list(t, s, engine.ExecutionQuery{Status: machine.Succeeded, Limit: 10}), []string(nil))
	}},
	{"of many ends, one stands", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("x", 1))
		statuses := []machine.Status{machine.Succeeded, machine.Failed, machine.TimedOut, machine.Aborted}
		won := race(racers, func(i int) bool {
			return s.EndExecution(ctx(t), "x", statuses[i%4], stamp(i), nil, text(fmt.Sprint(i)), nil) == nil
		})
		wantEqual(t, "ends that returned nil", won, racers)
		x, err := s.Execution(ctx(t), "x")
		must(t, err)
		var n int
		_, err = fmt.Sscan(*x.Error, &n)
		must(t, err)
		wantEqual(t, "status", x.Status, statuses[n%4])
		wantEqual(t, "end", x.End, stamp(n))
		for _, status := range append(statuses, machine.Running) {
			names := list(t, s, engine.ExecutionQuery{Status: status, Limit: 10})
			wantEqual(t, "listed as "+string(status), len(names) == 1, status == x.Status)
		}
	}},
	{"executions come latest start first", func(t *testing.T, s engine.Store) {
		for _, second := range []int{3, 1, 5, 2, 4} {
			create(t, s, newExecution(fmt.Sprint("x", second), second))
		}
		want := []string{"x5", "x4", "x3", "x2", "x1"}
		for limit := 1; limit <= 6; limit++ {
			wantEqual(t, "executions", list(t, s, engine.ExecutionQuery{Machine: "m", Limit: limit}), want)
			wantEqual(t, "executions of any machine", list(t, s, engine.ExecutionQuery{Limit: limit}), want)
		}
	}},
	{"executions that started at once", func(t *testing.T, s engine.Store) {
		var want []string
		for i := range 30 {
			x := newExecution(fmt.Sprintf("x%02d", i), 1)
			create(t, s, x)
			want = append(want, x.Name)
		}
		got := list(t, s, engine.ExecutionQuery{Machine: "m", Limit: 7})
		slices.Sort(got)
		wantEqual(t, "executions", got, want)
	}},
	{"executions by machine, version and status", func(t *testing.T, s engine.Store) {
		ended := map[int]machine.Status{2: machine.Succeeded, 3: machine.Failed, 6: machine.Failed, 7: machine.TimedOut}
		for i := range 8 {
			x := newExecution(fmt.Sprint("x", i), i)
			x.Machine = []string{"m", "mm"}[i/4]
			x.Version, x.Alias = "", ""
			if i%2 == 1 {
				x.Version = x.Machine + ":1"
			}
			if i%4 == 3 {
				x.Alias = x.Machine + ":live"
			}
			create(t, s, x)
			if status := ended[i]; status != "" {
				end(t, s, x.ARN, status)
			}
		}
		for _, c := range []struct {
			q    engine.ExecutionQuery
			want []string
		}{
			{engine.ExecutionQuery{}, []string{"x7", "x6", "x5", "x4", "x3", "x2", "x1", "x0"}},
			{engine.ExecutionQuery{Machine: "m"}, []string{"x3", "x2", "x1", "x0"}},
			{engine.ExecutionQuery{Machine: "mm"}, []string{"x7", "x6", "x5", "x4"}},
			{engine.ExecutionQuery{Machine: "mmm"}, nil},
			{engine.ExecutionQuery{Status: machine.Failed}, []string{"x6", "x3"}},
			{engine.ExecutionQuery{Status: machine.Running}, []string{"x5", "x4", "x1", "x0"}},
			{engine.ExecutionQuery{Machine: "m", Status: machine.Failed}, []string{"x3"}},
			{engine.ExecutionQuery{Machine: "m", Status: machine.Running}, []string{"x1", "x0"}},
			{engine.ExecutionQuery{Machine: "m", Status: machine.Aborted}, nil},
			{engine.ExecutionQuery{Machine: "m", Version: "m:1"}, []string{"x3", "x1"}},
			{engine.ExecutionQuery{Machine: "m", Version: "m:live"}, []string{"x3"}},
			{engine.ExecutionQuery{Machine: "m", Version: "m:1", Status: machine.Running}, []string{"x1"}},
			{engine.ExecutionQuery{Machine: "m", Version: "m:2"}, nil},
			{engine.ExecutionQuery{Machine: "m", Version: "mm:1"}, nil},
		} {
			for _, limit := range []int{1, 3, 1000} {
				c.q.Limit = limit
				if got := list(t, s, c.q); !slices.Equal(got, c.want) {
					t.Errorf("%+v: %q, want %q", c.q, got, c.want)
				}
			}
		}
	}},
	{"a listing has no input and output", func(t *testing.T, s engine.Store) {
		create(t, s, newExecution("x", 1))
		must(t, s.EndExecution(ctx(t), "x", machine.Succeeded, stamp(5), []byte("1"), nil, nil))
		page, next, err := s.Executions(ctx(t), engine.ExecutionQuery{Machine: "m", Limit: 2})
		must(t, err)
		wantEqual(t, "next", next, "")
		wantEqual(t, "page", len(page), 1)
		want := newExecution("x", 1)
		want.Status, want.End, want.Input = machine.Succeeded, stamp(5), nil
		wantSameExecution(t, page[0], want)
	}},
	{"pages hold when executions start and end between them", func(t *testing.T, s engine.Store) {
		for i := range 6 {
			create(t, s, newExecution(fmt.Sprint("x", i), i))
		}
		page, next, err := s.Executions(ctx(t), engine.ExecutionQuery{Machine: "m", Status: machine.Running, Limit: 3})
		must(t, err)
		wantEqual(t, "page", len(page), 3)
		create(t, s, newExecution("x9", 9))
		end(t, s, page[2].ARN, machine.Failed) // the one that the next page starts after
		end(t, s, "x1", machine.Failed)
		got := list(t, s, engine.ExecutionQuery{Machine: "m", Status: machine.Running, Limit: 3, After: next})
		wantEqual(t, "the rest", got, []string{"x2", "x0"})
	}},
	{"open executions are those that run", func(t *testing.T, s engine.Store) {
		wantEqual(t, "open", listOpen(t, s, 10), []string(nil))
		var want []string
		for i := range 10 {
			x := newExecution(fmt.Sprint("x", i), i%3)
			x.Machine = fmt.Sprint("m", i%2)
			create(t, s, x)
			if i%4 == 0 {
				end(t, s, x.ARN, machine.TimedOut)
			} else {
				want = append(want, x.ARN)
			}
		}
		for _, limit := range []int{1, 2, 6, 7, 100} {
			wantEqual(t, "open", listOpen(t, s, limit), want)
		}
	}},
	{"no execution is taken for another", func(t *testing.T, s engine.Store) {
		for i, name := range oddNames {
			x := newExecution(name, i)
			x.Machine = name
			create(t, s, x)
		}
		for i, name := range oddNames {
			want := newExecution(name, i)
			want.Machine = name
			wantExecution(t, s, want)
			wantEqual(t, "executions of the machine", list(t, s, engine.ExecutionQuery{Machine: name, Limit: 10}), []string{name})
		}
		want := slices.Sorted(slices.Values(oddNames))
		wantEqual(t, "open", listOpen(t, s, 5), want)
	}},
	{"executions are not shared", func(t *testing.T, s engine.Store) {
		x, output, name := newExecution("x", 1), []byte("out"), "E"
		create(t, s, x)
		must(t, s.EndExecution(ctx(t), "x", machine.Failed, stamp(5), output, &name, nil))
		x.Input[0], x.Parent.Execution, output[0], name = 'X', "changed", 'X', "changed"
		want := newExecution("x", 1)
		want.Status, want.End, want.Output, want.Error = machine.Failed, stamp(5), []byte("out"), text("E")
		for range 2 {
			existing, err := s.CreateExecution(ctx(t), newExecution("x", 1))
			wantErr(t, err, engine.ErrExists)
			got, err := s.Execution(ctx(t), "x")
			must(t, err)
			for _, x := range []*engine.Execution{existing, got} {
				wantSameExecution(t, x, want)
				x.Input[0], x.Output[0], x.Parent.Execution, *x.Error = 'Y', 'Y', "changed", "changed"
			}
			page, _, err := s.Executions(ctx(t), engine.ExecutionQuery{Limit: 1})
			must(t, err)
			page[0].Parent.Execution = "changed"
		}
	}},
}
