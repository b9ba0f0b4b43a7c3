package function

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"minuet/orchestrator/cloud"
)

// Step is the handler of the step and task functions: a batch of messages, each of which advances a branch by one state. Those
// that fail are named in the answer, so that SQS delivers only these again.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func Step(host *cloud.Host) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return eachMessage(host, func(ctx context.Context, m events.SQSMessage) error {
		message, err := cloud.DecodeMessage([]byte(m.Body))
		if err != nil {
			return err
		}
		return host.Engine.Handle(ctx, message)
	})
}

// Dead is the handler of the dead-letter queues: whoever a message given up belongs to fails, and the message is kept.
func Dead(host *cloud.Host) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return eachMessage(host, func(ctx context.Context, m events.SQSMessage) error {
		return host.GiveUp(ctx, m.MessageId, []byte(m.Body))
	})
}

// eachMessage handles messages one after another. Once the time is up the rest go back.
func eachMessage(host *cloud.Host, handle func(context.Context, events.SQSMessage) error) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (out events.SQSEventResponse, err error) {
		defer host.Flush()
		out.BatchItemFailures = []events.SQSBatchItemFailure{}
		for _, m := range e.Records {
			if err := handle(ctx, m); err != nil {
				host.Log.LogAttrs(ctx, slog.LevelError, "message failed", append(about(m.Body), slog.String("message", m.MessageId),
					slog.String("received", m.Attributes["ApproximateReceiveCount"]), slog.Any("error", err))...)
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
		}
		return out, nil
	}
}

// about says what a message is about.
func about(body string) []slog.Attr {
	m, err := cloud.DecodeMessage([]byte(body))
	if err != nil {
		return nil
	}
	if m.Ended != "" {
		return []slog.Attr{slog.String("ended", m.Ended)}
	}
	return []slog.Attr{slog.String("execution", m.Execution), slog.String("branch", string(m.Branch)), slog.Int("record", m.Seq)}
}
