package expr_test

import (
	"errors"
	"strings"
	"testing"

	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

const arguments = `{"s": "a,b", "n": 2, "f": -1.5, "l": [1, 2, 2, "x"], "o": {"a": 1, "b": []}, "z": null, "t": true, "j": "{\"k\":1.0}", "big": "` // closed by input

func evaluate(t *testing.T, text string) (value.Value, error) {
	t.Helper()
	e, err := expr.ParseExpression(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e.Eval(environment(arguments + strings.Repeat("x", 10_001) + `"}`))
}

// Ensure that the intrinsic functions give what Step Functions gives.
func TestIntrinsics(t *testing.T) {
	tests := []struct{ call, want string }{
		{"States.Format('{} and {}', $.s, $.n)", `"a,b and 2"`},
		{"States.Format('{}', $.o)", `"{a=1, b=[]}"`},
		{"States.Format('{}{}', $.z, $.t)", `"nulltrue"`},
		{`States.Format('it\'s \{\} {}', 'x')`, `"it's {} x"`},
		{"States.Format($name)", `"Ada"`},
		{"States.StringToJson($.j)", `{"k":1.0}`},
		{"States.StringToJson('')", "null"},
		{"States.JsonToString($.o)", `"{\"a\":1,\"b\":[]}"`},
		{"States.JsonMerge($.o, States.StringToJson('{\"b\": 2, \"c\": 3}'), false)", `{"a":1,"b":2,"c":3}`},
		{"States.Array()", "[]"},
		{"States.Array('a', 1, true, null, $.l[0], -2.5)", `["a",1,true,null,1,-2.5]`},
		{"States.ArrayPartition($.l, 3)", `[[1,2,2],["x"]]`},
		{"States.ArrayContains($.l, 2)", "true"},
		{"States.ArrayContains($.l, '2')", "false"},
		{"States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]"},
		{"States.ArrayRange(3, 0, -1)", "[3,2,1,0]"},
		{"States.ArrayGetItem($.l, 3)", `"x"`},
		{"States.ArrayLength($.l)", "4"},
		{"States.ArrayUnique($.l)", `[1,2,"x"]`},
		{"States.Base64Encode('Data to encode')", `"RGF0YSB0byBlbmNvZGU="`},
		{"States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", `"Data to encode"`},
		{"States.Hash('input data', 'SHA-1')", `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},
		{"States.MathAdd($.f, 0)", "-1"},
		{"States.MathAdd(1.5, -2.51)", "-1"},
		{"States.MathRandom(7, 8)", "7"},
		{"States.StringSplit($.s, ',')", `["a","b"]`},
		{"States.StringSplit('a.b+c', '.+')", `["a","b","c"]`},
		{"States.StringSplit(',,', ',')", `[]`},
		{"States.ArrayLength(States.StringSplit(States.Format('{}-{}', 'a', 'b'), '-'))", "2"},
	}
	for _, tt := range tests {
		if got, err := evaluate(t, tt.call); err != nil || got.JSON() != tt.want {
			t.Errorf("%s is %s (%v), want %s", tt.call, got.JSON(), err, tt.want)
		}
	}
}

// Ensure that random values come from what is passed in, or from the seed.
func TestRandomIntrinsics(t *testing.T) {
	for _, call := range []string{"States.UUID()", "States.MathRandom(1, 1000000)", "States.MathRandom(1, 1000000, 42)"} {
		a, err := evaluate(t, call)
		b, _ := evaluate(t, call)
		if err != nil || !value.Equal(a, b) {
			t.Errorf("%s is %s and then %s (%v)", call, a.JSON(), b.JSON(), err)
		}
	}
	id, _ := evaluate(t, "States.UUID()")
	if s := id.Text(); len(s) != 36 || s[14] != '4' || !strings.ContainsRune("89ab", rune(s[19])) {
		t.Errorf("States.UUID() is %s", s)
	}
}

// Ensure that a function that cannot do its work says which, and why.
func TestIntrinsicFailures(t *testing.T) {
	for _, call := range []string{
		"States.ArrayLength($.s)", "States.ArrayGetItem($.l, 9)", "States.ArrayGetItem($.l, -1)", "States.ArrayPartition($.l, 0)",
		"States.ArrayRange(0, 5000, 1)", "States.ArrayRange(0, 1, 0)", "States.Base64Decode('%')", "States.Base64Encode($.big)",
		"States.Hash('x', 'SHA-3')", "States.JsonMerge($.o, $.o, true)", "States.JsonMerge($.o, 1, false)", "States.MathAdd('1', 1)",
		"States.MathRandom(5, 5)", "States.StringToJson('{')", "States.StringSplit(1, ',')", "States.Format('{}')", "States.Format('x', 1)",
		"States.ArrayLength($.missing)",
	} {
		var e *expr.Error
		if _, err := evaluate(t, call); !errors.As(err, &e) || !strings.Contains(e.Cause, call) {
			t.Errorf("%s: %v, want an error that shows the call", call, err)
		}
	}
}

// Ensure that what is no call is refused.
func TestIntrinsicSyntax(t *testing.T) {
	for _, text := range []string{
		"", "States.Format", "States.Format(", "States.Format()", "States.Nothing()", "States.UUID(1)", "States.MathAdd(1)", "States.MathAdd(1,2,3)",
		"States.Array(1 2)", "States.Array(,)", "States.Array('x)", `States.Format('a\"b')`, `States.Format('a\x')`, `States.Array("x")`,
		"States.Array({})", "States.Array(x)", "States.Array() x", "Format('x')", "states.Array()",
		strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11), strings.Repeat("States.Array(", 2_000),
	} {
		if _, err := expr.ParseExpression(text); err == nil {
			t.Errorf("%.60q is taken for an expression", text)
		}
	}
	if _, err := expr.ParseExpression(strings.Repeat("States.Array(", 10) + strings.Repeat(")", 10)); err != nil {
		t.Errorf("ten nested calls: %v", err)
	}
}

// Ensure that a template evaluates the fields that end in .$, wherever they are, and leaves the others alone.
func TestTemplate(t *testing.T) {
	tests := []struct{ template, want string }{
		{`{"a.$": "$.flag", "b": "$.flag", "c": [{"d.$": "$.items[0].n"}, 1.0]}`, `{"a":true,"b":"$.flag","c":[{"d":1},1.0]}`},
		{`{"x.$": "$$.State.Name", "y.$": "$name", "z.$": "States.Array($v.x)"}`, `{"x":"S","y":"Ada","z":[[5]]}`},
		{`{"a": 1, "a.$": "$.flag"}`, `{"a":true}`},
		{`"text"`, `"text"`},
		{`[]`, `[]`},
	}
	for _, tt := range tests {
		tmpl, faults := expr.ParseTemplate(value.MustParse(tt.template))
		if len(faults) > 0 {
			t.Fatalf("%s: %v", tt.template, faults)
		}
		if got, err := tmpl.Eval(environment(store)); err != nil || got.JSON() != tt.want {
			t.Errorf("%s is %s (%v), want %s", tt.template, got.JSON(), err, tt.want)
		}
	}
	tmpl, _ := expr.ParseTemplate(value.MustParse(`{"a": {"b.$": "$.none"}}`))
	_, err := tmpl.Eval(environment(`{"k":1}`))
	var e *expr.Error
	if want := `The JSONPath '$.none' specified for the field 'b.$' could not be found in the input '{"k":1}'`; !errors.As(err, &e) || e.Cause != want || e.Name != "States.Runtime" {
		t.Errorf("a path that leads nowhere: %v, want %s", err, want)
	}
}

// Ensure that every field of a template that is no expression is reported, with its place.
func TestTemplateFaults(t *testing.T) {
	_, faults := expr.ParseTemplate(value.MustParse(`{"a.$": "x", "b": [{"c/d.$": 1}], "ok.$": "$"}`))
	want := []expr.Fault{
		{Pointer: "/a.$", Field: "a.$", Message: "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call"},
		{Pointer: "/b/0/c~1d.$", Field: "c/d.$", Message: "The value for the field 'c/d.$' must be a valid JSONPath or a valid intrinsic function call"},
	}
	if len(faults) != len(want) || faults[0] != want[0] || faults[1] != want[1] {
		t.Errorf("%v, want %v", faults, want)
	}
}

// Ensure that an expression names the variables that it reads.
func TestVariables(t *testing.T) {
	e, err := expr.ParseExpression("States.Format('{}{}{}', $a.x, States.Array($b, $a), $.c)")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(e.Variables(), " "); got != "a b" {
		t.Errorf("%q, want a b", got)
	}
}

func FuzzParseExpression(f *testing.F) {
	for _, seed := range []string{"States.Format('{}\\'', $.a, $$.b, $c)", "States.ArrayRange(0, 9, 3)", "States.JsonMerge($.o, States.StringToJson('{}'), false)", "States.Hash('a','MD5')"} {
		f.Add(seed)
	}
	env := environment(store)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := expr.ParseExpression(text)
		if err != nil {
			return
		}
		if e.String() != text {
			t.Errorf("%q prints as %q", text, e)
		}
		v, err := e.Eval(env)
		var known *expr.Error
		var missing *expr.NotFoundError
		if err != nil && !errors.As(err, &known) && !errors.As(err, &missing) {
			t.Errorf("%q fails with %T", text, err)
		}
		_ = v.JSON()
	})
}
