package value

// Same reports, at no cost that grows with the values, whether a and b are
// certain to be equal: the very same array or object, or scalars of the same
// text. Containers that were made apart are not the same, though they may be
// [Equal].
func Same(a, b Value) bool {
	return a.kind == b.kind && a.text == b.text && a.kids == b.kids
}
