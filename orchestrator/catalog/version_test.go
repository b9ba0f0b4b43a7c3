package catalog

import "testing"

func TestPublish(t *testing.T) {
	c, ctx := newCatalog(t), t.Context()
	arn := must(c.Create(ctx, Create{Name: "m", Definition: passing("1"), RoleARN: role})).ARN

	first := must(c.Publish(ctx, arn, "INITIAL", "one"))
	same(t, "version", first.ARN, arn+":1")
	same(t, "the same revision again", must(c.Publish(ctx, arn, "", "ignored")), first)
	d := must(c.Describe(ctx, first.ARN))
	same(t, "description", d.Description, "one")
	same(t, "creation date", d.Created, first.Created)
	same(t, "shown revision", d.Revision.ShownID(), "")

	definition := passing("2")
	updated := must(c.Update(ctx, Update{ARN: arn, Definition: &definition, Publish: true, Description: "two"}))
	same(t, "version by update", updated.Version, arn+":2")
	_, err := c.Publish(ctx, arn, "INITIAL", "")
	refused(t, err, "ConflictException", "Failed to publish the State Machine version for revision INITIAL. The current State Machine revision is "+updated.Revision+".")
	same(t, "version by revision", must(c.Publish(ctx, arn, updated.Revision, "")).ARN, arn+":2")
	same(t, "definition of version 1", must(c.Describe(ctx, arn+":1")).Revision.Definition, passing("1"))

	_, err = c.Publish(ctx, prefix+"none", "", "")
	refused(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '")
	_, err = c.Publish(ctx, "none", "", "")
	refused(t, err, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: none'")
}

func TestVersions(t *testing.T) {
	c, ctx := newCatalog(t), t.Context()
	arn := must(c.Create(ctx, Create{Name: "m", Definition: passing("0"), RoleARN: role, Publish: true})).ARN
	for _, comment := range []string{"1", "2", "3", "4"} {
		must(c.Update(ctx, Update{ARN: arn, Definition: new(passing(comment)), Publish: true}))
	}
	for _, n := range []string{":3", ":5", ":5", ":6"} {
		if err := c.DeleteVersion(ctx, arn+n); err != nil {
			t.Error(err)
		}
	}
	var got []string
	for after, more := "", true; more; more = after != "" {
		page, next, err := c.Versions(ctx, arn, after, 2)
		for _, v := range must(page, err) {
			got = append(got, v.ARN)
		}
		after = next
	}
	same(t, "versions", got, []string{arn + ":4", arn + ":2", arn + ":1"})

	must(c.Update(ctx, Update{ARN: arn, Definition: new(passing("5"))}))
	same(t, "a number is not given out again", must(c.Publish(ctx, arn, "", "")).ARN, arn+":6")

	_, err := c.Describe(ctx, arn+":3")
	refused(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+arn+":3'")
	refused(t, c.DeleteVersion(ctx, arn), "ValidationException", "The ARN must be that of a state machine version: '")
	if err := c.DeleteVersion(ctx, prefix+"none:1"); err != nil {
		t.Error(err)
	}
	_, _, err = c.Versions(ctx, prefix+"none", "", 1)
	refused(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '")
}
