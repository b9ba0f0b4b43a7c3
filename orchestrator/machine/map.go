package machine

import (
	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

// enterMap starts a child for each item.
//
// https://states-language.net/spec.html#map-state
func (s *step) enterMap(st *asl.Map) Decision {
	window := st.MaxConcurrency
	if st.MaxConcurrencyPath != nil {
		in, f := s.effective(nil)
		if f != nil {
			return s.raised(f)
		}
		n, f := s.wholeNumber("MaxConcurrencyPath", st.MaxConcurrencyPath, in)
		if f == nil && n < 0 {
			f = &failure{errRuntime, "The MaxConcurrencyPath field refers to value \"" + plain(value.OfInt(n)) +
				"\" which is not a non-negative integer: " + st.MaxConcurrencyPath.String()}
		}
		if f != nil {
			return s.raised(f)
		}
		window = int(min(n, maxWindow))
	}
	items, f := s.items(st)
	if f == nil && len(items) > 0 {
		// The selector is the same for every item: what fails for the first fails before any child starts.
		_, f = s.itemInput(st, Item{Value: items[0]})
	}
	if f != nil {
		return s.raised(f)
	}
	return s.fork(len(items), window)
}

const maxWindow = 1 << 30

// items evaluates ItemsPath.
func (s *step) items(st *asl.Map) ([]value.Value, *failure) {
	in, f := s.effective(nil)
	if f != nil {
		return nil, f
	}
	path, list := "$", in
	if st.ItemsPath != nil {
		path = st.ItemsPath.String()
		v, err := st.ItemsPath.Eval(s.scope(in))
		if err != nil {
			return nil, fieldError(err, path)
		}
		list = v
	}
	if list.Kind() != value.Array {
		return nil, &failure{errRuntime, "Reference path \"" + path + "\" must point to array."}
	}
	return list.Items(), nil
}

// itemInput is an iteration's input: ItemSelector over the state's input, with the item in the context object.
func (s *step) itemInput(st *asl.Map, item Item) (value.Value, *failure) {
	if st.ItemSelector == nil {
		return item.Value, nil
	}
	in, f := s.effective(nil)
	if f != nil {
		return in, f
	}
	pos := *s.pos
	pos.Outer = func() Outer { return Outer{Events: s.pos.outer().Events, Item: &item} }
	each := *s
	each.pos, each.random, each.salt = &pos, nil, saltItem+uint64(item.Index)
	return each.filled(st.ItemSelector, in)
}
