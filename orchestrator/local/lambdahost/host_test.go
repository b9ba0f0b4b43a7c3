package lambdahost

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"minuet/orchestrator/engine"
)

func TestSuccess(t *testing.T) {
	h, _ := newTestHost(t, Config{
		Region: "eu-west-1", Account: "111122223333", StatesEndpoint: "http://127.0.0.1:8083",
		Environ: []string{"HOME=" + t.TempDir(), "FROM_HOST=yes", "AWS_LAMBDA_MAX_CONCURRENCY=4"},
	})
	register(t, h, "go", func(fn *Function) {
		fn.Env["GREETING"] = "hello"
		fn.Timeout = 90 * time.Second
		fn.MemorySize = 512
		fn.Handler = "main.handle"
	})
	in := engine.Invocation{
		Qualifier:     "live",
		ClientContext: base64.StdEncoding.EncodeToString([]byte("{\n\"custom\": {\"tenant\": \"a\"}}")),
	}
	r := invokeReport(t, h, "go", in)

	if r.RequestID == "" || r.Count != 1 || r.PID == os.Getpid() {
		t.Errorf("the report is %+v", r)
	}
	if want := "arn:aws:lambda:eu-west-1:111122223333:function:go:live"; r.ARN != want {
		t.Errorf("the ARN is %s, want %s", r.ARN, want)
	}
	if r.Remaining <= 0 || r.Remaining > 90*time.Second {
		t.Errorf("%v remain of 90 s", r.Remaining)
	}
	if !strings.HasPrefix(r.TraceID, "Root=1-") {
		t.Errorf("the trace id is %q", r.TraceID)
	}
	if r.ClientContext["tenant"] != "a" {
		t.Errorf("the client context is %v", r.ClientContext)
	}
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "go", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1", "_HANDLER": "main.handle", "LAMBDA_TASK_ROOT": cwd,
		"AWS_ENDPOINT_URL_SFN": "http://127.0.0.1:8083", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/go",
		"AWS_ACCESS_KEY_ID": "minuet", "GREETING": "hello", "FROM_HOST": "yes", "AWS_LAMBDA_MAX_CONCURRENCY": "",
	} {
		if got := r.Env[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestWarmReuse(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go")
	first := invokeReport(t, h, "go", engine.Invocation{})
	// A failure leaves the process warm as well.
	checkFailure(t, invoke(t, h, "go", command{Do: "fail", Arg: "no"}), `{"errorMessage":"no","errorType":"errorString"}`)
	third := invokeReport(t, h, "go", engine.Invocation{})
	if third.PID != first.PID || third.Count != 3 {
		t.Errorf("process %d served event %d, want process %d and event 3", third.PID, third.Count, first.PID)
	}
}

func TestConcurrency(t *testing.T) {
	const n = 4
	h, _ := newTestHost(t, Config{})
	register(t, h, "go", func(fn *Function) { fn.Concurrency = n })

	// Two rounds: the second finds the processes of the first.
	for round := range 2 {
		url := meeting(t, n)
		pids := make(chan int, n)
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				var r report
				if err := json.Unmarshal(invoke(t, h, "go", command{Do: "meet", Arg: url}).Payload, &r); err != nil {
					t.Error(err)
				}
				if r.Count != round+1 {
					t.Errorf("process %d served event %d in round %d", r.PID, r.Count, round)
				}
				pids <- r.PID
			})
		}
		wg.Wait()
		close(pids)
		distinct := make(map[int]bool)
		for pid := range pids {
			distinct[pid] = true
		}
		if len(distinct) != n {
			t.Errorf("%d processes served %d events at once", len(distinct), n)
		}
	}
}

func TestConcurrencyLimit(t *testing.T) {
	const n = 2
	tests := map[string]struct {
		reserved bool
		check    func(t *testing.T, err error)
	}{
		"waits for a process": {false, func(t *testing.T, err error) {
			var refusal *engine.InvokeError
			if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &refusal) {
				t.Errorf("the error is %v, want one of the context", err)
			}
		}},
		"refuses when reserved": {true, func(t *testing.T, err error) {
			checkRefusal(t, err, "TooManyRequestsException", 429, "Rate Exceeded.")
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, _ := newTestHost(t, Config{})
			register(t, h, "go", func(fn *Function) { fn.Concurrency, fn.Reserved = n, test.reserved })
			holding := newHolders(t)
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					payload := fmt.Appendf(nil, `{"do":"hold","arg":%q}`, holding.address())
					if _, err := h.Invoke(ctx, engine.Invocation{Function: "go", Payload: payload}); !errors.Is(err, context.Canceled) {
						t.Errorf("the error is %v, want that of the context", err)
					}
				})
			}
			for range n {
				holding.next(t)
			}
			short, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer stop()
			_, err := h.Invoke(short, engine.Invocation{Function: "go"})
			test.check(t, err)
			cancel()
			wg.Wait()
		})
	}
}

func TestConcurrencyLimitHandsOn(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go", func(fn *Function) { fn.Concurrency = 1 })
	var wg sync.WaitGroup
	pids := make(chan int, 8)
	for range cap(pids) {
		wg.Go(func() { pids <- invokeReport(t, h, "go", engine.Invocation{}).PID })
	}
	wg.Wait()
	first := <-pids
	for range cap(pids) - 1 {
		if pid := <-pids; pid != first {
			t.Errorf("process %d served an event beside process %d", pid, first)
		}
	}
}

func TestFailures(t *testing.T) {
	h, output := newTestHost(t, Config{})
	h.initAllowance = 0
	register(t, h, "go")
	register(t, h, "exit")
	register(t, h, "exit-clean")
	register(t, h, "init-error")
	register(t, h, "never-next", func(fn *Function) { fn.Timeout = 20 * time.Millisecond })
	register(t, h, "missing", func(fn *Function) { fn.Command = []string{"./no-such-program"} })
	register(t, h, "no-dir", func(fn *Function) { fn.Dir = filepath.Join(t.TempDir(), "none") })

	tests := map[string]struct {
		function string
		event    command
		pattern  string // of the payload
	}{
		"an error of the handler": {
			"go", command{Do: "fail", Arg: `bad "input" <1>`},
			`^{"errorMessage":"bad \\"input\\" \\u003c1\\u003e","errorType":"errorString"}$`,
		},
		"a panic": {
			"go", command{Do: "panic", Arg: "out of cheese"},
			`^{"errorMessage":"out of cheese","errorType":"string","stackTrace":\[{"path":".+`,
		},
		"a response that breaks off": {
			"go", command{Do: "stream-fail"},
			`^{"errorMessage":"the source dried up","errorType":"errorString"}$`,
		},
		"an exit with a status": {
			"go", command{Do: "exit", N: 7},
			`^{"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited with error: exit status 7"}$`,
		},
		"an exit without a status": {
			"go", command{Do: "exit"},
			`^{"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited without providing a reason"}$`,
		},
		"an exit at the start": {
			"exit", command{},
			`^{"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited with error: exit status 3"}$`,
		},
		"a clean exit at the start": {
			"exit-clean", command{},
			`^{"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited without providing a reason"}$`,
		},
		"an init error": {
			"init-error", command{},
			`^{"errorMessage":"no such module","errorType":"Runtime.ImportModuleError","stackTrace":\[\]}$`,
		},
		"a start that takes too long": {
			"never-next", command{},
			`^{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: <id> Error: Task timed out after 0.02 seconds"}$`,
		},
		"a missing program": {
			"missing", command{},
			`^{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: <id> Error: .*no-such-program.*no such file or directory"}$`,
		},
		"a missing directory": {
			"no-dir", command{},
			`^{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: <id> Error: chdir .*no such file or directory"}$`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			result := invoke(t, h, test.function, test.event)
			if result.FunctionError != "Unhandled" || result.StatusCode != 200 || result.ExecutedVersion != "$LATEST" {
				t.Errorf("the result is %+v", result)
			}
			pattern := strings.ReplaceAll(test.pattern, "<id>", result.RequestID)
			if !regexp.MustCompile(pattern).Match(result.Payload) {
				t.Errorf("the payload is\n%s\nwant\n%s", result.Payload, pattern)
			}
		})
	}
	t.Run("the function works afterwards", func(t *testing.T) {
		invokeReport(t, h, "go", engine.Invocation{})
	})
	output.waitFor(t, "go: ")
}

func TestTimeout(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go", func(fn *Function) { fn.Timeout = time.Second })
	holding := newHolders(t)
	result := invoke(t, h, "go", command{Do: "hold", Arg: holding.address()})
	checkFailure(t, result, `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: <id> Error: Task timed out after 1.00 seconds"}`)
	holding.next(t).waitForDeath(t)
}

func TestPayloadLimits(t *testing.T) {
	h, output := newTestHost(t, Config{})
	register(t, h, "go")
	register(t, h, "raw")

	t.Run("the largest response", func(t *testing.T) {
		result := invoke(t, h, "go", command{Do: "big", N: maxResponse - 2})
		if result.FunctionError != "" || len(result.Payload) != maxResponse {
			t.Errorf("the result has %d bytes and the error %q", len(result.Payload), result.FunctionError)
		}
	})
	t.Run("a response too large", func(t *testing.T) {
		checkFailure(t, invoke(t, h, "go", command{Do: "big", N: maxResponse - 1}),
			`{"errorType":"Function.ResponseSizeTooLarge",`+
				`"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}`)
	})
	t.Run("a runtime sees that its response is too large", func(t *testing.T) {
		invoke(t, h, "raw", []rawStep{{Method: "POST", Path: "invocation/{id}/response", Body: "aaaaaaaa", Repeat: 1 << 20}})
		output.waitFor(t, `413 {"errorMessage":"Exceeded maximum allowed payload size (6291556 bytes).","errorType":"RequestEntityTooLarge"}`)
	})
	t.Run("the largest request", func(t *testing.T) {
		payload := `{"do":"fail","arg":"small","more":"` + strings.Repeat("a", maxRequest-37) + `"}`
		result, err := h.Invoke(t.Context(), engine.Invocation{Function: "go", Payload: []byte(payload)})
		if err != nil {
			t.Fatal(err)
		}
		checkFailure(t, result, `{"errorMessage":"small","errorType":"errorString"}`)
	})
}

func TestEvent(t *testing.T) {
	h, output := newTestHost(t, Config{})
	register(t, h, "go")
	result, err := h.Invoke(t.Context(), engine.Invocation{
		Function: "go", Type: "Event", Payload: []byte(`{"do":"print","arg":"it ran\n"}`),
	})
	if err != nil || result.StatusCode != 202 || result.Payload != nil {
		t.Errorf("the result is %+v, %v", result, err)
	}
	output.waitFor(t, "go: it ran\n")

	result, err = h.Invoke(t.Context(), engine.Invocation{
		Function: "go", Type: "Event", Payload: []byte(`{"do":"fail","arg":"it failed"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	output.waitFor(t, "go: RequestId: "+result.RequestID+` the event failed: {"errorMessage":"it failed"`)
}

func TestDryRun(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "exit")
	result, err := h.Invoke(t.Context(), engine.Invocation{Function: "exit", Type: "DryRun"})
	if err != nil || result.StatusCode != 204 {
		t.Errorf("the result is %+v, %v", result, err)
	}
}

func TestEmptyPayload(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go")
	result, err := h.Invoke(t.Context(), engine.Invocation{Function: "go"})
	if err != nil {
		t.Fatal(err)
	}
	checkFailure(t, result, `{"errorMessage":"unknown command \"\"","errorType":"errorString"}`)
}

func TestLogTail(t *testing.T) {
	h, output := newTestHost(t, Config{})
	register(t, h, "go")
	result, err := h.Invoke(t.Context(), engine.Invocation{
		Function: "go", LogType: "Tail", Payload: []byte(`{"do":"exit","n":2}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	log, err := base64.StdEncoding.DecodeString(result.LogResult)
	if err != nil {
		t.Fatal(err)
	}
	want := "START RequestId: " + result.RequestID + " Version: $LATEST\nRequestId: " + result.RequestID +
		" Error: Runtime exited with error: exit status 2\n"
	if string(log) != want {
		t.Errorf("the log is\n%s\nwant\n%s", log, want)
	}

	invoke(t, h, "go", command{Do: "print", Arg: "one\ntwo, unterminated"})
	output.waitFor(t, "go: one\n")
}

func TestLogTailKeepsTheEnd(t *testing.T) {
	var log logTail
	for range 100 {
		log.line(strings.Repeat("a", 99))
	}
	log.line("the end")
	text, err := base64.StdEncoding.DecodeString(log.encode())
	if err != nil || len(text) != maxTail || !strings.HasSuffix(string(text), "a\nthe end\n") {
		t.Errorf("the log has %d bytes and ends in %q, %v", len(text), text[len(text)-16:], err)
	}
}

func TestIdleProcessIsReaped(t *testing.T) {
	h, _ := newTestHost(t, Config{IdleTimeout: time.Millisecond})
	register(t, h, "go")
	invokeReport(t, h, "go", engine.Invocation{})
	fn := h.functions["go"]
	deadline := time.After(30 * time.Second)
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for gone := false; !gone; {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatal("the process was not reaped")
		}
		fn.mu.Lock()
		gone = len(fn.all) == 0
		fn.mu.Unlock()
	}
	if r := invokeReport(t, h, "go", engine.Invocation{}); r.Count != 1 {
		t.Errorf("event %d of a new process, want 1", r.Count)
	}
}

func TestIdleProcessThatDiedIsReplaced(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go")
	for range 20 {
		first := invokeReport(t, h, "go", engine.Invocation{})
		p, err := os.FindProcess(first.PID)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		// Whether the host has noticed yet or not, the event must not be lost.
		if second := invokeReport(t, h, "go", engine.Invocation{}); second.PID == first.PID {
			t.Errorf("process %d served an event after its death", first.PID)
		}
	}
}

func TestAbandonedInvocationRunsOn(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go", func(fn *Function) { fn.Concurrency = 1 })
	var visits sync.WaitGroup
	visits.Add(1)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		visits.Done()
		<-release
	}))
	defer server.Close()

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := h.Invoke(ctx, engine.Invocation{Function: "go", Payload: fmt.Appendf(nil, `{"do":"meet","arg":%q}`, server.URL)})
		ended <- err
	}()
	visits.Wait()
	cancel()
	var refusal *engine.InvokeError
	if err := <-ended; !errors.Is(err, context.Canceled) || errors.As(err, &refusal) {
		t.Errorf("the error is %v, want that of the context", err)
	}
	close(release)
	if r := invokeReport(t, h, "go", engine.Invocation{}); r.Count != 2 {
		t.Errorf("event %d, want 2 of the same process", r.Count)
	}
}

func TestInvocationWithdrawnDuringTheStart(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go", func(fn *Function) { fn.Concurrency = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Invoke(ctx, engine.Invocation{Function: "go"}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want that of the context", err)
	}
	if r := invokeReport(t, h, "go", engine.Invocation{}); r.Count != 1 {
		t.Errorf("event %d, want 1", r.Count)
	}
}

func TestClose(t *testing.T) {
	h, _ := newTestHost(t, Config{})
	register(t, h, "go")
	holding := newHolders(t)
	ended := make(chan error)
	go func() {
		payload := fmt.Appendf(nil, `{"do":"hold-family","arg":%q}`, holding.address())
		_, err := h.Invoke(t.Context(), engine.Invocation{Function: "go", Payload: payload})
		ended <- err
	}()
	parent, child := holding.next(t), holding.next(t)
	h.Close()
	parent.waitForDeath(t)
	child.waitForDeath(t)

	var refusal *engine.InvokeError
	if err := <-ended; !errors.Is(err, errClosed) || errors.As(err, &refusal) {
		t.Errorf("the interrupted invocation ended with %v", err)
	}
	_, err := h.Invoke(t.Context(), engine.Invocation{Function: "go"})
	checkRefusal(t, err, "ServiceException", 500, "the function host was closed")
	if err := h.Register(Function{Name: "late", Command: []string{"true"}}); !errors.Is(err, errClosed) {
		t.Errorf("register after close: %v", err)
	}
	h.Close()
}
