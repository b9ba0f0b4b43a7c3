package engine

import (
	"context"
	"fmt"

	"minuet/orchestrator/machine"
)

// mocked returns how the test case has the attempt come out; nil where the attempt is not mocked.
func (e *Engine) mocked(ctx context.Context, r *run, pos *machine.Position, claim *Claim) (machine.Happening, error) {
	if e.Mocks == nil || r.TestCase == "" {
		return nil, nil
	}
	n, err := e.invocation(ctx, r, pos, claim)
	if err != nil {
		return nil, err
	}
	out, f, ok := e.Mocks.Response(r.machine.Name, r.TestCase, pos.State, n)
	switch {
	case !ok:
		return nil, nil
	case f != nil:
		return machine.TaskFailed{Failure: *f, Phase: machine.PhaseStarted}, nil
	}
	return machine.TaskSucceeded{Output: out}, nil
}

// invocation is how many attempts at the state, in whatever branch, were claimed before this one.
func (e *Engine) invocation(ctx context.Context, r *run, pos *machine.Position, claim *Claim) (int, error) {
	var earlier []machine.Key
	err := e.Store.ScanClaims(ctx, r.ARN, func(c *Claim) error {
		if c.At < claim.At && c.Key != claim.Key {
			earlier = append(earlier, c.Key)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("scan the claims of %s: %w", r.ARN, err)
	}
	n := 0
	for _, key := range earlier {
		at, err := e.position(ctx, r, key, 0)
		if err != nil {
			return 0, err
		}
		if at.State == pos.State {
			n++
		}
	}
	return n, nil
}
