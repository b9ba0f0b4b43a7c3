package integrations

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/value"
)

// Function performs tasks whose resource is a Lambda function's ARN: the input is the event, the result what the function
// returns.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
type Function struct{ Invoker engine.Invoker }

// Repeatable implements [engine.Integration]: a function may have done its work.
func (Function) Repeatable() bool { return false }

// Start implements [engine.Integration].
func (f Function) Start(ctx context.Context, t *engine.Task) (engine.Started, error) {
	res, err := invoke(ctx, f.Invoker, engine.Invocation{Function: t.Resource.ARN, Payload: t.Parameters.AppendJSON(nil), RoleARN: t.RoleARN})
	if err != nil {
		return engine.Started{}, err
	}
	out, err := payload(t, res)
	return engine.Started{Output: out}, err
}

// Lambda performs lambda:invoke: its parameters are those of Lambda's Invoke, its result is Invoke's response with the
// payload as JSON.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
type Lambda struct{ Invoker engine.Invoker }

// Repeatable implements [engine.Integration]: a function may have done its work.
func (Lambda) Repeatable() bool { return false }

// Start implements [engine.Integration].
func (l Lambda) Start(ctx context.Context, t *engine.Task) (engine.Started, error) {
	in := engine.Invocation{
		Function:  parameter(t, "FunctionName"),
		Qualifier: parameter(t, "Qualifier"),
		Type:      parameter(t, "InvocationType"),
		LogType:   parameter(t, "LogType"),
		RoleARN:   t.RoleARN,
	}
	if in.Function == "" {
		return engine.Started{}, engine.NewTaskError("States.Runtime", "The parameters of lambda:invoke have to name a FunctionName, but they are: "+t.Parameters.JSON())
	}
	// A text is sent as it is, and null not at all.
	switch p, _ := t.Parameters.Get("Payload"); p.Kind() {
	case value.Null:
	case value.String:
		in.Payload = []byte(p.Text())
	default:
		in.Payload = p.AppendJSON(nil)
	}
	if c, ok := t.Parameters.Get("ClientContext"); ok {
		in.ClientContext = c.Text()
		if c.Kind() != value.String {
			in.ClientContext = base64.StdEncoding.EncodeToString(c.AppendJSON(nil))
		}
	}
	res, err := invoke(ctx, l.Invoker, in)
	if err != nil {
		return engine.Started{}, err
	}
	out, err := payload(t, res)
	if err != nil {
		return engine.Started{}, err
	}
	return engine.Started{Output: invokeResponse(res, out)}, nil
}

// invoke calls a function, and words what keeps it from running.
func invoke(ctx context.Context, i engine.Invoker, in engine.Invocation) (engine.InvocationResult, error) {
	res, err := i.Invoke(ctx, in)
	var refused *engine.InvokeError
	if errors.As(err, &refused) {
		return res, engine.NewTaskError("Lambda."+refused.Code, fmt.Sprintf(
			"%s (Service: AWSLambda; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
			refused.Message, refused.StatusCode, refused.Code, refused.RequestID))
	}
	return res, err
}

// payload reads what a function returned, or failed with: the error's name is its errorType, the cause all of it.
func payload(t *engine.Task, res engine.InvocationResult) (value.Value, error) {
	if err := t.Oversize(len(res.Payload)); err != nil {
		return value.Value{}, err
	}
	if len(res.Payload) == 0 && res.FunctionError == "" {
		return value.Value{}, nil
	}
	out, err := value.Parse(res.Payload)
	if res.FunctionError != "" {
		name := "Lambda.Unknown"
		if kind, ok := out.Get("errorType"); err == nil && ok && kind.Text() != "" {
			name = kind.Text()
		}
		return out, engine.NewTaskError(name, string(res.Payload))
	}
	if err != nil {
		return out, engine.NewTaskError("Lambda.Unknown", "The function returned a payload that is not JSON: "+err.Error())
	}
	return out, nil
}

// invokeResponse is Invoke's response as lambda:invoke shows it.
func invokeResponse(res engine.InvocationResult, out value.Value) value.Value {
	members := []value.Member{
		{Key: "ExecutedVersion", Value: value.OfString(res.ExecutedVersion)},
		{Key: "Payload", Value: out},
	}
	if res.LogResult != "" {
		members = append([]value.Member{members[0], {Key: "LogResult", Value: value.OfString(res.LogResult)}}, members[1:]...)
	}
	members = append(members, sdkMetadata(res.StatusCode, res.RequestID, res.Headers)...)
	return value.OfObject(append(members, value.Member{Key: "StatusCode", Value: value.OfInt(int64(res.StatusCode))})...)
}
