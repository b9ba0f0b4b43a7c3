package expr

import (
	"errors"
	"strconv"

	"minuet/orchestrator/value"
)

// Reference is a reference path: a path that leads to exactly one place.
//
// https://states-language.net/spec.html#ref-paths
type Reference struct {
	text  string
	steps []pathStep
}

var errReference = errors.New("not a valid reference path")

// ParseReference compiles a reference path: $ with names and indexes behind it.
func ParseReference(text string) (*Reference, error) {
	e, err := ParsePath(text)
	if err != nil || e.path.root != "$" {
		return nil, errReference
	}
	for i := range e.path.steps {
		s := &e.path.steps[i]
		if !s.definite() || s.kind == stepFunction || s.kind == stepIndex && s.index[0] < 0 {
			return nil, errReference
		}
	}
	return &Reference{text: text, steps: e.path.steps}, nil
}

// String returns the path as written.
func (r *Reference) String() string { return r.text }

// Put returns into with v at the place that the path names. Objects on the way are made where there are none; an array has
// to be there, with the index or one less.
func (r *Reference) Put(into, v value.Value) (value.Value, error) { return r.put(into, r.steps, v) }

func (r *Reference) put(into value.Value, steps []pathStep, v value.Value) (value.Value, error) {
	if len(steps) == 0 {
		return v, nil
	}
	s := &steps[0]
	if s.kind == stepChild {
		if k := into.Kind(); k != value.Object && k != value.Null {
			return into, r.mismatch(into)
		}
		old, _ := into.Get(s.names[0])
		inner, err := r.put(old, steps[1:], v)
		if err != nil {
			return into, err
		}
		return into.Set(s.names[0], inner), nil
	}
	i := s.index[0]
	if into.Kind() != value.Array || i >= into.Len() {
		return into, r.mismatch(into)
	}
	inner, err := r.put(into.Index(i), steps[1:], v)
	if err != nil {
		return into, err
	}
	return into.SetIndex(i, inner), nil
}

func (r *Reference) mismatch(at value.Value) error {
	const shown = 200
	text := at.JSON()
	if len(text) > shown {
		text = text[:shown] + "... (" + strconv.Itoa(len(text)) + " bytes)"
	}
	return &Error{"States.ResultPathMatchFailure", "Unable to apply ReferencePath " + r.text + " to input " + text}
}
