package machine

import (
	"minuet/orchestrator/asl"
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// enterChoice goes where the first rule that holds points to.
//
// https://states-language.net/spec.html#choice-state
func (s *step) enterChoice(st *asl.Choice) Decision {
	in, f := s.effective(nil)
	if f != nil {
		return s.raised(f)
	}
	env := s.scope(in)
	next, assign := st.Default, st.Assign
	for i := range st.Choices {
		rule := &st.Choices[i]
		holds, f := s.holds(&rule.Condition, env)
		if f != nil {
			return s.raised(f)
		}
		if holds {
			next, assign = rule.Next, rule.Assign
			break
		}
	}
	if next == "" {
		return s.failed(*NewFailure("States.NoChoiceMatched", s.worded(&failure{"States.NoChoiceMatched",
			"Failed to transition out of the state. The state does not point to a next state."}).Cause), PhaseNone, 0)
	}
	assigned, f := s.assigned(assign, in)
	var out value.Value
	if f == nil {
		out, f = s.selected(st.OutputPath, in)
	}
	if f != nil {
		return s.raised(f)
	}
	return s.exit(next, out, assigned, PhaseNone, 0)
}

// holds evaluates a condition.
func (s *step) holds(c *asl.Condition, env *expr.Env) (bool, *failure) {
	switch {
	case c.Not != nil:
		ok, f := s.holds(c.Not, env)
		return !ok, f
	case c.And != nil:
		for i := range c.And {
			if ok, f := s.holds(&c.And[i], env); f != nil || !ok {
				return false, f
			}
		}
		return true, nil
	case c.Or != nil:
		for i := range c.Or {
			if ok, f := s.holds(&c.Or[i], env); f != nil || ok {
				return ok, f
			}
		}
		return false, nil
	}
	v, found, err := c.Variable.Lookup(env)
	if err != nil {
		return false, fieldError(err, c.Variable.String())
	}
	if c.Operator == "IsPresent" {
		return found == c.Literal.Bool(), nil
	}
	if !found {
		return false, &failure{errRuntime, "Invalid path '" + c.Variable.String() +
			"': The choice state's condition path references an invalid value."}
	}
	if kind, ok := typeTests[c.Operator]; ok {
		return kind(v) == c.Literal.Bool(), nil
	}
	operand := c.Literal
	if c.Path != nil {
		if operand, found, err = c.Path.Lookup(env); err != nil {
			return false, fieldError(err, c.Path.String())
		} else if !found {
			return false, &failure{errRuntime, "Invalid path '" + c.Path.String() +
				"': The choice state's condition path references an invalid value."}
		}
	}
	return compare(c.Operator, v, operand), nil
}
