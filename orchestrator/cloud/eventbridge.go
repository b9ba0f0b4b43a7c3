package cloud

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// How status changes appear on the bus. AWS keeps sources that begin with "aws." to itself.
const (
	EventSource     = "minuet.states"
	EventDetailType = "Step Functions Execution Status Change"
)

// Publish says which executions' status changes are published.
type Publish string

// The choices. Every event costs a dollar a million: parents need the ends of the children that they wait for, and nobody
// needs the others unless rules of the user's own do.
const (
	PublishAll    Publish = "all"    // all, starts included
	PublishNested Publish = "nested" // ends of executions that a task waits for
	PublishNone   Publish = "none"   // none: sweep finds children that have ended
)

// Bus is an [engine.Bus] on EventBridge.
type Bus struct {
	client *eventbridge.Client
	name   string
	what   Publish
}

var _ engine.Bus = (*Bus)(nil)

// NewBus makes a Bus of the event bus with a name.
func NewBus(client *eventbridge.Client, name string, what Publish) *Bus {
	return &Bus{client: client, name: name, what: what}
}

// StatusDetail is the detail of an event, as AWS has it; what is absent is null.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
type StatusDetail struct {
	ExecutionARN        string         `json:"executionArn"`
	StateMachineARN     string         `json:"stateMachineArn"`
	Name                string         `json:"name"`
	Status              machine.Status `json:"status"`
	StartDate           int64          `json:"startDate"` // milliseconds since 1970
	StopDate            *int64         `json:"stopDate"`
	Input               *string        `json:"input"`
	Output              *string        `json:"output"`
	StateMachineVersion *string        `json:"stateMachineVersionArn"`
	StateMachineAlias   *string        `json:"stateMachineAliasArn"`
	RedriveCount        int            `json:"redriveCount"`
	RedriveDate         *int64         `json:"redriveDate"`
	RedriveStatus       string         `json:"redriveStatus"`
	RedriveStatusReason *string        `json:"redriveStatusReason"`
	InputDetails        *included      `json:"inputDetails"`
	OutputDetails       *included      `json:"outputDetails"`
	Error               *string        `json:"error"`
	Cause               *string        `json:"cause"`
}

type included struct {
	Included bool `json:"included"`
}

// maxEventData is how many bytes of input and output an event has room for: EventBridge takes 256 KB, and they are escaped.
const maxEventData = 248 << 10

func statusDetail(x *engine.Execution) StatusDetail {
	d := StatusDetail{
		ExecutionARN: x.ARN, StateMachineARN: x.Machine, Name: x.Name, Status: x.Status, StartDate: x.At.Time().UnixMilli(),
		StateMachineVersion: nonEmpty(x.Version), StateMachineAlias: nonEmpty(x.Alias), RedriveStatus: "REDRIVABLE",
		Error: x.Error, Cause: x.Cause,
	}
	if x.Status == machine.Running || x.Status == machine.Succeeded {
		d.RedriveStatus = "NOT_REDRIVABLE"
		d.RedriveStatusReason = aws.String("Execution is " + string(x.Status) + " and cannot be redriven")
	}
	if x.Status != machine.Running {
		d.StopDate = aws.Int64(x.End.Time().UnixMilli())
	}
	room := maxEventData - escapedSize(x.Output)
	if x.Output != nil {
		d.OutputDetails = &included{room >= 0}
		if room >= 0 {
			d.Output = aws.String(string(x.Output))
		} else {
			room = maxEventData
		}
	}
	d.InputDetails = &included{escapedSize(x.Input) <= room}
	if d.InputDetails.Included {
		d.Input = aws.String(string(x.Input))
	}
	return d
}

// escapedSize is the size of JSON as a string in JSON.
func escapedSize(data []byte) int {
	n := len(data)
	for _, c := range data {
		if c == '"' || c == '\\' || c < ' ' {
			n++
		}
	}
	return n
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Publish implements [engine.Bus].
func (b *Bus) Publish(ctx context.Context, c engine.StatusChange) error {
	x := c.Execution
	awaited := x.Parent != nil && x.Parent.Waits && x.Status != machine.Running
	if b.what != PublishAll && (b.what != PublishNested || !awaited) {
		return nil
	}
	detail, err := json.Marshal(statusDetail(x))
	if err != nil {
		return fmt.Errorf("event of %s: %w", x.ARN, err)
	}
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: &b.name, Source: aws.String(EventSource), DetailType: aws.String(EventDetailType),
		Resources: []string{x.ARN}, Detail: aws.String(string(detail)),
	}}})
	if err != nil {
		return fmt.Errorf("put the event of %s: %w", x.ARN, err)
	}
	for _, e := range out.Entries {
		if e.ErrorCode != nil {
			return fmt.Errorf("put the event of %s: %s: %s", x.ARN, *e.ErrorCode, aws.ToString(e.ErrorMessage))
		}
	}
	return nil
}
