package asl

import (
	"strings"
	"unicode"

	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// pathText reads the text of a field that JSONPath states have.
func (o object) pathText(name string) (string, bool) {
	if o.lang == JSONata {
		return "", false
	}
	return o.string(name)
}

// reference reads a path that points to one value, in the input, the context object or a variable.
//
// https://states-language.net/spec.html#ref-paths
func (o object) reference(name string) *expr.Expression {
	s, ok := o.pathText(name)
	if !ok {
		return nil
	}
	path, err := expr.ParsePath(s)
	if err == nil {
		_, err = expr.ParseReference(inInput(s))
	}
	if err != nil {
		o.notReference(name, s)
		return nil
	}
	return path
}

// inputReference is reference for a field that may not look into the context object.
func (o object) inputReference(name string) *expr.Expression {
	if s, ok := o.json.Get(name); ok && s.Kind() == value.String && strings.HasPrefix(s.Text(), "$$") {
		o.notReference(name, s.Text())
		return nil
	}
	return o.reference(name)
}

// inInput moves a path from the context object or a variable to the input, where reference paths are defined.
func inInput(s string) string {
	if context, ok := strings.CutPrefix(s, "$$"); ok {
		return "$" + context
	}
	name, ok := strings.CutPrefix(s, "$")
	if !ok {
		return s
	}
	return "$" + strings.TrimLeftFunc(name, func(c rune) bool {
		return c == '_' || unicode.In(c, unicode.L, unicode.Nl, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Pc)
	})
}

func (o object) notReference(name, s string) {
	if !strings.HasPrefix(s, "$") {
		o.fault(o.place(name), "Value is not a Reference Path: Reference path didn't start with '$'")
		return
	}
	o.fault(o.place(name), "Value is not a Reference Path")
}

// expression reads a path or an intrinsic.
func (o object) expression(name string) *expr.Expression {
	s, ok := o.pathText(name)
	if !ok {
		return nil
	}
	e, err := expr.ParseExpression(s)
	if err != nil {
		o.fault(o.place(name), "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", name)
		return nil
	}
	return e
}
