package expr

import (
	"math"

	"minuet/orchestrator/value"
)

// functions are what a path may call at its end.
var functions = map[string]bool{
	"length": true, "size": true, "min": true, "max": true, "avg": true, "sum": true, "stddev": true,
	"keys": true, "first": true, "last": true,
}

// callFunction applies a function to what its path has led to.
func callFunction(name string, v value.Value) (value.Value, error) {
	switch name {
	case "length", "size":
		if v.Kind() == value.String {
			return value.OfInt(int64(len([]rune(v.Text())))), nil
		}
		return value.OfInt(int64(v.Len())), nil
	case "keys":
		var keys []value.Value
		for _, m := range v.Members() {
			keys = append(keys, value.OfString(m.Key))
		}
		return value.OfArray(keys...), nil
	case "first", "last":
		if v.Kind() != value.Array || v.Len() == 0 {
			return value.Value{}, runtimeError("Aggregation function attempted to calculate value using empty array")
		}
		if name == "first" {
			return v.Index(0), nil
		}
		return v.Index(v.Len() - 1), nil
	}
	return aggregate(name, v)
}

func aggregate(name string, v value.Value) (value.Value, error) {
	n, sum, squares := 0.0, 0.0, 0.0
	low, high := math.Inf(1), math.Inf(-1)
	for _, item := range v.Items() {
		if item.Kind() != value.Number {
			continue
		}
		x := item.Float()
		n, sum, squares = n+1, sum+x, squares+x*x
		low, high = math.Min(low, x), math.Max(high, x)
	}
	if n == 0 {
		return value.Value{}, runtimeError("Aggregation function attempted to calculate value using empty array")
	}
	switch name {
	case "min":
		return value.OfFloat(low), nil
	case "max":
		return value.OfFloat(high), nil
	case "avg":
		return value.OfFloat(sum / n), nil
	case "stddev":
		return value.OfFloat(math.Sqrt(squares/n - sum*sum/n/n)), nil
	}
	return value.OfFloat(sum), nil
}
