package catalog

import (
	"minuet/orchestrator/asl"
	"minuet/orchestrator/expr"
)

// references collects the names of the workflow variables that a state reads.
type references []string

func (r *references) path(es ...*expr.Expression) {
	for _, e := range es {
		if e != nil {
			*r = append(*r, e.Variables()...)
		}
	}
}

func (r *references) template(ts ...*expr.Template) {
	for _, t := range ts {
		if t != nil {
			*r = append(*r, t.Variables()...)
		}
	}
}

func (r *references) state(s asl.State) {
	b := s.Base()
	r.template(b.Assign)
	for _, sel := range []*asl.Selector{b.InputPath, b.OutputPath} {
		if sel != nil {
			r.path(sel.Path)
		}
	}
	switch s := s.(type) {
	case *asl.Pass:
		r.template(s.Parameters)
	case *asl.Task:
		r.result(s.Result, s.Catch)
		r.template(s.Credentials)
		r.path(s.TimeoutSecondsPath, s.HeartbeatSecondsPath)
	case *asl.Choice:
		for _, rule := range s.Choices {
			r.template(rule.Assign)
			r.condition(&rule.Condition)
		}
	case *asl.Wait:
		r.path(s.SecondsPath, s.TimestampPath)
	case *asl.Fail:
		r.path(s.ErrorPath, s.CausePath)
	case *asl.Parallel:
		r.result(s.Result, s.Catch)
	case *asl.Map:
		r.result(s.Result, s.Catch)
		r.template(s.ItemSelector)
		r.path(s.ItemsPath, s.MaxConcurrencyPath)
	}
}

func (r *references) result(res asl.Result, catch []asl.Catcher) {
	r.template(res.Parameters, res.ResultSelector)
	for _, c := range catch {
		r.template(c.Assign)
	}
}

func (r *references) condition(c *asl.Condition) {
	r.path(c.Variable, c.Path)
	for _, group := range [][]asl.Condition{c.And, c.Or} {
		for i := range group {
			r.condition(&group[i])
		}
	}
	if c.Not != nil {
		r.condition(c.Not)
	}
}
