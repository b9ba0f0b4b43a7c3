package value

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest in a text to parse.
const MaxDepth = 1000

// Parse returns the one JSON value in data, which white space may surround and
// of which Parse keeps nothing. Of a key that an object has twice, the last
// value counts, in the first one's place. A \u escape that is half of a
// surrogate pair becomes U+FFFD. The error is a [*SyntaxError].
func Parse(data []byte) (Value, error) { return ParseString(string(data)) }

// ParseString is [Parse] for a string; the value shares parts of text.
func ParseString(text string) (Value, error) {
	p := parser{text: text}
	v, err := p.document()
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

// MustParse is [ParseString] for texts known to be valid; it panics otherwise.
func MustParse(text string) Value {
	v, err := ParseString(text)
	if err != nil {
		panic("value.MustParse: " + err.Error())
	}
	return v
}

// parser holds the state of one Parse.
type parser struct {
	text string
	pos  int // of the next byte to read

	// opened has the place of each container that is open, the outermost first.
	opened []int

	// items and members are stacks on which the open containers gather what
	// they contain; a closed container gets a copy of its part.
	items   []Value
	members []Member
}

// The methods of parser return *SyntaxError, not error: they are called often
// and the caller of document makes the conversion.

func (p *parser) document() (Value, *SyntaxError) {
	p.space()
	if p.pos == len(p.text) {
		return Value{}, faultNoContent()
	}
	if p.at(']') || p.at('}') {
		return Value{}, p.faultCloseMarker()
	}
	v, err := p.value()
	if err != nil {
		return Value{}, err
	}
	if v.kind == Number && p.pos < len(p.text) && !isSpace(p.text[p.pos]) {
		return Value{}, p.faultPast("Unexpected character (" + describe(p.text, p.pos) + "): Expected space separating root-level values")
	}
	p.space()
	if p.pos < len(p.text) {
		return Value{}, p.faultTrailing()
	}
	return v, nil
}

// value parses the value that begins at pos.
func (p *parser) value() (Value, *SyntaxError) {
	if p.pos == len(p.text) {
		return Value{}, p.faultEndInContainer()
	}
	switch c := p.text[p.pos]; c {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		text, err := p.quoted(inValue)
		return Value{kind: String, text: text}, err
	case 't':
		return True, p.literal("true")
	case 'f':
		return False, p.literal("false")
	case 'n':
		return Value{}, p.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return p.number()
	}
	return Value{}, p.faultOddValue()
}

func (p *parser) array() (Value, *SyntaxError) {
	if err := p.open(); err != nil {
		return Value{}, err
	}
	p.space()
	if p.at(']') {
		p.close()
		return EmptyArray, nil
	}
	if p.at('}') {
		return Value{}, p.faultCloseMarker()
	}
	base := len(p.items)
	for {
		item, err := p.value()
		if err != nil {
			return Value{}, err
		}
		p.items = append(p.items, item)
		p.space()
		if p.at(']') {
			p.close()
			break
		}
		if err := p.comma("Array"); err != nil {
			return Value{}, err
		}
	}
	items := make([]Value, len(p.items)-base)
	copy(items, p.items[base:])
	p.items = p.items[:base]
	return Value{kind: Array, kids: &kids{items: items}}, nil
}

func (p *parser) object() (Value, *SyntaxError) {
	if err := p.open(); err != nil {
		return Value{}, err
	}
	p.space()
	if p.at('}') {
		p.close()
		return EmptyObject, nil
	}
	if p.at(']') {
		return Value{}, p.faultCloseMarker()
	}
	if p.pos == len(p.text) {
		return Value{}, p.faultEndInContainer()
	}
	base := len(p.members)
	var index map[string]int
	for {
		if !p.at('"') {
			return Value{}, p.faultOddName()
		}
		key, err := p.quoted(inName)
		if err != nil {
			return Value{}, err
		}
		if err := p.colon(); err != nil {
			return Value{}, err
		}
		v, err := p.value()
		if err != nil {
			return Value{}, err
		}
		index = p.add(base, index, key, v)
		p.space()
		if p.at('}') {
			p.close()
			break
		}
		if err := p.comma("Object"); err != nil {
			return Value{}, err
		}
	}
	members := make([]Member, len(p.members)-base)
	copy(members, p.members[base:])
	p.members = p.members[:base]
	return Value{kind: Object, kids: &kids{members: members}}, nil
}

// add puts a member to those from base on, over one of the same key. It
// returns the index of the keys, which it makes once a scan would be slow.
func (p *parser) add(base int, index map[string]int, key string, v Value) map[string]int {
	members := p.members[base:]
	i := -1
	if index == nil && len(members) > indexedFrom {
		index = indexKeys(members)
	}
	if index == nil {
		i = indexKey(members, key)
	} else if at, ok := index[key]; ok {
		i = at
	} else {
		index[key] = len(members)
	}
	if i >= 0 {
		members[i].Value = v
	} else {
		p.members = append(p.members, Member{Key: key, Value: v})
	}
	return index
}

// open takes the bracket at pos.
func (p *parser) open() *SyntaxError {
	p.opened = append(p.opened, p.pos)
	p.pos++
	if len(p.opened) > MaxDepth {
		return p.faultDepth()
	}
	return nil
}

// close takes the bracket at pos.
func (p *parser) close() {
	p.opened = p.opened[:len(p.opened)-1]
	p.pos++
}

// comma takes the comma at pos and the space behind it, inside a container
// named within.
func (p *parser) comma(within string) *SyntaxError {
	if !p.at(',') {
		return p.faultNoComma(within)
	}
	p.pos++
	p.space()
	if p.pos == len(p.text) {
		return p.faultEnd(" within/between " + within + " entries")
	}
	return nil
}

// colon takes the colon that follows a name, and the space around it.
func (p *parser) colon() *SyntaxError {
	p.space()
	if p.pos == len(p.text) {
		return p.faultEnd(" within/between Object entries")
	}
	if !p.at(':') {
		return p.faultUnexpected("was expecting a colon to separate field name and value")
	}
	p.pos++
	p.space()
	if p.pos == len(p.text) {
		return p.faultEnd(" within/between Object entries")
	}
	return nil
}

// literal takes the word at pos, which begins like want.
func (p *parser) literal(want string) *SyntaxError {
	if !strings.HasPrefix(p.text[p.pos:], want) || p.wordEnd() > p.pos+len(want) {
		return p.faultToken()
	}
	p.pos += len(want)
	return nil
}

func (p *parser) number() (Value, *SyntaxError) {
	start := p.pos
	if p.at('-') {
		p.pos++
	}
	switch {
	case p.at('0'):
		p.pos++
		if p.pos < len(p.text) && isDigit(p.text[p.pos]) {
			return Value{}, p.fault("Invalid numeric value: Leading zeroes not allowed")
		}
	case !p.digits():
		return Value{}, p.faultMinus()
	}
	if p.at('.') {
		p.pos++
		if !p.digits() {
			return Value{}, p.faultNumber("Decimal point not followed by a digit")
		}
	}
	if p.at('e') || p.at('E') {
		p.pos++
		if p.at('+') || p.at('-') {
			p.pos++
		}
		if !p.digits() {
			return Value{}, p.faultNumber("Exponent indicator not followed by a digit")
		}
	}
	text := p.text[start:p.pos]
	if text == "-0" {
		text = "0"
	}
	return Value{kind: Number, text: text}, nil
}

// digits takes the digits at pos and reports whether there were any.
func (p *parser) digits() bool {
	start := p.pos
	for p.pos < len(p.text) && isDigit(p.text[p.pos]) {
		p.pos++
	}
	return p.pos > start
}

// quoted takes the string at pos and returns its content.
func (p *parser) quoted(where place) (string, *SyntaxError) {
	start := p.pos + 1
	text := p.text
	var high byte
	for i := start; i < len(text); i++ {
		c := text[i]
		high |= c
		if c == '"' || c == '\\' || c < ' ' {
			if high >= utf8.RuneSelf && !utf8.ValidString(text[start:i]) {
				p.pos = start + invalidUTF8(text[start:i])
				return "", p.faultUTF8()
			}
			p.pos = i
			if c != '"' {
				return p.unquote(start, where)
			}
			p.pos++
			return text[start:i], nil
		}
	}
	if bad := invalidUTF8(text[start:]); bad >= 0 {
		p.pos = start + bad
		return "", p.faultUTF8()
	}
	return "", p.faultEnd(where.end)
}

// unquote goes on with a string that began at start and has an escape, or a
// character that is not allowed, at pos.
func (p *parser) unquote(start int, where place) (string, *SyntaxError) {
	end := strings.IndexByte(p.text[p.pos:], '"')
	content := make([]byte, 0, p.pos+max(end, 0)-start+utf8.UTFMax)
	content = append(content, p.text[start:p.pos]...)
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			p.pos++
			return string(content), nil
		case c == '\\':
			var err *SyntaxError
			if content, err = p.escape(content); err != nil {
				return "", err
			}
		case c < ' ':
			return "", p.faultControl(where)
		case c < utf8.RuneSelf:
			content = append(content, c)
			p.pos++
		default:
			if !p.atCharacter() {
				return "", p.faultUTF8()
			}
			_, n := utf8.DecodeRuneInString(p.text[p.pos:])
			content = append(content, p.text[p.pos:p.pos+n]...)
			p.pos += n
		}
	}
	return "", p.faultEnd(where.end)
}

// escape takes the escape at pos and appends what it stands for to content.
func (p *parser) escape(content []byte) ([]byte, *SyntaxError) {
	p.pos++
	if p.pos == len(p.text) {
		return nil, p.faultEnd(" in character escape sequence")
	}
	c := p.text[p.pos]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		p.pos++
		r, err := p.codeUnit()
		if err != nil {
			return nil, err
		}
		if utf16.IsSurrogate(r) {
			r = p.surrogate(r)
		}
		return utf8.AppendRune(content, r), nil
	default:
		if !p.atCharacter() {
			return nil, p.faultUTF8()
		}
		return nil, p.faultPast("Unrecognized character escape " + describe(p.text, p.pos))
	}
	p.pos++
	return append(content, c), nil
}

// codeUnit takes four hex digits.
func (p *parser) codeUnit() (rune, *SyntaxError) {
	r := rune(0)
	for range 4 {
		if p.pos == len(p.text) {
			return 0, p.faultEnd(" in character escape sequence")
		}
		d := hexValue(p.text[p.pos])
		if d < 0 {
			return 0, p.faultUnexpected("expected a hex-digit for character escape sequence")
		}
		r = r<<4 | d
		p.pos++
	}
	return r, nil
}

// surrogate returns the rune of which first is a half. It takes the escape at
// pos if that is the other half; if not the rune is U+FFFD.
func (p *parser) surrogate(first rune) rune {
	start := p.pos
	if strings.HasPrefix(p.text[start:], `\u`) {
		p.pos += len(`\u`)
		if second, err := p.codeUnit(); err == nil {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r
			}
		}
		p.pos = start
	}
	return utf8.RuneError
}

// space takes white space.
func (p *parser) space() {
	for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

// at reports whether the next byte is c.
func (p *parser) at(c byte) bool { return p.pos < len(p.text) && p.text[p.pos] == c }

// atCharacter reports whether what comes next is a character in UTF-8.
func (p *parser) atCharacter() bool {
	r, n := utf8.DecodeRuneInString(p.text[p.pos:])
	return r != utf8.RuneError || n > 1
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func isDigit(c byte) bool { return c-'0' <= 9 }

// hexValue returns the value of a hex digit, or -1.
func hexValue(c byte) rune {
	switch {
	case isDigit(c):
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}
