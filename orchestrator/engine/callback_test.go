package engine_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

const asking = `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken",
  "TimeoutSeconds": 600, "HeartbeatSeconds": 60,
  "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:child", "Name": "c", "Input": {"token.$": "$$.Task.Token"}}, "End": true}}}`

// ask starts an execution that waits for a callback, and returns its ARN and the token. Only what is due now is handled.
func ask(t *testing.T) (w *world, arn, token string) {
	t.Helper()
	w = newWorld(t)
	w.create("main", asking)
	w.create("child", `{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`)
	arn = w.start("main", "{}")
	w.until(w.Now().Add(time.Second))
	child := w.describe("arn:aws:states:us-east-1:123456789012:execution:child:c")
	in, err := value.Parse(child.Input)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := in.Get("token")
	return w, arn, v.Text()
}

// until handles the messages that are due before a time.
func (w *world) until(end time.Time) {
	w.t.Helper()
	for range 10_000 {
		m, ok := w.nextBefore(end)
		if !ok {
			return
		}
		if err := w.engine.Handle(w.t.Context(), m); err != nil {
			w.t.Fatalf("handle %s: %v", m.Key, err)
		}
	}
	w.t.Fatal("messages do not end")
}

// Ensure that a token completes its task once.
func TestTaskToken(t *testing.T) {
	t.Run("success", func(t *testing.T) {
		w, arn, token := ask(t)
		if err := w.engine.SendTaskSuccess(t.Context(), token, `{"n": 1.0}`); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if x := w.describe(arn); string(x.Output) != `{"n":1.0}` {
			t.Errorf("%s %s", x.Status, x.Output)
		}
		if got := code(w.engine.SendTaskSuccess(t.Context(), token, `{}`)); got != "TaskTimedOut" {
			t.Errorf("a used token: %q, want TaskTimedOut", got)
		}
	})
	t.Run("failure without error and cause", func(t *testing.T) {
		w, arn, token := ask(t)
		if err := w.engine.SendTaskFailure(t.Context(), token, nil, nil); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if x := w.describe(arn); x.Status != machine.Failed || x.Error != nil || x.Cause != nil {
			t.Errorf("%s %v %v", x.Status, x.Error, x.Cause)
		}
	})
	t.Run("heartbeats keep it waiting", func(t *testing.T) {
		w, arn, token := ask(t)
		for range 5 {
			w.until(w.Now().Add(50 * time.Second))
			if err := w.engine.SendTaskHeartbeat(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		if x := w.describe(arn); x.Status != machine.Running {
			t.Fatalf("%s while heartbeats come", x.Status)
		}
		w.settle()
		if x := w.describe(arn); x.Status != machine.Failed || *x.Error != "States.Timeout" {
			t.Errorf("%s after they have stopped", x.Status)
		}
		if got := code(w.engine.SendTaskHeartbeat(t.Context(), token)); got != "TaskTimedOut" {
			t.Errorf("a late heartbeat: %q, want TaskTimedOut", got)
		}
	})
	t.Run("before the task is submitted", func(t *testing.T) {
		w := newWorld(t)
		w.create("main", `{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
			"Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}, "End": true}}}`)
		w.functions["f"] = func(payload string) (engine.InvocationResult, error) {
			v, _ := value.MustParse(payload).Get("token")
			if err := w.engine.SendTaskSuccess(t.Context(), v.Text(), `"early"`); err != nil {
				t.Errorf("a callback before the function has returned: %v", err)
			}
			return returns(`{}`)(payload)
		}
		arn := w.start("main", "{}")
		w.settle()
		if x := w.describe(arn); string(x.Output) != `"early"` {
			t.Errorf("%s %s", x.Status, x.Output)
		}
	})
}

// Ensure that tokens that were not handed out are refused without telling what exists.
func TestForgedTokens(t *testing.T) {
	w, _, token := ask(t)
	inside, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	v := value.MustParse(string(inside))
	forge := func(key string, x value.Value) string {
		return base64.StdEncoding.EncodeToString([]byte(v.Set(key, x).JSON()))
	}
	for name, forged := range map[string]string{
		"empty":             "",
		"no base64":         "%%%",
		"no JSON":           base64.StdEncoding.EncodeToString([]byte("x")),
		"another nonce":     forge("s", value.OfString("0123456789abcdef0123456789abcdef")),
		"no nonce":          forge("s", value.OfString("")),
		"another execution": forge("x", value.OfString("arn:aws:states:us-east-1:123456789012:execution:main:y")),
		"another record":    forge("n", value.OfInt(7)),
		"a negative record": forge("n", value.OfInt(-1)),
		"another branch":    forge("b", value.OfString("0.0")),
		"another format":    forge("v", value.OfInt(99)),
		"too long":          token + strings.Repeat("A", 4096),
	} {
		t.Run(name, func(t *testing.T) {
			for call, err := range map[string]error{
				"SendTaskSuccess":   w.engine.SendTaskSuccess(t.Context(), forged, "{}"),
				"SendTaskFailure":   w.engine.SendTaskFailure(t.Context(), forged, nil, nil),
				"SendTaskHeartbeat": w.engine.SendTaskHeartbeat(t.Context(), forged),
			} {
				if code(err) != "InvalidToken" {
					t.Errorf("%s: %v, want InvalidToken", call, err)
				}
			}
		})
	}
	if err := w.engine.SendTaskSuccess(t.Context(), token, `{}`); err != nil {
		t.Errorf("the true token, after all that: %v", err)
	}
}

// Ensure that an output is JSON, and not too large, before it is taken.
func TestTaskOutput(t *testing.T) {
	w, _, token := ask(t)
	for name, output := range map[string]string{
		"no JSON":   "{",
		"not UTF-8": "\"\xff\"",
		"too large": `"` + strings.Repeat("x", 256<<10) + `"`,
	} {
		if got := code(w.engine.SendTaskSuccess(t.Context(), token, output)); got != "InvalidOutput" {
			t.Errorf("%s: %q, want InvalidOutput", name, got)
		}
	}
	if err := w.engine.SendTaskSuccess(t.Context(), token, `{}`); err != nil {
		t.Errorf("a refused output has used the token up: %v", err)
	}
}
