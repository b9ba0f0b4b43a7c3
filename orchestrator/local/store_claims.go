package local

import (
	"context"
	"errors"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// PutClaim implements [engine.ClaimStore].
func (s *Store) PutClaim(ctx context.Context, c *engine.Claim) (*engine.Claim, error) {
	value, err := encodeClaim(c)
	if err != nil {
		return nil, err
	}
	key := placeKey(claimFamily, c.Key)
	err = s.write(ctx, func(t *tx) error { return t.put(key, value) })
	if !errors.Is(err, engine.ErrExists) {
		return nil, err
	}
	existing, err := s.Claim(ctx, c.Key)
	if err != nil {
		return nil, err
	}
	return existing, engine.ErrExists
}

// Claim implements [engine.ClaimStore].
func (s *Store) Claim(ctx context.Context, key machine.Key) (c *engine.Claim, err error) {
	err = s.read(ctx, func() error {
		found, err := get(s.db, placeKey(claimFamily, key), func(value []byte) (err error) {
			c, err = decodeClaim(key, value)
			return err
		})
		if err == nil && !found {
			err = engine.ErrNotFound
		}
		return err
	})
	return c, err
}

// TakeClaim implements [engine.ClaimStore].
func (s *Store) TakeClaim(ctx context.Context, key machine.Key, from, owner string, lease time.Time) error {
	return s.changeClaim(ctx, key, func(c *engine.Claim) (bool, error) {
		if c.Owner != from {
			return false, engine.ErrExists
		}
		c.Owner, c.Lease = owner, lease
		return true, nil
	})
}

// SubmitClaim implements [engine.ClaimStore].
func (s *Store) SubmitClaim(ctx context.Context, key machine.Key, submitted engine.Submitted) error {
	return s.changeClaim(ctx, key, func(c *engine.Claim) (bool, error) {
		if c.Submitted != nil {
			return false, nil
		}
		c.Submitted = &submitted
		return true, nil
	})
}

// HeartbeatClaim implements [engine.ClaimStore].
func (s *Store) HeartbeatClaim(ctx context.Context, key machine.Key, t time.Time) error {
	return s.changeClaim(ctx, key, func(c *engine.Claim) (bool, error) {
		if !t.After(c.Heartbeat) {
			return false, nil
		}
		c.Heartbeat = t
		return true, nil
	})
}

// changeClaim calls change with the stored claim, and stores what became of it where change returns true.
func (s *Store) changeClaim(ctx context.Context, key machine.Key, change func(*engine.Claim) (bool, error)) error {
	k := placeKey(claimFamily, key)
	return s.write(ctx, func(t *tx) error {
		var c *engine.Claim
		found, err := t.get(k, func(value []byte) (err error) {
			c, err = decodeClaim(key, value)
			return err
		})
		if err != nil {
			return err
		}
		if !found {
			return engine.ErrNotFound
		}
		changed, err := change(c)
		if err != nil || !changed {
			return err
		}
		value, err := encodeClaim(c)
		if err != nil {
			return err
		}
		t.set(k, value)
		return nil
	})
}

// ScanClaims implements [engine.ClaimStore].
func (s *Store) ScanClaims(ctx context.Context, execution string, fn func(*engine.Claim) error) error {
	return s.scanPlaces(ctx, claimFamily, execution, func(key machine.Key, value []byte) error {
		c, err := decodeClaim(key, value)
		if err != nil {
			return err
		}
		return fn(c)
	})
}
