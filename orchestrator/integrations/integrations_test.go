package integrations_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/integrations"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// invoker answers every call alike, and remembers the last one.
type invoker struct {
	result engine.InvocationResult
	err    error
	last   engine.Invocation
}

func (i *invoker) Invoke(_ context.Context, in engine.Invocation) (engine.InvocationResult, error) {
	i.last = in
	return i.result, i.err
}

func task(r asl.Resource, parameters string) *engine.Task {
	return &engine.Task{
		TaskCall: &machine.TaskCall{Resource: r, Parameters: value.MustParse(parameters)},
		MaxBytes: 100, Random: func() uint64 { return 7 },
	}
}

var (
	function = asl.Resource{ARN: "arn:aws:lambda:us-east-1:123456789012:function:f", Lambda: true}
	invoke   = asl.Resource{ARN: "arn:aws:states:::lambda:invoke", Service: "lambda", Action: "invoke"}
)

// Ensure that what becomes of a function's call gets the name that Step Functions gives it.
func TestLambdaErrors(t *testing.T) {
	unhandled := func(payload string) *invoker {
		return &invoker{result: engine.InvocationResult{StatusCode: 200, FunctionError: "Unhandled", Payload: []byte(payload)}}
	}
	tests := []struct {
		name        string
		invoker     *invoker
		error, text string
	}{
		{"the function fails", unhandled(`{"errorType":"Broken","errorMessage":"m"}`), "Broken", `{"errorType":"Broken","errorMessage":"m"}`},
		{"it fails without a type", unhandled(`{"errorMessage":"m"}`), "Lambda.Unknown", `{"errorMessage":"m"}`},
		{"it fails with what is no JSON", unhandled(`<html>`), "Lambda.Unknown", `<html>`},
		{"it returns what is no JSON", &invoker{result: engine.InvocationResult{Payload: []byte("x")}}, "Lambda.Unknown", ""},
		{"it returns too much", &invoker{result: engine.InvocationResult{Payload: make([]byte, 101)}}, "States.DataLimitExceeded", ""},
		{"Lambda is busy", &invoker{err: &engine.InvokeError{Code: "TooManyRequestsException", Message: "Rate exceeded", StatusCode: 429, RequestID: "r"}},
			"Lambda.TooManyRequestsException", "Rate exceeded (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: r; Proxy: null)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, direct := integrations.Function{Invoker: tt.invoker}.Start(t.Context(), task(function, "{}"))
			_, optimized := integrations.Lambda{Invoker: tt.invoker}.Start(t.Context(), task(invoke, `{"FunctionName":"f"}`))
			for how, err := range map[string]error{"by its ARN": direct, "lambda:invoke": optimized} {
				var failed *engine.TaskError
				if !errors.As(err, &failed) || failed.Failure.Error != tt.error || tt.text != "" && failed.Cause != tt.text {
					t.Errorf("%s: %v, want %s: %s", how, err, tt.error, tt.text)
				}
			}
		})
	}
	lost := errors.New("connection reset")
	if _, err := (integrations.Function{Invoker: &invoker{err: lost}}).Start(t.Context(), task(function, "{}")); !errors.Is(err, lost) {
		t.Errorf("an unknown outcome: %v, want it as it is", err)
	}
}

// Ensure that lambda:invoke passes its parameters on, a text payload as it is, and shows Invoke's response.
func TestLambdaInvoke(t *testing.T) {
	i := &invoker{result: engine.InvocationResult{StatusCode: 200, Payload: []byte(`{"a": 1.0}`), ExecutedVersion: "7", RequestID: "r",
		Headers: map[string][]string{"X": {"1", "2"}}}}
	s, err := integrations.Lambda{Invoker: i}.Start(t.Context(), task(invoke,
		`{"FunctionName":"f","Qualifier":"7","InvocationType":"RequestResponse","LogType":"Tail","ClientContext":"e30=","Payload":{"b":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"ExecutedVersion":"7","Payload":{"a":1.0},"SdkHttpMetadata":{"AllHttpHeaders":{"X":["1","2"]},"HttpHeaders":{"X":"1,2"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"r"},"StatusCode":200}`
	if got := s.Output.JSON(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if in := i.last; in.Function != "f" || in.Qualifier != "7" || in.Type != "RequestResponse" || in.LogType != "Tail" || in.ClientContext != "e30=" || string(in.Payload) != `{"b":2}` {
		t.Errorf("invoked with %+v", in)
	}
	for payload, want := range map[string]string{`"{\"c\":3}"`: `{"c":3}`, `null`: "", `[1]`: "[1]"} {
		if _, err := (integrations.Lambda{Invoker: i}).Start(t.Context(), task(invoke, `{"FunctionName":"f","Payload":`+payload+`}`)); err != nil || string(i.last.Payload) != want {
			t.Errorf("payload %s is sent as %s (%v), want %s", payload, i.last.Payload, err, want)
		}
	}
	if _, err := (integrations.Lambda{Invoker: i}).Start(t.Context(), task(invoke, `{}`)); err == nil {
		t.Error("invoked without a FunctionName")
	}
}

// Ensure that a child's end has the fields that Step Functions returns, in its order and casing.
func TestChildEnded(t *testing.T) {
	at := func(ms int64) machine.Stamp { return machine.NewStamp(time.UnixMilli(ms)) }
	child := &engine.Execution{ARN: "arn:c", Machine: "arn:m", Name: "c", Input: []byte(`{"i":1}`), At: at(1000), End: at(2500), Status: machine.Succeeded, Output: []byte(`{"MyKey":"MyValue"}`)}
	const rest = `"RedriveCount":0,"RedriveStatus":"NOT_REDRIVABLE","RedriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","StartDate":1000,"StateMachineArn":"arn:m","Status":"SUCCEEDED","StopDate":2500}`
	for pattern, want := range map[asl.Pattern]string{
		asl.Sync:  `{"ExecutionArn":"arn:c","Input":"{\"i\":1}","InputDetails":{"Included":true},"Name":"c","Output":"{\"MyKey\":\"MyValue\"}","OutputDetails":{"Included":true},` + rest,
		asl.Sync2: `{"ExecutionArn":"arn:c","Input":{"i":1},"InputDetails":{"Included":true},"Name":"c","Output":{"MyKey":"MyValue"},"OutputDetails":{"Included":true},` + rest,
	} {
		if out, f := (integrations.States{}).ChildEnded(pattern, child); f != nil || out.JSON() != want {
			t.Errorf("%s gives %s, want %s", pattern, out.JSON(), want)
		}
	}
	name, cause := "E", "because"
	child.Status, child.Output, child.Error, child.Cause = machine.Failed, nil, &name, &cause
	_, f := integrations.States{}.ChildEnded(asl.Sync, child)
	want := `{"Cause":"because","Error":"E","ExecutionArn":"arn:c","Input":"{\"i\":1}","InputDetails":{"Included":true},"Name":"c","RedriveCount":0,"RedriveStatus":"REDRIVABLE","StartDate":1000,"StateMachineArn":"arn:m","Status":"FAILED","StopDate":2500}`
	if f == nil || f.Error != "States.TaskFailed" || f.Cause != want {
		t.Errorf("a failed child gives %+v, want States.TaskFailed with %s", f, want)
	}
}
