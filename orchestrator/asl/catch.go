package asl

import "minuet/orchestrator/expr"

// Catcher is one entry of Catch.
//
// https://states-language.net/spec.html#fallback-states
type Catcher struct {
	ErrorEquals []string
	Next        string
	ResultPath  *Target // nil: "$"
	Assign      *expr.Template
}

var catcherFields = fields{both: "Comment ErrorEquals Next Assign", jsonPath: "ResultPath", jsonata: "Output"}

func (o object) catch() []Catcher {
	var list []Catcher
	for last, c := range o.handlers("Catch") {
		list = append(list, c.catcher(last))
	}
	return list
}

func (o object) catcher(last bool) Catcher {
	o.only(catcherFields)
	o.comment()
	o.require("ErrorEquals", "Next")
	o.body.unsure = o.body.unsure || !o.has("Next")
	c := Catcher{ErrorEquals: o.errorEquals(last), ResultPath: o.target("ResultPath"), Assign: o.assign()}
	c.Next, _ = o.transition("Next")
	return c
}
