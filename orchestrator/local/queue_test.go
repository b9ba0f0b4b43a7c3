package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/engine/porttest"
	"minuet/orchestrator/machine"
)

// fakeClock is a clock that moves when it is told to.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newFakeClock() *fakeClock { return &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)} }

// runQueue runs a queue until the test ends.
func runQueue(t *testing.T, c QueueConfig, handle func(context.Context, engine.Message) error) *Queue {
	q := NewQueue(c)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		q.Run(context.Background(), handle)
	}()
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		<-stopped
	})
	return q
}

func message(seq int) engine.Message {
	return engine.Message{Key: machine.Key{Execution: "x", Seq: seq}}
}

func send(t *testing.T, q *Queue, ms ...engine.Message) {
	t.Helper()
	if err := q.Send(t.Context(), ms...); err != nil {
		t.Fatal(err)
	}
}

func TestQueue(t *testing.T) {
	porttest.Queue(t, func(t *testing.T, handle porttest.Handler) porttest.QueueHost {
		clock := newFakeClock()
		q := runQueue(t, QueueConfig{Clock: clock}, handle)
		return porttest.QueueHost{Queue: q, Clock: clock, Advance: func(d time.Duration) {
			clock.advance(d)
			q.Tick()
		}}
	})
}

func TestQueueLanesAreFirstInFirstOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		q := NewQueue(QueueConfig{Steps: 1, Tasks: 1})
		var want []string
		for i := range 300 { // more than a ring holds at first
			send(t, q, message(i))
			want = append(want, fmt.Sprint(i))
		}
		go q.Run(t.Context(), func(_ context.Context, m engine.Message) error {
			got = append(got, fmt.Sprint(m.Seq))
			return nil
		})
		<-q.Idle()
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("got %v", got)
		}
		_ = q.Close()
	})
}

func TestQueueWorkersAreBounded(t *testing.T) {
	for _, c := range []struct {
		name string
		task bool
		want int
	}{{"steps", false, 3}, {"tasks", true, 5}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				running, most := 0, 0
				q := runQueue(t, QueueConfig{Steps: 3, Tasks: 5}, func(context.Context, engine.Message) error {
					mu.Lock()
					running++
					most = max(most, running)
					mu.Unlock()
					<-time.After(time.Second)
					mu.Lock()
					running--
					mu.Unlock()
					return nil
				})
				for i := range 50 {
					m := message(i)
					m.Task = c.task
					send(t, q, m)
				}
				<-q.Idle()
				if most != c.want {
					t.Errorf("%d at a time, want %d", most, c.want)
				}
			})
		})
	}
}

func TestQueueDeliversAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		at := make(chan time.Duration, 10)
		q := runQueue(t, QueueConfig{}, func(context.Context, engine.Message) error {
			at <- time.Since(start)
			return nil
		})
		delays := []time.Duration{90 * time.Minute, 1500 * time.Millisecond, 20 * time.Millisecond}
		for i, d := range delays {
			m := message(i)
			m.NotBefore = start.Add(d)
			send(t, q, m)
		}
		for i := range delays {
			want := delays[len(delays)-1-i]
			if got := <-at; got < want || got > want+time.Millisecond {
				t.Errorf("delivered after %v, want %v", got, want)
			}
		}
	})
}

// shiftedClock is the bubble's clock, set wrong.
type shiftedClock struct {
	mu    sync.Mutex
	shift time.Duration
}

func (c *shiftedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Add(c.shift)
}

func (c *shiftedClock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift += d
}

func TestQueueClockJumpsForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, delivered := &shiftedClock{}, make(chan time.Time, 1)
		q := runQueue(t, QueueConfig{Clock: clock}, func(context.Context, engine.Message) error {
			delivered <- time.Now()
			return nil
		})
		m := message(1)
		m.NotBefore = clock.Now().Add(24 * time.Hour)
		send(t, q, m)
		synctest.Wait()
		jumped := time.Now()
		clock.jump(25 * time.Hour)
		if waited := (<-delivered).Sub(jumped); waited > time.Second {
			t.Errorf("delivered %v after the jump, want a second at most", waited)
		}
	})
}

func TestQueueClockJumpsBackward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, again := &shiftedClock{}, make(chan time.Time, 1)
		failed := false
		q := runQueue(t, QueueConfig{Clock: clock}, func(context.Context, engine.Message) error {
			if !failed {
				failed = true
				return errors.New("not now")
			}
			again <- time.Now()
			return nil
		})
		send(t, q, message(1))
		<-q.Idle()
		jumped := time.Now()
		clock.jump(-25 * time.Hour)
		if waited := (<-again).Sub(jumped); waited > 2*time.Second {
			t.Errorf("tried again %v after the jump, want the pause and a second at most", waited)
		}
	})
}

func TestQueueBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts []time.Time
		var log bytes.Buffer
		done := make(chan struct{})
		q := runQueue(t, QueueConfig{Log: slog.New(slog.NewTextHandler(&log, nil))}, func(context.Context, engine.Message) error {
			attempts = append(attempts, time.Now())
			switch len(attempts) {
			case 2:
				panic("poisonous")
			case 14:
				close(done)
				return nil
			}
			return errors.New("not now")
		})
		send(t, q, message(7))
		<-done
		<-q.Idle()
		for i := range len(attempts) - 1 {
			most := min(100*time.Millisecond<<i, 30*time.Second)
			if pause := attempts[i+1].Sub(attempts[i]); pause < most/2 || pause > most+time.Millisecond {
				t.Errorf("pause %d is %v, want %v to %v", i, pause, most/2, most)
			}
		}
		for _, want := range []string{"x[]#7", "not now", "panic: poisonous"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not tell %q:\n%s", want, &log)
			}
		}
	})
}

func TestQueueLen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		q := NewQueue(QueueConfig{Steps: 1})
		later := message(4)
		later.NotBefore = time.Now().Add(time.Hour)
		send(t, q, message(1), message(2), message(3), later)
		wantLen := func(want int) {
			t.Helper()
			if got := q.Len(); got != want {
				t.Errorf("len %d, want %d", got, want)
			}
		}
		wantLen(4)
		go q.Run(t.Context(), func(context.Context, engine.Message) error {
			<-release
			return nil
		})
		synctest.Wait()
		wantLen(4)
		release <- struct{}{}
		synctest.Wait()
		wantLen(3)
		close(release)
		<-q.Idle()
		wantLen(1)
		<-time.After(time.Hour)
		<-q.Idle()
		synctest.Wait()
		wantLen(0)
		_ = q.Close()
	})
}

func TestQueueClose(t *testing.T) {
	for _, c := range []struct {
		name string
		stop func(q *Queue, cancel context.CancelFunc)
	}{
		{"close", func(q *Queue, _ context.CancelFunc) { _ = q.Close() }},
		{"context", func(_ *Queue, cancel context.CancelFunc) { cancel() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				q, handled, stopped := NewQueue(QueueConfig{Steps: 1}), 0, make(chan struct{})
				go func() {
					defer close(stopped)
					q.Run(ctx, func(ctx context.Context, _ engine.Message) error {
						handled++
						<-ctx.Done()
						<-time.After(time.Second) // what it does to end
						return ctx.Err()
					})
				}()
				send(t, q, message(1), message(2))
				synctest.Wait()
				start := time.Now()
				c.stop(q, cancel)
				<-stopped
				if took := time.Since(start); took != time.Second || handled != 1 {
					t.Errorf("ended after %v with %d handlers called, want the one to be waited for", took, handled)
				}
				if err := q.Send(t.Context(), message(3)); !errors.Is(err, ErrClosed) {
					t.Errorf("send: %v, want %v", err, ErrClosed)
				}
				<-q.Idle()
				if n := q.Len(); n != 0 {
					t.Errorf("len %d, want 0", n)
				}
				if err := q.Close(); err != nil {
					t.Errorf("second close: %v", err)
				}
			})
		})
	}
}

// BenchmarkQueue passes messages the way the engine does: each handler sends the next one.
func BenchmarkQueue(b *testing.B) {
	for _, branches := range []int{1, 100} {
		b.Run(fmt.Sprintf("%dbranches", branches), func(b *testing.B) {
			q := NewQueue(QueueConfig{})
			go q.Run(b.Context(), func(ctx context.Context, m engine.Message) error {
				if m.Seq++; m.Seq < b.N/branches {
					return q.Send(ctx, m)
				}
				return nil
			})
			b.ReportAllocs()
			b.ResetTimer()
			for range branches {
				if err := q.Send(b.Context(), message(0)); err != nil {
					b.Fatal(err)
				}
			}
			<-q.Idle()
			_ = q.Close()
		})
	}
}
