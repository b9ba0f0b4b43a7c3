package asl

// Processor is a Map's ItemProcessor or, as written before it existed, its Iterator.
//
// https://states-language.net/spec.html#map-state
type Processor struct {
	Body
	Mode  string // Inline or Distributed
	field string // ItemProcessor or Iterator
}

// The modes of a Processor.
const (
	Inline      = "INLINE"
	Distributed = "DISTRIBUTED"
)

var (
	processorFields       = fields{both: "Comment StartAt States ProcessorConfig"}
	processorConfigFields = fields{both: "Mode ExecutionType"}
	inlineConfigFields    = fields{both: "Mode"}
)

func (o object) processor(field string) *Processor {
	o.only(processorFields)
	o.comment()
	p := &Processor{Mode: Inline, field: field}
	if c, ok := o.child("ProcessorConfig"); ok {
		p.Mode = c.mode()
	}
	p.Body = o.bodyFields()
	return p
}

func (o object) mode() string {
	mode, _ := o.enum("Mode", Inline, Distributed)
	if mode != Distributed {
		o.only(inlineConfigFields)
		return Inline
	}
	o.only(processorConfigFields)
	o.require("ExecutionType")
	o.enum("ExecutionType", "STANDARD", "EXPRESS")
	return mode
}
