package value

import "cmp"

// Same tells cheaply whether a and b are the same value for certain: the very same array or object, or equal scalars.
// Equal containers that were made apart are not the same.
func Same(a, b Value) bool {
	return a.kind == b.kind && a.text == b.text && a.kids == b.kids
}

// CompareNumbers returns -1, 0 or 1 as the number a is less than, equal to or greater than b. Integers of 64 bits compare
// exactly, others as float64.
func CompareNumbers(a, b Value) int {
	x, okA := a.Int()
	y, okB := b.Int()
	if okA && okB {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a.Float(), b.Float())
}
