package function

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"minuet/orchestrator/cloud"
)

// Notify is the handler of the rule that tells of executions' ends. An event is a hint: what it says is read from the table
// again, so a forged one does nothing.
func Notify(host *cloud.Host) func(context.Context, events.EventBridgeEvent) error {
	return func(ctx context.Context, e events.EventBridgeEvent) error {
		defer host.Flush()
		var detail cloud.StatusDetail
		if err := json.Unmarshal(e.Detail, &detail); err != nil {
			return fmt.Errorf("event %s: detail: %w", e.ID, err)
		}
		if e.DetailType != cloud.EventDetailType || detail.ExecutionARN == "" {
			return fmt.Errorf("event %s is a %q, not a %q with an executionArn", e.ID, e.DetailType, cloud.EventDetailType)
		}
		return host.Notify(ctx, detail.ExecutionARN)
	}
}

// Sweep is the handler of the schedule.
func Sweep(host *cloud.Host) func(context.Context) error {
	return func(ctx context.Context) error {
		defer host.Flush()
		return host.Sweep(ctx)
	}
}
