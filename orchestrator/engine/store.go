package engine

import (
	"context"
	"errors"
	"time"

	"minuet/orchestrator/machine"
)

// What stores answer besides failing. Tell them apart with errors.Is.
var (
	// ErrNotFound: there is no such item.
	ErrNotFound = errors.New("not found")
	// ErrExists: a conditional put met an item under the same key.
	ErrExists = errors.New("already exists")
)

// Store is where everything durable lives. An adapter passes the suite in porttest.
//
// Every write is durable and visible to every reader when it returns nil. A write that returns an error may have taken
// effect or not, unless the error is ErrExists or ErrNotFound, which say that it has not. Methods may be called from any
// number of goroutines and processes. Byte slices and pointers that are passed in are not kept, those returned are the
// caller's.
type Store interface {
	RecordStore
	ClaimStore
	JoinStore
	ExecutionStore
	MachineStore
}

// RecordStore holds the branches' logs as encoded records.
type RecordStore interface {
	// AppendRecord puts a record under its key, or returns ErrExists when there is one, whatever its content.
	AppendRecord(ctx context.Context, key machine.Key, data []byte) error
	// Record returns a record, or ErrNotFound.
	Record(ctx context.Context, key machine.Key) ([]byte, error)
	// Records returns the records under the keys, in their order; nil where there is none.
	Records(ctx context.Context, keys []machine.Key) ([][]byte, error)
	// Tip returns the record with the highest number in a branch, or ErrNotFound when none is stored.
	Tip(ctx context.Context, execution string, branch machine.BranchID) (seq int, data []byte, err error)
	// ScanRecords calls fn for every record of an execution: branch by branch in no particular order, within a branch by
	// number. It stops at the first error that fn returns, and returns it.
	ScanRecords(ctx context.Context, execution string, fn func(key machine.Key, data []byte) error) error
}

// Claim says that the attempt at the Task that the record Key has entered was started.
type Claim struct {
	machine.Key
	At        machine.Stamp // when
	Nonce     string        // the secret part of the task's token
	Owner     string        // the worker that took it
	Lease     time.Time     // until when that worker may be at it
	Heartbeat time.Time     // the last sign of life: the claim's own time at first
	// Submitted is nil until the call that starts a job, or hands out a token, has returned.
	Submitted *Submitted
}

// Submitted is what the call that starts a job, or hands out a token, has returned.
type Submitted struct {
	At     machine.Stamp
	Output []byte // JSON
	Child  string // the ARN of the child execution that the task waits for, or ""
}

// ClaimStore holds the claims of task attempts.
type ClaimStore interface {
	// PutClaim puts a claim unless there is one under its key: then it returns that one and ErrExists.
	PutClaim(ctx context.Context, c *Claim) (existing *Claim, err error)
	// Claim returns a claim, or ErrNotFound.
	Claim(ctx context.Context, key machine.Key) (*Claim, error)
	// TakeClaim changes Owner and Lease of the claim under key if its Owner still is from; otherwise it returns ErrExists.
	// ErrNotFound when there is no claim.
	TakeClaim(ctx context.Context, key machine.Key, from, owner string, lease time.Time) error
	// SubmitClaim sets Submitted unless it is set: then it changes nothing and returns nil. ErrNotFound when there is no claim.
	SubmitClaim(ctx context.Context, key machine.Key, s Submitted) error
	// HeartbeatClaim moves Heartbeat forward to t, never back. ErrNotFound when there is no claim.
	HeartbeatClaim(ctx context.Context, key machine.Key, t time.Time) error
	// ScanClaims calls fn for every claim of an execution, in no particular order.
	ScanClaims(ctx context.Context, execution string, fn func(*Claim) error) error
}

// ChildEnd is the place of a child's last record.
type ChildEnd struct{ Index, Seq int }

// Join is how far the children of a fork are.
type Join struct {
	Issued int        // the children 0 to Issued-1 may run
	From   int        // in the answer to ChildSucceeded: if first, From to Issued-1 are those that this very call has issued
	Done   []ChildEnd // the children that have succeeded, by index
	Failed *ChildEnd  // the first child that failed
	Closed bool       // no more children are issued, and what ends no longer counts
}

// JoinStore counts the children of forks. A join exists implicitly from the fork on; the number of children and the window
// (how many may run at once; 0 for all) are those of the fork's record, and the same in every call.
type JoinStore interface {
	// ChildSucceeded counts a child. Each first call for an index issues one more child while there are any; calls that run
	// side by side may have one of them issue for both.
	// first tells whether this call was the first for its index: a repeat changes nothing. Where the join is closed
	// nothing changes, and first is false. The Join returned has Done filled in only when the join is complete, or the
	// call was not the first.
	ChildSucceeded(ctx context.Context, fork machine.Key, children, window int, end ChildEnd) (j Join, first bool, err error)
	// ChildFailed notes the first child that fails, and closes the join. Later calls change nothing.
	ChildFailed(ctx context.Context, fork machine.Key, children, window int, end ChildEnd) (Join, error)
	// CloseJoin closes a join, whether or not a child has ended, and returns it.
	CloseJoin(ctx context.Context, fork machine.Key, children, window int) (Join, error)
	// Join returns a join with Done filled in.
	Join(ctx context.Context, fork machine.Key, children, window int) (Join, error)
}

// Execution is the summary of an execution. The fields up to TraceHeader never change.
type Execution struct {
	ARN         string
	Machine     string // the state machine's ARN, unqualified
	Revision    string // the id of the revision that it runs
	Version     string // the version's ARN it was started on, or ""
	Alias       string // the alias's ARN it was started on, or ""
	Name        string
	Input       []byte // JSON, as it was given
	At          machine.Stamp
	Parent      *ParentLink // the task that started it, or nil
	TestCase    string      // the mocked test case, or ""
	TraceHeader string

	Status machine.Status
	End    machine.Stamp // 0 while running
	Output []byte        // JSON; Succeeded only
	Error  *string
	Cause  *string
}

// ParentLink names the task attempt that started a child execution.
type ParentLink struct {
	machine.Key
	Waits bool // the task waits for the child's end: .sync and .sync:2
}

// ExecutionQuery selects a page of executions of a machine, the latest start first.
type ExecutionQuery struct {
	Machine string         // the state machine's ARN, unqualified; "" for any
	Version string         // only those started on this version's or alias's ARN, or "" for any
	Status  machine.Status // "" for any
	Limit   int            // 1 to 1000
	After   string         // what the page before returned as next
}

// ExecutionStore holds the summaries of executions.
type ExecutionStore interface {
	// CreateExecution puts an execution unless there is one under its ARN: then it returns that one and ErrExists.
	CreateExecution(ctx context.Context, x *Execution) (existing *Execution, err error)
	// Execution returns an execution, or ErrNotFound.
	Execution(ctx context.Context, arn string) (*Execution, error)
	// EndExecution sets Status, End, Output, Error and Cause of a running execution. On one that has ended it changes
	// nothing and returns nil. ErrNotFound when there is no execution.
	EndExecution(ctx context.Context, arn string, status machine.Status, end machine.Stamp, output []byte, errorName, cause *string) error
	// Executions returns a page, without Input and Output, and perhaps without Error and Cause, and where the next one starts, "" after the last.
	Executions(ctx context.Context, q ExecutionQuery) (page []*Execution, next string, err error)
	// OpenExecutions returns ARNs of running executions, in no particular order, and where the next page starts.
	OpenExecutions(ctx context.Context, after string, limit int) (arns []string, next string, err error)
}

// Doc is a document of the catalog: a state machine, a revision of it, a version, an alias, a set of tags or an activity.
type Doc struct {
	Kind string // the collection: "machine", "revision", ...
	ID   string // the key in it: an ARN, or an ARN and a revision's id
	Etag int64  // grows with every change; 0 for a document that is not stored yet
	Data []byte
}

// MachineStore holds the catalog: few documents, read often, changed rarely.
type MachineStore interface {
	// PutDoc stores d if the stored Etag still is d.Etag (0: if there is none), with Etag+1; otherwise ErrExists.
	PutDoc(ctx context.Context, d Doc) error
	// Doc returns a document, or ErrNotFound.
	Doc(ctx context.Context, kind, id string) (Doc, error)
	// DeleteDoc deletes a document if its Etag still is etag, otherwise ErrExists; nil when there is none.
	DeleteDoc(ctx context.Context, kind, id string, etag int64) error
	// Docs returns a page of a collection whose ids begin with prefix, by id, and where the next one starts.
	Docs(ctx context.Context, kind, prefix, after string, limit int) (page []Doc, next string, err error)
}
