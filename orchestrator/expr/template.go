package expr

import (
	"errors"
	"strings"

	"minuet/orchestrator/value"
)

// Template is a payload template: JSON in which the fields whose names end in ".$" hold expressions.
//
// https://states-language.net/spec.html#payload-template
type Template struct {
	literal  *value.Value // the whole, where nothing in it is an expression
	keys     []string     // of an object, without ".$"
	fields   []*Template
	items    []*Template // of an array
	isArray  bool
	twice    bool   // a key stands there with ".$" and without: the last one counts
	field    string // the field's name as written, where expression is set
	computed *Expression
}

// Fault is a field of a template that is not valid.
type Fault struct {
	Pointer string // a JSON pointer from the template's root: "/a/b.$"
	Field   string // "b.$"
	Message string
}

// ParseTemplate compiles a template, and returns every fault in it.
func ParseTemplate(v value.Value) (*Template, []Fault) {
	p := &templateParser{}
	t := p.template(v, "")
	return t, p.faults
}

type templateParser struct{ faults []Fault }

func (p *templateParser) template(v value.Value, pointer string) *Template {
	t := &Template{isArray: v.Kind() == value.Array}
	constant := true
	for i, item := range v.Items() {
		inner := p.template(item, pointer+"/"+itoa(i))
		constant = constant && inner.literal != nil
		t.items = append(t.items, inner)
	}
	for _, m := range v.Members() {
		inner := p.member(m, pointer+"/"+escapePointer(m.Key))
		constant = constant && inner.literal != nil
		key := strings.TrimSuffix(m.Key, ".$")
		if _, both := v.Get(key + ".$"); both && m.Key == key {
			t.twice = true
		}
		t.keys = append(t.keys, key)
		t.fields = append(t.fields, inner)
	}
	if constant {
		return &Template{literal: &v}
	}
	return t
}

func (p *templateParser) member(m value.Member, pointer string) *Template {
	if !strings.HasSuffix(m.Key, ".$") {
		return p.template(m.Value, pointer)
	}
	e, err := ParseExpression(m.Value.Text())
	if m.Value.Kind() != value.String || err != nil {
		p.faults = append(p.faults, Fault{pointer, m.Key,
			"The value for the field '" + m.Key + "' must be a valid JSONPath or a valid intrinsic function call"})
		return &Template{}
	}
	return &Template{field: m.Key, computed: e}
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func escapePointer(key string) string { return pointerEscapes.Replace(key) }

// Eval fills the template.
func (t *Template) Eval(env *Env) (value.Value, error) {
	switch {
	case t.literal != nil:
		return *t.literal, nil
	case t.computed != nil:
		return t.compute(env)
	case t.isArray:
		items := make([]value.Value, len(t.items))
		for i, inner := range t.items {
			v, err := inner.Eval(env)
			if err != nil {
				return v, err
			}
			items[i] = v
		}
		return value.OfArray(items...), nil
	}
	members := make([]value.Member, len(t.fields))
	for i, inner := range t.fields {
		v, err := inner.Eval(env)
		if err != nil {
			return v, err
		}
		members[i] = value.Member{Key: t.keys[i], Value: v}
	}
	if t.twice {
		out := value.EmptyObject
		for _, m := range members {
			out = out.Set(m.Key, m.Value)
		}
		return out, nil
	}
	return value.OfObject(members...), nil
}

// compute evaluates a field, and words a path that leads nowhere as AWS does.
func (t *Template) compute(env *Env) (value.Value, error) {
	v, err := t.computed.Eval(env)
	var missing *NotFoundError
	if errors.As(err, &missing) && !t.computed.IsIntrinsic() {
		in := env.Input
		if t.computed.path.root == "$$" {
			in = env.context()
		}
		return v, runtimeError("The JSONPath '" + t.computed.text + "' specified for the field '" + t.field +
			"' could not be found in the input '" + in.JSON() + "'")
	}
	return v, err
}

// Variables returns the names of the workflow variables that the template reads.
func (t *Template) Variables() []string {
	if t.computed != nil {
		return t.computed.Variables()
	}
	var names []string
	for _, inner := range append(t.items[:len(t.items):len(t.items)], t.fields...) {
		names = append(names, inner.Variables()...)
	}
	return names
}
