package expr

import (
	"minuet/orchestrator/value"
)

var jsonFunctions = map[string]intrinsic{
	"States.StringToJson": {1, 1, stringToJSON},
	"States.JsonToString": {1, 1, jsonToString},
	"States.JsonMerge":    {3, 3, jsonMerge},
}

func stringToJSON(_ *Env, args []value.Value) (value.Value, error) {
	text, err := stringArg(args, 0)
	if err != nil || text == "" {
		return value.Value{}, err
	}
	return value.ParseString(text)
}

func jsonToString(_ *Env, args []value.Value) (value.Value, error) {
	return value.OfString(args[0].JSON()), nil
}

func jsonMerge(_ *Env, args []value.Value) (value.Value, error) {
	if args[0].Kind() != value.Object {
		return value.Value{}, invalid(0, "an object", args[0])
	}
	if args[1].Kind() != value.Object {
		return value.Value{}, invalid(1, "an object", args[1])
	}
	if args[2].Kind() != value.Bool || args[2].Bool() {
		return value.Value{}, reason("Argument 3 must be false: deep merging is not supported")
	}
	out := args[0]
	for _, m := range args[1].Members() {
		out = out.Set(m.Key, m.Value)
	}
	return out, nil
}
