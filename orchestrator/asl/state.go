package asl

import "minuet/orchestrator/expr"

// Type is a state's type, in ASL's spelling.
type Type string

// The state types of ASL.
const (
	TypePass     Type = "Pass"
	TypeTask     Type = "Task"
	TypeChoice   Type = "Choice"
	TypeWait     Type = "Wait"
	TypeSucceed  Type = "Succeed"
	TypeFail     Type = "Fail"
	TypeParallel Type = "Parallel"
	TypeMap      Type = "Map"
)

// State is one of *Pass, *Task, *Choice, *Wait, *Succeed, *Fail, *Parallel and *Map.
type State interface {
	// Base returns what every state has.
	Base() *Base
}

// Base is what every state has, as far as its type allows the field.
//
// https://states-language.net/spec.html#state-type-table
type Base struct {
	Name          string
	Type          Type
	Comment       string
	QueryLanguage QueryLanguage // the effective one
	Next          string        // "" when End, and for Choice, Succeed and Fail
	End           bool
	// InputPath and OutputPath: nil means "$"; see [Selector].
	InputPath  *Selector
	OutputPath *Selector
	// Assign gives the variables that the state sets on its way out, or nil.
	Assign *expr.Template
}

// Base makes every embedding type a [State].
func (b *Base) Base() *Base { return b }

// base is the name that the types embed Base under: a field named Base would hide the method.
type base = Base

// The names of the fields that several types share.
const (
	everyField  = "Type Comment QueryLanguage "
	onwardField = "Next End "
	ioField     = "InputPath OutputPath "
)

// state decodes a state of any type; nil when the type is not known. A state's language decides here, once, which fields
// it may have and how they are read.
func (o object) state() State {
	o.lang = o.stateLanguage()
	if !o.require("Type") {
		return nil
	}
	t, ok := o.string("Type")
	if !ok {
		return nil
	}
	b := Base{Name: o.body.state, Type: Type(t), Comment: o.comment(), QueryLanguage: o.lang}
	switch b.Type {
	case TypePass:
		return o.passState(b)
	case TypeTask:
		return o.taskState(b)
	case TypeChoice:
		return o.choiceState(b)
	case TypeWait:
		return o.waitState(b)
	case TypeSucceed:
		return o.succeedState(b)
	case TypeFail:
		return o.failState(b)
	case TypeParallel:
		return o.parallelState(b)
	case TypeMap:
		return o.mapState(b)
	}
	o.fault(o.place("Type"), "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]")
	return nil
}

// onward reads Next and End, of which a state needs exactly one.
func (o object) onward(b *Base) {
	b.Next, _ = o.transition("Next")
	end, isBool := o.flag("End")
	b.End = end
	switch {
	case o.has("End") && !isBool:
		o.body.unsure = true
	case end && o.has("Next"):
		o.fault(o.at, "There should only be one of the following fields: [Next, End]")
	case !end && !o.has("Next"):
		o.body.unsure = true
		o.fault(o.at, "This object should have only one of the following fields: [Next, End]")
	}
}

// io reads InputPath, OutputPath and Assign.
func (o object) io(b *Base) {
	b.InputPath = o.selector("InputPath")
	b.OutputPath = o.selector("OutputPath")
	b.Assign = o.assign()
}
