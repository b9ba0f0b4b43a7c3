// Package expr is the JSONPath side of Amazon States Language: paths in Jayway's dialect and with its error texts, reference
// paths, payload templates, the context object, workflow variables, and the intrinsic functions.
//
// An [Expression], a [Reference] or a [Template] is compiled once and evaluated many times, from any number of goroutines.
// A definite path that leads nowhere is a [NotFoundError], which callers word for the field that it stands in; every other
// failure is an [Error] with the name and the cause that a state machine sees.
//
// All is bounded: the length of what is parsed, the nesting of filters and calls, the values that a path visits; patterns are
// RE2's.
//
// The package is pure, and imports value only.
package expr
