package local

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// A join is an item with its counters and one for each child that has succeeded, so that counting a child writes a few
// bytes however many there are. All of them are one range. The children are read after the change, outside of the
// committer: by then the join is closed, complete or unchanged by this call, so what is read is a state that it had.

// ChildSucceeded implements [engine.JoinStore].
func (s *Store) ChildSucceeded(ctx context.Context, fork machine.Key, children, window int, end engine.ChildEnd) (engine.Join, bool, error) {
	if err := checkChild(fork, children, end); err != nil {
		return engine.Join{}, false, err
	}
	var (
		v     joinValue
		from  int
		first bool
		key   = placeKey(joinFamily, fork)
		child = childKey(key, end.Index)
	)
	err := s.write(ctx, func(t *tx) (err error) {
		if v, err = t.join(key, children, window); err != nil || v.Closed {
			return err
		}
		repeated, err := t.has(child)
		if err != nil || repeated {
			return err
		}
		from = v.Issued
		v.Done++
		v.Issued = min(v.Issued+1, children)
		if err := t.setJoin(key, v); err != nil {
			return err
		}
		t.set(child, encodeChild(end.Seq))
		first = true
		return nil
	})
	if err != nil {
		return engine.Join{}, false, err
	}
	if !first {
		j, err := s.Join(ctx, fork, children, window)
		return j, false, err
	}
	j := v.join()
	j.From = from
	if v.Done == children {
		complete, err := s.Join(ctx, fork, children, window)
		if err != nil {
			return engine.Join{}, false, err
		}
		j.Done = complete.Done
	}
	return j, true, nil
}

// ChildFailed implements [engine.JoinStore].
func (s *Store) ChildFailed(ctx context.Context, fork machine.Key, children, window int, end engine.ChildEnd) (engine.Join, error) {
	if err := checkChild(fork, children, end); err != nil {
		return engine.Join{}, err
	}
	return s.closeJoin(ctx, fork, children, window, &childValue{end.Index, end.Seq})
}

// CloseJoin implements [engine.JoinStore].
func (s *Store) CloseJoin(ctx context.Context, fork machine.Key, children, window int) (engine.Join, error) {
	return s.closeJoin(ctx, fork, children, window, nil)
}

func (s *Store) closeJoin(ctx context.Context, fork machine.Key, children, window int, failed *childValue) (engine.Join, error) {
	key := placeKey(joinFamily, fork)
	err := s.write(ctx, func(t *tx) error {
		v, err := t.join(key, children, window)
		if err != nil || v.Closed {
			return err
		}
		v.Closed, v.Failed = true, failed
		return t.setJoin(key, v)
	})
	if err != nil {
		return engine.Join{}, err
	}
	return s.Join(ctx, fork, children, window)
}

// Join implements [engine.JoinStore].
func (s *Store) Join(ctx context.Context, fork machine.Key, children, window int) (j engine.Join, err error) {
	key := placeKey(joinFamily, fork)
	j = newJoin(children, window).join()
	err = s.read(ctx, func() error {
		return withIterator(s.db, key, func(it *pebble.Iterator) error {
			for it.First(); it.Valid(); it.Next() {
				if len(it.Key()) == len(key) {
					var v joinValue
					if _, err := unsealJSON(it.Value(), &v); err != nil {
						return err
					}
					j = v.join()
					j.Done = make([]engine.ChildEnd, 0, v.Done)
					continue
				}
				index, _, err := cutNumber(it.Key()[len(key):])
				if err != nil {
					return err
				}
				seq, err := decodeChild(it.Value())
				if err != nil {
					return err
				}
				j.Done = append(j.Done, engine.ChildEnd{Index: int(index), Seq: seq})
			}
			return nil
		})
	})
	return j, err
}

// newJoin is what a join is from the fork on.
func newJoin(children, window int) *joinValue {
	if window <= 0 {
		window = children
	}
	return &joinValue{Issued: min(window, children)}
}

func (t *tx) join(key []byte, children, window int) (joinValue, error) {
	v := *newJoin(children, window)
	_, err := t.get(key, func(value []byte) error {
		v = joinValue{}
		_, err := unsealJSON(value, &v)
		return err
	})
	return v, err
}

func (t *tx) setJoin(key []byte, v joinValue) error {
	value, err := sealJSON(v, nil)
	if err != nil {
		return err
	}
	t.set(key, value)
	return nil
}

func checkChild(fork machine.Key, children int, end engine.ChildEnd) error {
	if end.Index < 0 || end.Index >= children {
		return fmt.Errorf("store: child %d of %s, which has %d", end.Index, fork, children)
	}
	return nil
}
