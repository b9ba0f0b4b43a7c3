package memstore

import (
	"context"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// PutClaim implements [engine.ClaimStore].
func (s *Store) PutClaim(ctx context.Context, c *engine.Claim) (*engine.Claim, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if existing := s.claims[c.Key]; existing != nil {
		return cloneClaim(existing), engine.ErrExists
	}
	s.claims[c.Key] = cloneClaim(c)
	return nil, nil
}

// Claim implements [engine.ClaimStore].
func (s *Store) Claim(ctx context.Context, key machine.Key) (claim *engine.Claim, err error) {
	err = s.withClaim(ctx, key, func(c *engine.Claim) error {
		claim = cloneClaim(c)
		return nil
	})
	return claim, err
}

// TakeClaim implements [engine.ClaimStore].
func (s *Store) TakeClaim(ctx context.Context, key machine.Key, from, owner string, lease time.Time) error {
	return s.withClaim(ctx, key, func(c *engine.Claim) error {
		if c.Owner != from {
			return engine.ErrExists
		}
		c.Owner, c.Lease = owner, lease
		return nil
	})
}

// SubmitClaim implements [engine.ClaimStore].
func (s *Store) SubmitClaim(ctx context.Context, key machine.Key, submitted engine.Submitted) error {
	return s.withClaim(ctx, key, func(c *engine.Claim) error {
		if c.Submitted == nil {
			c.Submitted = cloneSubmitted(submitted)
		}
		return nil
	})
}

// HeartbeatClaim implements [engine.ClaimStore].
func (s *Store) HeartbeatClaim(ctx context.Context, key machine.Key, t time.Time) error {
	return s.withClaim(ctx, key, func(c *engine.Claim) error {
		c.Heartbeat = later(c.Heartbeat, t)
		return nil
	})
}

// withClaim calls fn with the stored claim under the lock.
func (s *Store) withClaim(ctx context.Context, key machine.Key, fn func(*engine.Claim) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.claims[key]
	if c == nil {
		return engine.ErrNotFound
	}
	return fn(c)
}

// ScanClaims implements [engine.ClaimStore].
func (s *Store) ScanClaims(ctx context.Context, execution string, fn func(*engine.Claim) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var claims []*engine.Claim
	s.mu.Lock()
	for key, c := range s.claims {
		if key.Execution == execution {
			claims = append(claims, cloneClaim(c))
		}
	}
	s.mu.Unlock() // so that fn may use the store
	for _, c := range claims {
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}
