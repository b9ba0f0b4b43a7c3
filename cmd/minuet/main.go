// Minuet runs AWS Step Functions workflows on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `Minuet runs AWS Step Functions workflows without the Step Functions service.

  minuet demo                      run the nested samples, for real, and watch them
  minuet serve [flags]             serve Step Functions' API on this machine
  minuet run FILE.asl.json [flags] run one definition to its end
  minuet validate FILE...          check definitions
  minuet deploy FILE|DIR... [flags]
                                   create or update state machines on an endpoint
  minuet proxy --endpoint URL      reach a deployed stack from this machine, with any client

Each command explains its flags with -h.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := (&program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}).run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// program is a run of the command line, apart from the process that it runs in.
type program struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// The exit codes.
const (
	exitOK    = 0
	exitError = 1 // what was asked for failed
	exitUsage = 2 // it was asked for wrongly
)

// usageError is a fault in the arguments.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// hintError is an error with what to do next.
type hintError struct {
	error
	hint string
}

func (e hintError) Unwrap() error { return e.error }

func hint(err error, format string, args ...any) error {
	return hintError{err, fmt.Sprintf(format, args...)}
}

// errReported says that a command has told its user already what went wrong.
var errReported = errors.New("reported")

func (p *program) run(ctx context.Context, args []string) int {
	commands := map[string]func(context.Context, []string) error{
		"demo": p.demo, "serve": p.serve, "run": p.runFile, "validate": p.validate, "deploy": p.deploy, "proxy": p.proxy,
	}
	if len(args) == 0 {
		fmt.Fprint(p.stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(p.stdout, usage)
		return exitOK
	}
	command := commands[args[0]]
	if command == nil {
		fmt.Fprintf(p.stderr, "minuet: there is no command %q\n\n%s", args[0], usage)
		return exitUsage
	}
	return p.report(command(ctx, args[1:]))
}

// report tells what went wrong, and what to do next, and returns the exit code.
func (p *program) report(err error) int {
	var wrong usageError
	var next hintError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errReported):
		return exitError
	}
	fmt.Fprintln(p.stderr, "minuet: error:", err)
	if errors.As(err, &next) {
		fmt.Fprintln(p.stderr, "minuet: hint:", next.hint)
	}
	if errors.As(err, &wrong) {
		return exitUsage
	}
	return exitError
}

// flags returns a command's flag set; synopsis is what stands behind its name, and about says what it does.
func (p *program) flags(name, synopsis, about string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(p.stderr)
	fs.Usage = func() {
		fmt.Fprintf(p.stderr, "usage: minuet %s %s\n\n%s\n\n", name, synopsis, about)
		fs.PrintDefaults()
	}
	return fs
}

// parse parses a command's arguments, in which flags may stand before and behind the others, and returns the others.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError{err}
		}
		if args = fs.Args(); len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}
