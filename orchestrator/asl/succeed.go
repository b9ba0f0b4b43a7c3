package asl

// Succeed ends its body well.
//
// https://states-language.net/spec.html#succeed-state
type Succeed struct{ base }

var succeedFields = fields{both: everyField, jsonPath: ioField, jsonata: "Output"}

func (o object) succeedState(b Base) *Succeed {
	o.only(succeedFields)
	o.io(&b)
	return &Succeed{base: b}
}
