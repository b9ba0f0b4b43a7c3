//go:build engines

package cloudtest

import (
	"archive/zip"
	"bytes"
	"compress/flate"
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
	const most, starts = 3, 15
	binaries := map[string]Binary{"empty": Build(t, "minuet/internal/cloudtest/empty", "")}
	for _, name := range functions {
		binaries[name] = Build(t, "minuet/functions/"+name, "")
	}
	// They take turns, so that what else the machine does meets all alike, and the least of each is what the others disturb least.
	took := map[string][]time.Duration{}
	for range starts {
		for name, binary := range binaries {
			took[name] = append(took[name], firstPoll(t, binary))
		}
	}
	for _, all := range took {
		slices.Sort(all)
	}
	empty := took["empty"][0]
	t.Logf("%-9s at least %6.2f ms from spawn to first poll, median %6.2f ms", "empty", ms(empty), ms(took["empty"][starts/2]))
	for _, name := range functions {
		least := took[name][0]
		t.Logf("%-9s at least %6.2f ms, %.1f times an empty function's, median %6.2f ms",
			name, ms(least), float64(least)/float64(empty), ms(took[name][starts/2]))
		if least > most*empty {
			t.Errorf("%s takes %v from spawn to first poll, want at most %d times the %v of an empty function", name, least, most, empty)
		}
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// firstPoll is the time from the start of a binary until it asks the Runtime API for its first event.
func firstPoll(t *testing.T, binary Binary) time.Duration {
	t.Helper()
	polled := make(chan time.Time, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/invocation/next") {
			select {
			case polled <- time.Now():
			default:
			}
			<-r.Context().Done()
		}
	}))
	defer server.Close()
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
	defer timeout.Stop()
	var at time.Time
	select {
	case at = <-polled:
	case <-timeout.C:
	}
	command.Process.Kill()
	command.Wait() // was killed
	if at.IsZero() {
		t.Fatalf("%s does not poll: %s", binary.Path, said.String())
	}
	return at.Sub(begin)
}
