package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// runFile runs one definition to its end. Its output, and nothing else, goes to standard output.
func (p *program) runFile(ctx context.Context, args []string) error {
	set := p.flags("run", "FILE.asl.json [flags]", "Runs a definition to its end: progress on standard error, the output on standard output.\nThe exit status is 0 only when the execution has succeeded.")
	input := set.String("input", "{}", "the input as `JSON`, or @FILE")
	mocks := set.String("mocks", "", "answer tasks from `FILE`, in the format of Step Functions Local's MockConfigFile")
	testCase := set.String("test-case", "", "the `NAME` of the mocked test case")
	definitions := set.String("definitions", "", "also create a state machine for each NAME.asl.json in `DIR`: the children")
	dir := set.String("data", "", "keep everything in `DIR`; a temporary folder when not given")
	var functions functionFlags
	set.Var(&functions, "lambda", lambdaHelp)
	files, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(files) != 1 {
		return usageError{hint(fmt.Errorf("run takes one file, not %d", len(files)), "minuet run workflow.asl.json --input '{\"a\": 1}'")}
	}
	if *testCase != "" && *mocks == "" {
		return usageError{hint(errors.New("--test-case without --mocks"), "name the file that has the test case: --mocks mocks.json")}
	}
	definition, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	text, err := readInput(*input)
	if err != nil {
		return err
	}
	if *dir == "" {
		if *dir, err = os.MkdirTemp("", "minuet-run-"); err != nil {
			return err
		}
		defer os.RemoveAll(*dir)
	}
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := open(ctx, hostOptions{addr: "127.0.0.1:0", dir: *dir, functions: functions, mocks: *mocks, output: p.stderr, log: log})
	if err != nil {
		return err
	}
	x, err := p.execute(ctx, s, executable{
		name: machineName(files[0]), definition: string(definition), definitions: *definitions, input: text, testCase: *testCase,
	}, log)
	return errors.Join(p.outcome(x, err), s.close())
}

// executable is what run runs.
type executable struct {
	name, definition, definitions, input, testCase string
}

func (p *program) execute(ctx context.Context, s *served, what executable, log *slog.Logger) (*engine.Execution, error) {
	if what.definitions != "" {
		if err := deployFolder(ctx, s.Catalog, what.definitions, log); err != nil {
			return nil, err
		}
	}
	arn, err := deploy(ctx, s.Catalog, what.name, what.definition)
	if err != nil {
		return nil, hint(err, "minuet validate lists every fault with its place")
	}
	if what.testCase != "" {
		arn += "#" + what.testCase
	}
	x, err := s.Engine.StartExecution(ctx, engine.StartExecution{Machine: arn, Input: what.input})
	if err != nil {
		return nil, err
	}
	w := newWatch(s.Engine, p.stderr)
	return w.untilEnd(ctx, x.ARN)
}

// outcome prints how an execution came out.
func (p *program) outcome(x *engine.Execution, err error) error {
	if err != nil {
		return err
	}
	if x.Status == machine.Succeeded {
		fmt.Fprintln(p.stdout, string(x.Output))
		return nil
	}
	text := "the execution has ended as " + string(x.Status)
	if x.Error != nil {
		text += ": " + *x.Error
	}
	if x.Cause != nil {
		text += ": " + *x.Cause
	}
	return errors.New(text)
}

// machineName makes a name for a state machine of a file's.
func machineName(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".json"), ".asl")
	if engine.ValidName(name) {
		return name
	}
	return "workflow"
}

// readInput returns an input that was given as JSON or as @FILE.
func readInput(text string) (string, error) {
	file, ok := strings.CutPrefix(text, "@")
	if !ok {
		return text, nil
	}
	data, err := os.ReadFile(file)
	return string(data), err
}
