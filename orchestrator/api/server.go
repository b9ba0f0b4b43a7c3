package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/value"
)

// Config is what the API is made of. Service and Catalog are needed, the rest may be left out.
type Config struct {
	Service engine.Service
	Catalog *catalog.Catalog
	Log     *slog.Logger
	// Rand draws request ids; nil: math/rand/v2's source.
	Rand func() uint64
	// ActivityPoll is how long GetActivityTask waits for a task; 0: 60 seconds, as on AWS.
	ActivityPoll time.Duration
}

// maxBody is how many bytes a request may have: a definition of 1 MiB, with room for escapes.
const maxBody = 2 << 20

const (
	contentType  = "application/x-amz-json-1.0"
	targetPrefix = "AWSStepFunctions."
)

type server struct {
	service engine.Service
	catalog *catalog.Catalog
	log     *slog.Logger
	rand    func() uint64
	poll    time.Duration
}

// New returns the API as a handler. It answers on every path. Limits on connections, headers and the time to read a request
// are those of the http.Server that it is used with.
func New(c Config) http.Handler {
	s := &server{service: c.Service, catalog: c.Catalog, log: c.Log, rand: c.Rand, poll: c.ActivityPoll}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.rand == nil {
		s.rand = rand.Uint64
	}
	if s.poll == 0 {
		s.poll = 60 * time.Second
	}
	return s
}

// ServeHTTP answers one request.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := &call{id: s.requestID(), operation: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)}
	status := http.StatusOK
	body, err := s.answer(w, r)
	if err != nil {
		f := s.faultOf(r.Context(), call, err)
		status, body = f.status, f.body()
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-Requestid", call.id)
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.log.Debug("answer not delivered", "operation", call.operation, "request", call.id, "error", err)
	}
}

// call is what the log says of a request.
type call struct{ id, operation string }

// requestID returns a random UUID.
func (s *server) requestID() string {
	hi, lo := s.rand(), s.rand()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>48&0x3fff|0x8000, lo&(1<<48-1))
}

// answer performs the operation that a request asks for. A panic becomes an error.
func (s *server) answer(w http.ResponseWriter, r *http.Request) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, &panicked{p, debug.Stack()}
		}
	}()
	do, err := operationOf(w, r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
			return nil, &fault{http.StatusRequestEntityTooLarge, coralService, "RequestEntityTooLargeException",
				fmt.Sprintf("The request has more than %d bytes", maxBody)}
		}
		return nil, serialization("The request broke off")
	}
	in, err := parseBody(body)
	if err != nil {
		return nil, err
	}
	answer, err := do(r.Context(), s, in)
	if err != nil {
		return nil, err
	}
	return encode(answer)
}

// operationOf finds what a request asks for.
func operationOf(w http.ResponseWriter, r *http.Request) (operation, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &fault{http.StatusMethodNotAllowed, coralService, unknownOperation, "Requests must be POST"}
	}
	target := r.Header.Get("X-Amz-Target")
	if target == "" {
		return nil, unknown("The header X-Amz-Target is missing")
	}
	// Browsers send other types across origins without asking.
	typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || typ != contentType && typ != "application/x-amz-json-1.1" && typ != "application/json" {
		return nil, unknown("The header Content-Type must be " + contentType)
	}
	name, ours := strings.CutPrefix(target, targetPrefix)
	do := operations[name]
	if !ours || do == nil {
		return nil, unknown("There is no operation " + strconv.QuoteToASCII(target))
	}
	return do, nil
}

const unknownOperation = "UnknownOperationException"

func unknown(message string) error {
	return &fault{http.StatusBadRequest, coralService, unknownOperation, message}
}

// parseBody reads a request's body, which must be an object; none at all stands for an empty one.
func parseBody(body []byte) (value.Value, error) {
	if len(body) == 0 {
		return value.OfObject(), nil
	}
	in, err := value.Parse(body)
	if err != nil {
		return in, serialization("The request is not JSON: %v", err)
	}
	if in.Kind() != value.Object {
		return in, serialization("The request must be a JSON object, but is: %v", in.Kind())
	}
	return in, nil
}

func encode(out any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// operation performs an operation on a request's object and returns what to encode.
type operation func(ctx context.Context, s *server, in value.Value) (any, error)

// op makes an operation of a method.
func op[In, Out any](do func(*server, context.Context, *In) (*Out, error)) operation {
	shape := structureOf[In]()
	return func(ctx context.Context, s *server, v value.Value) (any, error) {
		in := new(In)
		if err := shape.decode(v, in); err != nil {
			return nil, err
		}
		return do(s, ctx, in)
	}
}

// empty is the input or output of an operation that has none.
type empty struct{}

// operations holds every operation under its name.
var operations = merge(machineOperations, versionOperations, aliasOperations, tagOperations, executionOperations,
	historyOperations, taskOperations, activityOperations, validationOperations, unofferedOperations)

type table map[string]operation

func merge(tables ...table) table {
	all := table{}
	for _, t := range tables {
		for name, o := range t {
			if all[name] != nil {
				panic("two operations " + name)
			}
			all[name] = o
		}
	}
	return all
}
