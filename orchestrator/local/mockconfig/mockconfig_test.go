package mockconfig

import (
	"errors"
	"slices"
	"testing"

	"minuet/orchestrator/value"
)

const orders = `{
  "StateMachines": {
    "Orders": {
      "TestCases": {
        "HappyPath": {"Charge": "Charged", "Notify": "Notified"},
        "RetryPath": {"Charge": "Charged at last", "Notify": "Notified"},
        "Hybrid":    {"Charge": "Charged"},
        "Live":      {}
      }
    },
    "Refunds": {"TestCases": {}}
  },
  "MockedResponses": {
    "Charged":  {"0": {"Return": {"StatusCode": 200, "Payload": {"paid": 1.0}}}},
    "Notified": {"0": {"Return": null}},
    "Charged at last": {
      "3":   {"Return": {"StatusCode": 200}},
      "0":   {"Throw": {"Error": "Lambda.ResourceNotReadyException", "Cause": "not ready"}},
      "1-2": {"Throw": {"Error": "Lambda.TimeoutException", "Cause": ""}}
    },
    "Unused": {"0-4": {"Return": []}}
  },
  "Comment": "fields beside these do not matter"
}`

func mustLoad(t *testing.T, text string) *Config {
	t.Helper()
	config, err := Load([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestResponse(t *testing.T) {
	config := mustLoad(t, orders)
	tests := map[string]struct {
		machine, testCase, state string
		attempt                  int
		want                     string // JSON of Return, or "Error: Cause" of Throw, or "" for none
	}{
		"a result":                    {"Orders", "HappyPath", "Charge", 0, `{"StatusCode":200,"Payload":{"paid":1.0}}`},
		"a null result":               {"Orders", "HappyPath", "Notify", 0, `null`},
		"beyond the last attempt":     {"Orders", "HappyPath", "Charge", 1, ""},
		"before the first attempt":    {"Orders", "HappyPath", "Charge", -1, ""},
		"an error":                    {"Orders", "RetryPath", "Charge", 0, "Lambda.ResourceNotReadyException: not ready"},
		"the begin of a range":        {"Orders", "RetryPath", "Charge", 1, "Lambda.TimeoutException: "},
		"the end of a range":          {"Orders", "RetryPath", "Charge", 2, "Lambda.TimeoutException: "},
		"after a range":               {"Orders", "RetryPath", "Charge", 3, `{"StatusCode":200}`},
		"beyond the last of several":  {"Orders", "RetryPath", "Charge", 4, ""},
		"a state that is not mocked":  {"Orders", "Hybrid", "Notify", 0, ""},
		"a test case without states":  {"Orders", "Live", "Charge", 0, ""},
		"an unknown test case":        {"Orders", "SadPath", "Charge", 0, ""},
		"an unknown state machine":    {"Carts", "HappyPath", "Charge", 0, ""},
		"a machine without any cases": {"Refunds", "HappyPath", "Charge", 0, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			response, ok := config.Response(test.machine, test.testCase, test.state, test.attempt)
			got := ""
			switch {
			case ok && response.Throw != nil:
				got = response.Throw.Error + ": " + response.Throw.Cause
			case ok:
				got = response.Return.JSON()
			}
			if got != test.want {
				t.Errorf("the response is %s, want %s", got, test.want)
			}
		})
	}
}

func TestHasTestCaseAndMocked(t *testing.T) {
	config := mustLoad(t, orders)
	tests := map[string]struct {
		machine, testCase, state string
		has, mocked              bool
	}{
		"a mocked state":             {"Orders", "Hybrid", "Charge", true, true},
		"a state that is not mocked": {"Orders", "Hybrid", "Notify", true, false},
		"a test case without states": {"Orders", "Live", "Charge", true, false},
		"an unknown test case":       {"Orders", "SadPath", "Charge", false, false},
		"an unknown state machine":   {"Carts", "Live", "Charge", false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if has := config.HasTestCase(test.machine, test.testCase); has != test.has {
				t.Errorf("HasTestCase is %v", has)
			}
			if mocked := config.Mocked(test.machine, test.testCase, test.state); mocked != test.mocked {
				t.Errorf("Mocked is %v", mocked)
			}
		})
	}
}

// withResponses is a configuration whose only test case uses the response "R".
func withResponses(responses string) string {
	return `{"StateMachines":{"M":{"TestCases":{"T":{"S":"R"}}}},"MockedResponses":{"R":` + responses + `}}`
}

func TestLoadFaults(t *testing.T) {
	const state, response = "/StateMachines/M/TestCases/T/S", "/MockedResponses/R"
	tests := map[string]struct {
		text string
		want []Fault
	}{
		"not an object": {`[]`, []Fault{
			{"", "must be an object with StateMachines and MockedResponses, not an array"},
		}},
		"nothing in it": {`{}`, []Fault{
			{"", "has no MockedResponses; add an object that gives each mocked response by its name"},
			{"", "has no StateMachines; add an object that names each state machine with its TestCases"},
		}},
		"state machines in an array": {`{"StateMachines":[],"MockedResponses":null}`, []Fault{
			{"/MockedResponses", "must be an object with a field for each mocked response, not null"},
			{"/StateMachines", "must be an object with a field for each state machine, not an array"},
		}},
		"test cases not under TestCases": {`{"StateMachines":{"M":{"T":{"S":"R"}}},"MockedResponses":{}}`, []Fault{
			{"/StateMachines/M/T", "is not known here; a state machine has the field TestCases only"},
			{"/StateMachines/M", "has no TestCases; add an object that names each test case"},
		}},
		"a state machine that is a string": {`{"StateMachines":{"M":"x"},"MockedResponses":{}}`, []Fault{
			{"/StateMachines/M", "must be an object with the field TestCases, not a string"},
		}},
		"a test case that is a string": {`{"StateMachines":{"M":{"TestCases":{"T":"R"}}},"MockedResponses":{}}`, []Fault{
			{"/StateMachines/M/TestCases/T", "must be an object with a mocked response's name for each mocked state, not a string"},
		}},
		"a response in place of its name": {`{"StateMachines":{"M":{"TestCases":{"T":{"S":{"0":{}}}}}},"MockedResponses":{}}`, []Fault{
			{state, "must be the name of a mocked response, not an object"},
		}},
		"an unknown response": {`{"StateMachines":{"M":{"TestCases":{"T":{"S":"Q"}}}},"MockedResponses":{"R":{"0":{"Return":1}},"P":{"0":{"Return":1}}}}`, []Fault{
			{state, `names the mocked response "Q", which does not exist; add it to MockedResponses, or name one of "P", "R"`},
		}},
		"an unknown response of none": {`{"StateMachines":{"M":{"TestCases":{"T":{"S":"Q"}}}},"MockedResponses":{}}`, []Fault{
			{state, `names the mocked response "Q", which does not exist; add it to MockedResponses`},
		}},
		"a response in other letters": {`{"StateMachines":{"M":{"TestCases":{"T":{"S":"r"}}}},"MockedResponses":{"R":{"0":{"Return":1}}}}`, []Fault{
			{state, `names the mocked response "r", which does not exist; did you mean "R"?`},
		}},
		"a key with a slash": {`{"StateMachines":{"a/b~c":{}},"MockedResponses":{}}`, []Fault{
			{"/StateMachines/a~1b~0c", "has no TestCases; add an object that names each test case"},
		}},
		"responses in an array": {withResponses(`[{"Return":1}]`), []Fault{
			{response, `must be an object with a response for each attempt: "0", "1" or a range such as "1-2", not an array`},
		}},
		"no responses": {withResponses(`{}`), []Fault{
			{response, `has no responses; add one for the first attempt, "0"`},
		}},
		"a word for an attempt": {withResponses(`{"first":{"Return":1}}`), []Fault{
			{response + "/first", `is no attempt; write a number from 0 to 1000000, or a range such as "1-2"`},
		}},
		"a negative attempt": {withResponses(`{"-1":{"Return":1}}`), []Fault{
			{response + "/-1", `is no attempt; write a number from 0 to 1000000, or a range such as "1-2"`},
		}},
		"an attempt too large": {withResponses(`{"0-99999999999999999999":{"Return":1}}`), []Fault{
			{response + "/0-99999999999999999999", `is no attempt; write a number from 0 to 1000000, or a range such as "1-2"`},
		}},
		"a range of three": {withResponses(`{"0-1-2":{"Return":1}}`), []Fault{
			{response + "/0-1-2", `is no attempt; write a number from 0 to 1000000, or a range such as "1-2"`},
		}},
		"a range backwards": {withResponses(`{"2-0":{"Return":1}}`), []Fault{
			{response + "/2-0", "is a range that ends before it begins; write the smaller number first"},
		}},
		"no first attempt": {withResponses(`{"1":{"Return":1}}`), []Fault{
			{response, "has no response to attempt 0; attempts count from 0 without gaps"},
		}},
		"gaps": {withResponses(`{"0":{"Return":1},"2":{"Return":1},"6-7":{"Return":1}}`), []Fault{
			{response, "has no response to attempt 1; attempts count from 0 without gaps"},
			{response, "has no response to attempts 3 to 5; attempts count from 0 without gaps"},
		}},
		"an overlap": {withResponses(`{"0-2":{"Return":1},"2":{"Return":1},"3":{"Return":1}}`), []Fault{
			{response + "/2", `answers attempt 2, which "0-2" answers too; let each attempt have one response`},
		}},
		"one attempt twice": {withResponses(`{"0":{"Return":1},"00":{"Return":1}}`), []Fault{
			{response + "/00", `answers attempt 0, which "0" answers too; let each attempt have one response`},
		}},
		"an empty response": {withResponses(`{"0":{}}`), []Fault{
			{response + "/0", "is empty; give either Return or Throw"},
		}},
		"a result without Return": {withResponses(`{"0":{"Payload":1}}`), []Fault{
			{response + "/0/Payload", "is not known here; a response has either Return or Throw"},
		}},
		"a response that is a number": {withResponses(`{"0":1}`), []Fault{
			{response + "/0", "must be an object with either Return or Throw, not a number"},
		}},
		"both Return and Throw": {withResponses(`{"0":{"Return":1,"Throw":{"Error":"E","Cause":"C"}}}`), []Fault{
			{response + "/0", "has both Return and Throw; keep one of them"},
		}},
		"Throw with a string": {withResponses(`{"0":{"Throw":"E"}}`), []Fault{
			{response + "/0/Throw", "must be an object with Error and Cause, not a string"},
		}},
		"Throw without its fields": {withResponses(`{"0":{"Throw":{"Message":"no"}}}`), []Fault{
			{response + "/0/Throw/Message", "is not known here; Throw has Error and Cause"},
			{response + "/0/Throw", "has no Error; add it, a string"},
			{response + "/0/Throw", "has no Cause; add it, a string"},
		}},
		"Throw with another cause": {withResponses(`{"0":{"Throw":{"Error":"E","Cause":{}}}}`), []Fault{
			{response + "/0/Throw/Cause", "must be a string, not an object"},
		}},
		"several faults": {withResponses(`{"0":{"Return":1,"Throw":true},"x":2}`), []Fault{
			{response + "/0/Throw", "must be an object with Error and Cause, not a boolean"},
			{response + "/0", "has both Return and Throw; keep one of them"},
			{response + "/x", "must be an object with either Return or Throw, not a number"},
			{response + "/x", `is no attempt; write a number from 0 to 1000000, or a range such as "1-2"`},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config, err := Load([]byte(test.text))
			var faults *Error
			if !errors.As(err, &faults) {
				t.Fatalf("the error is %v, want an Error; the configuration is %v", err, config)
			}
			if !slices.Equal(faults.Faults, test.want) {
				t.Errorf("the faults are\n%v\nwant\n%v", err, &Error{test.want})
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	_, err := Load([]byte(withResponses(`{"0":{},"1":1}`)))
	want := "mock configuration: /MockedResponses/R/0: is empty; give either Return or Throw\n" +
		"/MockedResponses/R/1: must be an object with either Return or Throw, not a number"
	if err == nil || err.Error() != want {
		t.Errorf("the error is\n%v\nwant\n%v", err, want)
	}
}

func TestLoadNotJSON(t *testing.T) {
	_, err := Load([]byte("{\n  \"StateMachines\": {,}\n}"))
	var syntax *value.SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 2 {
		t.Errorf("the error is %v, want a SyntaxError in line 2", err)
	}
}

// FuzzLoad checks that a configuration either has faults or answers the first call of each state that it mocks, and only
// attempts in a row from there.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		orders,
		`{}`,
		withResponses(`{"0":{"Return":1},"1-2":{"Throw":{"Error":"E","Cause":"C"}}}`),
		withResponses(`{"0-2":{"Return":1},"2":{"Return":1}}`),
		withResponses(`{"1000000":{"Return":1}}`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := Load(data)
		if err != nil {
			if config != nil || err.Error() == "" {
				t.Errorf("the configuration is %v with the error %q", config, err)
			}
			return
		}
		for machine, cases := range config.machines {
			for name, states := range cases {
				for state, spans := range states {
					for _, attempt := range []int{0, spans[0].last, spans[len(spans)-1].first, spans[len(spans)-1].last} {
						if _, ok := config.Response(machine, name, state, attempt); !ok {
							t.Errorf("%s#%s: %s has no response to attempt %d", machine, name, state, attempt)
						}
					}
					if _, ok := config.Response(machine, name, state, spans[len(spans)-1].last+1); ok {
						t.Errorf("%s#%s: %s has a response beyond its last", machine, name, state)
					}
				}
			}
		}
	})
}
