package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

// must parses a definition that has no fault.
func must(t *testing.T, text string) *asl.Definition {
	t.Helper()
	def, ds := asl.Parse(text)
	if def == nil {
		t.Fatalf("%s\n%s", text, show(ds))
	}
	return def
}

// state parses a single state that has no fault.
func state[S asl.State](t *testing.T, text string) S {
	t.Helper()
	def, ds := asl.ParseState(text)
	if def == nil {
		t.Fatalf("%s\n%s", text, show(ds))
	}
	return def.States[asl.StateName].(S)
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestParseNotJSON(t *testing.T) {
	long := "{" + strings.Repeat(" ", 600) + "x"
	for _, c := range []struct{ name, text, code, location, message string }{
		{"empty", "", asl.SchemaValidationFailed, "", "Definition must be a valid JSON object"},
		{"blank", " \n\t", asl.SchemaValidationFailed, "", "Definition must be a valid JSON object"},
		{"another type", `"StartAt"`, asl.SchemaValidationFailed, "", "Definition must be a valid JSON object"},
		{"text", "not a definition", asl.InvalidJSONDescription, `[Source: (String)"not a definition"; line: 1, column: 4]`,
			"Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n" +
				` at [Source: (String)"not a definition"; line: 1, column: 4]`},
		{"python", "{'StartAt': 'A'}", asl.InvalidJSONDescription, `[Source: (String)"{'StartAt': 'A'}"; line: 1, column: 3]`,
			"Unexpected character (''' (code 39)): was expecting double-quote to start field name\n" +
				` at [Source: (String)"{'StartAt': 'A'}"; line: 1, column: 3]`},
		{"long", long, asl.InvalidJSONDescription, `[Source: (String)"` + long[:500] + `"[truncated 102 chars]; line: 1, column: 603]`,
			"Unexpected character ('x' (code 120)): was expecting double-quote to start field name\n" +
				` at [Source: (String)"` + long[:500] + `"[truncated 102 chars]; line: 1, column: 603]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			def, ds := asl.Parse(c.text)
			checkResult(t, def, ds)
			if len(ds) != 1 {
				t.Fatal(show(ds))
			}
			equal(t, "code", ds[0].Code, c.code)
			equal(t, "location", ds[0].Location, c.location)
			equal(t, "message", ds[0].Message, c.message)
		})
	}
}

func TestParseHostile(t *testing.T) {
	const head, tail = `{"StartAt":"A","States":{"A":`, `}}`
	deep := func(open, inner, end string, n int) string {
		return head + strings.Repeat(open, n) + inner + strings.Repeat(end, n) + tail
	}
	var flat strings.Builder
	flat.WriteString(`{"StartAt":"s0","States":{`)
	for i := range 18_000 {
		fmt.Fprintf(&flat, `"s%d":{"Type":"Pass","Next":"s%d","x":0},`, i, i+1)
	}
	flat.WriteString(`"s18000":{"Type":"Succeed"}}}`)
	longName := strings.Repeat("n", 500_000)
	for _, c := range []struct {
		name  string
		text  string
		valid bool
	}{
		{"too long", strings.Repeat(" ", asl.MaxDefinitionBytes) + "{}", false},
		{"deep arrays", deep("[", "", "]", 10_000), false},
		{"deep objects", deep(`{"a":`, "1", "}", 10_000), false},
		{"deep conditions", head + `{"Type":"Choice","Choices":[{"Next":"A",` + strings.Repeat(`"Not":{`, 900) + strings.Repeat("}", 900) + "}]}" + tail, false},
		{"deep branches", deep(`{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":`, "0", `}}],"End":true}`, 240), false},
		{"deep template", head + `{"Type":"Pass","End":true,"Parameters":` + strings.Repeat(`{"a":`, 900) + "1" + strings.Repeat("}", 900) + "}" + tail, true},
		{"a fault in each state", flat.String(), false},
		{"faults under a long name", `{"StartAt":"A","States":{"` + longName + `":{"Type":"Choice","Choices":[1` + strings.Repeat(",1", 5_000) + "]}" + tail, false},
		{"not UTF-8", head + "{\"Type\":\"Pass\",\"Comment\":\"\xff\xfe\"}" + tail, false},
		{"not UTF-8 and not JSON", "\xff\xc3\x28", false},
		{"lone surrogate", head + `{"Type":"Pass","Comment":"\ud800","End":true}` + tail, true},
		{"NUL", "\x00", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			def, ds := asl.Parse(c.text)
			checkResult(t, def, ds)
			equal(t, "valid", def != nil, c.valid)
			size := 0
			for _, d := range ds {
				size += len(d.Location) + len(d.Message)
			}
			if size > 4<<20 {
				t.Errorf("%d bytes of diagnostics", size)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	def, ds := asl.Parse(`{"StartAt":"A","States":{
		"A":{"Type":"Pass","Result":"$.x","Next":"Gone"},
		"B":{"Type":"Wait","Timestamp":"now","Next":"A"}}}`)
	if def != nil {
		t.Fatal("no fault found")
	}
	equal(t, "message", asl.Message(ds), "SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/B/Timestamp, "+
		"MISSING_TRANSITION_TARGET: Missing 'Next' target: Gone at /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null")
	equal(t, "message of none", asl.Message(nil), "")
	equal(t, "message of a warning", asl.Message([]asl.Diagnostic{{Severity: asl.SeverityWarning, Code: "C", Message: "m", Location: "/"}}), "")
}

func TestErrorsBeforeWarnings(t *testing.T) {
	literals := strings.Repeat(`"$.x",`, 2*asl.MaxDiagnostics)
	_, ds := asl.Parse(`{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"a":[` + literals + `1]},"End":true,"Oops":1}}}`)
	equal(t, "number", len(ds), asl.MaxDiagnostics)
	equal(t, "first", ds[0].Message, "Field 'Oops' is not supported")
	equal(t, "last", ds[len(ds)-1].Severity, asl.SeverityWarning)
}

func TestParseDefinition(t *testing.T) {
	def := must(t, `{"Comment":"c","TimeoutSeconds":7,"StartAt":"B","States":{"B":{"Type":"Pass","Next":"A"},"A":{"Type":"Succeed"}}}`)
	equal(t, "Comment", def.Comment, "c")
	equal(t, "Version", def.Version, "1.0")
	equal(t, "QueryLanguage", def.QueryLanguage, asl.JSONPath)
	equal(t, "TimeoutSeconds", def.TimeoutSeconds, 7)
	equal(t, "StartAt", def.StartAt, "B")
	equal(t, "Order", strings.Join(def.Order, " "), "B A")
	b := def.States["B"].Base()
	equal(t, "Name", b.Name, "B")
	equal(t, "Type", b.Type, asl.TypePass)
	equal(t, "Next", b.Next, "A")
	equal(t, "End", b.End, false)
	equal(t, "QueryLanguage of a state", b.QueryLanguage, asl.JSONPath)
}

func TestParseNullPaths(t *testing.T) {
	none := state[*asl.Pass](t, `{"Type":"Pass","End":true}`)
	if none.InputPath != nil || none.OutputPath != nil || none.ResultPath != nil || none.Result != nil || none.Parameters != nil || none.Assign != nil {
		t.Errorf("absent fields: %+v", none)
	}
	null := state[*asl.Pass](t, `{"Type":"Pass","InputPath":null,"OutputPath":null,"ResultPath":null,"Result":null,"End":true}`)
	if !null.InputPath.Null || !null.OutputPath.Null || !null.ResultPath.Null || !null.Result.IsNull() {
		t.Errorf("null fields: %+v", null)
	}
	some := state[*asl.Pass](t, `{"Type":"Pass","InputPath":"$.a","OutputPath":"$$","ResultPath":"$.b","End":true}`)
	equal(t, "InputPath", some.InputPath.Path.String(), "$.a")
	equal(t, "OutputPath", some.OutputPath.Path.String(), "$$")
	if some.ResultPath.Null || some.ResultPath.Path == nil {
		t.Errorf("ResultPath %+v", some.ResultPath)
	}
}

func TestParseRetrier(t *testing.T) {
	task := state[*asl.Task](t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true,"Retry":[{"ErrorEquals":["A","B"]},
		{"ErrorEquals":["C"],"IntervalSeconds":2,"MaxAttempts":0,"BackoffRate":1.5,"MaxDelaySeconds":60,"JitterStrategy":"FULL"}]}`)
	for i, want := range []string{"{[A B] 1 3 2 0 false}", "{[C] 2 0 1.5 60 true}"} {
		equal(t, "retrier", fmt.Sprint(task.Retry[i]), want)
	}
}

func TestParseTask(t *testing.T) {
	task := state[*asl.Task](t, `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{},"ResultSelector":{},"ResultPath":"$.r","TimeoutSeconds":5,
		"HeartbeatSecondsPath":"$.h","Credentials":{"RoleArn":"r"},"Catch":[{"ErrorEquals":["E"],"ResultPath":null,"Assign":{"x":1},"Next":"N"}],"Next":"N"}`)
	equal(t, "TimeoutSeconds", task.TimeoutSeconds, 5)
	equal(t, "HeartbeatSeconds", task.HeartbeatSeconds, 0)
	equal(t, "HeartbeatSecondsPath", task.HeartbeatSecondsPath.String(), "$.h")
	if task.Parameters == nil || task.ResultSelector == nil || task.ResultPath == nil || task.Credentials == nil || task.TimeoutSecondsPath != nil {
		t.Errorf("%+v", task)
	}
	c := task.Catch[0]
	if c.Next != "N" || !c.ResultPath.Null || c.Assign == nil || fmt.Sprint(c.ErrorEquals) != "[E]" {
		t.Errorf("catcher %+v", c)
	}
}

func TestParseResource(t *testing.T) {
	const account = "us-east-1:123456789012:"
	for _, c := range []struct {
		arn  string
		want string // lambda, activity, "service action pattern", or "" when not recognized
	}{
		{"arn:aws:lambda:" + account + "function:F", "lambda"},
		{"arn:aws-us-gov:lambda:" + account + "function:F", "lambda"},
		{"arn:aws:lambda:" + account + "function:F:live", "lambda"},
		{"arn:aws:lambda:" + account + "function:F:$LATEST", "lambda"},
		{"arn:aws:lambda:your-region:your-account-id:function:F", "lambda"},
		{"arn:aws:lambda:" + account + "function:", ""},
		{"arn:aws:lambda:" + account + "function:F:1:2", ""},
		{"arn:aws:lambda:" + account + "layer:F", ""},
		{"arn:aws:states:" + account + "activity:A", "activity"},
		{"arn:aws-cn:states:cn-north-1:123456789012:activity:A.b-c", "activity"},
		{"arn:aws:states:::activity:A", ""},
		{"arn:aws:states:" + account + "stateMachine:A", ""},
		{"arn:aws:states:::lambda:invoke", "lambda invoke "},
		{"arn:aws-cn:states:::lambda:invoke.waitForTaskToken", "lambda invoke .waitForTaskToken"},
		{"arn:aws:states:::lambda:invoke.sync", ""},
		{"arn:aws:states:::lambda:Invoke", ""},
		{"arn:aws:states:::states:startExecution", "states startExecution "},
		{"arn:aws:states:::states:startExecution.sync", "states startExecution .sync"},
		{"arn:aws:states:::states:startExecution.sync:2", "states startExecution .sync:2"},
		{"arn:aws:states:::states:startExecution.waitForTaskToken", "states startExecution .waitForTaskToken"},
		{"arn:aws:states:::states:startExecution.sync:3", ""},
		{"arn:aws:states:::glue:startJobRun.sync:2", ""},
		{"arn:aws:states:::glue:startJobRun.sync", "glue startJobRun .sync"},
		{"arn:aws:states:::sqs:sendMessage.waitForTaskToken", "sqs sendMessage .waitForTaskToken"},
		{"arn:aws:states:::sqs:sendMessage.", ""},
		{"arn:aws:states:::sqs:sendMessage.sync", ""},
		{"arn:aws:states:::sqs:receiveMessage", ""},
		{"arn:aws:states:::dynamodb:putItem", "dynamodb putItem "},
		{"arn:aws:states:::dynamodb:putItem.waitForTaskToken", ""},
		{"arn:aws:states:::dynamodb:query", ""},
		{"arn:aws:states:::events:putEvents", "events putEvents "},
		{"arn:aws:states:::ecs:runTask.waitForTaskToken", "ecs runTask .waitForTaskToken"},
		{"arn:aws:states:::emr-serverless:startJobRun.sync", "emr-serverless startJobRun .sync"},
		{"arn:aws:states:::http:invoke", "http invoke "},
		{"arn:aws:states:us-east-1::http:invoke", ""},
		{"arn:aws:states:::s3:getObject", ""},
		{"arn:aws:states:::aws-sdk:sfn:sendTaskFailure", "aws-sdk:sfn sendTaskFailure "},
		{"arn:aws:states:::aws-sdk:s3:listObjectsV2.waitForTaskToken", "aws-sdk:s3 listObjectsV2 .waitForTaskToken"},
		{"arn:aws:states:::aws-sdk:s3:listObjectsV2.sync", ""},
		{"arn:aws:states:::aws-sdk:S3:listObjectsV2", ""},
		{"arn:aws:states:::aws-sdk:s3:ListObjectsV2", ""},
		{"arn:aws:states:::aws-sdk:s3", ""},
		{"arn:aws:states:::aws-sdk:s3:", ""},
		{"arn:aws:states:::", ""},
		{"arn:aws:states", ""},
		{"arn::lambda:" + account + "function:F", ""},
		{"arn:", ""},
	} {
		def, ds := asl.ParseState(`{"Type":"Task","Resource":` + value.OfString(c.arn).JSON() + `,"End":true}`)
		if def == nil {
			if c.want != "" || len(ds) != 1 || !strings.HasPrefix(ds[0].Message, "The resource provided "+c.arn+" is not recognized.") {
				t.Errorf("%s: want %q, got %s", c.arn, c.want, show(ds))
			}
			continue
		}
		r := def.States[asl.StateName].(*asl.Task).Resource
		got := r.Service + " " + r.Action + " " + string(r.Pattern)
		switch {
		case r.Lambda:
			got = "lambda"
		case r.Activity:
			got = "activity"
		}
		equal(t, c.arn, got, c.want)
		equal(t, "ARN", r.ARN, c.arn)
	}
	equal(t, "Name", asl.Resource{Action: "startExecution", Pattern: asl.Sync2}.Name(), "startExecution.sync:2")
}

func TestParseChoice(t *testing.T) {
	c := state[*asl.Choice](t, `{"Type":"Choice","Default":"D","Choices":[
		{"And":[{"Variable":"$.a","NumericEquals":1.50},{"Or":[{"Not":{"Variable":"$$.b","IsNull":true}}]}],"Assign":{"x":1},"Next":"N"},
		{"Variable":"$v","StringEqualsPath":"$.b","Next":"M"}]}`)
	equal(t, "Default", c.Default, "D")
	and := c.Choices[0].And
	equal(t, "Operator", and[0].Operator, "NumericEquals")
	equal(t, "Literal", and[0].Literal.NumberText(), "1.50")
	equal(t, "Variable", and[1].Or[0].Not.Variable.String(), "$$.b")
	equal(t, "Operator of And", c.Choices[0].Operator, "")
	equal(t, "Path", c.Choices[1].Path.String(), "$.b")
	equal(t, "Next", c.Choices[1].Next, "M")
	if c.Choices[0].Assign == nil || c.Choices[1].Assign != nil {
		t.Errorf("Assign of %+v", c.Choices)
	}
}

func TestParseWaitAndFail(t *testing.T) {
	equal(t, "Seconds", *state[*asl.Wait](t, `{"Type":"Wait","Seconds":0,"End":true}`).Seconds, 0)
	equal(t, "SecondsPath", state[*asl.Wait](t, `{"Type":"Wait","SecondsPath":"$.s","End":true}`).SecondsPath.String(), "$.s")
	equal(t, "Timestamp", state[*asl.Wait](t, `{"Type":"Wait","Timestamp":"2016-03-14T01:59:00Z","End":true}`).Timestamp, "2016-03-14T01:59:00Z")
	equal(t, "TimestampPath", state[*asl.Wait](t, `{"Type":"Wait","TimestampPath":"$.t","End":true}`).TimestampPath.String(), "$.t")
	equal(t, "Error", *state[*asl.Fail](t, `{"Type":"Fail","Error":""}`).Error, "")
	equal(t, "CausePath", state[*asl.Fail](t, `{"Type":"Fail","CausePath":"States.Format('{}', $.a)"}`).CausePath.String(), "States.Format('{}', $.a)")
}

func TestParseMap(t *testing.T) {
	const body = `{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`
	m := state[*asl.Map](t, `{"Type":"Map","ItemsPath":"$.a","ItemSelector":{},"MaxConcurrency":3,"ItemProcessor":`+body+`,"End":true}`)
	equal(t, "ItemsPath", m.ItemsPath.String(), "$.a")
	equal(t, "MaxConcurrency", m.MaxConcurrency, 3)
	equal(t, "Mode", m.Processor.Mode, asl.Inline)
	equal(t, "StartAt", m.Processor.StartAt, "A")
	old := state[*asl.Map](t, `{"Type":"Map","Parameters":{"a":1},"Iterator":`+body+`,"MaxConcurrencyPath":"$.m","End":true}`)
	if old.ItemSelector == nil || old.Parameters != nil || old.Processor == nil || old.MaxConcurrencyPath == nil || m.ItemSelector == nil {
		t.Errorf("%+v", old)
	}
}

func TestExpress(t *testing.T) {
	def := must(t, `{"StartAt":"P","States":{
		"P":{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken","End":true}}}],"Next":"M"},
		"M":{"Type":"Map","Iterator":{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"arn:aws:states:us-east-1:123456789012:activity:A","End":true}}},"Next":"C"},
		"C":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync","Next":"D"},
		"D":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}`)
	equal(t, "diagnostics", show(asl.Express(def)), ""+
		"ERROR SCHEMA_VALIDATION_FAILED /States/P/Branches[0]/States/A/Resource: Express state machine does not support '.waitForTaskToken' service integration \n"+
		"ERROR SCHEMA_VALIDATION_FAILED /States/M/Iterator/States/B/Resource: Express state machine does not support Activity ARN\n"+
		"ERROR SCHEMA_VALIDATION_FAILED /States/C/Resource: Express state machine does not support '.sync' service integration \n")
	equal(t, "message", asl.Message(asl.Express(def)[2:]),
		"SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service integration at /States/C/Resource")
}
