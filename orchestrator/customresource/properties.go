package customresource

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"minuet/orchestrator/value"
)

// properties are what a template says of a state machine, in the API's terms.
type properties struct {
	name       string // "": to be generated
	definition string
	role       string
	typ        string // "": STANDARD
	tags       []tag
	logging    *logging
	tracing    *tracing
}

type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type logging struct {
	Level                string        `json:"level"`
	IncludeExecutionData bool          `json:"includeExecutionData"`
	Destinations         []destination `json:"destinations,omitempty"`
}

type destination struct {
	LogGroup struct {
		ARN string `json:"logGroupArn"`
	} `json:"cloudWatchLogsLogGroup"`
}

type tracing struct {
	Enabled bool `json:"enabled"`
}

// propertyError is a fault in the template.
type propertyError struct{ text string }

func (e *propertyError) Error() string { return e.text }

func wrong(format string, args ...any) error { return &propertyError{fmt.Sprintf(format, args...)} }

// known are the properties. CloudFormation adds the first two of its own.
var known = []string{"ServiceToken", "ServiceTimeout", "StateMachineName", "Definition", "DefinitionString", "DefinitionSubstitutions",
	"RoleArn", "Type", "Tags", "LoggingConfiguration", "TracingConfiguration"}

// readProperties reads a resource's properties.
func readProperties(text json.RawMessage) (*properties, error) {
	v, err := value.Parse(text)
	if err != nil || v.Kind() != value.Object {
		return nil, wrong("The properties are not a JSON object.")
	}
	for _, m := range v.Members() {
		if !slices.Contains(known, m.Key) {
			return nil, wrong("There is no property %s; there are %s.", m.Key, strings.Join(known[2:], ", "))
		}
	}
	r := reader{}
	p := &properties{name: r.text(v, "StateMachineName"), role: r.text(v, "RoleArn"), typ: r.text(v, "Type")}
	p.definition = r.definition(v)
	p.tags = r.tags(v)
	p.logging = r.logging(v)
	p.tracing = r.tracing(v)
	if p.role == "" {
		r.fail("RoleArn is missing.")
	}
	return p, r.err
}

// reader reads members of objects. It keeps the first fault.
type reader struct{ err error }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = wrong(format, args...)
	}
}

// text reads a string. Numbers and booleans, which emulators of CloudFormation let pass, are taken as their text.
func (r *reader) text(v value.Value, key string) string {
	member, _ := v.Get(key)
	return r.textOf(member, key)
}

func (r *reader) textOf(v value.Value, what string) string {
	switch v.Kind() {
	case value.String:
		return v.Text()
	case value.Null:
		return ""
	case value.Number, value.Bool:
		return v.JSON()
	}
	r.fail("%s must be a string.", what)
	return ""
}

func (r *reader) bool(v value.Value, key string) bool {
	switch text := strings.ToLower(r.text(v, key)); text {
	case "true":
		return true
	case "false", "":
	default:
		r.fail("%s must be true or false.", key)
	}
	return false
}

func (r *reader) object(v value.Value, key string) (value.Value, bool) {
	member, ok := v.Get(key)
	if !ok || member.IsNull() {
		return member, false
	}
	if member.Kind() != value.Object {
		r.fail("%s must be an object.", key)
	}
	return member, true
}

func (r *reader) list(v value.Value, key string) []value.Value {
	member, ok := v.Get(key)
	if ok && member.Kind() != value.Array && !member.IsNull() {
		r.fail("%s must be a list.", key)
	}
	return member.Items()
}

// definition reads the definition, and puts the substitutions in.
func (r *reader) definition(v value.Value) string {
	values := map[string]string{}
	if of, ok := r.object(v, "DefinitionSubstitutions"); ok {
		for _, m := range of.Members() {
			values[m.Key] = r.textOf(m.Value, "DefinitionSubstitutions."+m.Key)
		}
	}
	text := r.text(v, "DefinitionString")
	d, _ := v.Get("Definition")
	switch {
	case text != "" && !d.IsNull():
		r.fail("Definition and DefinitionString are both there: give one.")
	case d.Kind() == value.Object:
		return r.retyped(substitute(d.JSON(), values))
	case d.Kind() == value.String:
		text = d.Text()
	case !d.IsNull():
		r.fail("Definition must be an object or a string.")
	case text == "":
		r.fail("Definition is missing.")
	}
	return substitute(text, values)
}

func (r *reader) retyped(text string) string {
	d, err := value.ParseString(text)
	if err != nil {
		r.fail("With its substitutions the Definition is no longer JSON: %v.", err)
		return ""
	}
	return retype(d).JSON()
}

func (r *reader) tags(v value.Value) []tag {
	var out []tag
	for _, item := range r.list(v, "Tags") {
		t := tag{r.text(item, "Key"), r.text(item, "Value")}
		switch {
		case t.Key == "":
			r.fail("Each of the Tags must have a Key.")
		case strings.HasPrefix(t.Key, ownTags):
			r.fail("Tags must not begin with %s.", ownTags)
		}
		out = append(out, t)
	}
	return out
}

func (r *reader) logging(v value.Value) *logging {
	of, ok := r.object(v, "LoggingConfiguration")
	if !ok {
		return nil
	}
	out := &logging{Level: r.text(of, "Level"), IncludeExecutionData: r.bool(of, "IncludeExecutionData")}
	if out.Level == "" {
		out.Level = off
	}
	for _, item := range r.list(of, "Destinations") {
		group, _ := r.object(item, "CloudWatchLogsLogGroup")
		var d destination
		d.LogGroup.ARN = r.text(group, "LogGroupArn")
		out.Destinations = append(out.Destinations, d)
	}
	return out
}

func (r *reader) tracing(v value.Value) *tracing {
	of, ok := r.object(v, "TracingConfiguration")
	if !ok {
		return nil
	}
	return &tracing{Enabled: r.bool(of, "Enabled")}
}

const (
	standard = "STANDARD"
	off      = "OFF"
	maxName  = 80
)

func (p *properties) kind() string {
	if p.typ == "" {
		return standard
	}
	return p.typ
}

// nameFor returns the machine's name. A generated one is the same whenever the request is repeated, and another one where the
// type is, since that calls for a new machine.
func (p *properties) nameFor(r *request) string {
	if p.name != "" {
		return p.name
	}
	stack := r.StackID // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
	if parts := strings.Split(r.StackID, "/"); len(parts) == 3 {
		stack = parts[1]
	}
	sum := sha256.Sum256([]byte(r.StackID + "\n" + r.LogicalResourceID + "\n" + p.kind()))
	suffix := "-" + base32.StdEncoding.EncodeToString(sum[:])[:12]
	name := stack + "-" + r.LogicalResourceID
	return name[:min(len(name), maxName-len(suffix))] + suffix
}
