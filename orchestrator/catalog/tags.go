package catalog

import (
	"context"
	"slices"

	"minuet/orchestrator/engine"
)

// maxTags is how many tags a resource may have.
const maxTags = 50

// Tag is a key with a value.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// mergeTags adds tags to those that a resource has: a key that it has gets the new value.
func mergeTags(arn string, have, add []Tag) ([]Tag, error) {
	out := slices.Clone(have)
	for _, t := range add {
		if i := slices.IndexFunc(out, func(o Tag) bool { return o.Key == t.Key }); i >= 0 {
			out[i].Value = t.Value
		} else {
			out = append(out, t)
		}
		if len(out) > maxTags {
			return nil, engine.Errorf("TooManyTags", "Too many tags: '%s' may have up to %d", arn, maxTags)
		}
	}
	return out, nil
}

// tagged is a document with tags.
type tagged interface{ tags() *[]Tag }

func (m *machineDoc) tags() *[]Tag  { return &m.Tags }
func (a *activityDoc) tags() *[]Tag { return &a.Tags }

// changeTags changes the tags of a state machine or an activity.
func (c *Catalog) changeTags(ctx context.Context, arn string, edit func([]Tag) ([]Tag, error)) error {
	a, err := ParseARN(arn, TypeStateMachine, TypeActivity)
	if err != nil {
		return err
	}
	apply := func(d tagged) (bool, error) {
		tags, err := edit(*d.tags())
		if err != nil || slices.Equal(tags, *d.tags()) {
			return false, err
		}
		*d.tags() = tags
		return true, nil
	}
	if a.Type == TypeActivity {
		return change(ctx, c, kindActivity, arn, notFound(arn), func(d *activityDoc) (bool, error) { return apply(d) })
	}
	// A version's, an alias's or a Map state's ARN is no document's id.
	return change(ctx, c, kindMachine, arn, notFound(arn), func(d *machineDoc) (bool, error) { return apply(d) })
}

// Tag adds tags to a state machine or an activity. Codes: InvalidArn, ResourceNotFound, TooManyTags.
func (c *Catalog) Tag(ctx context.Context, arn string, tags []Tag) error {
	return c.changeTags(ctx, arn, func(have []Tag) ([]Tag, error) { return mergeTags(arn, have, tags) })
}

// Untag removes the tags with the keys. Codes: InvalidArn, ResourceNotFound.
func (c *Catalog) Untag(ctx context.Context, arn string, keys []string) error {
	return c.changeTags(ctx, arn, func(have []Tag) ([]Tag, error) {
		return slices.DeleteFunc(slices.Clone(have), func(t Tag) bool { return slices.Contains(keys, t.Key) }), nil
	})
}

// Tags returns the tags of a state machine or an activity. Codes: InvalidArn, ResourceNotFound.
func (c *Catalog) Tags(ctx context.Context, arn string) (tags []Tag, err error) {
	err = c.changeTags(ctx, arn, func(have []Tag) ([]Tag, error) {
		tags = have
		return have, nil
	})
	return tags, err
}
