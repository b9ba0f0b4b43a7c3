//go:build engines

package cloudtest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// usage is what executions ask for.
type usage struct {
	reads, writes  float64 // capacity units
	tableRequests  float64
	sends, entries float64 // requests to SQS, and messages in them
	events         float64
}

func (s *Stack) usage() (u usage) {
	for _, c := range s.DynamoDB.Calls() {
		u.tableRequests++
		u.reads += c.Reads
		u.writes += c.Writes
	}
	for _, c := range s.SQS.Calls() {
		u.sends++
		u.entries += float64(c.Sent)
	}
	for _, c := range s.EventBridge.Calls() {
		u.events += float64(c.Sent)
	}
	return u
}

func (u usage) minus(v usage) usage {
	return usage{u.reads - v.reads, u.writes - v.writes, u.tableRequests - v.tableRequests, u.sends - v.sends, u.entries - v.entries, u.events - v.events}
}

func (u usage) per(n float64) usage {
	return usage{u.reads / n, u.writes / n, u.tableRequests / n, u.sends / n, u.entries / n, u.events / n}
}

// Ensure that a transition costs what was promised: one conditional put, two for a Task, no read and one message.
func TestRequestsPerTransition(t *testing.T) {
	o := options()
	o.Concurrency = 1 // one warm process of each function
	s := Start(t, o)
	u := newUser(t, s)

	const states = 20
	measure := func(name, definition string) usage {
		t.Helper()
		machine := u.machine(name, definition)
		var used usage
		for range 2 { // the first one warms the definition
			s.DynamoDB.Reset()
			s.SQS.Reset()
			s.EventBridge.Reset()
			x := u.start(machine, `{"name": "x"}`)
			// Nothing of the test's own may be counted, so the functions say when they are done: the last write ends the execution.
			eventually(t, 2*time.Minute, "the end of "+x, func() bool { return s.ended(t, x) })
			used = s.usage()
		}
		return used
	}
	task := func(string) map[string]any { return helloTask() }
	var table strings.Builder
	fmt.Fprintf(&table, "| what | table requests | WRU | RRU | SQS requests | messages | events |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	row := func(what string, u usage) {
		fmt.Fprintf(&table, "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |\n", what, u.tableRequests, u.writes, u.reads, u.sends, u.entries, u.events)
	}
	onePass, oneTask := measure("pass-1", passes(1)), measure("task-1", chain(1, task))
	pass := measure("pass-21", passes(states+1)).minus(onePass).per(states)
	row("a Pass state, of 20 in a row", pass)
	chainOfTasks := measure("task-21", chain(states+1, task)).minus(oneTask).per(states)
	row("a Task state, of 20 in a row", chainOfTasks)
	row("a whole execution of one Pass", onePass)
	row("a whole execution of one Task", oneTask)
	t.Logf("requests a transition:\n%s", table.String())

	for _, test := range []struct {
		what  string
		used  usage
		write float64
	}{{"a Pass", pass, 1.1}, {"a Task", chainOfTasks, 2.1}} {
		if test.used.writes > test.write || test.used.reads > 0 || test.used.sends > 1 || test.used.entries > 1 {
			t.Errorf("%s takes %.2f WRU, %.2f RRU and %.2f sends, want at most %.1f, 0 and 1",
				test.what, test.used.writes, test.used.reads, test.used.sends, test.write)
		}
		if test.used.writes <= 0 {
			t.Errorf("%s takes no write: the proxy does not measure", test.what)
		}
	}
}
