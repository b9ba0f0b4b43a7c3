package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"minuet/orchestrator/asl"
)

// validate checks definitions and lists every fault of each.
func (p *program) validate(_ context.Context, args []string) error {
	fs := p.flags("validate", "FILE...", "Checks state machine definitions. Every fault of each is listed: file, place, severity, code and message.")
	files, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return usageError{hint(errors.New("no files to validate"), "name one or more definitions: minuet validate workflow.asl.json")}
	}
	faulty := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		def, ok := p.diagnose(file, string(text))
		if ok {
			fmt.Fprintf(p.stdout, "%s: ok, %d states\n", file, countStates(&def.Body))
		}
		faulty = faulty || !ok
	}
	if faulty {
		return errReported
	}
	return nil
}

// diagnose lists what there is to say of a file's definition. It is ok unless there is an error.
func (p *program) diagnose(file, text string) (def *asl.Definition, ok bool) {
	def, diagnostics := asl.Parse(text)
	ok = true
	for _, d := range diagnostics {
		place := file
		if d.Location != "" {
			place += " " + d.Location
		}
		fmt.Fprintf(p.stdout, "%s: %s %s: %s\n", place, d.Severity, d.Code, d.Message)
		ok = ok && d.Severity != asl.SeverityError
	}
	return def, ok
}

// countStates counts the states of a body and of those within.
func countStates(b *asl.Body) int {
	n := len(b.States)
	for _, s := range b.States {
		switch s := s.(type) {
		case *asl.Parallel:
			for _, branch := range s.Branches {
				n += countStates(branch)
			}
		case *asl.Map:
			n += countStates(&s.Processor.Body)
		}
	}
	return n
}
