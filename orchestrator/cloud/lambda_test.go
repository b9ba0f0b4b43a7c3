package cloud

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"minuet/orchestrator/engine"
)

// newTestLambda makes a Lambda as a program would, with endpoint in the environment and retries asked for. Further variables
// go over these.
func newTestLambda(t *testing.T, endpoint string, env ...map[string]string) *Lambda {
	t.Helper()
	all := map[string]string{
		"AWS_ENDPOINT_URL_LAMBDA": endpoint, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_MAX_ATTEMPTS": "5", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_PROFILE": "", "AWS_DEFAULT_REGION": "", "AWS_SESSION_TOKEN": "", "AWS_ENDPOINT_URL": "",
	}
	for _, more := range env {
		maps.Copy(all, more)
	}
	for key, text := range all {
		t.Setenv(key, text)
	}
	l, err := NewLambda(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestLambdaSendsTheInvocation(t *testing.T) {
	tests := map[string]struct {
		in      engine.Invocation
		path    string
		query   string
		headers map[string]string
		body    string
	}{
		"a name only": {
			in:   engine.Invocation{Function: "pay"},
			path: "/2015-03-31/functions/pay/invocations",
			headers: map[string]string{
				"X-Amz-Invocation-Type": "", "X-Amz-Log-Type": "", "X-Amz-Client-Context": "",
			},
		},
		"everything": {
			in: engine.Invocation{
				Function: "arn:aws:lambda:eu-west-1:111122223333:function:pay", Qualifier: "live", Type: "Event", LogType: "Tail",
				ClientContext: "e30=", Payload: []byte(`{"amount": 3}`),
			},
			path:  "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Apay/invocations",
			query: "Qualifier=live",
			headers: map[string]string{
				"X-Amz-Invocation-Type": "Event", "X-Amz-Log-Type": "Tail", "X-Amz-Client-Context": "e30=",
			},
			body: `{"amount": 3}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			endpoint := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				if r.Method != "POST" || r.URL.EscapedPath() != test.path || r.URL.RawQuery != test.query {
					t.Errorf("the request is %s %s?%s", r.Method, r.URL.EscapedPath(), r.URL.RawQuery)
				}
				for key, want := range test.headers {
					if got := r.Header.Get(key); got != want {
						t.Errorf("%s is %q, want %q", key, got, want)
					}
				}
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != test.body {
					t.Errorf("the body is %q, %v; want %q", body, err, test.body)
				}
			})
			if _, err := newTestLambda(t, endpoint).Invoke(t.Context(), test.in); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLambdaReadsTheResult(t *testing.T) {
	tests := map[string]struct {
		status  int
		headers map[string]string
		body    string
		want    engine.InvocationResult
	}{
		"a success": {
			200, map[string]string{"X-Amz-Executed-Version": "$LATEST"}, `{"paid": 1.0}`,
			engine.InvocationResult{Payload: []byte(`{"paid": 1.0}`), ExecutedVersion: "$LATEST"},
		},
		"a function error": {
			200, map[string]string{"X-Amz-Function-Error": "Unhandled"}, `{"errorType":"Boom"}`,
			engine.InvocationResult{Payload: []byte(`{"errorType":"Boom"}`), FunctionError: "Unhandled"},
		},
		"a log": {
			200, map[string]string{"X-Amz-Log-Result": "bG9n"}, `1`,
			engine.InvocationResult{Payload: []byte(`1`), LogResult: "bG9n"},
		},
		"a payload that is not JSON": {
			200, nil, "\x00<html>", engine.InvocationResult{Payload: []byte("\x00<html>")},
		},
		"an event":  {202, nil, "", engine.InvocationResult{}},
		"a dry run": {204, nil, "", engine.InvocationResult{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			endpoint := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for key, text := range test.headers {
					w.Header().Set(key, text)
				}
				w.Header().Set("X-Amzn-RequestId", "request-1")
				w.Header().Set("X-Custom", "kept")
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			})
			got, err := newTestLambda(t, endpoint).Invoke(t.Context(), engine.Invocation{Function: "pay"})
			if err != nil {
				t.Fatal(err)
			}
			if got.StatusCode != test.status || string(got.Payload) != string(test.want.Payload) ||
				got.FunctionError != test.want.FunctionError || got.ExecutedVersion != test.want.ExecutedVersion ||
				got.LogResult != test.want.LogResult {
				t.Errorf("the result is %+v", got)
			}
			if got.RequestID != "request-1" || http.Header(got.Headers).Get("X-Custom") != "kept" {
				t.Errorf("the request id is %q, the headers are %v", got.RequestID, got.Headers)
			}
		})
	}
}

func TestLambdaRefusals(t *testing.T) {
	tests := map[string]struct {
		status int
		code   string // in X-Amzn-ErrorType
		body   string
		want   engine.InvokeError
	}{
		"an unknown function": {
			404, "ResourceNotFoundException", `{"Type":"User","Message":"Function not found: arn:aws:lambda:eu-west-1:1:function:pay"}`,
			engine.InvokeError{Code: "ResourceNotFoundException", Message: "Function not found: arn:aws:lambda:eu-west-1:1:function:pay", StatusCode: 404},
		},
		"throttling": {
			429, "TooManyRequestsException", `{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate Exceeded."}`,
			engine.InvokeError{Code: "TooManyRequestsException", Message: "Rate Exceeded.", StatusCode: 429},
		},
		"an error that the SDK does not model": {
			413, "RequestEntityTooLargeException:http://internal", `{"message":"Request must be smaller"}`,
			engine.InvokeError{Code: "RequestEntityTooLargeException", Message: "Request must be smaller", StatusCode: 413},
		},
		"a failure of Lambda": {
			500, "ServiceException", `{"Message":"An error occurred"}`,
			engine.InvokeError{Code: "ServiceException", Message: "An error occurred", StatusCode: 500},
		},
		"an answer without a code": {
			403, "", `<html>`,
			engine.InvokeError{Code: "AWSLambdaException", Message: "Forbidden", StatusCode: 403},
		},
		"an answer with a message only": {
			403, "", `{"message":"Missing Authentication Token"}`,
			engine.InvokeError{Code: "AWSLambdaException", Message: "Missing Authentication Token", StatusCode: 403},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			endpoint := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.Header().Set("X-Amzn-RequestId", "request-1")
				if test.code != "" {
					w.Header().Set("X-Amzn-ErrorType", test.code)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			})
			_, err := newTestLambda(t, endpoint).Invoke(t.Context(), engine.Invocation{Function: "pay"})
			var got *engine.InvokeError
			if !errors.As(err, &got) {
				t.Fatalf("the error is %v, want an InvokeError", err)
			}
			test.want.RequestID = "request-1"
			if *got != test.want {
				t.Errorf("the refusal is %+v, want %+v", *got, test.want)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls, want 1", calls.Load())
			}
		})
	}
}

func TestLambdaOutcomeUnknown(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"the connection breaks before the answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"the connection breaks within the answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"half":`)
		},
		"a gateway gives up": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusGatewayTimeout)
			io.WriteString(w, `<html>`)
		},
	}
	for name, handler := range tests {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				io.Copy(io.Discard, r.Body)
				handler(w, r)
			})
			_, err := newTestLambda(t, endpoint).Invoke(t.Context(), engine.Invocation{Function: "pay", Payload: []byte("{}")})
			var refusal *engine.InvokeError
			if err == nil || errors.As(err, &refusal) {
				t.Errorf("the error is %v, want one that leaves the outcome open", err)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls, want 1", calls.Load())
			}
		})
	}
}

func TestLambdaNotSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	l.Close()

	tests := map[string]struct {
		function string
		env      map[string]string
		code     string
		status   int
		message  string
	}{
		"connection refused": {"pay", nil, "SdkClientException", 0, "connection refused"},
		"no such host": {
			"pay", map[string]string{"AWS_ENDPOINT_URL_LAMBDA": "http://lambda.invalid"}, "SdkClientException", 0, "lambda.invalid",
		},
		"no region": {
			"pay", map[string]string{"AWS_ENDPOINT_URL_LAMBDA": "", "AWS_REGION": ""}, "SdkClientException", 0, "Region",
		},
		"no credentials": {
			"pay", map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"}, "SdkClientException", 0, "credentials",
		},
		"no function": {"", nil, "ValidationException", 400, "FunctionName"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := newTestLambda(t, closed, test.env).Invoke(t.Context(), engine.Invocation{Function: test.function})
			var refusal *engine.InvokeError
			if !errors.As(err, &refusal) {
				t.Fatalf("the error is %v, want an InvokeError", err)
			}
			if refusal.Code != test.code || refusal.StatusCode != test.status || !strings.Contains(refusal.Message, test.message) {
				t.Errorf("the refusal is %+v", refusal)
			}
		})
	}
}

func TestLambdaEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endpoint := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	_, err := newTestLambda(t, endpoint).Invoke(ctx, engine.Invocation{Function: "pay"})
	var refusal *engine.InvokeError
	if !errors.Is(err, context.Canceled) || errors.As(err, &refusal) {
		t.Errorf("the error is %v, want that of the context", err)
	}
}

func TestNewLambdaWithoutItsProfile(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_PROFILE", "missing")
	if _, err := NewLambda(t.Context()); err == nil {
		t.Error("the missing profile was not told")
	}
}

// TestLambdaKeepsConnections makes two rounds of calls at once: the second must find the connections of the first.
func TestLambdaKeepsConnections(t *testing.T) {
	const n = 100
	var opened atomic.Int64
	var meeting sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		meeting.Done()
		meeting.Wait()
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	lambda := newTestLambda(t, server.URL)
	for range 2 {
		meeting.Add(n)
		var calls sync.WaitGroup
		for range n {
			calls.Go(func() {
				if _, err := lambda.Invoke(t.Context(), engine.Invocation{Function: "pay"}); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
	}
	if opened.Load() > n+n/4 {
		t.Errorf("%d connections for %d calls at once", opened.Load(), n)
	}
}
