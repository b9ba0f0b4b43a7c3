package api

import (
	"context"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

var historyOperations = table{
	"GetExecutionHistory": op((*server).getExecutionHistory),
}

type getExecutionHistoryInput struct {
	ExecutionArn         string  `aws:"executionArn,required,Arn"`
	MaxResults           *int64  `aws:"maxResults,PageSize"`
	ReverseOrder         *bool   `aws:"reverseOrder"`
	NextToken            *string `aws:"nextToken,PageToken"`
	IncludeExecutionData *bool   `aws:"includeExecutionData"`
}

type getExecutionHistoryOutput struct {
	Events    []historyEvent `json:"events"`
	NextToken string         `json:"nextToken,omitempty"`
}

type historyEvent machine.Event

// MarshalJSON implements [json.Marshaler].
func (e historyEvent) MarshalJSON() ([]byte, error) {
	at, err := timestamp(e.Time).MarshalJSON()
	if err != nil {
		return nil, err
	}
	seconds, err := value.OfNumber(string(at))
	if err != nil {
		return nil, err
	}
	members := []value.Member{
		{Key: "timestamp", Value: seconds},
		{Key: "type", Value: value.OfString(e.Type)},
		{Key: "id", Value: value.OfInt(e.ID)},
		{Key: "previousEventId", Value: value.OfInt(e.PreviousID)},
	}
	if e.DetailsKey != "" {
		members = append(members, value.Member{Key: e.DetailsKey, Value: e.Details})
	}
	return value.OfObject(members...).MarshalJSON()
}

func (s *server) getExecutionHistory(ctx context.Context, in *getExecutionHistoryInput) (*getExecutionHistoryOutput, error) {
	if err := checkExecution(in.ExecutionArn); err != nil {
		return nil, err
	}
	reverse := orZero(in.ReverseOrder)
	q := query{"GetExecutionHistory", in.ExecutionArn}
	if reverse {
		q = append(q, "reverse")
	}
	after, err := q.after(in.NextToken)
	if err != nil {
		return nil, err
	}
	events, next, err := s.service.History(ctx, engine.HistoryQuery{
		ARN: in.ExecutionArn, Limit: pageSize(in.MaxResults), Reverse: reverse, Token: after,
	})
	if err != nil {
		return nil, err
	}
	out := &getExecutionHistoryOutput{Events: []historyEvent{}, NextToken: q.token(next)}
	bare := in.IncludeExecutionData != nil && !*in.IncludeExecutionData
	for _, e := range events {
		if bare {
			e.Details = withoutData(e.Details)
		}
		out.Events = append(out.Events, historyEvent(e))
	}
	return out, nil
}

// withoutData returns an event's details without what the execution works on.
func withoutData(details value.Value) value.Value {
	for _, key := range []string{
		"input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables", "assignedVariablesDetails", "cause",
	} {
		if _, found := details.Get(key); found {
			details = details.Delete(key)
		}
	}
	return details
}
