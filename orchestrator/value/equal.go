package value

// Equal reports whether a and b are the same JSON value. Objects are compared
// regardless of the order of their keys, numbers by their exact decimal value:
// 1, 1.0 and 10e-1 are equal, integers of any length that differ are not.
func Equal(a, b Value) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case Array:
		return a.kids == b.kids || equalItems(a.Items(), b.Items())
	case Object:
		return a.kids == b.kids || equalMembers(a.Members(), b.Members())
	case Number:
		return a.text == b.text || a.decimal() == b.decimal()
	}
	return a.text == b.text
}

func equalItems(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// indexedFrom is the number of keys above which two objects of different key
// order are compared with an index, lest the scans take quadratic time.
const indexedFrom = 16

func equalMembers(a, b []Member) bool {
	if len(a) != len(b) {
		return false
	}
	var index map[string]int
	for i := range a {
		key := a[i].Key
		j := i
		if b[i].Key != key {
			if len(b) <= indexedFrom {
				j = indexKey(b, key)
			} else {
				if index == nil {
					index = indexKeys(b)
				}
				var ok bool
				if j, ok = index[key]; !ok {
					return false
				}
			}
		}
		if j < 0 || !Equal(a[i].Value, b[j].Value) {
			return false
		}
	}
	return true
}

// indexKeys returns the place of each key in members.
func indexKeys(members []Member) map[string]int {
	index := make(map[string]int, len(members))
	for i := range members {
		index[members[i].Key] = i
	}
	return index
}
