package expr

import (
	"errors"
	"strconv"
	"strings"

	"minuet/orchestrator/value"
)

var errCall = errors.New("not a valid intrinsic function call")

// maxNesting is how deep intrinsic calls may nest.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
const maxNesting = 10

// intrinsic is one of the functions; its implementation gets as many arguments as it takes.
type intrinsic struct {
	min, max int
	eval     func(env *Env, args []value.Value) (value.Value, error)
}

// intrinsics are the functions, by name; a file for each group adds its own.
var intrinsics = merged(arrayFunctions, encodeFunctions, jsonFunctions, mathFunctions, textFunctions)

func merged(groups ...map[string]intrinsic) map[string]intrinsic {
	all := map[string]intrinsic{}
	for _, g := range groups {
		for name, f := range g {
			all[name] = f
		}
	}
	return all
}

// any is for functions that take any number of arguments.
const anyNumber = 1 << 20

// call is a compiled intrinsic call.
type call struct {
	name     string
	text     string
	function intrinsic
	args     []argument
}

// argument is a call, a path, or a literal.
type argument struct {
	call    *call
	path    *Expression
	literal value.Value
}

// call reads States.Name(argument, ...).
func (s *scanner) call() (*call, error) {
	if s.depth++; s.depth > maxNesting {
		return nil, errCall
	}
	defer func() { s.depth-- }()
	begin := s.pos
	for !s.ended() && s.peek() != '(' {
		s.pos++
	}
	c := &call{name: s.text[begin:s.pos]}
	var known bool
	if c.function, known = intrinsics[c.name]; !known || !s.accept("(") {
		return nil, errCall
	}
	for s.space(); !s.accept(")"); s.space() {
		if len(c.args) > 0 {
			if !s.accept(",") {
				return nil, errCall
			}
			s.space()
		}
		arg, err := s.argument()
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, arg)
	}
	if len(c.args) < c.function.min || len(c.args) > c.function.max {
		return nil, errCall
	}
	c.text = s.text[begin:s.pos]
	return c, nil
}

func (s *scanner) argument() (argument, error) {
	switch c := s.peek(); {
	case c == '\'':
		text, err := s.literal()
		return argument{literal: text}, err
	case c == '$':
		begin := s.pos
		p, err := s.path()
		if err != nil {
			return argument{}, errCall
		}
		return argument{path: &Expression{text: s.text[begin:s.pos], path: p}}, nil
	case c == 'S':
		inner, err := s.call()
		return argument{call: inner}, err
	}
	begin := s.pos
	for !s.ended() && s.peek() != ',' && s.peek() != ')' && s.peek() != ' ' {
		s.pos++
	}
	v, err := value.ParseString(s.text[begin:s.pos])
	if err != nil || v.Kind() == value.String || v.Kind() == value.Array || v.Kind() == value.Object {
		return argument{}, errCall
	}
	return argument{literal: v}, nil
}

// literal reads a string in single quotes. The backslash escapes ' { } and itself, and nothing else. Escaped braces stay
// escaped: only States.Format gives them a meaning.
func (s *scanner) literal() (value.Value, error) {
	s.pos++
	var b strings.Builder
	for !s.ended() {
		c := s.peek()
		s.pos++
		switch c {
		case '\'':
			return value.OfString(b.String()), nil
		case '\\':
			switch e := s.peek(); e {
			case '\'', '\\':
				b.WriteByte(e)
			case '{', '}':
				b.WriteByte('\\')
				b.WriteByte(e)
			default:
				return value.Value{}, errCall
			}
			s.pos++
		default:
			b.WriteByte(c)
		}
	}
	return value.Value{}, errCall
}

// eval evaluates the arguments and then the function.
func (c *call) eval(env *Env) (value.Value, error) {
	args := make([]value.Value, len(c.args))
	for i, a := range c.args {
		v, err := a.eval(env)
		if err != nil {
			var missing *NotFoundError
			if errors.As(err, &missing) {
				return v, &Error{"States.Runtime", "The function '" + c.text + "' had the following error: The JsonPath argument for the field '" +
					a.path.text + "' could not be found in the input '" + env.Input.JSON() + "'"}
			}
			return v, err
		}
		args[i] = v
	}
	v, err := c.function.eval(env, args)
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return v, err
		}
		return v, &Error{"States.Runtime", "The function '" + c.text + "' had the following error: " + err.Error()}
	}
	return v, nil
}

func (a argument) eval(env *Env) (value.Value, error) {
	switch {
	case a.call != nil:
		return a.call.eval(env)
	case a.path != nil:
		return a.path.Eval(env)
	}
	return a.literal, nil
}

func (c *call) visit(fn func(*path)) {
	for _, a := range c.args {
		if a.path != nil {
			a.path.visit(fn)
		}
		if a.call != nil {
			a.call.visit(fn)
		}
	}
}

// reason is why a function fails, as the cause of the state's failure shows it.
type reason string

func (r reason) Error() string { return string(r) }

// invalid is what a function says of an argument.
func invalid(n int, want string, got value.Value) error {
	return reason("Argument " + strconv.Itoa(n+1) + " must be " + want + ", but was " + got.Kind().String())
}

// The following take an argument of a kind.

func arrayArg(args []value.Value, n int) ([]value.Value, error) {
	if args[n].Kind() != value.Array {
		return nil, invalid(n, "an array", args[n])
	}
	return args[n].Items(), nil
}

func stringArg(args []value.Value, n int) (string, error) {
	if args[n].Kind() != value.String {
		return "", invalid(n, "a string", args[n])
	}
	return args[n].Text(), nil
}

// integerArg rounds as Java's Math.round does.
func integerArg(args []value.Value, n int) (int64, error) {
	if args[n].Kind() != value.Number {
		return 0, invalid(n, "a number", args[n])
	}
	return round(args[n]), nil
}

func itoa(n int) string { return strconv.Itoa(n) }
