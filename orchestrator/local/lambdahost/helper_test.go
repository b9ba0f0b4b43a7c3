package lambdahost

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"minuet/orchestrator/engine"
)

// console collects what the processes print.
type console struct {
	mu    sync.Mutex
	text  strings.Builder
	wrote chan struct{}
}

func newConsole() *console { return &console{wrote: make(chan struct{}, 1)} }

func (c *console) Write(data []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(data)
	select {
	case c.wrote <- struct{}{}:
	default:
	}
	return len(data), nil
}

// waitFor waits until text has been printed.
func (c *console) waitFor(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		c.mu.Lock()
		all := c.text.String()
		c.mu.Unlock()
		if strings.Contains(all, text) {
			return
		}
		select {
		case <-c.wrote:
		case <-deadline:
			t.Fatalf("the processes never printed %q, but:\n%s", text, all)
		}
	}
}

// newTestHost makes a host that waits for its processes to settle, however slow the machine is.
func newTestHost(t *testing.T, config Config) (*Host, *console) {
	t.Helper()
	output := newConsole()
	config.Output = output
	h := New(config)
	h.settle = time.Minute
	t.Cleanup(func() { h.Close() })
	return h, output
}

// register adds the test binary in a role under the role's name.
func register(t *testing.T, h *Host, role string, change ...func(*Function)) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fn := Function{Name: role, Command: []string{self}, Env: map[string]string{roleVariable: role}}
	for _, f := range change {
		f(&fn)
	}
	if err := h.Register(fn); err != nil {
		t.Fatal(err)
	}
}

func invoke(t *testing.T, h *Host, name string, payload any) engine.InvocationResult {
	t.Helper()
	data, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	result, err := h.Invoke(t.Context(), engine.Invocation{Function: name, Payload: data})
	if err != nil {
		t.Fatalf("invoke %s: %v", name, err)
	}
	return result
}

func invokeReport(t *testing.T, h *Host, name string, in engine.Invocation) report {
	t.Helper()
	in.Function = name
	in.Payload = []byte(`{"do":"report"}`)
	result, err := h.Invoke(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(result.Payload, &r); err != nil {
		t.Fatalf("%v in %s", err, result.Payload)
	}
	return r
}

// checkFailure checks a result with a function error; RequestId stands for the result's.
func checkFailure(t *testing.T, result engine.InvocationResult, payload string) {
	t.Helper()
	if result.FunctionError != "Unhandled" || result.StatusCode != 200 {
		t.Errorf("the function error is %q and the status %d, want Unhandled and 200", result.FunctionError, result.StatusCode)
	}
	payload = strings.ReplaceAll(payload, "<id>", result.RequestID)
	if string(result.Payload) != payload {
		t.Errorf("the payload is\n%s\nwant\n%s", result.Payload, payload)
	}
}

// meeting is a server whose visitors wait for one another.
func meeting(t *testing.T, visitors int) string {
	var all sync.WaitGroup
	all.Add(visitors)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		all.Done()
		all.Wait()
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// holders is where processes that hold connect to: one connection each, which ends with the process.
type holders struct{ *net.TCPListener }

func newHolders(t *testing.T) *holders {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := l.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &holders{l}
}

func (h *holders) address() string { return h.Addr().String() }

// next waits for the next process.
func (h *holders) next(t *testing.T) *holder {
	t.Helper()
	conn, err := h.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return &holder{conn, r}
}

type holder struct {
	conn net.Conn
	r    *bufio.Reader
}

// waitForDeath waits until the process has ended.
func (h *holder) waitForDeath(t *testing.T) {
	t.Helper()
	if _, err := h.r.ReadByte(); errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
		t.Fatalf("the process still lives: %v", err)
	}
}
