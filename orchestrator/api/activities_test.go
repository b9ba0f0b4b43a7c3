package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

func TestActivities(t *testing.T) {
	newFixture().run(t, []exchange{
		{"CreateActivity", `{"name":"a"}`, `{"activityArn":"ACTIVITY/a","creationDate":NOW}`},
		{"CreateActivity", `{"name":"a"}`, `{"activityArn":"ACTIVITY/a","creationDate":NOW}`},
		{"CreateActivity", `{"name":"a b"}`, `InvalidName: Invalid Name: 'a b'`},
		{"DescribeActivity", `{"activityArn":"ACTIVITY/a"}`,
			`{"activityArn":"ACTIVITY/a","name":"a","creationDate":NOW,"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}`},
		{"ListActivities", `{"maxResults":1}`, `{"activities":[{"activityArn":"ACTIVITY/a","name":"a","creationDate":NOW}]}`},
		{"DeleteActivity", `{"activityArn":"ACTIVITY/a"}`, `{}`},
		{"DeleteActivity", `{"activityArn":"ACTIVITY/a"}`, `{}`},
		{"DescribeActivity", `{"activityArn":"ACTIVITY/a"}`, `ActivityDoesNotExist: Activity Does Not Exist: 'ACTIVITY/a'`},
		{"GetActivityTask", `{"activityArn":"ACTIVITY/a"}`, `ActivityDoesNotExist: Activity Does Not Exist: 'ACTIVITY/a'`},
	})
}

func TestGetActivityTaskWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture()
		f.run(t, []exchange{{"CreateActivity", `{"name":"a"}`, `{"activityArn":"ACTIVITY/a","creationDate":NOW}`}})
		began := time.Now()
		f.run(t, []exchange{{"GetActivityTask", `{"activityArn":"ACTIVITY/a","workerName":"w"}`, `{"taskToken":null}`}})
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("waited %v", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(abbreviations.Replace(`{"activityArn":"ACTIVITY/a"}`)))
		r.Header.Set("X-Amz-Target", "AWSStepFunctions.GetActivityTask")
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		wellFormed(t, w)
		if waited := time.Since(began); w.Code != http.StatusServiceUnavailable || waited != 65*time.Second {
			t.Errorf("a request that was given up got %d after %v", w.Code, waited)
		}
	})
}

func TestUnoffered(t *testing.T) {
	f := newFixture()
	f.run(t, []exchange{
		{"CreateStateMachine", `{"name":"m","definition":"PASSING","roleArn":"ROLE"}`, `{"stateMachineArn":"MACHINE/m","creationDate":NOW}`},
		{"CreateStateMachine", `{"name":"e","definition":"PASSING","roleArn":"ROLE","type":"EXPRESS"}`, `{"stateMachineArn":"MACHINE/e","creationDate":NOW}`},
		{"StartSyncExecution", `{"stateMachineArn":"MACHINE/none"}`, `StateMachineDoesNotExist: State Machine Does Not Exist: 'MACHINE/none'`},
		{"StartSyncExecution", `{"stateMachineArn":"MACHINE/m"}`, `StateMachineTypeNotSupported: This operation is not supported by this type of state machine`},
		{"StartSyncExecution", `{"stateMachineArn":"MACHINE/e"}`, `UnsupportedOperationException: Minuet does not offer StartSyncExecution yet`},
		{"TestState", `{"definition":"{}"}`, `UnsupportedOperationException: Minuet does not offer TestState yet`},
		{"TestState", `{"definition":"{}","mock":{"fieldValidationMode":"LAX","errorOutput":{"error":7}}}`,
			`SerializationException: NUMBER_VALUE can not be converted to String at 'mock.errorOutput.error'`},
		{"RedriveExecution", `{"executionArn":"EXECUTION/m:x"}`, `ExecutionDoesNotExist: Execution Does Not Exist: 'EXECUTION/m:x'`},
		{"RedriveExecution", `{"executionArn":"EXECUTION/m:x","clientToken":"a b"}`,
			`ValidationException: 1 validation error detected: Value 'a b' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [!-~]+`},
		{"DescribeMapRun", `{"mapRunArn":"MAPRUN/m/l:u"}`, `ResourceNotFound: Resource not found: 'MAPRUN/m/l:u'`},
		{"UpdateMapRun", `{"mapRunArn":"MAPRUN/m/l:u","toleratedFailurePercentage":100.5}`,
			`ValidationException: 1 validation error detected: Value '100.5' at 'toleratedFailurePercentage' failed to satisfy constraint: Member must have value less than or equal to 100`},
		{"ListMapRuns", `{"executionArn":"EXECUTION/m:x"}`, `ExecutionDoesNotExist: Execution Does Not Exist: 'EXECUTION/m:x'`},
	})
	f.engine.describe = func(string) (*engine.Execution, error) { return execution("x", machine.Running), nil }
	f.run(t, []exchange{
		{"RedriveExecution", `{"executionArn":"EXECUTION/m:x"}`, `ExecutionNotRedrivable: Execution is RUNNING and cannot be redriven`},
		{"ListMapRuns", `{"executionArn":"EXECUTION/m:x"}`, `{"mapRuns":[]}`},
		{"ListMapRuns", `{"executionArn":"EXECUTION/m:x","nextToken":"t"}`, `InvalidToken: Invalid Token: 'Invalid token'`},
	})
	f.engine.describe = func(string) (*engine.Execution, error) { return execution("x", machine.Failed), nil }
	f.run(t, []exchange{
		{"RedriveExecution", `{"executionArn":"EXECUTION/m:x"}`, `UnsupportedOperationException: Minuet does not offer RedriveExecution yet`},
	})
}
