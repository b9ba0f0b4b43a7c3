package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"minuet/orchestrator/engine"
)

// maxTimeout is Lambda's longest function timeout.
const maxTimeout = 900 * time.Second

// Function is a Lambda function that runs as a child process.
type Function struct {
	// Name is the function's name: letters, digits, "-" and "_", at most 64.
	Name string

	// Command is the program and its arguments. A program without a slash is sought in PATH; another relative path counts from
	// Dir. The program must speak the Lambda Runtime API.
	Command []string

	// Dir is the working directory and LAMBDA_TASK_ROOT. Empty stands for the host's working directory.
	Dir string

	// Handler is _HANDLER. It defaults to the base name of the program.
	Handler string

	// Env is set over the inherited environment and over what the host sets, except AWS_LAMBDA_RUNTIME_API.
	Env map[string]string

	// Timeout is how long an invocation may take, from the hand-over of the event. It defaults to Lambda's maximum, 900 seconds:
	// a local run should not fail because a developer stopped at a breakpoint.
	Timeout time.Duration

	// MemorySize, in MB, is told to the process and not enforced. It defaults to 128.
	MemorySize int

	// Concurrency is how many processes may be busy at once. It defaults to 32. A further invocation waits for a process.
	Concurrency int

	// Reserved makes Concurrency a reserved concurrency: a further invocation is refused with TooManyRequestsException.
	Reserved bool
}

// normalize checks fn, fills its defaults and makes it independent of the caller's maps and slices.
func (fn *Function) normalize() error {
	switch {
	case !plainName.MatchString(fn.Name):
		return errors.New(`the name must be 1 to 64 letters, digits, "-" or "_"`)
	case len(fn.Command) == 0 || fn.Command[0] == "":
		return errors.New("the command is empty; give the program and its arguments")
	case fn.Timeout < 0 || fn.Timeout > maxTimeout:
		return fmt.Errorf("the timeout is %v; it must be at most %v", fn.Timeout, maxTimeout)
	case fn.MemorySize < 0:
		return fmt.Errorf("the memory size is %d MB; it must not be negative", fn.MemorySize)
	case fn.Concurrency < 0:
		return fmt.Errorf("the concurrency is %d; it must not be negative", fn.Concurrency)
	}
	for key, text := range fn.Env {
		if key == "" || strings.ContainsAny(key, "=\x00") || strings.Contains(text, "\x00") {
			return fmt.Errorf("the environment variable %q is not well formed", key)
		}
	}
	dir, err := filepath.Abs(fn.Dir)
	if err != nil {
		return fmt.Errorf("the directory: %w", err)
	}
	fn.Dir = dir
	fn.Command = slices.Clone(fn.Command)
	fn.Env = maps.Clone(fn.Env)
	if fn.Handler == "" {
		fn.Handler = filepath.Base(fn.Command[0])
	}
	if fn.Timeout == 0 {
		fn.Timeout = maxTimeout
	}
	if fn.MemorySize == 0 {
		fn.MemorySize = 128
	}
	if fn.Concurrency == 0 {
		fn.Concurrency = 32
	}
	return nil
}

// function is a registered function with its processes.
//
// A process is busy, and holds a slot, from the moment it gets an invocation until it asks for the next one or ends. Otherwise
// it is idle. A process is started only when none is idle, so slots bound idle and busy processes together.
type function struct {
	Function
	host  *Host
	slots chan struct{}

	mu     sync.Mutex
	closed bool
	all    map[*process]struct{}
	idle   []*process // the one that became idle last is at the end
}

func newFunction(h *Host, fn Function) *function {
	return &function{
		Function: fn,
		host:     h,
		slots:    make(chan struct{}, fn.Concurrency),
		all:      make(map[*process]struct{}),
	}
}

// run runs inv in a process and returns once the function has answered.
func (fn *function) run(ctx context.Context, inv *invocation) (engine.InvocationResult, error) {
	p, err := fn.assign(ctx, inv)
	if err != nil {
		return engine.InvocationResult{}, err
	}
	for {
		select {
		case <-inv.done:
		case <-ctx.Done():
			p.withdraw(inv)
			return engine.InvocationResult{}, fmt.Errorf("invoke %s: %w", fn.Name, ctx.Err())
		}
		if !inv.undelivered() {
			break
		}
		// The warm process ended before it took the event, so another one may have it.
		inv.reset()
		if p, err = fn.assign(ctx, inv); err != nil {
			return engine.InvocationResult{}, err
		}
	}

	settle := time.NewTimer(fn.host.settle)
	defer settle.Stop()
	select {
	case <-inv.settled:
	case <-settle.C:
	case <-ctx.Done():
	}
	return inv.answer()
}

// assign gives inv to the process that became idle last, or to a new one.
func (fn *function) assign(ctx context.Context, inv *invocation) (*process, error) {
	if err := fn.takeSlot(ctx, inv); err != nil {
		return nil, err
	}
	for p := fn.popIdle(); p != nil; p = fn.popIdle() {
		if p.assign(inv) {
			return p, nil
		}
	}
	p, err := fn.startProcess(inv)
	if err != nil {
		<-fn.slots
		return nil, serviceError(inv.id, err)
	}
	return p, nil
}

// takeSlot waits until the function may have one more busy process.
func (fn *function) takeSlot(ctx context.Context, inv *invocation) error {
	select {
	case fn.slots <- struct{}{}:
		return nil
	default:
	}
	if fn.Reserved {
		return tooManyRequests(inv.id)
	}
	select {
	case fn.slots <- struct{}{}:
		return nil
	case <-fn.host.ctx.Done():
		return closedError(inv.id)
	case <-ctx.Done():
		return fmt.Errorf("invoke %s: wait for one of %d processes: %w", fn.Name, fn.Concurrency, ctx.Err())
	}
}

// popIdle takes the process that became idle last.
func (fn *function) popIdle() *process {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if len(fn.idle) == 0 {
		return nil
	}
	p := fn.idle[len(fn.idle)-1]
	fn.idle = fn.idle[:len(fn.idle)-1]
	p.reaper.Stop()
	return p
}

// release makes p idle, unless it has ended, and frees its slot.
func (fn *function) release(p *process) {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if _, alive := fn.all[p]; alive {
		fn.idle = append(fn.idle, p)
		if p.reaper == nil {
			p.reaper = time.AfterFunc(fn.host.config.IdleTimeout, p.retire)
		} else {
			p.reaper.Reset(fn.host.config.IdleTimeout)
		}
	}
	<-fn.slots
}

// remove forgets p, which has ended, and frees the slot if p was busy.
func (fn *function) remove(p *process, busy bool) {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	delete(fn.all, p)
	if i := slices.Index(fn.idle, p); i >= 0 {
		fn.idle = slices.Delete(fn.idle, i, i+1)
	}
	if p.reaper != nil {
		p.reaper.Stop()
	}
	if busy {
		<-fn.slots
	}
}

// close kills all processes and lets no further one start.
func (fn *function) close() {
	fn.mu.Lock()
	fn.closed = true
	all := slices.Collect(maps.Keys(fn.all))
	fn.mu.Unlock()
	for _, p := range all {
		p.kill()
	}
}
