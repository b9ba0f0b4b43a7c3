//go:build shared

package sharedtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/local"
	"minuet/orchestrator/local/mockconfig"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// placeholder is ${Name} with what stands around it.
var placeholder = regexp.MustCompile(`("?)([^"]{0,10}?)\$\{([^}]*)\}("?)`)

// substitute puts plausible names, ARNs and actions in the place of a template's placeholders.
func substitute(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(s string) string {
		m := placeholder.FindStringSubmatch(s)
		name := strings.Map(func(r rune) rune {
			if r == '.' || r == '-' {
				return '_'
			}
			return r
		}, m[3])
		whole := m[1] != "" && m[2] == "" && m[4] != ""
		switch lower := strings.ToLower(name); {
		case lower == "partition":
			name = "aws"
		case lower == "region":
			name = "us-east-1"
		case strings.HasSuffix(lower, "account_id"):
			name = "123456789012"
		case !whole:
		case lower == "activityarn":
			name = "arn:aws:states:us-east-1:123456789012:activity:" + name
		case lower == "snstopicpublishaction":
			name = "arn:aws:states:::sns:publish"
		case lower == "sqssendmessageaction":
			name = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
		default:
			name = "arn:aws:lambda:us-east-1:123456789012:function:" + name
		}
		return m[1] + m[2] + name + m[4]
	})
}

// hurry makes waits short that the definition gives by itself: no seconds, or until a day that has passed.
// Retriers wait no longer either.
func hurry(v value.Value) value.Value {
	switch v.Kind() {
	case value.Object:
		waits := text(v, "Type") == "Wait"
		if errors, ok := v.Get("ErrorEquals"); ok && errors.Kind() == value.Array && text(v, "Next") == "" {
			v = v.Set("IntervalSeconds", value.OfInt(0))
		}
		for _, m := range v.Members() {
			switch {
			case waits && m.Key == "Seconds":
				v = v.Set(m.Key, value.OfInt(0))
			case waits && m.Key == "Timestamp":
				v = v.Set(m.Key, value.OfString("2024-01-01T00:00:00Z"))
			default:
				v = v.Set(m.Key, hurry(m.Value))
			}
		}
	case value.Array:
		for i, item := range v.Items() {
			v = v.SetIndex(i, hurry(item))
		}
	}
	return v
}

// workflow is a published definition on its way through the test.
type workflow struct {
	file     string
	machine  string // the name of its state machine
	validity string // "valid", or why it is not run
	source   string // of a valid one: what is created
	states   int
	ways     []way
	entered  map[string]bool // the states that were entered
	outcomes []string
}

// way is an execution of a workflow that goes a certain way.
type way struct {
	testCase string
	input    value.Value
	arn      string
}

// mostWays is how many ways through a definition are tried.
const mostWays = 20

// Ensure every published definition is refused for the reason that AWS gives, or for something that Minuet says it lacks, or
// else runs to its end with the real clock, the real store and a mock for each of its tasks.
//
// The mocks are inferred from what the definition reads. Each definition runs several times, so that every rule and every
// catcher that can be reached is taken once; overrides help where that does not do. What takes time by the definition's own
// word is hurried before the definition is created: a Wait for some seconds or until a time, and the interval of a retrier.
func TestWorkflows(t *testing.T) {
	files := names(t, "workflows", "*.asl.json")
	var all []*workflow
	machines, responses := map[string]any{}, map[string]any{}
	for i, file := range files {
		w := &workflow{file: file, machine: fmt.Sprintf("workflow-%d", i), entered: map[string]bool{}}
		all = append(all, w)
		source := substitute(read(t, "workflows", file))
		def, ds := asl.Parse(source)
		if w.validity = validity(t, file, source, def, ds); def != nil {
			machines[w.machine] = map[string]any{"TestCases": w.prepare(t, hurry(parse(t, source)), responses)}
		}
	}
	h := open(t, local.HostConfig{Mocks: loadMocks(t, machines, responses)})
	valid, ran := 0, 0
	for _, w := range all {
		if w.source == "" {
			continue
		}
		h.create(w.machine, w.source)
		valid++
		for i, way := range w.ways {
			w.ways[i].arn = h.start(w.machine+"#"+way.testCase, "", way.input.JSON()).ARN
			ran++
		}
	}
	succeeded, entered, states := 0, 0, 0
	for _, w := range all {
		for _, way := range w.ways {
			succeeded += h.judge(w, way)
		}
		entered += len(w.entered)
		states += w.states
	}
	t.Logf("%d definitions, %d valid, run %d times, SUCCEEDED %d times, %d of %d states entered\n%s",
		len(all), valid, ran, succeeded, entered, states, table(all))
	checkLists(t, all)
}

// checkLists ensures that overrides and failing name only what needs it.
func checkLists(t *testing.T, all []*workflow) {
	t.Helper()
	outcomes := map[string][]string{}
	for _, w := range all {
		outcomes[w.file] = w.outcomes
	}
	for file := range overrides {
		if outcomes[file] == nil {
			t.Errorf("an override names %s, which has not run", file)
		}
	}
	for file := range failing {
		if !slices.ContainsFunc(outcomes[file], func(o string) bool { return strings.HasPrefix(o, asListed) }) {
			t.Errorf("%s no longer fails as listed", file)
		}
	}
	for file := range refused {
		if _, ok := outcomes[file]; !ok {
			t.Errorf("%s is not there", file)
		}
	}
}

// prepare finds the ways through a definition, adds the responses that they need, and returns the test cases.
func (w *workflow) prepare(t *testing.T, definition value.Value, responses map[string]any) (cases map[string]any) {
	t.Helper()
	w.source, cases = definition.JSON(), map[string]any{}
	override := overrides[w.file]
	tried := map[string]bool{}
	for len(w.ways) < mostWays {
		in := infer(definition, tried)
		if !in.more {
			break
		}
		w.states = in.states
		input := in.input.value(0)
		if input.Kind() != value.Object && input.Kind() != value.Array {
			input = value.EmptyObject
		}
		if override.input != "" {
			input = merge(input, parse(t, override.input))
		}
		testCase := fmt.Sprintf("Way%d", len(w.ways)+1)
		w.ways = append(w.ways, way{testCase: testCase, input: input})
		mocked := map[string]string{}
		for _, task := range in.tasks {
			id := w.machine + " " + testCase + " " + task.state
			mocked[task.state] = id
			responses[id] = map[string]any{"0-99": task.mock(t, override)}
		}
		cases[testCase] = mocked
	}
	return cases
}

// mock is the response as a MockConfigFile has it.
func (r response) mock(t *testing.T, o override) map[string]any {
	t.Helper()
	result := r.of.value(0)
	if r.throws != "" {
		return map[string]any{"Throw": map[string]any{"Error": r.throws, "Cause": cmp.Or(text(result, "Cause"), "mocked")}}
	}
	if text, ok := o.states[r.state]; ok {
		result = merge(result, parse(t, text))
	}
	return map[string]any{"Return": json.RawMessage(result.JSON())}
}

// loadMocks reads the mocks as a MockConfigFile.
func loadMocks(t *testing.T, machines, responses map[string]any) *mockconfig.Config {
	t.Helper()
	data, err := json.Marshal(map[string]any{"StateMachines": machines, "MockedResponses": responses})
	if err != nil {
		t.Fatal(err)
	}
	c, err := mockconfig.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const asListed = "FAILED as listed: "

// judge waits for the end of a workflow, reports one that is not as it should be, and returns 1 if it has succeeded.
func (h *host) judge(w *workflow, way way) int {
	h.t.Helper()
	x := h.end(way.arn)
	events := h.events(way.arn)
	for _, e := range events {
		if strings.HasSuffix(e.Type, "StateEntered") {
			w.entered[text(e.Details, "name")] = true
		}
	}
	known, listed := failing[w.file]
	if x.Status == machine.Succeeded {
		w.outcomes = append(w.outcomes, "SUCCEEDED")
		return 1
	}
	name, cause := aws.ToString(x.Error), aws.ToString(x.Cause)
	switch {
	case x.Status == machine.Failed && failState(events):
		w.outcomes = append(w.outcomes, "Fail state")
	case listed && x.Status == machine.Failed && name == known[0] && strings.Contains(cause, known[1]):
		w.outcomes = append(w.outcomes, asListed+known[1])
	default:
		w.outcomes = append(w.outcomes, string(x.Status)+": "+name)
		h.t.Errorf("%s, %s, has ended as %s: %s: %s\ninput %s", w.file, way.testCase, x.Status, name, cause, x.Input)
	}
	return 0
}

// failState tells whether an execution failed in a Fail state of its definition.
func failState(events []machine.Event) bool {
	e := events[len(events)-1]
	for strings.HasSuffix(e.Type, "Failed") && e.PreviousID > 0 {
		e = events[e.PreviousID-1]
	}
	return e.Type == "FailStateEntered"
}

// table shows what became of each workflow.
func table(all []*workflow) string {
	var b strings.Builder
	for _, w := range all {
		ran := ""
		if w.ways != nil {
			ran = fmt.Sprintf("%d of %d states", len(w.entered), w.states)
		}
		fmt.Fprintf(&b, "%-90s %-24s %-17s %s\n", strings.TrimSuffix(w.file, ".asl.json"), w.validity, ran, counted(w.outcomes))
	}
	return b.String()
}

// counted says how often each outcome came.
func counted(outcomes []string) string {
	count := map[string]int{}
	for _, o := range outcomes {
		count[o]++
	}
	var parts []string
	for _, o := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%d x %s", count[o], o))
	}
	return strings.Join(parts, ", ")
}
