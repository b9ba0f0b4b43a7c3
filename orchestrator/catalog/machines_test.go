package catalog

import (
	"fmt"
	"slices"
	"testing"
)

func TestCreate(t *testing.T) {
	first := Create{Name: "m", Definition: passing("1"), RoleARN: role, Publish: true, Description: "first"}
	const exists = "State Machine Already Exists: '" + prefix + "m'"
	for _, tt := range []struct {
		name    string
		change  func(*Create)
		code    string // of the refusal, "" where the answer is that of the first request
		message string
	}{
		{"the same", func(c *Create) {}, "", ""},
		{"another role", func(c *Create) { c.RoleARN += "2" }, "", ""},
		{"other tags", func(c *Create) { c.Tags = []Tag{{"k", "v"}} }, "", ""},
		{"the defaults written out", func(c *Create) {
			c.Type, c.Logging, c.Encryption = Standard, &Logging{Level: "OFF"}, &Encryption{Type: "AWS_OWNED_KEY"}
		}, "", ""},
		{"another definition", func(c *Create) { c.Definition = passing("2") }, "StateMachineAlreadyExists", exists},
		{"other white space", func(c *Create) { c.Definition += " " }, "StateMachineAlreadyExists", exists},
		{"another type", func(c *Create) { c.Type = Express }, "StateMachineAlreadyExists", exists},
		{"tracing", func(c *Create) { c.Tracing = true }, "StateMachineAlreadyExists", exists},
		{"other logging", func(c *Create) { c.Logging = &Logging{Level: "OFF", IncludeExecutionData: true} }, "StateMachineAlreadyExists", exists},
		{"not published", func(c *Create) { c.Publish, c.Description = false, "" }, "StateMachineAlreadyExists", exists},
		{"another version description", func(c *Create) { c.Description = "" }, "StateMachineAlreadyExists", exists},
		{"description without publish", func(c *Create) { c.Publish = false }, "ValidationException", "Version description can only be set when publish is true"},
		{"bad name", func(c *Create) { c.Name = "m n" }, "InvalidName", "Invalid Name: 'm n'"},
		{"bad role", func(c *Create) { c.RoleARN = "runner" }, "InvalidArn", "Invalid Role Arn: 'runner'"},
		{"bad definition", func(c *Create) { c.Definition = "{}" }, "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "},
		{"two log destinations", func(c *Create) { c.Logging = &Logging{Level: "ALL", Destinations: make([]LogDestination, 2)} },
			"InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination."},
		{"no log destination", func(c *Create) { c.Logging = &Logging{Level: "ALL"} },
			"InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination."},
		{"a key of one's own", func(c *Create) { c.Encryption = &Encryption{Type: "CUSTOMER_MANAGED_KMS_KEY", KeyID: "k"} },
			"InvalidEncryptionConfiguration", "Invalid Encryption Configuration: "},
		{"a key with the owned type", func(c *Create) { c.Encryption = &Encryption{Type: "AWS_OWNED_KEY", KeyID: "k"} },
			"InvalidEncryptionConfiguration", "Invalid Encryption Configuration: "},
		{"51 tags", func(c *Create) { c.Tags = manyTags(51) }, "TooManyTags", "Too many tags: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCatalog(t)
			want := must(c.Create(t.Context(), first))
			again := first
			tt.change(&again)
			got, err := c.Create(t.Context(), again)
			if tt.code != "" {
				refused(t, err, tt.code, tt.message)
				return
			}
			same(t, "answer", must(got, err), want)
			same(t, "role", must(c.Describe(t.Context(), want.ARN)).Revision.RoleARN, role)
		})
	}
}

func manyTags(n int) (tags []Tag) {
	for i := range n {
		tags = append(tags, Tag{fmt.Sprint("k", i), ""})
	}
	return tags
}

func TestUpdate(t *testing.T) {
	c, ctx := newCatalog(t), t.Context()
	created := must(c.Create(ctx, Create{Name: "m", Definition: passing("1"), RoleARN: role}))
	if d := must(c.Describe(ctx, created.ARN)); d.Revision.ShownID() != "" {
		t.Errorf("a machine that was never changed shows revision %q", d.Revision.ShownID())
	}
	definition, otherRole, on := passing("2"), role+"2", true

	first := must(c.Update(ctx, Update{ARN: created.ARN, RoleARN: new(role)}))
	same(t, "revision after a first change of nothing", must(c.Describe(ctx, created.ARN)).Revision.ShownID(), first.Revision)
	same(t, "revision after another one", must(c.Update(ctx, Update{ARN: created.ARN, RoleARN: new(role)})).Revision, first.Revision)

	byRole := must(c.Update(ctx, Update{ARN: created.ARN, RoleARN: &otherRole}))
	same(t, "revision after the same change", must(c.Update(ctx, Update{ARN: created.ARN, RoleARN: &otherRole})).Revision, byRole.Revision)

	byDefinition := must(c.Update(ctx, Update{ARN: created.ARN, Definition: &definition}))
	byTracing := must(c.Update(ctx, Update{ARN: created.ARN, Tracing: &on}))
	ids := []string{first.Revision, byRole.Revision, byDefinition.Revision, byTracing.Revision}
	if slices.Sort(ids); len(slices.Compact(ids)) != 4 {
		t.Errorf("revisions are not distinct: %q", ids)
	}
	d := must(c.Describe(ctx, created.ARN))
	same(t, "definition", d.Revision.Definition, definition)
	same(t, "role", d.Revision.RoleARN, otherRole)
	same(t, "tracing", d.Revision.Tracing, true)
	same(t, "creation date", d.Created, created.At)
	same(t, "update date", d.Revision.At, byTracing.At)

	_, err := c.Update(ctx, Update{ARN: created.ARN, Publish: true})
	refused(t, err, "MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
	_, err = c.Update(ctx, Update{ARN: created.ARN, Definition: new("[]")})
	refused(t, err, "InvalidDefinition", "Invalid State Machine Definition: '")
	_, err = c.Update(ctx, Update{ARN: created.ARN, Definition: &definition, Description: "d"})
	refused(t, err, "ValidationException", "Version description can only be set when publish is true")
	_, err = c.Update(ctx, Update{ARN: prefix + "none", Definition: &definition})
	refused(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+prefix+"none'")
	for _, arn := range []string{created.ARN + ":1", created.ARN + "/label"} {
		_, err = c.Update(ctx, Update{ARN: arn, Definition: &definition})
		refused(t, err, "ValidationException", "This operation does not support the ARN of ")
	}
}

func TestDelete(t *testing.T) {
	c, ctx := newCatalog(t), t.Context()
	created := must(c.Create(ctx, Create{Name: "m", Definition: passing("1"), RoleARN: role, Publish: true}))
	running := must(c.Resolve(ctx, created.ARN))
	for range 2 {
		if err := c.Delete(ctx, created.ARN); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Describe(ctx, created.Version)
	refused(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+created.Version+"'")
	_, err = c.Resolve(ctx, created.ARN)
	refused(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+created.ARN+"'")

	again := must(c.Create(ctx, Create{Name: "m", Definition: passing("2"), RoleARN: role, Publish: true}))
	same(t, "version of a new machine", again.Version, prefix+"m:1")
	c.compiled = newCache()
	same(t, "what a running execution runs", must(c.Revision(ctx, created.ARN, running.Revision)).Definition.Comment, "1")
}

func TestList(t *testing.T) {
	c, ctx := newCatalog(t), t.Context()
	var want []string
	for i := range 7 {
		want = append(want, must(c.Create(ctx, Create{Name: fmt.Sprint("m", i), Definition: passing(""), RoleARN: role})).ARN)
	}
	elsewhere := New(Config{Store: c.store, Clock: c.clock, Region: "eu-west-1"})
	must(elsewhere.Create(ctx, Create{Name: "m", Definition: passing(""), RoleARN: role}))
	var got []string
	for after, pages := "", 0; after != "" || pages == 0; pages++ {
		page, next, err := c.List(ctx, after, 3)
		for _, m := range must(page, err) {
			got = append(got, m.ARN)
		}
		after = next
	}
	same(t, "machines", got, want)
}
