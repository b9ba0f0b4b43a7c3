package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"

	"minuet/client"
)

// proxy serves a deployed stack's API on this machine, until it is interrupted.
func (p *program) proxy(ctx context.Context, args []string) error {
	set := p.flags("proxy", "--endpoint URL [flags]", "Serves the API of a deployed stack on this machine, for clients that cannot sign for a Function URL. "+
		"What is sent here is signed with your own AWS credentials.")
	endpoint := set.String("endpoint", "", "forward to `URL`: the stack's output ApiUrl")
	addr := set.String("addr", "127.0.0.1:8083", "listen on `HOST:PORT`, which must be of this machine")
	region := set.String("region", "", "sign for `REGION`; left out: the one in URL, or else the AWS configuration's")
	verbose := set.Bool("verbose", false, "log every request")
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError{fmt.Errorf("proxy takes no argument %q", rest[0])}
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	s, err := newSigningProxy(ctx, *endpoint, *region)
	if err != nil {
		return err
	}
	s.log = slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: level}))
	listener, err := listenLoopback(*addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "aws stepfunctions --endpoint-url http://%s list-state-machines\n", listener.Addr())
	return s.serve(ctx, listener)
}

// listenLoopback listens at an address that no other machine reaches: whoever reaches it acts with the user's credentials.
func listenLoopback(addr string) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, usageError{err}
	}
	if !at.IP.IsLoopback() {
		return nil, usageError{hint(fmt.Errorf("%s can be reached from other machines, which would act with your credentials", addr),
			"listen on this machine only, as in --addr 127.0.0.1:8083")}
	}
	listener, err := net.ListenTCP("tcp", at)
	if err != nil {
		return nil, hint(err, "another program may be using %s: choose another address with --addr", addr)
	}
	return listener, nil
}

const (
	// proxyBody is how many bytes a request may have: a definition of 1 MiB, with room for escapes, as the API itself.
	proxyBody = 2 << 20
	// proxyWait is how long the endpoint may take to answer: as long as a function may run.
	proxyWait = 15 * time.Minute
)

// signingProxy forwards requests, signed for a Function URL.
type signingProxy struct {
	target      *url.URL
	region      string
	credentials aws.CredentialsProvider
	transport   http.RoundTripper
	now         func() time.Time
	log         *slog.Logger
}

// newSigningProxy makes a proxy of the user's AWS configuration, which must have credentials.
func newSigningProxy(ctx context.Context, endpoint, region string) (*signingProxy, error) {
	target, err := proxyTarget(endpoint)
	if err != nil {
		return nil, usageError{err}
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	for _, other := range []string{client.Region(endpoint), cfg.Region} {
		if region == "" {
			region = other
		}
	}
	if region == "" {
		return nil, usageError{hint(fmt.Errorf("%s does not tell its region", endpoint), "name it with --region")}
	}
	s := &signingProxy{
		target: target, region: region, credentials: cfg.Credentials, now: time.Now, log: slog.New(slog.DiscardHandler),
		transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: proxyWait,
			IdleConnTimeout:       time.Minute,
			MaxIdleConnsPerHost:   64,
			ForceAttemptHTTP2:     true,
			DisableCompression:    true, // answers pass as they are
		},
	}
	if _, err := s.signer(ctx); err != nil {
		return nil, hint(err, "%s", credentialsHint)
	}
	return s, nil
}

// proxyTarget checks an endpoint. A signature is no secret, but what travels with it is.
func proxyTarget(endpoint string) (*url.URL, error) {
	if endpoint == "" {
		return nil, hint(errors.New("where to is missing"), "name the stack's output ApiUrl: minuet proxy --endpoint https://ID.lambda-url.REGION.on.aws")
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	switch {
	case u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q is not a URL such as https://ID.lambda-url.REGION.on.aws", endpoint)
	case u.Scheme == "http" && !loopbackName(u.Host):
		return nil, hint(fmt.Errorf("%s is not encrypted", endpoint), "use https")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("%q has more than a host and a path", endpoint)
	}
	return u, nil
}

const credentialsHint = "sign in with `aws login` or `aws configure`, or set AWS_PROFILE"

// signer returns the credentials to sign with.
func (s *signingProxy) signer(ctx context.Context) (aws.Credentials, error) {
	if s.credentials == nil {
		return aws.Credentials{}, errors.New("there are no AWS credentials")
	}
	c, err := s.credentials.Retrieve(ctx)
	if err != nil {
		return c, fmt.Errorf("there are no AWS credentials: %w", err)
	}
	return c, nil
}

// serve serves until the context ends.
func (s *signingProxy) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: sameMachine(sameOrigin(s)), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if server.Shutdown(end) != nil {
		return server.Close()
	}
	return nil
}

// sameOrigin refuses what browsers send for web pages of elsewhere.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		ours := site == "" || site == "same-origin" || site == "none"
		if origin := r.Header.Get("Origin"); origin != "" {
			u, err := url.Parse(origin)
			ours = ours && err == nil && u.Host == r.Host
		}
		if !ours {
			refuse(w, http.StatusForbidden, "AccessDeniedException", "minuet proxy does not serve web pages of other sites")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP forwards a request, and streams the answer back.
func (s *signingProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, proxyBody))
	if err != nil {
		if tooBig := (*http.MaxBytesError)(nil); errors.As(err, &tooBig) {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", fmt.Sprintf("The request has more than %d bytes", proxyBody))
			return
		}
		refuse(w, http.StatusBadRequest, "SerializationException", "The request broke off")
		return
	}
	log := s.log.With("target", r.Header.Get("X-Amz-Target"), "bytes", len(body))
	out, err := s.forwarded(r, body)
	if err != nil {
		log.Error("request not signed", "error", err)
		refuse(w, http.StatusForbidden, "UnrecognizedClientException", "minuet proxy cannot sign: "+err.Error()+" ("+credentialsHint+")")
		return
	}
	answer, err := s.transport.RoundTrip(out)
	if err != nil {
		if r.Context().Err() != nil {
			log.Debug("request given up")
			return
		}
		log.Error("endpoint not reached", "error", err)
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailableException", "minuet proxy cannot reach "+s.target.Host+": "+err.Error())
		return
	}
	defer answer.Body.Close()
	log.Debug("request forwarded", "status", answer.StatusCode)
	if answer.StatusCode == http.StatusForbidden {
		log.Warn("the endpoint refused the signature: the caller needs lambda:InvokeFunctionUrl and lambda:InvokeFunction", "region", s.region)
	}
	copyAnswer(w, answer)
}

// The headers that go on to the endpoint. What the client signed with, and a browser's cookies, do not. What decides what the
// endpoint does is signed; the rest is not, since servers in between may change it.
var (
	signedHeaders   = []string{"Content-Type", "X-Amz-Target", "X-Amz-User-Agent"}
	unsignedHeaders = []string{"Accept", "Accept-Encoding", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "X-Amzn-Trace-Id"}
)

// forwarded makes the request to the endpoint.
func (s *signingProxy) forwarded(r *http.Request, body []byte) (*http.Request, error) {
	to := *s.target
	to.Path = strings.TrimSuffix(to.Path, "/") + r.URL.Path
	to.RawPath, to.RawQuery = "", r.URL.RawQuery
	out, err := http.NewRequestWithContext(r.Context(), r.Method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	passHeaders(signedHeaders, r.Header, out.Header)
	credentials, err := s.signer(r.Context())
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, out, hex.EncodeToString(sum[:]), client.ServiceName, s.region, s.now()); err != nil {
		return nil, err
	}
	out.Header.Set("User-Agent", r.UserAgent())
	passHeaders(unsignedHeaders, r.Header, out.Header)
	return out, nil
}

func passHeaders(names []string, from, to http.Header) {
	for _, name := range names {
		if values := from.Values(name); len(values) > 0 {
			to[name] = values
		}
	}
}

// hopByHop are the headers that are about a connection, not an answer.
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// copyAnswer sends an answer on as it comes.
func copyAnswer(w http.ResponseWriter, answer *http.Response) {
	header := w.Header()
	for name, values := range answer.Header {
		header[name] = values
	}
	for _, name := range hopByHop {
		header.Del(name)
	}
	w.WriteHeader(answer.StatusCode)
	to := http.NewResponseController(w)
	chunk := make([]byte, 32<<10)
	for {
		n, err := answer.Body.Read(chunk)
		if n > 0 {
			if _, failed := w.Write(chunk[:n]); failed != nil {
				return
			}
			_ = to.Flush() // what cannot be flushed arrives at the end
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler) // so that the client sees that the answer broke off
		}
	}
}

// refuse answers as AWS does.
func refuse(w http.ResponseWriter, status int, code, message string) {
	body, err := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{"com.amazon.coral.service#" + code, message})
	if err != nil {
		panic(err) // strings always marshal
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
