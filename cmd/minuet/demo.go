package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"minuet/examples/nested"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/local/lambdahost"
	"minuet/orchestrator/machine"
)

// demo runs the nested samples for real: a durable store in a temporary folder, and the functions as Lambda binaries.
func (p *program) demo(ctx context.Context, args []string) error {
	set := p.flags("demo", "", "Runs the workflows of examples/nested, and shows them with the executions that they start.")
	if rest, err := parse(set, args); err != nil {
		return err
	} else if len(rest) > 0 {
		return usageError{fmt.Errorf("demo takes no argument %q", rest[0])}
	}
	dir, err := os.MkdirTemp("", "minuet-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(p.stdout, "Building the functions hello and answer-token ...")
	functions, err := buildFunctions(ctx, dir)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := open(ctx, hostOptions{addr: "127.0.0.1:0", dir: filepath.Join(dir, "data"), functions: functions, output: p.stderr, log: log})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Serving Step Functions' API at %s, with its store in %s\n\n", s.endpoint, filepath.Join(dir, "data"))
	return errors.Join(p.demonstrate(ctx, s, log), s.close())
}

// demonstrate runs the samples one after the other.
func (p *program) demonstrate(ctx context.Context, s *served, log *slog.Logger) error {
	if err := deployDir(ctx, s.Catalog, nested.Definitions, log); err != nil {
		return err
	}
	samples := []struct{ machine, name, input string }{
		{"orders", "demo", `{}`},
		{"report", "demo", `{"name": "Ada"}`},
	}
	children := 0
	for _, sample := range samples {
		x, err := s.Engine.StartExecution(ctx, engine.StartExecution{Machine: s.Catalog.MachineARN(sample.machine), Name: sample.name, Input: sample.input})
		if err != nil {
			return err
		}
		w := newWatch(s.Engine, p.stdout)
		if x, err = w.untilEnd(ctx, x.ARN); err != nil {
			return err
		}
		tree, err := w.tree(ctx, x.ARN)
		if err != nil {
			return err
		}
		if !w.terminal {
			fmt.Fprintln(p.stdout, "\n"+strings.Join(tree.draw("", ""), "\n"))
		}
		fmt.Fprintln(p.stdout)
		if bad := unsuccessful(tree); bad != nil {
			return fmt.Errorf("%s has ended as %s", bad.ARN, bad.Status)
		}
		children += len(tree.children)
	}
	fmt.Fprintf(p.stdout, "%d workflows have started %d executions, and all have SUCCEEDED.\n", len(samples), children)
	return nil
}

// unsuccessful returns an execution of a tree that has not succeeded, or nil.
func unsuccessful(n *node) *node {
	if n.Status != machine.Succeeded {
		return n
	}
	for _, c := range n.children {
		if bad := unsuccessful(c); bad != nil {
			return bad
		}
	}
	return nil
}

// buildFunctions compiles the samples' functions.
func buildFunctions(ctx context.Context, dir string) ([]lambdahost.Function, error) {
	var out []lambdahost.Function
	for name, source := range map[string]string{"hello": "minuet/examples/nested/hello", "answer-token": "minuet/examples/nested/callback"} {
		binary := filepath.Join(dir, name)
		build := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", binary, source)
		if text, err := build.CombinedOutput(); err != nil {
			return nil, hint(fmt.Errorf("build %s: %w\n%s", source, err, text), "the demo compiles its functions: run it where Minuet's sources are, with Go installed")
		}
		out = append(out, lambdahost.Function{Name: name, Command: []string{binary}})
	}
	return out, nil
}
