package nested

import (
	"os"
	"strings"
	"testing"
)

// What is deployed is what the demo runs.
func TestTemplateHoldsDefinitions(t *testing.T) {
	template, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	substitutions := strings.NewReplacer(
		"arn:aws:lambda:us-east-1:123456789012:function:hello", "${Hello}",
		"arn:aws:lambda:us-east-1:123456789012:function:answer-token", "${AnswerToken}",
		"arn:aws:states:us-east-1:123456789012:stateMachine:order", "${Order}",
		"arn:aws:states:us-east-1:123456789012:stateMachine:greeting", "${Greeting}",
	)
	files, err := Definitions.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		definition, err := Definitions.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		const indent = "\n        "
		want := indent + strings.ReplaceAll(strings.TrimSpace(substitutions.Replace(string(definition))), "\n", indent) + "\n"
		if !strings.Contains(string(template), "DefinitionString: |"+want) {
			t.Errorf("template.yaml does not hold %s with its ARNs substituted:%s", file.Name(), want)
		}
	}
}
