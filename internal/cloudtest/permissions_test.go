//go:build engines

package cloudtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Ensure that each function has the permissions that it needs, and none that it does not: with all of them nothing is denied,
// and without any one of them something is.
func TestPermissions(t *testing.T) {
	g := startGuarded(t)
	g.machines()
	scenarios := g.scenarios()
	for _, id := range slices.Sorted(maps.Keys(g.deployed.Functions)) {
		scenario := scenarios[id]
		if scenario == nil {
			t.Fatalf("nothing shows what %s may do", id)
		}
		if scenario(); g.denials(id) != 0 {
			t.Errorf("%s was denied %d requests, with all of its permissions", id, g.denials(id))
			continue
		}
		for _, s := range g.statements[id] {
			if s.sid == "WriteLogs" {
				continue // Lambda writes them, not the function
			}
			before := g.denials(id)
			g.grant(id, s.sid)
			scenario()
			g.grant(id, "")
			if g.denials(id) == before {
				t.Errorf("%s was denied nothing without %s", id, s.sid)
			}
		}
		t.Logf("%s: %d statements", id, len(g.statements[id]))
	}
}

const machineRole = "arn:aws:iam::" + Account + ":role/machines"

func machineOf(name string) string {
	return "arn:aws:states:" + Region + ":" + Account + ":stateMachine:" + name
}

// machines creates what the scenarios run.
func (g *guarded) machines() {
	child := func(pattern, input, next string) string {
		return fmt.Sprintf(`{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.%s",
			"Parameters": {"StateMachineArn": %q, "Name.$": "States.Format('{}-child', $$.Execution.Name)", "Input": %s}, %s}, "P": {"Type": "Pass", "End": true}}}`,
			pattern, machineOf("two"), input, next)
	}
	const token, end, more = `{"token.$": "$$.Task.Token"}`, `"End": true`, `"Next": "P"`
	for name, definition := range map[string]string{
		"two":       `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": true}}}`,
		"call":      `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:minuet-task-x", "End": true}}}`,
		"token":     child("waitForTaskToken", token, more),
		"token-end": strings.Replace(child("waitForTaskToken", token, end), `, "P": {"Type": "Pass", "End": true}`, "", 1),
		"sync":      child("sync", "{}", more),
		"sync-end":  strings.Replace(child("sync", "{}", end), `, "P": {"Type": "Pass", "End": true}`, "", 1),
	} {
		g.api("CreateStateMachine", map[string]any{"name": name, "definition": definition, "roleArn": machineRole})
	}
}

// api calls an operation by invoking Api directly.
func (g *guarded) api(operation string, parameters map[string]any) (out map[string]any) {
	g.t.Helper()
	answer := g.invoke("Api", map[string]any{"operation": operation, "parameters": parameters})
	if err := json.Unmarshal(answer, &out); err != nil {
		g.t.Fatalf("%s: %s", operation, answer)
	}
	return out
}

// scenarios has each function do all that it ever does. They may be repeated.
func (g *guarded) scenarios() map[string]func() {
	runs := 0
	start := func(machine string) string {
		runs++
		name := fmt.Sprint("x", runs)
		g.api("StartExecution", map[string]any{"stateMachineArn": machineOf(machine), "name": name})
		return strings.Replace(machineOf(machine), ":stateMachine:", ":execution:", 1) + ":" + name
	}
	childOf := func(arn string) string {
		return strings.Replace(machineOf("two"), ":stateMachine:", ":execution:", 1) + arn[strings.LastIndexByte(arn, ':'):] + "-child"
	}
	message := func(arn string, seq int) map[string]any {
		body := fmt.Sprintf(`{"v": 1, "execution": %q, "seq": %d}`, arn, seq)
		return map[string]any{"Records": []any{map[string]any{"messageId": "m", "body": body}}}
	}
	send := func(arn, output string) {
		input := g.api("DescribeExecution", map[string]any{"executionArn": childOf(arn)})["input"]
		var in struct{ Token string }
		if err := json.Unmarshal([]byte(fmt.Sprint(input)), &in); err != nil {
			g.t.Fatalf("input of the child of %s: %v", arn, input)
		}
		body, err := json.Marshal(map[string]any{"taskToken": in.Token, "output": output})
		if err != nil {
			g.t.Fatal(err)
		}
		g.invoke("Callback", map[string]any{"version": "2.0", "rawPath": "/", "body": string(body),
			"headers":        map[string]any{"content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.SendTaskSuccess"},
			"requestContext": map[string]any{"http": map[string]any{"method": "POST", "path": "/"}}})
	}
	return map[string]func(){
		"Api": func() {
			start("two")
			g.api("ListExecutions", map[string]any{"stateMachineArn": machineOf("two")})
		},
		"Callback": func() {
			for _, machine := range []string{"token", "token-end"} {
				arn := start(machine)
				g.invoke("Task", message(arn, 0))
				send(arn, "{}")
			}
		},
		"Step": func() {
			arn := start("two")
			g.invoke("Step", message(arn, 0))
			g.invoke("Step", message(arn, 1))
			g.receive(g.t.Context(), "Step", "Steps")
		},
		"Task": func() {
			g.invoke("Task", message(start("call"), 0))
			g.invoke("Task", message(start("token"), 0))
			g.receive(g.t.Context(), "Task", "Tasks")
		},
		"Notify": func() {
			for _, machine := range []string{"sync", "sync-end"} {
				arn := start(machine)
				g.invoke("Task", message(arn, 0))
				g.invoke("Step", message(childOf(arn), 0))
				g.invoke("Step", message(childOf(arn), 1))
				g.invoke("Notify", map[string]any{"source": "minuet.states", "detail-type": "Step Functions Execution Status Change",
					"detail": map[string]any{"executionArn": childOf(arn)}})
			}
		},
		"Dead": func() {
			g.invoke("Dead", message(start("two"), 0))
			g.receive(g.t.Context(), "Dead", "DeadSteps")
		},
		"Sweep": func() {
			stuck, closing := start("two"), start("two")
			place := g.look(closing)
			g.invoke("Step", message(closing, 0))
			g.invoke("Step", message(closing, 1))
			g.overdue(stuck, g.look(stuck))
			g.overdue(closing, place) // it has ended, but for its summary
			g.invoke("Sweep", map[string]any{})
		},
	}
}

// look returns the partition of the index that sweep finds an execution in.
func (g *guarded) look(arn string) string {
	g.t.Helper()
	out, err := g.table.Scan(g.t.Context(), &dynamodb.ScanInput{
		TableName: aws.String(g.deployed.Physical["Table"]), FilterExpression: aws.String("attribute_exists(opk) AND contains(osk, :arn)"),
		ExpressionAttributeValues: map[string]ddbtypes.AttributeValue{":arn": &ddbtypes.AttributeValueMemberS{Value: arn}},
	})
	if err != nil || len(out.Items) != 1 {
		g.t.Fatalf("find %s: %d items, %v", arn, len(out.Items), err)
	}
	g.summaries[arn] = out.Items[0]
	return out.Items[0]["opk"].(*ddbtypes.AttributeValueMemberS).Value
}

// overdue makes an execution a running one that sweep is to look at.
func (g *guarded) overdue(arn, partition string) {
	g.t.Helper()
	text := func(s string) ddbtypes.AttributeValue { return &ddbtypes.AttributeValueMemberS{Value: s} }
	item := g.summaries[arn]
	_, err := g.table.UpdateItem(g.t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(g.deployed.Physical["Table"]), Key: map[string]ddbtypes.AttributeValue{"pk": item["pk"], "sk": item["sk"]},
		UpdateExpression:         aws.String("SET #st = :running, opk = :p, osk = :t"),
		ExpressionAttributeNames: map[string]string{"#st": "st"},
		ExpressionAttributeValues: map[string]ddbtypes.AttributeValue{
			":running": text("RUNNING"), ":p": text(partition), ":t": text(fmt.Sprintf("%013d#%s", time.Now().Add(-2*time.Hour).UnixMilli(), arn)),
		},
	})
	if err != nil {
		g.t.Fatalf("make %s overdue: %v", arn, err)
	}
}
