package main

import (
	"bytes"
	"strings"
	"testing"
)

// Ensure that the demo runs both workflows with their four children.
func TestDemo(t *testing.T) {
	var out, errs bytes.Buffer
	if code := (&program{stdout: &out, stderr: &errs}).run(t.Context(), []string{"demo"}); code != exitOK {
		t.Fatalf("exit %d\n%s\n%s", code, out.String(), errs.String())
	}
	for _, want := range []string{
		"SUCCEEDED orders/demo: Announce > Fulfil", "SUCCEEDED report/demo: Greet > Sign", `{"confirmed":"confirmation"}`, `"also":{"text":"Hello, everybody else!"}`,
		"2 workflows have started 4 executions, and all have SUCCEEDED.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "── SUCCEEDED "); n != 4 {
		t.Errorf("%d children are drawn, want 4:\n%s", n, out.String())
	}
}
