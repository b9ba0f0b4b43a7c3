package value

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// charAt shows the character at i with its code: 'x' (code 120), as Jackson does.
func (p *parser) charAt(i int) string {
	r, _ := utf8.DecodeRuneInString(p.text[i:])
	if r < ' ' || r == 0x7f {
		return fmt.Sprintf("CTRL-CHAR, code %d", r)
	}
	if r > 255 {
		return fmt.Sprintf("'%c' (code %d / 0x%x)", r, r, r)
	}
	return fmt.Sprintf("'%c' (code %d)", r, r)
}

// source shows the place at i as Jackson shows the place of an opening bracket.
func (p *parser) source(i int) string {
	line, column := position(p.text, i)
	return "[Source: (String)" + strconv.Quote(p.text[:min(len(p.text), 500)]) + "; line: " + strconv.Itoa(line) + ", column: " + strconv.Itoa(column) + "]"
}

// trailing is for what stands behind the value.
func (p *parser) trailing() *SyntaxError {
	if err := p.faultSpace(); err != nil {
		return err
	}
	return p.faultPast(p.pos, "Trailing token found after value: unexpected character ("+p.charAt(p.pos)+")")
}

// faultOddValue is for a character at which no value begins.
func (p *parser) faultOddValue() *SyntaxError {
	if err := p.faultSpace(); err != nil {
		return err
	}
	if p.identifierEnd(p.pos) > p.pos {
		return p.faultToken()
	}
	return p.faultUnexpected("expected a valid value " + validValues)
}

// faultOddName is for a character at which no field's name begins.
func (p *parser) faultOddName() *SyntaxError {
	return p.faultUnexpected("was expecting double-quote to start field name")
}

func (p *parser) faultDepth() *SyntaxError {
	return p.fault("Document nesting depth (" + strconv.Itoa(len(p.opened)) + ") exceeds the maximum allowed (" + strconv.Itoa(MaxDepth) + ")")
}

// faultNoComma is for what stands where a comma or the closing bracket of a container is due.
func (p *parser) faultNoComma(within string) *SyntaxError {
	if p.pos == len(p.text) {
		return p.faultEndInContainer()
	}
	return p.faultUnexpected("was expecting comma to separate " + within + " entries")
}

// identifierEnd returns where the word at i ends.
func (p *parser) identifierEnd(i int) int {
	for i < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[i:])
		if r == utf8.RuneError || !(unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '$') {
			break
		}
		i += n
	}
	return i
}

// faultToken is for a word that is none of JSON's.
func (p *parser) faultToken() *SyntaxError {
	end := p.identifierEnd(p.pos)
	word := p.text[p.pos:end]
	if utf8.RuneCountInString(word) > maxToken {
		word = string([]rune(word)[:maxToken]) + "..."
	}
	return errorAt(p.text, end, "Unrecognized token '"+word+"': was expecting "+validValues)
}

// faultNumberStart is for a minus sign that no digit follows.
func (p *parser) faultNumberStart() *SyntaxError {
	return p.faultNumber("expected digit (0-9) to follow minus sign, for valid numeric value")
}

// faultNumber is for the character at pos, with which a number cannot go on.
func (p *parser) faultNumber(why string) *SyntaxError {
	if p.pos == len(p.text) {
		return p.fault("Unexpected end-of-input: " + strings.ToLower(why[:1]) + why[1:])
	}
	return p.faultPast(p.pos, "Unexpected character ("+p.charAt(p.pos)+") in numeric value: "+why)
}

// faultUnquoted is for a bare control character in a string.
func (p *parser) faultUnquoted(where place) *SyntaxError {
	return p.faultPast(p.pos, "Illegal unquoted character (("+p.charAt(p.pos)+")): has to be escaped using backslash to be included in "+where.control)
}

// faultUTF8 is for a byte that is no UTF-8.
func (p *parser) faultUTF8(i int) *SyntaxError {
	return errorAt(p.text, i, "Invalid UTF-8 byte 0x"+strconv.FormatInt(int64(p.text[i]), 16))
}
