package engine

import (
	"context"
	"errors"
	"fmt"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// SendTaskSuccess implements [Service].
func (e *Engine) SendTaskSuccess(ctx context.Context, taskToken, output string) error {
	if len(output) > maxInput {
		return Errorf("InvalidOutput", "Invalid Output: 'The output exceeds the maximum number of bytes: %d'", maxInput)
	}
	v, err := value.ParseString(output)
	var syntax *value.SyntaxError
	if errors.As(err, &syntax) {
		return Errorf("InvalidOutput", "Invalid Output: '%s'", syntax.Message)
	} else if err != nil {
		return err
	}
	return e.callback(ctx, taskToken, machine.TaskSucceeded{Output: v})
}

// SendTaskFailure implements [Service].
func (e *Engine) SendTaskFailure(ctx context.Context, taskToken string, errorName, cause *string) error {
	return e.callback(ctx, taskToken, machine.TaskFailed{Failure: newFailure(errorName, cause), Phase: machine.PhaseStarted})
}

// SendTaskHeartbeat implements [Service].
func (e *Engine) SendTaskHeartbeat(ctx context.Context, taskToken string) error {
	w, err := e.waitingTask(ctx, taskToken)
	if err != nil {
		return err
	}
	if err := e.Store.HeartbeatClaim(ctx, w.pos.Key, e.Clock.Now()); err != nil {
		return fmt.Errorf("heartbeat %s: %w", w.pos.Key, err)
	}
	return nil
}

// callback completes the task that a token names.
func (e *Engine) callback(ctx context.Context, taskToken string, h machine.Happening) error {
	w, err := e.waitingTask(ctx, taskToken)
	if err != nil {
		return err
	}
	env := machine.Env{Now: e.Clock.Now(), Token: taskToken, After: w.claim.At}
	if s := w.claim.Submitted; s != nil {
		env.Submitted, env.After = true, s.At
	}
	d := w.run.program.Decide(w.run.view, w.pos, h, env)
	if d.Record == nil {
		return fmt.Errorf("record %s: nothing decided for a callback", w.pos.Key)
	}
	next, err := e.put(ctx, w.pos, d.Record)
	if errors.Is(err, ErrExists) {
		return e.movedOn(ctx, w.run, w.pos)
	}
	if err != nil {
		return err
	}
	return e.emit(ctx, w.run, w.pos, next)
}

// waitingTask is a task that a token names, and that has not ended.
type waitingTask struct {
	run   *run
	pos   *machine.Position
	claim *Claim
}

func errInvalidToken() error { return Errorf("InvalidToken", "Invalid Token: 'Invalid token'") }

func errTaskTimedOut() error {
	return Errorf("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
}

// waitingTask finds the task that a token names. A token whose nonce is wrong tells nothing about what exists.
func (e *Engine) waitingTask(ctx context.Context, text string) (*waitingTask, error) {
	key, nonce, ok := decodeToken(text)
	if !ok {
		return nil, errInvalidToken()
	}
	c, err := e.Store.Claim(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return nil, errInvalidToken()
	}
	if err != nil {
		return nil, fmt.Errorf("load claim %s: %w", key, err)
	}
	if !sameNonce(c.Nonce, nonce) {
		return nil, errInvalidToken()
	}
	r, err := e.run(ctx, key.Execution)
	if err != nil {
		return nil, err
	}
	pos, err := e.position(ctx, r, key, 0)
	if err != nil {
		return nil, err
	}
	if _, ok := r.program.State(pos.State).(*asl.Task); !ok {
		return nil, errInvalidToken()
	}
	over, err := e.recorded(ctx, key)
	if err != nil {
		return nil, err
	}
	if over {
		return nil, e.movedOn(ctx, r, pos)
	}
	return &waitingTask{run: r, pos: pos, claim: c}, nil
}

// movedOn answers a token whose task has ended.
func (e *Engine) movedOn(ctx context.Context, r *run, pos *machine.Position) error {
	if err := e.emitAgain(ctx, r, pos); err != nil {
		return err
	}
	return errTaskTimedOut()
}
