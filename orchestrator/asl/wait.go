package asl

import (
	"regexp"
	"time"

	"minuet/orchestrator/expr"
)

// Wait delays for a time or until one. Exactly one field is set.
//
// https://states-language.net/spec.html#wait-state
type Wait struct {
	base
	Seconds       *int64
	SecondsPath   *expr.Expression
	Timestamp     string // RFC 3339, checked
	TimestampPath *expr.Expression
}

var waitFields = fields{
	both:     everyField + onwardField + "Assign Seconds Timestamp",
	jsonPath: ioField + "SecondsPath TimestampPath",
	jsonata:  "Output",
}

func (o object) waitState(b Base) *Wait {
	o.only(waitFields)
	o.onward(&b)
	o.io(&b)
	o.exactlyOne("SecondsPath", "Seconds", "TimestampPath", "Timestamp")
	s := &Wait{base: b, SecondsPath: o.reference("SecondsPath"), TimestampPath: o.reference("TimestampPath")}
	if n, ok := o.integer("Seconds", 0, maxSeconds); ok {
		s.Seconds = &n
	}
	if v, ok := o.json.Get("Timestamp"); ok && !o.isExpression(v) {
		s.Timestamp, ok = o.string("Timestamp")
		if ok && !isTimestamp(s.Timestamp) {
			o.fault(o.place("Timestamp"), notTimestamp)
		}
	}
	return s
}

const notTimestamp = "String does not match RFC3339 timestamp"

// isTimestamp tells whether s is RFC 3339 with capital T, and capital Z where there is no offset.
//
// https://states-language.net/spec.html#timestamps
func isTimestamp(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil && timestampShape.MatchString(s)
}

// timestampShape is there because time.Parse also takes a one-digit hour and a comma before a fraction.
var timestampShape = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`)
