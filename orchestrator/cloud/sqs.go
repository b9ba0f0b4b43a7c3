package cloud

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"minuet/orchestrator/engine"
)

// SQS's bounds: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const (
	maxDelay      = 15 * time.Minute
	maxBatch      = 10
	maxBatchBytes = 250_000
)

// batchesAtOnce is how many batches of one send are under way at a time, and sendAttempts how often an entry that SQS could not
// take for a reason of its own is sent.
const (
	batchesAtOnce = 8
	sendAttempts  = 4
)

// Timers keep messages that are due later than a queue can delay them. [Store] does.
type Timers interface {
	// PutTimer keeps a message until it is due. Keeping the same one twice is keeping it once.
	PutTimer(ctx context.Context, body []byte, due time.Time, task bool) error
}

// Queue is an [engine.Queue] of two SQS queues: one for steps, and one for tasks, whose workers may take longer.
type Queue struct {
	client       *sqs.Client
	steps, tasks string
	timers       Timers
	clock        engine.Clock
}

var _ engine.Queue = (*Queue)(nil)

// QueueConfig is what a [Queue] is made of.
type QueueConfig struct {
	Client       *sqs.Client
	Steps, Tasks string // the queues' URLs
	Timers       Timers
	Clock        engine.Clock
}

// NewQueue makes a Queue.
func NewQueue(c QueueConfig) *Queue {
	return &Queue{client: c.Client, steps: c.Steps, tasks: c.Tasks, timers: c.Timers, clock: c.Clock}
}

// entry is a message as SQS gets it.
type entry struct {
	body  string
	delay int32 // seconds
}

// Send implements [engine.Queue].
func (q *Queue) Send(ctx context.Context, ms ...engine.Message) error {
	var steps, tasks []entry
	for _, m := range ms {
		body, err := encodeMessage(m)
		if err != nil {
			return err
		}
		wait := m.NotBefore.Sub(q.clock.Now())
		if wait > maxDelay {
			if err := q.timers.PutTimer(ctx, body, m.NotBefore, m.Task); err != nil {
				return fmt.Errorf("keep message %s: %w", m.Key, err)
			}
			continue
		}
		e := entry{string(body), seconds(wait)}
		if m.Task {
			tasks = append(tasks, e)
		} else {
			steps = append(steps, e)
		}
	}
	return errors.Join(q.sendTo(ctx, q.steps, steps), q.sendTo(ctx, q.tasks, tasks))
}

// seconds rounds up: what comes early is put back, and costs a transition's price.
func seconds(d time.Duration) int32 { return int32(math.Ceil(max(0, d.Seconds()))) }

// deliver sends a message that was kept, which falls due within maxDelay.
func (q *Queue) deliver(ctx context.Context, body string, due time.Time, task bool) error {
	url := q.steps
	if task {
		url = q.tasks
	}
	return q.sendTo(ctx, url, []entry{{body, min(seconds(due.Sub(q.clock.Now())), int32(maxDelay.Seconds()))}})
}

func (q *Queue) sendTo(ctx context.Context, url string, entries []entry) error {
	if len(entries) == 1 {
		_, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &entries[0].body, DelaySeconds: entries[0].delay})
		if err != nil {
			return fmt.Errorf("send message: %w", err)
		}
		return nil
	}
	var (
		senders sync.WaitGroup
		mu      sync.Mutex
		failed  error
		slots   = make(chan struct{}, batchesAtOnce)
	)
	for len(entries) > 0 {
		n := batchSize(entries)
		batch := entries[:n]
		entries = entries[n:]
		slots <- struct{}{}
		senders.Go(func() {
			defer func() { <-slots }()
			if err := q.sendBatch(ctx, url, batch); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = err
			}
		})
	}
	senders.Wait()
	return failed
}

// batchSize is how many of the entries fit into a batch.
func batchSize(entries []entry) int {
	size := 0
	for n, e := range entries {
		if size += len(e.body); n == maxBatch || (n > 0 && size > maxBatchBytes) {
			return n
		}
	}
	return len(entries)
}

func (q *Queue) sendBatch(ctx context.Context, url string, batch []entry) error {
	var refused error
	pause := 50 * time.Millisecond
	for range sendAttempts {
		in := &sqs.SendMessageBatchInput{QueueUrl: &url}
		for i, e := range batch {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &e.body, DelaySeconds: e.delay})
		}
		out, err := q.client.SendMessageBatch(ctx, in)
		if err != nil {
			return fmt.Errorf("send %d messages: %w", len(batch), err)
		}
		if len(out.Failed) == 0 {
			return nil
		}
		var again []entry
		for _, f := range out.Failed {
			i, err := strconv.Atoi(aws.ToString(f.Id))
			if err != nil || i < 0 || i >= len(batch) {
				return fmt.Errorf("send %d messages: SQS speaks of a message %q", len(batch), aws.ToString(f.Id))
			}
			again = append(again, batch[i])
			refused = fmt.Errorf("send message: %s: %s", aws.ToString(f.Code), aws.ToString(f.Message))
			if f.SenderFault {
				return refused
			}
		}
		batch = again
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
	return refused
}
