package catalog

import "minuet/orchestrator/engine"

// checkName refuses what may not be the name of a state machine or an activity.
func checkName(name string) error {
	if !engine.ValidName(name) {
		return engine.Errorf("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}
