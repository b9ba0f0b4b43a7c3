package integrations

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// States performs states:startExecution: nested workflows.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
type States struct{ Service engine.Service }

// Repeatable implements [engine.Integration]: the child knows the attempt that started it.
func (States) Repeatable() bool { return true }

// Start implements [engine.Integration].
func (s States) Start(ctx context.Context, t *engine.Task) (engine.Started, error) {
	if t.Resource.Action != "startExecution" {
		return engine.Started{}, engine.NewTaskError("States.TaskFailed", "Minuet does not offer the resource "+t.Resource.ARN+" yet.")
	}
	child, err := startChild(ctx, s.Service, t)
	if err != nil {
		return engine.Started{}, statesError(err, t)
	}
	id := uuid(t)
	response := append([]value.Member{{Key: "ExecutionArn", Value: value.OfString(child.ARN)}}, sdkMetadata(200, id, map[string][]string{
		"Content-Type":     {"application/x-amz-json-1.0"},
		"x-amzn-RequestId": {id},
	})...)
	started := engine.Started{Output: value.OfObject(append(response, value.Member{Key: "StartDate", Value: value.OfInt(child.At.Time().UnixMilli())})...)}
	if t.Resource.Pattern == asl.Sync || t.Resource.Pattern == asl.Sync2 {
		started.Child = child.ARN
	}
	return started, nil
}

// startChild starts the execution that the task's parameters describe.
func startChild(ctx context.Context, s engine.Service, t *engine.Task) (*engine.Execution, error) {
	in := engine.StartExecution{
		Machine:     parameter(t, "StateMachineArn"),
		Name:        parameter(t, "Name"),
		TraceHeader: parameter(t, "TraceHeader"),
		Parent: &engine.ParentLink{
			Key:   t.Key,
			Waits: t.Resource.Service == "states" && (t.Resource.Pattern == asl.Sync || t.Resource.Pattern == asl.Sync2),
		},
	}
	if input, ok := text(t, "Input"); ok && input != "null" {
		in.Input = input
	}
	if in.Name == "" {
		in.Name = uuid(t)
	}
	return s.StartExecution(ctx, in)
}

// statesError words a refusal: StepFunctions.ExecutionAlreadyExistsException, but StepFunctions.ExecutionLimitExceeded.
func statesError(err error, t *engine.Task) error {
	var refused *engine.Error
	if !errors.As(err, &refused) {
		return err
	}
	name := "StepFunctions." + refused.Code
	if !strings.HasSuffix(name, "Exceeded") {
		name += "Exception"
	}
	return engine.NewTaskError(name, fmt.Sprintf("%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)",
		refused.Message, refused.Code, uuid(t)))
}

// uuid draws a UUID that is the same for every repeat of the attempt.
func uuid(t *engine.Task) string {
	a, b := t.Random(), t.Random()
	a = a&^0xf000 | 0x4000
	b = b&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&(1<<48-1))
}

// ChildEnded implements [engine.Parent]: .sync gives the child's description with Input and Output as texts, .sync:2 as
// JSON; a child that did not succeed fails the task, with its description as the cause.
func (States) ChildEnded(pattern asl.Pattern, child *engine.Execution) (value.Value, *machine.Failure) {
	if child.Status == machine.Succeeded {
		return description(child, pattern == asl.Sync2), nil
	}
	return value.Value{}, machine.NewFailure("States.TaskFailed", description(child, pattern == asl.Sync2).JSON())
}

// description is DescribeExecution's response in the spelling of state data.
func description(x *engine.Execution, parsed bool) value.Value {
	var members []value.Member
	add := func(key string, v value.Value) { members = append(members, value.Member{Key: key, Value: v}) }
	data := func(text []byte) value.Value {
		if v, err := value.Parse(text); parsed && err == nil {
			return v
		}
		return value.OfString(string(text))
	}
	included := value.OfObject(value.Member{Key: "Included", Value: value.True})
	if x.Cause != nil {
		add("Cause", value.OfString(*x.Cause))
	}
	if x.Error != nil {
		add("Error", value.OfString(*x.Error))
	}
	add("ExecutionArn", value.OfString(x.ARN))
	add("Input", data(x.Input))
	add("InputDetails", included)
	add("Name", value.OfString(x.Name))
	if x.Output != nil {
		add("Output", data(x.Output))
		add("OutputDetails", included)
	}
	add("RedriveCount", value.OfInt(0))
	status, reason := Redrive(x)
	add("RedriveStatus", value.OfString(status))
	if reason != "" {
		add("RedriveStatusReason", value.OfString(reason))
	}
	add("StartDate", value.OfInt(x.At.Time().UnixMilli()))
	add("StateMachineArn", value.OfString(x.Machine))
	add("Status", value.OfString(string(x.Status)))
	add("StopDate", value.OfInt(x.End.Time().UnixMilli()))
	return value.OfObject(members...)
}

// Redrive tells whether an execution may be redriven, and if not, why.
func Redrive(x *engine.Execution) (status, reason string) {
	switch x.Status {
	case machine.Running, machine.Succeeded:
		return "NOT_REDRIVABLE", "Execution is " + string(x.Status) + " and cannot be redriven"
	}
	return "REDRIVABLE", ""
}
