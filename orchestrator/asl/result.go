package asl

import (
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// Result is what Task, Parallel and Map share for placing a result.
//
// https://states-language.net/spec.html#filters
type Result struct {
	Parameters     *expr.Template // nil: the effective input as it is
	ResultSelector *expr.Template // nil: the result as it is
	ResultPath     *Target        // nil: "$"
}

const resultField = "Parameters ResultSelector ResultPath "

func (o object) result() Result {
	return Result{Parameters: o.parameters("Parameters"), ResultSelector: o.template("ResultSelector"), ResultPath: o.target("ResultPath")}
}

// Target is a ResultPath that was written: a reference path, or null, which discards the result.
type Target struct {
	Null bool
	Path *expr.Reference // nil when Null
}

func (o object) target(name string) *Target {
	v, ok := o.json.Get(name)
	switch {
	case !ok || o.lang == JSONata:
		return nil
	case v.IsNull():
		return &Target{Null: true}
	case !o.is(v, value.String, o.place(name)):
		return nil
	}
	path, err := expr.ParseReference(v.Text())
	if err != nil {
		o.notReference(name, v.Text())
		return nil
	}
	return &Target{Path: path}
}

// Selector is an InputPath or OutputPath that was written: a path, or null, which selects {}.
type Selector struct {
	Null bool
	Path *expr.Expression // a path in $, $$ or a variable; nil when Null
}

func (o object) selector(name string) *Selector {
	v, ok := o.json.Get(name)
	switch {
	case !ok || o.lang == JSONata:
		return nil
	case v.IsNull():
		return &Selector{Null: true}
	case !o.is(v, value.String, o.place(name)):
		return nil
	}
	path, err := expr.ParsePath(v.Text())
	if err != nil {
		o.fault(o.place(name), "Value must be a valid JSONPath.")
		return nil
	}
	return &Selector{Path: path}
}
