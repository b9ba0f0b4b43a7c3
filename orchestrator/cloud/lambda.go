package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"minuet/orchestrator/engine"
)

// The codes of failures that have no code of Lambda's, named as Step Functions names them: ASL files retry both as
// Lambda.SdkClientException and Lambda.AWSLambdaException.
const (
	codeNotSent = "SdkClientException" // the request did not leave: no credentials, no such host, connection refused
	codeUnnamed = "AWSLambdaException" // an answer below 500 without an error code
)

// lambdaConnections is how many connections to Lambda are kept open. Each call under way needs one.
const lambdaConnections = 256

var _ engine.Invoker = (*Lambda)(nil)

// Lambda invokes functions by the Lambda API: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
// It is safe for concurrent use.
type Lambda struct {
	client *lambda.Client
}

// NewLambda makes a Lambda of the environment and the files that configure the AWS SDKs, AWS_ENDPOINT_URL_LAMBDA included.
func NewLambda(ctx context.Context) (*Lambda, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure lambda: %w", err)
	}
	return NewLambdaFromConfig(cfg), nil
}

// NewLambdaFromConfig makes a Lambda of cfg and options over it. Retries are off whatever these say. A call ends with its context
// and has no time limit besides; an HTTP client in cfg that is not the SDK's own must see to that, and to enough idle connections,
// itself.
func NewLambdaFromConfig(cfg aws.Config, options ...func(*lambda.Options)) *Lambda {
	cfg = cfg.Copy()
	switch client := cfg.HTTPClient.(type) {
	case nil:
		cfg.HTTPClient = withConnections(awshttp.NewBuildableClient())
	case *awshttp.BuildableClient:
		cfg.HTTPClient = withConnections(client)
	}
	options = append(options, func(o *lambda.Options) {
		o.Retryer = aws.NopRetryer{}
		o.RetryMaxAttempts = 0 // else it would wrap the retryer
	})
	return &Lambda{client: lambda.NewFromConfig(cfg, options...)}
}

func withConnections(client *awshttp.BuildableClient) *awshttp.BuildableClient {
	return client.WithTimeout(0).WithTransportOptions(func(t *http.Transport) {
		t.MaxConnsPerHost = 0
		t.MaxIdleConns = 0
		t.MaxIdleConnsPerHost = lambdaConnections
		t.ResponseHeaderTimeout = 0
	})
}

// Invoke implements [engine.Invoker].
//
// Besides Lambda's own refusals, an *[engine.InvokeError] is a request that did not leave this machine (code
// SdkClientException, status 0) and an answer below 500 that has no error code (code AWSLambdaException). An answer of 500 and
// above without a code comes from something in between, such as a proxy, and leaves the outcome unknown, as does a connection
// that breaks.
func (l *Lambda) Invoke(ctx context.Context, in engine.Invocation) (engine.InvocationResult, error) {
	if in.Function == "" {
		// The SDK would send it, to a path that is not Invoke's.
		return engine.InvocationResult{}, &engine.InvokeError{
			Code: "ValidationException", Message: "FunctionName must not be empty", StatusCode: http.StatusBadRequest,
		}
	}
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	out, err := l.client.Invoke(traced, &lambda.InvokeInput{
		FunctionName:   aws.String(in.Function),
		Qualifier:      optional(in.Qualifier),
		InvocationType: types.InvocationType(in.Type),
		LogType:        types.LogType(in.LogType),
		ClientContext:  optional(in.ClientContext),
		Payload:        in.Payload,
	})
	if err != nil {
		return engine.InvocationResult{}, l.failure(ctx, in.Function, err, connected.Load())
	}
	result := engine.InvocationResult{
		StatusCode:      int(out.StatusCode),
		Payload:         out.Payload,
		FunctionError:   aws.ToString(out.FunctionError),
		ExecutedVersion: aws.ToString(out.ExecutedVersion),
		LogResult:       aws.ToString(out.LogResult),
	}
	result.RequestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	if response, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response); ok {
		result.Headers = response.Header
	}
	return result, nil
}

// failure sorts an error of the SDK: a refusal, a request that was not sent, or an outcome unknown.
func (l *Lambda) failure(ctx context.Context, function string, err error, connected bool) error {
	unknown := fmt.Errorf("invoke %s: %w", function, err)

	// The SDK makes a ResponseError with status 0 of a request without a response.
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.Response != nil && response.HTTPStatusCode() != 0 {
		refusal := &engine.InvokeError{StatusCode: response.HTTPStatusCode(), RequestID: response.ServiceRequestID()}
		var api smithy.APIError
		named := errors.As(err, &api) && api.ErrorCode() != "" && api.ErrorCode() != "UnknownError"
		switch {
		case refusal.StatusCode < 300:
			return unknown // the function ran, but its answer cannot be read
		case named:
			refusal.Code, refusal.Message = api.ErrorCode(), api.ErrorMessage()
			return refusal
		case refusal.StatusCode < 500:
			refusal.Code, refusal.Message = codeUnnamed, http.StatusText(refusal.StatusCode)
			if api != nil && api.ErrorMessage() != "" && api.ErrorMessage() != "UnknownError" {
				refusal.Message = api.ErrorMessage()
			}
			return refusal
		default:
			return unknown
		}
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("invoke %s: %w", function, ctx.Err())
	case !connected:
		return &engine.InvokeError{Code: codeNotSent, Message: "Unable to execute HTTP request: " + cause(err).Error()}
	default:
		return unknown
	}
}

// cause is err without what the SDK wraps it in for its own operation.
func cause(err error) error {
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		err = operation.Err
	}
	var send *smithyhttp.RequestSendError
	if errors.As(err, &send) {
		err = send.Err
	}
	return err
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
