package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ServiceName is what signatures for a Function URL name as the service.
const ServiceName = "lambda"

// maxAttempts is how often a call is sent unless the SDK's configuration says otherwise. It outlasts a cold start behind a
// throttle, and a function that is being replaced.
const maxAttempts = 5

// New returns a client of the API at endpoint: the output ApiUrl or CallbackUrl of a deployed stack, or the address of
// minuet serve or minuet proxy. Options come last and may change anything.
//
// An empty endpoint is the one that the SDK's configuration names (AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL, endpoint_url in a
// profile); if that has none, the client is one of AWS Step Functions itself.
//
// The region is the Function URL's. For other endpoints it is the configuration's, which must have one unless the endpoint is
// http. There, too, a client without credentials signs with made up ones, because local servers do not look at them.
func New(ctx context.Context, endpoint string, opts ...func(*sfn.Options)) (*sfn.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	if endpoint == "" {
		endpoint = configured(cfg)
	}
	if endpoint == "" {
		return sfn.NewFromConfig(cfg, opts...), nil
	}
	u, err := parse(endpoint)
	if err != nil {
		return nil, err
	}
	local := u.Scheme == "http"
	if region := Region(endpoint); region != "" {
		cfg.Region = region
	}
	switch {
	case cfg.Region == "" && local:
		cfg.Region = "us-east-1"
	case cfg.Region == "":
		return nil, fmt.Errorf("endpoint %s: no region to sign for: set AWS_REGION", endpoint)
	}
	if local {
		cfg.Credentials = aws.NewCredentialsCache(orMadeUp{cfg.Credentials})
	}
	return sfn.NewFromConfig(cfg, append([]func(*sfn.Options){func(o *sfn.Options) {
		o.BaseEndpoint = aws.String(strings.TrimSuffix(endpoint, "/"))
		o.Retryer = retryer(o.RetryMode)
		o.APIOptions = append(o.APIOptions, keepHost)
	}, sfn.WithSigV4SigningName(ServiceName)}, opts...)...), nil
}

// Unsigned is an option of [New] for callers without credentials, where the endpoint takes them: a CallbackUrl without
// authorization, whose credential is the task token.
func Unsigned(o *sfn.Options) { o.Credentials = aws.AnonymousCredentials{} }

// Region returns the region of a Function URL, https://ID.lambda-url.REGION.on.aws, or "" for any other endpoint.
func Region(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	labels := strings.Split(strings.ToLower(u.Hostname()), ".")
	if len(labels) == 5 && labels[1] == "lambda-url" && labels[3] == "on" && labels[4] == "aws" {
		return labels[2]
	}
	return ""
}

// configured returns the endpoint for Step Functions that the SDK would use because it was told to, or "".
func configured(cfg aws.Config) string {
	return aws.ToString(sfn.NewFromConfig(cfg).Options().BaseEndpoint)
}

func parse(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return nil, fmt.Errorf("endpoint %q is not a URL such as https://ID.lambda-url.REGION.on.aws", endpoint)
	}
	return u, nil
}

// keepHost has the SDK leave the host's name as it is: there is no server at sync-ID.lambda-url.REGION.on.aws.
func keepHost(s *middleware.Stack) error {
	return s.Initialize.Add(middleware.InitializeMiddlewareFunc("KeepHost", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
	}), middleware.Before)
}

// retryer returns what the SDK retries with in a mode, and retries a throttled Function URL besides: its answer, status 429,
// carries none of the error codes that the SDK knows.
func retryer(mode aws.RetryMode) aws.Retryer {
	standard := func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{
			Codes: map[int]struct{}{http.StatusTooManyRequests: {}},
		})
	}
	if mode == aws.RetryModeAdaptive {
		return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, standard)
		})
	}
	return retry.NewStandard(standard)
}

// orMadeUp provides the caller's credentials, or made up ones.
type orMadeUp struct{ aws.CredentialsProvider }

// Retrieve implements [aws.CredentialsProvider].
func (p orMadeUp) Retrieve(ctx context.Context) (aws.Credentials, error) {
	err := errors.New("none configured")
	if p.CredentialsProvider != nil {
		var got aws.Credentials
		if got, err = p.CredentialsProvider.Retrieve(ctx); err == nil || ctx.Err() != nil {
			return got, err
		}
	}
	return credentials.NewStaticCredentialsProvider("minuet", "minuet", "").Retrieve(ctx)
}
