package asl

import (
	"math"
	"strconv"
	"strings"

	"minuet/orchestrator/value"
)

// object is a JSON object of the definition, ready to be decoded. Its methods read fields by name; a field that is absent
// reads as the zero value, a wrong one is reported and reads as absent.
type object struct {
	*decoder
	json value.Value
	at   string        // its location
	lang QueryLanguage // of its fields
	body *body         // that it belongs to
}

// fields are the names that an object may have.
type fields struct {
	both     string // in either language; names separated by spaces
	jsonPath string // in JSONPath only
	jsonata  string // in JSONata only
}

func (f fields) of(lang QueryLanguage) string {
	if lang == JSONata {
		return f.jsonata
	}
	return f.jsonPath
}

// among tells whether a list of names has name.
func among(names, name string) bool {
	for n := range strings.FieldsSeq(names) {
		if n == name {
			return true
		}
	}
	return false
}

// only reports the fields that are not allowed.
func (o object) only(allowed fields) {
	other := JSONata
	if o.lang == JSONata {
		other = JSONPath
	}
	for _, m := range o.json.Members() {
		switch {
		case among(allowed.both, m.Key) || among(allowed.of(o.lang), m.Key):
		case among(allowed.of(other), m.Key):
			o.fault(o.at, "The QueryLanguage is set to '%s', but field '%s' is only supported for the '%s' QueryLanguage", o.lang, m.Key, other)
		default:
			o.fault(o.at, "Field '%s' is not supported", m.Key)
		}
	}
}

// require reports the fields that are missing.
func (o object) require(names ...string) bool {
	var missing []string
	for _, n := range names {
		if !o.has(n) {
			missing = append(missing, n)
		}
	}
	if missing != nil {
		o.fault(o.at, "These fields are required: [%s]", strings.Join(missing, ", "))
	}
	return missing == nil
}

// atMostOne reports when more than one of the fields is there.
func (o object) atMostOne(names ...string) bool {
	if o.count(names) <= 1 {
		return true
	}
	o.fault(o.at, "There should only be one of the following fields: [%s]", strings.Join(names, ", "))
	return false
}

// exactlyOne reports when not just one of the fields is there.
func (o object) exactlyOne(names ...string) bool {
	if o.count(names) == 0 {
		o.fault(o.at, "This object should have only one of the following fields: [%s]", strings.Join(names, ", "))
		return false
	}
	return o.atMostOne(names...)
}

func (o object) count(names []string) int {
	n := 0
	for _, name := range names {
		if o.has(name) {
			n++
		}
	}
	return n
}

func (o object) has(name string) bool {
	_, ok := o.json.Get(name)
	return ok
}

// place is the location of a field.
func (o object) place(name string) string { return o.at + "/" + clip(name) }

// field reads a field of a kind.
func (o object) field(name string, kind value.Kind) (value.Value, bool) {
	v, ok := o.json.Get(name)
	if !ok {
		return v, false
	}
	return v, o.is(v, kind, o.place(name))
}

// is reports a value that is not of a kind.
func (o object) is(v value.Value, kind value.Kind, at string) bool {
	if v.Kind() == kind {
		return true
	}
	o.fault(at, "Expected value of type %s", kindNames[kind])
	return false
}

var kindNames = map[value.Kind]string{
	value.Bool: "Boolean", value.Number: "Number", value.String: "String", value.Array: "Array", value.Object: "Object",
}

// string reads a string.
func (o object) string(name string) (string, bool) {
	v, ok := o.field(name, value.String)
	return v.Text(), ok
}

// enum reads a string that is one of a few.
func (o object) enum(name string, of ...string) (string, bool) {
	s, ok := o.string(name)
	if !ok {
		return "", false
	}
	for _, e := range of {
		if s == e {
			return s, true
		}
	}
	o.fault(o.place(name), "Value should be one of the following: [%s]", strings.Join(of, ", "))
	return "", false
}

// integer reads a whole number within bounds. In JSONata it may be an expression, which reads as absent.
func (o object) integer(name string, least, most int64) (int64, bool) {
	v, ok := o.json.Get(name)
	if !ok || o.isExpression(v) {
		return 0, false
	}
	n, whole := v.Int()
	if x := v.Float(); !whole && math.Abs(x) >= 1<<53 {
		// Past int64: out of any bounds, on the side that its sign tells.
		n, whole = math.MaxInt64, true
		if x < 0 {
			n = math.MinInt64
		}
	}
	switch {
	case !whole:
		o.fault(o.place(name), "Expected value of type Integer")
	case n < least:
		o.fault(o.place(name), "Minimum value is %d", least)
	case n > most:
		o.fault(o.place(name), "Maximum value is %d", most)
	default:
		return n, true
	}
	return 0, false
}

// isExpression tells whether a value stands for what a JSONata expression will give.
func (o object) isExpression(v value.Value) bool {
	return o.lang == JSONata && v.Kind() == value.String && strings.HasPrefix(v.Text(), "{%")
}

// child reads an object.
func (o object) child(name string) (object, bool) {
	v, ok := o.field(name, value.Object)
	return o.within(v, o.place(name)), ok
}

func (o object) within(v value.Value, at string) object {
	o.json, o.at = v, at
	return o
}

// children reads an array of objects, leaving out what is not one.
func (o object) children(name string) []object {
	v, ok := o.field(name, value.Array)
	if !ok {
		return nil
	}
	var list []object
	for i, item := range v.Items() {
		at := o.place(name) + index(i)
		if o.is(item, value.Object, at) {
			list = append(list, o.within(item, at))
		}
	}
	return list
}

// notEmpty reports an array or object of that name that has nothing in it.
func (o object) notEmpty(name string) bool {
	v, ok := o.json.Get(name)
	if ok && (v.Kind() == value.Array || v.Kind() == value.Object) && v.Len() == 0 {
		o.fault(o.place(name), "Value cannot be empty")
		return false
	}
	return true
}

// flag reads a boolean.
func (o object) flag(name string) (bool, bool) {
	v, ok := o.field(name, value.Bool)
	return v.Bool(), ok
}

// comment reads the Comment that most objects may have.
func (o object) comment() string {
	s, _ := o.string("Comment")
	return s
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }
