package expr

import (
	"fmt"
	"math"
	"math/rand/v2"

	"minuet/orchestrator/value"
)

var mathFunctions = map[string]intrinsic{
	"States.MathAdd":    {2, 2, mathAdd},
	"States.MathRandom": {2, 3, mathRandom},
	"States.UUID":       {0, 0, uuid},
}

// round is Java's Math.round: a half goes up.
func round(v value.Value) int64 {
	if n, ok := v.Int(); ok {
		return n
	}
	x := math.Floor(v.Float() + 0.5)
	switch {
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	}
	return int64(x)
}

func mathAdd(_ *Env, args []value.Value) (value.Value, error) {
	a, err := integerArg(args, 0)
	if err != nil {
		return value.Value{}, err
	}
	b, err := integerArg(args, 1)
	return value.OfInt(a + b), err
}

func mathRandom(env *Env, args []value.Value) (value.Value, error) {
	first, err := integerArg(args, 0)
	if err != nil {
		return value.Value{}, err
	}
	end, err := integerArg(args, 1)
	if err != nil {
		return value.Value{}, err
	}
	if first >= end {
		return value.Value{}, reason("The start must be less than the end")
	}
	source := env.Rand
	if len(args) == 3 {
		seed, err := integerArg(args, 2)
		if err != nil {
			return value.Value{}, err
		}
		source = rand.NewPCG(uint64(seed), 0)
	}
	if source == nil {
		return value.Value{}, reason("There is no source of random numbers")
	}
	return value.OfInt(first + int64(source.Uint64()%uint64(end-first))), nil
}

func uuid(env *Env, _ []value.Value) (value.Value, error) {
	if env.Rand == nil {
		return value.Value{}, reason("There is no source of random numbers")
	}
	a := env.Rand.Uint64()&^0xf000 | 0x4000
	b := env.Rand.Uint64()&^(3<<62) | 2<<62
	return value.OfString(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&(1<<48-1))), nil
}
