package catalog

import (
	"fmt"
	"testing"
)

// released returns a catalog with a machine m that has versions 1 to 3, whose comments are their numbers.
func released(t *testing.T) (c *Catalog, arn string) {
	t.Helper()
	c = newCatalog(t)
	arn = must(c.Create(t.Context(), Create{Name: "m", Definition: passing("1"), RoleARN: role, Publish: true})).ARN
	for _, comment := range []string{"2", "3"} {
		must(c.Update(t.Context(), Update{ARN: arn, Definition: new(passing(comment)), Publish: true}))
	}
	return c, arn
}

func TestRoutes(t *testing.T) {
	c, arn := released(t)
	must(c.Create(t.Context(), Create{Name: "other", Definition: passing(""), RoleARN: role, Publish: true}))
	v1, v2, other := arn+":1", arn+":2", prefix+"other:1"
	for _, tt := range []struct {
		name          string
		routes        []RouteTo
		code, message string
	}{
		{"machine", []RouteTo{{arn, 70}, {v2, 30}}, "ValidationException",
			"Routing configuration must contain state machine version ARNs. Received: [" + arn + ", " + v2 + "]"},
		{"alias", []RouteTo{{arn + ":live", 100}}, "ValidationException",
			"Routing configuration must contain state machine version ARNs. Received: [" + arn + ":live]"},
		{"twice the same", []RouteTo{{v1, 50}, {v1, 50}}, "ValidationException",
			"Routing configuration must contain distinct state machine version ARNs. Received: [" + v1 + ", " + v1 + "]"},
		{"too little", []RouteTo{{v1, 70}, {v2, 29}}, "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 29]"},
		{"too much", []RouteTo{{v1, 70}, {v2, 31}}, "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 31]"},
		{"two machines", []RouteTo{{v1, 70}, {other, 30}}, "ValidationException", "Routing configuration must contain version ARNs of one state machine."},
		{"no such version", []RouteTo{{v1, 70}, {arn + ":9", 30}}, "ResourceNotFound", "Resource not found: '" + arn + ":9'"},
		{"no such machine", []RouteTo{{prefix + "none:1", 100}}, "ResourceNotFound", "Resource not found: '" + prefix + "none:1'"},
		{"no ARN", []RouteTo{{"v1", 100}}, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: v1'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.CreateAlias(t.Context(), "a", "", tt.routes)
			refused(t, err, tt.code, tt.message)
		})
	}
}

func TestAliases(t *testing.T) {
	c, arn := released(t)
	ctx := t.Context()
	to1 := []RouteTo{{arn + ":1", 100}}
	both := []RouteTo{{arn + ":1", 50}, {arn + ":2", 50}}

	live := must(c.CreateAlias(ctx, "live", "d", to1))
	same(t, "ARN", live.ARN, arn+":live")
	same(t, "the same again", must(c.CreateAlias(ctx, "live", "d", to1)), live)
	const conflict = "Failed to create alias because an alias with the same name and a different routing configuration already exists."
	_, err := c.CreateAlias(ctx, "live", "other", to1)
	refused(t, err, "ConflictException", conflict)
	_, err = c.CreateAlias(ctx, "live", "d", both)
	refused(t, err, "ConflictException", conflict)

	at := must(c.UpdateAlias(ctx, live.ARN, new(""), both))
	same(t, "description", must(c.DescribeAlias(ctx, live.ARN)), &AliasDescription{
		ARN: live.ARN, Name: "live", Routes: both, Created: live.Created, Updated: at,
	})
	must(c.CreateAlias(ctx, "a", "", []RouteTo{{arn + ":3", 100}}))
	must(c.CreateAlias(ctx, "z", "", []RouteTo{{arn + ":2", 100}}))

	for _, tt := range []struct {
		of   string
		want []string
	}{{arn, []string{"a", "live", "z"}}, {arn + ":1", []string{"live"}}, {arn + ":2", []string{"live", "z"}}} {
		var got []string
		for after, more := "", true; more; more = after != "" {
			page, next, err := c.Aliases(ctx, tt.of, after, 1)
			for _, a := range must(page, err) {
				got = append(got, a.Name)
			}
			after = next
		}
		same(t, "aliases of "+tt.of, got, tt.want)
	}

	refused(t, c.DeleteVersion(ctx, arn+":2"), "ConflictException",
		"Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live, z]")
	if err := c.DeleteAlias(ctx, live.ARN); err != nil {
		t.Fatal(err)
	}
	refused(t, c.DeleteAlias(ctx, live.ARN), "ResourceNotFound", "Resource not found: '"+live.ARN+"'")
	_, err = c.DescribeAlias(ctx, live.ARN)
	refused(t, err, "ResourceNotFound", "Resource not found: '"+live.ARN+"'")
	_, err = c.UpdateAlias(ctx, live.ARN, new(""), nil)
	refused(t, err, "ResourceNotFound", "Resource not found: '"+live.ARN+"'")
	_, err = c.UpdateAlias(ctx, arn+":a", nil, nil)
	refused(t, err, "ValidationException", "Either the description or the routing configuration must be specified")
	_, err = c.DescribeAlias(ctx, arn+":1")
	refused(t, err, "ValidationException", "The ARN must be that of a state machine alias: '")
}

func TestDraw(t *testing.T) {
	a := Alias{Routes: []Route{{1, 30}, {2, 70}}}
	got := map[int]int{}
	for n := range uint64(1000) {
		got[a.draw(n)]++
	}
	same(t, "draws", got, map[int]int{1: 300, 2: 700})
	never := Alias{Routes: []Route{{1, 0}, {2, 100}}}
	for n := range uint64(100) {
		same(t, "a route of no weight", never.draw(n), 2)
	}
}

func TestResolve(t *testing.T) {
	c, arn := released(t)
	ctx := t.Context()
	must(c.CreateAlias(ctx, "live", "", []RouteTo{{arn + ":2", 100}}))
	for _, tt := range []struct{ arn, comment, version, alias string }{
		{arn, "3", "", ""},
		{arn + ":1", "1", arn + ":1", ""},
		{arn + ":live", "2", arn + ":2", arn + ":live"},
		{arn, "3", "", ""},
	} {
		m := must(c.Resolve(ctx, tt.arn))
		same(t, "machine", []string{m.ARN, m.Name, m.Type, m.RoleARN}, []string{arn, "m", Standard, role})
		same(t, tt.arn, []string{m.Definition.Comment, m.Version, m.Alias}, []string{tt.comment, tt.version, tt.alias})
		same(t, "revision", must(c.Revision(ctx, arn, m.Revision)).Definition, m.Definition)
	}
	for _, missing := range []string{arn + ":9", arn + ":dead", prefix + "none", arn + "/label"} {
		_, err := c.Resolve(ctx, missing)
		refused(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+missing+"'")
	}
	_, err := c.Resolve(ctx, "arn:aws:states:us-east-1:123456789012:execution:m:x")
	refused(t, err, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: execution'")
	if _, err := c.Revision(ctx, arn, "none"); err == nil {
		t.Error("a revision that was never stored is found")
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache()
	for i := range 3 * cachedMachines {
		c.add(fmt.Sprint(i), nil, 1)
	}
	same(t, "machines", []int{len(c.items), c.used.Len(), c.bytes}, []int{cachedMachines, cachedMachines, cachedMachines})
	for i := range 100 {
		c.add(fmt.Sprint("big", i), nil, 1<<20)
	}
	if c.bytes > cachedBytes || len(c.items) != c.used.Len() {
		t.Errorf("%d bytes in %d machines", c.bytes, len(c.items))
	}
}
