//go:build shared

package sharedtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/local"
	"minuet/orchestrator/local/lambdahost"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// seeds names each definition with the test that runs it.
var seeds = map[string]func(*testing.T){
	"sample-main.asl.json":              TestSampleMain,
	"blog-parent.asl.json":              TestBlog,
	"blog-child.asl.json":               TestBlog,
	"state-request-response.json":       TestRequestResponse,
	"state-start-linked.json":           TestStartLinked,
	"state-sync-linked.json":            TestSyncLinked,
	"state-sync2.json":                  TestSync2,
	"state-callback.json":               TestCallback,
	"state-retry-limit-as-printed.json": TestRetryLimit,
}

// Ensure every definition there is has its test here.
func TestEverySeedRuns(t *testing.T) {
	files := names(t, "seeds", "*.json")
	for _, name := range files {
		if seeds[name] == nil {
			t.Errorf("no test runs %s", name)
		}
	}
	for name := range seeds {
		if !slices.Contains(files, name) {
			t.Errorf("%s is not there", name)
		}
	}
}

const (
	link       = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"
	sampleName = "NestingPatternAnotherStateMachine-HZ9gtgspmdun"
)

// sampleChild is the child that the sample does not print: it answers the token where a callback is asked for.
const sampleChild = `{
	"StartAt": "Is a callback needed?",
	"States": {
		"Is a callback needed?": {
			"Type": "Choice",
			"Choices": [{"Variable": "$.NeedCallback", "BooleanEquals": true, "Next": "Answer"}],
			"Default": "Work"
		},
		"Work": {"Type": "Pass", "Result": {"worked": true}, "End": true},
		"Answer": {
			"Type": "Task",
			"Resource": "arn:aws:states:::lambda:invoke",
			"Parameters": {"FunctionName": "callback", "Payload": {"TaskToken.$": "$.TaskToken", "Item": "tea", "Fail": FAIL}},
			"End": true
		}
	}
}`

// Ensure a parent starts a child and goes on, waits for another one's end, and is called back by a third one's function,
// which may also refuse.
func TestSampleMain(t *testing.T) {
	tests := []struct {
		name, fail    string
		status        machine.Status
		output        string
		failed, cause string
	}{
		{"SendTaskSuccess", "false", machine.Succeeded, `["{\"worked\":true}",{"confirmed":"tea"}]`, "", ""},
		{"SendTaskFailure", "true", machine.Failed, "", "Refused", "No tea today."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t, local.HostConfig{Functions: []lambdahost.Function{{Name: "callback", Command: []string{binary(t, "callback")}}}})
			h.create(sampleName, strings.Replace(sampleChild, "FAIL", tt.fail, 1))
			h.create("main", read(t, "seeds", "sample-main.asl.json"))
			x := h.end(h.start("main", "Größe-注文", `{}`).ARN)
			if x.Status != tt.status || string(x.Output) != tt.output || aws.ToString(x.Error) != tt.failed || aws.ToString(x.Cause) != tt.cause {
				t.Errorf("ended as %s with output %s, error %q, cause %q", x.Status, x.Output, aws.ToString(x.Error), aws.ToString(x.Cause))
			}
			children := h.children(x.ARN)
			if len(children) != 3 {
				t.Fatalf("%d children", len(children))
			}
			waits := 0
			for _, c := range children {
				input := parse(t, string(c.Input))
				if got := text(input, link); got != x.ARN {
					t.Errorf("%s was started by %q", c.ARN, got)
				}
				if c.Parent.Waits {
					waits++
				}
				// A refused callback stops only the child that the other branch waits for.
				if c = h.end(c.ARN); c.Status != machine.Succeeded && !(tt.status == machine.Failed && c.Parent.Waits) {
					t.Errorf("%s has ended as %s: %s %s", c.ARN, c.Status, aws.ToString(c.Error), aws.ToString(c.Cause))
				}
			}
			if waits != 1 {
				t.Errorf("%d children are waited for", waits)
			}
		})
	}
}

// Ensure a parent gives a child its input from a path, waits for it, and goes on to a function with what came of it.
func TestBlog(t *testing.T) {
	hello := binary(t, "hello")
	h := open(t, local.HostConfig{Functions: []lambdahost.Function{
		{Name: "ChildLambdaFunction", Command: []string{hello}},
		{Name: "MyLambdaFunction", Command: []string{hello}},
	}})
	h.create("ChildWorkflow", read(t, "seeds", "blog-child.asl.json"))
	h.create("ParentWorkflow", read(t, "seeds", "blog-parent.asl.json"))
	parent := h.start("ParentWorkflow", "Wörk", `{"inputForChildWorkflow": {"name": "Ada"}}`)
	output := h.succeeded(parent.ARN)

	children := h.children(parent.ARN)
	if len(children) != 1 {
		t.Fatalf("%d children", len(children))
	}
	child := children[0]
	if got := string(child.Input); got != `{"name":"Ada"}` {
		t.Errorf("the child's input is %s", got)
	}
	if got := string(child.Output); got != `{"greeting":"Hello, Ada!"}` {
		t.Errorf("the child's output is %s", got)
	}
	// The second function gets the child's description, and greets its Name.
	if want := `{"greeting":"Hello, ` + child.Name + `!"}`; output != want {
		t.Errorf("the parent's output is %s, not %s", output, want)
	}
}

// helloWorld is the child that the single states start.
const helloWorld = `{"StartAt": "Work", "States": {"Work": {"Type": "Pass", "Result": {"MyKey": "MyValue"}, "End": true}}}`

// wrap makes a state a machine.
func wrap(state string) string { return `{"StartAt":"S","States":{"S":` + state + `}}` }

// started runs a machine of one state, which starts a child, and returns the ended parent and the child.
func started(t *testing.T, file string) (h *host, parent, child *engine.Execution) {
	t.Helper()
	h = open(t, local.HostConfig{})
	h.create("HelloWorld", helloWorld)
	h.create("parent", wrap(read(t, "seeds", file)))
	parent = h.start("parent", "Elternausführung", `{}`)
	h.succeeded(parent.ARN)
	children := h.children(parent.ARN)
	if len(children) != 1 {
		t.Fatalf("%d children", len(children))
	}
	h.succeeded(children[0].ARN)
	return h, h.describe(parent.ARN), h.describe(children[0].ARN)
}

// checkNamed ensures that a child has the name and the input that its task gave it.
func checkNamed(t *testing.T, child *engine.Execution) {
	t.Helper()
	if child.Name != "ExecutionName" || text(parse(t, string(child.Input)), "Comment") != "Hello world!" {
		t.Errorf("the child is %s with input %s", child.Name, child.Input)
	}
}

// checkLinked ensures that a parent and its child lead to each other: by the child's record of its parent, by the input
// that AWS's console reads, and by what the parent's history and output say.
func checkLinked(t *testing.T, h *host, parent, child *engine.Execution, event string, waits bool) {
	t.Helper()
	if child.Parent.Execution != parent.ARN || child.Parent.Waits != waits {
		t.Errorf("the child's parent is %+v", child.Parent)
	}
	if got := text(parse(t, string(child.Input)), link); got != parent.ARN {
		t.Errorf("the child's input is %s", child.Input)
	}
	details := h.of(parent.ARN, event)
	if len(details) != 1 || text(parse(t, text(details[0], "output")), "ExecutionArn") != child.ARN {
		t.Errorf("the parent's %s: %v", event, details)
	}
	if got := text(parse(t, string(parent.Output)), "ExecutionArn"); got != child.ARN {
		t.Errorf("the parent's output is %s", parent.Output)
	}
}

// Ensure a task starts a child and is done.
func TestRequestResponse(t *testing.T) {
	h, parent, child := started(t, "state-request-response.json")
	checkNamed(t, child)
	out := parse(t, string(parent.Output))
	if text(out, "ExecutionArn") != child.ARN || child.Parent.Waits {
		t.Errorf("the parent's output is %s, the child's parent %+v", parent.Output, child.Parent)
	}
	if _, ok := out.Get("Output"); ok {
		t.Errorf("the parent's output has the child's: %s", parent.Output)
	}
	if len(h.of(parent.ARN, "TaskSubmitted")) != 0 {
		t.Error("the task was submitted")
	}
}

// Ensure a child that nobody waits for is linked to its parent.
func TestStartLinked(t *testing.T) {
	h, parent, child := started(t, "state-start-linked.json")
	checkLinked(t, h, parent, child, "TaskSucceeded", false)
}

// Ensure .sync waits, shows the child's output as a text, and links the two.
func TestSyncLinked(t *testing.T) {
	h, parent, child := started(t, "state-sync-linked.json")
	checkNamed(t, child)
	checkLinked(t, h, parent, child, "TaskSubmitted", true)
	checkOutput(t, parent, value.OfString(`{"MyKey":"MyValue"}`))
}

// Ensure .sync:2 shows the child's output as JSON.
func TestSync2(t *testing.T) {
	_, parent, child := started(t, "state-sync2.json")
	checkNamed(t, child)
	checkOutput(t, parent, value.MustParse(`{"MyKey":"MyValue"}`))
}

func checkOutput(t *testing.T, parent *engine.Execution, want value.Value) {
	t.Helper()
	got, _ := parse(t, string(parent.Output)).Get("Output")
	if !value.Equal(got, want) {
		t.Errorf("Output is %s, not %s", got.JSON(), want.JSON())
	}
}

// Ensure a task is over when somebody sends success with the token that its child was given.
func TestCallback(t *testing.T) {
	h := open(t, local.HostConfig{})
	h.create("HelloWorld", helloWorld)
	h.create("parent", wrap(read(t, "seeds", "state-callback.json")))
	parent := h.start("parent", "", `{}`)
	h.until("child of "+parent.ARN, func() bool { return len(h.children(parent.ARN)) == 1 })
	child := h.children(parent.ARN)[0]
	checkNamed(t, child)
	h.succeeded(child.ARN)
	if x := h.describe(parent.ARN); x.Status != machine.Running {
		t.Fatalf("the parent is %s before anybody has answered", x.Status)
	}
	token := text(parse(t, string(child.Input)), "token")
	answer := &sfn.SendTaskSuccessInput{TaskToken: &token, Output: aws.String(`{"answer": 42}`)}
	if _, err := h.client().SendTaskSuccess(h.ctx, answer); err != nil {
		t.Fatal(err)
	}
	if out := h.succeeded(parent.ARN); out != `{"answer":42}` {
		t.Errorf("the parent's output is %s", out)
	}
	if _, err := h.client().SendTaskSuccess(h.ctx, answer); err == nil {
		t.Error("the token was taken twice")
	}
}

// stray is a comma that no member follows.
var stray = regexp.MustCompile(`,\s*\}`)

// Ensure the state is refused as it is printed, with the place of what is wrong, and that without its stray comma it is
// retried while too many executions run.
func TestRetryLimit(t *testing.T) {
	printed := wrap(strings.TrimSpace(read(t, "seeds", "state-retry-limit-as-printed.json")))
	comma := stray.FindStringIndex(printed)
	if comma == nil || strings.Contains(printed, "\n") {
		t.Fatal("the state is no longer as it was printed, in one line with a stray comma")
	}
	def, ds := asl.Parse(printed)
	message := "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"
	// Jackson's columns count from 1, and point behind the character.
	place := fmt.Sprintf("line: 1, column: %d]", comma[1]+1)
	if def != nil || len(ds) != 1 || ds[0].Code != asl.InvalidJSONDescription ||
		!strings.HasPrefix(ds[0].Message, message) || !strings.HasSuffix(ds[0].Location, place) {
		t.Fatalf("the printed state, which is wrong at %s, has these diagnostics: %+v", place, ds)
	}
	t.Log(asl.Message(ds))

	// One execution beside the parent uses up what may run.
	h := open(t, local.HostConfig{MaxOpen: 2})
	h.create("HelloWorld", helloWorld)
	h.create("busy", wrap(`{"Type": "Wait", "Seconds": 3600, "End": true}`))
	h.create("parent", printed[:comma[0]]+printed[comma[0]+1:])
	busy := h.start("busy", "", `{}`)
	parent := h.start("parent", "", `{}`)
	h.until("refused child of "+parent.ARN, func() bool { return len(h.of(parent.ARN, "TaskFailed")) > 0 })
	if _, err := h.Engine.StopExecution(h.ctx, busy.ARN, nil, nil); err != nil {
		t.Fatal(err)
	}
	h.succeeded(parent.ARN)
	failures := h.of(parent.ARN, "TaskFailed")
	for _, f := range failures {
		if text(f, "error") != "StepFunctions.ExecutionLimitExceeded" {
			t.Errorf("the task has failed with %s", f.JSON())
		}
	}
	var course []string
	for _, e := range h.events(parent.ARN) {
		course = append(course, e.Type)
	}
	if want := []string{"TaskFailed", "TaskScheduled", "TaskStarted", "TaskSucceeded"}; !strings.Contains(strings.Join(course, " "), strings.Join(want, " ")) {
		t.Errorf("the history lacks %v: %v", want, course)
	}
	children := h.children(parent.ARN)
	if len(children) != 1 {
		t.Fatalf("%d children", len(children))
	}
	h.succeeded(children[0].ARN)
}
