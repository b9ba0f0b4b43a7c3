//go:build shared

package sharedtest

import (
	"cmp"
	"slices"

	"minuet/orchestrator/value"
)

// wayStep is a step of a way through a body: out of a state, by its Next or End, a Choice rule or a catcher.
type wayStep struct {
	from, to string // to is "" at the end
	throws   string // the error that a Task is to fail with, so that catcher takes it; or ""
	catcher  value.Value
}

func (s wayStep) key() string { return s.from + "\x00" + s.to + "\x00" + s.throws }

// mostSteps bounds the search for a way.
const mostSteps = 100_000

// findWay finds the way through a body with the most steps that were not tried, and among those the longest, that meets no
// state twice: for each state on it the step out of it. With well it does not end in a Fail state if that can be helped.
func findWay(body value.Value, tried map[string]bool, well bool) map[string]wayStep {
	states := get(body, "States")
	var path, best []wayStep
	var score [3]int
	on := map[string]bool{}
	searched := 0
	over := func(last wayStep, failed bool) {
		way := append(slices.Clone(path), last)
		ends := [3]int{0, 0, len(way)}
		if well && !failed {
			ends[0] = 1
		}
		for _, s := range way {
			if !tried[s.key()] {
				ends[1]++
			}
		}
		if best == nil || slices.Compare(ends[:], score[:]) > 0 {
			best, score = way, ends
		}
	}
	var walk func(name string)
	walk = func(name string) {
		st, ok := states.Get(name)
		if searched++; !ok || on[name] || searched > mostSteps {
			return
		}
		steps := stepsOf(name, st)
		if len(steps) == 0 || steps[0].to == "" {
			over(wayStep{from: name}, text(st, "Type") == "Fail")
		}
		on[name] = true
		for _, s := range steps {
			if s.to != "" {
				path = append(path, s)
				walk(s.to)
				path = path[:len(path)-1]
			}
		}
		on[name] = false
	}
	walk(text(body, "StartAt"))
	way := map[string]wayStep{}
	for _, s := range best {
		way[s.from] = s
	}
	return way
}

// stepsOf lists the steps out of a state, that of its end first.
func stepsOf(name string, st value.Value) (steps []wayStep) {
	if end := get(st, "End"); end.Bool() {
		steps = append(steps, wayStep{from: name})
	}
	for _, rule := range get(st, "Choices").Items() {
		steps = append(steps, wayStep{from: name, to: text(rule, "Next")})
	}
	if next := cmp.Or(text(st, "Next"), text(st, "Default")); next != "" {
		steps = append(steps, wayStep{from: name, to: next})
	}
	if text(st, "Type") != "Task" {
		return steps
	}
	for _, c := range get(st, "Catch").Items() {
		throws := get(c, "ErrorEquals").Index(0).Text()
		if throws == "States.ALL" || throws == "States.TaskFailed" {
			throws = "Unforeseen"
		}
		steps = append(steps, wayStep{name, text(c, "Next"), throws, c})
	}
	return steps
}
