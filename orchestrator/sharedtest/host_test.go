//go:build shared

package sharedtest

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/local"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// shared is the path of a folder of the shared data.
func shared(t *testing.T, folder string) string {
	t.Helper()
	root := os.Getenv("MINUET_SHARED")
	if root == "" {
		t.Fatal("MINUET_SHARED does not name the folder of shared data")
	}
	path := filepath.Join(root, folder)
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		t.Fatalf("%s is not a folder: %v", path, err)
	}
	return path
}

// read reads a file of the shared data.
func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shared(t, folder), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// names lists the files of a folder of the shared data that match a pattern.
func names(t *testing.T, folder, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(shared(t, folder), pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, folder, err)
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths
}

// host is a local host behind a loopback port, for one test.
type host struct {
	*local.Host
	t        *testing.T
	ctx      context.Context
	endpoint string
}

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// open opens a host, with its store in a temporary folder, and serves it.
func open(t *testing.T, c local.HostConfig) *host {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Endpoint, c.FunctionOutput, c.Limits = t.TempDir(), "http://"+listener.Addr().String(), t.Output(), machine.DefaultLimits
	h := &host{t: t, endpoint: c.Endpoint}
	if h.Host, err = local.Open(c); err != nil {
		t.Fatal(err)
	}
	var stop context.CancelFunc
	h.ctx, stop = context.WithCancel(context.Background())
	if err := h.Start(h.ctx); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h.Handler}
	var served sync.WaitGroup
	served.Go(func() { server.Serve(listener) })
	t.Cleanup(func() {
		server.Close()
		served.Wait()
		if err := h.Close(); err != nil {
			t.Errorf("close the host: %v", err)
		}
		stop()
	})
	return h
}

// client is an SDK client of the host's API.
func (h *host) client() *sfn.Client {
	return sfn.New(sfn.Options{
		BaseEndpoint: &h.endpoint, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// create creates a state machine.
func (h *host) create(name, definition string) {
	h.t.Helper()
	_, err := h.Catalog.Create(h.ctx, catalog.Create{Name: name, Definition: definition, RoleARN: "arn:aws:iam::123456789012:role/states"})
	if err != nil {
		h.t.Fatalf("create %s: %v", name, err)
	}
}

// start starts an execution of a machine; "#TestCase" may follow the machine's name.
func (h *host) start(machine, name, input string) *engine.Execution {
	h.t.Helper()
	x, err := h.Engine.StartExecution(h.ctx, engine.StartExecution{Machine: h.Catalog.MachineARN(machine), Name: name, Input: input})
	if err != nil {
		h.t.Fatalf("start %s of %s: %v", name, machine, err)
	}
	return x
}

// until waits until done; it looks again and again, as many things can bring that about.
func (h *host) until(what string, done func() bool) {
	h.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !done() {
		select {
		case <-tick.C:
		case <-late:
			h.t.Fatalf("after %s there is still no %s", patience, what)
		}
	}
}

// end waits for the end of an execution.
func (h *host) end(arn string) *engine.Execution {
	h.t.Helper()
	var x *engine.Execution
	h.until("end of "+arn, func() bool {
		x = h.describe(arn)
		return x.Status != machine.Running
	})
	return x
}

func (h *host) describe(arn string) *engine.Execution {
	h.t.Helper()
	x, _, err := h.Engine.DescribeExecution(h.ctx, arn)
	if err != nil {
		h.t.Fatal(err)
	}
	return x
}

// succeeded waits for the end of an execution, demands that it is a good one, and returns the output.
func (h *host) succeeded(arn string) string {
	h.t.Helper()
	x := h.end(arn)
	if x.Status != machine.Succeeded {
		h.t.Fatalf("%s has ended as %s: %s %s", arn, x.Status, aws.ToString(x.Error), aws.ToString(x.Cause))
	}
	return string(x.Output)
}

// children lists the executions that an execution has started, the latest first.
func (h *host) children(arn string) []*engine.Execution {
	h.t.Helper()
	page, next, err := h.Engine.ListExecutions(h.ctx, engine.ExecutionQuery{Limit: 1000})
	if err != nil || next != "" {
		h.t.Fatalf("list executions: %v, next page %q", err, next)
	}
	var children []*engine.Execution
	for _, x := range page {
		if x.Parent != nil && x.Parent.Execution == arn {
			children = append(children, h.describe(x.ARN))
		}
	}
	return children
}

// events is the history of an execution.
func (h *host) events(arn string) []machine.Event {
	h.t.Helper()
	var all []machine.Event
	for q := (engine.HistoryQuery{ARN: arn, Limit: 1000}); ; {
		events, next, err := h.Engine.History(h.ctx, q)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, events...)
		if q.Token = next; next == "" {
			return all
		}
	}
}

// of returns the details of an execution's events of a type.
func (h *host) of(arn, eventType string) []value.Value {
	h.t.Helper()
	var all []value.Value
	for _, e := range h.events(arn) {
		if e.Type == eventType {
			all = append(all, e.Details)
		}
	}
	return all
}

// text is the text at a path of member names within v; "" where there is none.
func text(v value.Value, path ...string) string {
	for _, name := range path {
		v, _ = v.Get(name)
	}
	return v.Text()
}

// parse reads JSON that has to be sound.
func parse(t *testing.T, text string) value.Value {
	t.Helper()
	v, err := value.ParseString(text)
	if err != nil {
		t.Fatalf("%q is not JSON: %v", text, err)
	}
	return v
}

var binaries struct {
	sync.Mutex
	dir string
}

// TestMain removes what binary has built.
func TestMain(m *testing.M) {
	status := m.Run()
	if binaries.dir != "" {
		os.RemoveAll(binaries.dir)
	}
	os.Exit(status)
}

// binary builds one of the sample functions, once, and returns its path.
func binary(t *testing.T, name string) string {
	t.Helper()
	binaries.Lock()
	defer binaries.Unlock()
	if binaries.dir == "" {
		dir, err := os.MkdirTemp("", "minuet-sharedtest-")
		if err != nil {
			t.Fatal(err)
		}
		binaries.dir = dir
	}
	path := filepath.Join(binaries.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", path, "minuet/examples/nested/"+name)
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, text)
	}
	return path
}
