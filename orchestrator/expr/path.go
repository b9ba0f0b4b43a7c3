package expr

import (
	"strconv"
	"strings"

	"minuet/orchestrator/value"
)

// path is a compiled JSONPath: where it starts and the steps that it takes from there.
type path struct {
	text  string
	root  string // "$", "$$", or a variable's name
	steps []pathStep
	// indefinite says that the path may lead to any number of values, which are then an array.
	indefinite bool
}

// pathStep is one step of a path. Exactly one of the ways is taken.
type pathStep struct {
	kind   stepKind
	names  []string // stepChild
	index  []int    // stepIndex
	from   int      // stepSlice
	to     int
	hasTo  bool
	filter filter // stepFilter
	call   string // stepFunction
}

type stepKind uint8

const (
	stepChild    stepKind = iota // .name ['name'] ['a','b']
	stepIndex                    // [0] [-1] [0,2]
	stepSlice                    // [1:2]
	stepWildcard                 // .* [*]
	stepDeep                     // ..
	stepFilter                   // [?(...)]
	stepFunction                 // .length()
)

// definite tells whether a step leads to one value at most.
func (s *pathStep) definite() bool {
	switch s.kind {
	case stepChild:
		return len(s.names) == 1
	case stepIndex:
		return len(s.index) == 1
	case stepFunction:
		return true
	}
	return false
}

// definite tells whether the path leads to one value at most.
func (p *path) definite() bool { return !p.indefinite }

// start returns the value that the path starts from.
func (p *path) start(env *Env) (value.Value, bool) {
	switch p.root {
	case "$":
		return env.Input, true
	case "$$":
		return env.context(), true
	}
	return env.Vars.Get(p.root)
}

// lookup follows the path. found is false where a definite path leads to nothing; then detail says where, in Jayway's words.
func (p *path) lookup(env *Env) (v value.Value, found bool, detail string, err error) {
	v, ok := p.start(env)
	if !ok {
		return v, false, "No results for path: $['" + p.root + "']", nil
	}
	if p.definite() {
		return follow(p.steps, v, v)
	}
	if detail, bad := p.refused(v); bad {
		return v, false, detail, nil
	}
	return spread(p.steps, v, v)
}

// refused tells whether the path's first indefinite step meets a value that Jayway refuses to apply it to: indexes and slices
// are for arrays.
func (p *path) refused(v value.Value) (detail string, bad bool) {
	for i := range p.steps {
		s := &p.steps[i]
		if s.definite() && s.kind != stepFunction {
			next, ok := s.only(v)
			if !ok {
				return "", false
			}
			v = next
			continue
		}
		if s.kind != stepSlice && s.kind != stepIndex {
			return "", false
		}
		if v.Kind() != value.Array {
			return missing(p.steps, i, v), true
		}
		for _, index := range s.index {
			if _, ok := at(v, index); !ok {
				return outOfBounds(p.steps[:i], index), true
			}
		}
		return "", false
	}
	return "", false
}

func outOfBounds(before []pathStep, index int) string {
	return "Index out of bounds when evaluating path $" + canonical(before) + "[" + strconv.Itoa(index) + "]"
}

// follow takes definite steps from v, and a last one that picks several names.
func follow(steps []pathStep, v, root value.Value) (value.Value, bool, string, error) {
	for i := range steps {
		s := &steps[i]
		switch {
		case s.kind == stepFunction:
			out, err := callFunction(s.call, v)
			if err != nil {
				return v, false, "", err
			}
			v = out
			continue
		case !s.definite():
			return spread(steps[i:], v, root)
		}
		next, ok := s.only(v)
		if !ok {
			return v, false, missing(steps, i, v), nil
		}
		v = next
	}
	return v, true, "", nil
}

// only takes a definite step.
func (s *pathStep) only(v value.Value) (value.Value, bool) {
	if s.kind == stepChild {
		return v.Get(s.names[0])
	}
	return at(v, s.index[0])
}

func at(v value.Value, i int) (value.Value, bool) {
	if v.Kind() != value.Array {
		return value.Value{}, false
	}
	if i < 0 {
		i += v.Len()
	}
	if i < 0 || i >= v.Len() {
		return value.Value{}, false
	}
	return v.Index(i), true
}

// missing words why step i from v leads nowhere, as Jayway 2.0 does.
func missing(steps []pathStep, i int, v value.Value) string {
	here, step := "$"+canonical(steps[:i]), canonical(steps[i:i+1])
	s := &steps[i]
	switch {
	case s.kind == stepChild && v.Kind() != value.Object:
		return "Property " + step + " not found in path " + here
	case s.kind == stepChild && i < len(steps)-1:
		return "Missing property in path " + here + step
	case s.kind == stepChild:
		return "No results for path: " + here + step
	case v.IsNull():
		return "The path " + here + " is null"
	case v.Kind() != value.Array:
		var shown strings.Builder
		java(&shown, v)
		return "Filter: " + step + " can only be applied to arrays. Current context is: " + shown.String()
	}
	return outOfBounds(steps[:i], s.index[0])
}

// canonical writes steps in brackets: ['a'][0].
func canonical(steps []pathStep) string {
	var out []byte
	for _, s := range steps {
		switch s.kind {
		case stepChild:
			out = append(out, '[')
			for i, n := range s.names {
				if i > 0 {
					out = append(out, ',')
				}
				out = append(out, "'"+n+"'"...)
			}
			out = append(out, ']')
		case stepIndex:
			out = append(out, '[')
			for i, n := range s.index {
				if i > 0 {
					out = append(out, ',')
				}
				out = strconv.AppendInt(out, int64(n), 10)
			}
			out = append(out, ']')
		case stepSlice:
			out = strconv.AppendInt(append(out, '['), int64(s.from), 10)
			out = append(out, ':')
			if s.hasTo {
				out = strconv.AppendInt(out, int64(s.to), 10)
			}
			out = append(out, ']')
		case stepFunction:
			out = append(out, "."+s.call+"()"...)
		case stepDeep:
			out = append(out, ".."...)
		default:
			out = append(out, "[*]"...)
		}
	}
	return string(out)
}

// maxSpread bounds how many values an indefinite path may visit.
const maxSpread = 1_000_000

// spread takes steps of which the first is indefinite: the results are an array, and what leads nowhere is left out. A path
// that ends with several names gives an object of them.
func spread(steps []pathStep, v, root value.Value) (value.Value, bool, string, error) {
	tail := ""
	if last := &steps[len(steps)-1]; last.kind == stepFunction {
		tail, steps = last.call, steps[:len(steps)-1]
	}
	w := &spreading{root: root}
	if err := w.walk(steps, v); err != nil {
		return v, false, "", err
	}
	out := value.OfArray(w.out...)
	if len(steps) == 1 && steps[0].kind == stepChild && len(w.out) == 1 {
		out = w.out[0]
	}
	if tail == "" {
		return out, true, "", nil
	}
	out, err := callFunction(tail, out)
	return out, err == nil, "", err
}

type spreading struct {
	root    value.Value
	out     []value.Value
	visited int
}

func (w *spreading) walk(steps []pathStep, v value.Value) error {
	if w.visited++; w.visited > maxSpread {
		return runtimeError("The path visits more than " + strconv.Itoa(maxSpread) + " values.")
	}
	if len(steps) == 0 {
		w.out = append(w.out, v)
		return nil
	}
	s, rest := &steps[0], steps[1:]
	switch s.kind {
	case stepChild:
		return w.children(s, rest, v)
	case stepIndex:
		for _, i := range s.index {
			if item, ok := at(v, i); ok {
				if err := w.walk(rest, item); err != nil {
					return err
				}
			}
		}
	case stepSlice:
		if v.Kind() != value.Array {
			return nil
		}
		from, to := s.bounds(v.Len())
		for i := from; i < to; i++ {
			if err := w.walk(rest, v.Index(i)); err != nil {
				return err
			}
		}
	case stepWildcard:
		return w.each(v, func(item value.Value) error { return w.walk(rest, item) })
	case stepFilter:
		if v.Kind() == value.Object { // a filter tests an object itself, and an array's items
			if !s.filter.matches(v, w.root) {
				return nil
			}
			return w.walk(rest, v)
		}
		return w.each(v, func(item value.Value) error {
			if !s.filter.matches(item, w.root) {
				return nil
			}
			return w.walk(rest, item)
		})
	case stepDeep:
		if err := w.walk(rest, v); err != nil {
			return err
		}
		return w.each(v, func(item value.Value) error { return w.walk(steps, item) })
	}
	return nil
}

func (w *spreading) children(s *pathStep, rest []pathStep, v value.Value) error {
	if v.Kind() != value.Object {
		return nil
	}
	if len(s.names) == 1 || len(rest) > 0 {
		for _, n := range s.names {
			if item, ok := v.Get(n); ok {
				if err := w.walk(rest, item); err != nil {
					return err
				}
			}
		}
		return nil
	}
	var picked []value.Member
	for _, n := range s.names {
		if item, ok := v.Get(n); ok {
			picked = append(picked, value.Member{Key: n, Value: item})
		}
	}
	w.out = append(w.out, value.OfObject(picked...))
	return nil
}

// each visits the items of an array, or the values of an object.
func (w *spreading) each(v value.Value, fn func(value.Value) error) error {
	for _, item := range v.Items() {
		if err := fn(item); err != nil {
			return err
		}
	}
	for _, m := range v.Members() {
		if err := fn(m.Value); err != nil {
			return err
		}
	}
	return nil
}

// bounds clips a slice to an array of n items.
func (s *pathStep) bounds(n int) (from, to int) {
	clip := func(i int) int {
		if i < 0 {
			i += n
		}
		return min(max(i, 0), n)
	}
	from, to = clip(s.from), n
	if s.hasTo {
		to = clip(s.to)
	}
	return from, to
}
