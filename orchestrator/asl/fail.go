package asl

import "minuet/orchestrator/expr"

// Fail ends the execution, or its branch, with an error.
//
// https://states-language.net/spec.html#fail-state
type Fail struct {
	base
	Error     *string
	Cause     *string
	ErrorPath *expr.Expression // a path or an intrinsic
	CausePath *expr.Expression
}

var failFields = fields{both: everyField + "Error Cause", jsonPath: "ErrorPath CausePath"}

func (o object) failState(b Base) *Fail {
	o.only(failFields)
	s := &Fail{base: b}
	s.Error, s.ErrorPath = o.failText("Error")
	s.Cause, s.CausePath = o.failText("Cause")
	return s
}

// failText reads a text, given as such or by a path or intrinsic.
func (o object) failText(name string) (*string, *expr.Expression) {
	o.atMostOne(name, name+"Path")
	var given *string
	if v, ok := o.json.Get(name); ok {
		if s, ok := o.string(name); ok {
			given = &s
			o.warnNoPath(v, name)
		}
	}
	return given, o.expression(name + "Path")
}
