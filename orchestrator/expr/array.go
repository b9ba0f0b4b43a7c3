package expr

import (
	"strconv"

	"minuet/orchestrator/value"
)

// maxRange is the length of the longest array that States.ArrayRange makes.
const maxRange = 1000

var arrayFunctions = map[string]intrinsic{
	"States.Array":          {0, anyNumber, array},
	"States.ArrayPartition": {2, 2, arrayPartition},
	"States.ArrayContains":  {2, 2, arrayContains},
	"States.ArrayRange":     {3, 3, arrayRange},
	"States.ArrayGetItem":   {2, 2, arrayGetItem},
	"States.ArrayLength":    {1, 1, arrayLength},
	"States.ArrayUnique":    {1, 1, arrayUnique},
}

func array(_ *Env, args []value.Value) (value.Value, error) { return value.OfArray(args...), nil }

func arrayPartition(_ *Env, args []value.Value) (value.Value, error) {
	items, err := arrayArg(args, 0)
	if err != nil {
		return value.Value{}, err
	}
	size, err := integerArg(args, 1)
	if err != nil {
		return value.Value{}, err
	}
	if size < 1 {
		return value.Value{}, reason("Chunk size must be a positive, non-zero integer")
	}
	var chunks []value.Value
	for len(items) > 0 {
		n := min(int64(len(items)), size)
		chunks = append(chunks, value.OfArray(append([]value.Value(nil), items[:n]...)...))
		items = items[n:]
	}
	return value.OfArray(chunks...), nil
}

func arrayContains(_ *Env, args []value.Value) (value.Value, error) {
	if _, err := arrayArg(args, 0); err != nil {
		return value.Value{}, err
	}
	return value.OfBool(contains(args[0], args[1])), nil
}

func arrayRange(_ *Env, args []value.Value) (value.Value, error) {
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = integerArg(args, i); err != nil {
			return value.Value{}, err
		}
	}
	first, last, step := n[0], n[1], n[2]
	if step == 0 {
		return value.Value{}, reason("Step must not be zero")
	}
	var items []value.Value
	for x := first; step > 0 && x <= last || step < 0 && x >= last; x += step {
		if len(items) == maxRange {
			return value.Value{}, reason("The range must not hold more than " + strconv.Itoa(maxRange) + " items")
		}
		items = append(items, value.OfInt(x))
	}
	return value.OfArray(items...), nil
}

func arrayGetItem(_ *Env, args []value.Value) (value.Value, error) {
	items, err := arrayArg(args, 0)
	if err != nil {
		return value.Value{}, err
	}
	i, err := integerArg(args, 1)
	if err != nil {
		return value.Value{}, err
	}
	if i < 0 || i >= int64(len(items)) {
		return value.Value{}, reason("Index " + strconv.FormatInt(i, 10) + " is out of bounds for an array of length " + strconv.Itoa(len(items)))
	}
	return items[i], nil
}

func arrayLength(_ *Env, args []value.Value) (value.Value, error) {
	items, err := arrayArg(args, 0)
	return value.OfInt(int64(len(items))), err
}

func arrayUnique(_ *Env, args []value.Value) (value.Value, error) {
	items, err := arrayArg(args, 0)
	if err != nil {
		return value.Value{}, err
	}
	var unique []value.Value
	for _, item := range items {
		if !contains(value.OfArray(unique...), item) {
			unique = append(unique, item)
		}
	}
	return value.OfArray(unique...), nil
}
