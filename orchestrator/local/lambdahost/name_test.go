package lambdahost

import (
	"errors"
	"strings"
	"testing"

	"minuet/orchestrator/engine"
)

// checkRefusal checks an *engine.InvokeError.
func checkRefusal(t *testing.T, err error, code string, status int, message string) {
	t.Helper()
	var refusal *engine.InvokeError
	if !errors.As(err, &refusal) {
		t.Fatalf("the error is %v, want an InvokeError", err)
	}
	if refusal.Code != code || refusal.StatusCode != status || !strings.Contains(refusal.Message, message) {
		t.Errorf("the refusal is %+v, want %s, %d and %q", refusal, code, status, message)
	}
	if refusal.RequestID == "" {
		t.Error("the refusal has no request id")
	}
}

func TestLookup(t *testing.T) {
	h := New(Config{Region: "us-west-2", Account: "111122223333"})
	defer h.Close()
	if err := h.Register(Function{Name: "pay-1", Command: []string{"true"}}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ name, qualifier, arn string }{
		"a name":                   {"pay-1", "", "arn:aws:lambda:us-west-2:111122223333:function:pay-1"},
		"a name and a qualifier":   {"pay-1", "7", "arn:aws:lambda:us-west-2:111122223333:function:pay-1:7"},
		"a qualified name":         {"pay-1:live", "", "arn:aws:lambda:us-west-2:111122223333:function:pay-1:live"},
		"the latest version":       {"pay-1:$LATEST", "", "arn:aws:lambda:us-west-2:111122223333:function:pay-1:$LATEST"},
		"a partial ARN":            {"444455556666:function:pay-1", "", "arn:aws:lambda:us-west-2:444455556666:function:pay-1"},
		"a qualified partial ARN":  {"444455556666:function:pay-1:v", "", "arn:aws:lambda:us-west-2:444455556666:function:pay-1:v"},
		"an ARN":                   {"arn:aws:lambda:eu-west-1:444455556666:function:pay-1", "", "arn:aws:lambda:eu-west-1:444455556666:function:pay-1"},
		"a qualified ARN":          {"arn:aws:lambda:eu-west-1:444455556666:function:pay-1:3", "3", "arn:aws:lambda:eu-west-1:444455556666:function:pay-1:3"},
		"an ARN of another region": {"arn:aws-us-gov:lambda:us-gov-east-1:444455556666:function:pay-1", "", "arn:aws-us-gov:lambda:us-gov-east-1:444455556666:function:pay-1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := h.lookup(test.name, test.qualifier)
			if err != nil || got.arn != test.arn || got.fn.Name != "pay-1" {
				t.Errorf("the target is %+v, %v; want %s", got, err, test.arn)
			}
			if plain := FunctionName(test.name); plain != "pay-1" {
				t.Errorf("the function name is %q", plain)
			}
		})
	}
}

func TestFunctionNameOfNone(t *testing.T) {
	for _, name := range []string{"", "a b", "arn:aws:states:us-west-2:111122223333:stateMachine:pay"} {
		if plain := FunctionName(name); plain != "" {
			t.Errorf("the function name of %q is %q", name, plain)
		}
	}
}

func TestRefusals(t *testing.T) {
	h := New(Config{Region: "us-west-2", Account: "111122223333"})
	defer h.Close()
	if err := h.Register(Function{Name: "pay", Command: []string{"true"}}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		in      engine.Invocation
		code    string
		status  int
		message string
	}{
		"an unknown function": {
			engine.Invocation{Function: "play"},
			"ResourceNotFoundException", 404, "Function not found: arn:aws:lambda:us-west-2:111122223333:function:play",
		},
		"an unknown function by its ARN": {
			engine.Invocation{Function: "arn:aws:lambda:eu-west-1:444455556666:function:play:live"},
			"ResourceNotFoundException", 404, "Function not found: arn:aws:lambda:eu-west-1:444455556666:function:play:live",
		},
		"no name": {
			engine.Invocation{}, "ValidationException", 400, "Value '' at 'functionName'",
		},
		"a name that is none": {
			engine.Invocation{Function: "arn:aws:states:us-west-2:111122223333:stateMachine:pay"},
			"ValidationException", 400, "at 'functionName'",
		},
		"a qualifier that is none": {
			engine.Invocation{Function: "pay", Qualifier: "a b"}, "ValidationException", 400, "Value 'a b' at 'qualifier'",
		},
		"two qualifiers": {
			engine.Invocation{Function: "pay:1", Qualifier: "2"}, "InvalidParameterValueException", 400, "does not match",
		},
		"an unknown type": {
			engine.Invocation{Function: "pay", Type: "Maybe"}, "ValidationException", 400, "Value 'Maybe' at 'invocationType'",
		},
		"a payload that is not JSON": {
			engine.Invocation{Function: "pay", Payload: []byte("{")}, "InvalidRequestContentException", 400, "Could not parse request body into json",
		},
		"a client context that is not base64": {
			engine.Invocation{Function: "pay", ClientContext: "{}"}, "InvalidRequestContentException", 400, "Client context",
		},
		"a client context that is not JSON": {
			engine.Invocation{Function: "pay", ClientContext: "aGVsbG8="}, "InvalidRequestContentException", 400, "Client context",
		},
		"a request too large": {
			engine.Invocation{Function: "pay", Payload: []byte(`"` + strings.Repeat("a", maxRequest) + `"`)},
			"RequestEntityTooLargeException", 413, "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
		},
		"an event too large": {
			engine.Invocation{Function: "pay", Type: "Event", Payload: []byte(`"` + strings.Repeat("a", maxEventRequest) + `"`)},
			"RequestEntityTooLargeException", 413,
			"1048578 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := h.Invoke(t.Context(), test.in)
			checkRefusal(t, err, test.code, test.status, test.message)
		})
	}
}

func TestRegisterRefuses(t *testing.T) {
	h := New(Config{})
	defer h.Close()
	if err := h.Register(Function{Name: "taken", Command: []string{"true"}}); err != nil {
		t.Fatal(err)
	}
	run := []string{"true"}
	tests := map[string]struct {
		fn   Function
		want string
	}{
		"no name":               {Function{Command: run}, "the name must be"},
		"a name with a dot":     {Function{Name: "a.b", Command: run}, "the name must be"},
		"a name taken":          {Function{Name: "taken", Command: run}, "the name is taken"},
		"no command":            {Function{Name: "a"}, "the command is empty"},
		"a negative timeout":    {Function{Name: "a", Command: run, Timeout: -1}, "the timeout"},
		"a timeout too long":    {Function{Name: "a", Command: run, Timeout: maxTimeout + 1}, "the timeout"},
		"a negative memory":     {Function{Name: "a", Command: run, MemorySize: -1}, "the memory size"},
		"a negative limit":      {Function{Name: "a", Command: run, Concurrency: -1}, "the concurrency"},
		"a variable with a NUL": {Function{Name: "a", Command: run, Env: map[string]string{"A": "\x00"}}, "the environment variable"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := h.Register(test.fn); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}
