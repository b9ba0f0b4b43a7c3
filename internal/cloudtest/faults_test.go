//go:build engines

package cloudtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Ensure that messages and events that come three times, twice of them at once, are one transition each.
func TestDuplicates(t *testing.T) {
	s := Start(t, options())
	u := newUser(t, s)
	sample := u.samples()
	s.Duplicate(true)
	u.want(u.start(sample("orders"), `{}`), 3*time.Minute, ordersOutput)
	if n := s.Invocations("answer-token"); n != 1 {
		t.Errorf("answer-token was invoked %d times, want once", n)
	}

	x := u.start(u.machine("each", eachDefinition), items(t, 10))
	u.want(x, 3*time.Minute, squares(t, 10))
	counts := u.events(x)
	for kind, want := range map[types.HistoryEventType]int{
		types.HistoryEventTypeMapIterationSucceeded: 10, types.HistoryEventTypePassStateEntered: 20, types.HistoryEventTypeExecutionSucceeded: 1,
	} {
		if counts[kind] != want {
			t.Errorf("%d %s in the history, want %d", counts[kind], kind, want)
		}
	}

	x = u.start(u.machine("tasks", chain(5, func(string) map[string]any { return helloTask() })), `{"name": "x"}`)
	u.want(x, 3*time.Minute, `{"name": "x"}`)
	if n := s.Invocations("hello"); n != 5 {
		t.Errorf("hello was invoked %d times for 5 tasks", n)
	}
}

// healing are options under which a message whose worker has died comes again soon.
func healing() Options {
	o := options()
	o.Visibility = 2 * time.Second
	o.Timeouts = map[string]time.Duration{"Task": 24 * time.Second}
	return o
}

// Ensure that a worker may die at any of its writes and sends: what it left undone is done by whoever gets the message next.
func TestKilledWorkers(t *testing.T) {
	s := Start(t, healing())
	u := newUser(t, s)
	machine := u.machine("walk", `{"StartAt": "Pass", "States": {
		"Pass": {"Type": "Pass", "Next": "Task"},
		"Task": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:hello", "ResultPath": "$.said",
			"Retry": [{"ErrorEquals": ["Lambda.Unknown"], "IntervalSeconds": 1, "MaxAttempts": 2}], "Next": "Both"},
		"Both": {"Type": "Parallel", "ResultPath": "$.both", "Next": "Last", "Branches": [
			{"StartAt": "L", "States": {"L": {"Type": "Pass", "Result": "l", "End": true}}},
			{"StartAt": "R", "States": {"R": {"Type": "Pass", "Result": "r", "End": true}}}]},
		"Last": {"Type": "Pass", "End": true}}}`)
	const output = `{"name": "x", "said": {"greeting": "Hello, x!"}, "both": ["l", "r"]}`
	u.want(u.start(machine, `{"name": "x"}`), time.Minute, output)

	by := func(function string, operations ...string) func(*Call) bool {
		return func(c *Call) bool {
			for _, operation := range operations {
				if c.Function == function && c.Operation == operation {
					return true
				}
			}
			return false
		}
	}
	writes := []string{"PutItem", "UpdateItem", "TransactWriteItems"}
	sends := []string{"SendMessage", "SendMessageBatch"}
	for _, test := range []struct {
		name    string
		proxy   *Proxy
		nth     int
		verdict Verdict
		match   func(*Call) bool
		tasks   int // how often the task's function is invoked
	}{
		{"a step before its commit", s.DynamoDB, 1, KillBefore, by("Step", writes...), 1},
		{"a step after its commit", s.DynamoDB, 1, KillAfter, by("Step", writes...), 1},
		{"a step between commit and send", s.SQS, 1, KillBefore, by("Step", sends...), 1},
		{"a step after its send", s.SQS, 1, KillAfter, by("Step", sends...), 1},
		{"a fork between commit and send", s.SQS, 2, KillBefore, by("Step", sends...), 1},
		{"a branch's end at its second write", s.DynamoDB, 4, KillBefore, by("Step", writes...), 1},
		{"a branch's end after its second write", s.DynamoDB, 4, KillAfter, by("Step", writes...), 1},
		{"a join at a later write", s.DynamoDB, 6, KillBefore, by("Step", writes...), 1},
		{"the last step at its last write", s.DynamoDB, 8, KillBefore, by("Step", writes...), 1},
		{"a task before its claim", s.DynamoDB, 1, KillBefore, by("Task", writes...), 1},
		{"a task between commit and send", s.SQS, 1, KillBefore, by("Task", sends...), 1},
		{"a task whose answer from the store is lost", s.DynamoDB, 2, LoseAnswer, by("Task", writes...), 1},
		{"a step whose store fails", s.DynamoDB, 1, Refuse, by("Step", writes...), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			u := user{u.Client, t}
			before := s.Invocations("hello")
			judge, done := Once(test.nth, test.verdict, test.match)
			test.proxy.Judge(judge)
			defer test.proxy.Judge(nil)
			x := u.start(machine, `{"name": "x"}`)
			u.want(x, 2*time.Minute, output)
			select {
			case <-done:
			default:
				t.Error("nobody was killed")
			}
			if n := s.Invocations("hello") - before; n != test.tasks {
				t.Errorf("the task's function was invoked %d times, want %d", n, test.tasks)
			}
			if n := u.events(x)[types.HistoryEventTypeExecutionSucceeded]; n != 1 {
				t.Errorf("the history has %d ends", n)
			}
		})
	}
}

// Ensure that a task whose worker died with it is not simply run again: it fails as Lambda.Unknown, and the definition decides.
func TestKilledTask(t *testing.T) {
	s := Start(t, healing())
	u := newUser(t, s)
	machine := u.machine("unknown", `{"StartAt": "Task", "States": {
		"Task": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:hello",
			"Catch": [{"ErrorEquals": ["Lambda.Unknown"], "Next": "Caught"}], "End": true},
		"Caught": {"Type": "Pass", "Result": "caught", "End": true}}}`)
	judge, done := Once(1, KillAfter, func(c *Call) bool { return c.Function == "Task" && c.Operation == "PutItem" })
	s.DynamoDB.Judge(judge)
	x := u.start(machine, `{"name": "x"}`)
	u.want(x, 3*time.Minute, `"caught"`)
	select {
	case <-done:
	default:
		t.Error("nobody was killed")
	}
}

// Ensure that sweep finds a parent whose child's event was lost.
func TestLostEvent(t *testing.T) {
	o := options()
	o.Environment = map[string]string{"MINUET_STUCK_SECONDS": "1"}
	s := Start(t, o)
	u := newUser(t, s)
	sample := u.samples()
	s.DropEvents(1)
	x := u.start(sample("report"), `{"name": "Ada"}`)
	eventually(t, time.Minute, "the loss of the event", func() bool { return s.LostEvents() == 1 })
	if status := u.describe(x).Status; status != types.ExecutionStatusRunning {
		t.Fatalf("the parent is %s before anybody could know of its child's end", status)
	}
	eventually(t, time.Minute, "sweep to find the parent", func() bool {
		s.Sweep(t)
		return u.describe(x).Status == types.ExecutionStatusSucceeded
	})
}

// Ensure that a Wait longer than a queue can delay a message rests in the table, and ends when it is due.
func TestLongWait(t *testing.T) {
	o := options()
	o.Clock, o.MaxDelay = true, time.Second
	s := Start(t, o)
	u := newUser(t, s)
	x := u.start(u.machine("patience", `{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1200, "End": true}}}`), `{"a": 1}`)
	eventually(t, time.Minute, "the timer", func() bool { return len(s.timers(t)) == 1 })
	s.Sweep(t)
	if n := len(s.timers(t)); n != 1 {
		t.Fatalf("sweep leaves %d timers 20 minutes ahead, want 1", n)
	}

	s.Advance(t, 6*time.Minute)
	s.Sweep(t)
	if n := len(s.timers(t)); n != 0 {
		t.Fatalf("sweep leaves %d timers 14 minutes ahead, want the queue to have them", n)
	}
	// The queue's delay is cut short, so that the message comes early, and must be put back.
	before := len(s.SQS.Calls())
	eventually(t, time.Minute, "a message to be put back", func() bool { return len(s.SQS.Calls()) > before })
	if status := u.describe(x).Status; status != types.ExecutionStatusRunning {
		t.Fatalf("the execution is %s after 6 of 20 minutes", status)
	}

	s.Advance(t, 20*time.Minute)
	u.want(x, time.Minute, `{"a": 1}`)
	d := u.describe(x)
	if took := d.StopDate.Sub(*d.StartDate); took < 20*time.Minute || took > 22*time.Minute {
		t.Errorf("the execution took %v by its own account, want 20 minutes", took)
	}
}

// timers are the messages that rest in the table.
func (s *Stack) timers(t testing.TB) []map[string]ddbtypes.AttributeValue {
	t.Helper()
	var out []map[string]ddbtypes.AttributeValue
	for pages := dynamodb.NewScanPaginator(s.Store, &dynamodb.ScanInput{
		TableName: &s.Table, IndexName: aws.String("due"), FilterExpression: aws.String("begins_with(tpk, :t)"),
		ExpressionAttributeValues: map[string]ddbtypes.AttributeValue{":t": &ddbtypes.AttributeValueMemberS{Value: "t#"}},
	}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(fmt.Errorf("read the timers: %w", err))
		}
		out = append(out, page.Items...)
	}
	return out
}
