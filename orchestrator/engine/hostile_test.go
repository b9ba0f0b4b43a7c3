package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// errCrash is what a killed worker's call returns.
var errCrash = errors.New("killed")

// fragile is a store whose worker is killed at its nth call: before the call takes effect, or after.
type fragile struct {
	engine.Store
	left  int
	after bool
	dead  bool
}

// call runs one of the store's writes.
func (f *fragile) call(do func() error) error {
	if f.dead {
		return errCrash
	}
	f.left--
	if f.left != 0 {
		return do()
	}
	f.dead = true
	if f.after {
		if err := do(); err != nil {
			return err
		}
	}
	return errCrash
}

func (f *fragile) AppendRecord(ctx context.Context, key machine.Key, data []byte) error {
	return f.call(func() error { return f.Store.AppendRecord(ctx, key, data) })
}

func (f *fragile) PutClaim(ctx context.Context, c *engine.Claim) (existing *engine.Claim, err error) {
	err = f.call(func() error { existing, err = f.Store.PutClaim(ctx, c); return err })
	return existing, err
}

func (f *fragile) SubmitClaim(ctx context.Context, key machine.Key, s engine.Submitted) error {
	return f.call(func() error { return f.Store.SubmitClaim(ctx, key, s) })
}

func (f *fragile) ChildSucceeded(ctx context.Context, fork machine.Key, n, window int, end engine.ChildEnd) (j engine.Join, first bool, err error) {
	err = f.call(func() error { j, first, err = f.Store.ChildSucceeded(ctx, fork, n, window, end); return err })
	return j, first, err
}

func (f *fragile) ChildFailed(ctx context.Context, fork machine.Key, n, window int, end engine.ChildEnd) (j engine.Join, err error) {
	err = f.call(func() error { j, err = f.Store.ChildFailed(ctx, fork, n, window, end); return err })
	return j, err
}

func (f *fragile) CloseJoin(ctx context.Context, fork machine.Key, n, window int) (j engine.Join, err error) {
	err = f.call(func() error { j, err = f.Store.CloseJoin(ctx, fork, n, window); return err })
	return j, err
}

func (f *fragile) CreateExecution(ctx context.Context, x *engine.Execution) (existing *engine.Execution, err error) {
	err = f.call(func() error { existing, err = f.Store.CreateExecution(ctx, x); return err })
	return existing, err
}

func (f *fragile) EndExecution(ctx context.Context, arn string, status machine.Status, end machine.Stamp, output []byte, errorName, cause *string) error {
	return f.call(func() error { return f.Store.EndExecution(ctx, arn, status, end, output, errorName, cause) })
}

// everything is a workflow with a task, a Map, a Parallel with a nested one, and a child that is waited for.
const everything = `{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
    "Retry": [{"ErrorEquals": ["Lambda.Unknown"], "MaxAttempts": 3}], "ResultPath": "$.call", "Next": "Each"},
  "Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.each", "Next": "Both",
    "ItemProcessor": {"StartAt": "One", "States": {
      "One": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Retry": [{"ErrorEquals": ["Lambda.Unknown"], "MaxAttempts": 3}], "Next": "Two"},
      "Two": {"Type": "Wait", "Seconds": 1, "End": true}}}},
  "Both": {"Type": "Parallel", "ResultPath": "$.both", "Next": "Child", "Branches": [
    {"StartAt": "Inner", "States": {"Inner": {"Type": "Parallel", "End": true, "Branches": [
      {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "a", "End": true}}},
      {"StartAt": "B", "States": {"B": {"Type": "Fail", "Error": "Oops"}}}],
      "Catch": [{"ErrorEquals": ["Oops"], "Next": "Caught"}]},
      "Caught": {"Type": "Pass", "Result": "caught", "End": true}}},
    {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 2, "Next": "D"}, "D": {"Type": "Pass", "Result": "d", "End": true}}}]},
  "Child": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
    "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:child"}, "ResultSelector": {"o.$": "$.Output"}, "ResultPath": "$.child", "End": true}}}`

const everythingsChild = `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3, "Next": "R"}, "R": {"Type": "Pass", "Result": {"k": 1}, "End": true}}}`

const everythingsOutput = `{"items":[1,2,3],"call":{"ok":true},"each":[{"ok":true},{"ok":true},{"ok":true}],"both":["caught","d"],"child":{"o":{"k":1}}}`

func newEverything(t *testing.T) (w *world, calls *int) {
	w, calls = newWorld(t), new(int)
	w.create("main", everything)
	w.create("child", everythingsChild)
	w.functions["f"] = func(payload string) (engine.InvocationResult, error) {
		*calls++
		return returns(`{"ok":true}`)(payload)
	}
	return w, calls
}

// Ensure that a worker that is killed between any two writes loses nothing, and does nothing twice: its successor, which
// knows only the store, brings every execution to the same end.
func TestCrash(t *testing.T) {
	writes := 0
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			w, calls := newEverything(t)
			store := &fragile{Store: w.store, left: n, after: after}
			inner := w.store
			w.store = store
			w.restart()
			arn := w.crash(t, `{"items":[1,2,3]}`)
			crashed := store.dead
			w.store = inner
			w.restart()
			if crashed {
				again, err := w.engine.StartExecution(t.Context(), engine.StartExecution{Machine: machineARN("main"), Name: "x", Input: `{"items":[1,2,3]}`})
				if err != nil && code(err) != "ExecutionAlreadyExists" {
					t.Fatalf("write %d: start again: %v", n, err)
				}
				if err == nil {
					arn = again.ARN
				}
				if err := w.engine.Resume(t.Context()); err != nil {
					t.Fatalf("write %d: resume: %v", n, err)
				}
				w.settle()
			}
			where := fmt.Sprintf("killed at write %d (after it took effect: %t)", n, after)
			if x := w.describe(arn); x.Status != machine.Succeeded || string(x.Output) != everythingsOutput {
				t.Errorf("%s: %s %s, want %s", where, x.Status, x.Output, everythingsOutput)
			}
			retried := w.count(arn, "LambdaFunctionFailed")
			if most := 4 + retried; *calls > most {
				t.Errorf("%s: the function ran %d times, the history shows %d attempts", where, *calls, most)
			}
			if !crashed {
				writes = n
				break
			}
		}
	}
	if writes < 30 {
		t.Errorf("the workflow makes %d writes only: the test does not reach what it is for", writes)
	}
}

// Ensure that a worker that is killed while it stops an execution leaves nothing running, once its successor was asked again.
func TestCrashWhileStopping(t *testing.T) {
	const nested = `{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
	  {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "End": true, "ItemProcessor": {"StartAt": "Run", "States": {
	    "Run": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "End": true,
	      "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:child"}}}}}}},
	  {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}]}}}`
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			w := newWorld(t)
			w.create("main", nested)
			w.create("child", `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 7200, "End": true}}}`)
			arn := w.start("main", `{"items":[1,2]}`)
			w.until(w.Now().Add(time.Second))

			inner := w.store
			store := &fragile{Store: inner, left: n, after: after}
			w.store = store
			w.restart()
			if _, err := w.engine.StopExecution(t.Context(), arn, nil, nil); err != nil && !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			w.store = inner
			w.restart()
			if _, err := w.engine.StopExecution(t.Context(), arn, nil, nil); err != nil {
				t.Fatal(err)
			}
			page, _, err := w.store.Executions(t.Context(), engine.ExecutionQuery{Limit: 10})
			if err != nil || len(page) != 3 {
				t.Fatalf("%d executions (%v), want 3", len(page), err)
			}
			for _, x := range page {
				if x.Status != machine.Aborted {
					t.Errorf("killed at write %d (after it took effect: %t): %s is %s", n, after, x.ARN, x.Status)
				}
			}
			if !store.dead {
				if n < 10 {
					t.Errorf("stopping makes %d writes only: the test does not reach what it is for", n)
				}
				break
			}
		}
	}
}

// crash starts the execution and handles messages until the worker is dead, or nothing is left.
func (w *world) crash(t *testing.T, input string) string {
	t.Helper()
	arn := "arn:aws:states:us-east-1:123456789012:execution:main:x"
	_, err := w.engine.StartExecution(t.Context(), engine.StartExecution{Machine: machineARN("main"), Name: "x", Input: input})
	for err == nil {
		m, ok := w.next()
		if !ok {
			return arn
		}
		err = w.engine.Handle(t.Context(), m)
	}
	if !errors.Is(err, errCrash) {
		t.Fatalf("handle: %v", err)
	}
	return arn
}

func (w *world) count(arn, kind string) int {
	n := 0
	for _, e := range w.history(arn) {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// Ensure that messages which come twice, and late, change nothing.
func TestDuplicateMessages(t *testing.T) {
	w, calls := newEverything(t)
	arn := w.start("main", `{"items":[1,2,3]}`)
	var seen []engine.Message
	repeated := map[machine.Key]bool{}
	for range 10_000 {
		m, ok := w.next()
		if !ok {
			break
		}
		deliveries := []engine.Message{m}
		// A repeat makes messages of its own: without a bound they would multiply for ever.
		if !repeated[m.Key] {
			repeated[m.Key] = true
			seen = append(seen, m)
			deliveries = append(deliveries, m, seen[len(seen)/2])
		}
		for _, d := range deliveries {
			if err := w.engine.Handle(t.Context(), d); err != nil {
				t.Fatalf("handle %s: %v", d.Key, err)
			}
		}
	}
	if x := w.describe(arn); string(x.Output) != everythingsOutput {
		t.Errorf("%s %s, want %s", x.Status, x.Output, everythingsOutput)
	}
	if *calls != 4 {
		t.Errorf("the function ran %d times, want 4", *calls)
	}
}
