//go:build shared

package sharedtest

import (
	"strconv"
	"strings"

	"minuet/orchestrator/value"
)

// inferred is what a definition needs to go a certain way: an input, and a response for each Task.
type inferred struct {
	input     *shape
	variables map[string]*shape
	tasks     []response
	states    int // all there are, of any type
	tried     map[string]bool
	more      bool // the way has a step that was not tried before
}

// response is the shape of a Task's result, or of its error output.
type response struct {
	state  string
	of     *shape
	throws string // the error's name, or ""
}

// infer works out what a definition reads. tried has the steps that other ways through it have taken; this way takes as many
// others as it can, and adds them. The first way ends well.
func infer(definition value.Value, tried map[string]bool) *inferred {
	in := &inferred{input: &shape{}, variables: map[string]*shape{}, tried: tried}
	in.body(definition, in.input, len(tried) == 0)
	return in
}

// get is a member of a value; null where it is not there.
func get(v value.Value, name string) value.Value {
	of, _ := v.Get(name)
	return of
}

// body infers the states of a machine, a branch or an iteration, and returns the shape of its output.
func (in *inferred) body(body value.Value, input *shape, well bool) (output *shape) {
	output = &shape{}
	inputs := map[string]*shape{}
	of := func(name string) *shape {
		if inputs[name] == nil {
			inputs[name] = &shape{}
		}
		return inputs[name]
	}
	unite(of(text(body, "StartAt")), input)
	way := findWay(body, in.tried, well)
	for _, m := range get(body, "States").Members() {
		in.states++
		out := in.state(m.Key, m.Value, of(m.Key), way[m.Key])
		s, onWay := way[m.Key]
		if !onWay {
			continue
		}
		in.more = in.more || !in.tried[s.key()]
		in.tried[s.key()] = true
		switch {
		case s.to != "":
			unite(of(s.to), out)
		case text(m.Value, "Type") != "Fail":
			unite(output, out)
		}
	}
	return output
}

// state infers one state and returns the shape of its output. then is where it is to go.
func (in *inferred) state(name string, st value.Value, data *shape, then wayStep) *shape {
	effective := data
	if path, ok := st.Get("InputPath"); ok {
		effective = in.path(path.Text(), data)
	}
	var result *shape
	switch text(st, "Type") {
	case "Task":
		in.template(get(st, "Parameters"), effective)
		result = &shape{}
		in.tasks = append(in.tasks, response{name, result, then.throws})
		if then.throws != "" {
			result.field("Error").fix(value.OfString(then.throws))
			return in.resultPath(then.catcher, data, result)
		}
	case "Pass":
		result = effective
		if p, ok := st.Get("Parameters"); ok {
			result = in.template(p, effective)
		} else if r, ok := st.Get("Result"); ok {
			result = in.literal(r)
		}
	case "Parallel":
		if p, ok := st.Get("Parameters"); ok {
			effective = in.template(p, effective)
		}
		result = &shape{}
		for i, branch := range get(st, "Branches").Items() {
			unite(result.field("["+strconv.Itoa(i)+"]"), in.body(branch, effective, true))
		}
	case "Map":
		result = &shape{}
		unite(result.item(), in.iteration(st, effective))
	case "Choice":
		in.choose(st, effective, then.to)
		result = effective
	case "Wait":
		in.number(st, "SecondsPath", effective, 0)
		if path := text(st, "TimestampPath"); path != "" {
			in.path(path, effective).fix(value.OfString("2024-01-01T00:00:00Z"))
		}
		result = effective
	default:
		result = effective
	}
	in.number(st, "TimeoutSecondsPath", effective, 600)
	in.number(st, "HeartbeatSecondsPath", effective, 300)
	return in.output(st, data, result)
}

// number demands a number where a field's path leads.
func (in *inferred) number(st value.Value, name string, data *shape, n int64) {
	if path := text(st, name); path != "" {
		in.path(path, data).fix(value.OfInt(n))
	}
}

// output infers what ResultSelector, ResultPath, Assign and OutputPath make of a result.
func (in *inferred) output(st value.Value, data, result *shape) *shape {
	for _, m := range get(st, "Assign").Members() {
		unite(in.variable(strings.TrimSuffix(m.Key, ".$")), in.template(value.OfObject(m), result).field(strings.TrimSuffix(m.Key, ".$")))
	}
	if selector, ok := st.Get("ResultSelector"); ok {
		result = in.template(selector, result)
	}
	out := in.resultPath(st, data, result)
	switch path, ok := st.Get("OutputPath"); {
	case ok && path.IsNull():
		return &shape{}
	case ok:
		return in.path(path.Text(), out)
	}
	return out
}

// resultPath puts a result where a state or a catcher wants it.
func (in *inferred) resultPath(st value.Value, data, result *shape) *shape {
	path, ok := st.Get("ResultPath")
	if !ok || path.Text() == "$" {
		return result
	}
	if !path.IsNull() {
		unite(in.path(path.Text(), data), result)
	}
	return data
}

func (in *inferred) variable(name string) *shape {
	if in.variables[name] == nil {
		in.variables[name] = &shape{}
	}
	return in.variables[name]
}

// iteration infers a Map's body and returns the shape of an iteration's output.
func (in *inferred) iteration(st value.Value, effective *shape) *shape {
	items := effective
	if path := text(st, "ItemsPath"); path != "" {
		items = in.path(path, effective)
	}
	item := items.item()
	input := item
	for _, name := range []string{"ItemSelector", "Parameters"} {
		if selector, ok := st.Get(name); ok {
			input = in.selector(selector, effective, item)
		}
	}
	in.number(st, "MaxConcurrencyPath", effective, 1)
	body, ok := st.Get("ItemProcessor")
	if !ok {
		body = get(st, "Iterator")
	}
	return in.body(body, input, true)
}

const itemValue = "$$.Map.Item.Value"

// selector infers an ItemSelector, whose paths may also lead into the item.
func (in *inferred) selector(t value.Value, data, item *shape) *shape {
	of := &shape{}
	for _, m := range t.Members() {
		name, dynamic := strings.CutSuffix(m.Key, ".$")
		switch {
		case dynamic && strings.HasPrefix(m.Value.Text(), itemValue):
			unite(of.field(name), in.path("$"+strings.TrimPrefix(m.Value.Text(), itemValue), item))
		case m.Value.Kind() == value.Object:
			unite(of.field(name), in.selector(m.Value, data, item))
		default:
			unite(of.field(name), in.template(value.OfObject(m), data).field(name))
		}
	}
	return of
}

// template infers what a payload template reads, and returns the shape of what it makes.
func (in *inferred) template(t value.Value, data *shape) *shape {
	of := &shape{}
	switch t.Kind() {
	case value.Object:
		for _, m := range t.Members() {
			if name, dynamic := strings.CutSuffix(m.Key, ".$"); dynamic {
				unite(of.field(name), in.expression(m.Value.Text(), data))
			} else {
				unite(of.field(name), in.template(m.Value, data))
			}
		}
	case value.Array:
		for i, item := range t.Items() {
			unite(of.field("["+strconv.Itoa(i)+"]"), in.template(item, data))
		}
	default:
		of.fix(t)
	}
	return of
}

// literal is the shape of a value that the definition gives.
func (in *inferred) literal(v value.Value) *shape { return in.template(v, &shape{}) }

// expression infers what a path or an intrinsic function reads, and returns the shape of its result.
func (in *inferred) expression(text string, data *shape) *shape {
	if strings.HasPrefix(text, "$") {
		return in.path(text, data)
	}
	result := &shape{}
	functions := []string{}
	for rest := text; rest != ""; {
		switch c := rest[0]; {
		case c == '\'':
			end := strings.Index(rest[1:], "'")
			rest = rest[end+2:]
		case c == '$':
			end := strings.IndexAny(rest, ",) ")
			of := in.path(rest[:end], data).find()
			if argument(functions[len(functions)-1], of); len(functions) == 1 && of.json != nil {
				result = of.json
			}
			rest = rest[end:]
		case c == 'S':
			end := strings.IndexByte(rest, '(')
			functions = append(functions, rest[len("States."):end])
			rest = rest[end+1:]
		case c == ')':
			functions = functions[:len(functions)-1]
			rest = rest[1:]
		default:
			rest = rest[1:]
		}
	}
	return result
}

// argument gives what an intrinsic function reads the type that the function takes.
func argument(function string, of *shape) {
	switch {
	case function == "StringToJson":
		if of = of.find(); of.json == nil {
			of.json = &shape{}
		}
	case function == "Base64Decode":
		of.fix(value.OfString("dGV4dA=="))
	case strings.HasPrefix(function, "Math"):
		of.fix(value.OfInt(1))
	case function != "Array" && strings.HasPrefix(function, "Array") && function != "ArrayRange":
		of.item()
	}
}

const executionInput = "$$.Execution.Input"

// path is the shape that a path leads to.
func (in *inferred) path(path string, data *shape) *shape {
	rest := strings.TrimPrefix(path, "$")
	switch {
	case path == "$":
		return data
	case path == executionInput:
		return in.input
	case strings.HasPrefix(path, executionInput+"."):
		data, rest = in.input, strings.TrimPrefix(path, executionInput)
	case strings.HasPrefix(rest, "$"):
		return &shape{} // the rest of the context object
	case rest == path:
		return &shape{}
	case rest[0] != '.' && rest[0] != '[':
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		data, rest = in.variable(rest[:end]), rest[end:]
	}
	of, many := data.at(rest)
	if !many {
		return of
	}
	all := &shape{}
	unite(all.item(), of)
	return all
}
