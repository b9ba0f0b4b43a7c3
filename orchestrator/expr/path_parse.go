package expr

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds on what is parsed.
const (
	maxText  = 16 << 10 // the length of a path or an intrinsic call, in bytes
	maxDepth = 100      // the nesting of filters and calls
)

var errPath = errors.New("not a valid JSONPath")

// scanner reads a path or an intrinsic call.
type scanner struct {
	text  string
	pos   int
	depth int
}

func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) accept(prefix string) bool {
	if strings.HasPrefix(s.text[s.pos:], prefix) {
		s.pos += len(prefix)
		return true
	}
	return false
}

func (s *scanner) space() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t' || s.text[s.pos] == '\n' || s.text[s.pos] == '\r') {
		s.pos++
	}
}

// ended tells whether all is read.
func (s *scanner) ended() bool { return s.pos == len(s.text) }

// path reads a path from its $, or in filters its @, up to where it ends.
func (s *scanner) path() (*path, error) {
	begin := s.pos
	p := &path{}
	switch {
	case s.accept("$$"):
		p.root = "$$"
	case s.accept("@"):
		p.root = "@"
	case s.accept("$"):
		p.root = "$"
		if name := s.variable(); name != "" {
			p.root = name
		}
	default:
		return nil, errPath
	}
	for {
		step, ok, err := s.step()
		if err != nil {
			return nil, err
		}
		if !ok {
			p.text = s.text[begin:s.pos]
			p.indefinite = spreads(p.steps)
			return p, nil
		}
		p.steps = append(p.steps, step...)
	}
}

// spreads tells whether steps may lead to any number of values. Several names at the end pick members of one object.
func spreads(steps []pathStep) bool {
	for i := range steps {
		if s := &steps[i]; !s.definite() && (s.kind != stepChild || i < len(steps)-1) {
			return true
		}
	}
	return false
}

// variable reads a workflow variable's name.
func (s *scanner) variable() string {
	begin := s.pos
	for s.pos < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.pos:])
		if !(unicode.IsLetter(r) || r == '_' || s.pos > begin && unicode.IsDigit(r)) {
			break
		}
		s.pos += n
	}
	return s.text[begin:s.pos]
}

// step reads the next step, or two where a dot stands for a descent; ok is false at the path's end.
func (s *scanner) step() ([]pathStep, bool, error) {
	switch {
	case s.accept(".."):
		deep := pathStep{kind: stepDeep}
		if s.peek() == '[' {
			step, err := s.bracket()
			return []pathStep{deep, step}, true, err
		}
		step, err := s.dotted()
		return []pathStep{deep, step}, true, err
	case s.accept("."):
		if s.peek() == '[' {
			step, err := s.bracket()
			return []pathStep{step}, true, err
		}
		step, err := s.dotted()
		return []pathStep{step}, true, err
	case s.peek() == '[':
		step, err := s.bracket()
		return []pathStep{step}, true, err
	}
	return nil, false, nil
}

// dotted reads what follows a dot: a name, a star, or a function's call.
func (s *scanner) dotted() (pathStep, error) {
	if s.accept("*") {
		return pathStep{kind: stepWildcard}, nil
	}
	begin := s.pos
	for s.pos < len(s.text) && s.text[s.pos] > ' ' && !strings.ContainsRune(".[](),'\"$@*:=!<>&|~", rune(s.text[s.pos])) {
		s.pos++
	}
	name := s.text[begin:s.pos]
	if name == "" || !utf8.ValidString(name) {
		return pathStep{}, errPath
	}
	if s.peek() != '(' {
		return pathStep{kind: stepChild, names: []string{name}}, nil
	}
	if !s.accept("()") || !functions[name] {
		return pathStep{}, errPath
	}
	return pathStep{kind: stepFunction, call: name}, nil
}

// bracket reads [0], [1:2], [*], ['a'], ['a','b'] or [?(...)].
func (s *scanner) bracket() (pathStep, error) {
	s.pos++
	s.space()
	var step pathStep
	var err error
	switch c := s.peek(); {
	case s.accept("*"):
		step.kind = stepWildcard
	case c == '\'' || c == '"':
		step.kind = stepChild
		step.names, err = s.names()
	case s.accept("?("):
		step.kind = stepFilter
		if step.filter, err = s.filter(); err == nil {
			s.space()
			if !s.accept(")") {
				err = errPath
			}
		}
	case c == ':' || c == '-' || c >= '0' && c <= '9':
		step, err = s.indexes()
	default:
		err = errPath
	}
	s.space()
	if err != nil || !s.accept("]") {
		return step, errPath
	}
	return step, nil
}

func (s *scanner) names() ([]string, error) {
	var names []string
	for {
		s.space()
		name, err := s.quoted()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		s.space()
		if !s.accept(",") {
			return names, nil
		}
	}
}

// quoted reads a string in single or double quotes. A backslash escapes the quote, and is itself anywhere else.
func (s *scanner) quoted() (string, error) {
	quote := s.peek()
	if quote != '\'' && quote != '"' {
		return "", errPath
	}
	s.pos++
	var b strings.Builder
	for !s.ended() {
		c := s.text[s.pos]
		s.pos++
		switch {
		case c == quote:
			return b.String(), nil
		case c == '\\' && s.peek() == quote && !s.ended():
			b.WriteByte(quote)
			s.pos++
		default:
			b.WriteByte(c)
		}
	}
	return "", errPath
}

// indexes reads 0, -1, 0,2 or 1:2.
func (s *scanner) indexes() (pathStep, error) {
	var step pathStep
	first, ok := s.integer()
	s.space()
	if s.accept(":") {
		step.kind, step.from = stepSlice, first
		s.space()
		step.to, step.hasTo = s.integer()
		return step, nil
	}
	if !ok {
		return step, errPath
	}
	step.kind, step.index = stepIndex, []int{first}
	for s.accept(",") {
		s.space()
		n, ok := s.integer()
		if !ok {
			return step, errPath
		}
		step.index = append(step.index, n)
		s.space()
	}
	return step, nil
}

func (s *scanner) integer() (int, bool) {
	begin := s.pos
	s.accept("-")
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.pos++
	}
	n, err := strconv.Atoi(s.text[begin:s.pos])
	return n, err == nil
}
