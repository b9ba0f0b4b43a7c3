package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/integrations"
	"minuet/orchestrator/machine"
)

const oneTask = `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}`

// Ensure that an attempt whose worker was lost fails as unknown, and is not made again, once nobody can be at it any more.
func TestLostAttempt(t *testing.T) {
	lose := func(t *testing.T, alone bool) (w *world, arn string, calls *int) {
		w, calls = newWorld(t), new(int)
		w.create("main", oneTask)
		ctx, cancel := context.WithCancel(t.Context())
		w.functions["f"] = func(string) (engine.InvocationResult, error) {
			*calls++
			cancel()
			return engine.InvocationResult{}, context.Canceled
		}
		arn = w.start("main", "{}")
		m, _ := w.next()
		if err := w.engine.Handle(ctx, m); !errors.Is(err, context.Canceled) {
			t.Fatalf("a worker that is stopped: %v", err)
		}
		w.queue = []engine.Message{m}
		w.engine = engine.New(engine.Config{Store: w.store, Queue: w, Bus: w, Clock: w, Machines: w, Alone: alone, Lease: time.Minute})
		w.engine.Register("", integrations.Function{Invoker: w})
		return w, arn, calls
	}
	unknown := func(t *testing.T, w *world, arn string, calls *int) {
		t.Helper()
		if x := w.describe(arn); x.Status != machine.Failed || *x.Error != "Lambda.Unknown" {
			t.Errorf("%s, want FAILED with Lambda.Unknown", x.Status)
		}
		if *calls != 1 {
			t.Errorf("the function ran %d times", *calls)
		}
	}
	t.Run("no other worker lives", func(t *testing.T) {
		w, arn, calls := lose(t, true)
		w.until(w.Now().Add(time.Second))
		unknown(t, w, arn, calls)
	})
	t.Run("another worker may be at it until its lease ends", func(t *testing.T) {
		w, arn, calls := lose(t, false)
		w.until(w.Now().Add(30 * time.Minute))
		if x := w.describe(arn); x.Status != machine.Running {
			t.Fatalf("%s while the lease holds", x.Status)
		}
		w.settle()
		unknown(t, w, arn, calls)
	})
}

// claimHook is a store that calls then once a claim was put, before its caller learns of it.
type claimHook struct {
	engine.Store
	then func()
}

func (s claimHook) PutClaim(ctx context.Context, c *engine.Claim) (*engine.Claim, error) {
	existing, err := s.Store.PutClaim(ctx, c)
	if err == nil {
		s.then()
	}
	return existing, err
}

// Ensure that a message that comes twice at once starts one attempt, and that this one is not taken for lost.
func TestTwiceAtOnce(t *testing.T) {
	w := newWorld(t)
	w.create("main", oneTask)
	calls := 0
	w.functions["f"] = func(payload string) (engine.InvocationResult, error) {
		calls++
		return returns("1")(payload)
	}
	repeated := 0
	var m engine.Message
	w.store = claimHook{w.store, func() {
		repeated++
		if err := w.engine.Handle(t.Context(), m); err != nil {
			t.Errorf("the repeat: %v", err)
		}
	}}
	w.restart()
	arn := w.start("main", "{}")
	m, _ = w.next()
	if err := w.engine.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if x := w.describe(arn); x.Status != machine.Succeeded || calls != 1 || repeated != 1 {
		t.Errorf("%s after %d calls and %d repeats, want SUCCEEDED after 1 and 1", x.Status, calls, repeated)
	}
}

// stuck is an invoker whose functions never answer.
type stuck struct{}

func (stuck) Invoke(ctx context.Context, _ engine.Invocation) (engine.InvocationResult, error) {
	<-ctx.Done()
	return engine.InvocationResult{}, ctx.Err()
}

// Ensure that a call ends before its worker does, and that a claim is not held longer than its worker lives.
func TestWorkersDeadline(t *testing.T) {
	w := newWorld(t)
	w.create("main", oneTask)
	const life = time.Hour
	w.engine = engine.New(engine.Config{Store: w.store, Queue: w, Bus: w, Clock: w, Machines: w, Lease: 2 * life, Margin: life - time.Millisecond})
	w.engine.Register("", integrations.Function{Invoker: stuck{}})
	arn := w.start("main", "{}")
	m, _ := w.next()
	ctx, cancel := context.WithTimeout(t.Context(), life)
	defer cancel()
	if err := w.engine.Handle(ctx, m); err != nil {
		t.Fatal(err)
	}
	if x := w.describe(arn); x.Status != machine.Failed || *x.Error != "States.Timeout" {
		t.Errorf("%s, want FAILED with States.Timeout", x.Status)
	}
	c, err := w.store.Claim(t.Context(), machine.Key{Execution: arn})
	if err != nil || c.Lease.After(w.Now().Add(life)) {
		t.Errorf("%v: the claim is held until %v, its worker lives until %v at most", err, c.Lease, w.Now().Add(life))
	}
}

// Ensure that a repeat of a start meets the child of the attempt, whatever has become of it.
func TestStartedTwice(t *testing.T) {
	w := newWorld(t)
	w.create("child", `{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`)
	link := &engine.ParentLink{Key: machine.Key{Execution: "arn:aws:states:us-east-1:123456789012:execution:main:x", Seq: 3}}
	start := func(parent *engine.ParentLink, input string) error {
		_, err := w.engine.StartExecution(t.Context(), engine.StartExecution{Machine: machineARN("child"), Name: "c", Input: input, Parent: parent})
		return err
	}
	if err := start(link, "{}"); err != nil {
		t.Fatal(err)
	}
	if err := start(link, "{}"); err != nil {
		t.Errorf("again, while it runs: %v", err)
	}
	w.settle()
	if err := start(link, "{}"); err != nil {
		t.Errorf("again, after it has ended: %v", err)
	}
	other := *link
	other.Seq++
	if err := start(&other, "{}"); code(err) != "ExecutionAlreadyExists" {
		t.Errorf("another attempt: %v", err)
	}
}

// Ensure that waits, and retries with their delays, come when they are due and not before.
func TestTiming(t *testing.T) {
	w := newWorld(t)
	w.create("main", `{"StartAt": "W", "States": {
		"W": {"Type": "Wait", "SecondsPath": "$.s", "Next": "U"},
		"U": {"Type": "Wait", "TimestampPath": "$.t", "Next": "T"},
		"T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
			"Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 10, "BackoffRate": 3, "MaxAttempts": 4, "MaxDelaySeconds": 60}]}}}`)
	var at []time.Duration
	begin := w.Now()
	w.functions["f"] = func(payload string) (engine.InvocationResult, error) {
		at = append(at, w.Now().Sub(begin).Round(time.Second))
		return fails("E", "m")(payload)
	}
	arn := w.start("main", `{"s": 5, "t": "`+begin.Add(20*time.Second).Format(time.RFC3339)+`"}`)
	w.settle()
	want := []time.Duration{20 * time.Second, 30 * time.Second, 60 * time.Second, 120 * time.Second, 180 * time.Second}
	if len(at) != len(want) {
		t.Fatalf("attempts at %v, want %v", at, want)
	}
	for i := range want {
		if d := at[i] - want[i]; d < 0 || d > time.Second {
			t.Errorf("attempts at %v, want %v", at, want)
			break
		}
	}
	if x := w.describe(arn); x.Status != machine.Failed {
		t.Errorf("%s", x.Status)
	}
}
