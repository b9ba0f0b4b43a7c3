package machine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"minuet/orchestrator/value"
)

// BranchID names a branch of an execution. The root is ""; the child with index i of the fork at record n of branch b is
// b + "/n.i" without the leading slash: "5.2", "5.2/0.11".
type BranchID string

// Root is the branch that every execution has.
const Root BranchID = ""

// Child names the child with the given index of the fork at record seq.
func (b BranchID) Child(seq, index int) BranchID {
	own := strconv.Itoa(seq) + "." + strconv.Itoa(index)
	if b == Root {
		return BranchID(own)
	}
	return b + "/" + BranchID(own)
}

// Parent takes a child's name apart; ok is false for the root and for a malformed name.
func (b BranchID) Parent() (parent BranchID, seq, index int, ok bool) {
	if b == Root {
		return "", 0, 0, false
	}
	own := string(b)
	if i := strings.LastIndexByte(own, '/'); i >= 0 {
		parent, own = BranchID(own[:i]), own[i+1:]
	}
	s, i, found := strings.Cut(own, ".")
	seq, err1 := strconv.Atoi(s)
	index, err2 := strconv.Atoi(i)
	return parent, seq, index, found && err1 == nil && err2 == nil && seq >= 0 && index >= 0
}

// Key is a record's place: the execution's ARN, the branch, and the number in the branch's log.
type Key struct {
	Execution string
	Branch    BranchID
	Seq       int
}

func (k Key) String() string { return fmt.Sprintf("%s[%s]#%d", k.Execution, k.Branch, k.Seq) }

// Stamp is a hybrid logical clock's reading: milliseconds since 1970 in the upper 43 bits, a counter in the lower 20.
// Stamps of causally related records increase, whatever the wall clock does.
type Stamp int64

const stampBits = 20

// NewStamp returns the first stamp at now that is later than all of after.
func NewStamp(now time.Time, after ...Stamp) Stamp {
	s := Stamp(now.UnixMilli()) << stampBits
	for _, a := range after {
		if s <= a {
			s = a + 1
		}
	}
	return s
}

// Time is the stamp's wall-clock part, to the millisecond, in UTC.
func (s Stamp) Time() time.Time { return time.UnixMilli(int64(s) >> stampBits).UTC() }

// Kind says what a record stands for.
type Kind uint8

// The kinds of records.
const (
	// Started is record 0 of a branch. It is never stored: the execution, or the fork, implies it.
	Started Kind = iota
	// Moved: the state From was left, and State is entered.
	Moved
	// Retried: an attempt at State failed, and another one is made at RetryAt.
	Retried
	// Forked: the Parallel or Map state State has started its children.
	Forked
	// Ended: the branch is over. No record follows.
	Ended
)

// Phase says how far a Task, Parallel or Map state got before it was left or retried.
type Phase uint8

// The phases.
const (
	PhaseNone      Phase = iota // not a state that does anything, or it failed before it was scheduled
	PhaseScheduled              // TaskScheduled, but it could not be started
	PhaseStarted                // the task was started
	PhaseForked                 // children were started
)

// Status is an execution's status; a branch ends with one of the last four.
type Status string

// The statuses.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Failure is an error name and a cause, each of which may be absent: a Fail state without fields has neither.
type Failure struct {
	Error, Cause       string
	HasError, HasCause bool
}

// NewFailure has an error name and, unless it is empty, a cause.
func NewFailure(name, cause string) *Failure {
	return &Failure{Error: name, HasError: true, Cause: cause, HasCause: cause != ""}
}

// Data is a JSON value, or the number of the earlier record of the same branch that holds it.
type Data struct {
	Seq   int // the record that holds Value; the record's own number when it does itself
	Value value.Value
}

// Record is one entry of a branch's append-only log. Record n+1 says what became of the state that record n entered, and
// where the branch stands now.
type Record struct {
	Key
	At   Stamp
	Kind Kind

	// What became of the state that the record before had entered: Moved, Retried and Ended.

	From     string      // its name; "" when a branch was stopped from outside
	Phase    Phase       // how far it got
	Result   *Data       // what a Task returned, where the state's output is not just that
	Failure  *Failure    // what went wrong; with Moved it was caught
	Assigned value.Value // the variables that it set: an object, or null for none

	// Where the branch stands now.

	State        string // the state entered, or still in; "" once Ended
	Status       Status // Ended only
	Data         Data   // the input of State; the output once Ended with Succeeded
	Vars         Data   // the variables that hold in State: an object
	EnteredAt    Stamp  // when State was entered
	EnteredEvent int    // the number of its StateEntered event, counted from the branch's first event
	Events       int    // how many events the branch has had, its children's included
	Retries      []int  // attempts used, for each of State's retriers; nil before the first
	RetryCount   int    // attempts used at State, over all retriers
	RetryAt      time.Time
	Children     int // Forked: how many there are
	Window       int // Forked: how many may run at once; 0 for all
}

// NthStamp returns the stamp with n others before it, or otherwise where there are not so many.
func NthStamp(stamps []Stamp, n int, otherwise Stamp) Stamp {
	if n < 0 || n >= len(stamps) {
		return otherwise
	}
	sorted := slices.Clone(stamps)
	slices.Sort(sorted)
	return sorted[n]
}
