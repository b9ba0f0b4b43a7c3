package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"minuet/client"
)

var proxyKeys = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "session")

// functionURL is a stand-in for a Function URL with AWS_IAM: it refuses what is not signed as Lambda wants it.
type functionURL struct {
	*httptest.Server
	got []*http.Request // whose signature was right
}

func newFunctionURL(t *testing.T, answer http.HandlerFunc) *functionURL {
	f := &functionURL{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if want := f.signature(t, r, body); r.Header.Get("Authorization") != want {
			t.Errorf("Authorization %q, want %q", r.Header.Get("Authorization"), want)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		f.got = append(f.got, r)
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// signature signs a request again, from the headers that it names as signed.
func (f *functionURL) signature(t *testing.T, r *http.Request, body []byte) string {
	again, err := http.NewRequest(r.Method, f.URL+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	names, _, _ := strings.Cut(rest, ",")
	for name := range strings.SplitSeq(names, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Errorf("X-Amz-Date: %v", err)
	}
	keys, err := proxyKeys.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, again, hex.EncodeToString(sum[:]), "lambda", "eu-central-1", at); err != nil {
		t.Fatal(err)
	}
	return again.Header.Get("Authorization")
}

// startProxy serves a proxy to an endpoint until the test ends, and returns its address.
func startProxy(t *testing.T, endpoint string, keys aws.CredentialsProvider) string {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "any")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
	s, err := newSigningProxy(t.Context(), endpoint, "eu-central-1")
	if err != nil {
		t.Fatal(err)
	}
	s.credentials = keys
	listener, err := listenLoopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// Ensure that a client's request arrives signed by the proxy, and the answer comes back as it was.
func TestProxySigns(t *testing.T) {
	f := newFunctionURL(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("X-Amzn-Requestid", "id")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"__type":"com.amazonaws.swf.service.v2.model#InvalidToken","message":"Invalid Token: 'x'"}`)
	})
	addr := startProxy(t, f.URL+"/base/", proxyKeys)

	states, err := client.New(t.Context(), "http://"+addr)
	if err != nil {
		t.Fatal(err)
	}
	_, err = states.SendTaskSuccess(t.Context(), &sfn.SendTaskSuccessInput{TaskToken: aws.String("x"), Output: aws.String("{}")})
	var refused interface{ ErrorCode() string }
	if !errors.As(err, &refused) || refused.ErrorCode() != "InvalidToken" {
		t.Errorf("error %v, want the endpoint's InvalidToken", err)
	}

	request, err := http.NewRequest(http.MethodPost, "http://"+addr+"/a%20b?c=d", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Authorization": "AWS4-HMAC-SHA256 theirs", "X-Amz-Date": "20200101T000000Z", "X-Amz-Security-Token": "theirs", "Cookie": "a=b",
		"X-Amz-Target": "AWSStepFunctions.ListActivities", "Content-Type": "application/x-amz-json-1.0", "X-Forwarded-For": "10.0.0.1",
		"Accept": "*/*", "User-Agent": "test",
	} {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusBadRequest || answer.Header.Get("X-Amzn-Requestid") != "id" {
		t.Errorf("status %d and request id %q of the answer differ from the endpoint's", answer.StatusCode, answer.Header.Get("X-Amzn-Requestid"))
	}
	got := f.got[1]
	if got.URL.RequestURI() != "/base/a%20b?c=d" {
		t.Errorf("forwarded to %s", got.URL.RequestURI())
	}
	for name, want := range map[string]string{
		"X-Amz-Security-Token": "session", "X-Amz-Target": "AWSStepFunctions.ListActivities", "Cookie": "", "X-Forwarded-For": "",
		"Accept": "*/*", "User-Agent": "test", "Content-Type": "application/x-amz-json-1.0",
	} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("forwarded %s %q, want %q", name, value, want)
		}
	}
}

// Ensure that an answer reaches the client while it is still being made.
func TestProxyStreams(t *testing.T) {
	more := make(chan struct{})
	f := newFunctionURL(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first ")
		w.(http.Flusher).Flush()
		<-more
		io.WriteString(w, "second")
	})
	answer, err := http.Post("http://"+startProxy(t, f.URL, proxyKeys), "application/json", nil)
	if err != nil {
		close(more)
		t.Fatal(err)
	}
	defer answer.Body.Close()
	first := make([]byte, len("first "))
	_, err = io.ReadFull(answer.Body, first)
	close(more)
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(answer.Body); err != nil || string(first)+string(rest) != "first second" {
		t.Errorf("got %q and %q, error %v", first, rest, err)
	}
}

// Ensure that what the proxy cannot forward is refused in AWS's form, and nothing is sent.
func TestProxyRefuses(t *testing.T) {
	none := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("the SSO session has expired")
	})
	for _, tt := range []struct {
		name   string
		keys   aws.CredentialsProvider
		host   string
		header map[string]string
		body   string
		status int
		want   string
	}{
		{"a page of another site", proxyKeys, "", map[string]string{"Origin": "https://example.com"}, "{}", 403, `#AccessDeniedException","message":"minuet proxy does not serve web pages`},
		{"a page without an origin", proxyKeys, "", map[string]string{"Origin": "null"}, "{}", 403, "AccessDeniedException"},
		{"a link on another site", proxyKeys, "", map[string]string{"Sec-Fetch-Site": "cross-site"}, "", 403, "AccessDeniedException"},
		{"another port of this machine", proxyKeys, "", map[string]string{"Sec-Fetch-Site": "same-site"}, "{}", 403, "AccessDeniedException"},
		{"a foreign name for this machine", proxyKeys, "rebound.example.com", nil, "{}", 421, "use 127.0.0.1 or localhost"},
		{"too much", proxyKeys, "", nil, strings.Repeat("x", proxyBody+1), 413, "RequestEntityTooLargeException"},
		{"no credentials", none, "", nil, "{}", 403, `#UnrecognizedClientException","message":"minuet proxy cannot sign: there are no AWS credentials: the SSO session has expired (sign in`},
		{"no credentials provider", nil, "", nil, "{}", 403, "there are no AWS credentials"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFunctionURL(t, func(http.ResponseWriter, *http.Request) {})
			request, err := http.NewRequest(http.MethodPost, "http://"+startProxy(t, f.URL, tt.keys), strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Host = tt.host
			for name, value := range tt.header {
				request.Header.Set(name, value)
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != tt.status || !strings.Contains(string(body), tt.want) {
				t.Errorf("status %d, %s; want %d and %q", answer.StatusCode, body, tt.status, tt.want)
			}
			if len(f.got) > 0 {
				t.Error("the request was forwarded")
			}
		})
	}
}

// Ensure that the proxy's own page may use it, and that an endpoint which is away is told of.
func TestProxyServesItsOwnOrigin(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := "http://" + free.Addr().String()
	free.Close()
	addr := startProxy(t, away, proxyKeys)
	request, err := http.NewRequest(http.MethodPost, "http://"+addr, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "http://"+addr)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "minuet proxy cannot reach") {
		t.Errorf("status %d, %s, error %v", answer.StatusCode, body, err)
	}
}
