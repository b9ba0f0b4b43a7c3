package catalog

import (
	"context"
	"time"

	"minuet/orchestrator/engine"
)

// activityDoc is an activity's document.
type activityDoc struct {
	Name       string     `json:"name"`
	Created    time.Time  `json:"created"`
	Encryption Encryption `json:"encryption"`
	Tags       []Tag      `json:"tags,omitempty"`
}

// Activity is what there is to say of an activity.
type Activity struct {
	ARN, Name  string
	Created    time.Time
	Encryption Encryption
}

func (a *activityDoc) describe(arn string) *Activity {
	return &Activity{ARN: arn, Name: a.Name, Created: a.Created, Encryption: a.Encryption}
}

// CreateActivity creates an activity, or returns the one that has the name; its tags then stay as they are.
//
// Codes: InvalidName, TooManyTags, InvalidEncryptionConfiguration.
func (c *Catalog) CreateActivity(ctx context.Context, name string, encryption *Encryption, tags []Tag) (*Activity, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	arn := c.arn(TypeActivity, name).String()
	d := &activityDoc{Name: name, Created: c.now(), Encryption: encryption.orDefault()}
	if err := d.Encryption.check(); err != nil {
		return nil, err
	}
	var err error
	if d.Tags, err = mergeTags(arn, nil, tags); err != nil {
		return nil, err
	}
	for {
		had := new(activityDoc)
		_, found, err := c.load(ctx, kindActivity, arn, had)
		if err != nil {
			return nil, err
		}
		if found {
			return had.describe(arn), nil
		}
		lost, err := c.put(ctx, kindActivity, arn, 0, d)
		if err != nil {
			return nil, err
		}
		if !lost {
			return d.describe(arn), nil
		}
	}
}

// DescribeActivity describes an activity. Codes: InvalidArn, ActivityDoesNotExist.
func (c *Catalog) DescribeActivity(ctx context.Context, arn string) (*Activity, error) {
	if _, err := ParseARN(arn, TypeActivity); err != nil {
		return nil, err
	}
	d := new(activityDoc)
	_, found, err := c.load(ctx, kindActivity, arn, d)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, engine.Errorf("ActivityDoesNotExist", "Activity Does Not Exist: '%s'", arn)
	}
	return d.describe(arn), nil
}

// DeleteActivity deletes an activity, and does nothing where there is none. Codes: InvalidArn.
func (c *Catalog) DeleteActivity(ctx context.Context, arn string) error {
	if _, err := ParseARN(arn, TypeActivity); err != nil {
		return err
	}
	return c.remove(ctx, kindActivity, arn)
}

// Activities pages through the activities, by name.
func (c *Catalog) Activities(ctx context.Context, after string, limit int) (page []Summary, next string, err error) {
	prefix := c.arn(TypeActivity, "").String() // ends in a colon
	next, err = documents(ctx, c, kindActivity, prefix, after, limit, func(id string, a *activityDoc) {
		page = append(page, Summary{ARN: id, Name: a.Name, Created: a.Created})
	})
	return page, next, err
}
