package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"minuet/orchestrator/engine"
)

var _ engine.Invoker = (*Host)(nil)

// maxEvents bounds the asynchronous events that wait or run at once.
const maxEvents = 10_000

// Config says how a Host runs its functions. The zero value works.
type Config struct {
	// Region and Account make the ARNs of the functions.
	// Region defaults to AWS_REGION, then AWS_DEFAULT_REGION, then us-east-1; Account defaults to 123456789012.
	Region  string
	Account string

	// StatesEndpoint is the URL that functions get as AWS_ENDPOINT_URL_SFN, so that SendTaskSuccess and its like reach Minuet.
	// When empty, the variable is left as the environment has it.
	StatesEndpoint string

	// Environ is the environment that the processes inherit, as "KEY=value". Nil stands for the host's own.
	Environ []string

	// IdleTimeout is how long a process may wait for its next event before it is killed. It defaults to 10 minutes.
	IdleTimeout time.Duration

	// Output gets what the processes print, a line a Write, as "NAME: line\n". Writes are serialized. Nil discards.
	Output io.Writer
}

// Host runs Lambda functions as child processes. It is safe for concurrent use.
type Host struct {
	config Config
	output *output

	// settle is how long a finished invocation waits for its process to be ready again before Invoke returns.
	// The next Invoke then finds a warm process.
	settle time.Duration

	// initAllowance is what a start may take on top of the function's timeout: Lambda gives the init phase 10 seconds and
	// repeats it within the first invocation.
	initAllowance time.Duration

	ctx    context.Context // ends on Close
	cancel context.CancelFunc
	events chan struct{} // a token for each asynchronous event
	wg     sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	functions map[string]*function
}

// errClosed is what an invocation ends with when Close interrupts it.
var errClosed = errors.New("the function host was closed")

// New makes a Host without functions.
func New(config Config) *Host {
	if config.Environ == nil {
		config.Environ = os.Environ()
	}
	environ := parseEnviron(config.Environ)
	if config.Region == "" {
		config.Region = firstNonEmpty(environ["AWS_REGION"], environ["AWS_DEFAULT_REGION"], "us-east-1")
	}
	if config.Account == "" {
		config.Account = "123456789012"
	}
	if config.IdleTimeout <= 0 {
		config.IdleTimeout = 10 * time.Minute
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Host{
		config:        config,
		output:        &output{w: config.Output},
		settle:        250 * time.Millisecond,
		initAllowance: 10 * time.Second,
		ctx:           ctx,
		cancel:        cancel,
		events:        make(chan struct{}, maxEvents),
		functions:     make(map[string]*function),
	}
}

// Register adds a function. It fails when the function is not well formed, when its name is taken or when the host is closed.
// No process is started before the first invocation.
func (h *Host) Register(fn Function) error {
	if err := fn.normalize(); err != nil {
		return fmt.Errorf("register function %q: %w", fn.Name, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fmt.Errorf("register function %q: %w", fn.Name, errClosed)
	}
	if _, taken := h.functions[fn.Name]; taken {
		return fmt.Errorf("register function %q: the name is taken", fn.Name)
	}
	h.functions[fn.Name] = newFunction(h, fn)
	return nil
}

// Invoke implements [engine.Invoker].
//
// An invocation that exceeds a function's Concurrency waits for a process, or is refused with TooManyRequestsException when
// the concurrency is Reserved. When ctx ends while the function runs, the function runs on, as it does in Lambda, and Invoke
// returns ctx's error. An asynchronous event runs after Invoke has returned; when it fails, that is told to Config.Output.
func (h *Host) Invoke(ctx context.Context, in engine.Invocation) (engine.InvocationResult, error) {
	target, err := h.lookup(in.Function, in.Qualifier)
	if err != nil {
		return engine.InvocationResult{}, err
	}
	inv, err := newInvocation(target.arn, in)
	if err != nil {
		return engine.InvocationResult{}, err
	}
	switch in.Type {
	case typeDryRun:
		return engine.InvocationResult{StatusCode: 204, ExecutedVersion: latest, RequestID: inv.id}, nil
	case typeEvent:
		if err := h.runEvent(target.fn, inv); err != nil {
			return engine.InvocationResult{}, err
		}
		return engine.InvocationResult{StatusCode: 202, RequestID: inv.id}, nil
	default:
		return target.fn.run(ctx, inv)
	}
}

// runEvent runs inv in the background.
func (h *Host) runEvent(fn *function, inv *invocation) error {
	select {
	case h.events <- struct{}{}:
	default:
		return tooManyRequests(inv.id)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		<-h.events
		return closedError(inv.id)
	}
	h.wg.Go(func() {
		defer func() { <-h.events }()
		result, err := fn.run(h.ctx, inv)
		switch {
		case err != nil:
			h.output.line(fn.Name, fmt.Sprintf("RequestId: %s the event failed: %v", inv.id, err))
		case result.FunctionError != "":
			h.output.line(fn.Name, fmt.Sprintf("RequestId: %s the event failed: %s", inv.id, result.Payload))
		}
	})
	return nil
}

// Close kills every process and waits until all have ended. Invocations under way end with an error that is not an
// *[engine.InvokeError], as their outcome is unknown; later ones are refused. Further calls do nothing. The error is always nil.
func (h *Host) Close() error {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		h.cancel()
		for _, fn := range h.functions {
			fn.close()
		}
	}
	h.mu.Unlock()
	h.wg.Wait()
	return nil
}

// start runs f in a goroutine that Close waits for, and reports whether it did: a closed host starts nothing.
func (h *Host) start(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.wg.Go(f)
	return true
}
