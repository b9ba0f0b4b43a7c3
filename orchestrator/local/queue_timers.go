package local

import (
	"container/heap"
	"time"
)

// delayedItem is an item that waits for its time.
type delayedItem struct {
	due   time.Time // without a monotonic reading, which stops while a laptop sleeps
	pause bool      // due ends a pause, rather than being a time of day
	order uint64    // among those that are due at once
	item  item
}

// timers are the items that wait for their time. The zero value is empty.
type timers struct {
	heap  timerHeap
	order uint64
}

func (t *timers) len() int { return len(t.heap) }

// push tells whether the item comes before all others.
func (t *timers) push(d delayedItem) (first bool) {
	t.order++
	d.order, d.due = t.order, d.due.Round(0)
	heap.Push(&t.heap, &d)
	return t.heap[0] == &d
}

func (t *timers) next() (due time.Time, found bool) {
	if len(t.heap) == 0 {
		return due, false
	}
	return t.heap[0].due, true
}

// pop takes the item that is due first; there is one.
func (t *timers) pop() *delayedItem { return heap.Pop(&t.heap).(*delayedItem) }

// hasten makes all pauses end earlier by d.
func (t *timers) hasten(d time.Duration) {
	for _, item := range t.heap {
		if item.pause {
			item.due = item.due.Add(-d)
		}
	}
	heap.Init(&t.heap)
}

type timerHeap []*delayedItem

func (h timerHeap) Len() int      { return len(h) }
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h timerHeap) Less(i, j int) bool {
	if c := h[i].due.Compare(h[j].due); c != 0 {
		return c < 0
	}
	return h[i].order < h[j].order
}

func (h *timerHeap) Push(x any) { *h = append(*h, x.(*delayedItem)) }

func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return x
}
