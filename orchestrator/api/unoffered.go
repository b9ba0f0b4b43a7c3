package api

import (
	"context"
	"net/http"

	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
)

// unofferedOperations are those of which Minuet does less than AWS. They answer as AWS does as far as that is true: nothing
// has map runs, and what does not exist is named before what is not offered.
var unofferedOperations = table{
	"StartSyncExecution": op((*server).startSyncExecution),
	"RedriveExecution":   op((*server).redriveExecution),
	"TestState":          op((*server).testState),
	"DescribeMapRun":     op((*server).describeMapRun),
	"UpdateMapRun":       op((*server).updateMapRun),
	"ListMapRuns":        op((*server).listMapRuns),
}

func unoffered(what string) error {
	return &fault{http.StatusBadRequest, coralService, "UnsupportedOperationException", "Minuet does not offer " + what + " yet"}
}

type startSyncExecutionInput struct {
	StateMachineArn string  `aws:"stateMachineArn,required,Arn"`
	Name            *string `aws:"name,Name"`
	Input           *string `aws:"input,SensitiveData"`
	TraceHeader     *string `aws:"traceHeader,TraceHeader"`
	IncludedData    *string `aws:"includedData,IncludedData"`
}

func (s *server) startSyncExecution(ctx context.Context, in *startSyncExecutionInput) (*empty, error) {
	_, typ, err := s.catalog.Type(ctx, in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	if typ != catalog.Express {
		return nil, errTypeNotSupported
	}
	return nil, unoffered("StartSyncExecution")
}

type redriveExecutionInput struct {
	ExecutionArn string  `aws:"executionArn,required,Arn"`
	ClientToken  *string `aws:"clientToken,ClientToken"`
}

func (s *server) redriveExecution(ctx context.Context, in *redriveExecutionInput) (*empty, error) {
	if err := checkExecution(in.ExecutionArn); err != nil {
		return nil, err
	}
	x, _, err := s.service.DescribeExecution(ctx, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	if _, reason := redrivable(x.Status); reason != "" {
		return nil, engine.Errorf("ExecutionNotRedrivable", "%s", reason)
	}
	return nil, unoffered("RedriveExecution")
}

type testStateInput struct {
	Definition         string                  `aws:"definition,required,Definition"`
	RoleArn            *string                 `aws:"roleArn,Arn"`
	Input              *string                 `aws:"input,SensitiveData"`
	InspectionLevel    *string                 `aws:"inspectionLevel,InspectionLevel"`
	RevealSecrets      *bool                   `aws:"revealSecrets"`
	Variables          *string                 `aws:"variables,SensitiveData"`
	StateName          *string                 `aws:"stateName,TestStateStateName"`
	Mock               *mockInput              `aws:"mock"`
	Context            *string                 `aws:"context,SensitiveData"`
	StateConfiguration *testStateConfiguration `aws:"stateConfiguration"`
}

type mockInput struct {
	Result              *string          `aws:"result,SensitiveData"`
	ErrorOutput         *mockErrorOutput `aws:"errorOutput"`
	FieldValidationMode *string          `aws:"fieldValidationMode,MockResponseValidationMode"`
}

type mockErrorOutput struct {
	Error *string `aws:"error,SensitiveError"`
	Cause *string `aws:"cause,SensitiveCause"`
}

type testStateConfiguration struct {
	RetrierRetryCount        *int64  `aws:"retrierRetryCount,RetrierRetryCount"`
	ErrorCausedByState       *string `aws:"errorCausedByState,TestStateStateName"`
	MapIterationFailureCount *int64  `aws:"mapIterationFailureCount,MapIterationFailureCount"`
	MapItemReaderData        *string `aws:"mapItemReaderData,SensitiveData"`
}

func (s *server) testState(context.Context, *testStateInput) (*empty, error) {
	return nil, unoffered("TestState")
}

type describeMapRunInput struct {
	MapRunArn string `aws:"mapRunArn,required,LongArn"`
}

func (s *server) describeMapRun(_ context.Context, in *describeMapRunInput) (*empty, error) {
	return nil, noMapRun(in.MapRunArn)
}

type updateMapRunInput struct {
	MapRunArn                  string   `aws:"mapRunArn,required,LongArn"`
	MaxConcurrency             *int64   `aws:"maxConcurrency,MaxConcurrency"`
	ToleratedFailurePercentage *float64 `aws:"toleratedFailurePercentage,ToleratedFailurePercentage"`
	ToleratedFailureCount      *int64   `aws:"toleratedFailureCount,ToleratedFailureCount"`
}

func (s *server) updateMapRun(_ context.Context, in *updateMapRunInput) (*empty, error) {
	return nil, noMapRun(in.MapRunArn)
}

// noMapRun says that there is no such map run.
func noMapRun(arn string) error {
	if _, err := catalog.ParseARN(arn, catalog.TypeMapRun); err != nil {
		return err
	}
	return engine.Errorf("ResourceNotFound", "Resource not found: '%s'", arn)
}

type listMapRunsInput struct {
	ExecutionArn string  `aws:"executionArn,required,Arn"`
	MaxResults   *int64  `aws:"maxResults,PageSize"`
	NextToken    *string `aws:"nextToken,PageToken"`
}

type listMapRunsOutput struct {
	MapRuns []empty `json:"mapRuns"`
}

func (s *server) listMapRuns(ctx context.Context, in *listMapRunsInput) (*listMapRunsOutput, error) {
	if err := checkExecution(in.ExecutionArn); err != nil {
		return nil, err
	}
	if in.NextToken != nil {
		return nil, errToken
	}
	_, _, err := s.service.DescribeExecution(ctx, in.ExecutionArn)
	return &listMapRunsOutput{MapRuns: []empty{}}, err
}
