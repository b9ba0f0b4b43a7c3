package lambdahost

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"minuet/orchestrator/engine"
)

func init() { roles["host"] = serveHost }

// serveHost is a program that runs a host with one function, which holds.
func serveHost() {
	h := New(Config{Output: os.Stderr})
	fn := Function{Name: "go", Command: []string{os.Args[0]}, Env: map[string]string{roleVariable: "go"}}
	if err := h.Register(fn); err != nil {
		panic(err)
	}
	payload := fmt.Appendf(nil, `{"do":"hold","arg":%q}`, os.Getenv("HOLD"))
	_, err := h.Invoke(context.Background(), engine.Invocation{Function: "go", Payload: payload})
	panic(err)
}

func TestProcessesDieWithTheHost(t *testing.T) {
	holding := newHolders(t)
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), roleVariable+"=host", "HOLD="+holding.address())
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	process := holding.next(t)
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	host.Wait()
	process.waitForDeath(t)
}
