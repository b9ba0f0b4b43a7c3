//go:build engines

package cloudtest

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

//go:embed clients.py
var clientsPy string

// testProxy has a stock boto3 client use the stack through minuet proxy, which signs for it.
func testProxy(t *testing.T, s *Stack) {
	minuet := filepath.Join(t.TempDir(), "minuet")
	if said, err := exec.Command("go", "build", "-o", minuet, "minuet/cmd/minuet").CombinedOutput(); err != nil {
		t.Fatalf("build minuet: %v\n%s", err, said)
	}
	command := exec.Command(minuet, "proxy", "--endpoint", s.API.URL, "--addr", "127.0.0.1:0", "--region", Region)
	command.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIDPROXY", "AWS_SECRET_ACCESS_KEY=secret", "AWS_REGION="+Region)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	command.Stderr = &said
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait() // was killed
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url := ""
	for _, word := range strings.Fields(line) {
		if strings.HasPrefix(word, "http://127.0.0.1:") {
			url = word
		}
	}
	if url == "" {
		t.Fatalf("minuet proxy says no address: %q, %v\n%s", line, err, said.String())
	}

	before := s.API.Signed()
	boto := exec.Command(Tool(t, "python"), "-c", clientsPy, url)
	text, err := boto.Output()
	if err != nil {
		var exit *exec.ExitError
		if e, ok := err.(*exec.ExitError); ok {
			exit = e
			t.Fatalf("boto3: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("boto3: %v", err)
	}
	var got struct {
		Status, Output, Error string
		Events                []string
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("boto3 has printed %q: %v", text, err)
	}
	want := []string{"ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"}
	if got.Status != "SUCCEEDED" || !sameJSON(t, got.Output, `{"from": "boto3"}`) || got.Error != "ExecutionDoesNotExist" || !slices.Equal(got.Events, want) {
		t.Errorf("boto3 got %+v", got)
	}
	// A Function URL with AWS_IAM takes no other signing name.
	after := s.API.Signed()
	if after["lambda"] == before["lambda"] || after["states"] != before["states"] || after[""] != before[""] {
		t.Errorf("requests by signing name were %v before boto3 used the proxy, and are %v", before, after)
	}
}
