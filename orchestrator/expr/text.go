package expr

import (
	"strings"

	"minuet/orchestrator/value"
)

var textFunctions = map[string]intrinsic{
	"States.Format":      {1, anyNumber, format},
	"States.StringSplit": {2, 2, stringSplit},
}

func format(_ *Env, args []value.Value) (value.Value, error) {
	template, err := stringArg(args, 0)
	if err != nil {
		return value.Value{}, err
	}
	var b strings.Builder
	rest := args[1:]
	for i := 0; i < len(template); i++ {
		switch {
		case template[i] == '\\' && i+1 < len(template) && (template[i+1] == '{' || template[i+1] == '}'):
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			if len(rest) == 0 {
				return value.Value{}, reason("The number of arguments does not match the number of occurrences of {} in the template")
			}
			java(&b, rest[0])
			rest = rest[1:]
			i++
		default:
			b.WriteByte(template[i])
		}
	}
	if len(rest) > 0 {
		return value.Value{}, reason("The number of arguments does not match the number of occurrences of {} in the template")
	}
	return value.OfString(b.String()), nil
}

// java writes a value as Java prints its maps and lists: {a=1, b=[x]}.
func java(b *strings.Builder, v value.Value) {
	switch v.Kind() {
	case value.String:
		b.WriteString(v.Text())
	case value.Array:
		b.WriteByte('[')
		for i, item := range v.Items() {
			if i > 0 {
				b.WriteString(", ")
			}
			java(b, item)
		}
		b.WriteByte(']')
	case value.Object:
		b.WriteByte('{')
		for i, m := range v.Members() {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(m.Key)
			b.WriteByte('=')
			java(b, m.Value)
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.JSON())
	}
}

func stringSplit(_ *Env, args []value.Value) (value.Value, error) {
	text, err := stringArg(args, 0)
	if err != nil {
		return value.Value{}, err
	}
	separators, err := stringArg(args, 1)
	if err != nil {
		return value.Value{}, err
	}
	var parts []value.Value
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		parts = append(parts, value.OfString(part))
	}
	return value.OfArray(parts...), nil
}
