package asl

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"minuet/orchestrator/value"
)

// Diagnostic is one finding about a definition.
//
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
type Diagnostic struct {
	Severity string // SeverityError or SeverityWarning
	Code     string // one of the codes below
	Message  string
	// Location is a JSON pointer with indices in brackets and names as written (/States/Pick one/Choices[0]/Next); for
	// text that is not JSON it is the place as Jackson shows it; "" when the finding is about the whole.
	Location string
}

// The severities. A definition with an error is refused.
const (
	SeverityError   = "ERROR"
	SeverityWarning = "WARNING"
)

// The codes of errors, AWS's but for the last.
const (
	SchemaValidationFailed  = "SCHEMA_VALIDATION_FAILED"
	InvalidJSONDescription  = "INVALID_JSON_DESCRIPTION"
	MissingTransitionTarget = "MISSING_TRANSITION_TARGET"
	MissingEndState         = "MISSING_END_STATE"
	DuplicateStateName      = "DUPLICATE_STATE_NAME"
	InvalidStateName        = "INVALID_STATE_NAME"
	TooDeeplyNested         = "TOO_DEEPLY_NESTED"
	InvalidVariableName     = "INVALID_VARIABLE_NAME"
	ReservedVariableName    = "RESERVED_VARIABLE_NAME"
	// UnsupportedByMinuet marks what AWS runs and Minuet does not.
	UnsupportedByMinuet = "UNSUPPORTED_BY_MINUET"
)

// The codes of warnings.
const (
	NoDollar           = "NO_DOLLAR"
	NoPath             = "NO_PATH"
	PassResultIsStatic = "PASS_RESULT_IS_STATIC"
)

// MaxDiagnostics is how many diagnostics [Parse] returns at most; errors come before warnings.
const MaxDiagnostics = 1000

// Message joins the errors among ds as CreateStateMachine reports them: what stands between the quotes of
//
//	Invalid State Machine Definition: 'CODE: message at /pointer, CODE: message at /pointer'
//
// AWS shows a missing location as "null".
func Message(ds []Diagnostic) string {
	var b strings.Builder
	for _, d := range ds {
		if d.Severity != SeverityError {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		at := d.Location
		if at == "" {
			at = "null"
		}
		b.WriteString(d.Code + ": " + strings.TrimRight(d.Message, " ") + " at " + at)
	}
	return b.String()
}

// report holds the findings of one Parse.
type report struct {
	errors   []Diagnostic
	warnings []Diagnostic
}

func (r *report) fail(code, at, format string, args ...any) {
	if len(r.errors) < MaxDiagnostics {
		r.errors = append(r.errors, Diagnostic{SeverityError, code, fmt.Sprintf(format, args...), at})
	}
}

// fault reports an error of the commonest code.
func (r *report) fault(at, format string, args ...any) {
	r.fail(SchemaValidationFailed, at, format, args...)
}

func (r *report) warn(code, at, format string, args ...any) {
	if len(r.warnings) < MaxDiagnostics {
		r.warnings = append(r.warnings, Diagnostic{SeverityWarning, code, fmt.Sprintf(format, args...), at})
	}
}

func (r *report) diagnostics() []Diagnostic {
	ds := append(r.errors, r.warnings...)
	return ds[:min(len(ds), MaxDiagnostics)]
}

// syntax reports a text that is not JSON, as Jackson does.
func (r *report) syntax(text string, err error) {
	var e *value.SyntaxError
	if !errors.As(err, &e) {
		e = &value.SyntaxError{Line: 1, Column: 1, Message: err.Error()}
	}
	at := fmt.Sprintf("[Source: (String)%s; line: %d, column: %d]", snippet(text), e.Line, e.Column)
	r.fail(InvalidJSONDescription, at, "%s\n at %s", e.Message, at)
}

// snippet quotes the beginning of a source text: 500 characters, which Jackson counts in UTF-16 code units.
func snippet(text string) string {
	const limit = 500
	units, end := 0, len(text)
	for i, c := range text {
		if units >= limit && end == len(text) {
			end = i
		}
		units += max(1, utf16.RuneLen(c))
	}
	quoted := `"` + strings.ToValidUTF8(text[:end], "\uFFFD") + `"`
	if units > limit {
		quoted += fmt.Sprintf("[truncated %d chars]", units-limit)
	}
	return quoted
}

// clip shortens a name for use in a location, so that the size of a report is bounded whatever the names.
func clip(name string) string {
	const limit = 160
	if len(name) <= limit {
		return name
	}
	end := limit
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "..."
}
