package local

import "minuet/orchestrator/engine"

// item is a message in the queue.
type item struct {
	message  engine.Message
	failures int // how often its handling has failed
}

// ring is a line of items without an upper bound. The zero value is empty.
type ring struct {
	items []item // its length is a power of two, or 0
	first int
	count int
}

const (
	minRing = 64
	// keptRing is up to which length an empty ring keeps its memory.
	keptRing = 4096
)

func (r *ring) len() int { return r.count }

func (r *ring) push(it item) {
	if r.count == len(r.items) {
		grown := make([]item, max(minRing, 2*len(r.items)))
		n := copy(grown, r.items[r.first:])
		copy(grown[n:], r.items[:r.first])
		r.items, r.first = grown, 0
	}
	r.items[(r.first+r.count)&(len(r.items)-1)] = it
	r.count++
}

// pop takes the first item; there is one.
func (r *ring) pop() item {
	it := r.items[r.first]
	r.items[r.first] = item{} // lest it keeps a record in memory
	r.first = (r.first + 1) & (len(r.items) - 1)
	r.count--
	if r.count == 0 && len(r.items) > keptRing {
		*r = ring{}
	}
	return it
}
