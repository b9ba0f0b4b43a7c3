package orchestrator_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Ensure that the pure packages reach neither clock nor I/O nor randomness that is not passed in, and that imports only
// point up the list in doc.go.
func TestPurePackages(t *testing.T) {
	const module = "minuet/orchestrator/"
	allowed := map[string][]string{
		"value":   {},
		"expr":    {"value"},
		"asl":     {"value", "expr"},
		"machine": {"value", "expr", "asl"},
	}
	forbidden := []string{"os", "io/fs", "net", "net/http", "syscall", "log", "log/slog", "crypto/rand", "math/rand", "context", "sync/atomic", "testing"}
	for name, own := range allowed {
		t.Run(name, func(t *testing.T) {
			for _, imported := range imports(t, module+name) {
				inner, isOwn := strings.CutPrefix(imported, module)
				switch {
				case isOwn && !slices.Contains(own, inner):
					t.Errorf("imports %s, which is not above it", imported)
				case !isOwn && strings.Contains(imported, "."):
					t.Errorf("imports %s: the pure packages use the standard library only", imported)
				case slices.Contains(forbidden, imported):
					t.Errorf("imports %s, which is not pure", imported)
				}
			}
		})
	}
}

// Ensure that the pure packages do not ask for the time.
func TestPurePackagesDoNotTellTheTime(t *testing.T) {
	for _, name := range []string{"value", "expr", "asl", "machine"} {
		out, err := exec.Command("grep", "-rnE", `time\.(Now|Since|Until|Sleep|After|Tick)\b`, "--include=*.go", "--exclude=*_test.go", name).Output()
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
			t.Fatalf("grep: %v", err)
		}
		if len(out) > 0 {
			t.Errorf("package %s asks for the time:\n%s", name, out)
		}
	}
}

// Ensure that what the Lambda functions are built of reaches no part of the local host, and nothing heavy.
func TestFunctionsAreLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-tags", "lambda.norpc", "-deps", "minuet/functions/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, imported := range strings.Fields(string(out)) {
		for _, heavy := range []string{"minuet/orchestrator/local", "github.com/cockroachdb/", "testing", "text/template", "html/template"} {
			if imported == heavy || strings.HasPrefix(imported, heavy+"/") || strings.HasSuffix(heavy, "/") && strings.HasPrefix(imported, heavy) {
				t.Errorf("the functions import %s", imported)
			}
		}
	}
}

func imports(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	return strings.Fields(string(out))
}
