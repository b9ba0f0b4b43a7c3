package porttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"sync"
	"testing"
	"time"

	"minuet/orchestrator/engine"
)

// QueueHost is a queue with workers behind it.
type QueueHost struct {
	Queue   engine.Queue
	Clock   engine.Clock        // what the queue goes by
	Advance func(time.Duration) // lets that much time pass on Clock
	Width   int                 // how many messages the test of many sends at once; 0: 2,000
}

// Handler is what workers do with a message.
type Handler func(context.Context, engine.Message) error

// patience is how long the suite waits for what must happen before it calls it a failure.
const patience = 20 * time.Second

// Queue runs the suite of [engine.Queue]. open returns an empty queue that delivers to handle, and closes it with t.Cleanup.
func Queue(t *testing.T, open func(t *testing.T, handle Handler) QueueHost) {
	t.Run("every message is delivered", func(t *testing.T) {
		in := newInbox()
		h := open(t, in.handle)
		const senders, batches = 8, 50
		race(senders, func(sender int) bool {
			for batch := range batches {
				ms := []engine.Message{
					{Key: key(fmt.Sprint(sender), "1.0", batch)},
					{Key: key(fmt.Sprint(sender), "1.1", batch), Task: true},
				}
				if err := h.Queue.Send(ctx(t), ms...); err != nil {
					t.Errorf("send: %v", err)
				}
			}
			return true
		})
		in.await(t, senders*batches*2)
	})
	t.Run("a message arrives as it was sent", func(t *testing.T) {
		in := newInbox()
		h := open(t, in.handle)
		sent := []engine.Message{
			{Key: key("x\u00e4\"", "5.2/0.1", 70_000)},
			{Key: key("x", "", 1), Task: true},
			{Key: key("x", "", 0), Deadline: true},
			{Key: key("x", "", 2), Issued: stamp(3)},
			{Ended: "arn:child"},
		}
		must(t, h.Queue.Send(ctx(t), sent...))
		got := in.await(t, len(sent))
		for _, m := range sent {
			if got[m] == 0 {
				t.Errorf("%+v has not arrived, but %+v", m, got)
			}
		}
	})
	t.Run("nothing to send", func(t *testing.T) {
		h := open(t, newInbox().handle)
		must(t, h.Queue.Send(ctx(t)))
	})
	t.Run("not before its time", func(t *testing.T) {
		in := newInbox()
		var h QueueHost
		opened := make(chan struct{})
		h = open(t, func(c context.Context, m engine.Message) error {
			<-opened
			if now := h.Clock.Now(); now.Before(m.NotBefore) {
				t.Errorf("%s came at %v", m, now)
			}
			return in.handle(c, m)
		})
		close(opened)
		start := h.Clock.Now()
		for i, notBefore := range []time.Time{
			start.Add(3 * time.Second), start.Add(time.Second), start.Add(-5 * time.Second),
			start.Add(2 * time.Second), start.Add(time.Hour),
			start.AddDate(1000, 0, 0), // more than nanoseconds since 1970 can count
		} {
			must(t, h.Queue.Send(ctx(t), engine.Message{Key: key("x", "", i), NotBefore: notBefore}))
		}
		in.await(t, 1)
		for n, pass := range []time.Duration{time.Second, time.Second, time.Second, time.Hour} {
			h.Advance(pass)
			in.await(t, n+2)
		}
	})
	t.Run("what fails is delivered again", func(t *testing.T) {
		in := newInbox()
		var (
			mu       sync.Mutex
			failures = map[engine.Message]int{}
		)
		h := open(t, func(c context.Context, m engine.Message) error {
			mu.Lock()
			failures[m]++
			n := failures[m]
			mu.Unlock()
			if n <= 3 {
				return errors.New("not now")
			}
			return in.handle(c, m)
		})
		for i := range 20 {
			must(t, h.Queue.Send(ctx(t), engine.Message{Key: key("x", "", i), Task: i%2 == 0}))
		}
		in.awaitWhile(t, 20, func() { h.Advance(time.Second) })
	})
	t.Run("handlers send", func(t *testing.T) {
		in := newInbox()
		width := 2000
		var h QueueHost
		opened := make(chan struct{})
		h = open(t, func(c context.Context, m engine.Message) error {
			<-opened
			if m.Branch == "" {
				var ms []engine.Message
				for i := range width {
					ms = append(ms, engine.Message{Key: key("x", "1.0", i), Task: i%10 == 0})
				}
				if err := h.Queue.Send(c, ms...); err != nil {
					return err
				}
			} else if m.Seq < width {
				if err := h.Queue.Send(c, engine.Message{Key: key("x", "1.0", m.Seq+width), Task: m.Task}); err != nil {
					return err
				}
			}
			return in.handle(c, m)
		})
		if h.Width > 0 {
			width = h.Width
		}
		close(opened)
		must(t, h.Queue.Send(ctx(t), engine.Message{Key: key("x", "", 0)}))
		in.await(t, 1+2*width)
	})
	t.Run("tasks that block do not hold up steps", func(t *testing.T) {
		in := newInbox()
		release := make(chan struct{})
		t.Cleanup(sync.OnceFunc(func() { close(release) })) // before the queue is closed, which waits for handlers
		h := open(t, func(c context.Context, m engine.Message) error {
			if m.Task {
				select {
				case <-release:
				case <-c.Done():
					return c.Err()
				}
			}
			return in.handle(c, m)
		})
		const tasks, steps = 200, 50
		for i := range tasks {
			must(t, h.Queue.Send(ctx(t), engine.Message{Key: key("task", "", i), Task: true}))
		}
		for i := range steps {
			must(t, h.Queue.Send(ctx(t), engine.Message{Key: key("step", "", i)}))
		}
		for m := range in.await(t, steps) {
			wantEqual(t, "task", m.Task, false)
		}
	})
}

// inbox is what messages have come in.
type inbox struct {
	mu      sync.Mutex
	counts  map[engine.Message]int
	changed chan struct{} // closed and replaced at each message
}

func newInbox() *inbox { return &inbox{counts: map[engine.Message]int{}, changed: make(chan struct{})} }

// handle notes a message, without what a queue need not pass on.
func (in *inbox) handle(_ context.Context, m engine.Message) error {
	m.NotBefore, m.Record, m.Start = time.Time{}, nil, nil
	in.mu.Lock()
	defer in.mu.Unlock()
	in.counts[m]++
	close(in.changed)
	in.changed = make(chan struct{})
	return nil
}

// look returns a copy of what has come in if that is n different messages.
func (in *inbox) look(n int) (counts map[engine.Message]int, size int, changed chan struct{}) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.counts) == n {
		counts = maps.Clone(in.counts)
	}
	return counts, len(in.counts), in.changed
}

// await returns the messages once there are n different ones, and fails when there are more.
func (in *inbox) await(t *testing.T, n int) map[engine.Message]int {
	t.Helper()
	return in.awaitWhile(t, n, nil)
}

// awaitWhile is await that keeps calling fn, unless it is nil.
func (in *inbox) awaitWhile(t *testing.T, n int, fn func()) map[engine.Message]int {
	t.Helper()
	deadline := time.After(patience)
	busy := make(chan struct{})
	if fn != nil {
		close(busy)
	}
	for {
		counts, size, changed := in.look(n)
		if counts != nil {
			return counts
		}
		if size > n {
			t.Fatalf("%d messages, want %d", size, n)
		}
		select {
		case <-busy:
			fn()
			runtime.Gosched()
		case <-changed:
		case <-deadline:
			t.Fatalf("%d messages, want %d", size, n)
		}
	}
}
