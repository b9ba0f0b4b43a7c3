package value

// AppendJSON appends v as compact JSON to dst: keys in order, numbers as they
// were written, strings with only the escapes that JSON asks for (\b \f \n \r
// \t \" \\ and \u00XX for the other controls).
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case Null:
		return append(dst, "null"...)
	case String:
		return appendString(dst, v.text)
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Items() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		members := v.Members()
		for i := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, members[i].Key)
			dst = append(dst, ':')
			dst = members[i].Value.AppendJSON(dst)
		}
		return append(dst, '}')
	}
	return append(dst, v.text...)
}

// JSON returns v as compact JSON; see [Value.AppendJSON].
func (v Value) JSON() string {
	if v.kind == Bool || v.kind == Number {
		return v.text
	}
	return string(v.AppendJSON(nil))
}

// Size returns the length of v's compact JSON in bytes, without writing it.
func (v Value) Size() int {
	switch v.kind {
	case Null:
		return len("null")
	case String:
		return stringSize(v.text)
	case Array:
		n := len("[]") + max(0, v.Len()-1)
		for _, item := range v.Items() {
			n += item.Size()
		}
		return n
	case Object:
		members := v.Members()
		n := len("{}") + max(0, len(members)-1)
		for i := range members {
			n += stringSize(members[i].Key) + len(":") + members[i].Value.Size()
		}
		return n
	}
	return len(v.text)
}

// MarshalJSON returns v as compact JSON. Its error is always nil.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// UnmarshalJSON sets *v to the value in data, which it does not keep. The
// error is a [*SyntaxError].
func (v *Value) UnmarshalJSON(data []byte) error {
	parsed, err := Parse(data)
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

const hexDigits = "0123456789ABCDEF"

// escapes gives the letter of each two-character escape, 'u' for the
// controls that have none, and 0 for what needs no escape.
var escapes = func() (table [256]byte) {
	for c := range byte(0x20) {
		table[c] = 'u'
	}
	for _, pair := range []string{"\bb", "\ff", "\nn", "\rr", "\tt", `""`, `\\`} {
		table[pair[0]] = pair[1]
	}
	return table
}()

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if escapes[c] == 0 {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		if letter := escapes[c]; letter != 'u' {
			dst = append(dst, '\\', letter)
		} else {
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// stringSize returns the length of s as a JSON string.
func stringSize(s string) int {
	n := len(`""`) + len(s)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if escapes[c] == 0 {
			continue
		}
		if escapes[c] == 'u' {
			n += len(`\u0000`) - 1
		} else {
			n++
		}
	}
	return n
}
