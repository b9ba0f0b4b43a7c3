package machine

import (
	"math"
	"strconv"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

// worded adds to a state's own error where it happened, as AWS does.
func (s *step) worded(f *failure) Failure {
	if f.name == "States.DataLimitExceeded" {
		return *NewFailure(f.name, f.cause)
	}
	event := s.pos.outer().Events + s.pos.EnteredEvent
	return *NewFailure(f.name, "An error occurred while executing the state '"+s.pos.State+
		"' (entered at the event id #"+strconv.Itoa(event)+"). "+f.cause)
}

// raised is the decision when the state fails over its own data before it has done anything.
func (s *step) raised(f *failure) Decision { return s.failed(s.worded(f), PhaseNone, 0) }

func (s *step) runtimeError(cause string) Decision {
	return s.end(*NewFailure(errRuntime, cause), PhaseNone, 0)
}

// failed decides what becomes of a failure: another attempt, a catcher's state, or the branch's end.
func (s *step) failed(f Failure, phase Phase, childEvents int) Decision {
	retry, catch := handlers(s.state)
	for i, r := range retry {
		if !matches(r.ErrorEquals, f, phase) {
			continue
		}
		if used := s.used(i); int64(used) < r.MaxAttempts {
			return s.retry(i, r, used, f, phase, childEvents)
		}
		break
	}
	for _, c := range catch {
		if matches(c.ErrorEquals, f, phase) {
			return s.caught(c, f, phase, childEvents)
		}
	}
	return s.end(f, phase, childEvents)
}

// handlers returns a state's Retry and Catch.
func handlers(st asl.State) ([]asl.Retrier, []asl.Catcher) {
	switch st := st.(type) {
	case *asl.Task:
		return st.Retry, st.Catch
	case *asl.Parallel:
		return st.Retry, st.Catch
	case *asl.Map:
		return st.Retry, st.Catch
	}
	return nil, nil
}

// matches tells whether an ErrorEquals lists the failure. States.ALL leaves out States.Runtime, and States.TaskFailed
// means whatever a task reports but a timeout.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
func matches(names []string, f Failure, phase Phase) bool {
	for _, n := range names {
		switch {
		case f.HasError && n == f.Error:
			return true
		case f.Error == errRuntime:
		case n == "States.ALL":
			return true
		case n == "States.TaskFailed":
			if f.Error != "States.Timeout" && (phase == PhaseScheduled || phase == PhaseStarted) {
				return true
			}
		}
	}
	return false
}

func (s *step) used(retrier int) int {
	if retrier < len(s.pos.Retries) {
		return s.pos.Retries[retrier]
	}
	return 0
}

// retry makes the record that starts another attempt after a delay.
//
// https://states-language.net/spec.html#retrying-after-error
func (s *step) retry(i int, r asl.Retrier, used int, f Failure, phase Phase, childEvents int) Decision {
	seconds := float64(r.IntervalSeconds) * math.Pow(r.BackoffRate, float64(used))
	if r.MaxDelaySeconds > 0 {
		seconds = math.Min(seconds, float64(r.MaxDelaySeconds))
	}
	const aYear = 365 * 24 * 3600
	seconds = math.Min(seconds, aYear)
	if r.FullJitter {
		seconds *= float64(s.Uint64()>>11) / (1 << 53)
	}
	retry, _ := handlers(s.state)
	counts := make([]int, len(retry))
	copy(counts, s.pos.Retries)
	counts[i]++

	rec := s.next(Retried)
	rec.Phase, rec.Failure = phase, &f
	rec.State, rec.Data = s.pos.State, s.pos.Data
	rec.EnteredAt, rec.EnteredEvent = s.pos.EnteredAt, s.pos.EnteredEvent
	rec.Events += childEvents + s.attemptEvents(phase, true)
	rec.Retries, rec.RetryCount = counts, s.pos.RetryCount+1
	rec.RetryAt = s.env.Now.Add(time.Duration(seconds * float64(time.Second))).UTC()
	return Decision{Record: rec}
}

// caught makes the record that goes to a catcher's state.
//
// https://states-language.net/spec.html#fallback-states
func (s *step) caught(c asl.Catcher, f Failure, phase Phase, childEvents int) Decision {
	output := f.Output()
	assigned, fault := s.assigned(c.Assign, output)
	var out value.Value
	if fault == nil {
		out, fault = s.placed(c.ResultPath, output)
	}
	if fault == nil {
		fault = s.oversize(out, s.pos.State)
	}
	if fault != nil {
		return s.end(s.worded(fault), phase, childEvents)
	}
	d := s.exit(c.Next, out, assigned, phase, childEvents)
	d.Record.Failure = &f
	return d
}

// Output is the object that a catcher gets; what is absent is null.
func (f Failure) Output() value.Value {
	var name, cause value.Value
	if f.HasError {
		name = value.OfString(f.Error)
	}
	if f.HasCause {
		cause = value.OfString(f.Cause)
	}
	return value.OfObject(value.Member{Key: "Error", Value: name}, value.Member{Key: "Cause", Value: cause})
}

// end makes the record that ends the branch with a failure.
func (s *step) end(f Failure, phase Phase, childEvents int) Decision {
	r := s.next(Ended)
	r.Phase, r.Failure, r.Status = phase, &f, Failed
	r.Data = Data{Seq: s.pos.Data.Seq}
	r.Events += childEvents + s.attemptEvents(phase, false)
	if r.Branch == Root {
		r.Events++ // ExecutionFailed
	}
	return Decision{Record: r}
}

// attemptEvents is how many events an attempt leaves between the state's entry, or the fork, and what follows it.
func (s *step) attemptEvents(phase Phase, retried bool) int {
	switch phase {
	case PhaseScheduled:
		return 2 // scheduled, start failed
	case PhaseStarted:
		if s.env.Submitted {
			return 4 // scheduled, started, submitted, done
		}
		return 3
	case PhaseForked:
		if retried {
			return 0
		}
		return 1 // succeeded, or failed
	}
	return 0
}

// eventLimit ends an execution whose history, with what the fork's children add, has grown past the limit.
func (s *step) eventLimit(h Happening) (Decision, bool) {
	events := s.pos.Events
	switch h := h.(type) {
	case ChildrenSucceeded:
		events += h.Events
	case ChildFailed:
		events += h.Events
	}
	limit := s.p.Limits.Events
	if limit == 0 || events < limit-1 {
		return Decision{}, false
	}
	return s.runtimeError("The execution reached the maximum number of history events (" + strconv.Itoa(limit) + ")."), true
}
