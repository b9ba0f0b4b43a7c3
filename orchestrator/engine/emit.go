package engine

import (
	"context"
	"fmt"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
)

// emit does what the record at pos says to do. It may be repeated: everything that it does is idempotent, or a message.
// before is the position that the record followed, or nil to load it where it is needed.
func (e *Engine) emit(ctx context.Context, r *run, before, pos *machine.Position) error {
	if err := e.stopLeftChild(ctx, r, before, pos); err != nil {
		return err
	}
	switch pos.Kind {
	case machine.Moved, machine.Retried:
		m := Message{Key: pos.Key, Record: pos.Record, NotBefore: pos.RetryAt}
		_, m.Task = r.program.State(pos.State).(*asl.Task)
		return e.send(ctx, r, m)
	case machine.Forked:
		return e.emitFork(ctx, r, pos)
	case machine.Ended:
		if pos.Branch == machine.Root {
			return e.emitEnd(ctx, r, before, pos)
		}
		return e.emitChildEnd(ctx, r, pos)
	}
	return nil
}

// emitFork has the first children start; the others are issued as these end.
func (e *Engine) emitFork(ctx context.Context, r *run, pos *machine.Position) error {
	if pos.Children == 0 {
		return e.send(ctx, r, Message{Key: pos.Key, Record: pos.Record})
	}
	n := pos.Children
	if pos.Window > 0 {
		n = min(n, pos.Window)
	}
	ms := make([]Message, n)
	for i := range ms {
		m, err := e.childMessage(r, pos, i, pos.At)
		if err != nil {
			return err
		}
		ms[i] = m
	}
	return e.send(ctx, r, ms...)
}

// childMessage is the message that has a child start.
func (e *Engine) childMessage(r *run, fork *machine.Position, index int, issued machine.Stamp) (Message, error) {
	f, err := e.forkAt(r, fork)
	if err != nil {
		return Message{}, err
	}
	rec, err := r.program.ChildRecord(f.inputs, f.pos, index, issued)
	if err != nil {
		return Message{}, err
	}
	m := Message{Key: rec.Key, Issued: issued, Record: rec}
	_, m.Task = r.program.State(rec.State).(*asl.Task)
	return m, nil
}

// emitChildEnd counts a child that has ended, and has the next one start, or the parent go on.
func (e *Engine) emitChildEnd(ctx context.Context, r *run, pos *machine.Position) error {
	f, index, err := e.forkOf(ctx, r, pos.Branch)
	if err != nil {
		return err
	}
	end := ChildEnd{Index: index, Seq: pos.Seq}
	parent := Message{Key: f.pos.Key}
	switch pos.Status {
	case machine.Failed:
		if _, err := e.Store.ChildFailed(ctx, f.pos.Key, f.pos.Children, f.pos.Window, end); err != nil {
			return fmt.Errorf("join %s: %w", f.pos.Key, err)
		}
		return e.send(ctx, r, parent)
	case machine.Succeeded:
	default:
		return nil // stopped together with its parent
	}
	j, first, err := e.Store.ChildSucceeded(ctx, f.pos.Key, f.pos.Children, f.pos.Window, end)
	if err != nil {
		return fmt.Errorf("join %s: %w", f.pos.Key, err)
	}
	if j.Closed {
		return nil
	}
	if len(j.Done) == f.pos.Children {
		return e.send(ctx, r, parent)
	}
	if first {
		for i := j.From; i < j.Issued; i++ {
			if err := e.issue(ctx, r, f.pos, i, pos.At); err != nil {
				return err
			}
		}
		return nil
	}
	return e.issueAgain(ctx, r, f.pos, j)
}

// issue has a child start.
func (e *Engine) issue(ctx context.Context, r *run, fork *machine.Position, index int, at machine.Stamp) error {
	m, err := e.childMessage(r, fork, index, at)
	if err != nil {
		return err
	}
	return e.send(ctx, r, m)
}

// issueAgain has those children start that were issued by others' ends and have not ended: which of the messages were lost
// nobody knows.
func (e *Engine) issueAgain(ctx context.Context, r *run, fork *machine.Position, j Join) error {
	done := make(map[int]bool, len(j.Done))
	for _, d := range j.Done {
		done[d.Index] = true
	}
	for i := range j.Issued {
		if done[i] {
			continue
		}
		at, err := e.issued(ctx, fork, i)
		if err != nil {
			return err
		}
		if err := e.issue(ctx, r, fork, i, at); err != nil {
			return err
		}
	}
	return nil
}

// emitEnd closes an execution: what is still running below it is stopped, its summary is completed, and its end is told.
func (e *Engine) emitEnd(ctx context.Context, r *run, before, pos *machine.Position) error {
	if pos.From == "" {
		if err := e.fenceBelow(ctx, r, before, pos); err != nil {
			return err
		}
	}
	var output []byte
	var errorName, cause *string
	if pos.Status == machine.Succeeded {
		output = pos.Data.Value.AppendJSON(nil)
	}
	if f := pos.Failure; f != nil && f.HasError {
		errorName = &f.Error
	}
	if f := pos.Failure; f != nil && f.HasCause {
		cause = &f.Cause
	}
	if err := e.Store.EndExecution(ctx, r.ARN, pos.Status, pos.At, output, errorName, cause); err != nil {
		return fmt.Errorf("end execution %s: %w", r.ARN, err)
	}
	e.quota.leave(r.ARN)
	e.runs.Remove(r.ARN)
	x := *r.Execution
	x.Status, x.End, x.Output, x.Error, x.Cause = pos.Status, pos.At, output, errorName, cause
	if err := e.Bus.Publish(ctx, StatusChange{Execution: &x}); err != nil {
		return fmt.Errorf("publish the end of %s: %w", r.ARN, err)
	}
	return nil
}

// StatusChanged tells the task that waits for an execution that it has ended. The event is a hint: what it says is read
// from the store again, so a forged one does nothing.
func (e *Engine) StatusChanged(ctx context.Context, arn string) error {
	child, err := e.summary(ctx, arn)
	if err != nil {
		return err
	}
	if child.Status == machine.Running || child.Parent == nil || !child.Parent.Waits {
		return nil
	}
	r, err := e.run(ctx, child.Parent.Execution)
	if err != nil {
		return err
	}
	pos, err := e.position(ctx, r, child.Parent.Key, 0)
	if err != nil {
		return err
	}
	t, ok := r.program.State(pos.State).(*asl.Task)
	if !ok {
		return fmt.Errorf("execution %s: its parent's record %s has not entered a task", arn, child.Parent.Key)
	}
	_, err = e.childOver(ctx, r, pos, t.Resource, arn)
	return err
}

// summary loads an execution as it is now.
func (e *Engine) summary(ctx context.Context, arn string) (*Execution, error) {
	x, err := e.Store.Execution(ctx, arn)
	if err != nil {
		return nil, fmt.Errorf("load execution %s: %w", arn, err)
	}
	return x, nil
}
