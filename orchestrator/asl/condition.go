package asl

import (
	"strings"

	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// Condition is a comparison, or a combination of conditions.
//
// https://states-language.net/spec.html#choice-state
type Condition struct {
	And []Condition
	Or  []Condition
	Not *Condition
	// Operator is the comparison's name as written ("StringEqualsPath", "IsPresent", ...); "" for And, Or and Not.
	Operator string
	Variable *expr.Expression
	// Literal is the operand of an operator without Path.
	Literal value.Value
	// Path is the operand of an operator whose name ends in Path.
	Path *expr.Expression
}

// operators are the comparisons.
const operators = "StringEquals StringLessThan StringGreaterThan StringLessThanEquals StringGreaterThanEquals StringMatches " +
	"StringEqualsPath StringLessThanPath StringGreaterThanPath StringLessThanEqualsPath StringGreaterThanEqualsPath " +
	"NumericEquals NumericLessThan NumericGreaterThan NumericLessThanEquals NumericGreaterThanEquals " +
	"NumericEqualsPath NumericLessThanPath NumericGreaterThanPath NumericLessThanEqualsPath NumericGreaterThanEqualsPath " +
	"TimestampEquals TimestampLessThan TimestampGreaterThan TimestampLessThanEquals TimestampGreaterThanEquals " +
	"TimestampEqualsPath TimestampLessThanPath TimestampGreaterThanPath TimestampLessThanEqualsPath TimestampGreaterThanEqualsPath " +
	"BooleanEquals BooleanEqualsPath IsNull IsPresent IsNumeric IsString IsBoolean IsTimestamp"

const conditionField = "And Or Not Variable " + operators

// nestedFields are those of a condition within another.
var nestedFields = fields{both: "Comment", jsonPath: conditionField}

func (o object) nested() Condition {
	o.only(nestedFields)
	o.comment()
	return o.condition()
}

func (o object) condition() (c Condition) {
	if o.lang == JSONata {
		o.require("Condition")
		return c
	}
	if o.count([]string{"And", "Or", "Not", "Variable"}) != 1 {
		o.fault(o.at, "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]")
		return c
	}
	c.And = o.conditions("And")
	c.Or = o.conditions("Or")
	if not, ok := o.child("Not"); ok {
		of := not.nested()
		c.Not = &of
	}
	c.Variable = o.reference("Variable")
	o.comparison(&c)
	return c
}

func (o object) conditions(name string) []Condition {
	o.notEmpty(name)
	var list []Condition
	for _, item := range o.children(name) {
		list = append(list, item.nested())
	}
	return list
}

// comparison reads the operator, which a condition with a Variable needs and no other may have.
func (o object) comparison(c *Condition) {
	var names []string
	for _, m := range o.json.Members() {
		if among(operators, m.Key) {
			names = append(names, m.Key)
		}
	}
	switch {
	case !o.has("Variable"):
		for _, n := range names {
			o.fault(o.at, "Field '%s' is not supported", n)
		}
	case len(names) == 0:
		o.fault(o.at, "This object should have only one of the following fields: [%s]", strings.ReplaceAll(operators, " ", ", "))
	case len(names) > 1:
		o.fault(o.at, "There should only be one of the following fields: [%s]", strings.Join(names, ", "))
	default:
		c.Operator = names[0]
		o.operand(c)
	}
}

// operand reads what an operator compares with, whose kind the operator's name tells.
func (o object) operand(c *Condition) {
	if strings.HasSuffix(c.Operator, "Path") {
		c.Path = o.reference(c.Operator)
		return
	}
	c.Literal, _ = o.json.Get(c.Operator)
	at := o.place(c.Operator)
	switch {
	case strings.HasPrefix(c.Operator, "String"):
		if o.is(c.Literal, value.String, at) {
			o.warnNoPath(c.Literal, c.Operator)
		}
	case strings.HasPrefix(c.Operator, "Numeric"):
		o.is(c.Literal, value.Number, at)
	case strings.HasPrefix(c.Operator, "Timestamp"):
		if o.is(c.Literal, value.String, at) && !isTimestamp(c.Literal.Text()) {
			o.fault(at, notTimestamp)
		}
	default:
		o.is(c.Literal, value.Bool, at)
	}
}
