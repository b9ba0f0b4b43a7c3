package asl

import (
	"unicode/utf8"

	"minuet/orchestrator/value"
)

// Body is a set of states with an entry: the machine's own, a Parallel branch's, or a Map's processor.
//
// https://states-language.net/spec.html#states-fields
type Body struct {
	StartAt string
	// States holds each state under its name; names are unique in the whole definition.
	States map[string]State
	// Order lists the names as written.
	Order []string
}

// maxName is how many characters a state's name may have.
const maxName = 80

// body is what is known of a body while it is decoded.
type body struct {
	state string // the one at hand
	edges []edge // as written
	ends  bool   // a state ends it
	// unsure: a state's transitions could not be read, so that what leads where is not known.
	unsure bool
}

// edge is a transition; that of StartAt comes from no state.
type edge struct{ from, to, at string }

// bodyFields decodes StartAt and States, which are checked as one.
func (o object) bodyFields() Body {
	outer := o.body == nil
	o.body = &body{unsure: !o.require("StartAt", "States")}
	b := Body{States: map[string]State{}}
	b.StartAt, _ = o.transition("StartAt")
	states, ok := o.child("States")
	if !ok || !o.notEmpty("States") {
		return b
	}
	if o.nesting == maxNesting {
		o.fail(TooDeeplyNested, o.place("States"), "The states are nested more than %d levels deep", maxNesting)
		return b
	}
	o.nesting++
	defer func() { o.nesting-- }()
	for _, m := range states.json.Members() {
		at := states.place(m.Key)
		o.name(m.Key, at)
		o.body.state = m.Key
		b.Order = append(b.Order, m.Key)
		if s := o.stateAt(m.Value, at); s != nil {
			b.States[m.Key] = s
		}
	}
	if !outer || !o.alone {
		o.transitions(states.at, b, outer)
	}
	return b
}

// name checks a state's name.
func (o object) name(name, at string) {
	switch {
	case name == "":
		o.fail(InvalidStateName, at, "Invalid State name: The name of a state cannot be empty")
	case utf8.RuneCountInString(name) > maxName:
		o.fail(InvalidStateName, at, "Invalid State name: State '%s' exceeds the %d-character limit allowed by the service", name, maxName)
	}
	if o.names[name] {
		o.fail(DuplicateStateName, at, "Duplicate State name: %s", name)
	}
	o.names[name] = true
}

// stateAt decodes a state if it is one.
func (o object) stateAt(v value.Value, at string) State {
	if !o.is(v, value.Object, at) {
		o.body.unsure = true
		return nil
	}
	s := o.within(v, at).state()
	if s == nil {
		o.body.unsure = true
		return nil
	}
	if b := s.Base(); b.End || b.Type == TypeSucceed || b.Type == TypeFail {
		o.body.ends = true
	}
	return s
}

// transition reads the name of a state to go to.
func (o object) transition(field string) (string, bool) {
	name, ok := o.string(field)
	if !ok {
		o.body.unsure = o.body.unsure || o.has(field)
		return "", false
	}
	o.body.edges = append(o.body.edges, edge{o.body.state, name, o.place(field)})
	return name, true
}

// transitions checks that every transition stays within the body, that the machine can end, and that something leads to
// each state. As on AWS a cycle of states counts as reached, and a machine without an end is not searched for states that
// nothing leads to.
func (o object) transitions(states string, b Body, outer bool) {
	reached := make(map[string]bool, len(b.Order)) // by another state or StartAt; every name has an entry
	for _, name := range b.Order {
		reached[name] = false
	}
	for _, e := range o.body.edges {
		if _, ok := reached[e.to]; !ok {
			o.fail(MissingTransitionTarget, e.at, "Missing 'Next' target: %s", e.to)
		} else if e.from != e.to || e.to == b.StartAt {
			reached[e.to] = true
		}
	}
	switch {
	case o.body.unsure:
	case outer && !o.body.ends:
		o.fail(MissingEndState, "", "Workflow has no terminal state")
	default:
		for _, name := range b.Order {
			if !reached[name] {
				o.fail(MissingTransitionTarget, states+"/"+clip(name), "State \"%s\" is not reachable.", name)
			}
		}
	}
}
