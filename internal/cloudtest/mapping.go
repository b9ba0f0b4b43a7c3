//go:build engines

package cloudtest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// receiveWait is how long a poller waits for messages, in seconds. Only the end of a test waits for it.
const receiveWait = 2

// mapping plays a Lambda event source mapping of an SQS queue: it receives messages, hands them to the function in batches,
// deletes those that were dealt with and leaves the others until their visibility timeout ends.
type mapping struct {
	client     *sqs.Client
	queueURL   string
	queueARN   string
	batchSize  int
	partial    bool // ReportBatchItemFailures
	invoke     func(ctx context.Context, event []byte) (answer []byte, functionError bool, err error)
	visibility time.Duration // of a received message; 0: the queue's own
	slots      chan struct{} // one for each invocation at once
	duplicates *atomic.Bool  // whether every message is delivered three times
	seen       sync.Map      // bodies of messages that were
	report     func(format string, args ...any)

	Delivered atomic.Int64 // messages that were handed to the function
	Failed    atomic.Int64 // messages that went back to the queue
}

// run polls until ctx ends, and returns when all invocations have.
func (m *mapping) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for ctx.Err() == nil {
		select {
		case m.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		messages, err := m.receive(ctx, cap(m.slots)-len(m.slots)+1)
		<-m.slots
		if err != nil {
			if ctx.Err() == nil {
				m.report("receive from %s: %v", m.queueURL, err)
			}
			return
		}
		for len(messages) > 0 {
			batch := messages[:min(m.batchSize, len(messages))]
			messages = messages[len(batch):]
			select {
			case m.slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				defer func() { <-m.slots }()
				m.deliver(ctx, batch)
			})
		}
	}
}

// receive gets messages for at most n batches.
func (m *mapping) receive(ctx context.Context, n int) ([]types.Message, error) {
	in := &sqs.ReceiveMessageInput{
		QueueUrl: &m.queueURL, MaxNumberOfMessages: int32(min(10, n*m.batchSize)), WaitTimeSeconds: receiveWait,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	}
	if m.visibility > 0 {
		in.VisibilityTimeout = int32(max(1, m.visibility/time.Second))
	}
	out, err := m.client.ReceiveMessage(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// deliver hands a batch to the function and deletes what it has dealt with.
func (m *mapping) deliver(ctx context.Context, batch []types.Message) {
	event, err := sqsEvent(batch, m.queueARN)
	if err != nil {
		m.report("make an event: %v", err)
		return
	}
	m.Delivered.Add(int64(len(batch)))
	var failed map[string]bool
	if m.duplicates.Load() && m.unseen(batch) {
		failed = m.deliverThrice(ctx, event, batch)
	} else {
		failed = m.attempt(ctx, event, batch)
	}
	m.Failed.Add(int64(len(failed)))
	for _, message := range batch {
		if failed[aws.ToString(message.MessageId)] {
			continue
		}
		_, err := m.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &m.queueURL, ReceiptHandle: message.ReceiptHandle})
		if err != nil && ctx.Err() == nil {
			m.report("delete from %s: %v", m.queueURL, err)
		}
	}
}

// unseen reports whether a batch holds a message that was not delivered three times before. A duplicate sends again what the
// original has sent: without this, copies of copies would grow as powers of three.
func (m *mapping) unseen(batch []types.Message) (is bool) {
	for _, message := range batch {
		if _, seen := m.seen.LoadOrStore(aws.ToString(message.Body), true); !seen {
			is = true
		}
	}
	return is
}

// deliverThrice hands a batch to the function twice at once and once more afterwards. A message of which any delivery failed
// comes again.
func (m *mapping) deliverThrice(ctx context.Context, event []byte, batch []types.Message) map[string]bool {
	failed := map[string]bool{}
	var mu sync.Mutex
	attempt := func() {
		more := m.attempt(ctx, event, batch)
		mu.Lock()
		defer mu.Unlock()
		for id := range more {
			failed[id] = true
		}
	}
	var wg sync.WaitGroup
	wg.Go(attempt)
	wg.Go(attempt)
	wg.Wait()
	attempt()
	return failed
}

// attempt invokes the function once and returns the ids of the messages that it has not dealt with.
func (m *mapping) attempt(ctx context.Context, event []byte, batch []types.Message) map[string]bool {
	all := make(map[string]bool, len(batch))
	for _, message := range batch {
		all[aws.ToString(message.MessageId)] = true
	}
	answer, functionError, err := m.invoke(ctx, event)
	if err != nil {
		return all // throttled, or the process is gone: the messages come again
	}
	if functionError {
		return all
	}
	if !m.partial {
		return nil
	}
	failed, err := batchFailures(answer, all)
	if err != nil {
		m.report("%v", err)
		return all
	}
	return failed
}

// batchFailures reads a partial batch response as Lambda does: an identifier that was not sent fails the whole batch.
// See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html.
func batchFailures(answer []byte, sent map[string]bool) (map[string]bool, error) {
	var response struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if len(answer) == 0 || string(answer) == "null" {
		return nil, nil
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, fmt.Errorf("a partial batch response %q: %w", answer, err)
	}
	failed := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		if !sent[f.ItemIdentifier] {
			return nil, fmt.Errorf("a partial batch response names a message %q that was not in the batch", f.ItemIdentifier)
		}
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}

// sqsEvent is the event that Lambda makes of messages: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
func sqsEvent(messages []types.Message, queueARN string) ([]byte, error) {
	type attribute struct {
		StringValue      *string  `json:"stringValue,omitempty"`
		BinaryValue      *string  `json:"binaryValue,omitempty"`
		StringListValues []string `json:"stringListValues"`
		BinaryListValues []string `json:"binaryListValues"`
		DataType         *string  `json:"dataType"`
	}
	type record struct {
		MessageID         *string              `json:"messageId"`
		ReceiptHandle     *string              `json:"receiptHandle"`
		Body              *string              `json:"body"`
		Attributes        map[string]string    `json:"attributes"`
		MessageAttributes map[string]attribute `json:"messageAttributes"`
		MD5OfBody         *string              `json:"md5OfBody"`
		EventSource       string               `json:"eventSource"`
		EventSourceARN    string               `json:"eventSourceARN"`
		AWSRegion         string               `json:"awsRegion"`
	}
	var event struct {
		Records []record `json:"Records"`
	}
	for _, message := range messages {
		attributes := map[string]attribute{}
		for name, value := range message.MessageAttributes {
			a := attribute{StringValue: value.StringValue, DataType: value.DataType, StringListValues: []string{}, BinaryListValues: []string{}}
			if value.BinaryValue != nil {
				a.BinaryValue = aws.String(base64.StdEncoding.EncodeToString(value.BinaryValue))
			}
			attributes[name] = a
		}
		event.Records = append(event.Records, record{
			MessageID: message.MessageId, ReceiptHandle: message.ReceiptHandle, Body: message.Body,
			Attributes: message.Attributes, MessageAttributes: attributes, MD5OfBody: message.MD5OfBody,
			EventSource: "aws:sqs", EventSourceARN: queueARN, AWSRegion: Region,
		})
	}
	return json.Marshal(event)
}
