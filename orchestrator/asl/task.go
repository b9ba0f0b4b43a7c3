package asl

import "minuet/orchestrator/expr"

// Task asks for a unit of work.
//
// https://states-language.net/spec.html#task-state
type Task struct {
	base
	Result
	Resource Resource
	// TimeoutSeconds is 0 when absent: then the task never times out (AWS's 99999999 s).
	TimeoutSeconds       int64
	TimeoutSecondsPath   *expr.Expression
	HeartbeatSeconds     int64 // 0 when absent
	HeartbeatSecondsPath *expr.Expression
	Credentials          *expr.Template
	Retry                []Retrier
	Catch                []Catcher
}

var taskFields = fields{
	both:     everyField + onwardField + "Assign Resource TimeoutSeconds HeartbeatSeconds Credentials Retry Catch",
	jsonPath: ioField + resultField + "TimeoutSecondsPath HeartbeatSecondsPath",
	jsonata:  "Arguments Output",
}

func (o object) taskState(b Base) *Task {
	o.only(taskFields)
	o.require("Resource")
	o.onward(&b)
	o.io(&b)
	s := &Task{base: b, Result: o.result(), Resource: o.resource()}
	s.TimeoutSeconds, s.TimeoutSecondsPath = o.seconds("TimeoutSeconds")
	s.HeartbeatSeconds, s.HeartbeatSecondsPath = o.seconds("HeartbeatSeconds")
	if s.TimeoutSeconds > 0 && s.HeartbeatSeconds >= s.TimeoutSeconds {
		o.fault(o.place("HeartbeatSeconds"), "The value of 'HeartbeatSeconds' must be smaller than that of 'TimeoutSeconds'")
	}
	s.Credentials = o.credentials(s.Resource)
	s.Retry = o.retry()
	s.Catch = o.catch()
	return s
}

// seconds reads a time limit, given as a number or by a path to one.
func (o object) seconds(name string) (int64, *expr.Expression) {
	o.atMostOne(name, name+"Path")
	n, _ := o.integer(name, 1, maxSeconds)
	return n, o.reference(name + "Path")
}

// credentials reads the role that the task is to take.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
func (o object) credentials(r Resource) *expr.Template {
	c, ok := o.child("Credentials")
	switch {
	case !ok:
		return nil
	case r.Activity:
		o.fault(c.at, "The field 'Credentials' is not supported for activities")
	case !c.has("RoleArn") && !c.has("RoleArn.$"):
		o.fault(c.at, "The field 'RoleArn' is required but was missing")
	}
	return o.template("Credentials")
}
