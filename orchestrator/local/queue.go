package local

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"minuet/orchestrator/engine"
)

// QueueConfig is what a [Queue] is made of. All of it may be left out.
type QueueConfig struct {
	Steps int          // how many messages without Task are handled at a time; 0: 4 for each CPU
	Tasks int          // how many with Task, which may block for minutes; 0: 10,000
	Clock engine.Clock // what NotBefore refers to; nil: the system's
	Log   *slog.Logger // nil: none
}

const (
	stepsPerCPU  = 4
	defaultTasks = 10_000

	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 30 * time.Second
	// recheck is how long the queue trusts its timer: the clock may jump, and timers stop while a laptop sleeps.
	recheck = time.Second
	forever = time.Duration(math.MaxInt64)
)

// Queue is an [engine.Queue] in memory. Get one from [NewQueue].
//
// Messages wait in two lanes, so that tasks, which block, never keep steps from running; a lane is first in, first out. A
// message whose handling fails is handled again, after a pause that grows from 100 ms to 30 s, until it succeeds.
type Queue struct {
	clock engine.Clock
	log   *slog.Logger
	tick  chan struct{} // asks Run to look at the clock

	mu      sync.Mutex
	handle  func(context.Context, engine.Message) error // nil before Run
	ctx     context.Context                             // the handlers'
	steps   lane
	tasks   lane
	delayed timers
	idle    []chan struct{} // closed when nothing waits for a worker or is with one
	closed  bool
	closing chan struct{} // closed together with closed
	workers sync.WaitGroup
}

var _ engine.Queue = (*Queue)(nil)

// lane is a line of messages and the workers at it, which live as long as there are any.
type lane struct {
	waiting ring
	running int
	limit   int
}

// NewQueue returns a queue, which accepts messages and delivers them once Run is called.
func NewQueue(c QueueConfig) *Queue {
	q := &Queue{
		clock: c.Clock, log: c.Log,
		tick: make(chan struct{}, 1), closing: make(chan struct{}),
		steps: lane{limit: c.Steps}, tasks: lane{limit: c.Tasks},
	}
	if q.clock == nil {
		q.clock = systemTime{}
	}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	if q.steps.limit == 0 {
		q.steps.limit = stepsPerCPU * runtime.GOMAXPROCS(0)
	}
	if q.tasks.limit == 0 {
		q.tasks.limit = defaultTasks
	}
	return q
}

type systemTime struct{}

func (systemTime) Now() time.Time { return time.Now() }

// Send implements [engine.Queue]. It never blocks, not even in a handler. After Close it returns [ErrClosed].
func (q *Queue) Send(_ context.Context, ms ...engine.Message) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return fmt.Errorf("queue: %w", ErrClosed)
	}
	for i := range ms {
		if !ms[i].NotBefore.IsZero() && ms[i].NotBefore.Round(0).After(q.clock.Now()) {
			q.delay(delayedItem{due: ms[i].NotBefore, item: item{message: ms[i]}})
		} else {
			q.enqueue(item{message: ms[i]})
		}
	}
	return nil
}

// enqueue puts an item at the end of its lane; the queue is locked.
func (q *Queue) enqueue(it item) {
	l := &q.steps
	if it.message.Task {
		l = &q.tasks
	}
	l.waiting.push(it)
	q.hire(l)
}

// hire starts a worker if one is needed and allowed; the queue is locked.
func (q *Queue) hire(l *lane) {
	if q.handle != nil && !q.closed && l.waiting.len() > 0 && l.running < l.limit {
		l.running++
		q.workers.Add(1)
		go q.work(l)
	}
}

// delay puts an item among the timers; the queue is locked.
func (q *Queue) delay(d delayedItem) {
	if q.delayed.push(d) {
		q.Tick()
	}
}

// Tick has the queue look at its clock now, rather than within a second: for tests, which move it.
func (q *Queue) Tick() {
	select {
	case q.tick <- struct{}{}:
	default:
	}
}

// Run delivers messages to handle until ctx ends or Close is called, and returns when no handler runs any more. Handlers get a
// context that ends then. Run is called once.
func (q *Queue) Run(ctx context.Context, handle func(context.Context, engine.Message) error) {
	ctx, cancel := context.WithCancel(ctx)
	defer q.workers.Wait()
	defer cancel()
	q.mu.Lock()
	q.handle, q.ctx = handle, ctx
	for _, l := range []*lane{&q.steps, &q.tasks} {
		for range min(l.waiting.len(), l.limit) {
			q.hire(l)
		}
	}
	q.mu.Unlock()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			q.close()
			return
		case <-q.closing:
			return
		case <-timer.C:
		case <-q.tick:
		}
		now := q.clock.Now().Round(0)
		timer.Reset(q.release(now, last))
		last = now
	}
}

// release moves what is due to the lanes, and returns when to look again.
func (q *Queue) release(now, last time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if back := last.Sub(now); back > 0 {
		// The clock went back. NotBefore is a time of day and stays; pauses are not.
		q.delayed.hasten(back)
	}
	for {
		due, found := q.delayed.next()
		if !found {
			return forever
		}
		if wait := due.Sub(now); wait > 0 {
			return min(wait, recheck)
		}
		q.enqueue(q.delayed.pop().item)
	}
}

// work handles the messages of a lane until none is left.
func (q *Queue) work(l *lane) {
	defer q.workers.Done()
	for {
		q.mu.Lock()
		if q.closed || l.waiting.len() == 0 {
			l.running--
			q.tellIdle()
			q.mu.Unlock()
			return
		}
		it := l.waiting.pop()
		q.mu.Unlock()
		if err := q.call(it.message); err != nil {
			q.retry(it, err)
		}
	}
}

// call handles a message. A panic is an error, so that one poisonous execution does not stop all others.
func (q *Queue) call(m engine.Message) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return q.handle(q.ctx, m)
}

func (q *Queue) retry(it item, err error) {
	if q.ctx.Err() != nil {
		return // closed, or about to be
	}
	pause := backoff(it.failures)
	it.failures++
	q.mu.Lock()
	q.delay(delayedItem{due: q.clock.Now().Add(pause), pause: true, item: it})
	q.mu.Unlock()
	q.log.Warn("handling of a message failed, and is tried again", "message", it.message.Key.String(),
		"failures", it.failures, "pause", pause, "error", err)
}

// backoff is how long to wait after another failure: twice as long as before, less up to half of it by chance.
func backoff(failures int) time.Duration {
	d := maxBackoff
	if failures < 16 {
		d = min(d, firstBackoff<<failures)
	}
	return d - rand.N(d/2)
}

// Len is how many messages there are: with a worker, waiting for one, or for their time.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.steps.busy() + q.tasks.busy() + q.delayed.len()
}

func (l *lane) busy() int { return l.waiting.len() + l.running }

// Idle returns a channel that is closed as soon as no message is with a worker or waits for one. Those that wait for their time
// do not count.
func (q *Queue) Idle() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	idle := make(chan struct{})
	q.idle = append(q.idle, idle)
	q.tellIdle()
	return idle
}

// tellIdle tells who waits for it that the queue is idle, if it is; the queue is locked.
func (q *Queue) tellIdle() {
	if len(q.idle) == 0 || q.steps.busy()+q.tasks.busy() > 0 {
		return
	}
	for _, idle := range q.idle {
		close(idle)
	}
	q.idle = nil
}

// Close ends the handlers' context, waits for them, and forgets all messages. A second Close only waits. A handler must
// not call it.
func (q *Queue) Close() error {
	q.close()
	q.workers.Wait()
	return nil
}

func (q *Queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.closed = true
	close(q.closing)
	q.steps.waiting, q.tasks.waiting, q.delayed = ring{}, ring{}, timers{}
	q.tellIdle()
}
