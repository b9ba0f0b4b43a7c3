//go:build engines

package cloudtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Binary is a compiled Lambda function.
type Binary struct {
	Path string
	Size int64
}

// Build compiles a package of this module as template.yaml's makefiles do, for goarch, or for this machine when that is "". What
// has been built once is there until RemoveBuilds.
func Build(t testing.TB, source, goarch string) Binary {
	t.Helper()
	return build(t, variant{source: source, goarch: goarch})
}

// BuildWithClock is Build with a clock that Stack.Advance moves.
func BuildWithClock(t testing.TB, source, goarch string) Binary {
	t.Helper()
	return build(t, variant{source, goarch, moduleRoot(t)})
}

// variant is what a binary is built of.
type variant struct {
	source, goarch string
	clockOf        string // the module's folder when the clock is replaced
}

func build(t testing.TB, v variant) Binary {
	t.Helper()
	made, _ := builds.LoadOrStore(v, sync.OnceValues(func() (Binary, error) { return compile(v) }))
	binary, err := made.(func() (Binary, error))()
	if err != nil {
		t.Fatalf("build %s: %v", v.source, err)
	}
	return binary
}

var builds sync.Map // variant -> func() (Binary, error)

// buildDir is in the cache, not in a test's folder: later tests of the process use the same binaries, and later runs overwrite them.
var buildDir = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(Engines(), "build")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(dir, "run-")
})

// RemoveBuilds deletes what Build has made. TestMain calls it, or whoever else is about to exit.
func RemoveBuilds() {
	if dir, err := buildDir(); err == nil {
		os.RemoveAll(dir)
	}
}

func compile(v variant) (Binary, error) {
	dir, err := buildDir()
	if err != nil {
		return Binary{}, err
	}
	name := strings.ReplaceAll(v.source, "/", "_") + "_" + v.goarch
	tags := "lambda.norpc"
	if strings.HasPrefix(v.source, "minuet/internal/cloudtest/") {
		tags += ",engines"
	}
	args := []string{"build", "-tags", tags, "-trimpath", "-ldflags", "-s -w"}
	if v.clockOf != "" {
		name += "_clock"
		overlay, err := clockOverlay(dir, v.clockOf)
		if err != nil {
			return Binary{}, err
		}
		args = append(args, "-overlay", overlay)
	}
	path := filepath.Join(dir, name, "bootstrap")
	command := exec.Command("go", append(args, "-o", path, v.source)...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if v.goarch != "" {
		command.Env = append(command.Env, "GOARCH="+v.goarch)
	}
	if said, err := command.CombinedOutput(); err != nil {
		return Binary{}, &buildError{err, string(said)}
	}
	info, err := os.Stat(path)
	if err != nil {
		return Binary{}, err
	}
	return Binary{Path: path, Size: info.Size()}, nil
}

// buildError is a failed build with what the compiler has said.
type buildError struct {
	err  error
	said string
}

func (e *buildError) Error() string { return e.err.Error() + "\n" + e.said }
func (e *buildError) Unwrap() error { return e.err }
