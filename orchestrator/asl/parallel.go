package asl

// Parallel runs bodies side by side; its result is the array of their outputs.
//
// https://states-language.net/spec.html#parallel-state
type Parallel struct {
	base
	Result
	Branches []*Body
	Retry    []Retrier
	Catch    []Catcher
}

var (
	parallelFields = fields{
		both:     everyField + onwardField + "Assign Branches Retry Catch",
		jsonPath: ioField + resultField,
		jsonata:  "Arguments Output",
	}
	branchFields = fields{both: "Comment StartAt States"}
)

func (o object) parallelState(b Base) *Parallel {
	o.only(parallelFields)
	o.require("Branches")
	o.onward(&b)
	o.io(&b)
	s := &Parallel{base: b, Result: o.result()}
	o.notEmpty("Branches")
	for _, branch := range o.children("Branches") {
		s.Branches = append(s.Branches, branch.branch())
	}
	s.Retry = o.retry()
	s.Catch = o.catch()
	return s
}

func (o object) branch() *Body {
	o.only(branchFields)
	o.comment()
	b := o.bodyFields()
	return &b
}
