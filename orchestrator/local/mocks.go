package local

import (
	"minuet/orchestrator/local/mockconfig"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// mocks answers tasks from a MockConfigFile.
type mocks struct{ config *mockconfig.Config }

// Response implements [engine.Mocks].
func (m mocks) Response(machineName, testCase, state string, invocation int) (value.Value, *machine.Failure, bool) {
	r, ok := m.config.Response(machineName, testCase, state, invocation)
	switch {
	case !ok && m.config.Mocked(machineName, testCase, state):
		return value.Value{}, machine.NewFailure("States.Runtime", "The test case "+testCase+" has no response left for the state "+state+"."), true
	case !ok:
		return value.Value{}, nil, false
	case r.Throw != nil:
		return value.Value{}, &machine.Failure{Error: r.Throw.Error, HasError: true, Cause: r.Throw.Cause, HasCause: r.Throw.Cause != ""}, true
	}
	return r.Return, nil, true
}
