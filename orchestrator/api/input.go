package api

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"minuet/orchestrator/value"
)

// structure is how an operation's input, or a structure in it, is decoded: into a Go struct, whose fields have tags like
//
//	Name *string `aws:"name,required,Name"`
//
// with the member's name, "required" where the model says so, and the name of its shape in shapes where that has
// constraints. Members of slices may name their shape after "of ". The types of fields are string, int64, float64, bool, structs,
// pointers to these (nil: absent), and slices of strings or structs (nil: absent).
type structure struct {
	name   string // the model's name for it, as messages show it; "" where none does
	fields []field
}

type field struct {
	constraint
	name     string
	required bool
	typ      reflect.Type
	index    int
	of       *structure // of a structure, or a list's members
	members  constraint // of a list of strings
}

// structureOf reads T's tags. A mistake in them panics: it is met when the program starts.
func structureOf[T any]() *structure { return structureOfType(reflect.TypeFor[T]()) }

func structureOfType(t reflect.Type) *structure {
	s := &structure{}
	for i := range t.NumField() {
		sf := t.Field(i)
		f := field{typ: sf.Type, index: i}
		for j, word := range strings.Split(sf.Tag.Get("aws"), ",") {
			member, isMember := strings.CutPrefix(word, "of ")
			switch {
			case j == 0:
				f.name = word
			case word == "required":
				f.required = true
			case isMember:
				f.members = shapeNamed(member)
			default:
				f.constraint = shapeNamed(word)
			}
		}
		elem := sf.Type
		if elem.Kind() == reflect.Pointer || elem.Kind() == reflect.Slice {
			elem = elem.Elem()
		}
		if elem.Kind() == reflect.Struct {
			f.of = structureOfType(elem)
			f.of.name = modelNames[elem]
		}
		if f.name == "" {
			panic(t.String() + "." + sf.Name + " has no aws tag")
		}
		s.fields = append(s.fields, f)
	}
	return s
}

func shapeNamed(name string) constraint {
	c, ok := shapes[name]
	if !ok {
		panic("there is no shape " + name)
	}
	return c
}

// modelNames holds what the messages call the structures that they show.
var modelNames = map[reflect.Type]string{reflect.TypeFor[route](): "RoutingConfigurationListItem"}

// decode fills the struct that into points to from an object. Members that the structure does not know are ignored.
func (s *structure) decode(v value.Value, into any) error {
	d := decoder{}
	if err := d.structure(s, v, reflect.ValueOf(into).Elem(), ""); err != nil {
		return err
	}
	switch n := len(d.violations); n {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: " + d.violations[0])
	default:
		return validation(strconv.Itoa(n) + " validation errors detected: " + strings.Join(d.violations, "; "))
	}
}

func validation(message string) error {
	return &fault{http.StatusBadRequest, coralValidate, "ValidationException", message}
}

// decoder collects the violated constraints of a request. A value of the wrong type ends the decoding.
type decoder struct{ violations []string }

// maxViolations bounds the length of a message.
const maxViolations = 100

func (d *decoder) structure(s *structure, v value.Value, into reflect.Value, path string) error {
	if v.Kind() != value.Object {
		return mismatch(v, "Structure", path)
	}
	for i := range s.fields {
		f := &s.fields[i]
		member, _ := v.Get(f.name)
		at := strings.TrimPrefix(path+"."+f.name, ".")
		if member.IsNull() {
			if f.required {
				d.violate(&f.constraint, "null", at, "Member must not be null")
			}
			continue
		}
		if err := d.member(f, member, into.Field(f.index), at); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) member(f *field, v value.Value, into reflect.Value, path string) error {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch into.Kind() {
	case reflect.Struct:
		return d.structure(f.of, v, into, path)
	case reflect.Slice:
		return d.list(f, v, into, path)
	default:
		return d.scalar(&f.constraint, v, into, path)
	}
}

func (d *decoder) list(f *field, v value.Value, into reflect.Value, path string) error {
	if v.Kind() != value.Array {
		return mismatch(v, "List", path)
	}
	list := reflect.MakeSlice(into.Type(), v.Len(), v.Len())
	into.Set(list)
	for i, item := range v.Items() {
		at := fmt.Sprintf("%s.%d.member", path, i+1)
		var err error
		switch {
		case item.IsNull():
			d.violate(&f.members, "null", at, "Member must not be null")
		case f.of != nil:
			err = d.structure(f.of, item, list.Index(i), at)
		default:
			err = d.scalar(&f.members, item, list.Index(i), at)
		}
		if err != nil {
			return err
		}
	}
	if f.unit == items {
		d.bounds(&f.constraint, float64(v.Len()), quote(f.of.show(v)), path, "length", "")
	}
	return nil
}

func (d *decoder) scalar(c *constraint, v value.Value, into reflect.Value, path string) error {
	switch into.Kind() {
	case reflect.String:
		if v.Kind() != value.String {
			return mismatch(v, "String", path)
		}
		into.SetString(v.Text())
		d.text(c, v.Text(), path)
	case reflect.Bool:
		if v.Kind() != value.Bool {
			return mismatch(v, "Boolean", path)
		}
		into.SetBool(v.Bool())
	case reflect.Int64:
		n, ok := v.Int()
		if v.Kind() != value.Number || !ok {
			return mismatch(v, "Integer", path)
		}
		into.SetInt(n)
		d.bounds(c, float64(n), quote(strconv.FormatInt(n, 10)), path, "value", "")
	case reflect.Float64:
		if v.Kind() != value.Number {
			return mismatch(v, "Float", path)
		}
		into.SetFloat(v.Float())
		d.bounds(c, v.Float(), quote(v.NumberText()), path, "value", "")
	}
	return nil
}

func (d *decoder) text(c *constraint, s, path string) {
	if c.unit == utf8Bytes {
		d.bounds(c, float64(len(s)), quote(s), path, "size", " bytes in UTF-8 encoding")
	} else if c.max > 0 {
		d.bounds(c, float64(utf8.RuneCountInString(s)), quote(s), path, "length", "")
	}
	if c.enum != nil && !slices.Contains(c.enum, s) {
		d.violate(c, quote(s), path, "Member must satisfy enum value set: ["+strings.Join(c.enum, ", ")+"]")
	}
	if c.pattern != nil && !c.pattern.matches(s) {
		d.violate(c, quote(s), path, "Member must satisfy regular expression pattern: "+c.pattern.text)
	}
}

// bounds checks what is counted against min and max. An amount has a minimum always, 0 if no other.
func (d *decoder) bounds(c *constraint, n float64, shown, path, what, unit string) {
	switch {
	case c.unit != amount && what == "value":
	case n < float64(c.min):
		d.violate(c, shown, path, fmt.Sprintf("Member must have %s greater than or equal to %d%s", what, c.min, unit))
	case c.max > 0 && n > float64(c.max):
		d.violate(c, shown, path, fmt.Sprintf("Member must have %s less than or equal to %d%s", what, c.max, unit))
	}
}

func (d *decoder) violate(c *constraint, shown, path, why string) {
	if len(d.violations) >= maxViolations {
		return
	}
	if c.sensitive {
		shown = ""
	} else {
		shown += " "
	}
	d.violations = append(d.violations, "Value "+shown+"at '"+path+"' failed to satisfy constraint: "+why)
}

func quote(s string) string { return "'" + s + "'" }

// show writes a list of structures as AWS's messages do.
func (s *structure) show(list value.Value) string {
	var out []string
	for _, item := range list.Items() {
		var members []string
		for _, f := range s.fields {
			m, _ := item.Get(f.name)
			text := m.Text()
			if m.Kind() != value.String {
				text = m.JSON()
			}
			members = append(members, f.name+"="+text)
		}
		out = append(out, s.name+"("+strings.Join(members, ", ")+")")
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// mismatch refuses a value of another type than the model's.
func mismatch(v value.Value, want, path string) error {
	if path == "" {
		path = "the request"
	}
	return serialization("%s_VALUE can not be converted to %s at '%s'", strings.ToUpper(v.Kind().String()), want, path)
}
