package local

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// CreateExecution implements [engine.ExecutionStore].
func (s *Store) CreateExecution(ctx context.Context, x *engine.Execution) (*engine.Execution, error) {
	value, err := encodeExecution(x)
	if err != nil {
		return nil, err
	}
	input, output := seal(x.Input), seal(x.Output)
	err = s.write(ctx, func(t *tx) error {
		if err := t.put(arnKey(executionFamily, x.ARN), value); err != nil {
			return err
		}
		t.set(arnKey(inputFamily, x.ARN), input)
		if len(x.Output) > 0 {
			t.set(arnKey(outputFamily, x.ARN), output)
		}
		for _, key := range listKeys(x, x.Status, "") {
			t.set(key, []byte{format})
		}
		return nil
	})
	if !errors.Is(err, engine.ErrExists) {
		return nil, err
	}
	existing, err := s.Execution(ctx, x.ARN)
	if err != nil {
		return nil, err
	}
	return existing, engine.ErrExists
}

// listKeys are the keys of an execution in the listings by the statuses, "" for that of any status.
func listKeys(x *engine.Execution, statuses ...machine.Status) [][]byte {
	var keys [][]byte
	place := listPlace(x.At, x.ARN)
	for _, status := range statuses {
		for _, of := range []string{x.Machine, ""} {
			keys = append(keys, append(listPrefix(of, status), place...))
		}
	}
	return keys
}

// Execution implements [engine.ExecutionStore].
func (s *Store) Execution(ctx context.Context, arn string) (x *engine.Execution, err error) {
	err = s.read(ctx, func() error {
		// A snapshot, lest an output comes with a status that is still RUNNING.
		snapshot := s.db.NewSnapshot()
		defer snapshot.Close()
		if x, err = summary(snapshot, arn); err != nil {
			return err
		}
		if x.Input, err = payload(snapshot, arnKey(inputFamily, arn)); err != nil {
			return err
		}
		x.Output, err = payload(snapshot, arnKey(outputFamily, arn))
		return err
	})
	return x, err
}

// summary is an execution without input and output.
func summary(r pebble.Reader, arn string) (x *engine.Execution, err error) {
	found, err := get(r, arnKey(executionFamily, arn), func(value []byte) (err error) {
		x, err = decodeExecution(arn, value)
		return err
	})
	if err == nil && !found {
		err = engine.ErrNotFound
	}
	return x, err
}

// payload is an input or an output, nil when there is none.
func payload(r pebble.Reader, key []byte) (data []byte, err error) {
	_, err = get(r, key, func(value []byte) (err error) {
		data, err = unsealCopy(value)
		return err
	})
	return data, err
}

// EndExecution implements [engine.ExecutionStore].
func (s *Store) EndExecution(ctx context.Context, arn string, status machine.Status, end machine.Stamp, output []byte, errorName, cause *string) error {
	sealed := seal(output)
	return s.write(ctx, func(t *tx) error {
		var (
			x   *engine.Execution
			key = arnKey(executionFamily, arn)
		)
		found, err := t.get(key, func(value []byte) (err error) {
			x, err = decodeExecution(arn, value)
			return err
		})
		if err != nil {
			return err
		}
		if !found {
			return engine.ErrNotFound
		}
		if x.Status != machine.Running {
			return nil
		}
		was := x.Status
		x.Status, x.End, x.Error, x.Cause = status, end, errorName, cause
		value, err := encodeExecution(x)
		if err != nil {
			return err
		}
		t.set(key, value)
		if len(output) > 0 {
			t.set(arnKey(outputFamily, arn), sealed)
		}
		for _, key := range listKeys(x, was) {
			t.delete(key)
		}
		for _, key := range listKeys(x, status) {
			t.set(key, []byte{format})
		}
		return nil
	})
}

// Executions implements [engine.ExecutionStore].
func (s *Store) Executions(ctx context.Context, q engine.ExecutionQuery) (page []*engine.Execution, next string, err error) {
	next, err = s.list(ctx, q.Machine, q.Status, q.After, q.Limit, func(r pebble.Reader, arn string) (bool, error) {
		x, err := summary(r, arn)
		if err != nil || (q.Version != "" && q.Version != x.Version && q.Version != x.Alias) {
			return false, err
		}
		page = append(page, x)
		return true, nil
	})
	return page, next, err
}

// OpenExecutions implements [engine.ExecutionStore].
func (s *Store) OpenExecutions(ctx context.Context, after string, limit int) (arns []string, next string, err error) {
	next, err = s.list(ctx, "", machine.Running, after, limit, func(_ pebble.Reader, arn string) (bool, error) {
		arns = append(arns, arn)
		return true, nil
	})
	return arns, next, err
}

// list calls take for the executions in a listing until it has taken limit of them, and returns where the next page starts:
// the place of the last one taken, or "" when none is left. All of it is one state of the store.
func (s *Store) list(ctx context.Context, machineARN string, status machine.Status, token string, limit int,
	take func(r pebble.Reader, arn string) (bool, error)) (next string, err error) {
	if err := checkLimit(limit); err != nil {
		return "", err
	}
	place, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", fmt.Errorf("store: page token %q: %w", token, err)
	}
	prefix := listPrefix(machineARN, status)
	err = s.read(ctx, func() error {
		snapshot := s.db.NewSnapshot()
		defer snapshot.Close()
		return withIterator(snapshot, prefix, func(it *pebble.Iterator) error {
			if token == "" {
				it.First()
			} else {
				it.SeekGE(append(append(prefix[:len(prefix):len(prefix)], place...), 0))
			}
			for taken := 0; it.Valid() && taken < limit; it.Next() {
				place := it.Key()[len(prefix):]
				arn, err := cutListPlace(place)
				if err != nil {
					return err
				}
				ok, err := take(snapshot, arn)
				if err != nil {
					return err
				}
				if ok {
					taken++
					next = base64.RawURLEncoding.EncodeToString(place)
				}
			}
			if !it.Valid() {
				next = ""
			}
			return nil
		})
	})
	return next, err
}

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("store: a page of %d items", limit)
	}
	return nil
}
