package engine

import (
	"context"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
)

// Machine is a state machine at one of its revisions, ready to run.
type Machine struct {
	ARN        string // unqualified
	Name       string
	Type       string // "STANDARD" or "EXPRESS"
	RoleARN    string
	Revision   string
	Version    string // the version's ARN it was asked for by, or ""
	Alias      string // the alias's ARN it was asked for by, or ""
	Definition *asl.Definition
}

// Machines finds state machines. What it returns is shared: nobody changes it.
type Machines interface {
	// Resolve finds what a new execution of arn runs: a machine's, a version's or an alias's ARN. When there is none:
	// an [Error] with code StateMachineDoesNotExist or InvalidArn.
	Resolve(ctx context.Context, arn string) (*Machine, error)
	// Revision finds what a running execution runs, even after the machine was changed or deleted.
	Revision(ctx context.Context, arn, revision string) (*Machine, error)
}

// Service is what the API offers of executions; [Engine] is it. Its errors are [Error] where the caller is at fault.
type Service interface {
	// StartExecution starts an execution, or returns the running one with the same name and input: AWS's idempotency.
	// Codes: ExecutionAlreadyExists, InvalidName, InvalidExecutionInput, StateMachineDoesNotExist, StateMachineDeleting, ...
	StartExecution(ctx context.Context, in StartExecution) (*Execution, error)
	// StopExecution ends a running execution as ABORTED; on one that has ended it changes nothing. It returns when it ended.
	StopExecution(ctx context.Context, arn string, errorName, cause *string) (time.Time, error)
	// DescribeExecution returns the execution and the state machine revision that it runs.
	DescribeExecution(ctx context.Context, arn string) (*Execution, *Machine, error)
	// ListExecutions pages through executions.
	ListExecutions(ctx context.Context, q ExecutionQuery) (page []*Execution, next string, err error)
	// History returns a page of an execution's events.
	History(ctx context.Context, q HistoryQuery) (events []machine.Event, next string, err error)
	// SendTaskSuccess completes the task that the token names. Codes: InvalidToken, TaskTimedOut, TaskDoesNotExist, InvalidOutput.
	SendTaskSuccess(ctx context.Context, token, output string) error
	// SendTaskFailure fails it. Error name and cause may be absent.
	SendTaskFailure(ctx context.Context, token string, errorName, cause *string) error
	// SendTaskHeartbeat says that it is still being worked at.
	SendTaskHeartbeat(ctx context.Context, token string) error
}

// StartExecution is what an execution is started with.
type StartExecution struct {
	Machine     string // ARN: of a state machine, a version or an alias; "#TestCase" at its end selects mocked responses
	Name        string // "": a random one
	Input       string // JSON; "": "{}"
	TraceHeader string
	Parent      *ParentLink // the task that starts it, or nil
}

// HistoryQuery selects a page of an execution's history.
type HistoryQuery struct {
	ARN     string
	Limit   int  // 1 to 1000
	Reverse bool // the latest event first
	Token   string
}
