package asl

// QueryLanguage is the language that a state's fields are written in.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
type QueryLanguage string

// The query languages of ASL.
const (
	JSONPath QueryLanguage = "JSONPath"
	JSONata  QueryLanguage = "JSONata"
)

// language reads the QueryLanguage of the machine or of a state; inherited holds where none is written. A state inherits
// from the machine alone, never from a Map or Parallel around it.
func (o object) language(inherited QueryLanguage) QueryLanguage {
	s, ok := o.enum("QueryLanguage", string(JSONPath), string(JSONata))
	if !ok {
		return inherited
	}
	return QueryLanguage(s)
}

// stateLanguage reads the effective language of a state, and reports one that cannot be had.
func (o object) stateLanguage() QueryLanguage {
	lang := o.language(o.machine)
	switch {
	case lang == JSONPath && o.machine == JSONata:
		o.downgraded = true
		o.fault(o.at, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine")
	case lang == JSONata && o.machine == JSONPath:
		o.unsupportedJSONata(o.place("QueryLanguage"), "state")
	}
	return lang
}

func (o object) unsupportedJSONata(at, what string) {
	o.fail(UnsupportedByMinuet, at, "Minuet does not run JSONata yet. Write the %s in JSONPath, or run the state machine on AWS Step Functions", what)
}
