package machine

import "minuet/orchestrator/asl"

// enterPass hands on Result, or the effective input.
//
// https://states-language.net/spec.html#pass-state
func (s *step) enterPass(st *asl.Pass) Decision {
	result, f := s.effective(st.Parameters)
	if f != nil {
		return s.raised(f)
	}
	if st.Result != nil {
		result = *st.Result
	}
	return s.leave(result, asl.Result{ResultPath: st.ResultPath}, PhaseNone, 0)
}
