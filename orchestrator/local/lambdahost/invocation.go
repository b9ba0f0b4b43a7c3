package lambdahost

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"minuet/orchestrator/engine"
)

// The quotas of https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, in bytes.
const (
	maxRequest       = 6 * 1024 * 1024
	maxEventRequest  = 1024 * 1024
	maxResponse      = 6*1024*1024 + 100
	maxClientContext = 3583
)

// The invocation types of Lambda's API.
const (
	typeRequestResponse = "RequestResponse"
	typeEvent           = "Event"
	typeDryRun          = "DryRun"
)

// invocation is one event on its way through a process. Its fields below done belong to the process that has it, under that
// process's mutex, until done is closed.
type invocation struct {
	id            string
	arn           string
	traceID       string
	payload       []byte
	clientContext string   // JSON in one line, or ""
	log           *logTail // nil unless the end of the log is asked for

	done    chan struct{} // closed when the result is known
	settled chan struct{} // closed when the process wants its next event, or has ended

	handed    bool // whether the process got the event
	completed bool
	result    engine.InvocationResult
	err       error // set when the outcome is unknown
}

// newInvocation checks in as Lambda's API does. The error is an *engine.InvokeError.
func newInvocation(arn string, in engine.Invocation) (*invocation, error) {
	limit, limitMessage := maxRequest, fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", maxRequest)
	switch in.Type {
	case "", typeRequestResponse, typeDryRun:
	case typeEvent:
		limit = maxEventRequest
		limitMessage = fmt.Sprintf("%d byte payload is too large for the Event invocation type (limit %d bytes)", len(in.Payload), limit)
	default:
		return nil, invokeError(http.StatusBadRequest, "ValidationException",
			fmt.Sprintf("1 validation error detected: Value '%s' at 'invocationType' failed to satisfy constraint: "+
				"Member must satisfy enum value set: [Event, RequestResponse, DryRun]", in.Type))
	}
	if len(in.Payload) > limit {
		return nil, invokeError(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", limitMessage)
	}
	payload := in.Payload
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if !json.Valid(payload) {
		return nil, invokeError(http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
	}
	clientContext, err := decodeClientContext(in.ClientContext)
	if err != nil {
		return nil, invokeError(http.StatusBadRequest, "InvalidRequestContentException",
			"Client context must be a valid Base64-encoded JSON object.")
	}
	if in.Type == typeEvent {
		clientContext = "" // Lambda passes it to synchronous invocations only.
	}
	inv := &invocation{
		id:            newRequestID(),
		arn:           arn,
		traceID:       newTraceID(),
		payload:       payload,
		clientContext: clientContext,
	}
	if in.LogType == "Tail" {
		inv.log = new(logTail)
	}
	inv.reset()
	return inv, nil
}

// reset makes inv fit for a process.
func (inv *invocation) reset() {
	inv.done, inv.settled = make(chan struct{}), make(chan struct{})
	inv.completed, inv.result, inv.err = false, engine.InvocationResult{}, nil
}

// undelivered reports, once done is closed, whether the process ended before it got the event, though it had once been ready.
func (inv *invocation) undelivered() bool { return !inv.completed }

// answer is what Invoke returns once done is closed.
func (inv *invocation) answer() (engine.InvocationResult, error) {
	if inv.err != nil {
		return engine.InvocationResult{}, inv.err
	}
	result := inv.result
	result.LogResult = inv.log.encode()
	return result, nil
}

// success is the result of a function that has answered with payload.
func (inv *invocation) success(payload []byte) engine.InvocationResult {
	return engine.InvocationResult{StatusCode: 200, Payload: payload, ExecutedVersion: latest, RequestID: inv.id}
}

// failure is the result of a function that has failed with the error object payload.
func (inv *invocation) failure(payload []byte) engine.InvocationResult {
	result := inv.success(payload)
	result.FunctionError = "Unhandled"
	return result
}

// platformFailure is the result of a function that Lambda itself has found failing.
func (inv *invocation) platformFailure(errorType, message string) engine.InvocationResult {
	return inv.failure(errorObject(errorType, fmt.Sprintf("RequestId: %s Error: %s", inv.id, message)))
}

// errorObject is Lambda's error object.
func errorObject(errorType, message string) []byte {
	data, err := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{errorType, message})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return data
}

// decodeClientContext gives the JSON of a base64 client context in one line, fit for a header.
func decodeClientContext(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if len(text) > maxClientContext {
		return "", fmt.Errorf("the client context has %d bytes, more than %d", len(text), maxClientContext)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return "", err
	}
	return compact.String(), nil
}

// newRequestID makes a random UUID.
func newRequestID() string {
	id := randomBytes(16)
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// newTraceID makes an X-Ray trace header that is not sampled.
func newTraceID() string {
	return fmt.Sprintf("Root=1-%08x-%x;Parent=%x;Sampled=0", time.Now().Unix(), randomBytes(12), randomBytes(8))
}

func randomHex(n int) string { return hex.EncodeToString(randomBytes(n)) }

func randomBytes(n int) []byte {
	data := make([]byte, n)
	rand.Read(data) // never fails, says crypto/rand
	return data
}
