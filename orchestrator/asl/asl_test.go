package asl_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"minuet/orchestrator/asl"
)

var update = flag.Bool("update", false, "rewrite the diagnostics in testdata; read the diff before you believe it")

// TestDiagnostics runs the archives in testdata. Each has pairs of files: NAME.json, a definition, or NAME.state, a single
// state, and NAME.want, the diagnostics, one a line; none says "ok".
func TestDiagnostics(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			head, files := archive(string(text))
			for i := 0; i+1 < len(files); i += 2 {
				in, want := files[i], &files[i+1]
				name, kind, _ := strings.Cut(in.name, ".")
				if want.name != name+".want" {
					t.Fatalf("%s is followed by %s", in.name, want.name)
				}
				t.Run(name, func(t *testing.T) {
					parse := asl.Parse
					if kind == "state" {
						parse = asl.ParseState
					}
					def, ds := parse(in.text)
					got := show(ds)
					checkResult(t, def, ds)
					if *update {
						want.text = got
					} else if got != want.text {
						t.Errorf("%s\n got:\n%s want:\n%s", in.text, got, want.text)
					}
				})
			}
			if *update {
				if err := os.WriteFile(path, []byte(unarchive(head, files)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// show prints diagnostics one a line.
func show(ds []asl.Diagnostic) string {
	if len(ds) == 0 {
		return "ok\n"
	}
	var b strings.Builder
	for _, d := range ds {
		at := d.Location
		if at == "" {
			at = "-"
		}
		b.WriteString(d.Severity + " " + d.Code + " " + at + ": " + d.Message + "\n")
	}
	return b.String()
}

// checkResult checks that there is a definition just when there is no error.
func checkResult(t *testing.T, def *asl.Definition, ds []asl.Diagnostic) {
	t.Helper()
	errors := 0
	for _, d := range ds {
		switch d.Severity {
		case asl.SeverityError:
			errors++
		case asl.SeverityWarning:
		default:
			t.Errorf("severity %q", d.Severity)
		}
		if d.Code == "" || d.Message == "" {
			t.Errorf("empty diagnostic %+v", d)
		}
	}
	if (def == nil) != (errors > 0) {
		t.Errorf("definition %v with %d errors", def != nil, errors)
	}
	if len(ds) > asl.MaxDiagnostics {
		t.Errorf("%d diagnostics", len(ds))
	}
}

// file is a part of an archive.
type file struct{ name, text string }

// archive splits a text at its lines "-- name --".
func archive(text string) (head string, files []file) {
	for line := range strings.Lines(text) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if name, end := strings.CutSuffix(name, " --"); ok && end {
			files = append(files, file{name: name})
		} else if len(files) == 0 {
			head += line
		} else {
			files[len(files)-1].text += line
		}
	}
	return head, files
}

func unarchive(head string, files []file) string {
	for _, f := range files {
		head += "-- " + f.name + " --\n" + f.text
	}
	return head
}
