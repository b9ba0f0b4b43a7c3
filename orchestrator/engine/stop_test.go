package engine_test

import (
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

const abortedByParent = "The Task state in AWS Step Functions execution [arn:aws:states:us-east-1:123456789012:execution:main:x] which was managing this resource was aborted"

// Ensure that whatever ends a parent from outside ends the children that its .sync tasks wait for, with AWS's cause, and no
// others.
func TestStopReachesChildren(t *testing.T) {
	const task = `{"Type": "Task", "Resource": "arn:aws:states:::states:startExecution%s", "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:child", "Name": "c"}%s, "End": true}`
	machineOf := func(state, more string) string { return `{"StartAt": "S", "States": {"S": ` + state + `}` + more + `}` }
	taskOf := func(pattern, more string) string {
		return strings.Replace(strings.Replace(task, "%s", pattern, 1), "%s", more, 1)
	}
	waitsAnHour := `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}`
	inParallel := `{"Type": "Parallel", "End": true, "Branches": [{"StartAt": "T", "States": {"T": ` + taskOf(".sync", "") + `}}, {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 5, "Next": "F"}, "F": {"Type": "Fail"}}}]}`
	stop := func(w *world, arn string) {
		if _, err := w.engine.StopExecution(w.t.Context(), arn, nil, nil); err != nil {
			w.t.Fatal(err)
		}
	}
	tests := []struct {
		name, definition string
		end              func(w *world, arn string)
		child            machine.Status
	}{
		{"StopExecution", machineOf(taskOf(".sync", ""), ""), stop, machine.Aborted},
		{"StopExecution below a Parallel", machineOf(inParallel, ""), stop, machine.Aborted},
		{"the machine's timeout", machineOf(taskOf(".sync:2", ""), `, "TimeoutSeconds": 60`), nil, machine.Aborted},
		{"the task's timeout", machineOf(taskOf(".sync", `, "TimeoutSeconds": 60`), ""), nil, machine.Aborted},
		{"a failing sibling", machineOf(inParallel, ""), nil, machine.Aborted},
		{"request-response goes on", machineOf(taskOf("", ""), ""), stop, machine.Running},
		{"a callback goes on", machineOf(taskOf(".waitForTaskToken", ""), ""), stop, machine.Running},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.create("main", tt.definition)
			w.create("child", waitsAnHour)
			arn := w.start("main", "{}")
			w.until(w.Now().Add(time.Second))
			if tt.end != nil {
				tt.end(w, arn)
			}
			w.until(w.Now().Add(30 * time.Minute))
			child := w.describe("arn:aws:states:us-east-1:123456789012:execution:child:c")
			if child.Status != tt.child {
				t.Fatalf("the child is %s, want %s (the parent is %s)", child.Status, tt.child, w.describe(arn).Status)
			}
			if tt.child == machine.Aborted && (child.Cause == nil || *child.Cause != abortedByParent || child.Error != nil) {
				t.Errorf("the child's cause is %v, want %s", child.Cause, abortedByParent)
			}
		})
	}
}

// Ensure that a stopped execution tells when and why, is stopped once, and does nothing more.
func TestStopExecution(t *testing.T) {
	w := newWorld(t)
	w.create("main", `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "W", "States": {
		"W": {"Type": "Wait", "Seconds": 10, "Next": "Call"},
		"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}}}}`)
	w.functions["f"] = func(string) (engine.InvocationResult, error) {
		t.Error("a fenced branch went on")
		return returns("{}")("")
	}
	arn := w.start("main", "[1,2,3]")
	w.until(w.Now().Add(time.Second))
	reason, why := "Enough", "because"
	first, err := w.engine.StopExecution(t.Context(), arn, &reason, &why)
	if err != nil {
		t.Fatal(err)
	}
	w.settle()
	again, err := w.engine.StopExecution(t.Context(), arn, nil, nil)
	if err != nil || !again.Equal(first) {
		t.Errorf("stopped again: %v %v, want %v", again, err, first)
	}
	x := w.describe(arn)
	if x.Status != machine.Aborted || *x.Error != reason || *x.Cause != why || !x.End.Time().Equal(first) {
		t.Errorf("%s %v %v at %v", x.Status, *x.Error, *x.Cause, x.End.Time())
	}
	if n := w.count(arn, "ExecutionAborted"); n != 1 {
		t.Errorf("%d ExecutionAborted events", n)
	}
	if _, err := w.engine.StopExecution(t.Context(), arn+"z", nil, nil); code(err) != "ExecutionDoesNotExist" {
		t.Errorf("stop an unknown execution: %v", err)
	}
}

// Ensure that an execution's name decides what a second start means.
func TestStartExecution(t *testing.T) {
	w := newWorld(t)
	w.create("main", `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": true}}}`)
	start := func(name, input string) (string, error) {
		x, err := w.engine.StartExecution(t.Context(), engine.StartExecution{Machine: machineARN("main"), Name: name, Input: input})
		if err != nil {
			return "", err
		}
		return x.ARN, nil
	}
	arn, err := start("n", `{"a": 1}`)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := start("n", `{"a":1}`); err != nil || again != arn {
		t.Errorf("the same name and input while it runs: %q %v, want the same execution", again, err)
	}
	if _, err := start("n", `{"a":2}`); code(err) != "ExecutionAlreadyExists" {
		t.Errorf("another input: %v", err)
	}
	w.settle()
	if _, err := start("n", `{"a":1}`); code(err) != "ExecutionAlreadyExists" {
		t.Errorf("after it has ended: %v", err)
	}
	for name, want := range map[string]string{
		"":                      "",
		"möglich-日本語":           "",
		strings.Repeat("n", 80): "",
		strings.Repeat("n", 81): "InvalidName",
		"white space":           "InvalidName",
		"a/b":                   "InvalidName",
		"tab\t":                 "InvalidName",
		"\xff":                  "InvalidName",
	} {
		if _, err := start(name, "{}"); code(err) != want {
			t.Errorf("name %q: %v, want %q", name, err, want)
		}
	}
	for input, want := range map[string]string{
		"":                                       "",
		"not json":                               "InvalidExecutionInput",
		"{'a': 1}":                               "InvalidExecutionInput",
		"\"\xff\"":                               "InvalidExecutionInput",
		strings.Repeat("[", 10_000):              "InvalidExecutionInput",
		`"` + strings.Repeat("x", 256<<10) + `"`: "InvalidExecutionInput",
	} {
		if _, err := start("", input); code(err) != want {
			t.Errorf("input %.20q: %v, want %q", input, err, want)
		}
	}
}

// Ensure that the quota on running executions holds, and that places are given back.
func TestExecutionLimit(t *testing.T) {
	w := newWorld(t)
	w.engine = engine.New(engine.Config{Store: w.store, Queue: w, Bus: w, Clock: w, Machines: w, MaxOpen: 2})
	w.create("main", `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": true}}}`)
	start := func(name string) error {
		_, err := w.engine.StartExecution(t.Context(), engine.StartExecution{Machine: machineARN("main"), Name: name})
		return err
	}
	for _, name := range []string{"a", "b", "b"} {
		if err := start(name); err != nil {
			t.Fatalf("start %s: %v", name, err)
		}
	}
	if err := start("c"); code(err) != "ExecutionLimitExceeded" {
		t.Errorf("a third one: %v", err)
	}
	w.settle()
	if err := start("c"); err != nil {
		t.Errorf("after the others have ended: %v", err)
	}
}

// Ensure that pages of a history fit together, in both directions, and that a token fits its query only.
func TestHistoryPages(t *testing.T) {
	w := newWorld(t)
	w.create("main", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "End": true}}}`)
	arn := w.start("main", "{}")
	w.settle()
	for _, reverse := range []bool{false, true} {
		var ids []int64
		q := engine.HistoryQuery{ARN: arn, Limit: 3, Reverse: reverse}
		for {
			page, next, err := w.engine.History(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				ids = append(ids, e.ID)
			}
			if next == "" {
				break
			}
			if _, _, err := w.engine.History(t.Context(), engine.HistoryQuery{ARN: arn, Limit: 3, Reverse: !reverse, Token: next}); code(err) != "InvalidToken" {
				t.Errorf("a token of the other direction: %v", err)
			}
			q.Token = next
		}
		if len(ids) != 8 {
			t.Fatalf("%d events, want 8", len(ids))
		}
		for i, id := range ids {
			want := int64(i + 1)
			if reverse {
				want = int64(8 - i)
			}
			if id != want {
				t.Errorf("reverse %t: event %d has id %d, want %d", reverse, i, id, want)
			}
		}
	}
	if _, _, err := w.engine.History(t.Context(), engine.HistoryQuery{ARN: arn, Limit: 3, Token: "x"}); code(err) != "InvalidToken" {
		t.Errorf("a malformed token: %v", err)
	}
}
