package asl

import (
	"strings"

	"minuet/orchestrator/value"
)

// MaxDefinitionBytes is the longest definition that Step Functions takes.
//
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
const MaxDefinitionBytes = 1 << 20

// maxNesting is how deep bodies may lie within each other.
const maxNesting = 100

// Parse reads a definition. The Definition is nil when the diagnostics have an error; there may be warnings beside one.
// Errors stand in the order of the text, but those about a body's transitions follow all else about that body.
func Parse(text string) (*Definition, []Diagnostic) {
	d := &decoder{names: map[string]bool{}}
	return d.parse(text, func(v value.Value) value.Value { return v })
}

// StateName is the name of the state that [ParseState] reads, as TestState calls it.
const StateName = "StateName"

// ParseState reads a single state, as TestState takes it, into a definition that has no other. Its transitions are not
// checked: they may lead to states that do not exist.
//
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
func ParseState(text string) (*Definition, []Diagnostic) {
	d := &decoder{names: map[string]bool{}, alone: true}
	return d.parse(text, func(v value.Value) value.Value {
		return value.OfObject(
			value.Member{Key: "StartAt", Value: value.OfString(StateName)},
			value.Member{Key: "States", Value: value.OfObject(value.Member{Key: StateName, Value: v})},
		)
	})
}

// decoder holds the state of one Parse.
type decoder struct {
	report
	machine QueryLanguage   // the machine's default
	names   map[string]bool // of the states so far
	nesting int             // of bodies
	alone   bool            // the outermost body is a single state whose transitions are not checked
	// downgraded: a state asks for JSONPath in a JSONata machine, so that it is open which of them its author means.
	downgraded bool
}

func (d *decoder) parse(text string, wrap func(value.Value) value.Value) (*Definition, []Diagnostic) {
	var def *Definition
	if v, ok := d.read(text); ok {
		def = object{decoder: d, json: wrap(v)}.definition()
	}
	if len(d.errors) > 0 {
		def = nil
	}
	return def, d.diagnostics()
}

// read parses a text that is a JSON object.
func (d *decoder) read(text string) (value.Value, bool) {
	if len(text) > MaxDefinitionBytes {
		d.fault("", "Definition is %d bytes long; the maximum is %d", len(text), MaxDefinitionBytes)
		return value.Value{}, false
	}
	if strings.TrimSpace(text) == "" {
		d.fault("", "Definition must be a valid JSON object")
		return value.Value{}, false
	}
	v, err := value.ParseString(text)
	switch {
	case err != nil:
		d.syntax(text, err)
	case v.Kind() != value.Object:
		d.fault("", "Definition must be a valid JSON object")
	default:
		return v, true
	}
	return v, false
}
