package machine

import (
	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

// fork makes the record that starts a state's children.
func (s *step) fork(children, window int) Decision {
	r := s.next(Forked)
	r.State, r.Data = s.pos.State, s.pos.Data
	r.EnteredAt, r.EnteredEvent = s.pos.EnteredAt, s.pos.EnteredEvent
	r.Retries, r.RetryCount, r.RetryAt = s.pos.Retries, s.pos.RetryCount, s.pos.RetryAt
	r.Events++
	r.Children, r.Window = children, window
	return Decision{Record: r}
}

// joined leaves a Parallel or Map state with its children's outputs.
func (s *step) joined(h ChildrenSucceeded) Decision {
	var io asl.Result
	switch st := s.state.(type) {
	case *asl.Parallel:
		io = st.Result
	case *asl.Map:
		io = st.Result
	}
	return s.leave(value.OfArray(h.Outputs...), io, PhaseForked, h.Events)
}

// Children is what the children of a fork start from.
type Children struct {
	step  *step
	input value.Value   // a Parallel's effective input
	items []value.Value // a Map's items
}

// ChildInputs evaluates, once for all children of the fork at which pos stands, what they start from.
func (p *Program) ChildInputs(x *Execution, pos *Position) (*Children, error) {
	s := &step{p: p, x: x, pos: pos, state: p.states[pos.State]}
	switch st := s.state.(type) {
	case *asl.Parallel:
		in, f := s.effective(st.Parameters)
		if f != nil {
			return nil, f
		}
		return &Children{step: s, input: in}, nil
	case *asl.Map:
		items, f := s.items(st)
		if f != nil {
			return nil, f
		}
		return &Children{step: s, items: items}, nil
	}
	return nil, &failure{errRuntime, "The state '" + pos.State + "' has no children."}
}

// Item returns the element that the child works on; ok is false for a Parallel's branch.
func (c *Children) Item(index int) (item Item, ok bool) {
	if index < 0 || index >= len(c.items) {
		return Item{}, false
	}
	return Item{Index: index, Value: c.items[index]}, true
}

// ChildRecord returns record 0 of a child of the fork at which pos stands; the fork implies it. at is when the child was
// issued.
func (p *Program) ChildRecord(c *Children, pos *Position, index int, at Stamp) (*Record, error) {
	key := Key{pos.Execution, pos.Branch.Child(pos.Seq, index), 0}
	switch st := c.step.state.(type) {
	case *asl.Parallel:
		return start(key, at, st.Branches[index].StartAt, c.input, pos.Vars.Value, 1), nil
	case *asl.Map:
		in, f := c.step.itemInput(st, Item{Index: index, Value: c.items[index]})
		if f != nil {
			return nil, f
		}
		const iterationStartedAndStateEntered = 2
		return start(key, at, st.Processor.StartAt, in, pos.Vars.Value, iterationStartedAndStateEntered), nil
	}
	return nil, &failure{errRuntime, "The state '" + pos.State + "' has no children."}
}
