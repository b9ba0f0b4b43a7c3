package asl

import "strconv"

// Express returns the faults that a definition without errors has as that of an Express machine, which takes no callback,
// job or activity.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
func Express(def *Definition) []Diagnostic {
	var r report
	r.express("", &def.Body)
	return r.diagnostics()
}

func (r *report) express(at string, b *Body) {
	for _, name := range b.Order {
		at := at + "/States/" + clip(name)
		switch s := b.States[name].(type) {
		case *Task:
			switch {
			case s.Resource.Activity:
				r.fault(at+"/Resource", "Express state machine does not support Activity ARN")
			case s.Resource.Pattern != RequestResponse:
				// AWS's own message ends in a space.
				r.fault(at+"/Resource", "Express state machine does not support '%s' service integration ", s.Resource.Pattern)
			}
		case *Parallel:
			for i, branch := range s.Branches {
				r.express(at+"/Branches["+strconv.Itoa(i)+"]", branch)
			}
		case *Map:
			r.express(at+"/"+s.Processor.field, &s.Processor.Body)
		}
	}
}
