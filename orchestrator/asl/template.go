package asl

import (
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// template reads a payload template.
//
// https://states-language.net/spec.html#payload-template
func (o object) template(name string) *expr.Template {
	if o.lang == JSONata {
		return nil
	}
	if _, ok := o.field(name, value.Object); !ok {
		return nil
	}
	return o.parameters(name)
}

// parameters reads a payload template that, as AWS takes it, need not be an object.
func (o object) parameters(name string) *expr.Template {
	v, ok := o.json.Get(name)
	if !ok || o.lang == JSONata {
		return nil
	}
	t, faults := expr.ParseTemplate(v)
	for _, f := range faults {
		o.fault(o.place(name), "%s", f.Message)
	}
	o.warnNoDollar(v, o.place(name))
	if faults != nil {
		return nil
	}
	return t
}
