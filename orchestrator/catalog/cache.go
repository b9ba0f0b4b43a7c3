package catalog

import (
	"container/list"
	"sync"

	"minuet/orchestrator/engine"
)

// The bounds of a cache.
const (
	cachedMachines = 1_000
	cachedBytes    = 32 << 20 // of definitions' texts; parsed they take some ten times as much
)

// cache holds the machines used last, ready to run.
type cache struct {
	mu    sync.Mutex
	items map[string]*list.Element
	used  *list.List // of *cached, the one used last first
	bytes int
}

type cached struct {
	key     string
	machine *engine.Machine
	bytes   int
}

func newCache() *cache { return &cache{items: map[string]*list.Element{}, used: list.New()} }

// get returns a machine, or nil.
func (c *cache) get(key string) *engine.Machine {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.items[key]
	if e == nil {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*cached).machine
}

// add puts a machine whose definition has so many bytes, and drops others until the bounds hold.
func (c *cache) add(key string, m *engine.Machine, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.items[key] != nil {
		return
	}
	c.items[key] = c.used.PushFront(&cached{key, m, bytes})
	c.bytes += bytes
	for c.used.Len() > 1 && (c.used.Len() > cachedMachines || c.bytes > cachedBytes) {
		last := c.used.Remove(c.used.Back()).(*cached)
		delete(c.items, last.key)
		c.bytes -= last.bytes
	}
}
