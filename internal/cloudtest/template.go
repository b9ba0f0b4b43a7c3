//go:build engines

package cloudtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

//go:embed translate.py
var translatePy string

// Template is a template in CloudFormation's own terms.
type Template struct {
	body map[string]any
}

// Translate reads a SAM template as CloudFormation's transform does.
func Translate(t testing.TB, path string, parameters map[string]string) *Template {
	t.Helper()
	source, err := os.Open(path)
	if err != nil {
		t.Fatalf("translate a template: %v", err)
	}
	defer source.Close()
	values, err := json.Marshal(parameters)
	if err != nil || parameters == nil {
		values = []byte("{}")
	}
	command := exec.Command(Tool(t, "python"), "-c", translatePy, string(values))
	command.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+Region, "SAM_CLI_TELEMETRY=0")
	var said bytes.Buffer
	command.Stdin, command.Stderr = source, &said
	text, err := command.Output()
	if err != nil {
		t.Fatalf("translate %s: %v\n%s", path, err, said.String())
	}
	var out Template
	if err := json.Unmarshal(text, &out.body); err != nil {
		t.Fatalf("translate %s: %v", path, err)
	}
	return &out
}

// Resources returns the resources of a type, by logical id.
func (x *Template) Resources(kind string) map[string]map[string]any {
	out := map[string]map[string]any{}
	resources, _ := x.body["Resources"].(map[string]any)
	for id, r := range resources {
		if resource, _ := r.(map[string]any); resource["Type"] == kind {
			out[id] = resource
		}
	}
	return out
}

// Properties returns the properties of a resource, which may be edited; nil where there is no such resource.
func (x *Template) Properties(id string) map[string]any {
	resources, _ := x.body["Resources"].(map[string]any)
	resource, _ := resources[id].(map[string]any)
	properties, _ := resource["Properties"].(map[string]any)
	return properties
}

// Remove takes a resource away.
func (x *Template) Remove(id string) {
	resources, _ := x.body["Resources"].(map[string]any)
	delete(resources, id)
}

// functionOf is the logical id that a property refers to, by Ref or Fn::GetAtt.
func functionOf(property any) string {
	x, _ := property.(map[string]any)
	if id, ok := x["Ref"].(string); ok {
		return id
	}
	if list, ok := x["Fn::GetAtt"].([]any); ok && len(list) > 0 {
		id, _ := list[0].(string)
		return id
	}
	return ""
}

// replace puts with(x) in the place of each part x of a template for which it is not nil.
func replace(x any, with func(map[string]any) any) any {
	switch x := x.(type) {
	case map[string]any:
		if y := with(x); y != nil {
			return y
		}
		for key, value := range x {
			x[key] = replace(value, with)
		}
	case []any:
		for i, value := range x {
			x[i] = replace(value, with)
		}
	}
	return x
}

// playFunctionURLs takes the Function URLs away, which moto does not know, and puts url(function) wherever one is referred to.
// It returns the functions that have one, with their AuthType where the template says it as a text.
func (x *Template) playFunctionURLs(url func(function string) string) {
	urls := map[string]string{} // the function of each
	for id, resource := range x.Resources("AWS::Lambda::Url") {
		properties, _ := resource["Properties"].(map[string]any)
		urls[id] = functionOf(properties["TargetFunctionArn"])
		x.Remove(id)
	}
	replace(x.body, func(part map[string]any) any {
		list, ok := part["Fn::GetAtt"].([]any)
		if !ok || len(list) != 2 {
			return nil
		}
		id, _ := list[0].(string)
		if function, ok := urls[id]; ok && list[1] == "FunctionUrl" {
			return url(function) + "/"
		}
		return nil
	})
}

// nameBuses asks for a bus's name where the template refers to the bus, which moto takes for the object itself.
func (x *Template) nameBuses() {
	buses := x.Resources("AWS::Events::EventBus")
	replace(x.body, func(part map[string]any) any {
		if id, _ := part["Ref"].(string); buses[id] != nil {
			return map[string]any{"Fn::GetAtt": []any{id, "Name"}}
		}
		if text, ok := part["Fn::Sub"].(string); ok {
			for id := range buses {
				text = strings.ReplaceAll(text, "${"+id+"}", "${"+id+".Name}")
			}
			part["Fn::Sub"] = text
		}
		return nil
	})
}

// disableMappings has moto deliver nothing itself: it would run functions in Docker, and delete the messages.
func (x *Template) disableMappings() {
	for id := range x.Resources("AWS::Lambda::EventSourceMapping") {
		x.Properties(id)["Enabled"] = false
	}
}

// Deployed is what has become of a template.
type Deployed struct {
	Physical map[string]string // the names that resources got, by logical id
	Outputs  map[string]string
	// Functions are the Lambda functions as they were created, by logical id.
	Functions map[string]lambdatypes.FunctionConfiguration
	Mappings  []lambdatypes.EventSourceMappingConfiguration
}

// Deploy creates a stack of the template in moto.
func (x *Template) Deploy(t testing.TB, moto, name string, parameters map[string]string) *Deployed {
	t.Helper()
	ctx := t.Context()
	text, err := json.Marshal(x.body)
	if err != nil {
		t.Fatalf("deploy %s: %v", name, err)
	}
	client := cloudformation.NewFromConfig(Config(moto), func(o *cloudformation.Options) { o.RetryMaxAttempts = 1 })
	in := &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: aws.String(string(text)),
		Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityIam, cfntypes.CapabilityCapabilityNamedIam},
	}
	for key, value := range parameters {
		in.Parameters = append(in.Parameters, cfntypes.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(value)})
	}
	if _, err := client.CreateStack(ctx, in); err != nil {
		t.Fatalf("deploy %s: %v", name, err)
	}
	stacks, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil || len(stacks.Stacks) != 1 {
		t.Fatalf("deploy %s: describe the stack: %v, %v", name, stacks, err)
	}
	if status := stacks.Stacks[0].StackStatus; status != cfntypes.StackStatusCreateComplete {
		t.Fatalf("deploy %s: the stack is %s: %s", name, status, aws.ToString(stacks.Stacks[0].StackStatusReason))
	}
	out := &Deployed{Physical: map[string]string{}, Outputs: map[string]string{}, Functions: map[string]lambdatypes.FunctionConfiguration{}}
	for _, output := range stacks.Stacks[0].Outputs {
		out.Outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	for pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: &name}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatalf("deploy %s: list its resources: %v", name, err)
		}
		for _, r := range page.StackResourceSummaries {
			out.Physical[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
		}
	}
	functions := lambda.NewFromConfig(Config(moto))
	for id := range x.Resources("AWS::Lambda::Function") {
		name := out.Physical[id]
		if name == "" {
			continue // by a condition
		}
		f, err := functions.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if err != nil {
			t.Fatalf("deploy: read the function %s: %v", id, err)
		}
		out.Functions[id] = lambdatypes.FunctionConfiguration{
			FunctionName: f.FunctionName, FunctionArn: f.FunctionArn, Role: f.Role, Timeout: f.Timeout, MemorySize: f.MemorySize,
			Environment: f.Environment, Handler: f.Handler, Runtime: f.Runtime,
		}
		mappings, err := functions.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{FunctionName: &name})
		if err != nil {
			t.Fatalf("deploy: read the mappings of %s: %v", id, err)
		}
		out.Mappings = append(out.Mappings, mappings.EventSourceMappings...)
	}
	return out
}

// logicalID is the logical id of the function with this name or ARN; "" when there is none.
func (d *Deployed) logicalID(function string) string {
	for id, f := range d.Functions {
		if aws.ToString(f.FunctionName) == function || strings.HasSuffix(function, ":function:"+aws.ToString(f.FunctionName)) {
			return id
		}
	}
	return ""
}
