package machine

import (
	"math"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// TaskCall is the work that a Task asks for.
type TaskCall struct {
	Resource    asl.Resource
	Parameters  value.Value // the effective input
	Timeout     int64       // seconds; 0 for none
	Heartbeat   int64       // seconds; 0 for none
	Credentials value.Value // an object, or null for none
}

// enterTask asks for the state's work.
//
// https://states-language.net/spec.html#task-state
func (s *step) enterTask(st *asl.Task) Decision {
	call, f := s.taskCall(st)
	if f != nil {
		return s.raised(f)
	}
	return Decision{Task: call}
}

func (s *step) taskCall(st *asl.Task) (*TaskCall, *failure) {
	in, f := s.selected(st.InputPath, s.pos.Data.Value)
	if f != nil {
		return nil, f
	}
	call := &TaskCall{Resource: st.Resource, Timeout: st.TimeoutSeconds, Heartbeat: st.HeartbeatSeconds}
	if st.TimeoutSecondsPath != nil {
		if call.Timeout, f = s.seconds("TimeoutSecondsPath", st.TimeoutSecondsPath, in); f != nil {
			return nil, f
		}
	}
	if st.HeartbeatSecondsPath != nil {
		if call.Heartbeat, f = s.seconds("HeartbeatSecondsPath", st.HeartbeatSecondsPath, in); f != nil {
			return nil, f
		}
	}
	if call.Parameters, f = s.filled(st.Parameters, in); f != nil {
		return nil, f
	}
	if st.Credentials != nil {
		if call.Credentials, f = s.filled(st.Credentials, in); f != nil {
			return nil, f
		}
	}
	return call, s.oversize(call.Parameters, s.pos.State)
}

// taskSucceeded leaves the state with what the task returned.
func (s *step) taskSucceeded(st *asl.Task, h TaskSucceeded) Decision {
	if limit := s.p.Limits.DataBytes; limit > 0 && h.Output.Size() > limit {
		return s.failed(*DataLimitExceeded(st.Resource), PhaseStarted, 0)
	}
	return s.leave(h.Output, st.Result, PhaseStarted, 0)
}

// DataLimitExceeded is what a task fails with when its result is too large.
func DataLimitExceeded(r asl.Resource) *Failure {
	who := r.Service
	if r.Lambda {
		who = r.ARN
	}
	f := oversized(who)
	return NewFailure(f.name, f.cause)
}

// seconds evaluates a field that names a time in seconds.
func (s *step) seconds(field string, path *expr.Expression, in value.Value) (int64, *failure) {
	n, f := s.wholeNumber(field, path, in)
	if f == nil && (n < 1 || n > maxSeconds) {
		f = &failure{errRuntime, "The " + field + " field refers to value \"" + plain(value.OfInt(n)) + "\" which is not a positive integer: " + path.String()}
	}
	return n, f
}

// wholeNumber evaluates a field that names an integer, which may come as a number or as its text.
func (s *step) wholeNumber(field string, path *expr.Expression, in value.Value) (int64, *failure) {
	v, err := path.Eval(s.scope(in))
	if err != nil {
		return 0, fieldError(err, path.String())
	}
	number := v
	if v.Kind() == value.String {
		if n, err := value.OfNumber(v.Text()); err == nil {
			number = n
		}
	}
	if number.Kind() == value.Number {
		if n, ok := number.Int(); ok {
			return n, nil
		}
		if x := number.Float(); x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x), nil
		}
	}
	return 0, &failure{errRuntime, "The " + field + " field refers to value \"" + plain(v) + "\" which is not a valid integer: " + path.String()}
}

// plain is a value as AWS shows it inside a cause: a string without quotes, anything else as JSON.
func plain(v value.Value) string {
	if v.Kind() == value.String {
		return v.Text()
	}
	return v.JSON()
}
