package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
)

// newClaim makes the claim for the attempt at the Task that pos has entered.
func (e *Engine) newClaim(ctx context.Context, pos *machine.Position, t *asl.Task, now time.Time) *Claim {
	c := &Claim{Key: pos.Key, At: machine.NewStamp(now, pos.At), Owner: e.Owner, Lease: e.leaseEnd(ctx, now), Heartbeat: now}
	if t.Resource.Pattern != asl.RequestResponse || t.Resource.Activity {
		c.Nonce = randomName()
	}
	return c
}

// leaseEnd is until when this worker may be at a task that it takes now.
func (e *Engine) leaseEnd(ctx context.Context, now time.Time) time.Time {
	lease := e.Lease
	if deadline, ok := ctx.Deadline(); ok {
		lease = min(lease, time.Until(deadline))
	}
	return now.Add(lease)
}

// claimToken is the token of a claimed attempt; "" where the attempt has none.
func claimToken(c *Claim) string {
	if c.Nonce == "" {
		return ""
	}
	return encodeToken(c.Key, c.Nonce)
}

// attempt claims the attempt at a Task and starts it; where it is claimed already it looks how the attempt is.
func (e *Engine) attempt(ctx context.Context, r *run, pos *machine.Position, call *machine.TaskCall, claim *Claim) error {
	// Before the claim is put: a message that comes twice at once must not find a claim of this worker's, and nobody at it.
	if _, at := e.inFlight.LoadOrStore(pos.Key, struct{}{}); at {
		return e.lookAgain(ctx, r, pos.Key, claim.Lease, true)
	}
	defer e.inFlight.Delete(pos.Key)
	existing, err := e.Store.PutClaim(ctx, claim)
	if errors.Is(err, ErrExists) {
		return e.claimed(ctx, r, pos, call, existing)
	}
	if err != nil {
		return fmt.Errorf("claim %s: %w", pos.Key, err)
	}
	return e.start(ctx, r, pos, call, claim)
}

// start performs a claimed attempt, and records how it came out, or that it was submitted.
func (e *Engine) start(ctx context.Context, r *run, pos *machine.Position, call *machine.TaskCall, claim *Claim) error {
	switch h, err := e.mocked(ctx, r, pos, claim); {
	case err != nil:
		return err
	case h != nil:
		return e.happened(ctx, r, pos, h, e.env())
	}
	perform := e.integration(call.Resource)
	if perform == nil {
		f := machine.NewFailure("States.TaskFailed", "Minuet does not offer the resource "+call.Resource.ARN+" yet.")
		return e.happened(ctx, r, pos, machine.TaskFailed{Failure: *f, Phase: machine.PhaseStarted}, e.env())
	}
	within, cancel := ctx, context.CancelFunc(func() {})
	if limit, ok := e.timeLimit(ctx, call, claim); ok {
		within, cancel = context.WithTimeout(ctx, limit)
	}
	started, err := perform.Start(within, &Task{
		Key: pos.Key, TaskCall: call, Execution: r.ARN, RoleARN: r.machine.RoleARN,
		Token: claimToken(claim), MaxBytes: e.Limits.DataBytes, Random: r.program.Random(r.view, pos),
	})
	timedOut := within.Err() != nil && ctx.Err() == nil
	cancel()
	var failure *TaskError
	switch {
	case err == nil && call.Resource.Pattern == asl.RequestResponse:
		return e.happened(ctx, r, pos, machine.TaskSucceeded{Output: started.Output}, e.env())
	case err == nil:
		return e.submitted(ctx, r, pos, call, claim, started)
	case errors.As(err, &failure):
		return e.happened(ctx, r, pos, machine.TaskFailed{Failure: failure.Failure, Phase: machine.PhaseStarted}, e.env())
	case timedOut:
		return e.happened(ctx, r, pos, machine.TaskFailed{Failure: *timeout(), Phase: machine.PhaseStarted}, e.env())
	case ctx.Err() != nil:
		// This worker is being stopped; whoever gets the message next finds the claim.
		return ctx.Err()
	case perform.Repeatable():
		return err
	}
	e.Log.WarnContext(ctx, "task outcome unknown", "execution", r.ARN, "state", pos.State, "error", err)
	return e.happened(ctx, r, pos, machine.TaskFailed{Failure: *unknown(call), Phase: machine.PhaseStarted}, e.env())
}

// timeLimit is how long a call may take: the task's timeout, and what the worker's own deadline leaves.
func (e *Engine) timeLimit(ctx context.Context, call *machine.TaskCall, claim *Claim) (limit time.Duration, ok bool) {
	if call.Timeout > 0 {
		limit, ok = claim.At.Time().Add(seconds(call.Timeout)).Sub(e.Clock.Now()), true
	}
	if deadline, has := ctx.Deadline(); has && e.Margin > 0 {
		if left := time.Until(deadline) - e.Margin; !ok || left < limit {
			limit, ok = left, true
		}
	}
	return limit, ok
}

func (e *Engine) env() machine.Env { return machine.Env{Now: e.Clock.Now()} }

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// timeout is how a task fails that takes too long, or misses a heartbeat.
func timeout() *machine.Failure { return machine.NewFailure("States.Timeout", "") }

// unknown is how a task fails when its worker was lost before it could record how it came out.
func unknown(call *machine.TaskCall) *machine.Failure {
	name := "States.TaskFailed"
	if call.Resource.Lambda || call.Resource.Service == "lambda" {
		name = "Lambda.Unknown"
	}
	return machine.NewFailure(name, "The outcome of the task is unknown: it was started, and its worker was lost before it could record a result.")
}

// submitted notes that a job runs, or a token was handed out, and goes on waiting for its end.
func (e *Engine) submitted(ctx context.Context, r *run, pos *machine.Position, call *machine.TaskCall, claim *Claim, s Started) error {
	claim.Submitted = &Submitted{At: machine.NewStamp(e.Clock.Now(), claim.At), Output: s.Output.AppendJSON(nil), Child: s.Child}
	if err := e.Store.SubmitClaim(ctx, pos.Key, *claim.Submitted); err != nil {
		return fmt.Errorf("submit claim %s: %w", pos.Key, err)
	}
	// A fence, a callback or the child's end may have come before this: then the record is there, and says so.
	over, err := e.recorded(ctx, pos.Key)
	if err != nil {
		return err
	}
	if over {
		return e.emitAgain(ctx, r, pos)
	}
	return e.waiting(ctx, r, pos, call, claim)
}

// recorded tells whether the attempt under key is over: the next record is there.
func (e *Engine) recorded(ctx context.Context, key machine.Key) (bool, error) {
	key.Seq++
	_, err := e.Store.Record(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("load record %s: %w", key, err)
	}
	return true, nil
}

// claimed looks how an attempt is that was claimed before.
func (e *Engine) claimed(ctx context.Context, r *run, pos *machine.Position, call *machine.TaskCall, c *Claim) error {
	if c.Submitted != nil {
		return e.waiting(ctx, r, pos, call, c)
	}
	now := e.Clock.Now()
	if e.alive(c, now) {
		return e.lookAgain(ctx, r, pos.Key, c.Lease, true)
	}
	perform := e.integration(call.Resource)
	if perform == nil || !perform.Repeatable() {
		return e.happened(ctx, r, pos, machine.TaskFailed{Failure: *unknown(call), Phase: machine.PhaseStarted}, e.env())
	}
	lease := e.leaseEnd(ctx, now)
	if err := e.Store.TakeClaim(ctx, pos.Key, c.Owner, e.Owner, lease); errors.Is(err, ErrExists) {
		return e.lookAgain(ctx, r, pos.Key, now.Add(time.Second), true)
	} else if err != nil {
		return fmt.Errorf("take claim %s: %w", pos.Key, err)
	}
	c.Owner, c.Lease = e.Owner, lease
	d := r.program.Decide(r.view, pos, nil, machine.Env{Now: now, Token: claimToken(c)})
	if d.Task == nil {
		return fmt.Errorf("record %s: the task is gone", pos.Key)
	}
	return e.start(ctx, r, pos, d.Task, c)
}

// alive tells whether another worker may still be at a claimed attempt: of others' this one knows only that they end with
// their lease. Of its own it would be at none that it looks at.
func (e *Engine) alive(c *Claim, now time.Time) bool {
	return c.Owner != e.Owner && !e.Alone && now.Before(c.Lease)
}

// waiting looks whether a submitted task is over, and comes back later when it is not.
func (e *Engine) waiting(ctx context.Context, r *run, pos *machine.Position, call *machine.TaskCall, c *Claim) error {
	env := machine.Env{Now: e.Clock.Now(), Submitted: true, After: c.Submitted.At}
	if c.Submitted.Child != "" {
		if over, err := e.childOver(ctx, r, pos, call.Resource, c.Submitted.Child); over || err != nil {
			return err
		}
	}
	until := dueAt(call, c)
	switch {
	case until.IsZero():
		return nil
	case env.Now.Before(until):
		return e.lookAgain(ctx, r, pos.Key, until, true)
	}
	// A heartbeat may have come since the claim was read.
	fresh, err := e.Store.Claim(ctx, pos.Key)
	if err != nil {
		return fmt.Errorf("load claim %s: %w", pos.Key, err)
	}
	if until = dueAt(call, fresh); env.Now.Before(until) {
		return e.lookAgain(ctx, r, pos.Key, until, true)
	}
	return e.happened(ctx, r, pos, machine.TaskFailed{Failure: *timeout(), Phase: machine.PhaseStarted}, env)
}

// dueAt is when a submitted task times out; zero for never.
func dueAt(call *machine.TaskCall, c *Claim) time.Time {
	var due time.Time
	if call.Timeout > 0 {
		due = c.At.Time().Add(seconds(call.Timeout))
	}
	if call.Heartbeat > 0 {
		if missed := c.Heartbeat.Add(seconds(call.Heartbeat)); due.IsZero() || missed.Before(due) {
			due = missed
		}
	}
	return due
}

// childOver records the end of the child execution that a task waits for, if it has ended.
func (e *Engine) childOver(ctx context.Context, r *run, pos *machine.Position, resource asl.Resource, arn string) (over bool, err error) {
	child, err := e.summary(ctx, arn)
	if err != nil {
		return false, err
	}
	if child.Status == machine.Running {
		return false, nil
	}
	perform, ok := e.integration(resource).(Parent)
	if !ok {
		return false, fmt.Errorf("integration %s has no children", resource.ARN)
	}
	env := machine.Env{Now: e.Clock.Now(), Submitted: true, After: child.End}
	out, f := perform.ChildEnded(resource.Pattern, child)
	if f != nil {
		return true, e.happened(ctx, r, pos, machine.TaskFailed{Failure: *f, Phase: machine.PhaseStarted}, env)
	}
	return true, e.happened(ctx, r, pos, machine.TaskSucceeded{Output: out}, env)
}
