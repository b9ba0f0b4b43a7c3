package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// execution returns an execution of m that started at instant and, unless it runs, ended a second later.
func execution(name string, status machine.Status) *engine.Execution {
	x := &engine.Execution{
		ARN: abbreviations.Replace("EXECUTION/m:" + name), Machine: abbreviations.Replace("MACHINE/m"), Name: name,
		Input: []byte(`{"n": 1}`), At: machine.NewStamp(instant), Status: status,
	}
	if status != machine.Running {
		x.End = machine.NewStamp(instant.Add(time.Second))
	}
	return x
}

func TestStartExecution(t *testing.T) {
	f := newFixture()
	var got engine.StartExecution
	f.engine.start = func(in engine.StartExecution) (*engine.Execution, error) {
		got = in
		return execution("x", machine.Running), nil
	}
	f.run(t, []exchange{
		{"StartExecution", `{"stateMachineArn":"MACHINE/m:live#Case","name":"x","input":"{\"a\": 1}","traceHeader":"t","unknown":[{}]}`,
			`{"executionArn":"EXECUTION/m:x","startDate":NOW}`},
	})
	want := engine.StartExecution{Machine: abbreviations.Replace("MACHINE/m:live#Case"), Name: "x", Input: `{"a": 1}`, TraceHeader: "t"}
	if got != want {
		t.Errorf("engine got %+v, want %+v", got, want)
	}
	f.run(t, []exchange{
		{"StartExecution", `{"stateMachineArn":"MACHINE/m","input":null,"name":null}`, `{"executionArn":"EXECUTION/m:x","startDate":NOW}`},
	})
	if got.Input != "" || got.Name != "" {
		t.Errorf("engine got %+v for absent members", got)
	}

	long := strings.Repeat("n", 81)
	f.engine.start = func(engine.StartExecution) (*engine.Execution, error) {
		return nil, fmt.Errorf("wrapped: %w", engine.Errorf("ExecutionAlreadyExists", "Execution Already Exists: 'x'"))
	}
	f.run(t, []exchange{
		{"StartExecution", `{"stateMachineArn":"MACHINE/m"}`, `ExecutionAlreadyExists: Execution Already Exists: 'x'`},
		{"StartExecution", `{"stateMachineArn":"MACHINE/m","input":""}`, `InvalidExecutionInput: Invalid State Machine Execution Input: 'Invalid execution input.'`},
		{"StartExecution", `{"stateMachineArn":"MACHINE/m","input":"` + strings.Repeat("ä", 131073) + `"}`,
			`ValidationException: 1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have size less than or equal to 262144 bytes in UTF-8 encoding`},
		{"StartExecution", `{"name":"` + long + `","traceHeader":"ü"}`, `ValidationException: 3 validation errors detected: ` +
			`Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null; ` +
			`Value '` + long + `' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80; ` +
			`Value 'ü' at 'traceHeader' failed to satisfy constraint: Member must satisfy regular expression pattern: \p{ASCII}*`},
		{"StartExecution", `{"stateMachineArn":7}`, `SerializationException: NUMBER_VALUE can not be converted to String at 'stateMachineArn'`},
	})
}

func TestStopExecution(t *testing.T) {
	f := newFixture()
	var got []string
	f.engine.stop = func(arn string, errorName, cause *string) (time.Time, error) {
		got = append(got, orZero(errorName)+"|"+orZero(cause))
		return instant, nil
	}
	f.run(t, []exchange{
		{"StopExecution", `{"executionArn":"EXECUTION/m:x","error":"E","cause":"because"}`, `{"stopDate":NOW}`},
		{"StopExecution", `{"executionArn":"EXECUTION/m:x"}`, `{"stopDate":NOW}`},
		{"StopExecution", `{"executionArn":"MACHINE/m"}`, `InvalidArn: Invalid Arn: 'Resource type not valid in this context: stateMachine'`},
		{"StopExecution", `{"executionArn":"EXECUTION/m:x","error":"` + strings.Repeat("e", 257) + `"}`,
			`ValidationException: 1 validation error detected: Value at 'error' failed to satisfy constraint: Member must have length less than or equal to 256`},
	})
	if want := "E|because |"; strings.Join(got, " ") != want {
		t.Errorf("engine got %q, want %q", got, want)
	}
}

func TestDescribeExecution(t *testing.T) {
	const common = `"executionArn":"EXECUTION/m:x","stateMachineArn":"MACHINE/m","name":"x","startDate":NOW,"redriveCount":0,`
	const input = `"input":"{\"n\": 1}","inputDetails":{"included":true},`
	const stopped = `"stopDate":1700000001.123,`
	for _, tt := range []struct {
		name   string
		status machine.Status
		change func(*engine.Execution)
		more   string // members of the request
		want   string
	}{
		{"running", machine.Running, nil, ``,
			common + input + `"status":"RUNNING","redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is RUNNING and cannot be redriven"`},
		{"succeeded", machine.Succeeded, func(x *engine.Execution) { x.Output = []byte(`"<ok>"`) }, ``,
			common + input + stopped + `"status":"SUCCEEDED","output":"\"<ok>\"","outputDetails":{"included":true},
				"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven"`},
		{"failed", machine.Failed, func(x *engine.Execution) { x.Error, x.Cause = new("E"), new("") }, ``,
			common + input + stopped + `"status":"FAILED","error":"E","cause":"","redriveStatus":"REDRIVABLE"`},
		{"failed without error or cause", machine.Failed, nil, ``, common + input + stopped + `"status":"FAILED","redriveStatus":"REDRIVABLE"`},
		{"timed out", machine.TimedOut, nil, ``, common + input + stopped + `"status":"TIMED_OUT","redriveStatus":"REDRIVABLE"`},
		{"aborted, of an alias", machine.Aborted, func(x *engine.Execution) {
			x.Version, x.Alias, x.TraceHeader = x.Machine+":1", x.Machine+":live", "Root=1"
		}, ``, common + input + stopped + `"status":"ABORTED","redriveStatus":"REDRIVABLE","traceHeader":"Root=1",
				"stateMachineVersionArn":"MACHINE/m:1","stateMachineAliasArn":"MACHINE/m:live"`},
		{"metadata only", machine.Succeeded, func(x *engine.Execution) { x.Output = []byte(`1`) }, `,"includedData":"METADATA_ONLY"`,
			common + stopped + `"inputDetails":{"included":false},"status":"SUCCEEDED","outputDetails":{"included":false},
				"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			f.engine.describe = func(string) (*engine.Execution, error) {
				x := execution("x", tt.status)
				if tt.change != nil {
					tt.change(x)
				}
				return x, nil
			}
			f.run(t, []exchange{{"DescribeExecution", `{"executionArn":"EXECUTION/m:x"` + tt.more + `}`, `{` + tt.want + `}`}})
		})
	}
	newFixture().run(t, []exchange{
		{"DescribeExecution", `{"executionArn":"x"}`, `InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'`},
		{"DescribeExecution", `{"executionArn":"EXECUTION/m:x"}`, `ExecutionDoesNotExist: Execution Does Not Exist: 'EXECUTION/m:x'`},
		{"DescribeExecution", `{"executionArn":"EXECUTION/m:x","includedData":"SOME"}`,
			`ValidationException: 1 validation error detected: Value 'SOME' at 'includedData' failed to satisfy constraint: Member must satisfy enum value set: [ALL_DATA, METADATA_ONLY]`},
	})
}

func TestListExecutions(t *testing.T) {
	f := newFixture()
	var got engine.ExecutionQuery
	f.engine.list = func(q engine.ExecutionQuery) ([]*engine.Execution, string, error) {
		got = q
		x := execution("x", machine.Succeeded)
		x.Version = q.Version
		return []*engine.Execution{x}, "next|" + x.ARN, nil
	}
	f.run(t, []exchange{
		{"CreateStateMachine", `{"name":"m","definition":"PASSING","roleArn":"ROLE","publish":true}`,
			`{"stateMachineArn":"MACHINE/m","creationDate":NOW,"stateMachineVersionArn":"MACHINE/m:1"}`},
		{"CreateStateMachine", `{"name":"e","definition":"PASSING","roleArn":"ROLE","type":"EXPRESS"}`, `{"stateMachineArn":"MACHINE/e","creationDate":NOW}`},
	})
	const request = `{"stateMachineArn":"MACHINE/m:1","statusFilter":"SUCCEEDED","maxResults":0`
	answer := value.MustParse(f.call("ListExecutions", abbreviations.Replace(request+`}`)).Body.String())
	machineARN := abbreviations.Replace("MACHINE/m")
	if want := (engine.ExecutionQuery{Machine: machineARN, Version: machineARN + ":1", Status: "SUCCEEDED", Limit: 100}); got != want {
		t.Errorf("engine got %+v, want %+v", got, want)
	}
	list, _ := answer.Get("executions")
	if want := abbreviations.Replace(`[{"executionArn":"EXECUTION/m:x","stateMachineArn":"MACHINE/m","stateMachineVersionArn":"MACHINE/m:1","name":"x",
		"status":"SUCCEEDED","startDate":NOW,"stopDate":1700000001.123,"redriveCount":0}]`); !value.Equal(list, value.MustParse(want)) {
		t.Errorf("got %s, want %s", list.JSON(), want)
	}
	next, _ := answer.Get("nextToken")
	token := next.Text()

	again := f.call("ListExecutions", abbreviations.Replace(request+`,"maxResults":1000,"nextToken":"`+token+`"}`))
	if again.Code != 200 || got.After != "next|"+abbreviations.Replace("EXECUTION/m:x") || got.Limit != 1000 {
		t.Errorf("second page: %s, engine got %+v", again.Body, got)
	}
	const invalid = `InvalidToken: Invalid Token: 'Invalid token'`
	f.run(t, []exchange{
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m","statusFilter":"SUCCEEDED","nextToken":"` + token + `"}`, invalid},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m:1","statusFilter":"FAILED","nextToken":"` + token + `"}`, invalid},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m:1","nextToken":"` + token + `"}`, invalid},
		{"ListExecutions", request + `,"nextToken":"` + token[:len(token)-2] + `"}`, invalid},
		{"ListExecutions", request + `,"nextToken":"InvalidToken"}`, invalid},
		{"ListStateMachines", `{"nextToken":"` + token + `"}`, invalid},
		{"ListExecutions", request + `,"nextToken":"` + strings.Repeat("x", 3097) + `"}`,
			`ValidationException: 1 validation error detected: Value '` + strings.Repeat("x", 3097) + `' at 'nextToken' failed to satisfy constraint: Member must have length less than or equal to 3096`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m","maxResults":1001}`,
			`ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m","maxResults":-1}`,
			`ValidationException: 1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m","maxResults":1.5}`, `SerializationException: NUMBER_VALUE can not be converted to Integer at 'maxResults'`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m","statusFilter":"succeeded"}`,
			`ValidationException: 1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m","statusFilter":"PENDING_REDRIVE"}`, `{"executions":[]}`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m","redriveFilter":"REDRIVEN"}`, `{"executions":[]}`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/none"}`, `StateMachineDoesNotExist: State Machine Does Not Exist: 'MACHINE/none'`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/m:2"}`, `StateMachineDoesNotExist: State Machine Does Not Exist: 'MACHINE/m:2'`},
		{"ListExecutions", `{"stateMachineArn":"MACHINE/e"}`, `StateMachineTypeNotSupported: This operation is not supported by this type of state machine`},
		{"ListExecutions", `{}`, `ValidationException: Exactly one of stateMachineArn and mapRunArn must be specified`},
		{"ListExecutions", `{"mapRunArn":"MAPRUN/m/l:u"}`, `ResourceNotFound: Resource not found: 'MAPRUN/m/l:u'`},
		{"ListExecutions", `{"mapRunArn":"x"}`, `InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'`},
	})
}

func TestGetExecutionHistory(t *testing.T) {
	f := newFixture()
	var got engine.HistoryQuery
	f.engine.history = func(q engine.HistoryQuery) ([]machine.Event, string, error) {
		got = q
		return []machine.Event{
			{ID: 1, Time: instant, Type: "ExecutionStarted", DetailsKey: "executionStartedEventDetails",
				Details: value.MustParse(`{"input":"{}","inputDetails":{"truncated":false},"roleArn":"r"}`)},
			{ID: 2, PreviousID: 1, Time: instant, Type: "ParallelStateStarted"},
			{ID: 3, PreviousID: 2, Time: instant, Type: "TaskFailed", DetailsKey: "taskFailedEventDetails",
				Details: value.MustParse(`{"resourceType":"lambda","error":"E","cause":"<&>"}`)},
		}, "cut", nil
	}
	const events = `{"timestamp":NOW,"type":"ExecutionStarted","id":1,"previousEventId":0,"executionStartedEventDetails":`
	const second = `{"timestamp":NOW,"type":"ParallelStateStarted","id":2,"previousEventId":1}`
	const third = `{"timestamp":NOW,"type":"TaskFailed","id":3,"previousEventId":2,"taskFailedEventDetails":`
	answer := value.MustParse(f.call("GetExecutionHistory", abbreviations.Replace(`{"executionArn":"EXECUTION/m:x"}`)).Body.String())
	next, _ := answer.Get("nextToken")
	token := next.Text()
	f.run(t, []exchange{
		{"GetExecutionHistory", `{"executionArn":"EXECUTION/m:x","includeExecutionData":true}`, `{"nextToken":"` + token + `","events":[` +
			events + `{"input":"{}","inputDetails":{"truncated":false},"roleArn":"r"}},` + second + `,` +
			third + `{"resourceType":"lambda","error":"E","cause":"<&>"}}]}`},
		{"GetExecutionHistory", `{"executionArn":"EXECUTION/m:x","includeExecutionData":false}`, `{"nextToken":"` + token + `","events":[` +
			events + `{"roleArn":"r"}},` + second + `,` + third + `{"resourceType":"lambda","error":"E"}}]}`},
		{"GetExecutionHistory", `{"executionArn":"EXECUTION/m:y","nextToken":"` + token + `"}`, `InvalidToken: Invalid Token: 'Invalid token'`},
		{"GetExecutionHistory", `{"executionArn":"EXECUTION/m:x","reverseOrder":true,"nextToken":"` + token + `"}`, `InvalidToken: Invalid Token: 'Invalid token'`},
	})
	f.call("GetExecutionHistory", abbreviations.Replace(`{"executionArn":"EXECUTION/m:x","maxResults":7,"nextToken":"`+token+`"}`))
	if want := (engine.HistoryQuery{ARN: abbreviations.Replace("EXECUTION/m:x"), Limit: 7, Token: "cut"}); got != want {
		t.Errorf("engine got %+v, want %+v", got, want)
	}
}

func TestTasks(t *testing.T) {
	f := newFixture()
	const token = `"taskToken":"T"`
	f.run(t, []exchange{
		{"SendTaskSuccess", `{` + token + `,"output":"{}"}`, `InvalidToken: Invalid Token: 'Invalid token'`},
		{"SendTaskFailure", `{` + token + `}`, `InvalidToken: Invalid Token: 'Invalid token'`},
		{"SendTaskHeartbeat", `{` + token + `}`, `InvalidToken: Invalid Token: 'Invalid token'`},
	})
	var got []string
	f.engine.success = func(token, output string) error { got = append(got, token+output); return nil }
	f.engine.failure = func(token string, errorName, cause *string) error {
		got = append(got, fmt.Sprint(token, errorName == nil, orZero(cause)))
		return nil
	}
	f.engine.beat = func(token string) error { got = append(got, token); return nil }
	f.run(t, []exchange{
		{"SendTaskSuccess", `{` + token + `,"output":"{\"a\":1}"}`, `{}`},
		{"SendTaskFailure", `{` + token + `,"cause":"because"}`, `{}`},
		{"SendTaskHeartbeat", `{` + token + `}`, `{}`},
		{"SendTaskSuccess", `{` + token + `}`,
			`ValidationException: 1 validation error detected: Value at 'output' failed to satisfy constraint: Member must not be null`},
		{"SendTaskHeartbeat", `{"taskToken":"` + strings.Repeat("t", 2049) + `"}`,
			`ValidationException: 1 validation error detected: Value at 'taskToken' failed to satisfy constraint: Member must have length less than or equal to 2048`},
	})
	if want := `T{"a":1} Ttruebecause T`; strings.Join(got, " ") != want {
		t.Errorf("engine got %q, want %q", got, want)
	}
}

func TestValidateStateMachineDefinition(t *testing.T) {
	f := newFixture()
	f.run(t, []exchange{
		{"ValidateStateMachineDefinition", `{"definition":"PASSING"}`, `{"result":"OK","diagnostics":[],"truncated":false}`},
		{"ValidateStateMachineDefinition", `{"definition":""}`,
			`ValidationException: 1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must have length greater than or equal to 1`},
	})
	const faulty = `{"definition":"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\"},\"B\":{\"Type\":\"Pass\"}}}","maxResults":1}`
	v := value.MustParse(f.call("ValidateStateMachineDefinition", faulty).Body.String())
	result, _ := v.Get("result")
	truncated, _ := v.Get("truncated")
	found, _ := v.Get("diagnostics")
	if result.Text() != "FAIL" || !truncated.Bool() || found.Len() != 1 {
		t.Errorf("got %s", v.JSON())
	}
}
