package expr

import "minuet/orchestrator/value"

// Env is what an expression can see.
type Env struct {
	Input   value.Value        // what $ is
	Context func() value.Value // what $$ is; called only when an expression asks; may be nil
	Vars    value.Value        // an object: what $name is
	Rand    Rand               // for States.UUID and States.MathRandom; nil: they fail
}

// Rand is a source of random bits.
type Rand interface{ Uint64() uint64 }

func (env *Env) context() value.Value {
	if env.Context == nil {
		return value.EmptyObject
	}
	return env.Context()
}
