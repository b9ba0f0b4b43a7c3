package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/engine/memstore"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// service is an [engine.Service] of functions. One that is nil fails as what is not there does.
type service struct {
	start    func(engine.StartExecution) (*engine.Execution, error)
	stop     func(arn string, errorName, cause *string) (time.Time, error)
	describe func(arn string) (*engine.Execution, error)
	list     func(engine.ExecutionQuery) ([]*engine.Execution, string, error)
	history  func(engine.HistoryQuery) ([]machine.Event, string, error)
	success  func(token, output string) error
	failure  func(token string, errorName, cause *string) error
	beat     func(token string) error
}

var _ engine.Service = (*service)(nil)

func noExecution(arn string) error {
	return engine.Errorf("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

func (s *service) StartExecution(_ context.Context, in engine.StartExecution) (*engine.Execution, error) {
	if s.start == nil {
		return nil, engine.Errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", in.Machine)
	}
	return s.start(in)
}

func (s *service) StopExecution(_ context.Context, arn string, errorName, cause *string) (time.Time, error) {
	if s.stop == nil {
		return time.Time{}, noExecution(arn)
	}
	return s.stop(arn, errorName, cause)
}

func (s *service) DescribeExecution(_ context.Context, arn string) (*engine.Execution, *engine.Machine, error) {
	if s.describe == nil {
		return nil, nil, noExecution(arn)
	}
	x, err := s.describe(arn)
	return x, nil, err
}

func (s *service) ListExecutions(_ context.Context, q engine.ExecutionQuery) ([]*engine.Execution, string, error) {
	if s.list == nil {
		return nil, "", nil
	}
	return s.list(q)
}

func (s *service) History(_ context.Context, q engine.HistoryQuery) ([]machine.Event, string, error) {
	if s.history == nil {
		return nil, "", noExecution(q.ARN)
	}
	return s.history(q)
}

var errInvalidToken = engine.Errorf("InvalidToken", "Invalid Token: 'Invalid token'")

func (s *service) SendTaskSuccess(_ context.Context, token, output string) error {
	if s.success == nil {
		return errInvalidToken
	}
	return s.success(token, output)
}

func (s *service) SendTaskFailure(_ context.Context, token string, errorName, cause *string) error {
	if s.failure == nil {
		return errInvalidToken
	}
	return s.failure(token, errorName, cause)
}

func (s *service) SendTaskHeartbeat(_ context.Context, token string) error {
	if s.beat == nil {
		return errInvalidToken
	}
	return s.beat(token)
}

// fixedClock always tells the same time.
type fixedClock struct{}

func (fixedClock) Now() time.Time { return instant }

// instant is 1700000000.123 in answers.
var instant = time.UnixMilli(1_700_000_000_123)

func counter() func() uint64 {
	var n uint64
	return func() uint64 { n++; return n }
}

// fixture is the API over a catalog in memory and an engine of functions.
type fixture struct {
	handler http.Handler
	engine  *service
	log     *bytes.Buffer
}

func newFixture() *fixture {
	f := &fixture{engine: &service{}, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(f.log, nil))
	f.handler = New(Config{
		Service: f.engine,
		Catalog: catalog.New(catalog.Config{Store: memstore.New(), Clock: fixedClock{}, Rand: counter()}),
		Log:     log,
		Rand:    counter(),
	})
	return f
}

// call sends a request.
func (f *fixture) call(operation, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// exchange is a request with its answer. In both, names in abbreviations stand for what they abbreviate.
type exchange struct {
	operation string
	request   string
	want      string // an object, or CODE: MESSAGE of a refusal
}

var abbreviations = strings.NewReplacer(
	"MACHINE/", "arn:aws:states:us-east-1:123456789012:stateMachine:",
	"EXECUTION/", "arn:aws:states:us-east-1:123456789012:execution:",
	"ACTIVITY/", "arn:aws:states:us-east-1:123456789012:activity:",
	"MAPRUN/", "arn:aws:states:us-east-1:123456789012:mapRun:",
	"ROLE", "arn:aws:iam::123456789012:role/runner",
	"PASSING", `{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}`,
	"NOW", "1700000000.123",
)

// run sends the requests one after another.
func (f *fixture) run(t *testing.T, exchanges []exchange) {
	t.Helper()
	for i, e := range exchanges {
		w := f.call(e.operation, abbreviations.Replace(e.request))
		body := w.Body.String()
		wellFormed(t, w)
		want := abbreviations.Replace(e.want)
		if !strings.HasPrefix(want, "{") {
			if got := refusal(body); got != want || w.Code != http.StatusBadRequest {
				t.Errorf("%d: %s %s\n got %d %s\nwant 400 %s", i, e.operation, e.request, w.Code, got, want)
			}
			continue
		}
		if got, err := value.ParseString(body); err != nil || !value.Equal(got, value.MustParse(want)) || w.Code != http.StatusOK {
			t.Errorf("%d: %s %s\n got %d %s\nwant 200 %s", i, e.operation, e.request, w.Code, body, want)
		}
	}
}

// refusal writes an error's body as CODE: MESSAGE.
func refusal(body string) string {
	v, err := value.ParseString(body)
	if err != nil {
		return body
	}
	typ, _ := v.Get("__type")
	message, found := v.Get("message")
	_, code, namespaced := strings.Cut(typ.Text(), "#")
	if !found || !namespaced {
		return body
	}
	return code + ": " + message.Text()
}

// wellFormed checks what every answer must have.
func wellFormed(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	h := w.Result().Header
	if h.Get("Content-Type") != "application/x-amz-json-1.0" || len(h.Get("X-Amzn-Requestid")) != 36 {
		t.Errorf("headers %v", h)
	}
	if n := w.Result().ContentLength; n != int64(w.Body.Len()) {
		t.Errorf("content length %d, body of %d bytes", n, w.Body.Len())
	}
	v, err := value.Parse(w.Body.Bytes())
	if err != nil || v.Kind() != value.Object {
		t.Fatalf("answer is not a JSON object: %v: %q", err, w.Body.String())
	}
	if typ, _ := v.Get("__type"); (typ.Text() == "") != (w.Code == http.StatusOK) {
		t.Errorf("status %d with %s", w.Code, w.Body.String())
	}
}
