package machine

import (
	"errors"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// failure is an error that a state raises while it works on its data.
type failure struct {
	name  string
	cause string
}

func (f *failure) Error() string { return f.name + ": " + f.cause }

// errRuntime is the name of the errors that nothing catches unless it names them.
const errRuntime = "States.Runtime"

// fieldError words an expression's error as AWS does. template says that field is one of a payload template, whose
// errors name the field that they came from themselves.
func fieldError(err error, text string) *failure {
	var missing *expr.NotFoundError
	if errors.As(err, &missing) {
		return &failure{errRuntime, "Invalid path '" + text + "' : " + missing.Detail}
	}
	var e *expr.Error
	if errors.As(err, &e) {
		return &failure{e.Name, e.Cause}
	}
	return &failure{errRuntime, err.Error()}
}

// selected applies an InputPath or OutputPath.
func (s *step) selected(sel *asl.Selector, v value.Value) (value.Value, *failure) {
	switch {
	case sel == nil:
		return v, nil
	case sel.Null:
		return value.EmptyObject, nil
	}
	out, err := sel.Path.Eval(s.scope(v))
	if err != nil {
		return value.Value{}, fieldError(err, sel.Path.String())
	}
	return out, nil
}

// filled fills a payload template; without one, v stays as it is.
func (s *step) filled(t *expr.Template, v value.Value) (value.Value, *failure) {
	if t == nil {
		return v, nil
	}
	out, err := t.Eval(s.scope(v))
	if err != nil {
		return value.Value{}, fieldError(err, "")
	}
	return out, nil
}

// effective is the state's input after InputPath and Parameters.
func (s *step) effective(parameters *expr.Template) (value.Value, *failure) {
	in, f := s.selected(s.state.Base().InputPath, s.pos.Data.Value)
	if f != nil {
		return in, f
	}
	return s.filled(parameters, in)
}

// placed puts a result into the state's raw input by ResultPath.
func (s *step) placed(target *asl.Target, result value.Value) (value.Value, *failure) {
	raw := s.pos.Data.Value
	switch {
	case target == nil:
		return result, nil
	case target.Null:
		return raw, nil
	}
	out, err := target.Path.Put(raw, result)
	if err != nil {
		return out, fieldError(err, "")
	}
	return out, nil
}

// leave makes the record of a state that ends well: result goes through ResultSelector, Assign, ResultPath and OutputPath.
func (s *step) leave(result value.Value, io asl.Result, phase Phase, childEvents int) Decision {
	base := s.state.Base()
	selected, f := s.filled(io.ResultSelector, result)
	var assigned, out value.Value
	if f == nil {
		assigned, f = s.assigned(base.Assign, selected)
	}
	if f == nil {
		out, f = s.placed(io.ResultPath, selected)
	}
	if f == nil {
		out, f = s.selected(base.OutputPath, out)
	}
	if f == nil {
		f = s.oversize(out, base.Name)
	}
	if f != nil {
		d := s.failed(s.worded(f), phase, childEvents)
		if d.Record != nil && phase == PhaseStarted {
			d.Record.Result = &Data{Seq: d.Record.Seq, Value: result}
		}
		return d
	}
	d := s.exit(base.Next, out, assigned, phase, childEvents)
	if phase == PhaseStarted && !d.Record.holds(out, result) {
		d.Record.Result = &Data{Seq: d.Record.Seq, Value: result}
	}
	return d
}

// holds tells whether the record's output is the task's result, so that it need not be stored beside it.
func (r *Record) holds(out, result value.Value) bool {
	return r.Data.Seq == r.Seq && value.Same(out, result)
}

// assigned evaluates an Assign with v as $.
func (s *step) assigned(t *expr.Template, v value.Value) (value.Value, *failure) {
	if t == nil {
		return value.Value{}, nil
	}
	return s.filled(t, v)
}

// exit makes the record that leaves the state for next, or ends the branch when next is "".
func (s *step) exit(next string, out, assigned value.Value, phase Phase, childEvents int) Decision {
	kind := Moved
	if next == "" {
		kind = Ended
	}
	r := s.next(kind)
	r.Phase, r.Assigned = phase, assigned
	r.Data = s.stored(r.Seq, out)
	if !assigned.IsNull() {
		vars := s.pos.Vars.Value
		for _, m := range assigned.Members() {
			vars = vars.Set(m.Key, m.Value)
		}
		r.Vars = Data{Seq: r.Seq, Value: vars}
	}
	r.Events += childEvents + s.attemptEvents(phase, false) + 1
	return s.enter(r, next)
}

// enter completes a record that enters next, or ends the branch well.
func (s *step) enter(r *Record, next string) Decision {
	if next == "" {
		r.Status = Succeeded
		if r.Branch == Root {
			r.Events++ // ExecutionSucceeded
		}
		return Decision{Record: r}
	}
	r.State = next
	r.Events++
	r.EnteredAt, r.EnteredEvent = r.At, r.Events
	return Decision{Record: r}
}

// stored refers to the state's input when the output is just that.
func (s *step) stored(seq int, out value.Value) Data {
	if value.Same(out, s.pos.Data.Value) {
		return s.pos.Data
	}
	return Data{Seq: seq, Value: out}
}

// oversize checks a result or output against the limit; who is the state or task that made it.
func (s *step) oversize(v value.Value, who string) *failure {
	limit := s.p.Limits.DataBytes
	if limit == 0 || v.Size() <= limit {
		return nil
	}
	return oversized(who)
}

// oversized is the error of a state or task whose output is too large.
func oversized(who string) *failure {
	return &failure{"States.DataLimitExceeded", "The state/task '" + who +
		"' returned a result with a size exceeding the maximum number of bytes service limit."}
}
