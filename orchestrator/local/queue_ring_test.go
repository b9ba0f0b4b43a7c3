package local

import (
	"math/rand/v2"
	"testing"
)

// TestRing compares a ring with a slice.
func TestRing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var r ring
	var want []int
	next := 0
	for range 200 {
		for range random.IntN(2 * minRing) {
			r.push(item{failures: next})
			want = append(want, next)
			next++
		}
		for range min(random.IntN(2*minRing), len(want)) {
			if got := r.pop().failures; got != want[0] {
				t.Fatalf("popped %d, want %d", got, want[0])
			}
			want = want[1:]
		}
		if r.len() != len(want) {
			t.Fatalf("len %d, want %d", r.len(), len(want))
		}
	}
}

func TestRingGivesBackMemory(t *testing.T) {
	var r ring
	for range keptRing + 1 {
		r.push(item{})
	}
	for range keptRing + 1 {
		r.pop()
	}
	if len(r.items) != 0 {
		t.Errorf("an empty ring keeps room for %d items", len(r.items))
	}
}
