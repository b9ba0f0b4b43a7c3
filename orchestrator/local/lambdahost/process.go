package lambdahost

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"minuet/orchestrator/engine"
)

// state is where a process is in the life that the Runtime API gives it.
//
//	starting --next--> waiting --event--> running --response or error--> finishing --next--> waiting
//	starting --init error--> failed                    (any) --exit--> ended
type state string

const (
	starting  state = "Starting"
	waiting   state = "Ready"     // it has asked for an event
	running   state = "Running"   // it has an event
	finishing state = "Finishing" // it has answered and not yet asked for the next event
	failed    state = "InitError" // it has told that it cannot start
	ended     state = "Exited"
)

// initErrorGrace is how long a process that reported an init error may take to print what it has to say and exit.
const initErrorGrace = time.Second

// outputGrace is how long the output of an ended process is awaited, should something that left its group still hold the pipe.
const outputGrace = time.Second

// process is a child process with the Runtime API that it talks to.
type process struct {
	fn     *function
	addr   string // AWS_LAMBDA_RUNTIME_API
	server *http.Server
	work   chan *invocation // an assigned invocation until the process takes it
	reaper *time.Timer      // under fn.mu

	mu      sync.Mutex
	state   state
	busy    bool // whether it holds a slot of fn
	retired bool // whether it was idle for too long
	killed  bool
	ready   bool        // whether it has ever asked for an event
	os      *os.Process // while it runs
	current *invocation // assigned, running or finishing
	timer   *time.Timer // ends the init phase or the invocation
	log     *logTail    // of the latest invocation
}

// startProcess starts a process for inv, which holds the caller's slot from then on. An error means that there is no process;
// what goes wrong with the command itself is the outcome of the invocation instead.
func (fn *function) startProcess(inv *invocation) (*process, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the runtime api: %w", err)
	}
	p := &process{
		fn:      fn,
		addr:    listener.Addr().String(),
		work:    make(chan *invocation, 1),
		state:   starting,
		busy:    true,
		current: inv,
	}
	p.work <- inv
	p.server = newRuntimeAPI(p)

	fn.mu.Lock()
	if fn.closed {
		fn.mu.Unlock()
		listener.Close()
		return nil, errClosed
	}
	fn.all[p] = struct{}{}
	fn.mu.Unlock()

	if !fn.host.start(func() { p.live(listener) }) {
		listener.Close()
		fn.remove(p, false)
		return nil, errClosed
	}
	return p, nil
}

// live runs the process from start to end.
func (p *process) live(listener net.Listener) {
	served := make(chan struct{})
	go func() {
		defer close(served)
		p.server.Serve(listener) // ends with ErrServerClosed
	}()
	errorType, message := p.execute()
	p.server.Close()
	<-served
	p.finish(errorType, message)
}

// execute runs the command to its end and says, in Lambda's words, why it ended.
func (p *process) execute() (errorType, message string) {
	const invalidEntrypoint = "Runtime.InvalidEntrypoint"

	// On Linux the child is bound to the life of the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	read, write, err := os.Pipe()
	if err != nil {
		return invalidEntrypoint, err.Error()
	}
	cmd := exec.Command(p.fn.Command[0], p.fn.Command[1:]...)
	cmd.Dir = p.fn.Dir
	cmd.Env = p.fn.environment(p.addr)
	cmd.Stdout, cmd.Stderr = write, write
	cmd.SysProcAttr = sysProcAttr()

	err = p.launch(cmd)
	write.Close()
	if err != nil {
		read.Close()
		return invalidEntrypoint, err.Error()
	}
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		p.print(read)
	}()

	exit, err := cmd.Process.Wait()
	p.mu.Lock()
	p.os = nil
	p.mu.Unlock()
	killGroup(cmd.Process)
	select {
	case <-printed:
	case <-time.After(outputGrace):
	}
	read.Close()
	<-printed

	switch {
	case err != nil:
		return "Runtime.ExitError", "Runtime exited with error: " + err.Error()
	case exit.Success():
		return "Runtime.ExitError", "Runtime exited without providing a reason"
	default:
		return "Runtime.ExitError", "Runtime exited with error: " + exit.String()
	}
}

// launch starts cmd, unless the process was killed before.
func (p *process) launch(cmd *exec.Cmd) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		return errClosed
	}
	// Otherwise the system blames the program for the missing directory.
	if _, err := os.Stat(cmd.Dir); err != nil {
		return &os.PathError{Op: "chdir", Path: cmd.Dir, Err: errors.Unwrap(err)}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.os = cmd.Process
	p.timer = time.AfterFunc(p.fn.Timeout+p.fn.host.initAllowance, p.expireInit)
	return nil
}

// print passes what the process prints to the host's output, line by line. A line longer than the buffer comes in pieces.
func (p *process) print(read *os.File) {
	buffered := bufio.NewReaderSize(read, 64*1024)
	for {
		line, _, err := buffered.ReadLine()
		if err != nil {
			return
		}
		p.mu.Lock()
		log := p.log
		p.mu.Unlock()
		log.line(string(line))
		p.fn.host.output.line(p.fn.Name, string(line))
	}
}

// assign gives inv to the process, which was idle, and reports whether it still lives.
func (p *process) assign(inv *invocation) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.retired || p.state != waiting {
		return false
	}
	p.busy = true
	p.current = inv
	p.work <- inv // has room: there was no current invocation
	return true
}

// withdraw takes inv back if the process does not have it yet.
func (p *process) withdraw(inv *invocation) {
	p.mu.Lock()
	if p.current != inv || inv.handed {
		p.mu.Unlock()
		return
	}
	select {
	case <-p.work:
	default: // on its way in next, which will find that it is no longer current
	}
	p.current = nil
	idle := p.state == waiting
	if idle {
		p.busy = false
	}
	p.mu.Unlock()
	if idle {
		p.fn.release(p)
	}
}

// askNext notes that the process asks for an event: what it had before is settled and it is idle unless it has been assigned an
// invocation. It reports whether asking is allowed now.
func (p *process) askNext() (state, bool) {
	p.mu.Lock()
	before := p.state
	switch before {
	case starting, finishing:
		p.stopTimer()
	case waiting:
		p.mu.Unlock()
		return before, true
	default:
		p.mu.Unlock()
		return before, false
	}
	var settled *invocation
	if before == finishing {
		settled, p.current = p.current, nil
	}
	p.state = waiting
	p.ready = true
	idle := p.current == nil
	if idle {
		p.busy = false
	}
	p.mu.Unlock()

	if idle {
		p.fn.release(p)
	}
	if settled != nil {
		close(settled.settled)
	}
	return before, true
}

// take hands inv over, unless it was withdrawn, and returns its deadline.
func (p *process) take(inv *invocation) (deadline time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != inv || p.state != waiting {
		return time.Time{}, false
	}
	inv.handed = true
	p.state = running
	p.log = inv.log
	p.log.line("START RequestId: " + inv.id + " Version: " + latest)
	p.timer = time.AfterFunc(p.fn.Timeout, func() { p.expire(inv) })
	return time.Now().Add(p.fn.Timeout), true
}

// giveBack undoes a receive from work whose asker has gone away.
func (p *process) giveBack(inv *invocation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == inv && !inv.handed {
		p.work <- inv // has room: inv came from there and nothing else was assigned
	}
}

// runs reports whether the process has the event id, and its state.
func (p *process) runs(id string) (inv *invocation, now state) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != running || p.current.id != id {
		return nil, p.state
	}
	return p.current, p.state
}

// complete notes the answer to inv, unless it has one, and reports whether it did.
func (p *process) complete(inv *invocation, result engine.InvocationResult) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != inv || p.state != running {
		return false
	}
	p.completeLocked(inv, result)
	p.state = finishing
	return true
}

// completeLocked is complete for a caller that holds mu and has checked that inv is open.
func (p *process) completeLocked(inv *invocation, result engine.InvocationResult) {
	inv.completed = true
	inv.result = result
	inv.log.line("END RequestId: " + inv.id)
	close(inv.done)
}

// failInit notes that the process cannot start, for the reason that payload gives. It reports whether it was starting.
func (p *process) failInit(payload []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != starting {
		return false
	}
	p.state = failed
	p.stopTimer()
	p.timer = time.AfterFunc(initErrorGrace, p.kill)
	if p.current != nil {
		p.completeLocked(p.current, p.current.failure(payload))
	}
	return true
}

// timedOut is what Lambda reports of an invocation that exceeds the function's timeout.
func (p *process) timedOut(inv *invocation) engine.InvocationResult {
	return inv.platformFailure("Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", p.fn.Timeout.Seconds()))
}

// expire ends the process if it still has inv, answered or not.
func (p *process) expire(inv *invocation) {
	p.mu.Lock()
	late := p.current == inv
	if late && p.state == running {
		p.completeLocked(inv, p.timedOut(inv))
		p.state = finishing
	}
	p.mu.Unlock()
	if late {
		p.kill()
	}
}

// expireInit ends the process if it has not asked for an event in time.
func (p *process) expireInit() {
	p.mu.Lock()
	late := p.state == starting
	if late {
		p.state = failed
		if p.current != nil {
			p.completeLocked(p.current, p.timedOut(p.current))
		}
	}
	p.mu.Unlock()
	if late {
		p.kill()
	}
}

// retire ends the process if it is idle.
func (p *process) retire() {
	p.mu.Lock()
	p.retired = !p.busy
	idle := p.retired
	p.mu.Unlock()
	if idle {
		p.kill()
	}
}

// kill ends the process group, or keeps the process from starting.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if p.os != nil {
		killGroup(p.os)
	}
}

// stopTimer stops the timer of the init phase or of the invocation. The caller holds mu.
func (p *process) stopTimer() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// finish notes that the process has ended and answers the invocation that it had.
func (p *process) finish(errorType, message string) {
	p.mu.Lock()
	p.state = ended
	p.stopTimer()
	inv, busy := p.current, p.busy
	p.current, p.busy = nil, false
	p.mu.Unlock()

	// The slot is free before the invoker hears of it.
	p.fn.remove(p, busy)
	if inv == nil {
		return
	}
	answered := inv.completed
	switch {
	case answered:
	case p.fn.host.ctx.Err() != nil:
		inv.completed = true
		inv.err = fmt.Errorf("invoke %s: %w", p.fn.Name, errClosed)
	case p.ready && !inv.handed:
		// The invocation stays open: another process may have it.
	default:
		inv.completed = true
		inv.result = inv.platformFailure(errorType, message)
		inv.log.line("RequestId: " + inv.id + " Error: " + message)
	}
	close(inv.settled)
	if !answered {
		close(inv.done)
	}
}
