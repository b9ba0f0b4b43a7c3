package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"minuet/orchestrator/cloud"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/local"
	"minuet/orchestrator/local/lambdahost"
	"minuet/orchestrator/local/mockconfig"
	"minuet/orchestrator/machine"
)

// functionFlags collects --lambda NAME=COMMAND.
type functionFlags []lambdahost.Function

func (f *functionFlags) String() string { return "" }

// Set implements [flag.Value]. A command is split at white space.
func (f *functionFlags) Set(text string) error {
	name, command, ok := strings.Cut(text, "=")
	words := strings.Fields(command)
	if !ok || name == "" || len(words) == 0 {
		return errors.New("write it as NAME=COMMAND, as in --lambda hello=./bin/hello")
	}
	*f = append(*f, lambdahost.Function{Name: name, Command: words})
	return nil
}

const lambdaHelp = "run function `NAME=COMMAND`: a Lambda bootstrap or any command that speaks the Lambda Runtime API; may be repeated"

// served is a host behind a listener.
type served struct {
	*local.Host
	endpoint string
	server   *http.Server
	failed   chan error
}

// hostOptions are the choices that commands offer.
type hostOptions struct {
	addr      string
	dir       string
	functions []lambdahost.Function
	mocks     string // a MockConfigFile's path, or ""
	output    io.Writer
	log       *slog.Logger
}

// open opens a host, and serves its API.
func open(ctx context.Context, o hostOptions) (*served, error) {
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return nil, hint(err, "another program may be using %s: choose another address with --addr", o.addr)
	}
	s := &served{endpoint: "http://" + listener.Addr().String(), failed: make(chan error, 1)}
	config := local.HostConfig{
		Dir: o.dir, Region: os.Getenv("AWS_REGION"), Endpoint: s.endpoint,
		Functions: o.functions, FunctionOutput: o.output, Limits: machine.DefaultLimits, Log: o.log,
	}
	if config.Invoker, err = elsewhere(ctx); err == nil && o.mocks != "" {
		config.Mocks, err = readMocks(o.mocks)
	}
	if err == nil {
		s.Host, err = local.Open(config)
	}
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if err := s.Start(ctx); err != nil {
		return nil, errors.Join(err, listener.Close(), s.Host.Close())
	}
	s.server = &http.Server{Handler: sameMachine(s.Handler), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	go func() { s.failed <- s.server.Serve(listener) }()
	return s, nil
}

// sameMachine refuses requests that reach the loopback interface under a foreign name: a web page that a browser shows may
// have its own name point there.
func sameMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		if local != nil && local.IP.IsLoopback() && !loopbackName(r.Host) {
			http.Error(w, "minuet serves this machine only: use 127.0.0.1 or localhost in the endpoint", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopbackName tells whether a Host header names this machine. Some SDKs put "sync-" in front of the host.
func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimPrefix(strings.Trim(host, "[]"), "sync-")
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host) != nil
}

// close stops serving, and then the host.
func (s *served) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		err = s.server.Close()
		if err != nil {
			return errors.Join(err, s.Host.Close())
		}
	}
	return s.Host.Close()
}

// elsewhere is who runs functions that are not registered: whatever AWS_ENDPOINT_URL_LAMBDA names, AWS itself with
// MINUET_AWS_LAMBDA=1, or nobody.
func elsewhere(ctx context.Context) (engine.Invoker, error) {
	if os.Getenv("AWS_ENDPOINT_URL_LAMBDA") == "" && os.Getenv("AWS_ENDPOINT_URL") == "" && os.Getenv("MINUET_AWS_LAMBDA") != "1" {
		return nil, nil
	}
	return cloud.NewLambda(ctx)
}

func readMocks(path string) (*mockconfig.Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := mockconfig.Load(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}
