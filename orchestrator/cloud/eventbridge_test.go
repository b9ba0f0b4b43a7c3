package cloud

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// Ensure that an event has AWS's shape: every field is there, and what is absent is null.
func TestStatusDetail(t *testing.T) {
	at := machine.NewStamp(time.UnixMilli(1_700_000_000_001))
	cause := "c"
	x := func(status machine.Status, change func(*engine.Execution)) *engine.Execution {
		x := &engine.Execution{ARN: "arn:x", Machine: "arn:m", Name: "x", Input: []byte(`{"a": 1}`), At: at, Status: status}
		if status != machine.Running {
			x.End = machine.NewStamp(time.UnixMilli(1_700_000_000_009))
		}
		change(x)
		return x
	}
	const begin = `{"executionArn":"arn:x","stateMachineArn":"arn:m","name":"x","status":`
	for _, c := range []struct {
		name string
		x    *engine.Execution
		want string
	}{
		{"running", x(machine.Running, func(*engine.Execution) {}), begin + `"RUNNING","startDate":1700000000001,"stopDate":null,"input":"{\"a\": 1}","output":null,` +
			`"stateMachineVersionArn":null,"stateMachineAliasArn":null,"redriveCount":0,"redriveDate":null,"redriveStatus":"NOT_REDRIVABLE",` +
			`"redriveStatusReason":"Execution is RUNNING and cannot be redriven","inputDetails":{"included":true},"outputDetails":null,"error":null,"cause":null}`},
		{"succeeded", x(machine.Succeeded, func(x *engine.Execution) { x.Output, x.Version, x.Alias = []byte("1"), "arn:m:1", "arn:m:live" }), begin +
			`"SUCCEEDED","startDate":1700000000001,"stopDate":1700000000009,"input":"{\"a\": 1}","output":"1",` +
			`"stateMachineVersionArn":"arn:m:1","stateMachineAliasArn":"arn:m:live","redriveCount":0,"redriveDate":null,"redriveStatus":"NOT_REDRIVABLE",` +
			`"redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven","inputDetails":{"included":true},"outputDetails":{"included":true},"error":null,"cause":null}`},
		{"failed", x(machine.Failed, func(x *engine.Execution) { x.Cause = &cause }), begin +
			`"FAILED","startDate":1700000000001,"stopDate":1700000000009,"input":"{\"a\": 1}","output":null,` +
			`"stateMachineVersionArn":null,"stateMachineAliasArn":null,"redriveCount":0,"redriveDate":null,"redriveStatus":"REDRIVABLE",` +
			`"redriveStatusReason":null,"inputDetails":{"included":true},"outputDetails":null,"error":null,"cause":"c"}`},
	} {
		got, err := json.Marshal(statusDetail(c.x))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", c.name, err, got, c.want)
		}
	}
}

// Ensure that an event leaves out what it has no room for, and says so.
func TestLargeStatusDetail(t *testing.T) {
	large := []byte(`"` + strings.Repeat("x", maxEventData) + `"`)
	for _, c := range []struct {
		input, output               []byte
		inputIncluded, outputInside bool
	}{
		{large, []byte("1"), false, true},
		{[]byte("{}"), large, true, false},
		{large, large, false, false},
	} {
		d := statusDetail(&engine.Execution{Status: machine.Succeeded, Input: c.input, Output: c.output})
		if d.InputDetails.Included != c.inputIncluded || (d.Input != nil) != c.inputIncluded ||
			d.OutputDetails.Included != c.outputInside || (d.Output != nil) != c.outputInside {
			t.Errorf("input of %d and output of %d bytes: included %v and %v", len(c.input), len(c.output), d.InputDetails.Included, d.OutputDetails.Included)
		}
	}
}
