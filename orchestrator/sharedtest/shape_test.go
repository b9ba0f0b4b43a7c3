//go:build shared

package sharedtest

import (
	"slices"
	"strconv"
	"strings"

	"minuet/orchestrator/value"
)

// shape is what is known of a value that a definition reads: which members and items, and what Choice rules ask of it.
// Shapes that turn out to be the same value are united.
type shape struct {
	same   *shape // the shape that this one was united with, or nil
	fields []field
	elem   *shape // of every item, or nil; then no field is an item's
	length int    // that the highest index asks for, where elem is set
	json   *shape // what the text holds as JSON, or nil
	fixed  *value.Value
	absent bool // a rule asks that it is not there
	// candidates are values to try, and tests what the one that is taken has to pass.
	candidates []value.Value
	tests      []func(value.Value) bool
}

// field is a member, or an item, whose name is "[0]".
type field struct {
	name string
	of   *shape
}

func (s *shape) find() *shape {
	for s.same != nil {
		s = s.same
	}
	return s
}

func (s *shape) field(name string) *shape {
	s = s.find()
	if i, ok := index(name); ok && s.elem != nil {
		s.length = max(s.length, i+1)
		return s.elem.find()
	}
	for _, f := range s.fields {
		if f.name == name {
			return f.of.find()
		}
	}
	of := &shape{}
	s.fields = append(s.fields, field{name, of})
	return of
}

// index reads the name of an item.
func index(name string) (i int, ok bool) {
	i, err := strconv.Atoi(strings.Trim(name, "[]"))
	return i, strings.HasPrefix(name, "[") && err == nil
}

// item is the shape of every item. Those that were told apart before are from now on alike.
func (s *shape) item() *shape {
	s = s.find()
	if s.elem == nil {
		fields := s.fields
		s.elem, s.fields = &shape{}, nil
		for _, f := range fields {
			unite(s.field(f.name), f.of)
		}
	}
	return s.elem.find()
}

func (s *shape) fix(v value.Value) *shape {
	s = s.find()
	if s.fixed == nil {
		s.fixed = &v
	}
	return s
}

// try adds a condition on the value, with values that may meet it.
func (s *shape) try(test func(value.Value) bool, candidates ...value.Value) {
	s = s.find()
	s.tests = append(s.tests, test)
	s.candidates = append(s.candidates, candidates...)
}

// unite makes two shapes one.
func unite(a, b *shape) *shape {
	a, b = a.find(), b.find()
	if a == b {
		return a
	}
	b.same = a
	if a.fixed == nil {
		a.fixed = b.fixed
	}
	a.absent = a.absent || b.absent
	a.candidates = append(a.candidates, b.candidates...)
	a.tests = append(a.tests, b.tests...)
	switch {
	case b.json == nil:
	case a.json == nil:
		a.json = b.json
	default:
		unite(a.json, b.json)
	}
	a.length = max(a.length, b.length)
	if b.elem != nil {
		unite(a.item(), b.elem)
	}
	for _, f := range b.fields {
		unite(a.field(f.name), f.of)
	}
	return a
}

// at follows a path. many tells that the path may select any number of values: then the shape is that of each.
func (s *shape) at(path string) (of *shape, many bool) {
	for path != "" {
		var step string
		step, path = cutStep(path)
		switch {
		case step == "[*]", strings.HasPrefix(step, "[?"):
			s, many = s.item(), true
			s.filter(step)
		case strings.HasPrefix(step, "[") && strings.Trim(step, "[]0123456789") != "":
			s = s.item()
		default:
			s = s.field(step)
		}
	}
	return s.find(), many
}

// filter makes an item pass a filter of the form [?(@.name == 'text')].
func (s *shape) filter(step string) {
	_, test, found := strings.Cut(step, "@.")
	name, literal, equals := strings.Cut(test, "==")
	if found && equals {
		of, _ := s.at(strings.TrimSpace(name))
		of.fix(value.OfString(strings.Trim(literal, " ')]")))
	}
}

// cutStep cuts the first step off a path: ".a", "['a']" (both as "a"), "[0]", "[*]" or "[?(...)]", before which a dot may stand.
func cutStep(path string) (step, rest string) {
	path = strings.TrimLeft(path, ".")
	if path[0] == '[' {
		end := strings.Index(path, "]") + 1
		if quoted := strings.Trim(path[1:end-1], `'"`); len(quoted) < end-2 {
			return quoted, path[end:]
		}
		return path[:end], path[end:]
	}
	end := strings.IndexAny(path, ".[")
	if end < 0 {
		end = len(path)
	}
	return path[:end], path[end:]
}

// deepest is how far a value is built of a shape that contains itself.
const deepest = 12

// value builds a value of a shape.
func (s *shape) value(depth int) value.Value {
	s = s.find()
	if depth > deepest {
		return value.OfString("deep")
	}
	switch {
	case s.elem != nil:
		items := make([]value.Value, max(1, s.length))
		for i := range items {
			items[i] = s.elem.value(depth + 1)
		}
		return value.OfArray(items...)
	case s.json != nil:
		return value.OfString(s.json.value(depth + 1).JSON())
	case len(s.fields) > 0:
		return s.composed(depth)
	}
	for _, c := range s.candidates {
		if !slices.ContainsFunc(s.tests, func(test func(value.Value) bool) bool { return !test(c) }) {
			return c
		}
	}
	if s.fixed != nil {
		return *s.fixed
	}
	return value.OfString("some text")
}

// composed builds an object, or an array where a field is an item.
func (s *shape) composed(depth int) value.Value {
	var members []value.Member
	var items []value.Value
	for _, f := range s.fields {
		of := f.of.find()
		i, isItem := index(f.name)
		switch {
		case of.absent:
		case isItem:
			items = append(items, make([]value.Value, max(0, i+1-len(items)))...)
			items[i] = of.value(depth + 1)
		default:
			members = append(members, value.Member{Key: f.name, Value: of.value(depth + 1)})
		}
	}
	if items != nil {
		return value.OfArray(items...)
	}
	return value.OfObject(members...)
}

// merge puts the members of b into a; b stands where one of them is no object.
func merge(a, b value.Value) value.Value {
	if a.Kind() != value.Object || b.Kind() != value.Object {
		return b
	}
	for _, m := range b.Members() {
		if was, ok := a.Get(m.Key); ok {
			m.Value = merge(was, m.Value)
		}
		a = a.Set(m.Key, m.Value)
	}
	return a
}
