package value

import (
	"slices"
	"strings"
	"testing"
)

func TestEqual(t *testing.T) {
	backwards := strings.Split(manyKeys(40), ",")
	slices.Reverse(backwards)
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"nulls", "null", "null", true},
		{"kinds", "null", "false", false},
		{"number and string", "1", `"1"`, false},
		{"booleans", "true", "false", false},
		{"strings", `"a"`, `"\u0061"`, true},
		{"integer and float", "1", "1.0", true},
		{"exponents", "10e-1", "0.1E+1", true},
		{"zeros", "0", "-0.0e7", true},
		{"signs", "1", "-1", false},
		{"powers", "1", "10", false},
		{"20 digits", "12345678901234567890", "12345678901234567891", false},
		{"20 digits and a fraction", "12345678901234567890", "12345678901234567890.00", true},
		{"2^53 and the next", "9007199254740992", "9007199254740993", false},
		{"beyond float64", "1e400", "1e401", false},
		{"arrays", "[1,[2]]", "[1.0,[2]]", true},
		{"order of items", "[1,2]", "[2,1]", false},
		{"lengths", "[1]", "[1,2]", false},
		{"empty containers", "[]", "{}", false},
		{"order of keys", `{"a":1,"b":[2]}`, `{"b":[2],"a":1}`, true},
		{"other key", `{"a":1,"b":2}`, `{"a":1,"c":2}`, false},
		{"other value", `{"a":1,"b":2}`, `{"b":1,"a":2}`, false},
		{"order of many keys", "{" + manyKeys(40) + "}", "{" + strings.Join(backwards, ",") + "}", true},
		{"other key among many", "{" + manyKeys(40) + "}", "{" + strings.Join(backwards[1:], ",") + `,"z":1}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := MustParse(tt.a), MustParse(tt.b)
			if Equal(a, b) != tt.want || Equal(b, a) != tt.want {
				t.Errorf("Equal = %t, %t, want %t", Equal(a, b), Equal(b, a), tt.want)
			}
		})
	}
}

func TestSame(t *testing.T) {
	v := MustParse(`{"a":[1]}`)
	inner, _ := v.Get("a")
	tests := []struct {
		name string
		a, b Value
		want bool
	}{
		{"one value", v, v, true},
		{"a part and itself", inner, v.Set("b", inner).Members()[1].Value, true},
		{"made apart", v, MustParse(`{"a":[1]}`), false},
		{"empty containers", EmptyArray, MustParse("[]"), true},
		{"empty containers of two kinds", EmptyArray, EmptyObject, false},
		{"scalars", OfString("x"), MustParse(`"x"`), true},
		{"number and string", OfInt(1), OfString("1"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Same(tt.a, tt.b); got != tt.want {
				t.Errorf("Same = %t, want %t", got, tt.want)
			}
		})
	}
}

// Every number of the list is less than those behind it, and equal to the
// others on its line.
func TestCompareNumbers(t *testing.T) {
	ascending := [][]string{
		{"-1e400"},
		{"-12345678901234567891"},
		{"-12345678901234567890"},
		{"-10", "-1e1"},
		{"-9.5"},
		{"-0.001"},
		{"0", "0.0", "-0.0"},
		{"1e-400"},
		{"0.25", "25e-2"},
		{"0.3"},
		{"3"},
		{"9007199254740992"},
		{"9007199254740993", "9007199254740993.0"},
		{"1e400"},
		{"1.01e400"},
	}
	for i, line := range ascending {
		for j, other := range ascending {
			want := min(1, max(-1, i-j))
			for _, a := range line {
				for _, b := range other {
					if got := CompareNumbers(MustParse(a), MustParse(b)); got != want {
						t.Errorf("CompareNumbers(%s, %s) = %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
	if got := CompareNumbers(Value{}, OfInt(1)); got != -1 {
		t.Errorf("CompareNumbers(null, 1) = %d, want -1: what is no number counts as 0", got)
	}
}
