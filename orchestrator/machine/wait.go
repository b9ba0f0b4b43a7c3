package machine

import (
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

// enterWait waits until the time that the state gives, counted from its entry.
//
// https://states-language.net/spec.html#wait-state
func (s *step) enterWait(st *asl.Wait) Decision {
	in, f := s.effective(nil)
	if f != nil {
		return s.raised(f)
	}
	until, f := s.waitUntil(st, in)
	if f != nil {
		return s.raised(f)
	}
	if s.env.Now.Before(until) {
		return Decision{Wait: until}
	}
	return s.leave(in, asl.Result{}, PhaseNone, 0)
}

func (s *step) waitUntil(st *asl.Wait, in value.Value) (time.Time, *failure) {
	entered := s.pos.EnteredAt.Time()
	switch {
	case st.Seconds != nil:
		return entered.Add(time.Duration(*st.Seconds) * time.Second), nil
	case st.SecondsPath != nil:
		n, f := s.wholeNumber("SecondsPath", st.SecondsPath, in)
		if f == nil && (n < 0 || n > maxSeconds) {
			f = &failure{errRuntime, "The SecondsPath parameter does not reference a positive integer: " + st.SecondsPath.String()}
		}
		return entered.Add(time.Duration(n) * time.Second), f
	case st.TimestampPath != nil:
		v, err := st.TimestampPath.Eval(s.scope(in))
		if err != nil {
			return entered, fieldError(err, st.TimestampPath.String())
		}
		t, ok := ParseTimestamp(v.Text())
		if v.Kind() != value.String || !ok {
			text := v.JSON()
			if v.Kind() == value.String {
				text = v.Text()
			}
			return entered, &failure{errRuntime, "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: " +
				st.TimestampPath.String() + " == " + text}
		}
		return t, nil
	}
	t, _ := ParseTimestamp(st.Timestamp) // checked when the definition was parsed
	return t, nil
}

// maxSeconds is the longest time that a state may wait, or a task take.
const maxSeconds = 99_999_999

// ParseTimestamp reads ASL's timestamps: RFC 3339 with a capital T, and a capital Z where there is no offset.
//
// https://states-language.net/spec.html#timestamps
func ParseTimestamp(text string) (time.Time, bool) {
	if len(text) < 11 || text[10] != 'T' {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil
}
