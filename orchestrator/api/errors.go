package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"minuet/orchestrator/engine"
)

// The namespaces in which AWS's answers put error codes. Clients drop them.
const (
	swfModel      = "com.amazonaws.swf.service.v2.model#" // what the service refuses
	coralValidate = "com.amazon.coral.validate#"          // violated constraints of the model
	coralService  = "com.amazon.coral.service#"           // requests that do not reach an operation, and internal failures
)

// fault is an error in the form that clients get.
type fault struct {
	status    int
	namespace string
	code      string
	message   string
}

func (f *fault) Error() string { return f.code + ": " + f.message }

func (f *fault) body() []byte {
	body, err := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{f.namespace + f.code, f.message})
	if err != nil {
		panic(err) // strings always marshal
	}
	return body
}

func serialization(format string, args ...any) error {
	return &fault{http.StatusBadRequest, coralService, "SerializationException", fmt.Sprintf(format, args...)}
}

// panicked is a panic in an operation.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// faultOf turns an error into what the client gets, and logs it unless the client is at fault.
func (s *server) faultOf(ctx context.Context, c *call, err error) *fault {
	log := s.log.With("operation", c.operation, "request", c.id)
	if f := (*fault)(nil); errors.As(err, &f) {
		log.Debug("request refused", "code", f.code, "message", f.message)
		return f
	}
	if e := (*engine.Error)(nil); errors.As(err, &e) {
		log.Debug("request refused", "code", e.Code, "message", e.Message)
		return &fault{http.StatusBadRequest, swfModel, e.Code, e.Message}
	}
	if ctx.Err() != nil {
		log.Debug("request given up", "error", err)
		return &fault{http.StatusServiceUnavailable, coralService, "ServiceUnavailableException", "The request was given up"}
	}
	if p := (*panicked)(nil); errors.As(err, &p) {
		log.Error("request panicked", "error", err, "stack", string(p.stack))
	} else {
		log.Error("request failed", "error", err)
	}
	return &fault{http.StatusInternalServerError, coralService, "InternalFailure", "Internal failure; the log has it as request " + c.id}
}
