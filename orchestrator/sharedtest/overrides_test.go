//go:build shared

package sharedtest

// override is what the inferred input and responses of a definition are changed by; members are merged, anything else is
// replaced.
type override struct {
	input  string
	states map[string]string // by state
}

// overrides help where a definition asks for more than its paths tell, by file.
var overrides = map[string]override{
	// Three filters over one list ask for three items.
	"textract-analyze-expense-tf__statemachine__statemachine.asl.json": {states: map[string]string{
		"AnalyzeExpense": `{"ExpenseDocuments": [{"SummaryFields": [
			{"Type": {"Text": "AMOUNT_PAID"}, "ValueDetection": {"Text": "12.50"}},
			{"Type": {"Text": "INVOICE_RECEIPT_DATE"}, "ValueDetection": {"Text": "2024-01-01"}},
			{"Type": {"Text": "VENDOR_NAME"}, "ValueDetection": {"Text": "Ada"}}
		]}]}`,
	}},
	// Five versions take the loop that deletes the oldest one around twice.
	"step-functions-lambda-version-cleanup__statemachine__statemachine.asl.json": {states: map[string]string{
		"Remove $LATEST version": `{"Payload": {"body": "{\"lambda_function_name\": \"f\", \"sorted_versions\": [\"1\", \"2\", \"3\", \"4\", \"5\"], \"count\": 5}"}}`,
	}},
}

// failing are the definitions that on some ways cannot run to a good end as they are, by file, with the error's name and what
// its cause says.
var failing = map[string][2]string{
	// It takes its execution's ARN apart, and that of a STANDARD machine has fewer parts than an EXPRESS one's.
	"async-state-machine-streaming-lambda-results-sam__statemachine__statemachine.asl.json": {"States.Runtime", "Index 8 is out of bounds"},
	// A task that waits for no callback asks for a token.
	"emit-and-wait__statemachine__statemachine.asl.json": {"States.Runtime", "The JSONPath '$$.Task.Token' specified for the field 'TaskToken.$' could not be found"},
}
