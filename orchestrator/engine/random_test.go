package engine_test

import (
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/value"
)

// Ensure that each place draws an id of its own, and that the history, which evaluates again, shows the ids that were used.
func TestRandomIDs(t *testing.T) {
	w := newWorld(t)
	w.create("main", `{"StartAt": "Call", "States": {
		"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": {"id.$": "States.UUID()"}},
			"ResultSelector": {"sent.$": "$.Payload.id", "selected.$": "States.UUID()"}, "ResultPath": "$.call", "Next": "Each"},
		"Each": {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"id.$": "States.UUID()"}, "ResultPath": "$.each", "End": true,
			"ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"outer.$": "$.id", "inner.$": "States.UUID()"}, "End": true}}}}}}`)
	sent := ""
	w.functions["f"] = func(payload string) (engine.InvocationResult, error) {
		id, _ := value.MustParse(payload).Get("id")
		sent = id.Text()
		return returns(payload)(payload)
	}
	arn := w.start("main", `{"items": [1, 2, 3]}`)
	w.settle()
	seen := map[string]bool{}
	var collect func(v value.Value)
	collect = func(v value.Value) {
		if v.Kind() == value.String {
			if seen[v.Text()] {
				t.Errorf("%s was drawn twice", v.Text())
			}
			seen[v.Text()] = true
		}
		for _, item := range v.Items() {
			collect(item)
		}
		for _, m := range v.Members() {
			collect(m.Value)
		}
	}
	collect(value.MustParse(string(w.describe(arn).Output)))
	if len(seen) != 8 {
		t.Errorf("%d ids, want 8", len(seen))
	}
	for _, e := range w.history(arn) {
		if e.Type == "TaskScheduled" {
			parameters, _ := e.Details.Get("parameters")
			payload, _ := value.MustParse(parameters.Text()).Get("Payload")
			if id, _ := payload.Get("id"); id.Text() != sent {
				t.Errorf("the history shows %s, the function was sent %s", id.Text(), sent)
			}
		}
	}
}
