package engine

import "context"

// Invoker runs Lambda functions.
//
// Invoke returns once the function has answered, or ctx has ended. What the function itself did wrong is a result with
// FunctionError; what kept it from running is an *[InvokeError]. Any other error means that the outcome is unknown.
// Invoke itself never repeats a call that may have reached the function.
type Invoker interface {
	Invoke(ctx context.Context, in Invocation) (InvocationResult, error)
}

// Invocation is a call of a Lambda function.
type Invocation struct {
	Function      string // a name, a partial ARN or an ARN, with or without a qualifier
	Qualifier     string // a version or alias, or ""
	Type          string // "RequestResponse" (also when ""), "Event" or "DryRun"
	LogType       string // "Tail", "None" or ""
	ClientContext string // base64 JSON, or ""
	Payload       []byte // JSON; nil sends no body
	RoleARN       string // the role of the state machine, for a host that assumes it
}

// InvocationResult is what Lambda answered.
type InvocationResult struct {
	StatusCode      int    // 200, 202 or 204
	Payload         []byte // what the function returned: JSON, but whatever a hostile one sends
	FunctionError   string // "Unhandled" or "Handled" when the function failed; then Payload is Lambda's error object
	ExecutedVersion string // "$LATEST"
	LogResult       string // base64 tail of the log when asked for
	RequestID       string
	Headers         map[string][]string // of the HTTP response; nil when there was none
}

// InvokeError is Lambda's refusal to run a function.
type InvokeError struct {
	Code       string // "ResourceNotFoundException", "TooManyRequestsException", ...
	Message    string
	StatusCode int
	RequestID  string
}

func (e *InvokeError) Error() string { return e.Code + ": " + e.Message }
