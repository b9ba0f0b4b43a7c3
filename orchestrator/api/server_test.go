package api

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/value"
)

func TestHostileRequests(t *testing.T) {
	const start = "AWSStepFunctions.StartExecution"
	deep := strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000)
	for _, tt := range []struct {
		name, method, target, typ, body string
		status                          int
		want                            string // how CODE: MESSAGE begins
	}{
		{"GET", "GET", start, contentType, "", 405, "UnknownOperationException: Requests must be POST"},
		{"OPTIONS of a browser", "OPTIONS", "", "", "", 405, "UnknownOperationException: Requests must be POST"},
		{"no target", "POST", "", contentType, "{}", 400, "UnknownOperationException: The header X-Amz-Target is missing"},
		{"another service's target", "POST", "DynamoDB_20120810.ListTables", contentType, "{}", 400, `UnknownOperationException: There is no operation "DynamoDB_20120810.ListTables"`},
		{"no operation", "POST", targetPrefix, contentType, "{}", 400, `UnknownOperationException: There is no operation "AWSStepFunctions."`},
		{"unknown operation", "POST", targetPrefix + "Dance\u00e9", contentType, "{}", 400, `UnknownOperationException: There is no operation "AWSStepFunctions.Dance`},
		{"a form", "POST", start, "text/plain", "{}", 400, "UnknownOperationException: The header Content-Type must be application/x-amz-json-1.0"},
		{"no type", "POST", start, "", "{}", 400, "UnknownOperationException: The header Content-Type must be "},
		{"a type with parameters", "POST", start, contentType + "; charset=UTF-8", "{", 400, "SerializationException: "},
		{"nothing", "POST", start, contentType, "", 400, "ValidationException: 1 validation error detected: Value null at 'stateMachineArn'"},
		{"half an object", "POST", start, contentType, `{"name":`, 400, "SerializationException: The request is not JSON: "},
		{"two objects", "POST", start, contentType, `{}{}`, 400, "SerializationException: The request is not JSON: "},
		{"not UTF-8", "POST", start, contentType, "{\"name\":\"\xff\"}", 400, "SerializationException: The request is not JSON: "},
		{"a byte order mark", "POST", start, contentType, "\ufeff{}", 400, "SerializationException: The request is not JSON: "},
		{"too deep", "POST", start, contentType, deep, 400, "SerializationException: The request is not JSON: "},
		{"null", "POST", start, contentType, "null", 400, "SerializationException: The request must be a JSON object, but is: null"},
		{"an array", "POST", start, contentType, "[]", 400, "SerializationException: The request must be a JSON object, but is: array"},
		{"an object for a string", "POST", start, contentType, `{"stateMachineArn":{}}`, 400, "SerializationException: OBJECT_VALUE can not be converted to String at 'stateMachineArn'"},
		{"other case", "POST", start, contentType, `{"StateMachineArn":"a"}`, 400, "ValidationException: 1 validation error detected: Value null at 'stateMachineArn'"},
		{"too long", "POST", start, contentType, strings.Repeat(" ", maxBody+1), 413, "RequestEntityTooLargeException: The request has more than 2097152 bytes"},
		{"a list for a structure", "POST", "AWSStepFunctions.CreateStateMachine", contentType, `{"loggingConfiguration":[]}`, 400,
			"SerializationException: ARRAY_VALUE can not be converted to Structure at 'loggingConfiguration'"},
		{"a string for a flag", "POST", "AWSStepFunctions.CreateStateMachine", contentType, `{"publish":"true"}`, 400,
			"SerializationException: STRING_VALUE can not be converted to Boolean at 'publish'"},
		{"a structure deep down", "POST", "AWSStepFunctions.CreateStateMachine", contentType,
			`{"loggingConfiguration":{"destinations":[{},{"cloudWatchLogsLogGroup":{"logGroupArn":1}}]}}`, 400,
			"SerializationException: NUMBER_VALUE can not be converted to String at 'loggingConfiguration.destinations.2.member.cloudWatchLogsLogGroup.logGroupArn'"},
		{"a huge number", "POST", "AWSStepFunctions.ListStateMachines", contentType, `{"maxResults":1e400}`, 400,
			"SerializationException: NUMBER_VALUE can not be converted to Integer at 'maxResults'"},
		{"violations without end", "POST", "AWSStepFunctions.TagResource", contentType, `{"tags":[` + strings.Repeat("null,", 50000) + `null]}`, 400,
			"ValidationException: 100 validation errors detected: "},
		{"tags without end", "POST", "AWSStepFunctions.CreateActivity", contentType, `{"name":"a","tags":[` + manyTags(40000) + `]}`, 400, "TooManyTags: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/some/path", strings.NewReader(tt.body))
			r.Header.Set("X-Amz-Target", tt.target)
			r.Header.Set("Content-Type", tt.typ)
			w := httptest.NewRecorder()
			newFixture().handler.ServeHTTP(w, r)
			wellFormed(t, w)
			if got := refusal(w.Body.String()); w.Code != tt.status || !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %d %.300s\nwant %d %s", w.Code, got, tt.status, tt.want)
			}
		})
	}
}

func manyTags(n int) string {
	var tags []string
	for i := range n {
		tags = append(tags, fmt.Sprintf(`{"key":"k%d"}`, i))
	}
	return strings.Join(tags, ",")
}

func TestFailuresStayInside(t *testing.T) {
	for _, tt := range []struct {
		name string
		fail func(string) (*engine.Execution, error)
		log  []string
	}{
		{"error", func(string) (*engine.Execution, error) { return nil, errors.New("secret of the store") },
			[]string{"level=ERROR", "secret of the store", "operation=DescribeExecution", "request=00000000-0000-4001-8000-000000000002"}},
		{"panic", func(string) (*engine.Execution, error) { panic("secret of the engine") },
			[]string{"level=ERROR", "secret of the engine", "server_test.go", "request=00000000-0000-4001-8000-000000000002"}},
		{"nil", func(string) (*engine.Execution, error) { return nil, nil }, []string{"level=ERROR", "nil pointer", "executions.go"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture()
			f.engine.describe = tt.fail
			w := f.call("DescribeExecution", abbreviations.Replace(`{"executionArn":"EXECUTION/m:x"}`))
			wellFormed(t, w)
			if want := `{"__type":"com.amazon.coral.service#InternalFailure","message":"Internal failure; the log has it as request 00000000-0000-4001-8000-000000000002"}`; w.Code != 500 || w.Body.String() != want {
				t.Errorf("got %d %s, want 500 %s", w.Code, w.Body, want)
			}
			for _, part := range tt.log {
				if !strings.Contains(f.log.String(), part) {
					t.Errorf("log lacks %q: %s", part, f.log)
				}
			}
		})
	}
}

func TestErrorTypes(t *testing.T) {
	f := newFixture()
	for operation, want := range map[string]string{
		"DescribeExecution": "com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist",
		"StartExecution":    "com.amazon.coral.validate#ValidationException",
		"Dance":             "com.amazon.coral.service#UnknownOperationException",
	} {
		v := value.MustParse(f.call(operation, abbreviations.Replace(`{"executionArn":"EXECUTION/m:x"}`)).Body.String())
		if typ, _ := v.Get("__type"); typ.Text() != want {
			t.Errorf("%s: got type %s, want %s", operation, typ.Text(), want)
		}
	}
}

// Ensure that a client that stops in the middle of its request gets no further than that.
func TestRequestThatBreaksOff(t *testing.T) {
	f := newFixture()
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		f.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Type: %s\r\nContent-Length: 10\r\n\r\n{", contentType)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("half a request is answered with %d", answer.StatusCode)
		}
	}
	<-done
	conn.Close()
}

// Ensure that whatever comes, the answer is a JSON object, and no request makes the server fail.
func FuzzRequest(f *testing.F) {
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		f.Add(name, `{}`)
		f.Add(name, abbreviations.Replace(`{"name":"m","definition":"PASSING","roleArn":"ROLE","stateMachineArn":"MACHINE/m","executionArn":"EXECUTION/m:x",
			"resourceArn":"MACHINE/m","activityArn":"ACTIVITY/a","mapRunArn":"MAPRUN/m/l:u","stateMachineVersionArn":"MACHINE/m:1",
			"stateMachineAliasArn":"MACHINE/m:a","taskToken":"t","output":"{}","tags":[{"key":"k","value":"v"}],"tagKeys":["k"],
			"maxResults":1,"nextToken":"t","routingConfiguration":[{"stateMachineVersionArn":"MACHINE/m:1","weight":100}]}`))
	}
	fx := newFixture()
	fx.handler.(*server).poll = 1
	f.Fuzz(func(t *testing.T, operation, body string) {
		fx.log.Reset()
		w := fx.call(operation, body)
		wellFormed(t, w)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s: got %d %s\n%s", operation, body, w.Code, w.Body, fx.log)
		}
	})
}
