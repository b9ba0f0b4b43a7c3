//go:build engines

package cloudtest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

const (
	ordersOutput = `[{"shipped": {"packed": "parcel"}}, {"confirmed": "confirmation"}]`
	reportOutput = `{"greeting": "Hello, Ada!", "also": {"text": "Hello, everybody else!"}}`
)

// Ensure that a stack of template.yaml does its work when nothing goes wrong.
func TestStack(t *testing.T) {
	s := Start(t, options())
	u := newUser(t, s)
	sample := u.samples()

	t.Run("outputs", func(t *testing.T) {
		for _, name := range []string{"ApiUrl", "CallbackUrl", "ServiceToken", "TableName", "BusName", "BusArn", "StepsUrl", "TasksUrl"} {
			if s.Deployed.Outputs[name] == "" {
				t.Errorf("the template has no output %s: %v", name, s.Deployed.Outputs)
			}
		}
		if len(s.Scheduled()) != 1 || s.Scheduled()[0] != "Sweep" {
			t.Errorf("on schedule: %v, want Sweep", s.Scheduled())
		}
	})
	t.Run("nested", func(t *testing.T) { testNested(t, s, sample) })
	t.Run("200 concurrent executions", func(t *testing.T) { testConcurrent(t, s) })
	t.Run("100 branches", func(t *testing.T) { testWideParallel(t, s) })
	t.Run("100 iterations", func(t *testing.T) { testWideMap(t, s) })
	t.Run("boto3 through minuet proxy", func(t *testing.T) { testProxy(t, s) })
	t.Run("memory", func(t *testing.T) { testMemory(t, s) })
}

// testNested runs the samples: children to forget, to wait for, and that call back.
func testNested(t *testing.T, s *Stack, sample func(string) string) {
	u := newUser(t, s)
	orders, report := u.start(sample("orders"), `{}`), u.start(sample("report"), `{"name": "Ada"}`)
	u.want(orders, time.Minute, ordersOutput)
	x := u.await(report, time.Minute)
	var output map[string]any
	if err := json.Unmarshal([]byte(*x.Output), &output); err != nil {
		t.Fatal(err)
	}
	if child, _ := output["child"].(string); child == "" {
		t.Errorf("the report does not name its child: %s", *x.Output)
	}
	delete(output, "child")
	text, err := json.Marshal(output)
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, string(text), reportOutput) {
		t.Errorf("the report is %s, want %s", text, reportOutput)
	}
	eventually(t, time.Minute, "the ends of all three children", func() bool {
		return len(u.executions(sample("order"), types.ExecutionStatusSucceeded)) == 3
	})
	// The sample's function knows of nothing but AWS_ENDPOINT_URL_SFN, so its answer came there.
	if signed := s.Callback.Signed(); len(signed) != 1 || signed["states"]+signed["lambda"] != 1 {
		t.Errorf("requests at the callback URL by signing name: %v, want one", signed)
	}
	if n := s.Invocations("answer-token"); n != 1 {
		t.Errorf("answer-token was invoked %d times, want once", n)
	}
}

// testConcurrent starts executions as fast as it can.
func testConcurrent(t *testing.T, s *Stack) {
	const executions = 200
	u := newUser(t, s)
	machine := u.machine("crowd", `{"StartAt": "Greet", "States": {
		"Greet": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:hello", "ResultPath": "$.said", "Next": "Choose"},
		"Choose": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThanEquals": 0, "Next": "Done"}]},
		"Done": {"Type": "Pass", "Parameters": {"n.$": "$.n", "said.$": "$.said.greeting"}, "End": true}}}`)
	before := s.Invocations("hello")
	begin := time.Now()
	arns := make([]string, executions)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8)
	for n := range executions {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			input := fmt.Sprintf(`{"n": %d, "name": "%d"}`, n, n)
			out, err := u.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
			if err != nil {
				t.Errorf("start execution %d: %v", n, err)
				return
			}
			arns[n] = *out.ExecutionArn
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	eventually(t, 5*time.Minute, "the ends of all executions", func() bool {
		return len(u.executions(machine, types.ExecutionStatusRunning)) == 0
	})
	t.Logf("%d executions of 3 states took %v", executions, time.Since(begin).Round(time.Millisecond))
	for n, arn := range arns {
		u.want(arn, 10*time.Second, fmt.Sprintf(`{"n": %d, "said": "Hello, %d!"}`, n, n))
	}
	if n := s.Invocations("hello") - before; n != executions {
		t.Errorf("hello was invoked %d times for %d tasks", n, executions)
	}
}

func testWideParallel(t *testing.T, s *Stack) {
	const width = 100
	u := newUser(t, s)
	var branches, want []any
	for n := range width {
		name := fmt.Sprint("Branch ", n)
		branches = append(branches, map[string]any{
			"StartAt": name, "States": map[string]any{name: map[string]any{"Type": "Pass", "Result": n, "End": true}},
		})
		want = append(want, n)
	}
	definition, err := json.Marshal(map[string]any{
		"StartAt": "All", "States": map[string]any{"All": map[string]any{"Type": "Parallel", "Branches": branches, "End": true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	output, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	x := u.start(u.machine("broad", string(definition)), `{}`)
	u.want(x, 2*time.Minute, string(output))
	if n := u.events(x)[types.HistoryEventTypePassStateExited]; n != width {
		t.Errorf("%d branches are in the history, want %d", n, width)
	}
}

func testWideMap(t *testing.T, s *Stack) {
	const width = 100
	u := newUser(t, s)
	x := u.start(u.machine("each", eachDefinition), items(t, width))
	u.want(x, 2*time.Minute, squares(t, width))
	if n := u.events(x)[types.HistoryEventTypeMapIterationSucceeded]; n != width {
		t.Errorf("%d iterations are in the history, want %d", n, width)
	}
}

// eachDefinition maps each item to an object of itself and its index.
const eachDefinition = `{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.items",
	"ItemSelector": {"at.$": "$$.Map.Item.Index", "item.$": "$$.Map.Item.Value"},
	"ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Pass", "End": true}}}, "End": true}}}`

func items(t testing.TB, n int) string {
	t.Helper()
	list := make([]int, n)
	for i := range list {
		list[i] = i * i
	}
	text, err := json.Marshal(map[string]any{"items": list})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// squares is the output of eachDefinition for items.
func squares(t testing.TB, n int) string {
	t.Helper()
	list := make([]map[string]int, n)
	for i := range list {
		list[i] = map[string]int{"at": i, "item": i * i}
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// testMemory looks at processes that have just done a lot.
func testMemory(t *testing.T, s *Stack) {
	const limit = 40 << 20
	for _, id := range []string{"Api", "Callback", "Step", "Task", "Notify", "Sweep"} {
		if id == "Sweep" {
			s.Sweep(t)
		}
		n := s.Resident(t, id)
		t.Logf("%-8s holds %5.1f MiB (RSS)", id, float64(n)/(1<<20))
		if n == 0 || n > limit {
			t.Errorf("%s holds %d bytes, want at most %d and a process at all", id, n, limit)
		}
	}
}
