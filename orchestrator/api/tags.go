package api

import (
	"context"

	"minuet/orchestrator/catalog"
)

var tagOperations = table{
	"TagResource":         op((*server).tagResource),
	"UntagResource":       op((*server).untagResource),
	"ListTagsForResource": op((*server).listTagsForResource),
}

type tag struct {
	Key   string `aws:"key,TagKey"`
	Value string `aws:"value,TagValue"`
}

func tagValues(in []tag) (out []catalog.Tag) {
	for _, t := range in {
		out = append(out, catalog.Tag(t))
	}
	return out
}

type tagResourceInput struct {
	ResourceArn string `aws:"resourceArn,required,Arn"`
	Tags        []tag  `aws:"tags,required"`
}

func (s *server) tagResource(ctx context.Context, in *tagResourceInput) (*empty, error) {
	return &empty{}, s.catalog.Tag(ctx, in.ResourceArn, tagValues(in.Tags))
}

type untagResourceInput struct {
	ResourceArn string   `aws:"resourceArn,required,Arn"`
	TagKeys     []string `aws:"tagKeys,required,of TagKey"`
}

func (s *server) untagResource(ctx context.Context, in *untagResourceInput) (*empty, error) {
	return &empty{}, s.catalog.Untag(ctx, in.ResourceArn, in.TagKeys)
}

type listTagsForResourceInput struct {
	ResourceArn string `aws:"resourceArn,required,Arn"`
}

type listTagsForResourceOutput struct {
	Tags []catalog.Tag `json:"tags"`
}

func (s *server) listTagsForResource(ctx context.Context, in *listTagsForResourceInput) (*listTagsForResourceOutput, error) {
	tags, err := s.catalog.Tags(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &listTagsForResourceOutput{append([]catalog.Tag{}, tags...)}, nil
}
