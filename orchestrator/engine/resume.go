package engine

import (
	"context"
	"errors"
	"fmt"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
)

// Resume looks at every running execution, and sends again whatever message is needed for it to go on. A host whose queue
// forgets calls it when it starts; it may be called at any time.
func (e *Engine) Resume(ctx context.Context) error {
	const page = 1000
	after := ""
	for {
		arns, next, err := e.Store.OpenExecutions(ctx, after, page)
		if err != nil {
			return fmt.Errorf("list running executions: %w", err)
		}
		for _, arn := range arns {
			e.quota.resume(arn)
			if err := e.ResumeExecution(ctx, arn); err != nil {
				// One that cannot be read must not keep the others from going on.
				e.Log.ErrorContext(ctx, "resume", "execution", arn, "error", err)
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
}

// ResumeExecution does for one execution what [Engine.Resume] does for all.
func (e *Engine) ResumeExecution(ctx context.Context, arn string) error {
	r, err := e.run(ctx, arn)
	if err != nil {
		return err
	}
	if d, ok := e.deadlineOf(r); ok {
		if err := e.send(ctx, r, Message{Key: machine.Key{Execution: arn}, Deadline: true, NotBefore: d}); err != nil {
			return err
		}
	}
	return e.resumeBranch(ctx, r, machine.Root)
}

// resumeBranch sends what a branch, and all below it, needs to go on.
func (e *Engine) resumeBranch(ctx context.Context, r *run, branch machine.BranchID) error {
	pos, err := e.tip(ctx, r, branch)
	if err != nil {
		return err
	}
	switch pos.Kind {
	case machine.Ended:
		return e.emit(ctx, r, nil, pos)
	case machine.Forked:
		return e.resumeFork(ctx, r, pos)
	}
	return e.send(ctx, r, Message{Key: pos.Key, Record: pos.Record, NotBefore: pos.RetryAt, Task: isTask(r, pos.State)})
}

func (e *Engine) resumeFork(ctx context.Context, r *run, pos *machine.Position) error {
	j, err := e.Store.Join(ctx, pos.Key, pos.Children, pos.Window)
	if err != nil {
		return fmt.Errorf("load join %s: %w", pos.Key, err)
	}
	done := make(map[int]bool, len(j.Done))
	for _, d := range j.Done {
		done[d.Index] = true
	}
	for i := range j.Issued {
		if done[i] {
			continue
		}
		if err := e.resumeBranch(ctx, r, pos.Branch.Child(pos.Seq, i)); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return e.send(ctx, r, Message{Key: pos.Key, Record: pos.Record})
}

func isTask(r *run, state string) bool {
	_, ok := r.program.State(state).(*asl.Task)
	return ok
}
