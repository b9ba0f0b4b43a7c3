package api

import "context"

var versionOperations = table{
	"PublishStateMachineVersion": op((*server).publishStateMachineVersion),
	"ListStateMachineVersions":   op((*server).listStateMachineVersions),
	"DeleteStateMachineVersion":  op((*server).deleteStateMachineVersion),
}

type publishStateMachineVersionInput struct {
	StateMachineArn string  `aws:"stateMachineArn,required,Arn"`
	RevisionId      *string `aws:"revisionId"`
	Description     *string `aws:"description,VersionDescription"`
}

type stateMachineVersion struct {
	StateMachineVersionArn string    `json:"stateMachineVersionArn"`
	CreationDate           timestamp `json:"creationDate"`
}

func (s *server) publishStateMachineVersion(ctx context.Context, in *publishStateMachineVersionInput) (*stateMachineVersion, error) {
	v, err := s.catalog.Publish(ctx, in.StateMachineArn, orZero(in.RevisionId), orZero(in.Description))
	if err != nil {
		return nil, err
	}
	return &stateMachineVersion{v.ARN, timestamp(v.Created)}, nil
}

type listStateMachineVersionsInput struct {
	StateMachineArn string  `aws:"stateMachineArn,required,Arn"`
	NextToken       *string `aws:"nextToken,PageToken"`
	MaxResults      *int64  `aws:"maxResults,PageSize"`
}

type listStateMachineVersionsOutput struct {
	StateMachineVersions []stateMachineVersion `json:"stateMachineVersions"`
	NextToken            string                `json:"nextToken,omitempty"`
}

func (s *server) listStateMachineVersions(ctx context.Context, in *listStateMachineVersionsInput) (*listStateMachineVersionsOutput, error) {
	q := query{"ListStateMachineVersions", in.StateMachineArn}
	after, err := q.after(in.NextToken)
	if err != nil {
		return nil, err
	}
	page, next, err := s.catalog.Versions(ctx, in.StateMachineArn, after, pageSize(in.MaxResults))
	if err != nil {
		return nil, err
	}
	out := &listStateMachineVersionsOutput{StateMachineVersions: []stateMachineVersion{}, NextToken: q.token(next)}
	for _, v := range page {
		out.StateMachineVersions = append(out.StateMachineVersions, stateMachineVersion{v.ARN, timestamp(v.Created)})
	}
	return out, nil
}

type deleteStateMachineVersionInput struct {
	StateMachineVersionArn string `aws:"stateMachineVersionArn,required,LongArn"`
}

func (s *server) deleteStateMachineVersion(ctx context.Context, in *deleteStateMachineVersionInput) (*empty, error) {
	return &empty{}, s.catalog.DeleteVersion(ctx, in.StateMachineVersionArn)
}
