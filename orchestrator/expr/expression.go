package expr

import (
	"slices"
	"strings"

	"minuet/orchestrator/value"
)

// Expression is a compiled path or intrinsic call. It is immutable.
type Expression struct {
	text string
	path *path
	call *call
}

// ParsePath compiles a path: $, $$ or a variable with steps behind it.
func ParsePath(text string) (*Expression, error) {
	if len(text) > maxText || !strings.HasPrefix(text, "$") {
		return nil, errPath
	}
	s := &scanner{text: text}
	p, err := s.path()
	if err != nil || !s.ended() {
		return nil, errPath
	}
	return &Expression{text: text, path: p}, nil
}

// ParseExpression compiles a path or an intrinsic call: what the field "x.$" of a payload template takes.
func ParseExpression(text string) (*Expression, error) {
	if strings.HasPrefix(text, "$") {
		return ParsePath(text)
	}
	if len(text) > maxText {
		return nil, errCall
	}
	s := &scanner{text: text}
	s.space()
	c, err := s.call()
	s.space()
	if err != nil || !s.ended() {
		return nil, errCall
	}
	return &Expression{text: text, call: c}, nil
}

// String returns the expression as written.
func (e *Expression) String() string { return e.text }

// IsIntrinsic tells whether the expression is an intrinsic call.
func (e *Expression) IsIntrinsic() bool { return e.call != nil }

// Eval returns the expression's value. A definite path that leads nowhere is a *[NotFoundError]; other failures are
// *[Error].
func (e *Expression) Eval(env *Env) (value.Value, error) {
	if e.call != nil {
		return e.call.eval(env)
	}
	v, found, detail, err := e.path.lookup(env)
	if err == nil && !found {
		err = &NotFoundError{Path: e.text, Detail: detail}
	}
	return v, err
}

// Lookup is Eval for those to whom a path that leads nowhere is no failure.
func (e *Expression) Lookup(env *Env) (v value.Value, found bool, err error) {
	if e.call != nil {
		v, err = e.call.eval(env)
		return v, err == nil, err
	}
	v, found, _, err = e.path.lookup(env)
	return v, found, err
}

// Variables returns the names of the workflow variables that the expression reads, each once.
func (e *Expression) Variables() []string {
	var names []string
	e.visit(func(p *path) {
		if p.root != "$" && p.root != "$$" && !slices.Contains(names, p.root) {
			names = append(names, p.root)
		}
	})
	return names
}

func (e *Expression) visit(fn func(*path)) {
	if e.path != nil {
		fn(e.path)
	}
	if e.call != nil {
		e.call.visit(fn)
	}
}
