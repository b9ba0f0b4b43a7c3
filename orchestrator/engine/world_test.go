package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/engine/memstore"
	"minuet/orchestrator/integrations"
	"minuet/orchestrator/machine"
)

// world is an engine with everything around it in memory: a clock that moves when nothing else is left to do, and a queue
// that delivers one message at a time.
type world struct {
	t         *testing.T
	engine    *engine.Engine
	store     engine.Store
	functions map[string]func(payload string) (engine.InvocationResult, error)
	machines  map[string]*engine.Machine

	mu    sync.Mutex
	now   time.Time
	queue []engine.Message
}

const (
	region  = "us-east-1"
	account = "123456789012"
)

func machineARN(name string) string {
	return "arn:aws:states:" + region + ":" + account + ":stateMachine:" + name
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, store: memstore.New(), now: time.UnixMilli(1_700_000_000_000).UTC(),
		functions: map[string]func(string) (engine.InvocationResult, error){}, machines: map[string]*engine.Machine{},
	}
	w.restart()
	return w
}

// restart stands for a worker that was killed: what the queue held is forgotten, what the store holds is not.
func (w *world) restart() {
	w.queue = nil
	w.engine = engine.New(engine.Config{
		Store: w.store, Queue: w, Bus: w, Clock: w, Machines: w, Alone: true, Limits: machine.DefaultLimits,
	})
	w.engine.Register("", integrations.Function{Invoker: w})
	w.engine.Register("lambda", integrations.Lambda{Invoker: w})
	w.engine.Register("states", integrations.States{Service: w.engine})
	w.engine.Register("aws-sdk:sfn", integrations.SFN{Service: w.engine})
}

// create adds a state machine.
func (w *world) create(name, definition string) {
	w.t.Helper()
	def, diagnostics := asl.Parse(definition)
	for _, d := range diagnostics {
		if d.Severity == "ERROR" {
			w.t.Fatalf("definition of %s: %s at %s", name, d.Message, d.Location)
		}
	}
	w.machines[machineARN(name)] = &engine.Machine{
		ARN: machineARN(name), Name: name, Type: "STANDARD", RoleARN: "arn:aws:iam::" + account + ":role/test", Revision: "1", Definition: def,
	}
}

func (w *world) Resolve(_ context.Context, arn string) (*engine.Machine, error) {
	if m := w.machines[arn]; m != nil {
		return m, nil
	}
	return nil, engine.Errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}

func (w *world) Revision(ctx context.Context, arn, _ string) (*engine.Machine, error) {
	return w.Resolve(ctx, arn)
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) Send(_ context.Context, ms ...engine.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, ms...)
	return nil
}

func (w *world) Publish(ctx context.Context, c engine.StatusChange) error {
	if c.Execution.Status == machine.Running {
		return nil
	}
	return w.Send(ctx, engine.Message{Ended: c.Execution.ARN})
}

func (w *world) Invoke(_ context.Context, in engine.Invocation) (engine.InvocationResult, error) {
	name := in.Function[lastColon(in.Function)+1:]
	f := w.functions[name]
	if f == nil {
		return engine.InvocationResult{}, &engine.InvokeError{Code: "ResourceNotFoundException", Message: "Function not found: " + in.Function, StatusCode: 404}
	}
	return f(string(in.Payload))
}

func lastColon(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == ':' {
			return i
		}
	}
	return -1
}

// returns is a function that returns JSON.
func returns(json string) func(string) (engine.InvocationResult, error) {
	return func(string) (engine.InvocationResult, error) {
		return engine.InvocationResult{StatusCode: 200, Payload: []byte(json), ExecutedVersion: "$LATEST", RequestID: "00000000-0000-4000-8000-000000000000"}, nil
	}
}

// fails is a function that fails with an error.
func fails(errorType, message string) func(string) (engine.InvocationResult, error) {
	return func(string) (engine.InvocationResult, error) {
		return engine.InvocationResult{StatusCode: 200, FunctionError: "Unhandled",
			Payload: []byte(`{"errorMessage":"` + message + `","errorType":"` + errorType + `"}`)}, nil
	}
}

// start starts an execution.
func (w *world) start(name, input string) string {
	w.t.Helper()
	x, err := w.engine.StartExecution(w.t.Context(), engine.StartExecution{Machine: machineARN(name), Name: "x", Input: input})
	if err != nil {
		w.t.Fatalf("start %s: %v", name, err)
	}
	return x.ARN
}

// next takes the message that is due first, and moves the clock there.
func (w *world) next() (engine.Message, bool) { return w.nextBefore(time.Time{}) }

// nextBefore is next for the messages that are due before a time; zero for any.
func (w *world) nextBefore(end time.Time) (engine.Message, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return engine.Message{}, false
	}
	first := 0
	for i, m := range w.queue {
		if m.NotBefore.Before(w.queue[first].NotBefore) {
			first = i
		}
	}
	m := w.queue[first]
	if !end.IsZero() && m.NotBefore.After(end) {
		w.now = end
		return engine.Message{}, false
	}
	w.queue = slices.Delete(w.queue, first, first+1)
	if m.NotBefore.After(w.now) {
		w.now = m.NotBefore
	}
	w.now = w.now.Add(time.Millisecond)
	return m, true
}

// settle handles messages until none is left.
func (w *world) settle() {
	w.t.Helper()
	for range 1_000_000 {
		m, ok := w.next()
		if !ok {
			return
		}
		if err := w.engine.Handle(w.t.Context(), m); err != nil {
			w.t.Fatalf("handle %s: %v", m.Key, err)
		}
	}
	w.t.Fatal("the executions do not settle")
}

func (w *world) describe(arn string) *engine.Execution {
	w.t.Helper()
	x, _, err := w.engine.DescribeExecution(w.t.Context(), arn)
	if err != nil {
		w.t.Fatalf("describe %s: %v", arn, err)
	}
	return x
}

func (w *world) history(arn string) []machine.Event {
	w.t.Helper()
	events, next, err := w.engine.History(w.t.Context(), engine.HistoryQuery{ARN: arn, Limit: 100_000})
	if err != nil || next != "" {
		w.t.Fatalf("history of %s: %v, next page %q", arn, err, next)
	}
	return events
}

// code returns the code of a refusal.
func code(err error) string {
	var refused *engine.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
