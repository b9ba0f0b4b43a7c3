package engine

import (
	"context"
	"time"

	"minuet/orchestrator/machine"
)

// Message asks a worker to look at a branch that stands at a record. It is a hint: whoever gets it finds out from the
// store what there is to do, so it may come twice, late, or for a branch that has long moved on.
type Message struct {
	machine.Key
	// Deadline asks to look whether the execution has run out of time; Branch and Seq mean nothing then.
	Deadline bool
	// Ended is the ARN of an execution that has ended, to be told to the task that waits for it; Key means nothing then.
	Ended string
	// Task is set when the state entered is a Task: the look may take as long as its work does.
	Task bool
	// Issued is when the child that Key names was issued, for the first message to a child; 0 for other messages.
	Issued machine.Stamp
	// NotBefore is when to deliver it; zero: at once.
	NotBefore time.Time
	// Start is the execution that Key names, as it was started, for a host whose workers need not load it then, or nil. Nobody
	// changes it.
	Start *Execution
	// Record is the record that Key names, with its values, for a host that passes messages in memory, or nil. Nobody
	// changes it.
	Record *machine.Record
}

// Queue passes messages to workers, which call [Engine.Handle].
//
// Send returns nil when every message is sure to be delivered at least once, not before its NotBefore, in any order. The
// local queue may promise less, as [Engine.Resume] sends again what a stopped process forgets.
type Queue interface {
	Send(ctx context.Context, ms ...Message) error
}

// StatusChange says that an execution has started or ended: the event that EventBridge gets.
type StatusChange struct {
	Execution *Execution
}

// Bus publishes status changes. It may lose some, and publish others twice: readers treat them as hints.
type Bus interface {
	Publish(ctx context.Context, c StatusChange) error
}

// Clock tells the time.
type Clock interface {
	Now() time.Time
}
