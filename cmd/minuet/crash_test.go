package main

import (
	"bytes"
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
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The size of the crash test.
const (
	crashLives     = 10 // of the server, each ended by kill -9
	crashStarts    = 30 // executions that are started in each life
	crashClients   = 6
	crashLife      = time.Second // a life's greatest length, counted from before the server listens
	crashPatience  = 3 * time.Minute
	crashHistories = 3 // are shown, at most, when the test fails
)

// crashMachine has a Task, a Wait, a Parallel with a Task in each branch, and a Map with a Task for each item.
const crashMachine = `{"StartAt": "T", "States": {
  "T": {"Type": "Task", "Resource": "FUNCTION", "Parameters": {"Execution.$": "$$.Execution.Name", "Place": "T", "Attempt.$": "$$.State.RetryCount"},
    "Retry": RETRY, "ResultPath": "$.t", "Next": "W"},
  "W": {"Type": "Wait", "Seconds": 1, "Next": "P"},
  "P": {"Type": "Parallel", "ResultPath": "$.p", "Next": "M", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "FUNCTION",
      "Parameters": {"Execution.$": "$$.Execution.Name", "Place": "A", "Attempt.$": "$$.State.RetryCount"}, "Retry": RETRY, "End": true}}},
    {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "FUNCTION",
      "Parameters": {"Execution.$": "$$.Execution.Name", "Place": "B", "Attempt.$": "$$.State.RetryCount"}, "Retry": RETRY, "End": true}}}]},
  "M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.m", "End": true, "ItemProcessor": {"StartAt": "I", "States": {
    "I": {"Type": "Task", "Resource": "FUNCTION",
      "Parameters": {"Execution.$": "$$.Execution.Name", "Place.$": "States.Format('I{}', $$.Map.Item.Index)", "Attempt.$": "$$.State.RetryCount"},
      "Retry": RETRY, "End": true}}}}}}`

const (
	crashFunction = "arn:aws:lambda:us-east-1:123456789012:function:counter"
	crashRetry    = `[{"ErrorEquals": ["Lambda.Unknown", "States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 10, "BackoffRate": 1}]`
	crashInput    = `{"items":["a","b","c","d"]}`
)

// crashPlaces are where an execution of crashMachine runs a task.
var crashPlaces = []string{"T", "A", "B", "I0", "I1", "I2", "I3"}

// crashOutput is what an execution of crashMachine ends with: the function answers EXECUTION/PLACE.
func crashOutput(name string) string {
	return strings.ReplaceAll(`{"items":["a","b","c","d"],"t":"X/T","p":["X/A","X/B"],"m":["X/I0","X/I1","X/I2","X/I3"]}`, "X", name)
}

// Ensure that killing the process at any moment loses nothing that was acknowledged, and runs no task attempt twice.
func TestKill9(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	v := newVictim(t)
	v.start()
	definition := strings.NewReplacer("RETRY", crashRetry, "FUNCTION", crashFunction).Replace(crashMachine)
	machine := v.must("CreateStateMachine", map[string]any{"name": "m", "roleArn": localRole, "definition": definition})["stateMachineArn"]

	names := make(chan string, crashLives*crashStarts)
	var clients sync.WaitGroup
	for range crashClients {
		clients.Go(func() {
			for name := range names {
				v.must("StartExecution", map[string]any{"stateMachineArn": machine, "name": name, "input": crashInput})
			}
		})
	}
	var all []string
	for life := range crashLives {
		for i := range crashStarts {
			name := fmt.Sprintf("e%d-%d", life, i)
			all = append(all, name)
			names <- name
		}
		v.pause(time.Duration(random.Int64N(int64(crashLife))))
		v.kill()
		v.start()
	}
	close(names)
	clients.Wait()
	for _, name := range all {
		v.succeeded(name)
	}
	v.checkAttempts(all)
	v.stop()
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
	deadline time.Time
	shown    int // histories
}

// newVictim builds the server, with the race detector where the test has it, and its function.
func newVictim(t *testing.T) *victim {
	t.Helper()
	v := &victim{t: t, dir: t.TempDir(), addr: freeAddr(t)}
	v.binary, v.function = filepath.Join(v.dir, "minuet"), filepath.Join(v.dir, "counter")
	for _, build := range [][]string{
		{"build", "-race=" + strconv.FormatBool(withRaceDetector()), "-o", v.binary, "."},
		{"build", "-o", v.function, "./testdata/counter"},
	} {
		if text, err := exec.Command("go", build...).CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", build, err, text)
		}
	}
	var err error
	if v.log, err = os.Create(filepath.Join(v.dir, "log")); err != nil {
		t.Fatal(err)
	}
	v.deadline = time.Now().Add(crashPatience)
	t.Cleanup(func() {
		if v.process != nil && v.process.ProcessState == nil {
			v.kill()
		}
		text, err := os.ReadFile(v.log.Name())
		if err != nil {
			t.Error(err)
		}
		if bytes.Contains(text, []byte("DATA RACE")) {
			t.Error("the server has a data race")
		}
		if t.Failed() {
			t.Logf("the server's last lines:\n%s", text[max(0, len(text)-8000):])
		}
		v.log.Close()
	})
	return v
}

// start starts the server, and does not wait until it listens: a kill may come while it recovers.
func (v *victim) start() {
	v.t.Helper()
	v.process = exec.Command(v.binary, "serve", "--addr", v.addr, "--data", filepath.Join(v.dir, "data"), "--lambda", "counter="+v.function)
	v.process.Env = append(os.Environ(), "COUNTER_FILE="+v.counted())
	v.process.Stderr = v.log
	if err := v.process.Start(); err != nil {
		v.t.Fatal(err)
	}
}

func (v *victim) counted() string { return filepath.Join(v.dir, "counted") }

// kill is kill -9. A server that has ended of its own accord is an error.
func (v *victim) kill() {
	v.t.Helper()
	if err := v.process.Process.Kill(); err != nil {
		v.t.Error(err)
	}
	var killed *exec.ExitError
	if err := v.process.Wait(); !errors.As(err, &killed) || killed.Exited() {
		v.t.Errorf("the server was not there to be killed: %v", err)
	}
}

// stop interrupts the server, which then ends well.
func (v *victim) stop() {
	v.t.Helper()
	if err := v.process.Process.Signal(syscall.SIGTERM); err != nil {
		v.t.Error(err)
	}
	if err := v.process.Wait(); err != nil {
		v.t.Errorf("the server was stopped: %v", err)
	}
}

func (v *victim) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-v.t.Context().Done():
	}
}

func (v *victim) late() bool { return time.Now().After(v.deadline) }

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
		case err == nil:
			v.t.Errorf("%s %s: %d %v", operation, body, status, out)
			return out
		case v.late():
			v.t.Errorf("%s %s: not answered in time: %v", operation, body, err)
			return nil
		}
		v.pause(20 * time.Millisecond)
	}
}

func (v *victim) call(operation string, body []byte) (out map[string]any, status int, err error) {
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, "http://"+v.addr, bytes.NewReader(body))
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

func executionARN(name string) string {
	return "arn:aws:states:us-east-1:123456789012:execution:m:" + name
}

// succeeded waits for an execution's end.
func (v *victim) succeeded(name string) {
	v.t.Helper()
	for {
		x := v.must("DescribeExecution", map[string]any{"executionArn": executionARN(name)})
		if x["status"] == "RUNNING" && !v.late() {
			v.pause(50 * time.Millisecond)
			continue
		}
		if want := crashOutput(name); x["status"] != "SUCCEEDED" || x["output"] != want {
			v.t.Errorf("%s: %v, want SUCCEEDED with %s", name, x, want)
			v.show(name)
		}
		return
	}
}

// crashEvent is what the test reads of an event in a history.
type crashEvent struct {
	ID       int                    `json:"id"`
	Previous int                    `json:"previousEventId"`
	Type     string                 `json:"type"`
	Entered  struct{ Name string }  `json:"stateEnteredEventDetails"`
	Started  struct{ Index int }    `json:"mapIterationStartedEventDetails"`
	Failed   struct{ Error string } `json:"lambdaFunctionFailedEventDetails"`
}

// history returns an execution's events; the event with the id n is at n-1.
func (v *victim) history(name string) []crashEvent {
	v.t.Helper()
	answer, err := json.Marshal(v.must("GetExecutionHistory", map[string]any{"executionArn": executionARN(name), "maxResults": 1000}))
	if err != nil {
		panic(err)
	}
	var out struct{ Events []crashEvent }
	if err := json.Unmarshal(answer, &out); err != nil {
		v.t.Fatalf("history of %s: %v\n%s", name, err, answer)
	}
	for i, e := range out.Events {
		if e.ID != i+1 || e.Previous >= e.ID {
			v.t.Fatalf("history of %s: event %d has the id %d, after %d", name, i+1, e.ID, e.Previous)
		}
	}
	return out.Events
}

// show prints a history, unless enough were.
func (v *victim) show(name string) {
	v.t.Helper()
	if v.shown++; v.shown > crashHistories {
		return
	}
	var text strings.Builder
	for _, e := range v.history(name) {
		fmt.Fprintf(&text, "%4d after %4d %s %s %s\n", e.ID, e.Previous, e.Type, e.Entered.Name, e.Failed.Error)
	}
	v.t.Logf("history of %s:\n%s", name, text.String())
}

// place tells where an event of a task belongs, as crashPlaces names it.
func place(events []crashEvent, e crashEvent) string {
	state := ""
	for ; e.Previous > 0 && state == ""; e = events[e.Previous-1] {
		state = e.Entered.Name
	}
	switch {
	case state == "":
		return e.Entered.Name // the first state: nothing is before it
	case e.Type == "MapIterationStarted":
		return fmt.Sprint(state, e.Started.Index)
	}
	return state
}

// checkAttempts demands that no attempt ran twice, that the one that succeeded ran, and that each but the first follows a
// failure at its own place in the history.
func (v *victim) checkAttempts(names []string) {
	v.t.Helper()
	data, err := os.ReadFile(v.counted())
	if err != nil {
		v.t.Fatal(err)
	}
	ran := map[string]int{}
	for line := range strings.Lines(string(data)) {
		ran[strings.TrimSpace(line)]++
	}
	known, failures := 0, 0
	for _, name := range names {
		failed, faults := v.failures(name)
		for _, place := range crashPlaces {
			for attempt := range failed[place] + 1 {
				key := fmt.Sprintf("%s/%s/%d", name, place, attempt)
				if n := ran[key]; n > 1 || n == 0 && attempt == failed[place] {
					faults = append(faults, fmt.Sprintf("the attempt %s ran %d times", key, n))
				}
				if ran[key] > 0 {
					known++
				}
			}
			failures += failed[place]
		}
		if len(faults) > 0 {
			v.t.Errorf("%s: %s", name, strings.Join(faults, "; "))
			v.show(name)
		}
	}
	if known != len(ran) {
		v.t.Errorf("%d attempts ran, of which the histories show %d", len(ran), known)
	}
	v.t.Logf("%d attempts ran; %d were lost in a kill, as the histories show", len(ran), failures)
}

// failures counts the failed attempts at each place in an execution's history, and lists what is wrong there.
func (v *victim) failures(name string) (failed map[string]int, faults []string) {
	v.t.Helper()
	events := v.history(name)
	failed = map[string]int{}
	scheduled, succeeded := map[string]int{}, map[string]int{}
	for _, e := range events {
		switch e.Type {
		case "LambdaFunctionScheduled":
			p := place(events, e)
			if scheduled[p] != failed[p] {
				faults = append(faults, fmt.Sprintf("event %d: an attempt at %s that follows no failure", e.ID, p))
			}
			scheduled[p]++
		case "LambdaFunctionFailed":
			failed[place(events, e)]++
			if e.Failed.Error != "Lambda.Unknown" {
				faults = append(faults, fmt.Sprintf("event %d: failed as %s", e.ID, e.Failed.Error))
			}
		case "LambdaFunctionSucceeded":
			succeeded[place(events, e)]++
		}
	}
	for p, n := range succeeded {
		if n != 1 || !slices.Contains(crashPlaces, p) {
			faults = append(faults, fmt.Sprintf("%q succeeded %d times", p, n))
		}
	}
	if len(succeeded) != len(crashPlaces) {
		faults = append(faults, fmt.Sprintf("%d tasks succeeded, want %d", len(succeeded), len(crashPlaces)))
	}
	return failed, faults
}

// withRaceDetector tells whether the test was built with the race detector.
func withRaceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// freeAddr returns an address of the loopback interface at which nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
