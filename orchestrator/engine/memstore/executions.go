package memstore

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// CreateExecution implements [engine.ExecutionStore].
func (s *Store) CreateExecution(ctx context.Context, x *engine.Execution) (*engine.Execution, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if existing := s.executions[x.ARN]; existing != nil {
		return cloneExecution(existing), engine.ErrExists
	}
	s.executions[x.ARN] = cloneExecution(x)
	return nil, nil
}

// Execution implements [engine.ExecutionStore].
func (s *Store) Execution(ctx context.Context, arn string) (*engine.Execution, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.executions[arn]
	if x == nil {
		return nil, engine.ErrNotFound
	}
	return cloneExecution(x), nil
}

// EndExecution implements [engine.ExecutionStore].
func (s *Store) EndExecution(ctx context.Context, arn string, status machine.Status, end machine.Stamp, output []byte, errorName, cause *string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.executions[arn]
	if x == nil {
		return engine.ErrNotFound
	}
	if x.Status != machine.Running {
		return nil
	}
	x.Status, x.End, x.Output = status, end, bytes.Clone(output)
	x.Error, x.Cause = clonePointer(errorName), clonePointer(cause)
	return nil
}

// Executions implements [engine.ExecutionStore].
func (s *Store) Executions(ctx context.Context, q engine.ExecutionQuery) ([]*engine.Execution, string, error) {
	if err := cmp.Or(ctx.Err(), checkLimit(q.Limit)); err != nil {
		return nil, "", err
	}
	var after place
	if q.After != "" {
		var err error
		if after, err = parsePlace(q.After); err != nil {
			return nil, "", err
		}
	}
	var found []*engine.Execution
	s.mu.Lock()
	for _, x := range s.executions {
		if (q.Machine == "" || q.Machine == x.Machine) &&
			(q.Version == "" || q.Version == x.Version || q.Version == x.Alias) &&
			(q.Status == "" || q.Status == x.Status) &&
			(q.After == "" || comparePlaces(after, placeOf(x)) < 0) {
			clone := cloneExecution(x)
			clone.Input, clone.Output = nil, nil
			found = append(found, clone)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(found, func(a, b *engine.Execution) int { return comparePlaces(placeOf(a), placeOf(b)) })
	found, next := page(found, q.Limit, func(x *engine.Execution) string { return placeOf(x).String() })
	return found, next, nil
}

// OpenExecutions implements [engine.ExecutionStore].
func (s *Store) OpenExecutions(ctx context.Context, after string, limit int) ([]string, string, error) {
	if err := cmp.Or(ctx.Err(), checkLimit(limit)); err != nil {
		return nil, "", err
	}
	var open []string
	s.mu.Lock()
	for arn, x := range s.executions {
		if x.Status == machine.Running && arn > after {
			open = append(open, arn)
		}
	}
	s.mu.Unlock()
	slices.Sort(open)
	open, next := page(open, limit, func(arn string) string { return arn })
	return open, next, nil
}

// place is where an execution stands in a listing.
type place struct {
	at  machine.Stamp
	arn string
}

func placeOf(x *engine.Execution) place { return place{x.At, x.ARN} }

// comparePlaces orders the latest start first.
func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.arn, b.arn))
}

func (p place) String() string { return strconv.FormatInt(int64(p.at), 10) + " " + p.arn }

func parsePlace(s string) (place, error) {
	at, arn, _ := strings.Cut(s, " ")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return place{}, fmt.Errorf("page token %q: %w", s, err)
	}
	return place{machine.Stamp(n), arn}, nil
}
