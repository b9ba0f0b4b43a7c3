package machine

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// Limits bound what an execution may hold. The zero value of a field means no bound.
type Limits struct {
	DataBytes int // the size of any input, output or result, as JSON text
	Events    int // the length of a history
}

// DefaultLimits are AWS's.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
var DefaultLimits = Limits{DataBytes: 256 << 10, Events: 25_000}

// Program is a definition made ready to run. It is immutable and safe for concurrent use.
type Program struct {
	Definition *asl.Definition
	Limits     Limits
	states     map[string]asl.State
}

// NewProgram returns the program of a definition that [asl.Parse] found no error in.
func NewProgram(def *asl.Definition, limits Limits) *Program {
	p := &Program{Definition: def, Limits: limits, states: map[string]asl.State{}}
	p.index(&def.Body)
	return p
}

// index gathers the states of a body and of those within; names are unique in a definition.
func (p *Program) index(b *asl.Body) {
	for name, s := range b.States {
		p.states[name] = s
		switch s := s.(type) {
		case *asl.Parallel:
			for _, branch := range s.Branches {
				p.index(branch)
			}
		case *asl.Map:
			p.index(&s.Processor.Body)
		}
	}
}

// State returns the state of that name, wherever in the definition it is.
func (p *Program) State(name string) asl.State { return p.states[name] }

// Execution is what a step may know of the execution that it belongs to.
type Execution struct {
	ARN         string
	Name        string
	Input       value.Value
	InputText   string // Input as it was given: the first events show it so
	Start       Stamp
	RoleARN     string
	MachineARN  string
	MachineName string
}

// Item is the element that a Map iteration works on.
type Item struct {
	Index int
	Value value.Value
}

// Position is where a branch stands.
type Position struct {
	*Record // its last one, Data and Vars with their values
	// Outer tells of the fork around the branch; nil for the root. It is called only when an expression, or an error's
	// text, asks.
	Outer func() Outer
}

// Outer is what a child knows of the fork that it belongs to.
type Outer struct {
	Events int   // how many events of the execution came before the branch's first
	Item   *Item // what the innermost Map iteration works on, or nil outside one
}

// outer is Outer, for the root too.
func (pos *Position) outer() Outer {
	if pos.Outer == nil {
		return Outer{}
	}
	return pos.Outer()
}

// Within returns the position of a child that stands at r, below the fork at which pos stands.
func (pos *Position) Within(c *Children, index int, r *Record) *Position {
	return &Position{Record: r, Outer: func() Outer {
		o := pos.outer()
		o.Events += pos.Events
		if item, ok := c.Item(index); ok {
			o.Item = &item
		}
		return o
	}}
}

// start returns record 0 of a branch.
func start(key Key, at Stamp, state string, input, vars value.Value, events int) *Record {
	return &Record{
		Key: key, At: at, Kind: Started, State: state,
		Data: Data{Seq: 0, Value: input}, Vars: Data{Seq: 0, Value: vars},
		EnteredAt: at, EnteredEvent: events, Events: events,
	}
}

// StartRecord returns record 0 of the root, which the execution implies.
func (p *Program) StartRecord(x *Execution) *Record {
	const executionStartedAndStateEntered = 2
	return start(Key{Execution: x.ARN}, x.Start, p.Definition.StartAt, x.Input, value.EmptyObject, executionStartedAndStateEntered)
}

// Env is what Decide gets from the world.
type Env struct {
	Now time.Time
	// Token is the task token of the attempt at hand, or "".
	Token string
	// Submitted tells that the call of the attempt at hand had returned before its job ended.
	Submitted bool
	// After is a stamp that the record has to be later than, besides its predecessor's.
	After Stamp
}

// Happening is what has happened since the branch's last record; nil if nothing has. It is one of [TaskSucceeded],
// [TaskFailed], [ChildrenSucceeded] and [ChildFailed].
type Happening interface{ happening() }

// TaskSucceeded: the task at hand has returned Output.
type TaskSucceeded struct{ Output value.Value }

// TaskFailed: the task at hand has failed. Phase tells whether it had been started.
type TaskFailed struct {
	Failure
	Phase Phase
}

// ChildrenSucceeded: every child of the fork has ended well. Events is the sum of theirs.
type ChildrenSucceeded struct {
	Outputs []value.Value
	Events  int
}

// ChildFailed: a child of the fork has failed, and the others are stopped. Events is the sum of theirs.
type ChildFailed struct {
	Failure
	Events int
}

func (TaskSucceeded) happening()     {}
func (TaskFailed) happening()        {}
func (ChildrenSucceeded) happening() {}
func (ChildFailed) happening()       {}

// Decision is what comes next: exactly one field is set, or none where the branch waits for an event that has not come.
type Decision struct {
	Record *Record   // append this
	Wait   time.Time // decide again then
	Task   *TaskCall // start this, unless it is
}

// Decide decides what comes next for a branch.
func (p *Program) Decide(x *Execution, pos *Position, h Happening, env Env) Decision {
	s := &step{p: p, x: x, pos: pos, env: env, state: p.states[pos.State]}
	if s.state == nil {
		return s.runtimeError("The state '" + pos.State + "' does not exist in the definition.")
	}
	if h != nil {
		s.salt = saltResult
	}
	if d, over := s.eventLimit(h); over {
		return d
	}
	switch h := h.(type) {
	case TaskSucceeded:
		return s.taskSucceeded(s.state.(*asl.Task), h)
	case TaskFailed:
		return s.failed(h.Failure, h.Phase, 0)
	case ChildrenSucceeded:
		return s.joined(h)
	case ChildFailed:
		return s.failed(h.Failure, PhaseForked, h.Events)
	}
	if pos.Kind == Retried && env.Now.Before(pos.RetryAt) {
		return Decision{Wait: pos.RetryAt}
	}
	switch st := s.state.(type) {
	case *asl.Pass:
		return s.enterPass(st)
	case *asl.Task:
		return s.enterTask(st)
	case *asl.Choice:
		return s.enterChoice(st)
	case *asl.Wait:
		return s.enterWait(st)
	case *asl.Succeed:
		return s.enterSucceed(st)
	case *asl.Fail:
		return s.enterFail(st)
	case *asl.Parallel:
		return s.enterParallel(st)
	case *asl.Map:
		return s.enterMap(st)
	}
	panic("machine: unknown state type")
}

// Stop ends a branch from outside: an abort, a timeout of the execution, a failing sibling, or a message that no worker
// could handle.
func Stop(pos *Position, status Status, f *Failure, now time.Time) *Record {
	return &Record{
		Key: Key{pos.Execution, pos.Branch, pos.Seq + 1}, At: NewStamp(now, pos.At), Kind: Ended,
		Status: status, Failure: f, Data: Data{Seq: pos.Data.Seq}, Vars: Data{Seq: pos.Vars.Seq},
		EnteredAt: pos.EnteredAt, EnteredEvent: pos.EnteredEvent, Events: pos.Events + 1,
	}
}

// step is one run of Decide.
type step struct {
	p     *Program
	x     *Execution
	pos   *Position
	env   Env
	state asl.State
	// salt sets apart what is drawn at one place in the execution: on entry, with a result, for an item.
	salt   uint64
	random *rand.Rand // nil until an expression asks
}

// The salts.
const (
	saltEntry  = iota
	saltResult // and what follows from it: retries, catchers
	saltIDs    // the names that integrations give
	saltItem   // plus the item's index
)

// Uint64 draws a number that depends on nothing but the place in the execution, so that a repeat draws the same.
func (s *step) Uint64() uint64 {
	if s.random == nil {
		h := fnv.New64a()
		for _, part := range []string{s.x.ARN, strconv.FormatInt(int64(s.x.Start), 36), string(s.pos.Branch), strconv.Itoa(s.pos.Seq)} {
			h.Write([]byte(part))
			h.Write([]byte{0})
		}
		s.random = rand.New(rand.NewPCG(h.Sum64(), s.salt))
	}
	return s.random.Uint64()
}

// scope is what an expression sees with v as $.
func (s *step) scope(v value.Value) *expr.Env {
	return &expr.Env{Input: v, Context: s.context, Vars: s.pos.Vars.Value, Rand: s}
}

// next starts the record that leaves the state.
func (s *step) next(kind Kind) *Record {
	pos := s.pos
	return &Record{
		Key: Key{pos.Execution, pos.Branch, pos.Seq + 1}, At: NewStamp(s.env.Now, pos.At, s.env.After), Kind: kind,
		From: pos.State, Vars: pos.Vars, Events: pos.Events,
	}
}

// Random returns numbers that depend on nothing but the place at which a branch stands.
func (p *Program) Random(x *Execution, pos *Position) func() uint64 {
	s := &step{p: p, x: x, pos: pos, salt: saltIDs}
	return s.Uint64
}
