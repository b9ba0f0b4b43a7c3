package mockconfig

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"minuet/orchestrator/value"
)

// Config is a mock configuration without faults. It is immutable.
type Config struct {
	machines map[string]map[string]testCase
}

// testCase gives the responses of each mocked state.
type testCase map[string]responses

// responses are ranges of attempts in ascending order, without gaps from 0 on.
type responses []span

// span is the response to the attempts first to last.
type span struct {
	key         string // as written
	first, last int
	response    Response
}

// Response is the answer to a call of a mocked state: a result, or an error when Throw is set.
type Response struct {
	Return value.Value
	Throw  *Throw
}

// Throw is the error output of a mocked call.
type Throw struct{ Error, Cause string }

// HasTestCase reports whether the configuration has the test case for the state machine of that name.
func (c *Config) HasTestCase(machine, testCase string) bool {
	_, ok := c.machines[machine][testCase]
	return ok
}

// Mocked reports whether the test case mocks the state. If it does and Response has nothing for an attempt, then the execution
// must fail; if it does not, the state calls its service.
func (c *Config) Mocked(machine, testCase, state string) bool {
	_, ok := c.machines[machine][testCase][state]
	return ok
}

// Response gives the response to a call of the state, where attempt counts its calls in the execution from 0. It is false when
// the state is not mocked or has no response to that attempt.
func (c *Config) Response(machine, testCase, state string, attempt int) (Response, bool) {
	spans := c.machines[machine][testCase][state]
	i, found := slices.BinarySearchFunc(spans, attempt, func(s span, attempt int) int {
		switch {
		case s.last < attempt:
			return -1
		case s.first > attempt:
			return 1
		default:
			return 0
		}
	})
	if !found {
		return Response{}, false
	}
	return spans[i].response, true
}

// Fault is something wrong in a mock configuration.
type Fault struct {
	Pointer string // where, as a JSON pointer (RFC 6901): "/MockedResponses/Declined once/1-2"
	Message string // what, and what to do
}

// Error is all that is wrong in a mock configuration. It has at least one fault.
type Error struct{ Faults []Fault }

func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, fault := range e.Faults {
		lines[i] = fault.Message
		if fault.Pointer != "" {
			lines[i] = fault.Pointer + ": " + fault.Message
		}
	}
	return "mock configuration: " + strings.Join(lines, "\n")
}

// Load reads a mock configuration. The error is a *[value.SyntaxError], wrapped, when data is not JSON, and else an *[Error].
// Fields beside StateMachines and MockedResponses do not matter.
func Load(data []byte) (*Config, error) {
	root, err := value.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("mock configuration: %w", err)
	}
	var l loader
	config := l.config(root)
	if len(l.faults) > 0 {
		return nil, &Error{Faults: l.faults}
	}
	return config, nil
}

// loader collects faults.
type loader struct{ faults []Fault }

func (l *loader) fault(at pointer, format string, args ...any) {
	l.faults = append(l.faults, Fault{Pointer: string(at), Message: fmt.Sprintf(format, args...)})
}

// object gives the members of v, or faults v for what it should be.
func (l *loader) object(at pointer, v value.Value, what string) ([]value.Member, bool) {
	if v.Kind() != value.Object {
		l.fault(at, "must be an object with %s, not %s", what, describe(v))
		return nil, false
	}
	return v.Members(), true
}

// pointer is a JSON pointer.
type pointer string

func (p pointer) to(key string) pointer {
	return p + "/" + pointer(strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
}

// describe names the kind of v with an article.
func describe(v value.Value) string {
	switch v.Kind() {
	case value.Null:
		return "null"
	case value.Array, value.Object:
		return "an " + v.Kind().String()
	default:
		return "a " + v.Kind().String()
	}
}

func (l *loader) config(root value.Value) *Config {
	if _, ok := l.object("", root, "StateMachines and MockedResponses"); !ok {
		return nil
	}
	mocked := l.mockedResponses(root)
	config := &Config{machines: make(map[string]map[string]testCase)}

	const at = pointer("/StateMachines")
	machines, ok := root.Get("StateMachines")
	if !ok {
		l.fault("", "has no StateMachines; add an object that names each state machine with its TestCases")
		return nil
	}
	members, _ := l.object(at, machines, "a field for each state machine")
	for _, machine := range members {
		config.machines[machine.Key] = l.machine(at.to(machine.Key), machine.Value, mocked)
	}
	return config
}

// machine reads what StateMachines says of one machine.
func (l *loader) machine(at pointer, v value.Value, mocked map[string]responses) map[string]testCase {
	members, ok := l.object(at, v, "the field TestCases")
	if !ok {
		return nil
	}
	cases := make(map[string]testCase)
	found := false
	for _, member := range members {
		if member.Key != "TestCases" {
			l.fault(at.to(member.Key), "is not known here; a state machine has the field TestCases only")
			continue
		}
		found = true
		at := at.to(member.Key)
		members, _ := l.object(at, member.Value, "a field for each test case")
		for _, member := range members {
			cases[member.Key] = l.testCase(at.to(member.Key), member.Value, mocked)
		}
	}
	if !found {
		l.fault(at, "has no TestCases; add an object that names each test case")
	}
	return cases
}

// testCase reads which response each state gets.
func (l *loader) testCase(at pointer, v value.Value, mocked map[string]responses) testCase {
	members, _ := l.object(at, v, "a mocked response's name for each mocked state")
	states := make(testCase, len(members))
	for _, state := range members {
		at := at.to(state.Key)
		if state.Value.Kind() != value.String {
			l.fault(at, "must be the name of a mocked response, not %s", describe(state.Value))
			continue
		}
		name := state.Value.Text()
		spans, ok := mocked[name]
		if !ok {
			l.fault(at, "names the mocked response %q, which does not exist; %s", name, suggest(name, mocked))
			continue
		}
		states[state.Key] = spans
	}
	return states
}

// suggest says what to do about a name that is not among the mocked responses.
func suggest(name string, mocked map[string]responses) string {
	const add = "add it to MockedResponses"
	names := make([]string, 0, len(mocked))
	for known := range mocked {
		if strings.EqualFold(known, name) {
			return fmt.Sprintf("did you mean %q?", known)
		}
		names = append(names, strconv.Quote(known))
	}
	if len(names) == 0 || len(names) > 10 {
		return add
	}
	slices.Sort(names)
	return add + ", or name one of " + strings.Join(names, ", ")
}

// mockedResponses reads the responses by name. A response with faults is there too, so that its name is not faulted as well.
func (l *loader) mockedResponses(root value.Value) map[string]responses {
	const at = pointer("/MockedResponses")
	v, ok := root.Get("MockedResponses")
	if !ok {
		l.fault("", "has no MockedResponses; add an object that gives each mocked response by its name")
		return nil
	}
	members, _ := l.object(at, v, "a field for each mocked response")
	mocked := make(map[string]responses, len(members))
	for _, member := range members {
		mocked[member.Key] = l.responses(at.to(member.Key), member.Value)
	}
	return mocked
}

// responses reads the responses of one name.
func (l *loader) responses(at pointer, v value.Value) responses {
	members, ok := l.object(at, v, `a response for each attempt: "0", "1" or a range such as "1-2"`)
	if !ok {
		return nil
	}
	var spans responses
	sound := true
	for _, member := range members {
		at := at.to(member.Key)
		response := l.response(at, member.Value)
		first, last, err := parseRange(member.Key)
		if err != nil {
			l.fault(at, "%v", err)
			sound = false
			continue
		}
		spans = append(spans, span{key: member.Key, first: first, last: last, response: response})
	}
	if sound {
		slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
		l.consecutive(at, spans)
	}
	return spans
}

// consecutive faults gaps and overlaps of spans, which are in ascending order.
func (l *loader) consecutive(at pointer, spans responses) {
	if len(spans) == 0 {
		l.fault(at, `has no responses; add one for the first attempt, "0"`)
		return
	}
	next, before := 0, ""
	for _, s := range spans {
		switch {
		case s.first > next:
			l.fault(at, "has no response to %s; attempts count from 0 without gaps", attempts(next, s.first-1))
		case s.first < next:
			l.fault(at.to(s.key), "answers attempt %d, which %q answers too; let each attempt have one response", s.first, before)
		}
		if s.last >= next {
			next, before = s.last+1, s.key
		}
	}
}

func attempts(first, last int) string {
	if first == last {
		return fmt.Sprintf("attempt %d", first)
	}
	return fmt.Sprintf("attempts %d to %d", first, last)
}

// maxAttempt is beyond what an execution history of 25,000 events can reach.
const maxAttempt = 1_000_000

// parseRange reads "2" or "2-5".
func parseRange(key string) (first, last int, err error) {
	from, to, isRange := strings.Cut(key, "-")
	if !isRange {
		to = from
	}
	first, ok1 := parseAttempt(from)
	last, ok2 := parseAttempt(to)
	switch {
	case !ok1 || !ok2:
		return 0, 0, fmt.Errorf(`is no attempt; write a number from 0 to %d, or a range such as "1-2"`, maxAttempt)
	case first > last:
		return 0, 0, errors.New("is a range that ends before it begins; write the smaller number first")
	}
	return first, last, nil
}

func parseAttempt(text string) (int, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n <= maxAttempt
}

// response reads the answer to an attempt.
func (l *loader) response(at pointer, v value.Value) Response {
	members, ok := l.object(at, v, "either Return or Throw")
	if !ok {
		return Response{}
	}
	var response Response
	known := 0
	for _, member := range members {
		switch member.Key {
		case "Return":
			response.Return = member.Value
			known++
		case "Throw":
			response.Throw = l.throw(at.to(member.Key), member.Value)
			known++
		default:
			l.fault(at.to(member.Key), "is not known here; a response has either Return or Throw")
		}
	}
	switch {
	case known == 0 && len(members) == 0:
		l.fault(at, "is empty; give either Return or Throw")
	case known == 2:
		l.fault(at, "has both Return and Throw; keep one of them")
	}
	return response
}

// throw reads an error output.
func (l *loader) throw(at pointer, v value.Value) *Throw {
	members, ok := l.object(at, v, "Error and Cause")
	if !ok {
		return nil
	}
	var throw Throw
	missing := []string{"Error", "Cause"}
	for _, member := range members {
		var field *string
		switch member.Key {
		case "Error":
			field = &throw.Error
		case "Cause":
			field = &throw.Cause
		default:
			l.fault(at.to(member.Key), "is not known here; Throw has Error and Cause")
			continue
		}
		missing = slices.DeleteFunc(missing, func(key string) bool { return key == member.Key })
		if member.Value.Kind() != value.String {
			l.fault(at.to(member.Key), "must be a string, not %s", describe(member.Value))
			continue
		}
		*field = member.Value.Text()
	}
	for _, key := range missing {
		l.fault(at, "has no %s; add it, a string", key)
	}
	return &throw
}
