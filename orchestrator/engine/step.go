package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// Handle looks at what a message points to, and does what there is to do. It may be called with the same message any number
// of times. An error means that the message has to be delivered again.
func (e *Engine) Handle(ctx context.Context, m Message) error {
	if m.Ended != "" {
		return e.StatusChanged(ctx, m.Ended)
	}
	r, ok := e.runs.Get(m.Execution)
	var err error
	switch {
	case ok:
	case m.Start != nil:
		r, err = e.prepare(ctx, m.Start)
	default:
		r, err = e.run(ctx, m.Execution)
	}
	if err != nil {
		return err
	}
	if m.Deadline {
		return e.deadline(ctx, r)
	}
	if m.Record != nil {
		return e.step(ctx, r, e.standing(ctx, r, m.Record))
	}
	pos, err := e.position(ctx, r, m.Key, m.Issued)
	if err != nil {
		return err
	}
	return e.step(ctx, r, pos)
}

// step advances a branch by one record if there is anything to record.
func (e *Engine) step(ctx context.Context, r *run, pos *machine.Position) error {
	switch pos.Kind {
	case machine.Ended:
		return e.emit(ctx, r, nil, pos)
	case machine.Forked:
		return e.join(ctx, r, pos)
	}
	env := machine.Env{Now: e.Clock.Now()}
	var claim *Claim
	if t, ok := r.program.State(pos.State).(*asl.Task); ok {
		claim = e.newClaim(ctx, pos, t, env.Now)
		env.Token = claimToken(claim)
	}
	d := r.program.Decide(r.view, pos, nil, env)
	switch {
	case d.Record != nil:
		return e.commit(ctx, r, pos, d.Record)
	case !d.Wait.IsZero():
		return e.lookAgain(ctx, r, pos.Key, d.Wait, false)
	case d.Task != nil:
		return e.attempt(ctx, r, pos, d.Task, claim)
	}
	return nil
}

// lookAgain sends a message that has a branch looked at at a later time.
func (e *Engine) lookAgain(ctx context.Context, r *run, key machine.Key, at time.Time, task bool) error {
	return e.send(ctx, r, Message{Key: key, NotBefore: at, Task: task})
}

// send sends messages about an execution, and with each what the execution is.
func (e *Engine) send(ctx context.Context, r *run, ms ...Message) error {
	for i := range ms {
		ms[i].Start = r.Execution
	}
	return e.Queue.Send(ctx, ms...)
}

// happened records what has happened to a branch.
func (e *Engine) happened(ctx context.Context, r *run, pos *machine.Position, h machine.Happening, env machine.Env) error {
	d := r.program.Decide(r.view, pos, h, env)
	if d.Record == nil {
		return fmt.Errorf("record %s: nothing decided for %T", pos.Key, h)
	}
	return e.commit(ctx, r, pos, d.Record)
}

// commit puts the record that follows pos, and emits what it says; where there is one already, it makes sure that this one
// was emitted.
func (e *Engine) commit(ctx context.Context, r *run, pos *machine.Position, rec *machine.Record) error {
	next, err := e.put(ctx, pos, rec)
	if errors.Is(err, ErrExists) {
		return e.emitAgain(ctx, r, pos)
	}
	if err != nil {
		return err
	}
	return e.emit(ctx, r, pos, next)
}

// put puts the record that follows pos, and returns the position there; ErrExists when there is one already.
func (e *Engine) put(ctx context.Context, pos *machine.Position, rec *machine.Record) (*machine.Position, error) {
	if err := e.Store.AppendRecord(ctx, rec.Key, machine.EncodeRecord(rec)); err != nil {
		return nil, fmt.Errorf("append record %s: %w", rec.Key, err)
	}
	return &machine.Position{Record: rec, Outer: pos.Outer}, nil
}

// emitAgain emits the record that follows pos if the branch stands there: whoever put it may have been lost before it could.
// A branch that has moved on needs nothing.
func (e *Engine) emitAgain(ctx context.Context, r *run, pos *machine.Position) error {
	tip, err := e.tip(ctx, r, pos.Branch)
	if err != nil || tip.Seq != pos.Seq+1 {
		return err
	}
	return e.emit(ctx, r, pos, tip)
}

// join looks how the children of a fork are, and goes on when they have ended.
func (e *Engine) join(ctx context.Context, r *run, pos *machine.Position) error {
	j, err := e.Store.Join(ctx, pos.Key, pos.Children, pos.Window)
	if err != nil {
		return fmt.Errorf("load join %s: %w", pos.Key, err)
	}
	switch {
	case j.Failed != nil:
		return e.childFailed(ctx, r, pos, j)
	case len(j.Done) == pos.Children:
		return e.childrenSucceeded(ctx, r, pos, j)
	}
	return nil
}

func (e *Engine) childrenSucceeded(ctx context.Context, r *run, pos *machine.Position, j Join) error {
	ends, err := e.ends(ctx, pos, j.Done)
	if err != nil {
		return err
	}
	h := machine.ChildrenSucceeded{Outputs: make([]value.Value, len(ends))}
	env := machine.Env{Now: e.Clock.Now()}
	for i, end := range ends {
		at, err := e.at(ctx, r, end)
		if err != nil {
			return err
		}
		h.Outputs[i] = at.Data.Value
		h.Events += end.Events
		env.After = max(env.After, end.At)
	}
	if r.program.State(pos.State).Base().Type == asl.TypeMap {
		h.Events += len(ends) // MapIterationSucceeded
	}
	return e.happened(ctx, r, pos, h, env)
}

// childFailed stops the other children, and then fails the fork with what the first one failed with.
func (e *Engine) childFailed(ctx context.Context, r *run, pos *machine.Position, j Join) error {
	ends, err := e.ends(ctx, pos, []ChildEnd{*j.Failed})
	if err != nil {
		return err
	}
	if err := e.fenceChildren(ctx, r, pos); err != nil {
		return err
	}
	h := machine.ChildFailed{Failure: *ends[0].Failure, Events: ends[0].Events + 1}
	return e.happened(ctx, r, pos, h, machine.Env{Now: e.Clock.Now(), After: ends[0].At})
}
