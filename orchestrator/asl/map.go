package asl

import (
	"math"
	"strings"

	"minuet/orchestrator/expr"
)

// Map runs a body for each item of an array; its result is the array of their outputs.
//
// https://states-language.net/spec.html#map-state
type Map struct {
	base
	// Result.Parameters is never set: the older Parameters field is folded into ItemSelector.
	Result
	Processor *Processor
	ItemsPath *expr.Expression // nil: "$"
	// ItemSelector shapes each iteration's input; nil: the item as it is.
	ItemSelector       *expr.Template
	MaxConcurrency     int // 0: no bound
	MaxConcurrencyPath *expr.Expression
	Retry              []Retrier
	Catch              []Catcher
}

// distributedFields are those that only a Distributed Map uses.
const distributedFields = "ItemReader ItemBatcher ResultWriter Label ToleratedFailureCount ToleratedFailurePercentage " +
	"ToleratedFailureCountPath ToleratedFailurePercentagePath"

var mapFields = fields{
	both: everyField + onwardField + "Assign ItemProcessor Iterator ItemSelector MaxConcurrency Retry Catch " +
		"ItemReader ItemBatcher ResultWriter Label ToleratedFailureCount ToleratedFailurePercentage",
	jsonPath: ioField + resultField + "ItemsPath MaxConcurrencyPath ToleratedFailureCountPath ToleratedFailurePercentagePath",
	jsonata:  "Items Output",
}

func (o object) mapState(b Base) *Map {
	o.only(mapFields)
	o.onward(&b)
	o.io(&b)
	s := &Map{base: b, ItemsPath: o.reference("ItemsPath")}
	s.ResultSelector = o.template("ResultSelector")
	s.ResultPath = o.target("ResultPath")
	o.atMostOne("Parameters", "ItemSelector")
	if s.ItemSelector = o.parameters("Parameters"); s.ItemSelector == nil {
		s.ItemSelector = o.template("ItemSelector")
	}
	o.atMostOne("MaxConcurrency", "MaxConcurrencyPath")
	n, _ := o.integer("MaxConcurrency", 0, math.MaxInt64)
	s.MaxConcurrency = int(min(n, math.MaxInt32))
	s.MaxConcurrencyPath = o.inputReference("MaxConcurrencyPath")
	o.exactlyOne("ItemProcessor", "Iterator")
	for _, field := range []string{"ItemProcessor", "Iterator"} {
		if p, ok := o.child(field); ok && s.Processor == nil {
			s.Processor = p.processor(field)
		}
	}
	o.distributed(s)
	s.Retry = o.retry()
	s.Catch = o.catch()
	return s
}

// distributed refuses a Distributed Map.
func (o object) distributed(s *Map) {
	var used []string
	if s.Processor != nil && s.Processor.Mode == Distributed {
		used = append(used, "Mode DISTRIBUTED")
	}
	for _, m := range o.json.Members() {
		if among(distributedFields, m.Key) {
			used = append(used, m.Key)
		}
	}
	if used != nil {
		o.fail(UnsupportedByMinuet, o.at, "Minuet does not run Distributed Map yet (%s). Use an inline Map, or run the state machine on AWS Step Functions",
			strings.Join(used, ", "))
	}
}
