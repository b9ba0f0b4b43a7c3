package asl

import (
	"math"
	"strings"

	"minuet/orchestrator/value"
)

// Retrier is one entry of Retry, with its defaults filled in.
//
// https://states-language.net/spec.html#retrying-after-error
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds int64   // 1 when absent; 0 is allowed, as AWS allows it
	MaxAttempts     int64   // 3 when absent; 0: never
	BackoffRate     float64 // 2.0 when absent
	MaxDelaySeconds int64   // 0 when absent: no bound
	FullJitter      bool    // JitterStrategy is FULL
}

var retrierFields = fields{both: "Comment ErrorEquals IntervalSeconds MaxAttempts BackoffRate MaxDelaySeconds JitterStrategy"}

// maxDelaySeconds is the largest MaxDelaySeconds: 366 days.
const maxDelaySeconds = 31_622_400

func (o object) retry() []Retrier {
	var list []Retrier
	for last, r := range o.handlers("Retry") {
		list = append(list, r.retrier(last))
	}
	return list
}

func (o object) retrier(last bool) Retrier {
	o.only(retrierFields)
	o.comment()
	o.require("ErrorEquals")
	r := Retrier{ErrorEquals: o.errorEquals(last), IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2}
	if n, ok := o.integer("IntervalSeconds", 0, maxSeconds); ok {
		r.IntervalSeconds = n
	}
	if n, ok := o.integer("MaxAttempts", 0, maxSeconds); ok {
		r.MaxAttempts = n
	}
	if v, ok := o.field("BackoffRate", value.Number); ok {
		r.BackoffRate = v.Float()
		switch at := o.place("BackoffRate"); {
		case r.BackoffRate < 1:
			o.fault(at, "Minimum value is 1.0")
		case math.IsInf(r.BackoffRate, 1):
			o.fault(at, "Maximum value is %s", strings.ToUpper(value.OfFloat(math.MaxFloat64).NumberText()))
		}
	}
	r.MaxDelaySeconds, _ = o.integer("MaxDelaySeconds", 1, maxDelaySeconds)
	jitter, _ := o.enum("JitterStrategy", "NONE", "FULL")
	r.FullJitter = jitter == "FULL"
	return r
}

// handlers yields the entries of Retry or Catch, each with whether it is the last.
func (o object) handlers(name string) func(yield func(last bool, entry object) bool) {
	list := o.children(name)
	return func(yield func(bool, object) bool) {
		for i, entry := range list {
			if !yield(i == len(list)-1, entry) {
				return
			}
		}
	}
}

// errorEquals reads the error names of a retrier or catcher; last tells that no other follows.
//
// https://states-language.net/spec.html#error-names
func (o object) errorEquals(last bool) []string {
	o.notEmpty("ErrorEquals")
	v, ok := o.field("ErrorEquals", value.Array)
	if !ok {
		return nil
	}
	var names []string
	for i, item := range v.Items() {
		at := o.place("ErrorEquals") + index(i)
		if !o.is(item, value.String, at) {
			continue
		}
		names = append(names, item.Text())
		if item.Text() == "States.ALL" && (v.Len() > 1 || !last) {
			o.fault(at, "States.ALL must appear alone and at end of list")
		}
	}
	return names
}
