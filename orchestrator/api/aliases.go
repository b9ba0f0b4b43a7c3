package api

import (
	"context"

	"minuet/orchestrator/catalog"
)

var aliasOperations = table{
	"CreateStateMachineAlias":   op((*server).createStateMachineAlias),
	"UpdateStateMachineAlias":   op((*server).updateStateMachineAlias),
	"DescribeStateMachineAlias": op((*server).describeStateMachineAlias),
	"ListStateMachineAliases":   op((*server).listStateMachineAliases),
	"DeleteStateMachineAlias":   op((*server).deleteStateMachineAlias),
}

type createStateMachineAliasInput struct {
	Description          *string `aws:"description,AliasDescription"`
	Name                 string  `aws:"name,required,CharacterRestrictedName"`
	RoutingConfiguration []route `aws:"routingConfiguration,required,RoutingConfigurationList"`
}

type route struct {
	StateMachineVersionArn string `aws:"stateMachineVersionArn,required,Arn" json:"stateMachineVersionArn"`
	Weight                 int64  `aws:"weight,required,VersionWeight" json:"weight"`
}

func routeValues(in []route) (out []catalog.RouteTo) {
	for _, r := range in {
		out = append(out, catalog.RouteTo{VersionARN: r.StateMachineVersionArn, Weight: r.Weight})
	}
	return out
}

type stateMachineAlias struct {
	StateMachineAliasArn string    `json:"stateMachineAliasArn"`
	CreationDate         timestamp `json:"creationDate"`
}

func (s *server) createStateMachineAlias(ctx context.Context, in *createStateMachineAliasInput) (*stateMachineAlias, error) {
	a, err := s.catalog.CreateAlias(ctx, in.Name, orZero(in.Description), routeValues(in.RoutingConfiguration))
	if err != nil {
		return nil, err
	}
	return &stateMachineAlias{a.ARN, timestamp(a.Created)}, nil
}

type updateStateMachineAliasInput struct {
	StateMachineAliasArn string  `aws:"stateMachineAliasArn,required,Arn"`
	Description          *string `aws:"description,AliasDescription"`
	RoutingConfiguration []route `aws:"routingConfiguration,RoutingConfigurationList"`
}

type updateStateMachineAliasOutput struct {
	UpdateDate timestamp `json:"updateDate"`
}

func (s *server) updateStateMachineAlias(ctx context.Context, in *updateStateMachineAliasInput) (*updateStateMachineAliasOutput, error) {
	at, err := s.catalog.UpdateAlias(ctx, in.StateMachineAliasArn, in.Description, routeValues(in.RoutingConfiguration))
	return &updateStateMachineAliasOutput{timestamp(at)}, err
}

type describeStateMachineAliasInput struct {
	StateMachineAliasArn string `aws:"stateMachineAliasArn,required,Arn"`
}

type describeStateMachineAliasOutput struct {
	StateMachineAliasArn string    `json:"stateMachineAliasArn"`
	Name                 string    `json:"name"`
	Description          string    `json:"description,omitempty"`
	RoutingConfiguration []route   `json:"routingConfiguration"`
	CreationDate         timestamp `json:"creationDate"`
	UpdateDate           timestamp `json:"updateDate"`
}

func (s *server) describeStateMachineAlias(ctx context.Context, in *describeStateMachineAliasInput) (*describeStateMachineAliasOutput, error) {
	a, err := s.catalog.DescribeAlias(ctx, in.StateMachineAliasArn)
	if err != nil {
		return nil, err
	}
	out := &describeStateMachineAliasOutput{
		StateMachineAliasArn: a.ARN, Name: a.Name, Description: a.Description,
		CreationDate: timestamp(a.Created), UpdateDate: timestamp(a.Updated),
	}
	for _, r := range a.Routes {
		out.RoutingConfiguration = append(out.RoutingConfiguration, route{r.VersionARN, r.Weight})
	}
	return out, nil
}

type listStateMachineAliasesInput struct {
	StateMachineArn string  `aws:"stateMachineArn,required,Arn"`
	NextToken       *string `aws:"nextToken,PageToken"`
	MaxResults      *int64  `aws:"maxResults,PageSize"`
}

type listStateMachineAliasesOutput struct {
	StateMachineAliases []stateMachineAlias `json:"stateMachineAliases"`
	NextToken           string              `json:"nextToken,omitempty"`
}

func (s *server) listStateMachineAliases(ctx context.Context, in *listStateMachineAliasesInput) (*listStateMachineAliasesOutput, error) {
	q := query{"ListStateMachineAliases", in.StateMachineArn}
	after, err := q.after(in.NextToken)
	if err != nil {
		return nil, err
	}
	page, next, err := s.catalog.Aliases(ctx, in.StateMachineArn, after, pageSize(in.MaxResults))
	if err != nil {
		return nil, err
	}
	out := &listStateMachineAliasesOutput{StateMachineAliases: []stateMachineAlias{}, NextToken: q.token(next)}
	for _, a := range page {
		out.StateMachineAliases = append(out.StateMachineAliases, stateMachineAlias{a.ARN, timestamp(a.Created)})
	}
	return out, nil
}

type deleteStateMachineAliasInput struct {
	StateMachineAliasArn string `aws:"stateMachineAliasArn,required,Arn"`
}

func (s *server) deleteStateMachineAlias(ctx context.Context, in *deleteStateMachineAliasInput) (*empty, error) {
	return &empty{}, s.catalog.DeleteAlias(ctx, in.StateMachineAliasArn)
}
