package asl

import (
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// Pass hands on its input, or Result, reshaped.
//
// https://states-language.net/spec.html#pass-state
type Pass struct {
	base
	Result     *value.Value // nil when absent
	Parameters *expr.Template
	ResultPath *Target
}

var passFields = fields{
	both:     everyField + onwardField + "Assign",
	jsonPath: ioField + "Result Parameters ResultPath",
	jsonata:  "Output",
}

func (o object) passState(b Base) *Pass {
	o.only(passFields)
	o.onward(&b)
	o.io(&b)
	s := &Pass{base: b, Parameters: o.parameters("Parameters"), ResultPath: o.target("ResultPath")}
	if v, ok := o.json.Get("Result"); ok {
		s.Result = &v
		o.warnStaticResult(v)
	}
	return s
}
