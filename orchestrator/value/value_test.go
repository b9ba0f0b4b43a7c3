package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// manyKeys returns the inside of an object: "k0":0,"k1":1 and so on.
func manyKeys(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(`"k%d":%d`, i, i)
	}
	return strings.Join(parts, ",")
}

func TestZeroValueIsNull(t *testing.T) {
	var v Value
	if v.Kind() != Null || !v.IsNull() || v.JSON() != "null" || v.Size() != 4 {
		t.Errorf("zero Value is %s of kind %v, size %d", v.JSON(), v.Kind(), v.Size())
	}
}

func TestKindString(t *testing.T) {
	names := map[Kind]string{
		Null: "null", Bool: "boolean", Number: "number", String: "string", Array: "array", Object: "object", 9: "Kind(9)",
	}
	for kind, want := range names {
		if got := kind.String(); got != want {
			t.Errorf("Kind %d is %q, want %q", kind, got, want)
		}
	}
}

func TestConstructors(t *testing.T) {
	tests := []struct {
		name string
		v    Value
		want string
	}{
		{"true", OfBool(true), "true"},
		{"false", OfBool(false), "false"},
		{"string", OfString("a\"b\n"), `"a\"b\n"`},
		{"string of bad UTF-8", OfString("a\xffb"), "\"a\uFFFDb\""},
		{"int", OfInt(math.MinInt64), "-9223372036854775808"},
		{"array", OfArray(OfInt(1), Value{}, OfArray()), "[1,null,[]]"},
		{"no items", OfArray(), "[]"},
		{"object", OfObject(Member{"b", True}, Member{"a", EmptyObject}), `{"b":true,"a":{}}`},
		{"no members", OfObject(), "{}"},
		{"empty array", EmptyArray, "[]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.v.JSON(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !Equal(tt.v, MustParse(tt.want)) {
				t.Errorf("is not equal to what Parse makes of %s", tt.want)
			}
		})
	}
}

func TestOfFloat(t *testing.T) {
	tests := []struct {
		f    float64
		want string
	}{
		{0, "0.0"},
		{math.Copysign(0, -1), "0.0"},
		{3, "3.0"},
		{-3, "-3.0"},
		{0.1, "0.1"},
		{-2.5, "-2.5"},
		{1.0 / 3, "0.3333333333333333"},
		{0.001, "0.001"},
		{0.0001, "1.0E-4"},
		{0.00012, "1.2E-4"},
		{9999999, "9999999.0"},
		{1e7, "1.0E7"},
		{-12345678.5, "-1.23456785E7"},
		{1e100, "1.0E100"},
		{math.MaxFloat64, "1.7976931348623157E308"},
		{math.SmallestNonzeroFloat64, "5.0E-324"},
		{math.NaN(), "null"},
		{math.Inf(1), "null"},
		{math.Inf(-1), "null"},
	}
	for _, tt := range tests {
		v := OfFloat(tt.f)
		if got := v.JSON(); got != tt.want {
			t.Errorf("OfFloat(%g) is %s, want %s", tt.f, got, tt.want)
		}
		if v.Kind() == Number && v.Float() != tt.f {
			t.Errorf("OfFloat(%g).Float() = %g", tt.f, v.Float())
		}
	}
}

func TestOfNumber(t *testing.T) {
	valid := map[string]string{"1.0": "1.0", "-0": "0", "1e3": "1e3", "12345678901234567890": "12345678901234567890"}
	for text, want := range valid {
		v, err := OfNumber(text)
		if err != nil || v.NumberText() != want {
			t.Errorf("OfNumber(%q) = %s, %v; want %s", text, v.JSON(), err, want)
		}
	}
	for _, text := range []string{"", " 1", "1 ", "0 ", "-", "01", "1.", "abc", `"1"`, "[1]", "+1", "NaN", "0x1", "1,2"} {
		if v, err := OfNumber(text); err == nil {
			t.Errorf("OfNumber(%q) = %s, want an error", text, v.JSON())
		}
	}
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		text     string
		float    float64
		n        int64
		integral bool
	}{
		{"0", 0, 0, true},
		{"-7", -7, -7, true},
		{"3.0", 3, 3, true},
		{"3.5", 3.5, 0, false},
		{"1e3", 1000, 1000, true},
		{"1.5e1", 15, 15, true},
		{"100e-2", 1, 1, true},
		{"100e-3", 0.1, 0, false},
		{"-0.0e5", 0, 0, true},
		{"9223372036854775807", math.MaxInt64, math.MaxInt64, true},
		{"-9223372036854775808.0", math.MinInt64, math.MinInt64, true},
		{"9223372036854775808", math.MaxInt64, 0, false},
		{"12345678901234567890", 12345678901234567890, 0, false},
		{"1e400", math.Inf(1), 0, false},
		{"1e-400", 0, 0, false},
		{"1e99999999999999999999", math.Inf(1), 0, false},
	}
	for _, tt := range tests {
		v := MustParse(tt.text)
		n, ok := v.Int()
		if v.Float() != tt.float || n != tt.n || ok != tt.integral {
			t.Errorf("%s: Float() = %g, Int() = %d, %t; want %g, %d, %t", tt.text, v.Float(), n, ok, tt.float, tt.n, tt.integral)
		}
	}
}

func TestAccessorsOfOtherKinds(t *testing.T) {
	for _, text := range []string{"null", "true", "1", `"s"`, "[1]", `{"a":1}`} {
		v := MustParse(text)
		kind := v.Kind()
		if kind != Bool && v.Bool() ||
			kind != String && v.Text() != "" ||
			kind != Number && (v.NumberText() != "" || v.Float() != 0) ||
			kind != Array && v.Items() != nil ||
			kind != Object && v.Members() != nil {
			t.Errorf("%s answers as another kind", text)
		}
		if _, ok := v.Int(); ok != (kind == Number) {
			t.Errorf("%s: Int() says %t", text, ok)
		}
		if _, ok := v.Get("a"); ok != (kind == Object) {
			t.Errorf("%s: Get says %t", text, ok)
		}
		if want := map[Kind]int{Array: 1, Object: 1}[kind]; v.Len() != want {
			t.Errorf("%s: Len() = %d, want %d", text, v.Len(), want)
		}
	}
}

func TestChangesCopy(t *testing.T) {
	tests := []struct {
		name, in string
		change   func(Value) Value
		want     string
	}{
		{"set replaces in place", `{"a":1,"b":2}`, func(v Value) Value { return v.Set("a", True) }, `{"a":true,"b":2}`},
		{"set appends", `{"a":1}`, func(v Value) Value { return v.Set("b", True) }, `{"a":1,"b":true}`},
		{"set in empty", `{}`, func(v Value) Value { return v.Set("a", True) }, `{"a":true}`},
		{"set on null", `null`, func(v Value) Value { return v.Set("a", True) }, `{"a":true}`},
		{"set on array", `[1]`, func(v Value) Value { return v.Set("a", True) }, `{"a":true}`},
		{"delete first", `{"a":1,"b":2}`, func(v Value) Value { return v.Delete("a") }, `{"b":2}`},
		{"delete only", `{"a":1}`, func(v Value) Value { return v.Delete("a") }, `{}`},
		{"delete missing", `{"a":1}`, func(v Value) Value { return v.Delete("z") }, `{"a":1}`},
		{"delete from array", `[1]`, func(v Value) Value { return v.Delete("a") }, `[1]`},
		{"set index", `[1,2,3]`, func(v Value) Value { return v.SetIndex(1, EmptyArray) }, `[1,[],3]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := MustParse(tt.in)
			if got := tt.change(v).JSON(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := v.JSON(); got != tt.in {
				t.Errorf("the original became %s", got)
			}
		})
	}
}

func TestMarshalInsideGoTypes(t *testing.T) {
	type envelope struct {
		V Value `json:"v"`
	}
	const text = `{"v":{"z":1.0,"a":[12345678901234567890]}}`
	var e envelope
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if string(out) != text {
		t.Errorf("got %s, want %s", out, text)
	}
}
