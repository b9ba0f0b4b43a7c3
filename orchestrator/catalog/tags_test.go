package catalog

import "testing"

func TestTags(t *testing.T) {
	c, ctx := newCatalog(t), t.Context()
	machine := must(c.Create(ctx, Create{Name: "m", Definition: passing(""), RoleARN: role, Publish: true, Tags: []Tag{{"a", "1"}, {"b", "2"}}})).ARN
	activity := must(c.CreateActivity(ctx, "m", nil, []Tag{{"a", "1"}, {"b", "2"}})).ARN
	for _, arn := range []string{machine, activity} {
		t.Run(arn, func(t *testing.T) {
			steps := []struct {
				name string
				do   func() error
				want []Tag
			}{
				{"created with", func() error { return nil }, []Tag{{"a", "1"}, {"b", "2"}}},
				{"none", func() error { return c.Tag(ctx, arn, nil) }, []Tag{{"a", "1"}, {"b", "2"}}},
				{"another, and a new value", func() error { return c.Tag(ctx, arn, []Tag{{"c", ""}, {"a", "3"}}) }, []Tag{{"a", "3"}, {"b", "2"}, {"c", ""}}},
				{"remove, twice and what is not there", func() error { return c.Untag(ctx, arn, []string{"b", "b", "x"}) }, []Tag{{"a", "3"}, {"c", ""}}},
			}
			for _, s := range steps {
				if err := s.do(); err != nil {
					t.Errorf("%s: %v", s.name, err)
				}
				same(t, s.name, must(c.Tags(ctx, arn)), s.want)
			}
			refused(t, c.Tag(ctx, arn, manyTags(49)), "TooManyTags", "Too many tags: '"+arn+"'")
			if err := c.Tag(ctx, arn, manyTags(48)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, missing := range []string{machine + ":1", machine + "/l", prefix + "none", "arn:aws:states:us-east-1:123456789012:activity:none"} {
		refused(t, c.Tag(ctx, missing, nil), "ResourceNotFound", "Resource not found: '"+missing+"'")
		refused(t, c.Untag(ctx, missing, nil), "ResourceNotFound", "Resource not found: '"+missing+"'")
		_, err := c.Tags(ctx, missing)
		refused(t, err, "ResourceNotFound", "Resource not found: '"+missing+"'")
	}
	refused(t, c.Tag(ctx, "arn:aws:states:us-east-1:123456789012:execution:m:x", nil), "InvalidArn", "Invalid Arn: 'Resource type not valid")
}
