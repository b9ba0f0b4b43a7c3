package memstore

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// Store is an [engine.Store] in memory. Get one from [New].
type Store struct {
	mu         sync.Mutex
	records    map[string]map[machine.BranchID]map[int][]byte // by execution, branch and number
	claims     map[machine.Key]*engine.Claim
	joins      map[machine.Key]*join
	executions map[string]*engine.Execution
	docs       map[docKey]engine.Doc
}

var _ engine.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		records:    map[string]map[machine.BranchID]map[int][]byte{},
		claims:     map[machine.Key]*engine.Claim{},
		joins:      map[machine.Key]*join{},
		executions: map[string]*engine.Execution{},
		docs:       map[docKey]engine.Doc{},
	}
}

// page returns the first limit of the items and, if there are more, the key of the last one returned.
func page[T any](items []T, limit int, key func(T) string) ([]T, string) {
	if len(items) <= limit {
		return items, ""
	}
	return items[:limit], key(items[limit-1])
}

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("page of %d items", limit)
	}
	return nil
}

func cloneClaim(c *engine.Claim) *engine.Claim {
	clone := *c
	if c.Submitted != nil {
		clone.Submitted = cloneSubmitted(*c.Submitted)
	}
	return &clone
}

func cloneSubmitted(s engine.Submitted) *engine.Submitted {
	s.Output = bytes.Clone(s.Output)
	return &s
}

func cloneExecution(x *engine.Execution) *engine.Execution {
	clone := *x
	clone.Input, clone.Output = bytes.Clone(x.Input), bytes.Clone(x.Output)
	clone.Parent, clone.Error, clone.Cause = clonePointer(x.Parent), clonePointer(x.Error), clonePointer(x.Cause)
	return &clone
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	clone := *p
	return &clone
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
