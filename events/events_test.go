//go:build engines

// Package events_test feeds the sample events to the real functions.
package events_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"minuet/internal/cloudtest"
)

// row is a line of the README's table: a file and its function.
var row = regexp.MustCompile("(?m)^\\| `([a-z-]+)\\.json` \\| `([A-Za-z]+)` \\|")

// Ensure that every function answers its sample events as the answers beside them say, in the README's order.
func TestSamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := cloudtest.Start(t, cloudtest.Options{})
	listed := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(readme), -1) {
		name, function := m[1], m[2]
		listed[name] = true
		got := s.Invoke(t, function, json.RawMessage(read(t, name+".json")))
		if err := like(decode(t, read(t, name+".answer.json")), decode(t, got)); err != nil {
			t.Errorf("%s: %v: %s answered %s", name, err, function, got)
		}
	}
	files, err := filepath.Glob("*.answer.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(f, ".answer.json"); !listed[name] {
			t.Errorf("%s is not in README.md", name)
		}
	}
	if len(listed) == 0 {
		t.Error("README.md lists no events")
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, data []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

// like compares an answer with a pattern: "*" stands for any value, or for none, and an object for the JSON text of one.
func like(want, got any) error {
	if want == "*" {
		return nil
	}
	pattern, ok := want.(map[string]any)
	if !ok {
		if w, g := fmt.Sprint(want), fmt.Sprint(got); w != g {
			return fmt.Errorf("%s, want %s", g, w)
		}
		return nil
	}
	if text, ok := got.(string); ok {
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			return err
		}
	}
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no object", got)
	}
	for name, w := range pattern {
		if err := like(w, object[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for name := range object {
		if _, ok := pattern[name]; !ok {
			return fmt.Errorf("%s is not expected", name)
		}
	}
	return nil
}
