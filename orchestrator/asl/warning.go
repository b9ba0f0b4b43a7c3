package asl

import (
	"strings"

	"minuet/orchestrator/expr"
	"minuet/orchestrator/value"
)

// looksDynamic tells whether a literal string was likely meant to be evaluated.
func looksDynamic(v value.Value) bool {
	s := v.Text()
	if !strings.HasPrefix(s, "$.") && !strings.HasPrefix(s, "$[") && !strings.HasPrefix(s, "$$.") && !strings.HasPrefix(s, "States.") {
		return false
	}
	e, err := expr.ParseExpression(s)
	return err == nil && (e.IsIntrinsic() || strings.HasPrefix(s, "$"))
}

// warnStaticResult warns of a Pass's Result that looks as if it were evaluated.
func (o object) warnStaticResult(v value.Value) {
	for range dynamic(v, "", nil) {
		o.warn(PassResultIsStatic, o.place("Result"), "The Result of a Pass state is used as it is: it cannot have a path or an intrinsic function call. Use Parameters instead")
		return
	}
}

// warnNoDollar warns of the fields of a payload template that look as if they were evaluated but lack the ".$".
func (o object) warnNoDollar(v value.Value, at string) {
	for _, name := range dynamic(v, "", nil) {
		o.warn(NoDollar, at, "The value of the field '%s' looks like a JSONPath or an intrinsic function call, but the name of the field does not end with '.$'", clip(name))
	}
}

// warnNoPath warns of a literal that looks like a path.
func (o object) warnNoPath(v value.Value, name string) {
	if o.lang == JSONPath && looksDynamic(v) {
		o.warn(NoPath, o.place(name), "The value of the field '%s' looks like a path, but the name of the field does not end with 'Path'", name)
	}
}

// dynamic adds the names of the literal strings in v that look dynamic.
func dynamic(v value.Value, name string, names []string) []string {
	switch v.Kind() {
	case value.String:
		if looksDynamic(v) {
			names = append(names, name)
		}
	case value.Array:
		for _, item := range v.Items() {
			names = dynamic(item, name, names)
		}
	case value.Object:
		for _, m := range v.Members() {
			if !strings.HasSuffix(m.Key, ".$") {
				names = dynamic(m.Value, m.Key, names)
			}
		}
	}
	return names
}
