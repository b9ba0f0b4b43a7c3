package function

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"minuet/orchestrator/cloud"
	"minuet/orchestrator/customresource"
)

// API is the handler of the api function. Its events are requests of its Function URL, direct invocations
//
//	{"operation": "StartExecution", "parameters": {"stateMachineArn": "...", "input": "{}"}}
//
// as EventBridge's rules and Scheduler send them, which are answered with the operation's own answer, and requests of
// CloudFormation for custom resources.
type API struct {
	Host *cloud.Host
}

// anyEvent tells the api function's events apart.
type anyEvent struct {
	Operation      string          `json:"operation"`
	Parameters     json.RawMessage `json:"parameters"`
	RequestType    string          `json:"RequestType"`
	ResponseURL    string          `json:"ResponseURL"`
	RequestContext json.RawMessage `json:"requestContext"`
}

// Invoke implements lambda.Handler.
func (a API) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	defer a.Host.Flush()
	var e anyEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	switch {
	case e.RequestContext != nil:
		return answerURL(ctx, a.Host.Handler, event)
	case e.Operation != "":
		return Call(ctx, a.Host.Handler, e.Operation, e.Parameters)
	case e.RequestType != "" && e.ResponseURL != "":
		h := customresource.Handler{Caller: caller{a.Host.Handler}, Log: a.Host.Log, LogsAt: os.Getenv("AWS_LAMBDA_LOG_GROUP_NAME")}
		return []byte("null"), h.Handle(ctx, event)
	}
	return nil, fmt.Errorf(`event is neither a request of the Function URL, nor {"operation": ..., "parameters": {...}}, nor one of CloudFormation`)
}

func answerURL(ctx context.Context, h http.Handler, event []byte) ([]byte, error) {
	var e events.LambdaFunctionURLRequest
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	out, err := URL(ctx, h, e)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

const targetPrefix = "AWSStepFunctions."

// Call calls an operation of the API without HTTP. What it refuses is an error whose type is AWS's code.
func Call(ctx context.Context, h http.Handler, operation string, parameters []byte) ([]byte, error) {
	if len(parameters) == 0 {
		parameters = []byte("{}")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(parameters))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", targetPrefix+operation)
	w := newRecorder()
	h.ServeHTTP(w, req)
	if w.status == http.StatusOK {
		return w.body.Bytes(), nil
	}
	var refused struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(w.body.Bytes(), &refused); err != nil {
		return nil, fmt.Errorf("%s: status %d: %s", operation, w.status, w.body.Bytes())
	}
	code := refused.Type[strings.LastIndexByte(refused.Type, '#')+1:]
	return nil, messages.InvokeResponse_Error{Type: code, Message: refused.Message}
}

// caller lets the custom resource call operations.
type caller struct{ handler http.Handler }

// Call implements [customresource.Caller].
func (c caller) Call(ctx context.Context, operation string, in, out any) error {
	parameters, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	answer, err := Call(ctx, c.handler, operation, parameters)
	if refused := (messages.InvokeResponse_Error{}); errors.As(err, &refused) {
		return codedError{refused}
	}
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// codedError is a [customresource.CodedError].
type codedError struct{ refused messages.InvokeResponse_Error }

func (e codedError) Error() string     { return e.refused.Message }
func (e codedError) ErrorCode() string { return e.refused.Type }

// Callback is the handler of the callback function: requests of its Function URL, for the operations whose credential is a
// task token.
type Callback struct {
	Host *cloud.Host
}

// Invoke implements lambda.Handler.
func (c Callback) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	defer c.Host.Flush()
	return answerURL(ctx, callbacksOnly(c.Host.Handler), event)
}

func callbacksOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.Header.Get("X-Amz-Target"), targetPrefix) {
		case "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat":
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"This endpoint takes SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat. `+
			`Send other operations to the endpoint of the API."}`)
	})
}
