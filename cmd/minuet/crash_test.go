package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The size of the crash test.
const (
	crashExecutions = 300
	crashKills      = 10
)

// crashMachine has a Task, a Wait, a Parallel with a Task in each branch, and a Map with a Task for each item. Each attempt
// notes its own key: execution/place/attempt.
const crashMachine = `{"StartAt": "T", "States": {
  "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:counter",
    "Parameters": {"Key.$": "States.Format('{}/T/{}', $$.Execution.Name, $$.State.RetryCount)"}, "Retry": RETRY, "ResultPath": null, "Next": "W"},
  "W": {"Type": "Wait", "Seconds": 1, "Next": "P"},
  "P": {"Type": "Parallel", "ResultPath": null, "Next": "M", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:counter",
      "Parameters": {"Key.$": "States.Format('{}/A/{}', $$.Execution.Name, $$.State.RetryCount)"}, "Retry": RETRY, "End": true}}},
    {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:counter",
      "Parameters": {"Key.$": "States.Format('{}/B/{}', $$.Execution.Name, $$.State.RetryCount)"}, "Retry": RETRY, "End": true}}}]},
  "M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": true, "ItemProcessor": {"StartAt": "I", "States": {
    "I": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:counter",
      "Parameters": {"Key.$": "States.Format('{}/I{}/{}', $$.Execution.Name, $$.Map.Item.Index, $$.State.RetryCount)"}, "Retry": RETRY, "ResultPath": null, "End": true}}}}}}`

const crashRetry = `[{"ErrorEquals": ["Lambda.Unknown"], "IntervalSeconds": 1, "MaxAttempts": 20, "BackoffRate": 1}]`

// Ensure that killing the process at any moment loses nothing that was acknowledged, and runs no task attempt twice.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := newVictim(t)
	s.start()
	machine := s.must("CreateStateMachine", map[string]any{"name": "m", "roleArn": localRole,
		"definition": strings.ReplaceAll(crashMachine, "RETRY", crashRetry)})["stateMachineArn"]

	var clients sync.WaitGroup
	const atOnce = 6
	for c := range atOnce {
		clients.Go(func() {
			for i := c; i < crashExecutions; i += atOnce {
				s.must("StartExecution", map[string]any{"stateMachineArn": machine, "name": fmt.Sprintf("e%d", i), "input": `{"items":[1,2,3,4]}`})
			}
		})
	}
	for range crashKills {
		s.wait(time.Duration(random.Int64N(int64(time.Second))))
		s.kill()
		s.start()
	}
	clients.Wait()
	for i := range crashExecutions {
		s.succeeded(fmt.Sprintf("arn:aws:states:us-east-1:123456789012:execution:m:e%d", i), "[1,2,3,4]")
	}
	s.checkAttempts()
	s.kill()
}

// victim is a server that is killed and started again.
type victim struct {
	t        *testing.T
	binary   string
	function string
	dir      string
	addr     string
	process  *exec.Cmd
	log      *os.File
	ctx      context.Context
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{t: t, dir: t.TempDir(), addr: "127.0.0.1:" + freePort(t)}
	v.binary, v.function = filepath.Join(v.dir, "minuet"), filepath.Join(v.dir, "counter")
	for out, source := range map[string]string{v.binary: ".", v.function: "./testdata/counter"} {
		if text, err := exec.Command("go", "build", "-o", out, source).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", source, err, text)
		}
	}
	var err error
	if v.log, err = os.Create(filepath.Join(v.dir, "log")); err != nil {
		t.Fatal(err)
	}
	const most = 3 * time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), most)
	v.ctx = ctx
	t.Cleanup(func() {
		cancel()
		if v.process.ProcessState == nil {
			v.kill()
		}
		if t.Failed() {
			text, _ := os.ReadFile(v.log.Name())
			t.Logf("the server's last lines:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return v
}

// start starts the server, and returns once it listens.
func (v *victim) start() {
	v.t.Helper()
	v.process = exec.Command(v.binary, "serve", "--addr", v.addr, "--data", filepath.Join(v.dir, "data"), "--lambda", "counter="+v.function)
	v.process.Env = append(os.Environ(), "COUNTER_FILE="+v.counted())
	v.process.Stderr = v.log
	out, err := v.process.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.process.Start(); err != nil {
		v.t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		v.t.Fatalf("the server does not start: %v", err)
	}
}

func (v *victim) counted() string { return filepath.Join(v.dir, "counted") }

// kill is kill -9.
func (v *victim) kill() {
	if err := v.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		v.t.Error(err)
	}
	v.process.Wait() // fails, as it was killed
}

func (v *victim) wait(d time.Duration) {
	select {
	case <-time.After(d):
	case <-v.ctx.Done():
	}
}

// must calls an operation until it is answered: while the server is down, nobody answers.
func (v *victim) must(operation string, in map[string]any) map[string]any {
	body, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	for {
		out, status, err := v.call(operation, body)
		switch {
		case err == nil && status == http.StatusOK:
			return out
		case err == nil && strings.HasSuffix(fmt.Sprint(out["__type"]), "ExecutionAlreadyExists"):
			return out // an answer was lost, and the execution has ended since
		case err == nil && status < 500:
			v.t.Errorf("%s: %v", operation, out)
			return out
		case v.ctx.Err() != nil:
			v.t.Errorf("%s: not answered in time: %v", operation, err)
			return nil
		}
		v.wait(20 * time.Millisecond)
	}
}

func (v *victim) call(operation string, body []byte) (out map[string]any, status int, err error) {
	req, err := http.NewRequestWithContext(v.ctx, http.MethodPost, "http://"+v.addr, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, 0, err
	}
	return out, resp.StatusCode, json.Unmarshal(data, &out)
}

// succeeded waits for an execution's end.
func (v *victim) succeeded(arn, output string) {
	v.t.Helper()
	for {
		x := v.must("DescribeExecution", map[string]any{"executionArn": arn})
		if x["status"] == "RUNNING" && v.ctx.Err() == nil {
			v.wait(50 * time.Millisecond)
			continue
		}
		if x["status"] != "SUCCEEDED" || x["output"] != output {
			v.t.Errorf("%s: %v, want SUCCEEDED with %s; its history: %v", arn, x, output, v.events(arn))
		}
		return
	}
}

func (v *victim) events(arn string) (types []string) {
	events, _ := v.must("GetExecutionHistory", map[string]any{"executionArn": arn, "maxResults": 1000})["events"].([]any)
	for _, e := range events {
		types = append(types, fmt.Sprint(e.(map[string]any)["type"]))
	}
	return types
}

// checkAttempts demands that no attempt ran twice, and that every attempt but the first follows a failure in the history.
func (v *victim) checkAttempts() {
	v.t.Helper()
	data, err := os.ReadFile(v.counted())
	if err != nil {
		v.t.Fatal(err)
	}
	ran, repeats := map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(data)) {
		key := strings.TrimSpace(line)
		if ran[key]++; ran[key] > 1 {
			v.t.Errorf("the attempt %s ran %d times", key, ran[key])
		}
		if execution, rest, _ := strings.Cut(key, "/"); !strings.HasSuffix(rest, "/0") {
			repeats[execution]++
		}
	}
	const tasks = 7
	if len(ran) < crashExecutions*tasks {
		v.t.Errorf("%d attempts ran, want %d at least", len(ran), crashExecutions*tasks)
	}
	for execution, n := range repeats {
		failures := strings.Count(strings.Join(v.events("arn:aws:states:us-east-1:123456789012:execution:m:"+execution), " "), "LambdaFunctionFailed")
		if failures < n {
			v.t.Errorf("%s ran %d attempts again, its history shows %d failures", execution, n, failures)
		}
	}
	v.t.Logf("%d attempts ran, of which %d after a failure that the history shows", len(ran), len(ran)-crashExecutions*tasks)
}

// freePort returns a port of the loopback interface that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
