package catalog

import (
	"fmt"
	"testing"
)

func TestActivities(t *testing.T) {
	c, ctx := newCatalog(t), t.Context()
	first := must(c.CreateActivity(ctx, "pick.and-pack_1", nil, nil))
	same(t, "the same again", must(c.CreateActivity(ctx, "pick.and-pack_1", nil, []Tag{{"k", "v"}})), first)
	same(t, "description", must(c.DescribeActivity(ctx, first.ARN)), first)
	for range 2 {
		if err := c.DeleteActivity(ctx, first.ARN); err != nil {
			t.Error(err)
		}
	}
	_, err := c.DescribeActivity(ctx, first.ARN)
	refused(t, err, "ActivityDoesNotExist", "Activity Does Not Exist: '"+first.ARN+"'")
	_, err = c.DescribeActivity(ctx, prefix+"m")
	refused(t, err, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: stateMachine'")

	for i := range 3 {
		must(c.CreateActivity(ctx, fmt.Sprint("a", i), nil, nil))
	}
	page, next, err := c.Activities(ctx, "", 2)
	same(t, "first page", []string{page[0].Name, page[1].Name}, []string{"a0", "a1"})
	rest, end, err2 := c.Activities(ctx, next, 2)
	same(t, "second page", []any{rest[0].Name, len(rest), end, err, err2}, []any{"a2", 1, "", nil, nil})
}

func TestNames(t *testing.T) {
	c := newCatalog(t)
	for _, name := range []string{"a b", "a\tb", "a<", "a>", "{a", "a}", "a[", "a]", "a?", "a*", `a"`, "a#", "a%", `a\`, "a^", "a|", "a~", "a`", "a$",
		"a&", "a,", "a;", "a:", "a/", "a\x00", "a\u007f", "a\u0085", "\xff"} {
		_, err := c.CreateActivity(t.Context(), name, nil, nil)
		refused(t, err, "InvalidName", "Invalid Name: '"+name+"'")
	}
	for _, name := range []string{"a", "Zürich", "仕事", "a.b-c_d", "(a)!@=+'"} {
		must(c.CreateActivity(t.Context(), name, nil, nil))
	}
}
