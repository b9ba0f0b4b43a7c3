package asl

// Definition is a parsed state machine.
//
// https://states-language.net/spec.html#toplevelfields
type Definition struct {
	Comment string
	Version string // "1.0" when absent
	// QueryLanguage is the machine's default.
	QueryLanguage QueryLanguage
	// TimeoutSeconds bounds the whole execution; 0 means no bound.
	TimeoutSeconds int64
	Body
}

var definitionFields = fields{both: "Comment Version QueryLanguage TimeoutSeconds StartAt States"}

func (o object) definition() *Definition {
	o.only(definitionFields)
	def := &Definition{Comment: o.comment(), Version: "1.0", QueryLanguage: o.language(JSONPath)}
	if v, ok := o.enum("Version", "1.0"); ok {
		def.Version = v
	}
	def.TimeoutSeconds, _ = o.integer("TimeoutSeconds", 0, maxSeconds)
	o.machine = def.QueryLanguage
	def.Body = o.bodyFields()
	if def.QueryLanguage == JSONata && !o.downgraded {
		o.unsupportedJSONata(o.place("QueryLanguage"), "definition")
	}
	return def
}

// maxSeconds is the longest time that a field may name.
const maxSeconds = 99_999_999
