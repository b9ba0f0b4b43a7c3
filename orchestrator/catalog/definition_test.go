package catalog

import (
	"strings"
	"testing"

	"minuet/orchestrator/asl"
)

func TestReferences(t *testing.T) {
	const text = `{"StartAt": "Set", "States": {
		"Set": {"Type": "Pass", "Assign": {"a": 1, "b": "$a"}, "Next": "Read"},
		"Read": {"Type": "Pass", "InputPath": "$a", "Parameters": {"x": {"y.$": "$b.c"}, "z.$": "States.Format('{}{}', $d, $a)", "w": "$e"}, "Next": "Pick"},
		"Pick": {"Type": "Choice", "Default": "Each", "Choices": [{"And": [
			{"Variable": "$f", "IsPresent": true}, {"Not": {"Variable": "$.x", "NumericEqualsPath": "$g"}}], "Next": "Each"}]},
		"Each": {"Type": "Map", "ItemsPath": "$h", "ItemSelector": {"v.$": "$$.Map.Item.Value", "k.$": "$i"}, "Next": "Both",
			"ItemProcessor": {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "Parameters": {"q.$": "$j"}, "End": true}}}},
		"Both": {"Type": "Parallel", "Next": "Until", "ResultSelector": {"r.$": "$k"}, "Branches": [
			{"StartAt": "Left", "States": {"Left": {"Type": "Pass", "Assign": {"l.$": "$m"}, "End": true}}}]},
		"Until": {"Type": "Wait", "SecondsPath": "$n", "Next": "Call"},
		"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$o"}, "TimeoutSecondsPath": "$p",
			"Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"e.$": "$q"}, "Next": "Stop"}], "Next": "Stop"},
		"Stop": {"Type": "Fail", "ErrorPath": "$r", "CausePath": "States.Format('{}', $s)"}}}`
	d, diagnostics := asl.Parse(text)
	if message := asl.Message(diagnostics); message != "" {
		t.Fatal(message)
	}
	same(t, "references", References(d), map[string][]string{
		"Read": {"a", "b", "d"}, "Pick": {"f", "g"}, "Each": {"h", "i"}, "Inner": {"j"}, "Both": {"k"}, "Left": {"m"},
		"Until": {"n"}, "Call": {"o", "p", "q"}, "Stop": {"r", "s"},
	})
}

func TestDiagnoseByType(t *testing.T) {
	const call = `{"StartAt": "Call", "States": {"Call": {"Type": "Task", "End": true, "Resource": "arn:aws:states:::RESOURCE",
		"Parameters": {"StateMachineArn": "` + prefix + `m", "FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}}}}`
	for _, tt := range []struct{ resource, typ, message string }{
		{"states:startExecution.sync:2", Standard, ""},
		{"states:startExecution.sync", Express, "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.sync' service integration at /States/Call/Resource"},
		{"lambda:invoke.waitForTaskToken", Express, "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service integration at /States/Call/Resource"},
		{"lambda:invoke", Express, ""},
	} {
		text := strings.Replace(call, "RESOURCE", tt.resource, 1)
		same(t, tt.typ+" "+tt.resource, asl.Message(Diagnose(text, tt.typ)), tt.message)
	}
}
