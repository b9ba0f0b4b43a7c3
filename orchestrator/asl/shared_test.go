//go:build shared

package asl_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"minuet/orchestrator/asl"
)

// refused lists the published definitions that do not pass, with the beginning of what Message says of each.
var refused = map[string]string{
	// Not JSON.
	"sfn-iot-data-analytics-dataset__statemachine__statemachine.asl.json": "INVALID_JSON_DESCRIPTION: Unexpected character (':' (code 58)): was expecting comma to separate Object entries",
	// QueryLanguage stands among the states, so that the machine is in JSONPath.
	"shared-fallback-state-jsonata__statemachine__statemachine.asl.json": "SCHEMA_VALIDATION_FAILED: Expected value of type Object at /States/QueryLanguage, " +
		"SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/FirstLambdaState",
	// JSONata.
	"bedrock-evaluations-sam__statemachine__statemachine.asl.json":                     jsonata,
	"distributed-data-stream-aggregator__statemachine__data-processing-child.asl.json": jsonata,
	// Distributed Map.
	"distributed-data-stream-aggregator__statemachine__statemachine.asl.json":         distributed,
	"distributed-map-csv-iterator-tf__statemachines__statemachine.asl.json":           distributed,
	"distributed-map-montecarlo__statemachine__statemachine.asl.json":                 distributed,
	"eventbridge-rules-to-schedules__statemachine__statemachine.asl.json":             distributed,
	"ingest-and-analyze-historical-storm-events__statemachine__statemachine.asl.json": distributed,
	"s3-bucket-nested-distributed-map__statemachine__statemachine.asl.json":           distributed,
	"sfn-dynamodb-batchwriteitem__statemachine__statemachine.asl.json":                distributed,
	"sfn-rekognition-video-catalog-workflow__statemachine__statemachine.asl.json":     distributed,
}

const (
	jsonata     = "UNSUPPORTED_BY_MINUET: Minuet does not run JSONata yet."
	distributed = "UNSUPPORTED_BY_MINUET: Minuet does not run Distributed Map yet"
)

// TestPublished parses the published definitions in the folder workflows of what MINUET_SHARED names.
func TestPublished(t *testing.T) {
	shared := os.Getenv("MINUET_SHARED")
	if shared == "" {
		t.Fatal("MINUET_SHARED does not name the folder of shared data")
	}
	paths, err := filepath.Glob(filepath.Join(shared, "workflows", "*.asl.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no definitions in %s: %v", shared, err)
	}
	seen := map[string]bool{}
	for _, path := range paths {
		name := filepath.Base(path)
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			def, ds := asl.Parse(substitute(string(text)))
			message, want := asl.Message(ds), refused[name]
			switch {
			case want == "" && def == nil:
				t.Errorf("refused: %s", message)
			case want != "" && def != nil:
				t.Error("no longer refused")
			case !strings.HasPrefix(message, want):
				t.Errorf("refused otherwise: %s", message)
			case def != nil:
				checkBody(t, &def.Body, map[string]bool{})
			}
		})
	}
	for name := range refused {
		if !seen[name] {
			t.Errorf("%s is not there", name)
		}
	}
}

var placeholder = regexp.MustCompile(`(function:|\$\.)?\$\{([^}]*)\}`)

// substitute puts plausible names and ARNs in the place of a template's placeholders.
func substitute(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(s string) string {
		m := placeholder.FindStringSubmatch(s)
		switch name := strings.ToLower(m[2]); {
		case m[1] != "":
			return m[1] + "F"
		case name == "partition":
			return "aws"
		case name == "activityarn":
			return "arn:aws:states:us-east-1:123456789012:activity:A"
		case name == "snstopicpublishaction":
			return "arn:aws:states:::sns:publish"
		case name == "sqssendmessageaction":
			return "arn:aws:states:::sqs:sendMessage"
		}
		return "arn:aws:lambda:us-east-1:123456789012:function:F"
	})
}
