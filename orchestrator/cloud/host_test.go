//go:build engines

package cloud_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"minuet/internal/cloudtest"
	"minuet/orchestrator/cloud"
	"minuet/orchestrator/cloud/function"
	"minuet/orchestrator/machine"
)

// stack is a host with everything around it but Lambda: its handlers are called in this process.
type stack struct {
	t     *testing.T
	host  *cloud.Host
	meter *meter
}

func newStack(t *testing.T) *stack {
	moto, local := cloudtest.StartMoto(t), cloudtest.StartDynamoDB(t)
	cfg := awsConfig(moto)
	messages, items := sqs.NewFromConfig(cfg), dynamodb.NewFromConfig(awsConfig(local))
	bus := "executions"
	if _, err := eventbridge.NewFromConfig(cfg).CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: &bus}); err != nil {
		t.Fatalf("create event bus: %v", err)
	}
	settings := cloud.Settings{
		Table: newTable(t, items), Steps: newQueue(t, messages), Tasks: newQueue(t, messages), Bus: bus, Publish: cloud.PublishNested,
		Keep: 24 * time.Hour, Account: "123456789012", Stuck: time.Second,
	}
	t.Setenv("AWS_ENDPOINT_URL", moto)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", local)
	meter := &meter{items: local, messages: moto}
	loaded, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(cfg.Region), config.WithCredentialsProvider(cfg.Credentials))
	if err != nil {
		t.Fatalf("configure: %v", err)
	}
	loaded.HTTPClient = &http.Client{Transport: meter}
	s := &stack{t, cloud.New(loaded, settings, slog.New(slog.DiscardHandler)), meter}
	handle := func(ctx context.Context, body string) error {
		m, err := cloud.DecodeMessage([]byte(body))
		if err != nil {
			t.Errorf("decode: %v", err)
			return nil
		}
		return s.host.Engine.Handle(ctx, m)
	}
	poll(t, messages, settings.Steps, 4, handle)
	poll(t, messages, settings.Tasks, 2, handle)
	return s
}

// call calls an operation as a direct invocation does.
func (s *stack) call(operation string, in map[string]any) map[string]any {
	s.t.Helper()
	parameters, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := function.Call(s.t.Context(), s.host.Handler, operation, parameters)
	if err != nil {
		s.t.Fatalf("%s: %v", operation, err)
	}
	var out map[string]any
	if err := json.Unmarshal(answer, &out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *stack) create(name, definition string) string {
	return s.call("CreateStateMachine", map[string]any{"name": name, "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/r"})["stateMachineArn"].(string)
}

// ended waits until an execution has ended, while sweep looks after what nobody else does.
func (s *stack) ended(arn string) map[string]any {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(200 * time.Millisecond) {
		x := s.call("DescribeExecution", map[string]any{"executionArn": arn})
		if x["status"] != string(machine.Running) {
			return x
		}
		if err := s.host.Sweep(s.t.Context()); err != nil {
			s.t.Fatalf("sweep: %v", err)
		}
	}
	s.t.Fatalf("%s has not ended", arn)
	return nil
}

// Ensure that nested executions, forks and waits come to their ends over a table and queues, with the children's events lost.
func TestHost(t *testing.T) {
	s := newStack(t)
	child := s.create("child", `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"x": 1.0}, "End": true}}}`)
	parent := s.create("parent", strings.ReplaceAll(`{"StartAt": "M", "States": {
		"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 3, "Next": "W", "ResultPath": "$.m", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}},
		"W": {"Type": "Wait", "Seconds": 1, "Next": "C"},
		"C": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": "CHILD"}, "OutputPath": "$.Output", "End": true}}}`, "CHILD", child))
	x := s.ended(s.call("StartExecution", map[string]any{"stateMachineArn": parent, "name": "x", "input": `{"items": [1, 2, 3, 4, 5, 6, 7]}`})["executionArn"].(string))
	if x["status"] != "SUCCEEDED" || x["output"] != `{"x":1.0}` {
		t.Errorf("%v, want SUCCEEDED with the child's output", x)
	}
	if x["input"] != `{"items": [1, 2, 3, 4, 5, 6, 7]}` {
		t.Errorf("input %v is not as it was given", x["input"])
	}
	history := s.call("GetExecutionHistory", map[string]any{"executionArn": x["executionArn"], "maxResults": 1000})["events"].([]any)
	if last := history[len(history)-1].(map[string]any); last["type"] != "ExecutionSucceeded" {
		t.Errorf("the history ends with %v", last)
	}
}

// Ensure that a message that nobody could handle fails its execution.
func TestGiveUp(t *testing.T) {
	s := newStack(t)
	m := s.create("m", `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}`)
	arn := s.call("StartExecution", map[string]any{"stateMachineArn": m})["executionArn"].(string)
	body, err := json.Marshal(map[string]any{"v": 1, "execution": arn})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.host.GiveUp(t.Context(), "message", body); err != nil {
			t.Fatal(err)
		}
	}
	if x := s.ended(arn); x["status"] != "FAILED" || x["error"] != "States.Runtime" {
		t.Errorf("%v, want FAILED with States.Runtime", x)
	}
	for _, body := range []string{"{}", "nonsense", `{"v":1,"execution":"arn:aws:states:us-east-1:123456789012:execution:m:none"}`} {
		if err := s.host.GiveUp(t.Context(), "message", []byte(body)); err != nil {
			t.Errorf("give up %s: %v", body, err)
		}
	}
}
