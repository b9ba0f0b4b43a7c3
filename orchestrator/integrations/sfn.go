package integrations

import (
	"context"
	"errors"
	"fmt"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/value"
)

// SFN performs aws-sdk:sfn: calls of Step Functions' own API.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
type SFN struct{ Service engine.Service }

// Repeatable implements [engine.Integration]: a token is taken once, and a child knows the attempt that started it.
func (SFN) Repeatable() bool { return true }

// Start implements [engine.Integration].
func (s SFN) Start(ctx context.Context, t *engine.Task) (engine.Started, error) {
	call, ok := sfnActions[t.Resource.Action]
	if !ok {
		return engine.Started{}, engine.NewTaskError("States.TaskFailed", "Minuet does not offer the resource "+t.Resource.ARN+" yet.")
	}
	out, err := call(ctx, s.Service, t)
	var refused *engine.Error
	if errors.As(err, &refused) {
		return engine.Started{}, engine.NewTaskError("Sfn."+refused.Code+"Exception", fmt.Sprintf("%s (Service: Sfn, Status Code: 400, Request ID: %s) (SDK Attempt Count: 1)", refused.Message, uuid(t)))
	}
	return engine.Started{Output: out}, err
}

// sfnActions are the actions that are offered.
var sfnActions = map[string]func(context.Context, engine.Service, *engine.Task) (value.Value, error){
	"startExecution":    sfnStartExecution,
	"stopExecution":     sfnStopExecution,
	"describeExecution": sfnDescribeExecution,
	"sendTaskSuccess":   sfnSendTaskSuccess,
	"sendTaskFailure":   sfnSendTaskFailure,
	"sendTaskHeartbeat": sfnSendTaskHeartbeat,
}

func sfnStartExecution(ctx context.Context, s engine.Service, t *engine.Task) (value.Value, error) {
	child, err := startChild(ctx, s, t)
	if err != nil {
		return value.Value{}, err
	}
	return value.OfObject(
		value.Member{Key: "ExecutionArn", Value: value.OfString(child.ARN)},
		value.Member{Key: "StartDate", Value: sdkTime(child.At.Time())},
	), nil
}

func sfnStopExecution(ctx context.Context, s engine.Service, t *engine.Task) (value.Value, error) {
	stopped, err := s.StopExecution(ctx, parameter(t, "ExecutionArn"), optional(t, "Error"), optional(t, "Cause"))
	if err != nil {
		return value.Value{}, err
	}
	return value.OfObject(value.Member{Key: "StopDate", Value: sdkTime(stopped)}), nil
}

func sfnDescribeExecution(ctx context.Context, s engine.Service, t *engine.Task) (value.Value, error) {
	x, _, err := s.DescribeExecution(ctx, parameter(t, "ExecutionArn"))
	if err != nil {
		return value.Value{}, err
	}
	out := description(x, false).Set("StartDate", sdkTime(x.At.Time()))
	if x.End == 0 {
		return out.Delete("StopDate"), nil
	}
	return out.Set("StopDate", sdkTime(x.End.Time())), nil
}

func sfnSendTaskSuccess(ctx context.Context, s engine.Service, t *engine.Task) (value.Value, error) {
	output, _ := text(t, "Output")
	return value.EmptyObject, s.SendTaskSuccess(ctx, parameter(t, "TaskToken"), output)
}

func sfnSendTaskFailure(ctx context.Context, s engine.Service, t *engine.Task) (value.Value, error) {
	return value.EmptyObject, s.SendTaskFailure(ctx, parameter(t, "TaskToken"), optional(t, "Error"), optional(t, "Cause"))
}

func sfnSendTaskHeartbeat(ctx context.Context, s engine.Service, t *engine.Task) (value.Value, error) {
	return value.EmptyObject, s.SendTaskHeartbeat(ctx, parameter(t, "TaskToken"))
}
