package lambdahost

import (
	"strings"
	"testing"
)

// TestRuntimeAPI has a runtime send what the API must accept or refuse, before it answers.
func TestRuntimeAPI(t *testing.T) {
	h, output := newTestHost(t, Config{})
	register(t, h, "raw")
	answer := rawStep{Method: "POST", Path: "invocation/{id}/response", Body: `"answer"`}
	tests := map[string]struct {
		steps   []rawStep
		printed string
	}{
		"an answer": {
			[]rawStep{answer},
			`POST invocation/{id}/response: 202 {"status":"OK"}`,
		},
		"an answer to another event": {
			[]rawStep{{Method: "POST", Path: "invocation/other/response", Body: "1"}, answer},
			`POST invocation/other/response: 400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`,
		},
		"an error of another event": {
			[]rawStep{{Method: "POST", Path: "invocation/other/error", Body: "{}"}, answer},
			`POST invocation/other/error: 400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`,
		},
		"a second answer": {
			[]rawStep{answer, {Method: "POST", Path: "invocation/{id}/error", Body: "{}"}},
			`POST invocation/{id}/error: 403 {"errorMessage":"Transition from Finishing to Finishing is not allowed.","errorType":"InvalidStateTransition"}`,
		},
		"the next event before the answer": {
			[]rawStep{{Method: "GET", Path: "invocation/next"}, answer},
			`GET invocation/next: 403 {"errorMessage":"Transition from Running to Ready is not allowed.","errorType":"InvalidStateTransition"}`,
		},
		"an init error after the start": {
			[]rawStep{{Method: "POST", Path: "init/error", Body: "{}"}, answer},
			`POST init/error: 403 {"errorMessage":"Transition from Running to InitError is not allowed.","errorType":"InvalidStateTransition"}`,
		},
		"another path": {
			[]rawStep{{Method: "GET", Path: "nothing"}, answer},
			`GET nothing: 404`,
		},
		"another method": {
			[]rawStep{{Method: "PUT", Path: "invocation/{id}/response"}, answer},
			`PUT invocation/{id}/response: 405`,
		},
		"another host name": {
			[]rawStep{{Method: "POST", Path: "invocation/x/response", Header: map[string]string{"Host": "rebound.example"}}, answer},
			`POST invocation/x/response: 403 {"errorMessage":"This address serves`,
		},
		"a web page": {
			[]rawStep{{Method: "POST", Path: "invocation/y/response", Header: map[string]string{"Origin": "https://page.example"}}, answer},
			`POST invocation/y/response: 403 {"errorMessage":"This address serves`,
		},
		"a long header": {
			[]rawStep{{
				Method: "POST", Path: "invocation/z/error",
				Header: map[string]string{"Lambda-Runtime-Function-Xray-Error-Cause": strings.Repeat("x", 1024*1024-1)},
			}, answer},
			`POST invocation/z/error: 400`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			result := invoke(t, h, "raw", test.steps)
			if result.FunctionError != "" || string(result.Payload) != `"answer"` {
				t.Errorf("the result is %s, %q", result.Payload, result.FunctionError)
			}
			output.waitFor(t, test.printed)
		})
	}
}

func TestErrorWithoutAnObject(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "raw")
	tests := map[string]struct {
		header map[string]string
		want   string
	}{
		"with a type":    {map[string]string{headerErrorType: "Custom.Type"}, `{"errorType":"Custom.Type","errorMessage":"The function failed without an error object."}`},
		"without a type": {nil, `{"errorType":"Runtime.Unknown","errorMessage":"The function failed without an error object."}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checkFailure(t, invoke(t, h, "raw", []rawStep{{Method: "POST", Path: "invocation/{id}/error", Header: test.header}}), test.want)
		})
	}
}
