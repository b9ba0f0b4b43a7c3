package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"minuet": func() {
			os.Exit((&program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}).run(context.Background(), os.Args[1:]))
		},
	})
}

// Ensure that the command line does what the scripts in testdata/script show.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}
