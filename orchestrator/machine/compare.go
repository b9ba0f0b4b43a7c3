package machine

import (
	"strings"
	"time"

	"minuet/orchestrator/value"
)

// typeTests are the operators that ask what a value is.
var typeTests = map[string]func(value.Value) bool{
	"IsNull":      value.Value.IsNull,
	"IsNumeric":   func(v value.Value) bool { return v.Kind() == value.Number },
	"IsString":    func(v value.Value) bool { return v.Kind() == value.String },
	"IsBoolean":   func(v value.Value) bool { return v.Kind() == value.Bool },
	"IsTimestamp": func(v value.Value) bool { _, ok := timestamp(v); return ok },
}

// compare applies a comparison operator. Values of another type than the operator's never match.
//
// https://states-language.net/spec.html#choice-state
func compare(operator string, v, operand value.Value) bool {
	name := strings.TrimSuffix(operator, "Path")
	switch {
	case name == "BooleanEquals":
		return v.Kind() == value.Bool && operand.Kind() == value.Bool && v.Bool() == operand.Bool()
	case name == "StringMatches":
		return v.Kind() == value.String && operand.Kind() == value.String && wildcard(operand.Text(), v.Text())
	case strings.HasPrefix(name, "String"):
		return v.Kind() == value.String && operand.Kind() == value.String &&
			ordered(name[len("String"):], strings.Compare(v.Text(), operand.Text()))
	case strings.HasPrefix(name, "Numeric"):
		return v.Kind() == value.Number && operand.Kind() == value.Number &&
			ordered(name[len("Numeric"):], value.CompareNumbers(v, operand))
	case strings.HasPrefix(name, "Timestamp"):
		a, okA := timestamp(v)
		b, okB := timestamp(operand)
		return okA && okB && ordered(name[len("Timestamp"):], a.Compare(b))
	}
	return false
}

// ordered tells whether an order (-1, 0, 1) is what the relation asks for.
func ordered(relation string, order int) bool {
	switch relation {
	case "Equals":
		return order == 0
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	case "GreaterThanEquals":
		return order >= 0
	}
	return false
}

func timestamp(v value.Value) (time.Time, bool) {
	if v.Kind() != value.String {
		return time.Time{}, false
	}
	return ParseTimestamp(v.Text())
}

// wildcard matches text against a pattern in which * stands for any characters, \* for a star and \\ for a backslash. It
// takes at most len(pattern) * len(text) steps.
func wildcard(pattern, text string) bool {
	type token struct {
		b   byte
		any bool
	}
	var tokens []token
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			tokens = append(tokens, token{b: pattern[i]})
		case pattern[i] == '*':
			tokens = append(tokens, token{any: true})
		default:
			tokens = append(tokens, token{b: pattern[i]})
		}
	}
	t, star, mark := 0, -1, 0
	for i := 0; i < len(text); {
		switch {
		case t < len(tokens) && tokens[t].any:
			star, mark = t, i
			t++
		case t < len(tokens) && tokens[t].b == text[i]:
			t++
			i++
		case star >= 0:
			mark++
			t, i = star+1, mark
		default:
			return false
		}
	}
	for t < len(tokens) && tokens[t].any {
		t++
	}
	return t == len(tokens)
}
