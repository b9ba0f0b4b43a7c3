package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
)

// serve serves Step Functions' API until it is interrupted.
func (p *program) serve(ctx context.Context, args []string) error {
	set := p.flags("serve", "[flags]", "Serves the Step Functions API on this machine. What is acknowledged is on disk; after a crash every execution goes on.")
	addr := set.String("addr", "127.0.0.1:8083", "listen on `HOST:PORT`")
	dir := set.String("data", "minuet-data", "keep state machines and executions in `DIR`")
	definitions := set.String("definitions", "", "create or update a state machine for each NAME.asl.json in `DIR`")
	mocks := set.String("mocks", "", "answer tasks from `FILE`, in the format of Step Functions Local's MockConfigFile")
	verbose := set.Bool("verbose", false, "log every request")
	var functions functionFlags
	set.Var(&functions, "lambda", lambdaHelp)
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError{fmt.Errorf("serve takes no argument %q", rest[0])}
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: level}))
	s, err := open(ctx, hostOptions{addr: *addr, dir: *dir, functions: functions, mocks: *mocks, output: p.stderr, log: log})
	if err != nil {
		return err
	}
	if *definitions != "" {
		if err := deployFolder(ctx, s.Catalog, *definitions, log); err != nil {
			return errors.Join(err, s.close())
		}
	}
	fmt.Fprintf(p.stdout, "aws stepfunctions --endpoint-url %s list-state-machines\n", s.endpoint)
	select {
	case <-ctx.Done():
	case err = <-s.failed:
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
	}
	return errors.Join(err, s.close())
}

const definitionSuffix = ".asl.json"

// deployFolder does what deployDir does, and fails where the folder cannot be read, which Glob passes over.
func deployFolder(ctx context.Context, c *catalog.Catalog, folder string, log *slog.Logger) error {
	if _, err := os.ReadDir(folder); err != nil {
		return err
	}
	return deployDir(ctx, c, os.DirFS(folder), log)
}

// deployDir creates, or updates, a state machine for each definition in a folder.
func deployDir(ctx context.Context, c *catalog.Catalog, dir fs.FS, log *slog.Logger) error {
	names, err := fs.Glob(dir, "*"+definitionSuffix)
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		machineName := strings.TrimSuffix(filepath.Base(name), definitionSuffix)
		if _, err := deploy(ctx, c, machineName, string(text)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		log.Info("deployed", "stateMachine", machineName, "file", name)
	}
	return nil
}

// localRole is the role of machines that were made from files; nothing on this machine assumes it.
const localRole = "arn:aws:iam::123456789012:role/minuet-local"

// deploy creates a state machine, or updates the one of that name, and returns its ARN.
func deploy(ctx context.Context, c *catalog.Catalog, name, definition string) (string, error) {
	created, err := c.Create(ctx, catalog.Create{Name: name, Definition: definition, RoleARN: localRole})
	if err == nil {
		return created.ARN, nil
	}
	var refused *engine.Error
	if !errors.As(err, &refused) || refused.Code != "StateMachineAlreadyExists" {
		return "", err
	}
	arn := c.MachineARN(name)
	_, err = c.Update(ctx, catalog.Update{ARN: arn, Definition: &definition})
	return arn, err
}
