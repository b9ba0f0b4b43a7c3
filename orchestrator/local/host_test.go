package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/machine"
)

// openHost opens a host in a folder and serves it.
func openHost(t *testing.T, dir string) (h *Host, url string) {
	t.Helper()
	h, err := Open(HostConfig{Dir: dir, Limits: machine.DefaultLimits})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h.Handler)
	t.Cleanup(server.Close)
	return h, server.URL
}

// call calls an operation, and returns the HTTP status and the response.
func call(t *testing.T, url, operation, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&out); err != nil {
		t.Fatalf("%s answers %.200q: %v", operation, data, err)
	}
	return resp.StatusCode, out
}

func object(members ...any) string {
	m := map[string]any{}
	for i := 0; i < len(members); i += 2 {
		m[members[i].(string)] = members[i+1]
	}
	data, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(data)
}

const role = "arn:aws:iam::123456789012:role/r"

// Ensure that hostile input gets an error of AWS's that says what is wrong, and that the host works on.
func TestHostileInput(t *testing.T) {
	h, url := openHost(t, t.TempDir())
	defer h.Close()
	create := func(name, definition string) string {
		return object("name", name, "definition", definition, "roleArn", role)
	}
	states := func(state string) string { return `{"StartAt":"S","States":{"S":` + state + `}}` }
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:good"
	if status, out := call(t, url, "CreateStateMachine", create("good", states(`{"Type":"Pass","End":true}`))); status != 200 {
		t.Fatalf("create: %v", out)
	}
	tests := []struct{ name, operation, body, code, says string }{
		{"a body that is no JSON", "CreateStateMachine", `{"name": `, "SerializationException", ""},
		{"a body of another type", "CreateStateMachine", `[]`, "SerializationException", ""},
		{"a member of another type", "CreateStateMachine", `{"name": 1}`, "SerializationException", ""},
		{"a body that is no UTF-8", "CreateStateMachine", "{\"name\": \"\xff\"}", "SerializationException", ""},
		{"a body that nests 10,000 deep", "CreateStateMachine", `{"name": ` + strings.Repeat("[", 10_000), "SerializationException", ""},
		{"nothing that is required", "CreateStateMachine", `{}`, "ValidationException", "Member must not be null"},
		{"an unknown operation", "MakeCoffee", `{}`, "UnknownOperationException", ""},
		{"a name with a slash", "CreateStateMachine", create("a/b", states(`{"Type":"Pass","End":true}`)), "InvalidName", "a/b"},
		{"a definition that is no JSON", "CreateStateMachine", create("x", `{"StartAt": "S", }`), "InvalidDefinition", "double-quote"},
		{"a definition that nests 10,000 deep", "CreateStateMachine", create("x", strings.Repeat(`{"a":`, 10_000)), "InvalidDefinition", "depth"},
		{"a definition over 1 MiB", "CreateStateMachine", create("x", states(`{"Type":"Pass","End":true,"Comment":"`+strings.Repeat("x", 1<<20)+`"}`)), "ValidationException", "1048576"},
		{"an unknown field", "CreateStateMachine", create("x", states(`{"Type":"Pass","End":true,"Colour":"red"}`)), "InvalidDefinition", "/States/S"},
		{"a field of another type", "CreateStateMachine", create("x", states(`{"Type":"Wait","Seconds":"soon","End":true}`)), "InvalidDefinition", "/States/S"},
		{"an unknown resource", "CreateStateMachine", create("x", states(`{"Type":"Task","Resource":"arn:aws:nothing","End":true}`)), "InvalidDefinition", "/States/S/Resource"},
		{"JSONata", "CreateStateMachine", create("x", `{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Pass","End":true}}}`), "InvalidDefinition", "JSONata"},
		{"no ARN", "StartExecution", object("stateMachineArn", "here"), "InvalidArn", "here"},
		{"an ARN of something else", "StartExecution", object("stateMachineArn", "arn:aws:s3:::bucket"), "InvalidArn", ""},
		{"an unknown machine", "StartExecution", object("stateMachineArn", arn+"x"), "StateMachineDoesNotExist", arn + "x"},
		{"an input that is no JSON", "StartExecution", object("stateMachineArn", arn, "input", "not json"), "InvalidExecutionInput", "Unrecognized token 'not'"},
		{"an input over 256 KiB", "StartExecution", object("stateMachineArn", arn, "input", `"`+strings.Repeat("x", 256<<10)+`"`), "ValidationException", "262144"},
		{"an unknown execution", "DescribeExecution", object("executionArn", "arn:aws:states:us-east-1:123456789012:execution:good:x"), "ExecutionDoesNotExist", "good:x"},
		{"a forged token", "SendTaskSuccess", object("taskToken", "AAAA", "output", "{}"), "InvalidToken", ""},
		{"an output that is no JSON", "SendTaskSuccess", object("taskToken", "AAAA", "output", "{"), "InvalidOutput", ""},
		{"a page of 1,001", "ListStateMachines", `{"maxResults": 1001}`, "ValidationException", "less than or equal to 1000"},
		{"a made-up page token", "ListStateMachines", `{"nextToken": "x"}`, "InvalidToken", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out := call(t, url, tt.operation, tt.body)
			kind, message := fmt.Sprint(out["__type"]), fmt.Sprint(out["message"])
			if i := strings.LastIndexByte(kind, '#'); i >= 0 {
				kind = kind[i+1:]
			}
			if status != 400 || kind != tt.code || !strings.Contains(message, tt.says) {
				t.Errorf("%d %s: %.300s, want 400 %s that says %q", status, kind, message, tt.code, tt.says)
			}
		})
	}
	if status, out := call(t, url, "StartExecution", object("stateMachineArn", arn)); status != 200 {
		t.Errorf("after all that, a start: %v", out)
	}
}

// Ensure that executions go on where they were when the store is opened again, timers included.
func TestHostResumes(t *testing.T) {
	dir := t.TempDir()
	h, url := openHost(t, dir)
	definition := `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":2,"End":true,
		"ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"P"},"P":{"Type":"Pass","End":true}}}}}}`
	if status, out := call(t, url, "CreateStateMachine", object("name", "m", "definition", definition, "roleArn", role)); status != 200 {
		t.Fatal(out)
	}
	const execution = "arn:aws:states:us-east-1:123456789012:execution:m:x"
	if status, out := call(t, url, "StartExecution", object("stateMachineArn", "arn:aws:states:us-east-1:123456789012:stateMachine:m", "name", "x", "input", `{"items":[1,2,3]}`)); status != 200 {
		t.Fatal(out)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h, url = openHost(t, dir)
	defer h.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		_, out := call(t, url, "DescribeExecution", object("executionArn", execution))
		if out["status"] == "SUCCEEDED" {
			if out["output"] != "[1,2,3]" {
				t.Errorf("output %v", out["output"])
			}
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("still %v", out["status"])
		case <-tick.C:
		}
	}
}
