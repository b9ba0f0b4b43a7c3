package asl_test

import (
	"os"
	"path/filepath"
	"testing"

	"minuet/orchestrator/asl"
)

// FuzzParse checks that no text makes Parse panic, and that a definition that it finds no error in can be run.
func FuzzParse(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		_, files := archive(string(text))
		for i := 0; i < len(files); i += 2 {
			f.Add(files[i].text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (*asl.Definition, []asl.Diagnostic){asl.Parse, asl.ParseState} {
			def, ds := parse(text)
			checkResult(t, def, ds)
		}
		if def, _ := asl.Parse(text); def != nil {
			asl.Express(def)
			checkBody(t, &def.Body, map[string]bool{})
		}
	})
}

// checkBody checks that a body can be run: transitions stay inside, names are unique, required fields are there.
func checkBody(t *testing.T, b *asl.Body, names map[string]bool) {
	t.Helper()
	target := func(from, to string) {
		if b.States[to] == nil {
			t.Errorf("%s leads to %q", from, to)
		}
	}
	target("StartAt", b.StartAt)
	if len(b.Order) != len(b.States) {
		t.Errorf("%d names for %d states", len(b.Order), len(b.States))
	}
	for _, name := range b.Order {
		s := b.States[name]
		if names[name] {
			t.Errorf("%q is there twice", name)
		}
		names[name] = true
		base := s.Base()
		if base.Name != name || base.Comment != s.Base().Comment {
			t.Errorf("%q is named %q", name, base.Name)
		}
		switch s.(type) {
		case *asl.Choice, *asl.Succeed, *asl.Fail:
			if base.Next != "" || base.End {
				t.Errorf("%q: Next %q, End %v", name, base.Next, base.End)
			}
		default:
			if (base.Next != "") == base.End {
				t.Errorf("%q: Next %q, End %v", name, base.Next, base.End)
			}
			if base.Next != "" {
				target(name, base.Next)
			}
		}
		checkSelector(t, name, base.InputPath)
		checkSelector(t, name, base.OutputPath)
		var retry []asl.Retrier
		var catch []asl.Catcher
		switch s := s.(type) {
		case *asl.Task:
			retry, catch = s.Retry, s.Catch
			if r := s.Resource; !r.Lambda && !r.Activity && (r.Service == "" || r.Action == "") {
				t.Errorf("%q: resource %+v", name, r)
			}
		case *asl.Choice:
			if len(s.Choices) == 0 {
				t.Errorf("%q has no choices", name)
			}
			for _, rule := range s.Choices {
				target(name, rule.Next)
				checkCondition(t, name, &rule.Condition)
			}
			if s.Default != "" {
				target(name, s.Default)
			}
		case *asl.Wait:
			n := 0
			for _, set := range []bool{s.Seconds != nil, s.SecondsPath != nil, s.Timestamp != "", s.TimestampPath != nil} {
				if set {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%q waits for %d things", name, n)
			}
		case *asl.Parallel:
			retry, catch = s.Retry, s.Catch
			if len(s.Branches) == 0 {
				t.Errorf("%q has no branches", name)
			}
			for _, branch := range s.Branches {
				checkBody(t, branch, names)
			}
		case *asl.Map:
			retry, catch = s.Retry, s.Catch
			if s.Processor.Mode != asl.Inline || s.MaxConcurrency < 0 || s.Parameters != nil {
				t.Errorf("%q: %+v", name, s)
			}
			checkBody(t, &s.Processor.Body, names)
		}
		for _, r := range retry {
			if len(r.ErrorEquals) == 0 || r.IntervalSeconds < 0 || r.MaxAttempts < 0 || !(r.BackoffRate >= 1) || r.MaxDelaySeconds < 0 {
				t.Errorf("%q: retrier %+v", name, r)
			}
		}
		for _, c := range catch {
			target(name, c.Next)
			if len(c.ErrorEquals) == 0 || c.ResultPath != nil && c.ResultPath.Null == (c.ResultPath.Path != nil) {
				t.Errorf("%q: catcher %+v", name, c)
			}
		}
	}
}

func checkSelector(t *testing.T, name string, s *asl.Selector) {
	t.Helper()
	if s != nil && s.Null == (s.Path != nil) {
		t.Errorf("%q: selector %+v", name, s)
	}
}

// checkCondition checks that a condition is a comparison or one combination.
func checkCondition(t *testing.T, name string, c *asl.Condition) {
	t.Helper()
	forms := 0
	for _, set := range []bool{c.And != nil, c.Or != nil, c.Not != nil, c.Operator != "" && c.Variable != nil} {
		if set {
			forms++
		}
	}
	if forms != 1 {
		t.Errorf("%q: condition of %d forms: %+v", name, forms, c)
	}
	for i := range c.And {
		checkCondition(t, name, &c.And[i])
	}
	for i := range c.Or {
		checkCondition(t, name, &c.Or[i])
	}
	if c.Not != nil {
		checkCondition(t, name, c.Not)
	}
}
