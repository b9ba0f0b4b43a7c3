//go:build shared

package sharedtest

import (
	"cmp"
	"strings"
	"time"

	"minuet/orchestrator/value"
)

// choose makes a Choice go to next: that rule, or none where next is the default, is to hold.
func (in *inferred) choose(st value.Value, data *shape, next string) {
	for _, rule := range get(st, "Choices").Items() {
		if text(rule, "Next") == next && next != text(st, "Default") {
			in.holds(rule, data, true)
			return
		}
		in.holds(rule, data, false)
	}
}

// holds makes a condition hold, or not.
func (in *inferred) holds(c value.Value, data *shape, want bool) {
	if not, ok := c.Get("Not"); ok {
		in.holds(not, data, !want)
		return
	}
	for name, all := range map[string]bool{"And": true, "Or": false} {
		of, ok := c.Get(name)
		if !ok {
			continue
		}
		if all == want {
			for _, one := range of.Items() {
				in.holds(one, data, want)
			}
		} else {
			in.holds(of.Index(of.Len()-1), data, want)
		}
	}
	path := text(c, "Variable")
	if path == "" {
		return
	}
	of := in.path(path, data)
	for _, m := range c.Members() {
		if m.Key == "Variable" || m.Key == "Next" || m.Key == "Comment" || m.Key == "Assign" {
			continue
		}
		in.compare(m.Key, of, m.Value, data, want)
	}
}

// compare makes a comparison hold, or not.
func (in *inferred) compare(operator string, of *shape, operand value.Value, data *shape, want bool) {
	name, byPath := strings.CutSuffix(operator, "Path")
	switch {
	case operator == "IsPresent":
		of.absent = of.absent || operand.Bool() != want
		return
	case byPath:
		other := in.path(operand.Text(), data)
		operand = map[bool]value.Value{true: value.OfInt(2), false: value.OfString("2024-01-02T00:00:00Z")}[strings.HasPrefix(name, "Numeric")]
		if name == "BooleanEquals" {
			operand = value.True
		}
		other.try(func(v value.Value) bool { return value.Equal(v, operand) }, operand)
	}
	of.try(func(v value.Value) bool { return compares(name, v, operand) == want }, candidates(operand)...)
}

// candidates are values around an operand, and of all kinds.
func candidates(operand value.Value) []value.Value {
	all := []value.Value{operand}
	switch operand.Kind() {
	case value.Number:
		n, _ := operand.Int()
		all = append(all, value.OfInt(n+1), value.OfInt(n-1))
	case value.Bool:
		all = append(all, value.OfBool(!operand.Bool()), value.OfString("some text"), value.OfInt(1), value.Value{})
	case value.String:
		if t, err := time.Parse(time.RFC3339, operand.Text()); err == nil {
			all = append(all, value.OfString(t.Add(time.Hour).Format(time.RFC3339)), value.OfString(t.Add(-time.Hour).Format(time.RFC3339)))
		}
		all = append(all, value.OfString(strings.ReplaceAll(operand.Text(), "*", "x")), value.OfString("some text"))
	}
	return all
}

// compares applies an operator without Path.
func compares(operator string, v, operand value.Value) bool {
	kinds := map[string]value.Kind{"IsNull": value.Null, "IsNumeric": value.Number, "IsString": value.String, "IsBoolean": value.Bool}
	if kind, ok := kinds[operator]; ok {
		return (v.Kind() == kind) == operand.Bool()
	}
	if operator == "IsTimestamp" {
		_, err := time.Parse(time.RFC3339, v.Text())
		return (err == nil) == operand.Bool()
	}
	if v.Kind() != operand.Kind() {
		return false
	}
	order := strings.Compare(v.Text(), operand.Text())
	relation := operator
	for _, kind := range []string{"String", "Numeric", "Timestamp", "Boolean"} {
		relation = strings.TrimPrefix(relation, kind)
	}
	switch v.Kind() {
	case value.Number:
		order = cmp.Compare(v.Float(), operand.Float())
	case value.Bool:
		order = map[bool]int{true: 0, false: 1}[v.Bool() == operand.Bool()]
	}
	switch relation {
	case "Matches":
		return v.Text() == operand.Text() || v.Text() == strings.ReplaceAll(operand.Text(), "*", "x")
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	case "GreaterThanEquals":
		return order >= 0
	}
	return order == 0
}
