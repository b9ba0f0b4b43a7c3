package local

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// AppendRecord implements [engine.RecordStore].
func (s *Store) AppendRecord(ctx context.Context, key machine.Key, data []byte) error {
	k, value := placeKey(recordFamily, key), seal(data)
	return s.write(ctx, func(t *tx) error { return t.put(k, value) })
}

// put sets a value unless there is one: then it returns [engine.ErrExists].
func (t *tx) put(key, value []byte) error {
	switch found, err := t.has(key); {
	case err != nil:
		return err
	case found:
		return engine.ErrExists
	}
	t.set(key, value)
	return nil
}

// Record implements [engine.RecordStore].
func (s *Store) Record(ctx context.Context, key machine.Key) ([]byte, error) {
	found, err := s.Records(ctx, []machine.Key{key})
	if err != nil {
		return nil, err
	}
	if found[0] == nil {
		return nil, engine.ErrNotFound
	}
	return found[0], nil
}

// Records implements [engine.RecordStore].
func (s *Store) Records(ctx context.Context, keys []machine.Key) ([][]byte, error) {
	records := make([][]byte, len(keys))
	err := s.read(ctx, func() error {
		for i, key := range keys {
			_, err := get(s.db, placeKey(recordFamily, key), func(value []byte) (err error) {
				records[i], err = unsealCopy(value)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return records, err
}

// Tip implements [engine.RecordStore].
func (s *Store) Tip(ctx context.Context, execution string, branch machine.BranchID) (seq int, data []byte, err error) {
	prefix := branchPrefix(recordFamily, execution, branch)
	err = s.read(ctx, func() error {
		return withIterator(s.db, prefix, func(it *pebble.Iterator) error {
			if !it.Last() {
				return engine.ErrNotFound
			}
			n, _, err := cutNumber(it.Key()[len(prefix):])
			if err != nil {
				return err
			}
			seq = int(n)
			data, err = unsealCopy(it.Value())
			return err
		})
	})
	return seq, data, err
}

// ScanRecords implements [engine.RecordStore].
func (s *Store) ScanRecords(ctx context.Context, execution string, fn func(machine.Key, []byte) error) error {
	return s.scanPlaces(ctx, recordFamily, execution, func(key machine.Key, value []byte) error {
		data, err := unsealCopy(value)
		if err != nil {
			return err
		}
		return fn(key, data)
	})
}

// scanPlaces calls fn for everything of a family in an execution, in the order of keys. The value is fn's during the call.
func (s *Store) scanPlaces(ctx context.Context, family byte, execution string, fn func(machine.Key, []byte) error) error {
	prefix := executionPrefix(family, execution)
	return s.read(ctx, func() error {
		return withIterator(s.db, prefix, func(it *pebble.Iterator) error {
			for it.First(); it.Valid(); it.Next() {
				key, err := cutPlace(it.Key(), prefix, execution)
				if err != nil {
					return err
				}
				if err := fn(key, it.Value()); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// read calls fn while the database is open.
func (s *Store) read(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return fn()
}

// withIterator calls fn with an iterator over what has the prefix. What goes wrong with the disk ends an iteration early, and is
// reported after fn's own error.
func withIterator(r pebble.Reader, prefix []byte, fn func(*pebble.Iterator) error) error {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	err = fn(it)
	if e := it.Close(); e != nil {
		return fmt.Errorf("store: %w", e)
	}
	return err
}
