package porttest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// storeCase is one behaviour. Each runs on a store of its own, which is empty.
type storeCase struct {
	name string
	test func(t *testing.T, s engine.Store)
}

// Store runs the suite of [engine.Store]. open returns an empty store, and closes it with t.Cleanup.
func Store(t *testing.T, open func(t *testing.T) engine.Store) {
	groups := []struct {
		name  string
		cases []storeCase
	}{
		{"records", recordCases},
		{"claims", claimCases},
		{"joins", joinCases},
		{"executions", executionCases},
		{"docs", docCases},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
			}
		})
	}
}

// racers is how many goroutines compete in a test of a race.
const racers = 32

// oddNames are strings that an adapter that joins keys carelessly takes for one another.
var oddNames = []string{
	"a", "a/", "a/b", "a\x00", "a\x00b", "a\x00\x00", "a\x00\x01", "a\x01", "a#1", "a:1", "a 1", "A", "ab", "aa", "b",
	"\x00", "\x00a", "ä", "\U0001F483", "\uffff", `a"b`, "a%00", "a\\0", "1", "10", "2",
	"arn:aws:states:eu-central-1:123456789012:execution:orders:run",
	"arn:aws:states:eu-central-1:123456789012:execution:orders:run2",
}

func ctx(t *testing.T) context.Context { return t.Context() }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func wantEqual[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// race runs fn in n goroutines that start together, and returns how many returned true.
func race(n int, fn func(i int) bool) int {
	var (
		wg    sync.WaitGroup
		won   atomic.Int64
		start = make(chan struct{})
	)
	for i := range n {
		wg.Go(func() {
			<-start
			if fn(i) {
				won.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(won.Load())
}

// at is a time of the suite's own, n seconds into it.
func at(n int) time.Time { return time.Date(2026, 1, 2, 3, 4, n, 5e6, time.UTC) }

func stamp(n int) machine.Stamp { return machine.NewStamp(at(n)) }

func key(execution string, branch machine.BranchID, seq int) machine.Key {
	return machine.Key{Execution: execution, Branch: branch, Seq: seq}
}

// cancelled is a context that is over.
func cancelled(t *testing.T) context.Context {
	c, cancel := context.WithCancel(ctx(t))
	cancel()
	return c
}
