package lambdahost

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"time"
)

// The headers of the Runtime API, https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
const (
	headerRequestID     = "Lambda-Runtime-Aws-Request-Id"
	headerDeadline      = "Lambda-Runtime-Deadline-Ms"
	headerFunctionARN   = "Lambda-Runtime-Invoked-Function-Arn"
	headerTraceID       = "Lambda-Runtime-Trace-Id"
	headerClientContext = "Lambda-Runtime-Client-Context"
	headerErrorType     = "Lambda-Runtime-Function-Error-Type" // of a request, or a trailer of a streamed response
	trailerErrorBody    = "Lambda-Runtime-Function-Error-Body" // base64
)

// maxHeader leaves room for Lambda-Runtime-Function-Xray-Error-Cause, which runtimes keep below 1 MB.
const maxHeader = 2 * 1024 * 1024

// maxDrain bounds what is read of an oversized answer so that the runtime gets to see the refusal.
const maxDrain = 64 * 1024 * 1024

// runtimeAPI serves the Runtime API to one process.
type runtimeAPI struct{ p *process }

func newRuntimeAPI(p *process) *http.Server {
	api := &runtimeAPI{p: p}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", api.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", api.error)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", api.initError)
	return &http.Server{
		Handler: api.local(mux),
		// A body may take as long as the invocation, and next as long as there is no event.
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}

// local refuses what a web page could send here: a request under another host name, or one that tells of an origin.
func (api *runtimeAPI) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != api.p.addr || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			refuse(w, http.StatusForbidden, "Forbidden", "This address serves a Lambda function's own process only.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// next waits for an event and hands it over.
func (api *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	if before, ok := api.p.askNext(); !ok {
		refuseTransition(w, before, waiting)
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case inv := <-api.p.work:
			if r.Context().Err() != nil {
				api.p.giveBack(inv)
				return
			}
			if deadline, ok := api.p.take(inv); ok {
				writeEvent(w, inv, deadline)
				return
			}
		}
	}
}

func writeEvent(w http.ResponseWriter, inv *invocation, deadline time.Time) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(inv.payload)))
	header.Set(headerRequestID, inv.id)
	header.Set(headerDeadline, strconv.FormatInt(deadline.UnixMilli(), 10))
	header.Set(headerFunctionARN, inv.arn)
	header.Set(headerTraceID, inv.traceID)
	if inv.clientContext != "" {
		header.Set(headerClientContext, inv.clientContext)
	}
	w.Write(inv.payload) // when this fails the process has gone, which its end tells
}

// response takes what the function returned.
func (api *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	inv, now := api.p.runs(r.PathValue("id"))
	if inv == nil {
		refuseAnswer(w, now)
		return
	}
	payload, err := readBody(w, r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		api.p.complete(inv, inv.failure(errorObject("Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse))))
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse))
		return
	case err != nil:
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
		return
	}

	result := inv.success(payload)
	// A response that fails half way says so behind its body.
	if errorType := r.Trailer.Get(headerErrorType); errorType != "" {
		body, err := base64.StdEncoding.DecodeString(r.Trailer.Get(trailerErrorBody))
		if err != nil || len(body) == 0 {
			body = errorObject(errorType, fmt.Sprintf("RequestId: %s Error: the response broke off", inv.id))
		}
		result = inv.failure(body)
	}
	if !api.p.complete(inv, result) {
		refuseAnswer(w, ended)
		return
	}
	accept(w)
}

// error takes the error object of a function that failed.
func (api *runtimeAPI) error(w http.ResponseWriter, r *http.Request) {
	inv, now := api.p.runs(r.PathValue("id"))
	if inv == nil {
		refuseAnswer(w, now)
		return
	}
	payload, ok := readError(w, r)
	if !ok {
		return
	}
	if !api.p.complete(inv, inv.failure(payload)) {
		refuseAnswer(w, ended)
		return
	}
	accept(w)
}

// initError takes the error object of a function that cannot start.
func (api *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	payload, ok := readError(w, r)
	if !ok {
		return
	}
	if !api.p.failInit(payload) {
		api.p.mu.Lock()
		now := api.p.state
		api.p.mu.Unlock()
		refuseTransition(w, now, failed)
		return
	}
	accept(w)
}

// readBody reads a body of at most maxResponse bytes. The error is a *http.MaxBytesError when it is longer.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxResponse+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxResponse {
		io.CopyN(io.Discard, r.Body, maxDrain)
		return nil, &http.MaxBytesError{Limit: maxResponse}
	}
	return body, nil
}

// readError reads an error object, or makes one of the error type in the header when the body is empty. It answers the request
// itself when the body cannot be read.
func readError(w http.ResponseWriter, r *http.Request) (payload []byte, ok bool) {
	payload, err := readBody(w, r)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", maxResponse))
		return nil, false
	case err != nil:
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
		return nil, false
	case len(payload) == 0:
		errorType := firstNonEmpty(r.Header.Get(headerErrorType), "Runtime.Unknown")
		payload = errorObject(errorType, "The function failed without an error object.")
	}
	return payload, true
}

func accept(w http.ResponseWriter) {
	writeJSON(w, http.StatusAccepted, []byte(`{"status":"OK"}`+"\n"))
}

// refuseAnswer refuses an answer to an event that the process, in state now, does not have.
func refuseAnswer(w http.ResponseWriter, now state) {
	if now != running {
		refuseTransition(w, now, finishing)
		return
	}
	refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
}

func refuseTransition(w http.ResponseWriter, from, to state) {
	refuse(w, http.StatusForbidden, "InvalidStateTransition",
		fmt.Sprintf("Transition from %s to %s is not allowed.", from, to))
}

func refuse(w http.ResponseWriter, status int, errorType, message string) {
	data, err := json.Marshal(map[string]string{"errorMessage": message, "errorType": errorType})
	if err != nil {
		panic(err) // strings always marshal
	}
	writeJSON(w, status, data)
}

func writeJSON(w http.ResponseWriter, status int, data []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data)
}
