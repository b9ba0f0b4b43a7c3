package value

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The faults that the parser finds, in Jackson's words. Each method returns
// the error for a fault at pos unless it says otherwise.

// faultNoContent is for a text with nothing but white space.
func faultNoContent() *SyntaxError {
	return &SyntaxError{Line: 1, Message: "No content to map due to end-of-input"}
}

// validValues is how Jackson lists what may stand where a value is due.
const validValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

// How many characters Jackson repeats of an unknown word, and of the whole
// text where it shows a place in it.
const (
	maxToken  = 256
	maxSource = 500
)

// place is what a string is: Jackson words their faults differently.
type place struct {
	control string // what a bare control character is in
	end     string // how the text ends too early within it
}

var (
	inName  = place{"name", " in field name"}
	inValue = place{"string value", ": was expecting closing quote for a string value"}
)

func (p *parser) fault(message string) *SyntaxError { return errorAt(p.text, p.pos, message) }

// faultPast is an error just past the character at pos.
func (p *parser) faultPast(message string) *SyntaxError {
	_, n := utf8.DecodeRuneInString(p.text[p.pos:])
	return errorAt(p.text, p.pos+n, message)
}

// faultEnd is for a text that ends too early; within says in what.
func (p *parser) faultEnd(within string) *SyntaxError {
	return errorAt(p.text, len(p.text), "Unexpected end-of-input"+within)
}

// faultEndInContainer is for a text that ends where the innermost open
// container could have been closed.
func (p *parser) faultEndInContainer() *SyntaxError {
	kind, start := p.innermost()
	return p.faultEnd(": expected close marker for " + kind + " (start marker at " + start + ")")
}

// faultUnexpected is for a character that cannot stand between tokens, or not
// at this place.
func (p *parser) faultUnexpected(expecting string) *SyntaxError {
	c := p.text[p.pos]
	if c < ' ' {
		return p.faultPast("Illegal character (" + describe(p.text, p.pos) + `): only regular white space (\r, \n, \t) is allowed between tokens`)
	}
	if !p.atCharacter() {
		return p.faultUTF8()
	}
	if c == '/' {
		expecting = "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
	}
	return p.faultPast("Unexpected character (" + describe(p.text, p.pos) + "): " + expecting)
}

// faultOddValue is for what cannot begin a value.
func (p *parser) faultOddValue() *SyntaxError {
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	switch {
	case r == '+':
		return p.faultPlus()
	case isWordStart(r):
		return p.faultToken()
	}
	return p.faultUnexpected("expected a valid value " + validValues)
}

// faultOddName is for what cannot begin the name of an object's field.
func (p *parser) faultOddName() *SyntaxError {
	return p.faultUnexpected("was expecting double-quote to start field name")
}

// faultNoComma is for what follows neither as comma nor as closing bracket.
func (p *parser) faultNoComma(within string) *SyntaxError {
	switch {
	case p.pos == len(p.text):
		return p.faultEndInContainer()
	case p.at(']') || p.at('}'):
		return p.faultCloseMarker()
	}
	return p.faultUnexpected("was expecting comma to separate " + within + " entries")
}

// faultCloseMarker is for a bracket that closes what is not open.
func (p *parser) faultCloseMarker() *SyntaxError {
	found, expected := "]", "}"
	if p.at('}') {
		found, expected = expected, found
	}
	kind, start := p.innermost()
	return p.faultPast("Unexpected close marker '" + found + "': expected '" + expected + "' (for " + kind + " starting at " + start + ")")
}

// faultTrailing is for what follows the one value of the text.
func (p *parser) faultTrailing() *SyntaxError {
	start := p.pos
	token := ""
	switch c := p.text[start]; {
	case c == '{':
		token = "START_OBJECT"
	case c == '[':
		token = "START_ARRAY"
	case c == '"':
		token = "VALUE_STRING"
	case c == ']' || c == '}':
		return p.faultCloseMarker()
	default:
		v, err := p.value()
		if err != nil {
			return err
		}
		switch {
		case v.kind == Null:
			token = "VALUE_NULL"
		case v.kind == Bool:
			token = "VALUE_" + strings.ToUpper(v.text)
		case strings.ContainsAny(v.text, ".eE"):
			token = "VALUE_NUMBER_FLOAT"
		default:
			token = "VALUE_NUMBER_INT"
		}
	}
	return errorAt(p.text, start, "Trailing token (of type "+token+") found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`")
}

// faultDepth is for the bracket before pos.
func (p *parser) faultDepth() *SyntaxError {
	return p.fault(fmt.Sprintf("Depth (%d) exceeds the maximum allowed nesting depth (%d)", len(p.opened), MaxDepth))
}

// faultToken is for a word that is none of JSON's.
func (p *parser) faultToken() *SyntaxError {
	end := p.wordEnd()
	word := p.text[p.pos:end]
	if word == "NaN" || word == "Infinity" {
		return p.faultNonNumeric(word)
	}
	if runes := []rune(word); len(runes) > maxToken {
		word = string(runes[:maxToken])
		end = p.pos + len(word)
		word += "..."
	}
	return errorAt(p.text, end, "Unrecognized token '"+word+"': was expecting "+validValues)
}

// faultNonNumeric is for a word that stands for a number elsewhere than in
// JSON; the word ends at the end of the one at pos.
func (p *parser) faultNonNumeric(word string) *SyntaxError {
	return errorAt(p.text, p.wordEnd(), "Non-standard token '"+word+"': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow")
}

// faultPlus is for a plus sign before a number.
func (p *parser) faultPlus() *SyntaxError {
	message := "Unexpected character (" + describe(p.text, p.pos) + ") in numeric value: JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow"
	p.pos++
	if p.pos == len(p.text) {
		return p.faultEnd(" in a Number value")
	}
	return p.faultPast(message)
}

// faultMinus is for what follows a minus sign and is no digit.
func (p *parser) faultMinus() *SyntaxError {
	if p.pos == len(p.text) {
		return p.faultEnd(" in a Number value")
	}
	if p.text[p.pos:p.wordEnd()] == "Infinity" {
		return p.faultNonNumeric("-Infinity")
	}
	return p.faultPast("Unexpected character (" + describe(p.text, p.pos) + ") in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value")
}

// faultNumber is for a number that lacks digits; why says which.
func (p *parser) faultNumber(why string) *SyntaxError {
	if p.pos == len(p.text) {
		return p.faultEnd(" in a Number value")
	}
	return p.fault("Unexpected character (" + describe(p.text, p.pos) + ") in numeric value: " + why)
}

// faultControl is for a bare control character in a string. Even a line break
// leaves the place on the line of the string.
func (p *parser) faultControl(where place) *SyntaxError {
	err := p.fault("Illegal unquoted character (" + describe(p.text, p.pos) + "): has to be escaped using backslash to be included in " + where.control)
	err.Offset++
	err.Column++
	return err
}

// faultUTF8 is for a character that is not UTF-8. The byte to blame is the
// first after which no character can come of it.
func (p *parser) faultUTF8() *SyntaxError {
	text := p.text[p.pos:]
	i := 0
	for i < len(text)-1 && !utf8.FullRuneInString(text[:i+1]) {
		i++
	}
	part := "start"
	if i > 0 {
		part = "middle"
	}
	return p.fault(fmt.Sprintf("Invalid UTF-8 %s byte 0x%x", part, text[i]))
}

// innermost returns what the innermost open container is and where it starts,
// both as Jackson writes them.
func (p *parser) innermost() (kind, start string) {
	kind = "root"
	line, column := 1, 0
	if n := len(p.opened); n > 0 {
		at := p.opened[n-1]
		line, column = position(p.text, at)
		kind = "Array"
		if p.text[at] == '{' {
			kind = "Object"
		}
	}
	return kind, fmt.Sprintf("[Source: (String)%s; line: %d, column: %d]", excerpt(p.text), line, column)
}

// excerpt returns the beginning of text in quotes, and how much it leaves out.
func excerpt(text string) string {
	var b strings.Builder
	shown, left := 0, 0
	for _, r := range text {
		switch {
		case shown+units(r) > maxSource:
			left += units(r)
			continue
		case isControl(r) && r != '\n' && r != '\r':
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
		shown += units(r)
	}
	if left > 0 {
		return fmt.Sprintf(`"%s"[truncated %d chars]`, b.String(), left)
	}
	return `"` + b.String() + `"`
}

// wordEnd returns the place just past the word at pos.
func (p *parser) wordEnd() int {
	for i, r := range p.text[p.pos:] {
		if !isWordPart(r) {
			return p.pos + i
		}
	}
	return len(p.text)
}

// isWordStart reports whether a Java identifier, which is what Jackson takes
// for a word, may begin with r.
func isWordStart(r rune) bool {
	return r <= 0xFFFF && unicode.In(r, unicode.L, unicode.Nl, unicode.Sc, unicode.Pc)
}

// isWordPart reports whether a Java identifier may go on with r. Java allows
// ignorable control characters too, which would only make messages odd.
func isWordPart(r rune) bool {
	return isWordStart(r) || r <= 0xFFFF && unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc)
}

// invalidUTF8 returns the place of the first byte in text that begins no
// character, or -1.
func invalidUTF8(text string) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
