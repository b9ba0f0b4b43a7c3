//go:build shared

package sharedtest

import (
	"strings"
	"testing"

	"minuet/orchestrator/asl"
)

// refused are the definitions that AWS refuses as well, with how the reason begins.
var refused = map[string]string{
	"sfn-iot-data-analytics-dataset__statemachine__statemachine.asl.json": "INVALID_JSON_DESCRIPTION: Unexpected character (':' (code 58))",
	"shared-fallback-state-jsonata__statemachine__statemachine.asl.json":  "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/QueryLanguage",
}

// lacking are words of the diagnostic UNSUPPORTED_BY_MINUET, each with one that a definition so refused has.
var lacking = map[string]string{"JSONata": `"JSONata"`, "Distributed Map": `"DISTRIBUTED"`}

// validity says that a definition is valid, or in a few words why it is not, and whether that is right.
func validity(t *testing.T, file, source string, def *asl.Definition, ds []asl.Diagnostic) string {
	t.Helper()
	message := asl.Message(ds)
	reason, expected := refused[file]
	switch {
	case expected && !strings.HasPrefix(message, reason):
		t.Errorf("%s has to be refused with %s, but: %s", file, reason, message)
	case expected:
		return "refused by AWS too"
	case def != nil:
		return "valid"
	}
	for _, d := range ds {
		if d.Severity != asl.SeverityError {
			continue
		}
		if d.Code != asl.UnsupportedByMinuet {
			t.Errorf("%s is refused: %s", file, message)
			return "refused"
		}
	}
	for words, sign := range lacking {
		if strings.Contains(ds[0].Message, words) && strings.Contains(source, sign) {
			return "not yet: " + words
		}
	}
	t.Errorf("%s is refused: %s", file, message)
	return "refused"
}
