package value

import (
	"fmt"
	"unicode/utf8"
)

// SyntaxError says why a text is not JSON, in the words of Jackson 2.15, whose
// messages Step Functions shows to users.
//
// Line and Column, counted from 1, are those that Jackson reports: the place
// just past what it objects to, in UTF-16 code units. A text without any value
// is at line 1, column 0.
type SyntaxError struct {
	Offset  int    // in bytes from the start of the text, of the same place
	Line    int    // counted from 1
	Column  int    // counted from 1
	Message string // without Jackson's trailing " at [Source: ...]"
}

// Error returns the message and the place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Column)
}

var errNoContent = &SyntaxError{Line: 1, Message: "No content to map due to end-of-input"}

// validValues is how Jackson lists what may stand where a value is due.
const validValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

// maxToken is how many characters of an unknown word Jackson repeats.
const maxToken = 256

// place is what a string is: Jackson words their faults differently.
type place struct {
	control string // what a bare control character is in
	end     string // how the text ends within it
}

var (
	inName  = place{"name", "in field name"}
	inValue = place{"string value", "was expecting closing quote for a string value"}
)

// errorAt returns an error for the place just before text[offset].
func errorAt(text string, offset int, message string) *SyntaxError {
	line, column := position(text, offset)
	return &SyntaxError{Offset: offset, Line: line, Column: column, Message: message}
}

// position returns the line and the column of text[offset], both from 1.
// "\n", "\r" and "\r\n" end lines.
func position(text string, offset int) (line, column int) {
	line, column = 1, 1
	for i, r := range text[:offset] {
		switch {
		case r == '\n' && i > 0 && text[i-1] == '\r':
		case r == '\n' || r == '\r':
			line, column = line+1, 1
		case r > 0xFFFF:
			column += 2
		default:
			column++
		}
	}
	return line, column
}

// fault is an error at pos.
func (p *parser) fault(message string) *SyntaxError { return errorAt(p.text, p.pos, message) }

// faultPast is an error just past the character at i.
func (p *parser) faultPast(i int, message string) *SyntaxError {
	_, n := utf8.DecodeRuneInString(p.text[i:])
	return errorAt(p.text, i+n, message)
}

// faultUnexpected is for a character at pos that cannot stand there.
func (p *parser) faultUnexpected(expecting string) *SyntaxError {
	if err := p.faultSpace(); err != nil {
		return err
	}
	return p.faultPast(p.pos, "Unexpected character ("+p.charAt(p.pos)+"): "+expecting)
}

// faultSpace is for a control character or a byte that is no UTF-8 at pos,
// where only white space or a token may stand; else it is nil.
func (p *parser) faultSpace() *SyntaxError {
	if p.text[p.pos] < ' ' {
		return p.faultPast(p.pos, "Illegal character ("+p.charAt(p.pos)+`): only regular white space (\r, \n, \t) is allowed between tokens`)
	}
	if r, n := utf8.DecodeRuneInString(p.text[p.pos:]); r == utf8.RuneError && n == 1 {
		return p.faultUTF8(p.pos)
	}
	return nil
}

// faultEnd is for a text that ends too early; where says in what.
func (p *parser) faultEnd(where string) *SyntaxError {
	return errorAt(p.text, len(p.text), "Unexpected end-of-input "+where)
}

// faultEndInContainer is for a text that ends before the bracket that closes
// the innermost open container.
func (p *parser) faultEndInContainer() *SyntaxError {
	start := p.opened[len(p.opened)-1]
	kind := "Array"
	if p.text[start] == '{' {
		kind = "Object"
	}
	return errorAt(p.text, len(p.text), "Unexpected end-of-input: expected close marker for "+kind+" (start marker at "+p.source(start)+")")
}

// faultEndOfString is for a text that ends within a string.
func (p *parser) faultEndOfString(where place) *SyntaxError {
	message := "Unexpected end-of-input"
	if where == inValue {
		message += ":"
	}
	return errorAt(p.text, len(p.text), message+" "+where.end)
}
