package api

import (
	"context"
	"time"

	"minuet/orchestrator/catalog"
)

var activityOperations = table{
	"CreateActivity":   op((*server).createActivity),
	"DescribeActivity": op((*server).describeActivity),
	"DeleteActivity":   op((*server).deleteActivity),
	"ListActivities":   op((*server).listActivities),
	"GetActivityTask":  op((*server).getActivityTask),
}

type createActivityInput struct {
	Name                    string                   `aws:"name,required,Name"`
	Tags                    []tag                    `aws:"tags"`
	EncryptionConfiguration *encryptionConfiguration `aws:"encryptionConfiguration"`
}

type createActivityOutput struct {
	ActivityArn  string    `json:"activityArn"`
	CreationDate timestamp `json:"creationDate"`
}

func (s *server) createActivity(ctx context.Context, in *createActivityInput) (*createActivityOutput, error) {
	a, err := s.catalog.CreateActivity(ctx, in.Name, in.EncryptionConfiguration.value(), tagValues(in.Tags))
	if err != nil {
		return nil, err
	}
	return &createActivityOutput{a.ARN, timestamp(a.Created)}, nil
}

type describeActivityInput struct {
	ActivityArn string `aws:"activityArn,required,Arn"`
}

type describeActivityOutput struct {
	ActivityArn             string             `json:"activityArn"`
	Name                    string             `json:"name"`
	CreationDate            timestamp          `json:"creationDate"`
	EncryptionConfiguration catalog.Encryption `json:"encryptionConfiguration"`
}

func (s *server) describeActivity(ctx context.Context, in *describeActivityInput) (*describeActivityOutput, error) {
	a, err := s.catalog.DescribeActivity(ctx, in.ActivityArn)
	if err != nil {
		return nil, err
	}
	return &describeActivityOutput{a.ARN, a.Name, timestamp(a.Created), a.Encryption}, nil
}

type deleteActivityInput struct {
	ActivityArn string `aws:"activityArn,required,Arn"`
}

func (s *server) deleteActivity(ctx context.Context, in *deleteActivityInput) (*empty, error) {
	return &empty{}, s.catalog.DeleteActivity(ctx, in.ActivityArn)
}

type listActivitiesInput struct {
	MaxResults *int64  `aws:"maxResults,PageSize"`
	NextToken  *string `aws:"nextToken,PageToken"`
}

type listActivitiesOutput struct {
	Activities []activityItem `json:"activities"`
	NextToken  string         `json:"nextToken,omitempty"`
}

type activityItem struct {
	ActivityArn  string    `json:"activityArn"`
	Name         string    `json:"name"`
	CreationDate timestamp `json:"creationDate"`
}

func (s *server) listActivities(ctx context.Context, in *listActivitiesInput) (*listActivitiesOutput, error) {
	q := query{"ListActivities"}
	after, err := q.after(in.NextToken)
	if err != nil {
		return nil, err
	}
	page, next, err := s.catalog.Activities(ctx, after, pageSize(in.MaxResults))
	if err != nil {
		return nil, err
	}
	out := &listActivitiesOutput{Activities: []activityItem{}, NextToken: q.token(next)}
	for _, a := range page {
		out.Activities = append(out.Activities, activityItem{a.ARN, a.Name, timestamp(a.Created)})
	}
	return out, nil
}

type getActivityTaskInput struct {
	ActivityArn string  `aws:"activityArn,required,Arn"`
	WorkerName  *string `aws:"workerName,Name"`
}

// getActivityTaskOutput is what a poll without a task returns. No state schedules tasks of activities.
type getActivityTaskOutput struct {
	TaskToken *string `json:"taskToken"`
}

func (s *server) getActivityTask(ctx context.Context, in *getActivityTaskInput) (*getActivityTaskOutput, error) {
	if _, err := s.catalog.DescribeActivity(ctx, in.ActivityArn); err != nil {
		return nil, err
	}
	wait := time.NewTimer(s.poll)
	defer wait.Stop()
	select {
	case <-wait.C:
		return &getActivityTaskOutput{}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
