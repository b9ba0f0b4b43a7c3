package api

import (
	"context"

	"minuet/orchestrator/catalog"
)

var machineOperations = table{
	"CreateStateMachine":               op((*server).createStateMachine),
	"UpdateStateMachine":               op((*server).updateStateMachine),
	"DeleteStateMachine":               op((*server).deleteStateMachine),
	"DescribeStateMachine":             op((*server).describeStateMachine),
	"DescribeStateMachineForExecution": op((*server).describeStateMachineForExecution),
	"ListStateMachines":                op((*server).listStateMachines),
}

// The values of includedData.
const (
	allData      = "ALL_DATA"
	metadataOnly = "METADATA_ONLY"
)

type createStateMachineInput struct {
	Name                    string                   `aws:"name,required,Name"`
	Definition              string                   `aws:"definition,required,Definition"`
	RoleArn                 string                   `aws:"roleArn,required,Arn"`
	Type                    *string                  `aws:"type,StateMachineType"`
	LoggingConfiguration    *loggingConfiguration    `aws:"loggingConfiguration"`
	Tags                    []tag                    `aws:"tags"`
	TracingConfiguration    *tracingConfiguration    `aws:"tracingConfiguration"`
	Publish                 *bool                    `aws:"publish"`
	VersionDescription      *string                  `aws:"versionDescription,VersionDescription"`
	EncryptionConfiguration *encryptionConfiguration `aws:"encryptionConfiguration"`
}

type loggingConfiguration struct {
	Level                *string          `aws:"level,LogLevel"`
	IncludeExecutionData *bool            `aws:"includeExecutionData"`
	Destinations         []logDestination `aws:"destinations"`
}

type logDestination struct {
	CloudWatchLogsLogGroup *logGroup `aws:"cloudWatchLogsLogGroup"`
}

type logGroup struct {
	LogGroupArn *string `aws:"logGroupArn,Arn"`
}

type tracingConfiguration struct {
	Enabled bool `aws:"enabled" json:"enabled"`
}

type encryptionConfiguration struct {
	KmsKeyId                     *string `aws:"kmsKeyId,KmsKeyId"`
	KmsDataKeyReusePeriodSeconds *int64  `aws:"kmsDataKeyReusePeriodSeconds,KmsDataKeyReusePeriodSeconds"`
	Type                         string  `aws:"type,required,EncryptionType"`
}

func (l *loggingConfiguration) value() *catalog.Logging {
	if l == nil {
		return nil
	}
	out := &catalog.Logging{Level: orZero(l.Level), IncludeExecutionData: orZero(l.IncludeExecutionData)}
	if l.Destinations != nil {
		out.Destinations = []catalog.LogDestination{}
	}
	for _, d := range l.Destinations {
		var to catalog.LogDestination
		if g := d.CloudWatchLogsLogGroup; g != nil {
			to.LogGroup = &catalog.LogGroup{ARN: orZero(g.LogGroupArn)}
		}
		out.Destinations = append(out.Destinations, to)
	}
	return out
}

func (t *tracingConfiguration) value() *bool {
	if t == nil {
		return nil
	}
	return &t.Enabled
}

func (e *encryptionConfiguration) value() *catalog.Encryption {
	if e == nil {
		return nil
	}
	return &catalog.Encryption{Type: e.Type, KeyID: orZero(e.KmsKeyId), ReusePeriodSeconds: orZero(e.KmsDataKeyReusePeriodSeconds)}
}

type createStateMachineOutput struct {
	StateMachineArn        string    `json:"stateMachineArn"`
	CreationDate           timestamp `json:"creationDate"`
	StateMachineVersionArn string    `json:"stateMachineVersionArn,omitempty"`
}

func (s *server) createStateMachine(ctx context.Context, in *createStateMachineInput) (*createStateMachineOutput, error) {
	created, err := s.catalog.Create(ctx, catalog.Create{
		Name:        in.Name,
		Definition:  in.Definition,
		RoleARN:     in.RoleArn,
		Type:        orZero(in.Type),
		Logging:     in.LoggingConfiguration.value(),
		Tracing:     orZero(in.TracingConfiguration.value()),
		Encryption:  in.EncryptionConfiguration.value(),
		Tags:        tagValues(in.Tags),
		Publish:     orZero(in.Publish),
		Description: orZero(in.VersionDescription),
	})
	if err != nil {
		return nil, err
	}
	return &createStateMachineOutput{created.ARN, timestamp(created.At), created.Version}, nil
}

type updateStateMachineInput struct {
	StateMachineArn         string                   `aws:"stateMachineArn,required,Arn"`
	Definition              *string                  `aws:"definition,Definition"`
	RoleArn                 *string                  `aws:"roleArn,Arn"`
	LoggingConfiguration    *loggingConfiguration    `aws:"loggingConfiguration"`
	TracingConfiguration    *tracingConfiguration    `aws:"tracingConfiguration"`
	Publish                 *bool                    `aws:"publish"`
	VersionDescription      *string                  `aws:"versionDescription,VersionDescription"`
	EncryptionConfiguration *encryptionConfiguration `aws:"encryptionConfiguration"`
}

type updateStateMachineOutput struct {
	UpdateDate             timestamp `json:"updateDate"`
	RevisionId             string    `json:"revisionId,omitempty"`
	StateMachineVersionArn string    `json:"stateMachineVersionArn,omitempty"`
}

func (s *server) updateStateMachine(ctx context.Context, in *updateStateMachineInput) (*updateStateMachineOutput, error) {
	updated, err := s.catalog.Update(ctx, catalog.Update{
		ARN:         in.StateMachineArn,
		Definition:  in.Definition,
		RoleARN:     in.RoleArn,
		Logging:     in.LoggingConfiguration.value(),
		Tracing:     in.TracingConfiguration.value(),
		Encryption:  in.EncryptionConfiguration.value(),
		Publish:     orZero(in.Publish),
		Description: orZero(in.VersionDescription),
	})
	if err != nil {
		return nil, err
	}
	return &updateStateMachineOutput{timestamp(updated.At), updated.Revision, updated.Version}, nil
}

type deleteStateMachineInput struct {
	StateMachineArn string `aws:"stateMachineArn,required,Arn"`
}

func (s *server) deleteStateMachine(ctx context.Context, in *deleteStateMachineInput) (*empty, error) {
	return &empty{}, s.catalog.Delete(ctx, in.StateMachineArn)
}

type describeStateMachineInput struct {
	StateMachineArn string  `aws:"stateMachineArn,required,Arn"`
	IncludedData    *string `aws:"includedData,IncludedData"`
}

// stateMachineOutput is what DescribeStateMachine and DescribeStateMachineForExecution return.
type stateMachineOutput struct {
	StateMachineArn         string               `json:"stateMachineArn"`
	Name                    string               `json:"name"`
	Status                  string               `json:"status,omitempty"`
	Definition              string               `json:"definition"`
	RoleArn                 string               `json:"roleArn"`
	Type                    string               `json:"type,omitempty"`
	CreationDate            timestamp            `json:"creationDate,omitzero"`
	UpdateDate              timestamp            `json:"updateDate,omitzero"`
	LoggingConfiguration    catalog.Logging      `json:"loggingConfiguration"`
	TracingConfiguration    tracingConfiguration `json:"tracingConfiguration"`
	RevisionId              string               `json:"revisionId,omitempty"`
	Description             string               `json:"description,omitempty"`
	EncryptionConfiguration catalog.Encryption   `json:"encryptionConfiguration"`
	VariableReferences      map[string][]string  `json:"variableReferences,omitempty"`
}

// stateMachine describes a revision.
func (s *server) stateMachine(ctx context.Context, r *catalog.Revision, includedData *string) *stateMachineOutput {
	out := &stateMachineOutput{
		StateMachineArn:         r.Machine,
		Name:                    r.Name,
		Definition:              r.Definition,
		RoleArn:                 r.RoleARN,
		LoggingConfiguration:    r.Logging,
		TracingConfiguration:    tracingConfiguration{r.Tracing},
		RevisionId:              r.ShownID(),
		EncryptionConfiguration: r.Encryption,
	}
	if orZero(includedData) == metadataOnly {
		out.Definition = "{}"
		return out
	}
	if m, err := s.catalog.Revision(ctx, r.Machine, r.ID); err != nil {
		s.log.Warn("variable references left out", "machine", r.Machine, "revision", r.ID, "error", err)
	} else {
		out.VariableReferences = catalog.References(m.Definition)
	}
	return out
}

func (s *server) describeStateMachine(ctx context.Context, in *describeStateMachineInput) (*stateMachineOutput, error) {
	d, err := s.catalog.Describe(ctx, in.StateMachineArn)
	if err != nil {
		return nil, err
	}
	out := s.stateMachine(ctx, d.Revision, in.IncludedData)
	out.StateMachineArn, out.Description = d.ARN, d.Description
	out.Status, out.Type, out.CreationDate = "ACTIVE", d.Revision.Type, timestamp(d.Created)
	return out, nil
}

type describeStateMachineForExecutionInput struct {
	ExecutionArn string  `aws:"executionArn,required,Arn"`
	IncludedData *string `aws:"includedData,IncludedData"`
}

func (s *server) describeStateMachineForExecution(ctx context.Context, in *describeStateMachineForExecutionInput) (*stateMachineOutput, error) {
	if err := checkExecution(in.ExecutionArn); err != nil {
		return nil, err
	}
	x, _, err := s.service.DescribeExecution(ctx, in.ExecutionArn)
	if err != nil {
		return nil, err
	}
	r, err := s.catalog.DescribeRevision(ctx, x.Machine, x.Revision)
	if err != nil {
		return nil, err
	}
	out := s.stateMachine(ctx, r, in.IncludedData)
	out.UpdateDate = timestamp(r.At)
	return out, nil
}

type listStateMachinesInput struct {
	MaxResults *int64  `aws:"maxResults,PageSize"`
	NextToken  *string `aws:"nextToken,PageToken"`
}

type listStateMachinesOutput struct {
	StateMachines []stateMachineItem `json:"stateMachines"`
	NextToken     string             `json:"nextToken,omitempty"`
}

type stateMachineItem struct {
	StateMachineArn string    `json:"stateMachineArn"`
	Name            string    `json:"name"`
	Type            string    `json:"type"`
	CreationDate    timestamp `json:"creationDate"`
}

func (s *server) listStateMachines(ctx context.Context, in *listStateMachinesInput) (*listStateMachinesOutput, error) {
	q := query{"ListStateMachines"}
	after, err := q.after(in.NextToken)
	if err != nil {
		return nil, err
	}
	page, next, err := s.catalog.List(ctx, after, pageSize(in.MaxResults))
	if err != nil {
		return nil, err
	}
	out := &listStateMachinesOutput{StateMachines: []stateMachineItem{}, NextToken: q.token(next)}
	for _, m := range page {
		out.StateMachines = append(out.StateMachines, stateMachineItem{m.ARN, m.Name, m.Type, timestamp(m.Created)})
	}
	return out, nil
}
