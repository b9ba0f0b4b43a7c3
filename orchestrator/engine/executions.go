package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// maxInput is the size of the largest input, and of the largest output of a task, that the API takes, in bytes.
const maxInput = 256 << 10

// StartExecution implements [Service].
func (e *Engine) StartExecution(ctx context.Context, in StartExecution) (*Execution, error) {
	arn, testCase, _ := strings.Cut(in.Machine, "#")
	m, err := e.Machines.Resolve(ctx, arn)
	if err != nil {
		return nil, err
	}
	if m.Type == "EXPRESS" {
		return nil, Errorf("StateMachineTypeNotSupported", "Minuet does not run EXPRESS state machines yet: create it with type STANDARD")
	}
	name := in.Name
	if name == "" {
		name = newUUID()
	} else if !ValidName(name) {
		return nil, Errorf("InvalidName", "Invalid Name: '%s'", name)
	}
	if in.Input == "" {
		in.Input = "{}"
	}
	if err := checkInput(in.Input); err != nil {
		return nil, err
	}
	x := &Execution{
		ARN:     strings.Replace(m.ARN, ":stateMachine:", ":execution:", 1) + ":" + name,
		Machine: m.ARN, Revision: m.Revision, Version: m.Version, Alias: m.Alias,
		Name: name, Input: []byte(in.Input), At: machine.NewStamp(e.Clock.Now()),
		Parent: in.Parent, TestCase: testCase, TraceHeader: in.TraceHeader, Status: machine.Running,
	}
	if !e.quota.enter(x.ARN) {
		if existing, err := e.Store.Execution(ctx, x.ARN); err == nil {
			return e.startedBefore(ctx, existing, x)
		}
		return nil, Errorf("ExecutionLimitExceeded", "The maximum number of running executions has been reached.")
	}
	existing, err := e.Store.CreateExecution(ctx, x)
	if errors.Is(err, ErrExists) {
		if existing.Status != machine.Running {
			e.quota.leave(x.ARN)
		}
		return e.startedBefore(ctx, existing, x)
	}
	if err != nil {
		return nil, fmt.Errorf("create execution %s: %w", x.ARN, err)
	}
	if err := e.begin(ctx, x); err != nil {
		return x, err
	}
	if err := e.Bus.Publish(ctx, StatusChange{Execution: x}); err != nil {
		e.Log.ErrorContext(ctx, "publish the start", "execution", x.ARN, "error", err) // it has started all the same
	}
	return x, nil
}

// startedBefore answers a start that met an execution of that name: the same task's, and an open one with the same input,
// are what was asked for.
//
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func (e *Engine) startedBefore(ctx context.Context, existing, x *Execution) (*Execution, error) {
	sameTask := x.Parent != nil && existing.Parent != nil && *x.Parent == *existing.Parent
	sameStart := existing.Status == machine.Running && x.Parent == nil && sameInput(existing.Input, x.Input)
	if !sameTask && !sameStart {
		return nil, Errorf("ExecutionAlreadyExists", "Execution Already Exists: '%s'", x.ARN)
	}
	if existing.Status != machine.Running {
		return existing, nil
	}
	return existing, e.begin(ctx, existing)
}

// begin sends an execution's first messages. A repeat does no harm.
func (e *Engine) begin(ctx context.Context, x *Execution) error {
	r, err := e.prepare(ctx, x)
	if err != nil {
		return err
	}
	first, err := e.position(ctx, r, machine.Key{Execution: x.ARN}, 0)
	if err != nil {
		return err
	}
	ms := []Message{{Key: first.Key, Record: first.Record, Task: isTask(r, first.State)}}
	if d, ok := e.deadlineOf(r); ok {
		ms = append(ms, Message{Key: first.Key, Deadline: true, NotBefore: d})
	}
	return e.send(ctx, r, ms...)
}

// deadlineOf is when an execution times out; ok is false when it never does.
func (e *Engine) deadlineOf(r *run) (t time.Time, ok bool) {
	n := r.machine.Definition.TimeoutSeconds
	return r.At.Time().Add(seconds(n)), n > 0
}

// deadline ends an execution that has run out of time.
func (e *Engine) deadline(ctx context.Context, r *run) error {
	d, ok := e.deadlineOf(r)
	if !ok {
		return nil
	}
	if e.Clock.Now().Before(d) {
		return e.send(ctx, r, Message{Key: machine.Key{Execution: r.ARN}, Deadline: true, NotBefore: d})
	}
	if x, err := e.summary(ctx, r.ARN); err != nil || x.Status != machine.Running {
		return err
	}
	_, err := e.stop(ctx, r, machine.TimedOut, nil)
	return err
}

// StopExecution implements [Service].
func (e *Engine) StopExecution(ctx context.Context, arn string, errorName, cause *string) (time.Time, error) {
	if _, err := e.known(ctx, arn); err != nil {
		return time.Time{}, err
	}
	r, err := e.run(ctx, arn)
	if err != nil {
		return time.Time{}, err
	}
	f := newFailure(errorName, cause)
	last, err := e.stop(ctx, r, machine.Aborted, &f)
	if err != nil {
		return time.Time{}, err
	}
	return last.At.Time(), nil
}

// newFailure makes a failure of what the API was given.
func newFailure(errorName, cause *string) (f machine.Failure) {
	if errorName != nil {
		f.Error, f.HasError = *errorName, true
	}
	if cause != nil {
		f.Cause, f.HasCause = *cause, true
	}
	return f
}

// known loads an execution that a caller has named.
func (e *Engine) known(ctx context.Context, arn string) (*Execution, error) {
	x, err := e.Store.Execution(ctx, arn)
	if errors.Is(err, ErrNotFound) {
		return nil, Errorf("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
	}
	return x, err
}

// DescribeExecution implements [Service].
func (e *Engine) DescribeExecution(ctx context.Context, arn string) (*Execution, *Machine, error) {
	x, err := e.known(ctx, arn)
	if err != nil {
		return nil, nil, err
	}
	m, err := e.Machines.Revision(ctx, x.Machine, x.Revision)
	return x, m, err
}

// ListExecutions implements [Service].
func (e *Engine) ListExecutions(ctx context.Context, q ExecutionQuery) ([]*Execution, string, error) {
	return e.Store.Executions(ctx, q)
}

// sameInput compares inputs as JSON.
func sameInput(a, b []byte) bool {
	x, errX := value.Parse(a)
	y, errY := value.Parse(b)
	return errX == nil && errY == nil && value.Equal(x, y)
}

// checkInput checks an execution's input as the API does.
func checkInput(text string) error {
	if len(text) > maxInput {
		return Errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: 'The input exceeds the maximum number of bytes: %d'", maxInput)
	}
	_, err := value.ParseString(text)
	var syntax *value.SyntaxError
	if errors.As(err, &syntax) {
		return Errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: '%s'", syntax.Message)
	}
	return err
}

// maxName is the length of the longest name, in characters.
const maxName = 80

// ValidName tells whether a state machine, an execution or an activity may have a name: 1 to 80 characters without white
// space, brackets, wildcards, special and control characters.
//
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func ValidName(name string) bool {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName {
		return false
	}
	for _, r := range name {
		if unicode.IsSpace(r) || r < 0x20 || r >= 0x7f && r <= 0x9f || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", r) {
			return false
		}
	}
	return true
}

// pageToken is the inside of a history's page token. The cut-off keeps pages that were returned true while the execution
// goes on.
type pageToken struct {
	ARN     string        `json:"x"`
	Next    int           `json:"n"`
	CutOff  machine.Stamp `json:"t"`
	Reverse bool          `json:"r,omitempty"`
}

func (t pageToken) String() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // numbers and a string always marshal
	}
	return tokenEncoding.EncodeToString(text)
}

func parsePageToken(text string) (t pageToken, ok bool) {
	data, err := tokenEncoding.DecodeString(text)
	return t, err == nil && json.Unmarshal(data, &t) == nil && t.Next > 0
}
