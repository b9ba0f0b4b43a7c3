package customresource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
)

// Caller calls operations of the Step Functions API.
type Caller interface {
	// Call marshals in to JSON, calls the operation ("CreateStateMachine"), and unmarshals what it returns into out, which may
	// be nil. What the operation refuses is, or wraps, a [CodedError].
	Call(ctx context.Context, operation string, in, out any) error
}

// CodedError is an error with AWS's code, such as StateMachineDoesNotExist, without a namespace. Error returns its message.
type CodedError interface {
	error
	ErrorCode() string
}

// ResourceType is the type under which templates name the resource. Others that start with "Custom::" do as well.
const ResourceType = "Custom::MinuetStateMachine"

// Handler handles CloudFormation's requests. Caller is needed, the rest may be left out.
type Handler struct {
	Caller Caller
	// HTTP delivers the answers; nil: a client of its own.
	HTTP *http.Client
	Log  *slog.Logger
	// AllowHTTP takes response URLs without TLS, as emulators of CloudFormation have them.
	AllowHTTP bool
	// LogsAt is where an answer says that more can be read; "" for "the log of the function".
	LogsAt string
}

const (
	// answerTime is left for the answer when the operations have taken their part of the time, but no more than a third of all.
	answerTime = 5 * time.Second
	// noDeadline is how long a request may take whose context does not say.
	noDeadline = time.Minute
)

// Handle handles an event, and answers it at its ResponseURL. An error means that there is no answer: the event has no usable
// URL, or the URL did not take it. Lambda then delivers the event again, which does no harm.
func (h *Handler) Handle(ctx context.Context, event []byte) error {
	var r request
	if err := json.Unmarshal(event, &r); err != nil {
		return fmt.Errorf("CloudFormation's request: %w", err)
	}
	if err := h.checkURL(r.ResponseURL); err != nil {
		return err
	}
	log := h.log().With("stack", r.StackID, "resource", r.LogicalResourceID, "type", r.RequestType, "request", r.RequestID)
	out := cfn.Response{
		RequestID: r.RequestID, LogicalResourceID: r.LogicalResourceID, StackID: r.StackID, Status: cfn.StatusSuccess,
	}
	got, err := h.perform(ctx, &r)
	if err != nil {
		log.Error("custom resource failed", "error", err)
		out.Status, out.Reason, out.PhysicalResourceID = cfn.StatusFailed, h.reason(err), r.stays()
	} else {
		log.Info("custom resource done", "machine", got.id)
		out.PhysicalResourceID, out.Data = got.id, got.data
	}
	return h.deliver(ctx, r.ResponseURL, &out)
}

// request is cfn.Event with the properties as they came: the order of a definition's states is kept.
type request struct {
	RequestType           cfn.RequestType
	RequestID             string `json:"RequestId"`
	ResponseURL           string
	PhysicalResourceID    string `json:"PhysicalResourceId"`
	LogicalResourceID     string `json:"LogicalResourceId"`
	StackID               string `json:"StackId"`
	ResourceProperties    json.RawMessage
	OldResourceProperties json.RawMessage
}

// stays is the physical id of a resource whose request fails. One that was not created gets an id that is no ARN, so that the
// deletion which follows deletes nothing.
func (r *request) stays() string {
	if r.PhysicalResourceID != "" {
		return r.PhysicalResourceID
	}
	return "not-created-" + r.LogicalResourceID + "-" + r.RequestID
}

// result is what a request comes to.
type result struct {
	id   string
	data map[string]any
}

// perform does what a request asks for, in time to answer it. A panic becomes an error.
func (h *Handler) perform(ctx context.Context, r *request) (out result, err error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(noDeadline)
	}
	ctx, cancel := context.WithDeadlineCause(ctx, deadline.Add(-min(answerTime, time.Until(deadline)/3)), errSlow)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			h.log().Error("custom resource panicked", "panic", p, "stack", string(debug.Stack()))
			err = &panicked{p}
		}
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}()
	switch r.RequestType {
	case cfn.RequestCreate:
		return h.create(ctx, r)
	case cfn.RequestUpdate:
		return h.update(ctx, r)
	case cfn.RequestDelete:
		return h.delete(ctx, r)
	}
	return result{}, fmt.Errorf("CloudFormation asks for %q, which is not Create, Update or Delete", r.RequestType)
}

var errSlow = errors.New("the function's time ended before the operation did")

type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// reason says what went wrong, and what to do about it.
func (h *Handler) reason(err error) string {
	logs := h.LogsAt
	if logs == "" {
		logs = "the log of the function"
	}
	if isPanic(err) {
		return "Minuet failed on this request. It may be tried again; " + logs + " has the details."
	}
	text := err.Error()
	if next := advice(err); next != "" {
		return text + " " + next
	}
	return text + " (Try again; " + logs + " has the details.)"
}

func isPanic(err error) bool {
	p := (*panicked)(nil)
	return errors.As(err, &p)
}

// adviceOn says what to do about an error code of the API.
var adviceOn = map[string]string{
	"InvalidDefinition":           "Correct the definition: `minuet validate FILE` lists every fault.",
	"InvalidName":                 "Give another StateMachineName.",
	"InvalidArn":                  "Give RoleArn the ARN of an IAM role.",
	"InvalidLoggingConfiguration": "Correct LoggingConfiguration, or leave it out.",
	"TooManyTags":                 "Leave out some of the Tags; two of the fifty are Minuet's own.",
	"StateMachineAlreadyExists":   "Give another StateMachineName, or delete that state machine first.",
	"ValidationException":         "Correct the property that this names.",
	"ConflictException":           "Something else was changing the state machine: try again.",
}

func advice(err error) string {
	if wrong := (*propertyError)(nil); errors.As(err, &wrong) {
		return "Correct the resource's properties."
	}
	return adviceOn[codeOf(err)]
}

func codeOf(err error) string {
	var coded CodedError
	if errors.As(err, &coded) {
		return coded.ErrorCode()
	}
	return ""
}

func (h *Handler) log() *slog.Logger {
	if h.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return h.Log
}
