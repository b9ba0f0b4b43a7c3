package expr

import (
	"regexp"
	"strings"

	"minuet/orchestrator/value"
)

// filter is what stands in [?(...)].
type filter interface {
	matches(item, root value.Value) bool
}

type (
	filterAnd     []filter
	filterOr      []filter
	filterNot     struct{ filter }
	filterExists  struct{ path *path }
	filterCompare struct {
		operator    string
		left, right operand
		pattern     *regexp.Regexp
	}
)

// operand is a side of a comparison: a path, or a literal.
type operand struct {
	path    *path
	literal value.Value
}

func (f filterAnd) matches(item, root value.Value) bool {
	for _, g := range f {
		if !g.matches(item, root) {
			return false
		}
	}
	return true
}

func (f filterOr) matches(item, root value.Value) bool {
	for _, g := range f {
		if g.matches(item, root) {
			return true
		}
	}
	return false
}

func (f filterNot) matches(item, root value.Value) bool { return !f.filter.matches(item, root) }

func (f filterExists) matches(item, root value.Value) bool {
	v, ok := operand{path: f.path}.value(item, root)
	return ok && !v.IsNull()
}

func (o operand) value(item, root value.Value) (value.Value, bool) {
	if o.path == nil {
		return o.literal, true
	}
	from := item
	if o.path.root == "$" {
		from = root
	}
	walk := follow
	if o.path.indefinite {
		walk = spread
	}
	v, found, _, err := walk(o.path.steps, from, root)
	return v, found && err == nil
}

func (f filterCompare) matches(item, root value.Value) bool {
	a, okA := f.left.value(item, root)
	b, okB := f.right.value(item, root)
	if !okA || !okB {
		return false
	}
	switch f.operator {
	case "==":
		return alike(a, b)
	case "!=":
		return !alike(a, b)
	case "=~":
		return a.Kind() == value.String && f.pattern.MatchString(a.Text())
	case "in":
		return contains(b, a)
	case "nin":
		return !contains(b, a)
	case "contains":
		return contains(a, b) || a.Kind() == value.String && b.Kind() == value.String && strings.Contains(a.Text(), b.Text())
	case "subsetof":
		return overlap(a, b) == a.Len()
	case "anyof":
		return overlap(a, b) > 0
	case "noneof":
		return overlap(a, b) == 0
	case "size":
		n := int64(a.Len())
		if a.Kind() == value.String {
			n = int64(len([]rune(a.Text())))
		}
		want, ok := b.Int()
		return ok && n == want
	case "empty":
		return (a.Len() == 0 && a.Text() == "") == b.Bool()
	}
	return relation(f.operator, a, b)
}

// alike compares as Jayway 2.0 does: numbers by value, other scalars by their text, so that 1 is '1' and true is 'true'.
func alike(a, b value.Value) bool {
	if a.Kind() == value.Number && b.Kind() == value.Number {
		return value.Equal(a, b)
	}
	text := func(v value.Value) (string, bool) {
		switch v.Kind() {
		case value.String:
			return v.Text(), true
		case value.Array, value.Object:
			return "", false
		}
		return v.JSON(), true
	}
	x, okX := text(a)
	y, okY := text(b)
	return okX && okY && x == y
}

// relation applies <, <=, > or >= to two numbers, or two strings.
func relation(operator string, a, b value.Value) bool {
	var order int
	switch {
	case a.Kind() == value.Number && b.Kind() == value.Number:
		order = value.CompareNumbers(a, b)
	case a.Kind() == value.String && b.Kind() == value.String:
		order = strings.Compare(a.Text(), b.Text())
	default:
		return false
	}
	switch operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func contains(list, v value.Value) bool {
	for _, item := range list.Items() {
		if value.Equal(item, v) {
			return true
		}
	}
	return false
}

// overlap counts the items of a that b holds.
func overlap(a, b value.Value) int {
	n := 0
	for _, item := range a.Items() {
		if contains(b, item) {
			n++
		}
	}
	return n
}

// filter reads alternatives.
func (s *scanner) filter() (filter, error) {
	if s.depth++; s.depth > maxDepth {
		return nil, errPath
	}
	defer func() { s.depth-- }()
	var any filterOr
	for {
		var all filterAnd
		for {
			f, err := s.comparison()
			if err != nil {
				return nil, err
			}
			all = append(all, f)
			s.space()
			if !s.accept("&&") {
				break
			}
		}
		any = append(any, all)
		if !s.accept("||") {
			return any, nil
		}
	}
}

// filterOperators are in the order in which they are tried: a longer one before what it begins with.
var filterOperators = []string{"==", "!=", "<=", ">=", "=~", "<", ">", "subsetof ", "subsetof[", "anyof ", "noneof ", "contains ", "size ", "empty ", "nin ", "in "}

func (s *scanner) comparison() (filter, error) {
	s.space()
	if s.accept("!") {
		f, err := s.comparison()
		return filterNot{f}, err
	}
	if s.accept("(") {
		f, err := s.filter()
		s.space()
		if err != nil || !s.accept(")") {
			return nil, errPath
		}
		return f, nil
	}
	left, err := s.operand()
	if err != nil {
		return nil, err
	}
	s.space()
	for _, op := range filterOperators {
		if !s.accept(op) {
			continue
		}
		f := filterCompare{operator: strings.TrimRight(op, " ["), left: left}
		if strings.HasSuffix(op, "[") {
			s.pos--
		}
		s.space()
		if f.operator == "=~" {
			f.pattern, err = s.regularExpression()
			return f, err
		}
		f.right, err = s.operand()
		return f, err
	}
	if left.path == nil {
		return nil, errPath
	}
	return filterExists{left.path}, nil
}

// operand reads a path, a string, a number, true, false, null, or an array in JSON.
func (s *scanner) operand() (operand, error) {
	s.space()
	switch c := s.peek(); {
	case c == '@' || c == '$':
		p, err := s.path()
		if err == nil && p.root != "@" && p.root != "$" {
			err = errPath
		}
		return operand{path: p}, err
	case c == '\'' || c == '"':
		text, err := s.quoted()
		return operand{literal: value.OfString(text)}, err
	case c == '[':
		return s.list()
	}
	begin := s.pos
	for !s.ended() && !strings.ContainsRune(" \t\r\n)&|,]=<>!", rune(s.peek())) {
		s.pos++
	}
	text := s.text[begin:s.pos]
	v, err := value.ParseString(text)
	switch {
	case text == "":
		return operand{}, errPath
	case err != nil:
		v = value.OfString(text) // a bare word is a string to Jayway
	}
	return operand{literal: v}, nil
}

func (s *scanner) list() (operand, error) {
	s.pos++
	var items []value.Value
	for s.space(); !s.accept("]"); s.space() {
		item, err := s.operand()
		if err != nil || item.path != nil {
			return operand{}, errPath
		}
		items = append(items, item.literal)
		s.space()
		if !s.accept(",") && s.peek() != ']' {
			return operand{}, errPath
		}
	}
	return operand{literal: value.OfArray(items...)}, nil
}

// regularExpression reads /pattern/flags. Patterns are RE2's, so that none takes more than linear time.
func (s *scanner) regularExpression() (*regexp.Regexp, error) {
	if !s.accept("/") {
		return nil, errPath
	}
	var b strings.Builder
	for !s.ended() && s.peek() != '/' {
		if s.peek() == '\\' && s.pos+1 < len(s.text) {
			if s.text[s.pos+1] != '/' {
				b.WriteByte('\\')
			}
			s.pos++
		}
		b.WriteByte(s.peek())
		s.pos++
	}
	if !s.accept("/") {
		return nil, errPath
	}
	flags := ""
	for strings.ContainsRune("ims", rune(s.peek())) && !s.ended() {
		flags += string(s.peek())
		s.pos++
	}
	pattern := "^(?:" + b.String() + ")$"
	if flags != "" {
		pattern = "(?" + flags + ")" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, errPath
	}
	return re, nil
}
