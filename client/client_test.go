package client_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"minuet/client"
)

// environment gives the SDK settings of the test's own, and no others.
func environment(t *testing.T, variables map[string]string) {
	t.Helper()
	nowhere := filepath.Join(t.TempDir(), "none")
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SFN", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", nowhere)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", nowhere)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

var keys = map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}

func with(more map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{keys, more} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// wire is an HTTP client that answers everything itself, with the statuses given and then 200, and keeps the requests.
type wire struct {
	statuses []int
	requests []*http.Request
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.requests = append(w.requests, r)
	status, body := http.StatusOK, `{}`
	if len(w.statuses) > 0 {
		status, w.statuses = w.statuses[0], w.statuses[1:]
		body = `{"Message":"Rate Exceeded."}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (w *wire) option(o *sfn.Options) { o.HTTPClient = w }

const functionURL = "https://abc123.lambda-url.eu-central-1.on.aws"

// Ensure that a client signs for what its endpoint is.
func TestNewSignsForTheEndpoint(t *testing.T) {
	for _, tt := range []struct {
		name, endpoint string
		environment    map[string]string
		host, scope    string // scope: of the credential, from the region on
	}{
		{"a Function URL", functionURL + "/", with(nil), "abc123.lambda-url.eu-central-1.on.aws", "/eu-central-1/lambda/aws4_request"},
		{"a Function URL of another region than the configuration's", functionURL, with(map[string]string{"AWS_REGION": "us-west-2"}),
			"abc123.lambda-url.eu-central-1.on.aws", "/eu-central-1/lambda/aws4_request"},
		{"a domain of one's own", "https://minuet.example.com", with(map[string]string{"AWS_REGION": "us-west-2"}),
			"minuet.example.com", "/us-west-2/lambda/aws4_request"},
		{"this machine, nothing configured", "http://127.0.0.1:8083", nil, "127.0.0.1:8083", "minuet/"},
		{"this machine, with credentials", "http://127.0.0.1:8083", with(nil), "127.0.0.1:8083", "AKIDEXAMPLE/"},
		{"the environment's endpoint", "", with(map[string]string{"AWS_ENDPOINT_URL_SFN": functionURL, "AWS_REGION": "us-west-2"}),
			"abc123.lambda-url.eu-central-1.on.aws", "/eu-central-1/lambda/aws4_request"},
		{"the environment's endpoint on this machine, nothing else configured", "", map[string]string{"AWS_ENDPOINT_URL_SFN": "http://localhost:8083"},
			"localhost:8083", "/us-east-1/lambda/aws4_request"},
		{"AWS Step Functions", "", with(map[string]string{"AWS_REGION": "us-west-2"}),
			"states.us-west-2.amazonaws.com", "/us-west-2/states/aws4_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.environment)
			w := new(wire)
			c, err := client.New(t.Context(), tt.endpoint, w.option)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.SendTaskHeartbeat(t.Context(), &sfn.SendTaskHeartbeatInput{TaskToken: aws.String("token")}); err != nil {
				t.Fatal(err)
			}
			r := w.requests[0]
			if r.URL.Host != tt.host {
				t.Errorf("host %s, want %s", r.URL.Host, tt.host)
			}
			if got := r.Header.Get("Authorization"); !strings.Contains(got, tt.scope) {
				t.Errorf("Authorization %q lacks %q", got, tt.scope)
			}
		})
	}
}

// Ensure that StartSyncExecution goes to the endpoint's own host.
func TestNewKeepsTheHost(t *testing.T) {
	environment(t, keys)
	w := new(wire)
	c, err := client.New(t.Context(), functionURL, w.option)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.StartSyncExecution(t.Context(), &sfn.StartSyncExecutionInput{StateMachineArn: aws.String("arn")}); err != nil {
		t.Fatal(err)
	}
	if got, want := w.requests[0].URL.Host, strings.TrimPrefix(functionURL, "https://"); got != want {
		t.Errorf("host %s, want %s", got, want)
	}
}

// Ensure that a throttled function is called again, as often as the configuration says.
func TestNewRetries(t *testing.T) {
	for _, tt := range []struct {
		name        string
		environment map[string]string
		statuses    []int
		want        int
		ok          bool
	}{
		{"throttled twice", nil, []int{429, 429}, 3, true},
		{"a function that failed", nil, []int{502}, 2, true},
		{"refused", nil, []int{403}, 1, false},
		{"adaptive", map[string]string{"AWS_RETRY_MODE": "adaptive"}, []int{429}, 2, true},
		{"fewer attempts", map[string]string{"AWS_MAX_ATTEMPTS": "1"}, []int{429, 429}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, with(tt.environment))
			w := &wire{statuses: tt.statuses}
			synctest.Test(t, func(t *testing.T) {
				c, err := client.New(t.Context(), functionURL, w.option)
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.ListStateMachines(t.Context(), nil)
				if len(w.requests) != tt.want || (err == nil) != tt.ok {
					t.Errorf("%d requests and error %v, want %d and ok %v", len(w.requests), err, tt.want, tt.ok)
				}
			})
		})
	}
}

// Ensure that an unsigned client signs nothing.
func TestUnsigned(t *testing.T) {
	environment(t, nil)
	w := new(wire)
	c, err := client.New(t.Context(), functionURL, w.option, client.Unsigned)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendTaskHeartbeat(t.Context(), &sfn.SendTaskHeartbeatInput{TaskToken: aws.String("token")}); err != nil {
		t.Fatal(err)
	}
	if got := w.requests[0].Header.Get("Authorization"); got != "" {
		t.Errorf("Authorization %q, want none", got)
	}
}

// Ensure that a server on this machine is reached over the SDK's own HTTP client, without credentials.
func TestNewReachesAServer(t *testing.T) {
	environment(t, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		io.WriteString(w, `{"stateMachines":[{"stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:a","name":"a","type":"STANDARD","creationDate":1}]}`)
	}))
	defer server.Close()
	c, err := client.New(t.Context(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.ListStateMachines(t.Context(), nil)
	if err != nil || len(out.StateMachines) != 1 {
		t.Errorf("%v, error %v", out, err)
	}
}

// Ensure that endpoints which cannot be reached are refused at once.
func TestNewRefuses(t *testing.T) {
	environment(t, keys)
	for endpoint, want := range map[string]string{
		"abc123.lambda-url.eu-central-1.on.aws": "is not a URL such as https://",
		"ftp://example.com":                     "is not a URL such as https://",
		"https://":                              "is not a URL such as https://",
		"https://minuet.example.com":            "no region to sign for: set AWS_REGION",
	} {
		if _, err := client.New(context.Background(), endpoint); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", endpoint, err, want)
		}
	}
}

// Ensure that only Function URLs tell a region.
func TestRegion(t *testing.T) {
	for endpoint, want := range map[string]string{
		functionURL: "eu-central-1",
		"https://ABC.Lambda-Url.us-gov-west-1.on.aws/x":          "us-gov-west-1",
		"https://lambda-url.eu-central-1.on.aws":                 "",
		"https://abc.lambda-url.eu-central-1.on.aws.example.com": "",
		"http://127.0.0.1:8083":                                  "",
		"::":                                                     "",
	} {
		if got := client.Region(endpoint); got != want {
			t.Errorf("Region(%q) = %q, want %q", endpoint, got, want)
		}
	}
}
