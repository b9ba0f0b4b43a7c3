//go:build engines

package cloud_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"minuet/internal/cloudtest"
	"minuet/orchestrator/cloud"
	"minuet/orchestrator/engine/porttest"
)

// shiftedTime is a clock that can be put forward.
type shiftedTime struct{ by atomic.Int64 }

func (c *shiftedTime) Now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

var queues atomic.Int64

// newQueue creates an SQS queue and returns its URL.
func newQueue(t *testing.T, client *sqs.Client) string {
	t.Helper()
	out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(fmt.Sprint("queue", queues.Add(1)))})
	if err != nil {
		t.Fatalf("create queue: %v", err)
	}
	return *out.QueueUrl
}

// poll plays an event source mapping with several workers until the test ends.
func poll(t *testing.T, client *sqs.Client, url string, workers int, handle func(context.Context, string) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var pollers sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		pollers.Wait()
	})
	for range workers {
		pollers.Go(func() {
			for ctx.Err() == nil {
				out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
				if err != nil {
					if ctx.Err() == nil {
						t.Errorf("receive: %v", err)
					}
					return
				}
				var done []types.DeleteMessageBatchRequestEntry
				for _, m := range out.Messages {
					if err := handle(ctx, *m.Body); err == nil {
						done = append(done, types.DeleteMessageBatchRequestEntry{Id: m.MessageId, ReceiptHandle: m.ReceiptHandle})
						continue
					}
					_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
					if err != nil && ctx.Err() == nil {
						t.Errorf("put back: %v", err)
					}
				}
				if len(done) == 0 {
					continue
				}
				if _, err := client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: done}); err != nil && ctx.Err() == nil {
					t.Errorf("delete: %v", err)
				}
			}
		})
	}
}

// Ensure that the queue keeps its promises on an SQS server, with the timers in the real table.
func TestQueue(t *testing.T) {
	messages := sqs.NewFromConfig(awsConfig(cloudtest.StartMoto(t)))
	items := dynamodb.NewFromConfig(awsConfig(cloudtest.StartDynamoDB(t)))
	porttest.Queue(t, func(t *testing.T, handle porttest.Handler) porttest.QueueHost {
		clock := &shiftedTime{}
		store := cloud.NewStore(cloud.StoreConfig{Client: items, Table: newTable(t, items), Clock: clock})
		config := cloud.QueueConfig{Client: messages, Steps: newQueue(t, messages), Tasks: newQueue(t, messages), Timers: store, Clock: clock}
		queue := cloud.NewQueue(config)
		decode := func(ctx context.Context, body string) error {
			m, err := cloud.DecodeMessage([]byte(body))
			if err != nil {
				t.Errorf("decode: %v", err)
				return nil
			}
			return handle(ctx, m)
		}
		poll(t, messages, config.Steps, 4, decode)
		poll(t, messages, config.Tasks, 4, decode)
		return porttest.QueueHost{Queue: queue, Clock: clock, Width: 200, Advance: func(d time.Duration) {
			// SQS's delays cannot be put forward: only what rests in the table can.
			if d < time.Minute {
				<-time.After(d)
				return
			}
			clock.by.Add(int64(d))
			if err := store.Timers(t.Context(), clock.Now(), func(body string, _ time.Time, _ bool) error {
				return decode(t.Context(), body)
			}); err != nil {
				t.Errorf("timers: %v", err)
			}
		}}
	})
}
