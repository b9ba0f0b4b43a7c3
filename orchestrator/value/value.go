package value

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind is the JSON type of a [Value].
type Kind uint8

// The kinds. Null is the zero Kind, as null is the zero Value.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"null", "boolean", "number", "string", "array", "object"}

// String returns JSON's name of the kind: "null", "boolean", "number",
// "string", "array" or "object".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is one JSON value. It is immutable; the zero Value is null.
//
// Accessors of another kind than the value's answer with that accessor's zero
// (Text of a number is ""), so that a caller may ask first and check later.
// Values are compared with [Equal]; == does not compile.
type Value struct {
	_    [0]func()
	kind Kind
	text string // a string's content, a number's literal, "true" or "false"
	kids *kids  // nil in an empty container
}

// kids holds what a container contains: items of an array or members of an
// object. It is apart from Value to keep Value at four words.
type kids struct {
	items   []Value
	members []Member
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value Value
}

// Values that need no construction. They are not to be assigned to.
var (
	True        = Value{kind: Bool, text: "true"}
	False       = Value{kind: Bool, text: "false"}
	EmptyObject = Value{kind: Object}
	EmptyArray  = Value{kind: Array}
)

// OfBool returns True or False.
func OfBool(b bool) Value {
	if b {
		return True
	}
	return False
}

// OfString returns the string s. Bytes of s that are not UTF-8 become U+FFFD,
// for JSON has no way to write them.
func OfString(s string) Value {
	return Value{kind: String, text: strings.ToValidUTF8(s, "\uFFFD")}
}

// OfInt returns the number n.
func OfInt(n int64) Value {
	return Value{kind: Number, text: strconv.FormatInt(n, 10)}
}

// OfFloat returns the number f in the shortest text that reads back as f,
// written as Java's Double.toString writes it: 3 is "3.0", ten million is
// "1.0E7", a thousandth is "0.001" and a tenth of that "1.0E-4". A NaN or an
// infinity is null; a negative zero is "0.0".
func OfFloat(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}
	}
	return Value{kind: Number, text: floatText(f)}
}

// OfNumber returns the number whose literal is text. The error is a
// [*SyntaxError] if text is anything but one JSON number.
func OfNumber(text string) (Value, error) {
	if text == "" {
		return Value{}, faultNoContent()
	}
	p := parser{text: text}
	if text[0] != '-' && !isDigit(text[0]) {
		return Value{}, p.faultOddValue()
	}
	v, err := p.number()
	if err != nil {
		return Value{}, err
	}
	if p.pos < len(text) {
		return Value{}, p.faultUnexpected("expected the number to end")
	}
	return v, nil
}

// OfArray returns the array of items and takes ownership of the slice.
func OfArray(items ...Value) Value {
	if len(items) == 0 {
		return EmptyArray
	}
	return Value{kind: Array, kids: &kids{items: items}}
}

// OfObject returns the object of members, in their order, and takes ownership
// of the slice. The keys are to be unique and valid UTF-8.
func OfObject(members ...Member) Value {
	if len(members) == 0 {
		return EmptyObject
	}
	return Value{kind: Object, kids: &kids{members: members}}
}

// Kind returns the value's JSON type.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == Null }

// Bool reports whether v is true.
func (v Value) Bool() bool { return v.kind == Bool && v.text == "true" }

// Text returns a string's content.
func (v Value) Text() string {
	if v.kind != String {
		return ""
	}
	return v.text
}

// NumberText returns a number's literal as it was written.
func (v Value) NumberText() string {
	if v.kind != Number {
		return ""
	}
	return v.text
}

// Float returns the float64 nearest to a number; beyond float64's range that
// is an infinity.
func (v Value) Float() float64 {
	if v.kind != Number {
		return 0
	}
	// The only error a literal can cause is one of range, where f is ±Inf or 0.
	f, _ := strconv.ParseFloat(v.text, 64)
	return f
}

// Int returns a number as an int64, and whether the number is integral and in
// range. 3, 3.0 and 3e0 are all integral.
func (v Value) Int() (int64, bool) {
	if v.kind != Number {
		return 0, false
	}
	if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
		return n, true
	}
	text, ok := v.decimal().integer(maxInt64Digits)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false
	}
	return n, true
}

// Len returns the number of an array's items or of an object's members.
func (v Value) Len() int {
	if v.kids == nil {
		return 0
	}
	return len(v.kids.items) + len(v.kids.members)
}

// Index returns the array's item i, counted from 0. It panics, as a slice
// does, where there is none.
func (v Value) Index(i int) Value { return v.Items()[i] }

// Items returns an array's items, to be read only.
func (v Value) Items() []Value {
	if v.kids == nil {
		return nil
	}
	return v.kids.items
}

// Members returns an object's members in order, to be read only.
func (v Value) Members() []Member {
	if v.kids == nil {
		return nil
	}
	return v.kids.members
}

// Get returns the value under key, and whether v is an object that has it.
func (v Value) Get(key string) (Value, bool) {
	members := v.Members()
	if i := indexKey(members, key); i >= 0 {
		return members[i].Value, true
	}
	return Value{}, false
}

// Set returns the object v with x under key: in the old one's place if v has
// the key, else last. If v is no object the result is a new object with that
// one key.
func (v Value) Set(key string, x Value) Value {
	old := v.Members()
	i := indexKey(old, key)
	if i < 0 {
		i = len(old)
	}
	members := make([]Member, max(len(old), i+1))
	copy(members, old)
	members[i] = Member{Key: key, Value: x}
	return OfObject(members...)
}

// Delete returns the object v without key. A v that lacks the key, or is no
// object, comes back as it is.
func (v Value) Delete(key string) Value {
	old := v.Members()
	i := indexKey(old, key)
	if i < 0 {
		return v
	}
	return OfObject(slices.Concat(old[:i], old[i+1:])...)
}

// SetIndex returns the array v with x as item i. It panics, as a slice does,
// where there is no item i.
func (v Value) SetIndex(i int, x Value) Value {
	items := slices.Clone(v.Items())
	items[i] = x
	return OfArray(items...)
}

// indexKey returns the place of key in members, or -1.
func indexKey(members []Member, key string) int {
	for i := range members {
		if members[i].Key == key {
			return i
		}
	}
	return -1
}
