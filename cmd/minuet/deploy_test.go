package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"minuet/client"
)

// Ensure that deploy creates machines, changes those that differ, and leaves the others alone.
func TestDeploy(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	host, err := open(t.Context(), hostOptions{addr: "127.0.0.1:0", dir: t.TempDir(), output: io.Discard, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := host.close(); err != nil {
			t.Error(err)
		}
	}()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const prefix = "arn:aws:states:us-east-1:123456789012:stateMachine:"
	write("pause.asl.json", `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": ${Length}, "End": true}}}`)
	write("end.asl.json", `{"StartAt": "${First}", "States": {"${First}": {"Type": "Succeed", "Comment": "${Other}"}}}`)
	for _, step := range []struct {
		name string
		args []string
		want string
	}{
		{"a folder", []string{dir, "--substitution", "Length=5", "--substitution", "First=${Length}"},
			"created   " + prefix + "end\ncreated   " + prefix + "pause\n"},
		{"the same again", []string{dir, "--substitution", "First=${Length}", "--substitution", "Length=5"},
			"unchanged " + prefix + "end\nunchanged " + prefix + "pause\n"},
		{"another value", []string{dir, "--substitution", "First=${Length}", "--substitution", "Length=6"},
			"unchanged " + prefix + "end\nupdated   " + prefix + "pause\n"},
		{"another role", []string{filepath.Join(dir, "pause.asl.json"), "--substitution", "Length=6", "--role", "arn:aws:iam::123456789012:role/other"},
			"updated   " + prefix + "pause\n"},
		{"the role is kept", []string{filepath.Join(dir, "pause.asl.json"), "--substitution", "Length=6"},
			"unchanged " + prefix + "pause\n"},
		{"another name", []string{filepath.Join(dir, "pause.asl.json"), "--substitution", "Length=6", "--name", "rest"},
			"created   " + prefix + "rest\n"},
	} {
		var stdout, stderr bytes.Buffer
		p := &program{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
		code := p.run(t.Context(), append([]string{"deploy", "--endpoint", host.endpoint}, step.args...))
		if code != exitOK || stdout.String() != step.want || stderr.Len() > 0 {
			t.Fatalf("%s: exit code %d\n%s%swant\n%s", step.name, code, &stdout, &stderr, step.want)
		}
	}
	states, err := client.New(t.Context(), host.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	got, err := states.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(prefix + "end")})
	if err != nil {
		t.Fatal(err)
	}
	// A value that looks like another's place is not replaced again, and what has no value stays.
	if want := `{"StartAt": "${Length}", "States": {"${Length}": {"Type": "Succeed", "Comment": "${Other}"}}}`; aws.ToString(got.Definition) != want {
		t.Errorf("definition %s, want %s", aws.ToString(got.Definition), want)
	}
}
