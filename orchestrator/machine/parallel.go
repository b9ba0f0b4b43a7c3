package machine

import "minuet/orchestrator/asl"

// enterParallel starts a child for each branch.
//
// https://states-language.net/spec.html#parallel-state
func (s *step) enterParallel(st *asl.Parallel) Decision {
	if _, f := s.effective(st.Parameters); f != nil {
		return s.raised(f)
	}
	return s.fork(len(st.Branches), 0)
}
