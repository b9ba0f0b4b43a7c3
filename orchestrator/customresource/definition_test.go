package customresource

import (
	"testing"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

// Ensure that placeholders are replaced as AWS does it.
func TestSubstitute(t *testing.T) {
	values := map[string]string{"Arn": "arn:aws:lambda:::f", "Size": "5", "Loop": "${Size}", "Quoted": `"x"`}
	for _, tt := range []struct{ text, want string }{
		{`{"Resource": "${Arn}"}`, `{"Resource": "arn:aws:lambda:::f"}`},
		{`"Seconds": ${Size}, "Again": ${Size}`, `"Seconds": 5, "Again": 5`},
		{`${Unknown} ${Arn`, `${Unknown} ${Arn`},
		{`${arn} $Arn {Arn} $${Size}`, `${arn} $Arn {Arn} $5`},
		{`${Loop}`, `${Size}`},
		{`${Un${Size}}`, `${Un5}`},
		{`{"A": ${Quoted}}`, `{"A": "x"}`},
		{`States.Format('${}', $.x)`, `States.Format('${}', $.x)`},
		{``, ``},
	} {
		if got := substitute(tt.text, values); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.text, got, tt.want)
		}
	}
}

// Ensure that a definition which CloudFormation has gone over is as it was written, but for what only its author can know.
func TestRetype(t *testing.T) {
	for _, tt := range []struct{ name, written, want string }{
		{"the machine", `{"StartAt":"A","TimeoutSeconds":60,"Version":"1.0","States":{"A":{"Type":"Succeed"}}}`, ""},
		{"a wait", `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":300,"End":true}}}`, ""},
		{"a task", `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn","TimeoutSeconds":10,"HeartbeatSeconds":5,"End":true,
			"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":0,"BackoffRate":1.5,"MaxDelaySeconds":30,"JitterStrategy":"FULL"}],
			"Catch":[{"ErrorEquals":["States.ALL"],"Next":"A"}]}}}`, ""},
		{"a choice", `{"StartAt":"A","States":{"A":{"Type":"Choice","Default":"B","Choices":[
			{"Variable":"$.a","NumericEquals":-1,"Next":"B"},{"Variable":"$.a","NumericGreaterThanEquals":1.25e3,"Next":"B"},
			{"Variable":"$.a","BooleanEquals":false,"Next":"B"},{"Variable":"$.a","StringEquals":"true","Next":"B"},
			{"Variable":"$.a","NumericLessThanPath":"$.b","Next":"B"},{"Variable":"$.a","TimestampEquals":"2024-01-01T00:00:00Z","Next":"B"},
			{"And":[{"Variable":"$.a","IsNull":true},{"Not":{"Variable":"$.a","IsPresent":false}}],"Next":"B"},
			{"Or":[{"Variable":"$.a","IsNumeric":true},{"Variable":"$.a","IsString":true},{"Variable":"$.a","IsBoolean":true},{"Variable":"$.a","IsTimestamp":true}],"Next":"B"}
			]},"B":{"Type":"Succeed"}}}`, ""},
		{"a choice in JSONata", `{"StartAt":"A","QueryLanguage":"JSONata","States":{"A":{"Type":"Choice","Choices":[
			{"Condition":true,"Next":"B"},{"Condition":"{% $states.input.a > 1 %}","Next":"B"}]},"B":{"Type":"Succeed"}}}`, ""},
		{"times in JSONata", `{"StartAt":"A","QueryLanguage":"JSONata","States":{"A":{"Type":"Wait","Seconds":"{% $states.input.s %}","End":true}}}`, ""},
		{"a map", `{"StartAt":"A","States":{"A":{"Type":"Map","MaxConcurrency":10,"ToleratedFailureCount":2,"ToleratedFailurePercentage":12.5,"End":true,
			"ItemReader":{"Resource":"arn","ReaderConfig":{"InputType":"CSV","MaxItems":7}},"ItemBatcher":{"MaxItemsPerBatch":3,"MaxInputBytesPerBatch":1024},
			"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"End":true}}}}}}`, ""},
		{"an old map", `{"StartAt":"A","States":{"A":{"Type":"Map","End":true,"Iterator":{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"End":true}}}}}}`, ""},
		{"branches", `{"StartAt":"A","States":{"A":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}}]}}}`, ""},
		{"states whose names are fields", `{"StartAt":"End","States":{"End":{"Type":"Pass","Next":"Retry"},"Retry":{"Type":"Pass","End":true}}}`, ""},
		{"what a state is given", `{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"Seconds":5,"End":true},"Parameters":{"TimeoutSeconds":5},"End":true}}}`,
			`{"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"Seconds":"5","End":"true"},"Parameters":{"TimeoutSeconds":"5"},"End":true}}}`},
		{"what is no number", `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":"5 s","End":"yes"}}}`, ""},
		{"what is no machine", `{"States":["A",{"End":true}],"TimeoutSeconds":null}`, `{"States":["A",{"End":"true"}],"TimeoutSeconds":null}`},
		{"lists that are none", `{"States":{"A":{"Choices":"x","Retry":{"a":"b"},"Branches":null}}}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			written := value.MustParse(tt.written)
			want := written
			if tt.want != "" {
				want = value.MustParse(tt.want)
			}
			if got := retype(stringified(written)); got.JSON() != want.JSON() {
				t.Errorf("got  %s\nwant %s", got.JSON(), want.JSON())
			}
		})
	}
}

// stringified is what CloudFormation makes of a value.
func stringified(v value.Value) value.Value {
	switch v.Kind() {
	case value.Bool, value.Number:
		return value.OfString(v.JSON())
	case value.Array:
		items := []value.Value{}
		for _, item := range v.Items() {
			items = append(items, stringified(item))
		}
		return value.OfArray(items...)
	case value.Object:
		var members []value.Member
		for _, m := range v.Members() {
			members = append(members, value.Member{Key: m.Key, Value: stringified(m.Value)})
		}
		return value.OfObject(members...)
	}
	return v
}

// Ensure that a definition which CloudFormation has gone over is one that the parser takes.
func TestRetypedDefinitionIsValid(t *testing.T) {
	text := `{"StartAt":"A","TimeoutSeconds":60,"States":{
		"A":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:123456789012:function:f","TimeoutSeconds":10,"HeartbeatSeconds":5,"Next":"C",
			"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":0,"BackoffRate":1.5,"MaxDelaySeconds":30}]},
		"C":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"W"},{"Variable":"$.a","BooleanEquals":true,"Next":"W"},
			{"Variable":"$.a","IsNull":true,"Next":"W"}],"Default":"W"},
		"W":{"Type":"Wait","Seconds":5,"Next":"M"},
		"M":{"Type":"Map","MaxConcurrency":3,"Iterator":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`
	written := value.MustParse(text)
	if _, diagnostics := asl.Parse(written.JSON()); len(diagnostics) > 0 {
		t.Fatalf("the definition is at fault: %v", diagnostics)
	}
	if _, diagnostics := asl.Parse(stringified(written).JSON()); len(diagnostics) == 0 {
		t.Fatal("strings for numbers are no fault")
	}
	if _, diagnostics := asl.Parse(retype(stringified(written)).JSON()); len(diagnostics) > 0 {
		t.Errorf("retyped, the definition is at fault: %v", diagnostics)
	}
}
