package memstore

import (
	"context"
	"fmt"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

type join struct {
	issued int
	done   map[int]int // by index, the number of the child's last record
	failed *engine.ChildEnd
	closed bool
}

// view is the join as callers see it, with Done filled in.
func (j *join) view() engine.Join {
	v := engine.Join{Issued: j.issued, Failed: clonePointer(j.failed), Closed: j.closed}
	for _, index := range sortedKeys(j.done) {
		v.Done = append(v.Done, engine.ChildEnd{Index: index, Seq: j.done[index]})
	}
	return v
}

// ChildSucceeded implements [engine.JoinStore].
func (s *Store) ChildSucceeded(ctx context.Context, fork machine.Key, children, window int, end engine.ChildEnd) (v engine.Join, first bool, err error) {
	if end.Index < 0 || end.Index >= children {
		return v, false, fmt.Errorf("child %d of %s, which has %d", end.Index, fork, children)
	}
	err = s.withJoin(ctx, fork, children, window, func(j *join) {
		before := j.issued
		if _, repeated := j.done[end.Index]; !repeated && !j.closed {
			first = true
			j.done[end.Index] = end.Seq
			j.issued = min(j.issued+1, children)
		}
		v = j.view()
		if first {
			v.From = before
		}
		if first && len(j.done) < children {
			v.Done = nil
		}
	})
	return v, first, err
}

// ChildFailed implements [engine.JoinStore].
func (s *Store) ChildFailed(ctx context.Context, fork machine.Key, children, window int, end engine.ChildEnd) (v engine.Join, err error) {
	if end.Index < 0 || end.Index >= children {
		return v, fmt.Errorf("child %d of %s, which has %d", end.Index, fork, children)
	}
	err = s.withJoin(ctx, fork, children, window, func(j *join) {
		if !j.closed {
			j.failed, j.closed = &end, true
		}
		v = j.view()
	})
	return v, err
}

// CloseJoin implements [engine.JoinStore].
func (s *Store) CloseJoin(ctx context.Context, fork machine.Key, children, window int) (v engine.Join, err error) {
	err = s.withJoin(ctx, fork, children, window, func(j *join) {
		j.closed = true
		v = j.view()
	})
	return v, err
}

// Join implements [engine.JoinStore].
func (s *Store) Join(ctx context.Context, fork machine.Key, children, window int) (v engine.Join, err error) {
	err = s.withJoin(ctx, fork, children, window, func(j *join) { v = j.view() })
	return v, err
}

// withJoin calls fn with the join under the lock.
func (s *Store) withJoin(ctx context.Context, fork machine.Key, children, window int, fn func(*join)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.joins[fork]
	if j == nil {
		j = &join{issued: children, done: map[int]int{}}
		if window > 0 {
			j.issued = min(window, children)
		}
		s.joins[fork] = j
	}
	fn(j)
	return nil
}
