package value

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParsePrints(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"null", "null", "null"},
		{"booleans", "[true,false]", "[true,false]"},
		{"white space", " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", `{"a":[1,2]}`},
		{"empty containers", `[{},[],{"a":{}}]`, `[{},[],{"a":{}}]`},
		{"key order", `{"z":1,"a":2,"m":3}`, `{"z":1,"a":2,"m":3}`},
		{"duplicate key", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{"duplicate key by escape", `{"a":1,"\u0061":2}`, `{"a":2}`},
		{"duplicate key in many", `{"a":1,` + manyKeys(40) + `,"a":2,"k39":"last"}`, `{"a":2,` + strings.Replace(manyKeys(40), `"k39":39`, `"k39":"last"`, 1) + `}`},
		{"nested siblings", `{"a":[1,{"b":[2,[3]]},4],"c":{"d":{"e":5},"f":6}}`, `{"a":[1,{"b":[2,[3]]},4],"c":{"d":{"e":5},"f":6}}`},
		{"float text", "[1.0,1.50,1e3,1E+3,-0.0,1e-7]", "[1.0,1.50,1e3,1E+3,-0.0,1e-7]"},
		{"minus zero", "[-0,0,-0.5]", "[0,0,-0.5]"},
		{"20 digits", "[12345678901234567890,-123456789012345678901234567890]", "[12345678901234567890,-123456789012345678901234567890]"},
		{"short escapes", `"\b\f\n\r\t\"\\\/"`, `"\b\f\n\r\t\"\\/"`},
		{"unicode escapes", `"\u00e9\u20AC\u0041"`, `"é€A"`},
		{"controls", `"\u0000\u001f\u007f"`, "\"\\u0000\\u001F\x7f\""},
		{"no HTML escapes", `"<a href='x'>&\u2028</a>"`, "\"<a href='x'>&\u2028</a>\""},
		{"surrogate pair", `"\ud83d\ude00"`, `"😀"`},
		{"lone high surrogate", `"a\ud800b"`, `"a` + "\uFFFD" + `b"`},
		{"lone low surrogate", `"\ude00"`, `"` + "\uFFFD" + `"`},
		{"high surrogate before a pair", `"\ud83d\ud83d\ude00"`, `"` + "\uFFFD" + `😀"`},
		{"high surrogate before an escape", `"\ud83d\n\ud83d\u0041"`, `"` + "\uFFFD" + `\n` + "\uFFFD" + `A"`},
		{"text after an escape", `"é\té"`, `"é\té"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := ParseString(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := v.JSON(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got, want := v.Size(), len(tt.want); got != want {
				t.Errorf("Size() = %d, want %d", got, want)
			}
		})
	}
}

// The messages and places are those that Jackson 2.15 gives for the same texts,
// but for offsets (bytes here) and faults of UTF-8, which Jackson does not see
// in a Java string.
func TestParseErrors(t *testing.T) {
	const values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	const trailing = " found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`"
	const nonNumeric = ": enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
	tests := []struct {
		in           string
		offset       int
		line, column int
		message      string
	}{
		{"", 0, 1, 0, "No content to map due to end-of-input"},
		{" \n", 0, 1, 0, "No content to map due to end-of-input"},

		{"not a definition", 3, 1, 4, "Unrecognized token 'not': was expecting " + values},
		{"tru", 3, 1, 4, "Unrecognized token 'tru': was expecting " + values},
		{"[truex]", 6, 1, 7, "Unrecognized token 'truex': was expecting " + values},
		{"[nul", 4, 1, 5, "Unrecognized token 'nul': was expecting " + values},
		{"$x", 2, 1, 3, "Unrecognized token '$x': was expecting " + values},
		{"u" + strings.Repeat("x", 300), 256, 1, 257, "Unrecognized token 'u" + strings.Repeat("x", 255) + "...': was expecting " + values},
		{"NaN", 3, 1, 4, "Non-standard token 'NaN'" + nonNumeric},
		{"[-Infinity]", 10, 1, 11, "Non-standard token '-Infinity'" + nonNumeric},
		{"[1,]", 4, 1, 5, "Unexpected character (']' (code 93)): expected a valid value " + values},
		{`{"a":}`, 6, 1, 7, "Unexpected character ('}' (code 125)): expected a valid value " + values},
		{".5", 1, 1, 2, "Unexpected character ('.' (code 46)): expected a valid value " + values},
		{"'abc'", 1, 1, 2, "Unexpected character (''' (code 39)): expected a valid value " + values},
		{"\uFEFF{}", 3, 1, 2, "Unexpected character ('\uFEFF' (code 65279 / 0xfeff)): expected a valid value " + values},
		{"\x7f", 1, 1, 2, "Unexpected character ((CTRL-CHAR, code 127)): expected a valid value " + values},

		{"{'a':1}", 2, 1, 3, "Unexpected character (''' (code 39)): was expecting double-quote to start field name"},
		{`{"a":1,}`, 8, 1, 9, "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"},
		{`{"a" 1}`, 6, 1, 7, "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"},
		{`{"a":1 "b":2}`, 8, 1, 9, `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries`},
		{"[1 2]", 4, 1, 5, "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"},
		{"{\"k\": \"v\" // c\n}", 11, 1, 12, "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"},
		{"[1\x01]", 3, 1, 4, `Illegal character ((CTRL-CHAR, code 1)): only regular white space (\r, \n, \t) is allowed between tokens`},

		{"{", 1, 1, 2, `Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"; line: 1, column: 1])`},
		{"[1,2,3\n", 7, 2, 1, "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)\"[1,2,3\n\"; line: 1, column: 1])"},
		{`{"a":1,`, 7, 1, 8, "Unexpected end-of-input within/between Object entries"},
		{`{"a":`, 5, 1, 6, "Unexpected end-of-input within/between Object entries"},
		{"[1,", 3, 1, 4, "Unexpected end-of-input within/between Array entries"},
		{"]", 1, 1, 2, `Unexpected close marker ']': expected '}' (for root starting at [Source: (String)"]"; line: 1, column: 0])`},
		{"{]", 2, 1, 3, `Unexpected close marker ']': expected '}' (for Object starting at [Source: (String)"{]"; line: 1, column: 1])`},
		{"[\n}", 3, 2, 2, "Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)\"[\n}\"; line: 1, column: 1])"},
		{`{"k":[1,2}`, 10, 1, 11, `Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)"{"k":[1,2}"; line: 1, column: 6])`},
		{"[" + strings.Repeat(" ", 600), 601, 1, 602, `Unexpected end-of-input: expected close marker for Array (start marker at [Source: (String)"[` + strings.Repeat(" ", 499) + `"[truncated 101 chars]; line: 1, column: 1])`},

		{`"abc`, 4, 1, 5, "Unexpected end-of-input: was expecting closing quote for a string value"},
		{`{"abc`, 5, 1, 6, "Unexpected end-of-input in field name"},
		{"{\n \"a\": \"b\n\"}", 11, 2, 10, "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value"},
		{"{\"a\tb\":1}", 4, 1, 5, "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in name"},
		{`"\x"`, 3, 1, 4, "Unrecognized character escape 'x' (code 120)"},
		{`"\`, 2, 1, 3, "Unexpected end-of-input in character escape sequence"},
		{`"\u12`, 5, 1, 6, "Unexpected end-of-input in character escape sequence"},
		{`"\u12G4"`, 6, 1, 7, "Unexpected character ('G' (code 71)): expected a hex-digit for character escape sequence"},
		{"\"a\xff\"", 2, 1, 3, "Invalid UTF-8 start byte 0xff"},
		{"\"\\n\xc3(\"", 3, 1, 4, "Invalid UTF-8 middle byte 0x28"},
		{"\"\xed\xa0\x80\"", 1, 1, 2, "Invalid UTF-8 middle byte 0xa0"},
		{"\xff", 0, 1, 1, "Invalid UTF-8 start byte 0xff"},

		{"[01]", 2, 1, 3, "Invalid numeric value: Leading zeroes not allowed"},
		{"-01", 2, 1, 3, "Invalid numeric value: Leading zeroes not allowed"},
		{"-x", 2, 1, 3, "Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"},
		{"[1.]", 3, 1, 4, "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit"},
		{"[1e]", 3, 1, 4, "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit"},
		{"[+1]", 3, 1, 4, "Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow"},
		{"+", 1, 1, 2, "Unexpected end-of-input in a Number value"},
		{"1x", 2, 1, 3, "Unexpected character ('x' (code 120)): Expected space separating root-level values"},

		{"{} {}", 3, 1, 4, "Trailing token (of type START_OBJECT)" + trailing},
		{"\"a\" \"b\"", 4, 1, 5, "Trailing token (of type VALUE_STRING)" + trailing},
		{"1 2", 2, 1, 3, "Trailing token (of type VALUE_NUMBER_INT)" + trailing},
		{"[] 1.5", 3, 1, 4, "Trailing token (of type VALUE_NUMBER_FLOAT)" + trailing},
		{"true false", 5, 1, 6, "Trailing token (of type VALUE_FALSE)" + trailing},
		{"[] null", 3, 1, 4, "Trailing token (of type VALUE_NULL)" + trailing},
		{"{} x", 4, 1, 5, "Unrecognized token 'x': was expecting " + values},
		{"{}}", 3, 1, 4, `Unexpected close marker '}': expected ']' (for root starting at [Source: (String)"{}}"; line: 1, column: 0])`},

		{"\n\r\n\r x", 6, 4, 3, "Unrecognized token 'x': was expecting " + values},
		{`["😀é", x`, 12, 1, 10, "Unrecognized token 'x': was expecting " + values},
		{strings.Repeat("[", MaxDepth+1), MaxDepth + 1, 1, MaxDepth + 2, "Depth (1001) exceeds the maximum allowed nesting depth (1000)"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			v, err := ParseString(tt.in)
			var got *SyntaxError
			if !errors.As(err, &got) {
				t.Fatalf("got value %s, error %v; want a *SyntaxError", v.JSON(), err)
			}
			want := SyntaxError{tt.offset, tt.line, tt.column, tt.message}
			if *got != want {
				t.Errorf("\ngot  %d %v\nwant %d %v", got.Offset, got, want.Offset, &want)
			}
		})
	}
}

func TestParseDepth(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	wide := "[" + strings.Repeat("{},", MaxDepth) + "{}]"
	for _, text := range []string{deep, wide} {
		if _, err := ParseString(text); err != nil {
			t.Errorf("%.10s...: %v", text, err)
		}
	}
}

func TestParseKeepsNothingOfItsData(t *testing.T) {
	data := []byte(`{"key":"text"}`)
	v, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if got, want := v.JSON(), `{"key":"text"}`; got != want {
		t.Errorf("after the data changed: %s, want %s", got, want)
	}
}

// FuzzParse holds Parse against encoding/json, which has the same idea of what
// is JSON, and Parse against what it prints.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[1,-0,1.0e+5]", `{"a":{"b":[true,false]},"a":"\ud83d\ude00\ud800"}`, "\"\x01", "[1,]", `{"a":1}}`,
		"\"\xff\"", "-", "1.", "tru", "NaN", "+1", "/**/", "[}", strings.Repeat("[", 1001), document,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseString(text)
		var syntax *SyntaxError
		switch valid := json.Valid([]byte(text)); {
		case err != nil && !errors.As(err, &syntax):
			t.Fatalf("error %T, want *SyntaxError", err)
		case err == nil && !valid:
			t.Fatalf("took %q for JSON", text)
		case err != nil && (syntax.Offset < 0 || syntax.Offset > len(text)):
			t.Fatalf("%q: offset %d of an error", text, syntax.Offset)
		case err != nil && valid && utf8.ValidString(text) && !strings.HasPrefix(syntax.Message, "Depth"):
			t.Fatalf("refused %q: %v", text, err)
		}
		if err != nil {
			return
		}
		printed := v.JSON()
		if got := v.Size(); got != len(printed) {
			t.Errorf("Size() = %d for %q of %d bytes", got, printed, len(printed))
		}
		again, err := ParseString(printed)
		if err != nil {
			t.Fatalf("refused its own %q: %v", printed, err)
		}
		if !Equal(v, again) || !Equal(again, v) {
			t.Errorf("%q reads back as another value than %q", printed, text)
		}
		if got := again.JSON(); got != printed {
			t.Errorf("%q prints as %q after it is read back", printed, got)
		}
	})
}
