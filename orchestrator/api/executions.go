package api

import (
	"context"

	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

var executionOperations = table{
	"StartExecution":    op((*server).startExecution),
	"StopExecution":     op((*server).stopExecution),
	"DescribeExecution": op((*server).describeExecution),
	"ListExecutions":    op((*server).listExecutions),
}

// checkExecution refuses what is not the ARN of an execution.
func checkExecution(arn string) error {
	_, err := catalog.ParseARN(arn, catalog.TypeExecution)
	return err
}

type startExecutionInput struct {
	StateMachineArn string  `aws:"stateMachineArn,required,Arn"`
	Name            *string `aws:"name,Name"`
	Input           *string `aws:"input,SensitiveData"`
	TraceHeader     *string `aws:"traceHeader,TraceHeader"`
}

type startExecutionOutput struct {
	ExecutionArn string    `json:"executionArn"`
	StartDate    timestamp `json:"startDate"`
}

func (s *server) startExecution(ctx context.Context, in *startExecutionInput) (*startExecutionOutput, error) {
	if in.Input != nil && *in.Input == "" {
		return nil, engine.Errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'")
	}
	x, err := s.service.StartExecution(ctx, engine.StartExecution{
		Machine: in.StateMachineArn, Name: orZero(in.Name), Input: orZero(in.Input), TraceHeader: orZero(in.TraceHeader),
	})
	if err != nil {
		return nil, err
	}
	return &startExecutionOutput{x.ARN, timestamp(x.At.Time())}, nil
}

type stopExecutionInput struct {
	ExecutionArn string  `aws:"executionArn,required,Arn"`
	Error        *string `aws:"error,SensitiveError"`
	Cause        *string `aws:"cause,SensitiveCause"`
}

type stopExecutionOutput struct {
	StopDate timestamp `json:"stopDate"`
}

func (s *server) stopExecution(ctx context.Context, in *stopExecutionInput) (*stopExecutionOutput, error) {
	if err := checkExecution(in.ExecutionArn); err != nil {
		return nil, err
	}
	at, err := s.service.StopExecution(ctx, in.ExecutionArn, in.Error, in.Cause)
	return &stopExecutionOutput{timestamp(at)}, err
}

type describeExecutionInput struct {
	ExecutionArn string  `aws:"executionArn,required,Arn"`
	IncludedData *string `aws:"includedData,IncludedData"`
}

type describeExecutionOutput struct {
	executionItem
	Input               *string      `json:"input,omitempty"`
	InputDetails        *dataDetails `json:"inputDetails,omitempty"`
	Output              *string      `json:"output,omitempty"`
	OutputDetails       *dataDetails `json:"outputDetails,omitempty"`
	Error               *string      `json:"error,omitempty"`
	Cause               *string      `json:"cause,omitempty"`
	TraceHeader         string       `json:"traceHeader,omitempty"`
	RedriveStatus       string       `json:"redriveStatus"`
	RedriveStatusReason string       `json:"redriveStatusReason,omitempty"`
}

type dataDetails struct {
	Included bool `json:"included"`
}

// executionItem is what DescribeExecution and ListExecutions both say of an execution.
type executionItem struct {
	ExecutionArn           string         `json:"executionArn"`
	StateMachineArn        string         `json:"stateMachineArn"`
	StateMachineVersionArn string         `json:"stateMachineVersionArn,omitempty"`
	StateMachineAliasArn   string         `json:"stateMachineAliasArn,omitempty"`
	Name                   string         `json:"name"`
	Status                 machine.Status `json:"status"`
	StartDate              timestamp      `json:"startDate"`
	StopDate               timestamp      `json:"stopDate,omitzero"`
	RedriveCount           int            `json:"redriveCount"`
}

func itemOf(x *engine.Execution) executionItem {
	item := executionItem{
		ExecutionArn: x.ARN, StateMachineArn: x.Machine, StateMachineVersionArn: x.Version, StateMachineAliasArn: x.Alias,
		Name: x.Name, Status: x.Status, StartDate: timestamp(x.At.Time()),
	}
	if x.Status != machine.Running {
		item.StopDate = timestamp(x.End.Time())
	}
	return item
}

func (s *server) describeExecution(ctx context.Context, in *describeExecutionInput) (*describeExecutionOutput, error) {
	if err := checkExecution(in.ExecutionArn); err != nil {
		return nil, err
	}
	x, _, err := s.service.DescribeExecution(ctx, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	out := &describeExecutionOutput{executionItem: itemOf(x), TraceHeader: x.TraceHeader}
	out.RedriveStatus, out.RedriveStatusReason = redrivable(x.Status)
	included := orZero(in.IncludedData) != metadataOnly
	out.InputDetails = &dataDetails{included}
	if x.Status == machine.Succeeded {
		out.OutputDetails = &dataDetails{included}
	}
	if included {
		out.Input, out.Error, out.Cause = new(string(x.Input)), x.Error, x.Cause
		if x.Status == machine.Succeeded {
			out.Output = new(string(x.Output))
		}
	}
	return out, nil
}

// redrivable tells whether an execution with the status may be redriven, and if not, why.
func redrivable(status machine.Status) (redriveStatus, reason string) {
	switch status {
	case machine.Running, machine.Succeeded:
		return "NOT_REDRIVABLE", "Execution is " + string(status) + " and cannot be redriven"
	default:
		return "REDRIVABLE", ""
	}
}

type listExecutionsInput struct {
	StateMachineArn *string `aws:"stateMachineArn,Arn"`
	StatusFilter    *string `aws:"statusFilter,ExecutionStatus"`
	MaxResults      *int64  `aws:"maxResults,PageSize"`
	NextToken       *string `aws:"nextToken,ListExecutionsPageToken"`
	MapRunArn       *string `aws:"mapRunArn,LongArn"`
	RedriveFilter   *string `aws:"redriveFilter,ExecutionRedriveFilter"`
}

type listExecutionsOutput struct {
	Executions []executionItem `json:"executions"`
	NextToken  string          `json:"nextToken,omitempty"`
}

func (s *server) listExecutions(ctx context.Context, in *listExecutionsInput) (*listExecutionsOutput, error) {
	if (in.StateMachineArn == nil) == (in.MapRunArn == nil) {
		return nil, engine.Errorf("ValidationException", "Exactly one of stateMachineArn and mapRunArn must be specified")
	}
	if in.MapRunArn != nil {
		return nil, noMapRun(*in.MapRunArn)
	}
	arn, status, redriven := *in.StateMachineArn, orZero(in.StatusFilter), orZero(in.RedriveFilter)
	q := query{"ListExecutions", arn, status, redriven}
	after, err := q.after(in.NextToken)
	if err != nil {
		return nil, err
	}
	unqualified, typ, err := s.catalog.Type(ctx, arn)
	if err != nil {
		return nil, err
	}
	if typ == catalog.Express {
		return nil, errTypeNotSupported
	}
	out := &listExecutionsOutput{Executions: []executionItem{}}
	if status == pendingRedrive || redriven == "REDRIVEN" {
		return out, nil // no execution is ever in that state
	}
	wanted := engine.ExecutionQuery{Machine: unqualified, Status: machine.Status(status), Limit: pageSize(in.MaxResults), After: after}
	if arn != unqualified {
		wanted.Version = arn
	}
	page, next, err := s.service.ListExecutions(ctx, wanted)
	if err != nil {
		return nil, err
	}
	for _, x := range page {
		out.Executions = append(out.Executions, itemOf(x))
	}
	out.NextToken = q.token(next)
	return out, nil
}

const pendingRedrive = "PENDING_REDRIVE"

var errTypeNotSupported = engine.Errorf("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
