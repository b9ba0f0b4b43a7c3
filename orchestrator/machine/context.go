package machine

import (
	"minuet/orchestrator/asl"
	"minuet/orchestrator/value"
)

const timeLayout = "2006-01-02T15:04:05.000Z"

// context is the context object, $$.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
func (s *step) context() value.Value {
	object, text := value.OfObject, value.OfString
	member := func(key string, v value.Value) value.Member { return value.Member{Key: key, Value: v} }

	state := []value.Member{
		member("Name", text(s.pos.State)),
		member("EnteredTime", text(s.pos.EnteredAt.Time().Format(timeLayout))),
	}
	if s.state.Base().Type == asl.TypeTask {
		state = append(state, member("RetryCount", value.OfInt(int64(s.pos.RetryCount))))
	}
	members := []value.Member{
		member("Execution", object(
			member("Id", text(s.x.ARN)),
			member("Input", s.x.Input),
			member("StartTime", text(s.x.Start.Time().Format(timeLayout))),
			member("Name", text(s.x.Name)),
			member("RoleArn", text(s.x.RoleARN)),
			member("RedriveCount", value.OfInt(0)),
		)),
		member("StateMachine", object(member("Id", text(s.x.MachineARN)), member("Name", text(s.x.MachineName)))),
		member("State", object(state...)),
	}
	if s.env.Token != "" {
		members = append(members, member("Task", object(member("Token", text(s.env.Token)))))
	}
	if item := s.pos.outer().Item; item != nil {
		members = append(members, member("Map", item.context()))
	}
	return object(members...)
}

// context is the object's Map member.
func (i *Item) context() value.Value {
	return value.OfObject(value.Member{Key: "Item", Value: value.OfObject(
		value.Member{Key: "Index", Value: value.OfInt(int64(i.Index))},
		value.Member{Key: "Value", Value: i.Value},
	)})
}
