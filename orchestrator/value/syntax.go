package value

import (
	"fmt"
	"unicode/utf8"
)

// SyntaxError says why a text is not JSON, in the words of Jackson 2.15: Step
// Functions shows its users the messages of that parser.
//
// Line and Column are those that Jackson reports: as a rule of the place just
// past what it objects to, with columns in UTF-16 code units. A text without
// any value is at line 1, column 0.
type SyntaxError struct {
	Offset  int    // of the same place, in bytes from the start of the text
	Line    int    // counted from 1
	Column  int    // counted from 1
	Message string // without Jackson's trailing " at [Source: ...]"
}

// Error returns the message and the place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Column)
}

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
		default:
			column += units(r)
		}
	}
	return line, column
}

// units returns the number of UTF-16 code units of r.
func units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// describe shows the character at text[i] with its code, as Jackson does.
func describe(text string, i int) string {
	r, _ := utf8.DecodeRuneInString(text[i:])
	switch {
	case isControl(r):
		return fmt.Sprintf("(CTRL-CHAR, code %d)", r)
	case r > 0xFF:
		return fmt.Sprintf("'%c' (code %d / 0x%x)", r, r, r)
	}
	return fmt.Sprintf("'%c' (code %d)", r, r)
}

// isControl reports whether r is a control character of ISO 8859-1.
func isControl(r rune) bool { return r < ' ' || r >= 0x7F && r < 0xA0 }
