package engine

import (
	"context"
	"errors"
	"fmt"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
)

// stop ends an execution from outside. It returns the record that ended it: its own, or the one that came before.
func (e *Engine) stop(ctx context.Context, r *run, status machine.Status, f *machine.Failure) (*machine.Record, error) {
	for {
		pos, err := e.tip(ctx, r, machine.Root)
		if err != nil {
			return nil, err
		}
		if pos.Kind == machine.Ended {
			return pos.Record, e.emit(ctx, r, nil, pos)
		}
		next, err := e.put(ctx, pos, machine.Stop(pos, status, f, e.Clock.Now()))
		if err == nil {
			return next.Record, e.emit(ctx, r, pos, next)
		}
		if !errors.Is(err, ErrExists) {
			return nil, err
		}
	}
}

// fenceChildren stops every child of a fork that was started and has not ended well, and all below them. No more are
// issued. It may be repeated, and a repeat finishes what was left undone: a child that is stopped already is descended into
// all the same.
func (e *Engine) fenceChildren(ctx context.Context, r *run, fork *machine.Position) error {
	if _, err := e.Store.CloseJoin(ctx, fork.Key, fork.Children, fork.Window); err != nil {
		return fmt.Errorf("close join %s: %w", fork.Key, err)
	}
	j, err := e.Store.Join(ctx, fork.Key, fork.Children, fork.Window)
	if err != nil {
		return fmt.Errorf("load join %s: %w", fork.Key, err)
	}
	done := make(map[int]bool, len(j.Done))
	for _, d := range j.Done {
		done[d.Index] = true
	}
	for i := range j.Issued {
		if !done[i] {
			if err := e.fence(ctx, r, fork.Branch.Child(fork.Seq, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// fence stops a branch, and all below it, by a last record at its tip: the step that runs there loses its put.
func (e *Engine) fence(ctx context.Context, r *run, branch machine.BranchID) error {
	for {
		pos, err := e.tip(ctx, r, branch)
		if err != nil {
			return err
		}
		if pos.Kind == machine.Ended {
			return e.fenceBelow(ctx, r, nil, pos)
		}
		if pos.Kind == machine.Forked {
			if _, err := e.Store.CloseJoin(ctx, pos.Key, pos.Children, pos.Window); err != nil {
				return fmt.Errorf("close join %s: %w", pos.Key, err)
			}
		}
		next, err := e.put(ctx, pos, machine.Stop(pos, machine.Aborted, nil, e.Clock.Now()))
		if err == nil {
			return e.fenceBelow(ctx, r, pos, next)
		}
		if !errors.Is(err, ErrExists) {
			return err
		}
	}
}

// fenceBelow stops what the branch whose last record is at pos had started: the children of its fork, or the execution that
// its task waits for. before is the position that the record followed, or nil to load it.
func (e *Engine) fenceBelow(ctx context.Context, r *run, before, pos *machine.Position) error {
	before, err := e.before(ctx, r, before, pos)
	if err != nil {
		return err
	}
	if before.Kind == machine.Forked {
		return e.fenceChildren(ctx, r, before)
	}
	return e.stopLeftChild(ctx, r, before, pos)
}

// before loads the position that the one at pos followed, unless it is at hand.
func (e *Engine) before(ctx context.Context, r *run, before, pos *machine.Position) (*machine.Position, error) {
	if before != nil || pos.Seq == 0 {
		return before, nil
	}
	key := pos.Key
	key.Seq--
	return e.position(ctx, r, key, 0)
}

// stopLeftChild stops the execution that a task was waiting for when it was stopped itself, or timed out.
func (e *Engine) stopLeftChild(ctx context.Context, r *run, before, pos *machine.Position) error {
	stopped := pos.Kind == machine.Ended && pos.From == ""
	timedOut := pos.Failure != nil && pos.Failure.Error == "States.Timeout" && pos.Phase == machine.PhaseStarted
	if pos.Kind == machine.Started || !stopped && !timedOut {
		return nil
	}
	before, err := e.before(ctx, r, before, pos)
	if err != nil {
		return err
	}
	t, ok := r.program.State(before.State).(*asl.Task)
	if !ok || t.Resource.Pattern != asl.Sync && t.Resource.Pattern != asl.Sync2 {
		return nil
	}
	c, err := e.Store.Claim(ctx, before.Key)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("load claim %s: %w", before.Key, err)
	case c.Submitted == nil || c.Submitted.Child == "":
		return nil // whoever submits it later finds the record, and stops the child
	}
	if x, err := e.summary(ctx, c.Submitted.Child); err != nil || x.Status != machine.Running {
		return err // its end is told already: telling it again would bring us back here
	}
	child, err := e.run(ctx, c.Submitted.Child)
	if err != nil {
		return err
	}
	_, err = e.stop(ctx, child, machine.Aborted, &machine.Failure{HasCause: true,
		Cause: "The Task state in AWS Step Functions execution [" + r.ARN + "] which was managing this resource was aborted"})
	return err
}

// FailExecution ends a running execution as FAILED, for a reason that lies outside of its definition. On one that has ended it
// changes nothing.
func (e *Engine) FailExecution(ctx context.Context, arn, errorName, cause string) error {
	r, err := e.run(ctx, arn)
	if err != nil {
		return err
	}
	_, err = e.stop(ctx, r, machine.Failed, machine.NewFailure(errorName, cause))
	return err
}
