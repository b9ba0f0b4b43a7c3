package machine

import (
	"strings"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

func member(key string, v value.Value) value.Member { return value.Member{Key: key, Value: v} }

var notTruncated = value.OfObject(member("truncated", value.OfBool(false)))

// inputDetails is an input as events show it, before further fields.
func inputDetails(text string, more ...value.Member) []value.Member {
	return append([]value.Member{member("input", value.OfString(text)), member("inputDetails", notTruncated)}, more...)
}

// outputDetails is an output as events show it, after further fields.
func outputDetails(out value.Value, before ...value.Member) []value.Member {
	return append(before, member("output", value.OfString(out.JSON())), member("outputDetails", notTruncated))
}

// failureDetails are error and cause, as far as there are any, after further fields.
func failureDetails(f *Failure, before ...value.Member) []value.Member {
	if f == nil {
		return before
	}
	if f.HasError {
		before = append(before, member("error", value.OfString(f.Error)))
	}
	if f.HasCause {
		before = append(before, member("cause", value.OfString(f.Cause)))
	}
	return before
}

func (h *history) entered(r *Record, previous *happened) *happened {
	text := h.x.InputText
	if r.Branch != Root || r.Seq > 0 {
		text = r.Data.Value.JSON()
	}
	return h.add(r.At, previous, string(h.kind(r.State))+"StateEntered", "stateEntered",
		inputDetails(text, member("name", value.OfString(r.State)))...)
}

func (h *history) exited(r *Record, previous *happened) *happened {
	details := outputDetails(r.Data.Value, member("name", value.OfString(r.From)))
	if !r.Assigned.IsNull() && r.Assigned.Len() > 0 {
		var texts []value.Member
		for _, m := range r.Assigned.Members() {
			texts = append(texts, member(m.Key, value.OfString(m.Value.JSON())))
		}
		details = append(details, member("assignedVariables", value.OfObject(texts...)), member("assignedVariablesDetails", notTruncated))
	}
	return h.add(r.At, previous, string(h.kind(r.From))+"StateExited", "stateExited", details...)
}

func (h *history) executionEnded(r *Record, previous *happened) *happened {
	switch r.Status {
	case Succeeded:
		return h.add(r.At, previous, "ExecutionSucceeded", "executionSucceeded", outputDetails(r.Data.Value)...)
	case TimedOut:
		return h.add(r.At, previous, "ExecutionTimedOut", "executionTimedOut", failureDetails(r.Failure)...)
	case Aborted:
		return h.add(r.At, previous, "ExecutionAborted", "executionAborted", failureDetails(r.Failure)...)
	}
	return h.add(r.At, previous, "ExecutionFailed", "executionFailed", failureDetails(r.Failure)...)
}

// attempt derives the events of the task attempt that pos has entered: as it came out in r, or as far as it is when r is
// nil.
func (h *history) attempt(pos *Position, r *Record, last *happened) *happened {
	task, ok := h.p.states[pos.State].(*asl.Task)
	if !ok || pos.Kind == Ended {
		return last
	}
	tried, claimed := h.log.Attempts[pos.Key]
	phase := PhaseNone
	if r != nil {
		phase = r.Phase
		if phase == PhaseNone && r.From == "" && claimed {
			phase = PhaseStarted // stopped from outside
		}
		if phase == PhaseNone {
			return last
		}
	} else if !claimed {
		return last
	}
	at := tried.At
	if !claimed {
		at = r.At
	}
	e := &attemptEvents{h: h, task: task, last: last}
	e.scheduled(at, h.call(pos, tried.Token))
	if phase == PhaseScheduled {
		e.startFailed(r)
		return e.last
	}
	e.started(at)
	if s := tried.Submitted; s != nil && (r == nil || s.At < r.At) {
		e.add(s.At, "TaskSubmitted", "taskSubmitted", outputDetails(s.Output, e.resource()...)...)
	}
	if r == nil || r.From == "" {
		return e.last
	}
	switch {
	case r.Failure == nil && r.Result == nil:
		e.succeeded(r.At, r.Data.Value)
	case r.Result != nil:
		e.succeeded(r.At, r.Result.Value)
	case r.Failure.Error == "States.Timeout":
		e.failed(r.At, "TimedOut", r.Failure)
	default:
		e.failed(r.At, "Failed", r.Failure)
	}
	return e.last
}

// call evaluates again what the attempt was started with.
func (h *history) call(pos *Position, token string) *TaskCall {
	s := &step{p: h.p, x: h.x, pos: pos, env: Env{Token: token}, state: h.p.states[pos.State]}
	call, f := s.taskCall(s.state.(*asl.Task))
	if f != nil {
		return &TaskCall{Resource: s.state.(*asl.Task).Resource}
	}
	return call
}

// attemptEvents words a task attempt's events: those of a Lambda function named by its own ARN, or of an integration.
type attemptEvents struct {
	h    *history
	task *asl.Task
	last *happened
}

func (e *attemptEvents) add(at Stamp, kind, key string, details ...value.Member) {
	e.last = e.h.add(at, e.last, kind, key, details...)
}

// resource names the integration.
func (e *attemptEvents) resource() []value.Member {
	return []value.Member{
		member("resourceType", value.OfString(e.task.Resource.Service)),
		member("resource", value.OfString(e.task.Resource.Name())),
	}
}

func (e *attemptEvents) scheduled(at Stamp, call *TaskCall) {
	var limits []value.Member
	if call.Timeout > 0 {
		limits = append(limits, member("timeoutInSeconds", value.OfInt(call.Timeout)))
	}
	if call.Heartbeat > 0 {
		limits = append(limits, member("heartbeatInSeconds", value.OfInt(call.Heartbeat)))
	}
	if !call.Credentials.IsNull() {
		if role, ok := call.Credentials.Get("RoleArn"); ok {
			limits = append(limits, member("taskCredentials", value.OfObject(member("roleArn", role))))
		}
	}
	r := e.task.Resource
	switch {
	case r.Lambda:
		e.add(at, "LambdaFunctionScheduled", "lambdaFunctionScheduled", append(inputDetails(call.Parameters.JSON(), member("resource", value.OfString(r.ARN))), limits...)...)
	case r.Activity:
		e.add(at, "ActivityScheduled", "activityScheduled", append(inputDetails(call.Parameters.JSON(), member("resource", value.OfString(r.ARN))), limits...)...)
	default:
		details := append(e.resource(), member("region", value.OfString(region(e.h.x.ARN))), member("parameters", value.OfString(call.Parameters.JSON())))
		e.add(at, "TaskScheduled", "taskScheduled", append(details, limits...)...)
	}
}

func (e *attemptEvents) started(at Stamp) {
	switch {
	case e.task.Resource.Lambda:
		e.add(at, "LambdaFunctionStarted", "")
	case e.task.Resource.Activity:
	default:
		e.add(at, "TaskStarted", "taskStarted", e.resource()...)
	}
}

func (e *attemptEvents) startFailed(r *Record) {
	switch {
	case e.task.Resource.Lambda:
		e.add(r.At, "LambdaFunctionStartFailed", "lambdaFunctionStartFailed", failureDetails(r.Failure)...)
	case e.task.Resource.Activity:
		e.add(r.At, "ActivityScheduleFailed", "activityScheduleFailed", failureDetails(r.Failure)...)
	default:
		e.add(r.At, "TaskStartFailed", "taskStartFailed", failureDetails(r.Failure, e.resource()...)...)
	}
}

func (e *attemptEvents) succeeded(at Stamp, out value.Value) {
	switch {
	case e.task.Resource.Lambda:
		e.add(at, "LambdaFunctionSucceeded", "lambdaFunctionSucceeded", outputDetails(out)...)
	case e.task.Resource.Activity:
		e.add(at, "ActivitySucceeded", "activitySucceeded", outputDetails(out)...)
	default:
		e.add(at, "TaskSucceeded", "taskSucceeded", outputDetails(out, e.resource()...)...)
	}
}

// failed words a failure; how is "Failed" or "TimedOut".
func (e *attemptEvents) failed(at Stamp, how string, f *Failure) {
	switch {
	case e.task.Resource.Lambda:
		e.add(at, "LambdaFunction"+how, "lambdaFunction"+how, failureDetails(f)...)
	case e.task.Resource.Activity:
		e.add(at, "Activity"+how, "activity"+how, failureDetails(f)...)
	default:
		e.add(at, "Task"+how, "task"+how, failureDetails(f, e.resource()...)...)
	}
}

// region is the region in an ARN.
func region(arn string) string {
	parts := strings.SplitN(arn, ":", 5)
	if len(parts) < 5 {
		return ""
	}
	return parts[3]
}
