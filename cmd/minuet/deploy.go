package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"minuet/client"
)

// deploy creates or updates the state machines that files hold.
func (p *program) deploy(ctx context.Context, args []string) error {
	set := p.flags("deploy", "FILE|DIR... --endpoint URL [flags]", "Creates a state machine for each NAME.asl.json, or updates the one of that name. "+
		"All definitions are checked first; if one has an error, nothing is changed.")
	endpoint := set.String("endpoint", "", "deploy to `URL`: a stack's output ApiUrl, or the address of minuet serve or minuet proxy")
	role := set.String("role", "", "the role's `ARN`; left out: a machine keeps its own, and a new one gets a name that stands for none")
	name := set.String("name", "", "call the machine `NAME`; for one file")
	plain := set.Bool("plain", false, "sign as for AWS Step Functions, not as for a Function URL")
	var substitutions substitutionFlags
	set.Var(&substitutions, "substitution", "put VALUE for ${KEY} in the definitions, as `KEY=VALUE`; may be repeated")
	arguments, err := parse(set, args)
	if err != nil {
		return err
	}
	if *endpoint == "" {
		return usageError{hint(errors.New("where to is missing"), "name it with --endpoint: a stack's output ApiUrl, or http://127.0.0.1:8083 for minuet serve")}
	}
	files, err := definitionFiles(arguments)
	if err != nil {
		return err
	}
	if *name != "" && len(files) != 1 {
		return usageError{fmt.Errorf("--name is for one file, not for %d", len(files))}
	}
	machines, err := p.definitions(files, *name, substitutions)
	if err != nil {
		return err
	}
	states, err := statesClient(ctx, *endpoint, *plain)
	if err != nil {
		return err
	}
	d := &deployment{client: states, role: *role}
	if err := d.list(ctx); err != nil {
		return err
	}
	for _, m := range machines {
		done, arn, err := d.deploy(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.file, err)
		}
		fmt.Fprintf(p.stdout, "%-9s %s\n", done, arn)
	}
	return nil
}

// substitutionFlags collects --substitution KEY=VALUE: what is replaced, and by what, in turns.
type substitutionFlags []string

func (f *substitutionFlags) String() string { return "" }

// Set implements [flag.Value].
func (f *substitutionFlags) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return errors.New("write it as KEY=VALUE")
	}
	*f = append(*f, "${"+key+"}", value)
	return nil
}

// definitionFiles lists the files among arguments, and in the folders among them.
func definitionFiles(arguments []string) ([]string, error) {
	if len(arguments) == 0 {
		return nil, usageError{hint(errors.New("no definitions to deploy"), "name files or folders: minuet deploy workflow.asl.json --endpoint URL")}
	}
	var files []string
	for _, at := range arguments {
		info, err := os.Stat(at)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, at)
			continue
		}
		entries, err := os.ReadDir(at)
		if err != nil {
			return nil, err
		}
		before := len(files)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), definitionSuffix) {
				files = append(files, filepath.Join(at, e.Name()))
			}
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s has no file *%s", at, definitionSuffix)
		}
	}
	return files, nil
}

// definitionFile is a state machine as a file has it.
type definitionFile struct{ file, name, text string }

// definitions reads files, and lists the faults of all.
func (p *program) definitions(files []string, name string, substitutions []string) ([]definitionFile, error) {
	var out []definitionFile
	names := map[string]string{}
	faulty := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m := definitionFile{file, name, strings.NewReplacer(substitutions...).Replace(string(text))}
		if m.name == "" {
			m.name = strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".json"), ".asl")
		}
		if other, taken := names[m.name]; taken {
			return nil, fmt.Errorf("%s and %s would both be the state machine %s", other, file, m.name)
		}
		names[m.name] = file
		if _, ok := p.diagnose(file, m.text); !ok {
			faulty = true
		}
		out = append(out, m)
	}
	if faulty {
		return nil, errReported
	}
	return out, nil
}

// statesClient returns a client of an endpoint.
func statesClient(ctx context.Context, endpoint string, plain bool) (*sfn.Client, error) {
	if u, err := url.Parse(endpoint); err != nil || u.Hostname() == "" {
		return nil, usageError{fmt.Errorf("%q is not a URL such as https://ID.lambda-url.REGION.on.aws", endpoint)}
	}
	if !plain {
		return client.New(ctx, endpoint)
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return sfn.NewFromConfig(cfg, func(o *sfn.Options) { o.BaseEndpoint = &endpoint }), nil
}

// deployment is a run of deploy against an endpoint.
type deployment struct {
	client *sfn.Client
	role   string
	arns   map[string]string // of the machines that are there, by name
}

// list finds out which machines there are: ARNs hold the account, which the API alone knows.
func (d *deployment) list(ctx context.Context) error {
	d.arns = map[string]string{}
	pages := sfn.NewListStateMachinesPaginator(d.client, &sfn.ListStateMachinesInput{MaxResults: 1000})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return apiError(err)
		}
		for _, m := range page.StateMachines {
			d.arns[aws.ToString(m.Name)] = aws.ToString(m.StateMachineArn)
		}
	}
	return nil
}

// What became of a machine.
const (
	created   = "created"
	updated   = "updated"
	unchanged = "unchanged"
)

func (d *deployment) deploy(ctx context.Context, m definitionFile) (done, arn string, err error) {
	if arn, ok := d.arns[m.name]; ok {
		done, err := d.update(ctx, arn, m)
		return done, arn, err
	}
	role := d.role
	if role == "" {
		role = localRole
	}
	out, err := d.client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: &m.name, Definition: &m.text, RoleArn: &role})
	if err != nil {
		return "", "", apiError(err)
	}
	return created, aws.ToString(out.StateMachineArn), nil
}

// update changes a machine unless it is the same already.
func (d *deployment) update(ctx context.Context, arn string, m definitionFile) (done string, err error) {
	now, err := d.client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		return "", apiError(err)
	}
	if aws.ToString(now.Definition) == m.text && (d.role == "" || d.role == aws.ToString(now.RoleArn)) {
		return unchanged, nil
	}
	in := &sfn.UpdateStateMachineInput{StateMachineArn: &arn, Definition: &m.text}
	if d.role != "" {
		in.RoleArn = &d.role
	}
	if _, err := d.client.UpdateStateMachine(ctx, in); err != nil {
		return "", apiError(err)
	}
	return updated, nil
}

// apiError adds what to do next to the API's refusals, where that is known.
func apiError(err error) error {
	var refused interface {
		error
		ErrorCode() string
	}
	var broken *types.InvalidDefinition
	switch {
	case errors.As(err, &broken):
		return hint(err, "the endpoint may be older than this program")
	case !errors.As(err, &refused):
		return hint(err, "check --endpoint, and that `aws sts get-caller-identity` knows you")
	}
	switch refused.ErrorCode() {
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "UnknownError":
		return hint(err, "a Function URL wants lambda:InvokeFunctionUrl and lambda:InvokeFunction of its caller")
	}
	return err
}
