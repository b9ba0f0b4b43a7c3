package engine

import (
	"context"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// Task is an attempt at a Task state, claimed by this worker.
type Task struct {
	machine.Key
	*machine.TaskCall
	Execution string // the ARN of the execution that it belongs to
	RoleARN   string
	Token     string // the task token; "" with the request-response pattern
	MaxBytes  int    // the size of the largest result; 0: no bound
	// Random is the same for every repeat of the attempt: ids are drawn from it.
	Random func() uint64
}

// Started is how far a task is once its integration has returned.
type Started struct {
	Output value.Value // the result; with another pattern than request-response what the call has returned
	Child  string      // the ARN of the execution whose end is the task's end, or ""
}

// Integration performs the tasks of one service.
type Integration interface {
	// Start performs a task whose pattern is request-response, and starts one with another pattern. What the service
	// refuses, or the work fails with, is a *[TaskError]. With any other error the outcome is unknown.
	Start(ctx context.Context, t *Task) (Started, error)
	// Repeatable tells whether Start may be called again for the same attempt without doing its work twice.
	Repeatable() bool
}

// Parent is an [Integration] whose tasks may end with a child execution.
type Parent interface {
	Integration
	// ChildEnded returns what the end of its child makes of a task.
	ChildEnded(pattern asl.Pattern, child *Execution) (value.Value, *machine.Failure)
}

// TaskError is what a task failed with.
type TaskError struct{ machine.Failure }

func (e *TaskError) Error() string { return e.Failure.Error + ": " + e.Cause }

// NewTaskError returns a [TaskError] with an error name and a cause.
func NewTaskError(name, cause string) *TaskError {
	return &TaskError{machine.Failure{Error: name, HasError: true, Cause: cause, HasCause: true}}
}

// Oversize returns what the task fails with when its result has n bytes, or nil while that is within its limit. Integrations
// call it before they read a result.
func (t *Task) Oversize(n int) error {
	if t.MaxBytes == 0 || n <= t.MaxBytes {
		return nil
	}
	return &TaskError{*machine.DataLimitExceeded(t.Resource)}
}

// Mocks answers tasks in place of their integrations: for executions that were started with a test case.
type Mocks interface {
	// Response returns how an attempt at a state comes out; invocation counts the execution's attempts at the state from 0,
	// in the order in which they were claimed. ok is false where the state is not mocked.
	Response(machineName, testCase, state string, invocation int) (output value.Value, failure *machine.Failure, ok bool)
}
