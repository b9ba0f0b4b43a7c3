package machine

import (
	"errors"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// enterFail ends the branch with the error and the cause that the state gives.
//
// https://states-language.net/spec.html#fail-state
func (s *step) enterFail(st *asl.Fail) Decision {
	var out Failure
	var f *failure
	if out.Error, out.HasError, f = s.failField("ErrorPath", st.Error, st.ErrorPath); f != nil {
		return s.raised(f)
	}
	if out.Cause, out.HasCause, f = s.failField("CausePath", st.Cause, st.CausePath); f != nil {
		return s.raised(f)
	}
	return s.end(out, PhaseNone, 0)
}

func (s *step) failField(field string, literal *string, path *expr.Expression) (text string, has bool, f *failure) {
	if literal != nil {
		return *literal, true, nil
	}
	if path == nil {
		return "", false, nil
	}
	v, err := path.Eval(s.scope(s.pos.Data.Value))
	var missing *expr.NotFoundError
	switch {
	case errors.As(err, &missing) && !path.IsIntrinsic():
		return "", false, &failure{errRuntime, "The JSONPath '" + path.String() + "' specified for the field '" + field +
			"' could not be found in the input '" + s.pos.Data.Value.JSON() + "'"}
	case err != nil:
		return "", false, fieldError(err, path.String())
	case v.Kind() != value.String:
		return "", false, &failure{errRuntime, "The " + field + " field '" + path.String() + "' must reference a string, but it is " + v.JSON()}
	}
	return v.Text(), true, nil
}
