package expr_test

import (
	"errors"
	"strings"
	"testing"

	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

const store = `{"items": [{"n": 1, "s": "a", "tags": ["x", "y"]}, {"n": 2, "s": "b", "tags": []}, {"n": 3.5, "s": "c"}],
  "a-b": {"c d": 7, "ü": 8}, "nothing": null, "flag": true, "deep": {"n": 9, "inner": {"n": 10}}}`

// Ensure that paths lead where Jayway leads.
func TestPath(t *testing.T) {
	tests := []struct{ path, want string }{
		{"$.flag", "true"},
		{"$['flag']", "true"},
		{"$.a-b['c d']", "7"},
		{"$.a-b.ü", "8"},
		{"$.nothing", "null"},
		{"$.items[0].s", `"a"`},
		{"$.items[-1].s", `"c"`},
		{"$.items[0,2].n", "[1,3.5]"},
		{"$.items[?(@.n == '2')].s", `["b"]`},
		{"$.items[?(@.zz != 1)].s", "[]"},
		{"$.deep.inner[?(@.n == 10)].n", "[10]"},
		{"$.deep[?(@.n == 10)]", "[]"},
		{"$.nothing[*]", "[]"},
		{"$.items[1:].s", `["b","c"]`},
		{"$.items[:2].s", `["a","b"]`},
		{"$.items[-2:].n", "[2,3.5]"},
		{"$.items[5:].n", "[]"},
		{"$.items[*].n", "[1,2,3.5]"},
		{"$.items.*.n", "[1,2,3.5]"},
		{"$.items[*].tags[*]", `["x","y"]`},
		{"$..n", "[1,2,3.5,9,10]"},
		{"$.items[0]['s','n']", `{"s":"a","n":1}`},
		{"$.items[?(@.n > 1)].s", `["b","c"]`},
		{"$.items[?(@.n >= 2 && @.s != 'c')].s", `["b"]`},
		{"$.items[?(@.n < 2 || @.s == 'c')].s", `["a","c"]`},
		{"$.items[?(@.tags)].s", `["a","b"]`},
		{"$.items[?(!@.tags)].s", `["c"]`},
		{"$.items[?(@.s =~ /[AB]/i)].n", "[1,2]"},
		{"$.items[?(@.s in ['a','c'])].n", "[1,3.5]"},
		{"$.items[?(@.s nin ['a','c'])].n", "[2]"},
		{"$.items[?(@.tags contains 'x')].n", "[1]"},
		{"$.items[?(@.tags empty true)].n", "[2]"},
		{"$.items[?(@.tags size 2)].n", "[1]"},
		{"$.items[?(@.n == $.deep.n)]", "[]"},
		{"$.items[?(@.s==a)].n", "[1]"},
		{"$.[?(@.deep)].flag", "[true]"},
		{"$.items.length()", "3"},
		{"$.items[*].n.sum()", "6.5"},
		{"$.items[*].n.max()", "3.5"},
		{"$.missing[*].n", "[]"},
		{"$.missing[1:2]", "[]"},
		{"$.items[?(@.n > 100)]", "[]"},
		{"$$.State.Name", `"S"`},
		{"$v.x[0]", "5"},
	}
	env := environment(store)
	for _, tt := range tests {
		e, err := expr.ParsePath(tt.path)
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		got, err := e.Eval(env)
		if err != nil || got.JSON() != tt.want {
			t.Errorf("%s is %s (%v), want %s", tt.path, got.JSON(), err, tt.want)
		}
		if e.String() != tt.path {
			t.Errorf("%s prints as %s", tt.path, e)
		}
	}
}

func environment(input string) *expr.Env {
	return &expr.Env{
		Input:   value.MustParse(input),
		Context: func() value.Value { return value.MustParse(`{"State": {"Name": "S"}}`) },
		Vars:    value.MustParse(`{"v": {"x": [5]}, "name": "Ada"}`),
		Rand:    &counter{},
	}
}

// counter is a source of numbers that are not random at all.
type counter struct{ n uint64 }

func (c *counter) Uint64() uint64 { c.n += 0x9e3779b97f4a7c15; return c.n }

// Ensure that a definite path that leads nowhere says where, in Jayway's words.
func TestPathNotFound(t *testing.T) {
	tests := []struct{ path, want string }{
		{"$.x", "No results for path: $['x']"},
		{"$.deep.inner.x", "No results for path: $['deep']['inner']['x']"},
		{"$.x.y", "Missing property in path $['x']"},
		{"$.items[7]", "Index out of bounds when evaluating path $['items'][7]"},
		{"$.items[0,7].n", "Index out of bounds when evaluating path $['items'][7]"},
		{"$.items.n", "Property ['n'] not found in path $['items']"},
		{"$.nothing.x", "Property ['x'] not found in path $['nothing']"},
		{"$.nothing[0]", "The path $['nothing'] is null"},
		{"$.a-b[1:2]", "Filter: [1:2] can only be applied to arrays. Current context is: {c d=7, ü=8}"},
		{"$.flag[0]", "Filter: [0] can only be applied to arrays. Current context is: true"},
		{"$nobody", "No results for path: $['nobody']"},
	}
	for _, tt := range tests {
		e, err := expr.ParsePath(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		var missing *expr.NotFoundError
		if _, err := e.Eval(environment(store)); !errors.As(err, &missing) || missing.Detail != tt.want || missing.Path != tt.path {
			t.Errorf("%s: %v, want %s", tt.path, err, tt.want)
		}
		if _, found, err := e.Lookup(environment(store)); found || err != nil {
			t.Errorf("%s: found %t, %v", tt.path, found, err)
		}
	}
}

// Ensure that what is no path is refused.
func TestPathSyntax(t *testing.T) {
	for _, path := range []string{
		"", "x", "$.", "$..", "$[", "$[]", "$['a", "$['a'", "$[a]", "$.a[", "$.a]", "$.a b", "$.a[1", "$.a[1:2:3]", "$[?(@.a ==)]", "$[?(@.a == 1]",
		"$[?()]", "$[?(@.a =~ /(/)]", "$.a.nofunction()", "$.a.length(1)", "$.a\x00", "$.\xff", "@.a", "$.a,$.b", strings.Repeat("$", 3),
		"$" + strings.Repeat(".a", 20_000), "$[?(" + strings.Repeat("(", 5_000),
	} {
		if _, err := expr.ParsePath(path); err == nil {
			t.Errorf("%.40q is taken for a path", path)
		}
	}
}

// Ensure that ResultPath puts a value where it says, and nowhere else.
func TestReference(t *testing.T) {
	tests := []struct{ path, into, want string }{
		{"$", `{"a":1}`, `"v"`},
		{"$.b", `{"a":1}`, `{"a":1,"b":"v"}`},
		{"$.a", `{"a":1,"b":2}`, `{"a":"v","b":2}`},
		{"$.b.c", `{"a":1}`, `{"a":1,"b":{"c":"v"}}`},
		{"$['b']['c d']", `{}`, `{"b":{"c d":"v"}}`},
		{"$.l[1]", `{"l":[1,2,3]}`, `{"l":[1,"v",3]}`},
		{"$.l[0].x", `{"l":[{"y":1}]}`, `{"l":[{"y":1,"x":"v"}]}`},
		{"$.b", `null`, `{"b":"v"}`},
	}
	for _, tt := range tests {
		r, err := expr.ParseReference(tt.path)
		if err != nil {
			t.Fatalf("%s: %v", tt.path, err)
		}
		into := value.MustParse(tt.into)
		got, err := r.Put(into, value.OfString("v"))
		if err != nil || got.JSON() != tt.want {
			t.Errorf("%s into %s is %s (%v), want %s", tt.path, tt.into, got.JSON(), err, tt.want)
		}
		if into.JSON() != value.MustParse(tt.into).JSON() {
			t.Errorf("%s has changed what it was put into", tt.path)
		}
	}
	for _, tt := range []struct{ path, into string }{{"$.a.b", `{"a":1}`}, {"$.a", `[1]`}, {"$.l[3]", `{"l":[1]}`}, {"$.l[0]", `{"l":{}}`}, {"$.a", `"text"`}} {
		r, err := expr.ParseReference(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		var e *expr.Error
		if _, err := r.Put(value.MustParse(tt.into), value.True); !errors.As(err, &e) || e.Name != "States.ResultPathMatchFailure" {
			t.Errorf("%s into %s: %v, want States.ResultPathMatchFailure", tt.path, tt.into, err)
		}
	}
	for _, path := range []string{"$.a[*]", "$..a", "$[1:2]", "$['a','b']", "$$.a", "$v", "$.a[-1]", "$.a.length()", "$[?(@.a)]", "x"} {
		if _, err := expr.ParseReference(path); err == nil {
			t.Errorf("%s is taken for a reference path", path)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"$.a.b[0]", "$$.Map.Item.Value", "$v['a','b']", "$..x[?(@.a =~ /x.*/i && !(@.b in [1,'c']))].length()", "$.[1:-1,2]", "$['\\'']"} {
		f.Add(seed)
	}
	env := environment(store)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := expr.ParsePath(text)
		if err != nil {
			return
		}
		if e.String() != text {
			t.Errorf("%q prints as %q", text, e)
		}
		v, err := e.Eval(env)
		_, found, lookupErr := e.Lookup(env)
		if (err == nil) != (found && lookupErr == nil) {
			t.Errorf("%q: Eval says %v, Lookup says %t %v", text, err, found, lookupErr)
		}
		_ = v.JSON()
	})
}

func FuzzReferencePut(f *testing.F) {
	f.Add("$.a[0]['b c']", `{"a":[{}]}`)
	f.Fuzz(func(t *testing.T, path, into string) {
		r, err := expr.ParseReference(path)
		v, valueErr := value.ParseString(into)
		if err != nil || valueErr != nil {
			return
		}
		out, err := r.Put(v, value.OfString("here"))
		if err != nil {
			return
		}
		e, err := expr.ParsePath(path)
		if err != nil {
			t.Fatalf("%q is a reference path and no path", path)
		}
		if got, err := e.Eval(&expr.Env{Input: out}); err != nil || got.Text() != "here" {
			t.Errorf("%q into %s gives %s, which holds %s there (%v)", path, into, out.JSON(), got.JSON(), err)
		}
	})
}

func BenchmarkPath(b *testing.B) {
	e, err := expr.ParsePath("$.items[0].s")
	if err != nil {
		b.Fatal(err)
	}
	env := environment(store)
	for b.Loop() {
		if _, err := e.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}
