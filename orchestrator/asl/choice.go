package asl

import "minuet/orchestrator/expr"

// Choice picks the next state by rules.
//
// https://states-language.net/spec.html#choice-state
type Choice struct {
	base
	Choices []ChoiceRule
	Default string // "" when absent
}

// ChoiceRule is one entry of Choices.
type ChoiceRule struct {
	Condition
	Next   string
	Assign *expr.Template
}

var choiceFields = fields{
	both:     everyField + "Assign Choices Default",
	jsonPath: ioField,
	jsonata:  "Output",
}

func (o object) choiceState(b Base) *Choice {
	o.only(choiceFields)
	o.require("Choices")
	o.io(&b)
	o.notEmpty("Choices")
	s := &Choice{base: b}
	for _, rule := range o.children("Choices") {
		s.Choices = append(s.Choices, rule.choiceRule())
	}
	s.Default, _ = o.transition("Default")
	return s
}

// ruleFields are those of a condition that stands alone.
var ruleFields = fields{both: "Comment Next Assign", jsonPath: conditionField, jsonata: "Condition Output"}

func (o object) choiceRule() ChoiceRule {
	o.only(ruleFields)
	if !o.require("Next") {
		o.body.unsure = true
	}
	r := ChoiceRule{Condition: o.condition(), Assign: o.assign()}
	r.Next, _ = o.transition("Next")
	o.comment()
	return r
}
