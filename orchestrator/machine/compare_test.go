package machine

import (
	"strings"
	"testing"

	"minuet/orchestrator/value"
)

// Ensure that every comparison operator holds for what it should, and never for another type.
func TestCompare(t *testing.T) {
	tests := []struct {
		operator, v, operand string
		want                 bool
	}{
		{"StringEquals", `"a"`, `"a"`, true},
		{"StringEquals", `1`, `"1"`, false},
		{"StringLessThan", `"a"`, `"b"`, true},
		{"StringGreaterThanEquals", `"b"`, `"b"`, true},
		{"StringLessThanEqualsPath", `"c"`, `"b"`, false},
		{"StringMatches", `"log-7.txt"`, `"log-*.txt"`, true},
		{"NumericEquals", `1`, `1.0`, true},
		{"NumericEquals", `"1"`, `1`, false},
		{"NumericEquals", `9007199254740993`, `9007199254740992`, false},
		{"NumericGreaterThan", `2`, `1.5`, true},
		{"NumericLessThanPath", `2`, `2`, false},
		{"BooleanEquals", `true`, `true`, true},
		{"BooleanEquals", `"true"`, `true`, false},
		{"TimestampEquals", `"2024-01-01T01:00:00+01:00"`, `"2024-01-01T00:00:00Z"`, true},
		{"TimestampLessThan", `"2024-01-01T00:00:00Z"`, `"2024-01-01T00:00:00.001Z"`, true},
		{"TimestampGreaterThanEqualsPath", `"yesterday"`, `"2024-01-01T00:00:00Z"`, false},
	}
	for _, tt := range tests {
		if got := compare(tt.operator, value.MustParse(tt.v), value.MustParse(tt.operand)); got != tt.want {
			t.Errorf("%s %s %s is %t", tt.v, tt.operator, tt.operand, got)
		}
	}
}

// Ensure that StringMatches knows its star, and how to escape it.
func TestWildcard(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything", true},
		{"a*c", "abbc", true},
		{"a*c", "abbd", false},
		{"*.zip", "x.zip.zip", true},
		{"a**b", "ab", true},
		{`a\*b`, "a*b", true},
		{`a\*b`, "axb", false},
		{`a\\b`, `a\b`, true},
		{`\*`, "x", false},
		{strings.Repeat("*a", 50) + "b", strings.Repeat("a", 5_000), false},
	}
	for _, tt := range tests {
		if got := wildcard(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%.20q matches %.20q: %t", tt.pattern, tt.text, got)
		}
	}
}

// Ensure that timestamps are RFC 3339 as ASL narrows it.
func TestParseTimestamp(t *testing.T) {
	for text, want := range map[string]bool{
		"2024-03-14T01:59:00Z": true, "2024-03-14T01:59:00.123456Z": true, "2024-03-14T01:59:00+02:00": true,
		"2024-03-14t01:59:00Z": false, "2024-03-14T01:59:00z": false, "2024-03-14 01:59:00Z": false, "2024-03-14T01:59:00": false,
		"2024-13-14T01:59:00Z": false, "2024-03-14T25:59:00Z": false, "": false, "2024-03-14": false,
	} {
		if _, ok := ParseTimestamp(text); ok != want {
			t.Errorf("%q is a timestamp: %t", text, ok)
		}
	}
}

// Ensure that a branch's name can be taken apart.
func TestBranchID(t *testing.T) {
	child := Root.Child(5, 2).Child(0, 11)
	if child != "5.2/0.11" {
		t.Errorf("%q", child)
	}
	parent, seq, index, ok := child.Parent()
	if parent != "5.2" || seq != 0 || index != 11 || !ok {
		t.Errorf("%q %d %d %t", parent, seq, index, ok)
	}
	for _, bad := range []BranchID{Root, "x", "1", "1.", ".1", "1.x", "-1.0", "1.-2", "5.2/x"} {
		if _, _, _, ok := bad.Parent(); ok {
			t.Errorf("%q is taken for a child", bad)
		}
	}
}

// Ensure that stamps grow, whatever the clock does.
func TestStamp(t *testing.T) {
	now := NewStamp(Stamp(1_700_000_000_000 << stampBits).Time())
	if later := NewStamp(now.Time().Add(-1_000_000_000), now); later <= now {
		t.Errorf("after a step back of the clock, %d follows %d", later, now)
	}
	if got := NthStamp([]Stamp{30, 10, 20}, 1, 5); got != 20 {
		t.Errorf("the second of 10, 20, 30 is %d", got)
	}
	if got := NthStamp(nil, 0, 5); got != 5 {
		t.Errorf("the first of none is %d", got)
	}
}
