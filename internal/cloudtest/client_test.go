//go:build engines

package cloudtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"minuet/examples/nested"
)

func TestMain(m *testing.M) {
	code := m.Run()
	RemoveBuilds()
	os.Exit(code)
}

// user is somebody with a stock client.
type user struct {
	*sfn.Client
	t testing.TB
}

func newUser(t testing.TB, s *Stack) user { return user{Client(s.API.URL), t} }

// machine creates a state machine and returns its ARN.
func (u user) machine(name, definition string) string {
	u.t.Helper()
	out, err := u.CreateStateMachine(u.t.Context(), &sfn.CreateStateMachineInput{
		Name: &name, Definition: &definition, RoleArn: aws.String("arn:aws:iam::" + Account + ":role/machines"),
	})
	if err != nil {
		u.t.Fatalf("create the state machine %s: %v", name, err)
	}
	return *out.StateMachineArn
}

// samples creates the state machines of examples/nested.
func (u user) samples() (arn func(name string) string) {
	u.t.Helper()
	arns := map[string]string{}
	// A child comes before its parent: references are not checked, but readers expect it.
	for _, name := range []string{"order", "greeting", "orders", "report"} {
		text, err := nested.Definitions.ReadFile(name + ".asl.json")
		if err != nil {
			u.t.Fatal(err)
		}
		arns[name] = u.machine(name, string(text))
	}
	return func(name string) string { return arns[name] }
}

// start starts an execution and returns its ARN.
func (u user) start(machine, input string) string {
	u.t.Helper()
	out, err := u.StartExecution(u.t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
	if err != nil {
		u.t.Fatalf("start %s: %v", machine, err)
	}
	return *out.ExecutionArn
}

func (u user) describe(execution string) *sfn.DescribeExecutionOutput {
	u.t.Helper()
	out, err := u.DescribeExecution(u.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	if err != nil {
		u.t.Fatalf("describe %s: %v", execution, err)
	}
	return out
}

// await waits until an execution has ended.
func (u user) await(execution string, limit time.Duration) *sfn.DescribeExecutionOutput {
	u.t.Helper()
	var out *sfn.DescribeExecutionOutput
	eventually(u.t, limit, "the end of "+execution, func() bool {
		out = u.describe(execution)
		return out.Status != types.ExecutionStatusRunning
	})
	return out
}

// want waits for an execution's end and demands success with an output.
func (u user) want(execution string, limit time.Duration, output string) {
	u.t.Helper()
	x := u.await(execution, limit)
	if x.Status != types.ExecutionStatusSucceeded {
		u.t.Errorf("%s is %s: %s: %s", execution, x.Status, aws.ToString(x.Error), aws.ToString(x.Cause))
		return
	}
	if !sameJSON(u.t, aws.ToString(x.Output), output) {
		u.t.Errorf("%s has the output %s, want %s", execution, aws.ToString(x.Output), output)
	}
}

// events counts the events of an execution's history by type.
func (u user) events(execution string) map[types.HistoryEventType]int {
	u.t.Helper()
	counts := map[types.HistoryEventType]int{}
	for pages := sfn.NewGetExecutionHistoryPaginator(u, &sfn.GetExecutionHistoryInput{ExecutionArn: &execution, MaxResults: 1000}); pages.HasMorePages(); {
		page, err := pages.NextPage(u.t.Context())
		if err != nil {
			u.t.Fatalf("history of %s: %v", execution, err)
		}
		for _, event := range page.Events {
			counts[event.Type]++
		}
	}
	return counts
}

// executions lists the executions of a state machine with a status.
func (u user) executions(machine string, status types.ExecutionStatus) (arns []string) {
	u.t.Helper()
	in := &sfn.ListExecutionsInput{StateMachineArn: &machine, StatusFilter: status, MaxResults: 1000}
	for pages := sfn.NewListExecutionsPaginator(u, in); pages.HasMorePages(); {
		page, err := pages.NextPage(u.t.Context())
		if err != nil {
			u.t.Fatalf("list the executions of %s: %v", machine, err)
		}
		for _, x := range page.Executions {
			arns = append(arns, *x.ExecutionArn)
		}
	}
	return arns
}

// eventually asks again and again until it is so.
func eventually(t testing.TB, limit time.Duration, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for !is() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Errorf("no JSON: %q", a)
		return false
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatalf("no JSON: %q", b)
	}
	return reflect.DeepEqual(x, y)
}

// passes is a definition of n Pass states in a row.
func passes(n int) string {
	return chain(n, func(string) map[string]any { return map[string]any{"Type": "Pass"} })
}

// chain is a definition of n states in a row.
func chain(n int, state func(name string) map[string]any) string {
	states := map[string]any{}
	for i := range n {
		name := fmt.Sprintf("S%d", i)
		s := state(name)
		if i == n-1 {
			s["End"] = true
		} else {
			s["Next"] = fmt.Sprintf("S%d", i+1)
		}
		states[name] = s
	}
	text, err := json.Marshal(map[string]any{"StartAt": "S0", "States": states})
	if err != nil {
		panic(err) // plain maps marshal
	}
	return string(text)
}

// helloTask is a Task state that invokes the function hello.
func helloTask() map[string]any {
	return map[string]any{
		"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:hello", "ResultPath": nil,
	}
}
