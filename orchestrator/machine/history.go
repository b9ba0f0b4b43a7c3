package machine

import (
	"cmp"
	"slices"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

// Log is all that is stored of an execution's course.
type Log struct {
	// Records holds the stored records of each branch, by number; record 0 is never among them.
	Records map[BranchID][]*Record
	// Attempts holds the task attempts that were started, under the key of the record that entered the Task.
	Attempts map[Key]Attempt
}

// Attempt is a task attempt that was started.
type Attempt struct {
	At        Stamp
	Token     string
	Submitted *SubmittedTask
}

// SubmittedTask is what the call that started a job, or handed out a token, has returned.
type SubmittedTask struct {
	At     Stamp
	Output value.Value
}

// History derives an execution's events from its log, in order, with their ids. Ids may still change while branches of the
// execution run side by side; they are final once it has ended.
//
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
func (p *Program) History(x *Execution, log Log) []Event {
	h := &history{p: p, x: x, log: log}
	root := p.StartRecord(x)
	h.add(root.At, nil, "ExecutionStarted", "executionStarted", inputDetails(x.InputText,
		member("roleArn", value.OfString(x.RoleARN)))...)
	h.branch(&Position{Record: root}, nil)
	return h.numbered()
}

// history gathers events in the order in which they are derived.
type history struct {
	p      *Program
	x      *Execution
	log    Log
	events []*happened
}

// happened is an event before it has its id.
type happened struct {
	at       Stamp
	previous *happened
	Event
}

func (h *history) add(at Stamp, previous *happened, kind, key string, details ...value.Member) *happened {
	e := &happened{at: at, previous: previous, Event: Event{Time: at.Time(), Type: kind}}
	if key != "" {
		e.DetailsKey, e.Details = key+"EventDetails", value.OfObject(details...)
	}
	h.events = append(h.events, e)
	return e
}

// numbered orders the events by time, what is derived first coming first, and gives them their ids.
func (h *history) numbered() []Event {
	slices.SortStableFunc(h.events, func(a, b *happened) int { return cmp.Compare(a.at, b.at) })
	for i, e := range h.events {
		e.ID = int64(i + 1)
	}
	out := make([]Event, len(h.events))
	for i, e := range h.events {
		if e.previous != nil {
			e.PreviousID = e.previous.ID
		}
		out[i] = e.Event
	}
	return out
}

// ended is how a branch's walk came out.
type ended struct {
	record *Record   // its last one, nil while it runs
	last   *happened // its last event
	inside asl.Type  // the type of the state that it was stopped or failed in; "" when it left its last state
}

// branch derives a branch's events; first is its record 0, and previous what its first event follows.
func (h *history) branch(first *Position, previous *happened) ended {
	records := h.log.Records[first.Branch]
	resolve(first.Record, records)
	pos, last := first, h.entered(first.Record, previous)
	for _, r := range records {
		next := &Position{Record: r, Outer: first.Outer}
		last = h.attempt(pos, r, last)
		if r.Kind == Forked {
			last = h.forked(next, following(records, r), last)
		}
		if r.From != "" && (r.Kind == Moved || r.Kind == Ended && r.Status == Succeeded) {
			last = h.exited(r, last)
		}
		switch r.Kind {
		case Moved:
			last = h.entered(r, last)
		case Ended:
			return h.finished(pos, r, last)
		}
		pos = next
	}
	return ended{last: h.attempt(pos, nil, last), inside: h.kind(pos.State)}
}

func (h *history) finished(pos *Position, r *Record, last *happened) ended {
	e := ended{record: r, last: last}
	if r.Status != Succeeded {
		e.inside = h.kind(pos.State)
	}
	if r.Branch == Root {
		e.last = h.executionEnded(r, last)
	}
	return e
}

// resolve fills in the values that records only refer to.
func resolve(first *Record, records []*Record) {
	at := func(seq int) *Record {
		if seq == 0 || seq > len(records) {
			return first
		}
		return records[seq-1]
	}
	for _, r := range records {
		if r.Data.Seq != r.Seq {
			r.Data.Value = at(r.Data.Seq).Data.Value
		}
		if r.Vars.Seq != r.Seq {
			r.Vars.Value = at(r.Vars.Seq).Vars.Value
		}
	}
}

func following(records []*Record, r *Record) *Record {
	if r.Seq < len(records) {
		return records[r.Seq]
	}
	return nil
}

func (h *history) kind(state string) asl.Type {
	if st := h.p.states[state]; st != nil {
		return st.Base().Type
	}
	return ""
}

// forked derives the events of a fork's children, and how the fork ended; then is the record after the fork, or nil.
func (h *history) forked(fork *Position, then *Record, previous *happened) *happened {
	state := h.p.states[fork.State]
	isMap := state.Base().Type == asl.TypeMap
	var begun *happened
	if isMap {
		begun = h.add(fork.At, previous, "MapStateStarted", "mapStateStarted", member("length", value.OfInt(int64(fork.Children))))
	} else {
		begun = h.add(fork.At, previous, "ParallelStateStarted", "")
	}
	inputs, err := h.p.ChildInputs(h.x, fork)
	if err != nil {
		return begun
	}
	w := &forkWalk{h: h, fork: fork, inputs: inputs, begun: begun, name: fork.State, isMap: isMap}
	w.walk()
	switch {
	case then == nil || then.Phase != PhaseForked:
		return begun
	case w.culprit != nil:
		return w.failed(then)
	default:
		return w.succeeded(then)
	}
}

// forkWalk walks the children of a fork.
type forkWalk struct {
	h       *history
	fork    *Position
	inputs  *Children
	begun   *happened
	name    string
	isMap   bool
	started []ended // by index
	culprit *ended  // the child that failed first
	guilty  int     // its index
	latest  *happened
}

func (w *forkWalk) walk() {
	type end struct {
		index int
		at    Stamp
	}
	var ends []end
	var firstFailure Stamp
	for i := range w.fork.Children {
		records := w.h.log.Records[w.fork.Branch.Child(w.fork.Seq, i)]
		if len(records) == 0 {
			continue
		}
		switch r := records[len(records)-1]; {
		case r.Kind != Ended:
		case r.Status == Succeeded:
			ends = append(ends, end{i, r.At})
		case r.Status == Failed && (firstFailure == 0 || r.At < firstFailure):
			firstFailure, w.guilty = r.At, i
		}
	}
	slices.SortFunc(ends, func(a, b end) int { return cmp.Compare(a.at, b.at) })
	issued := w.fork.Children
	if w.fork.Window > 0 {
		issued = min(issued, w.fork.Window+len(ends))
	}
	// Each child that ends well lets the next one start, right after its own last event.
	w.started = make([]ended, issued)
	for i := range issued {
		at, previous := w.fork.At, w.begun
		if w.fork.Window > 0 && i >= w.fork.Window {
			by := ends[i-w.fork.Window]
			at, previous = by.at, w.started[by.index].last
		}
		w.child(i, at, previous)
	}
	if firstFailure != 0 && w.guilty < issued {
		w.culprit = &w.started[w.guilty]
	}
	if n := len(ends); n > 0 && w.latest == nil {
		w.latest = w.started[ends[n-1].index].last
	}
}

func (w *forkWalk) child(index int, at Stamp, previous *happened) {
	first, err := w.h.p.ChildRecord(w.inputs, w.fork, index, at)
	if err != nil {
		return
	}
	pos := w.fork.Within(w.inputs, index, first)
	if w.isMap {
		previous = w.iteration(at, previous, "MapIterationStarted", "mapIterationStarted", index)
	}
	w.started[index] = w.h.branch(pos, previous)
	if r := w.started[index].record; w.isMap && r != nil && r.Status == Succeeded {
		e := w.iteration(r.At, w.started[index].last, "MapIterationSucceeded", "mapIterationSucceeded", index)
		if w.latest == nil || w.latest.at <= e.at {
			w.latest = e
		}
	}
}

func (w *forkWalk) iteration(at Stamp, previous *happened, kind, key string, index int) *happened {
	return w.h.add(at, previous, kind, key, member("name", value.OfString(w.name)), member("index", value.OfInt(int64(index))))
}

// succeeded adds the fork's own last event; what follows refers to the child's that ended last.
func (w *forkWalk) succeeded(then *Record) *happened {
	previous := w.latest
	if previous == nil {
		previous = w.begun
	}
	kind := "ParallelStateSucceeded"
	if w.isMap {
		kind = "MapStateSucceeded"
	}
	w.h.add(then.At, previous, kind, "")
	return previous
}

// failed adds what becomes of the children when one fails: all refer to that one's last event.
func (w *forkWalk) failed(then *Record) *happened {
	cause := w.culprit.last
	for i, c := range w.started {
		if c.record != nil && c.record.Status == Succeeded || c.last == nil {
			continue
		}
		if w.isMap && i == w.guilty {
			w.iteration(then.At, cause, "MapIterationFailed", "mapIterationFailed", i)
		}
		switch c.inside {
		case asl.TypeTask, asl.TypeWait, asl.TypeParallel, asl.TypeMap:
			w.h.add(then.At, cause, string(c.inside)+"StateAborted", "")
		}
		if w.isMap && i != w.guilty {
			w.iteration(then.At, cause, "MapIterationAborted", "mapIterationAborted", i)
		}
	}
	if then.Kind == Retried {
		return cause
	}
	kind := "ParallelStateFailed"
	if w.isMap {
		kind = "MapStateFailed"
	}
	return w.h.add(then.At, cause, kind, "")
}
