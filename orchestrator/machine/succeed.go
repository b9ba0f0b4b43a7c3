package machine

import "minuet/orchestrator/asl"

// enterSucceed ends the branch with its input.
//
// https://states-language.net/spec.html#succeed-state
func (s *step) enterSucceed(*asl.Succeed) Decision {
	in, f := s.effective(nil)
	if f != nil {
		return s.raised(f)
	}
	return s.leave(in, asl.Result{}, PhaseNone, 0)
}
