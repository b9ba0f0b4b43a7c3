//go:build engines

package cloudtest

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// functions are the binaries that template.yaml deploys.
var functions = []string{"api", "callback", "step", "dead", "notify", "sweep"}

// Ensure that what a deployment uploads is small.
func TestSizes(t *testing.T) {
	const limit = 6_000_000
	for _, name := range functions {
		binary := Build(t, "minuet/functions/"+name, "arm64")
		size := zipped(t, binary.Path)
		t.Logf("%-9s %5.2f MB, zipped %4.2f MB", name, float64(binary.Size)/1e6, float64(size)/1e6)
		if size > limit {
			t.Errorf("%s is %d bytes zipped, want at most %d", name, size, limit)
		}
	}
}

// zipped is the size of a file in a ZIP archive.
func zipped(t *testing.T, path string) int {
	t.Helper()
	source, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.DefaultCompression) })
	entry, err := w.Create("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(entry, source); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Len()
}

// Ensure that a cold start costs little more than one of a function that does nothing.
func TestColdStart(t *testing.T) {
	const most, starts = 3, 9
	empty := firstPoll(t, Build(t, "minuet/internal/cloudtest/empty", ""), starts)
	t.Logf("%-9s %v from spawn to first poll", "empty", empty)
	for _, name := range functions {
		took := firstPoll(t, Build(t, "minuet/functions/"+name, ""), starts)
		t.Logf("%-9s %v, %.1f times an empty function's", name, took, float64(took)/float64(empty))
		if took > most*empty {
			t.Errorf("%s takes %v from spawn to first poll, want at most %d times the %v of an empty function", name, took, most, empty)
		}
	}
}

// firstPoll is the median time from the start of a binary until it asks the Runtime API for its first event.
func firstPoll(t *testing.T, binary Binary, starts int) time.Duration {
	t.Helper()
	polled := make(chan time.Time)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/invocation/next") {
			return
		}
		select {
		case polled <- time.Now():
		case <-r.Context().Done():
		}
		<-r.Context().Done()
	}))
	defer server.Close()
	var all []time.Duration
	for range starts + 1 {
		command := exec.Command(binary.Path)
		command.Env = []string{
			"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"), "AWS_REGION=" + Region, "AWS_LAMBDA_FUNCTION_NAME=f",
			"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_SESSION_TOKEN=c", "_HANDLER=bootstrap", "LAMBDA_TASK_ROOT=/var/task",
			"MINUET_TABLE=t", "MINUET_STEPS_URL=http://127.0.0.1/s", "MINUET_TASKS_URL=http://127.0.0.1/t", "MINUET_BUS=b",
			"MINUET_PUBLISH=nested", "MINUET_RETENTION_DAYS=90", "MINUET_STACK_ACCOUNT=" + Account, "MINUET_ASSUME_ROLES=false",
			"MINUET_STUCK_SECONDS=1800", "MINUET_METRICS=Minuet",
		}
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var said bytes.Buffer
		command.Stderr = &said
		begin := time.Now()
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		timeout := time.NewTimer(30 * time.Second)
		var failed error
		select {
		case at := <-polled:
			all = append(all, at.Sub(begin))
		case <-timeout.C:
			failed = fmt.Errorf("%s does not poll", binary.Path)
		}
		timeout.Stop()
		command.Process.Kill()
		command.Wait() // was killed
		if failed != nil {
			t.Fatalf("%v: %s", failed, said.String())
		}
	}
	all = all[1:] // the file had to be read
	slices.Sort(all)
	return all[len(all)/2]
}
