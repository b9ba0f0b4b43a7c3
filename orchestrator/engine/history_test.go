package engine_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

var update = flag.Bool("update", false, "rewrite the golden histories; read the diff, and commit only what you understand")

// Ensure that executions run as the golden histories in testdata/history say. Each file holds
//
//	machine.json    the definition
//	child.json      the definition of the machine "child", where there is one
//	input.json      the input; {} when absent
//	functions       a line for each call of a Lambda function, in order: NAME returns JSON, or NAME fails TYPE MESSAGE
//	outcome         the status, and the output or the failure
//	history         an event a line: id, previous id, type, details
func TestHistory(t *testing.T) {
	files, err := filepath.Glob("testdata/history/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden histories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, f := range archive.Files {
				parts[f.Name] = string(f.Data)
			}
			w := newWorld(t)
			w.create("main", parts["machine.json"])
			if child := parts["child.json"]; child != "" {
				w.create("child", child)
			}
			w.script(parts["functions"])
			arn := w.start("main", strings.TrimSpace(parts["input.json"]))
			w.settle()
			got := map[string]string{"outcome": outcome(w.describe(arn)), "history": events(w.history(arn))}
			if *update {
				rewrite(t, file, archive, got)
				return
			}
			for _, part := range []string{"outcome", "history"} {
				if got[part] != parts[part] {
					t.Errorf("%s is\n%s\nwant\n%s", part, got[part], parts[part])
				}
			}
		})
	}
}

func rewrite(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "outcome" && f.Name != "history" {
			kept = append(kept, f)
		}
	}
	archive.Files = append(kept, txtar.File{Name: "outcome", Data: []byte(got["outcome"])}, txtar.File{Name: "history", Data: []byte(got["history"])})
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// script has functions answer as the lines say, one after the other.
func (w *world) script(lines string) {
	type answer = func(string) (engine.InvocationResult, error)
	answers := map[string][]answer{}
	for line := range strings.Lines(lines) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) < 3 {
			continue
		}
		switch name, rest := words[0], words[2]; words[1] {
		case "returns":
			answers[name] = append(answers[name], returns(rest))
		case "fails":
			kind, message, _ := strings.Cut(rest, " ")
			answers[name] = append(answers[name], fails(kind, message))
		default:
			w.t.Fatalf("unknown line %q", line)
		}
	}
	for name, list := range answers {
		calls := 0
		w.functions[name] = func(payload string) (engine.InvocationResult, error) {
			if calls == len(list) {
				w.t.Fatalf("function %s is called more often than the script says", name)
			}
			calls++
			return list[calls-1](payload)
		}
	}
}

func outcome(x *engine.Execution) string {
	text := string(x.Status)
	if x.Output != nil {
		text += " " + string(x.Output)
	}
	if x.Error != nil {
		text += " " + *x.Error
	}
	if x.Cause != nil {
		text += ": " + *x.Cause
	}
	return text + "\n"
}

func events(list []machine.Event) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "%d %d %s", e.ID, e.PreviousID, e.Type)
		if e.DetailsKey != "" {
			fmt.Fprintf(&b, " %s", e.Details.JSON())
		}
		b.WriteByte('\n')
	}
	return b.String()
}
