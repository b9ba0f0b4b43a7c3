package api

import (
	"testing"

	"minuet/orchestrator/engine"
)

func TestStateMachines(t *testing.T) {
	f := newFixture()
	const described = `"name":"m","status":"ACTIVE","definition":"PASSING","roleArn":"ROLE","type":"STANDARD","creationDate":NOW,` +
		`"tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},`
	f.run(t, []exchange{
		{"CreateStateMachine", `{"name":"m","definition":"PASSING","roleArn":"ROLE"}`, `{"stateMachineArn":"MACHINE/m","creationDate":NOW}`},
		{"CreateStateMachine", `{"name":"m","definition":"PASSING","roleArn":"ROLE"}`, `{"stateMachineArn":"MACHINE/m","creationDate":NOW}`},
		{"CreateStateMachine", `{"name":"m","definition":" PASSING","roleArn":"ROLE"}`, `StateMachineAlreadyExists: State Machine Already Exists: 'MACHINE/m'`},
		{"DescribeStateMachine", `{"stateMachineArn":"MACHINE/m"}`,
			`{"stateMachineArn":"MACHINE/m",` + described + `"loggingConfiguration":{"includeExecutionData":false,"level":"OFF"}}`},
		{"UpdateStateMachine", `{"stateMachineArn":"MACHINE/m","loggingConfiguration":{"destinations":[]}}`,
			`{"updateDate":NOW,"revisionId":"00000000-0000-4003-8000-000000000004"}`},
		{"DescribeStateMachine", `{"stateMachineArn":"MACHINE/m"}`, `{"stateMachineArn":"MACHINE/m",` + described +
			`"revisionId":"00000000-0000-4003-8000-000000000004","loggingConfiguration":{"includeExecutionData":false,"level":"OFF","destinations":[]}}`},
		{"UpdateStateMachine", `{"stateMachineArn":"MACHINE/m","publish":true,"versionDescription":"one","loggingConfiguration":{"level":"ALL",
			"includeExecutionData":true,"destinations":[{"cloudWatchLogsLogGroup":{"logGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}]}}`,
			`{"updateDate":NOW,"revisionId":"00000000-0000-4005-8000-000000000006","stateMachineVersionArn":"MACHINE/m:1"}`},
		{"DescribeStateMachine", `{"stateMachineArn":"MACHINE/m:1"}`, `{"stateMachineArn":"MACHINE/m:1","description":"one",` + described +
			`"revisionId":"00000000-0000-4005-8000-000000000006","loggingConfiguration":{"includeExecutionData":true,"level":"ALL",
			"destinations":[{"cloudWatchLogsLogGroup":{"logGroupArn":"arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}]}}`},
		{"UpdateStateMachine", `{"stateMachineArn":"MACHINE/m"}`,
			`MissingRequiredParameter: Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified`},
		{"UpdateStateMachine", `{"stateMachineArn":"MACHINE/m","tracingConfiguration":{"enabled":true}}`,
			`{"updateDate":NOW,"revisionId":"00000000-0000-4007-8000-000000000008"}`},
		{"CreateStateMachine", `{"name":"e","definition":"PASSING","roleArn":"ROLE","type":"EXPRESS","publish":true,"tags":[{"key":"k","value":"v"}]}`,
			`{"stateMachineArn":"MACHINE/e","creationDate":NOW,"stateMachineVersionArn":"MACHINE/e:1"}`},
		{"ListTagsForResource", `{"resourceArn":"MACHINE/e"}`, `{"tags":[{"key":"k","value":"v"}]}`},
		{"ListStateMachines", `{}`, `{"stateMachines":[{"stateMachineArn":"MACHINE/e","name":"e","type":"EXPRESS","creationDate":NOW},
			{"stateMachineArn":"MACHINE/m","name":"m","type":"STANDARD","creationDate":NOW}]}`},
		{"DeleteStateMachine", `{"stateMachineArn":"MACHINE/m"}`, `{}`},
		{"DeleteStateMachine", `{"stateMachineArn":"MACHINE/m"}`, `{}`},
		{"DescribeStateMachine", `{"stateMachineArn":"MACHINE/m"}`, `StateMachineDoesNotExist: State Machine Does Not Exist: 'MACHINE/m'`},
		{"DescribeStateMachine", `{"stateMachineArn":"m"}`, `InvalidArn: Invalid Arn: 'Invalid ARN prefix: m'`},
		{"CreateStateMachine", `{"name":"a b","definition":"PASSING","roleArn":"ROLE"}`, `InvalidName: Invalid Name: 'a b'`},
		{"CreateStateMachine", `{"name":"m","definition":"PASSING","roleArn":"ROLE","versionDescription":"d"}`,
			`ValidationException: Version description can only be set when publish is true`},
	})
}

func TestDescribeStateMachineForExecution(t *testing.T) {
	f := newFixture()
	f.engine.describe = func(arn string) (*engine.Execution, error) {
		return &engine.Execution{
			ARN: arn, Machine: abbreviations.Replace("MACHINE/m"), Revision: "00000000-0000-4001-8000-000000000002", Version: arn + ":1",
		}, nil
	}
	const definition = `{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"InputPath\":\"$v\",\"End\":true}}}`
	const described = `"stateMachineArn":"MACHINE/m","name":"m","roleArn":"ROLE","updateDate":NOW,"tracingConfiguration":{"enabled":true},
		"encryptionConfiguration":{"type":"AWS_OWNED_KEY"},"loggingConfiguration":{"includeExecutionData":false,"level":"OFF"}`
	f.run(t, []exchange{
		{"CreateStateMachine", `{"name":"m","definition":"` + definition + `","roleArn":"ROLE","tracingConfiguration":{"enabled":true}}`,
			`{"stateMachineArn":"MACHINE/m","creationDate":NOW}`},
		{"UpdateStateMachine", `{"stateMachineArn":"MACHINE/m","definition":"PASSING"}`,
			`{"updateDate":NOW,"revisionId":"00000000-0000-4003-8000-000000000004"}`},
		{"DeleteStateMachine", `{"stateMachineArn":"MACHINE/m"}`, `{}`},
		{"DescribeStateMachineForExecution", `{"executionArn":"EXECUTION/m:x"}`,
			`{` + described + `,"definition":"` + definition + `","variableReferences":{"P":["v"]}}`},
		{"DescribeStateMachineForExecution", `{"executionArn":"EXECUTION/m:x","includedData":"METADATA_ONLY"}`, `{` + described + `,"definition":"{}"}`},
		{"DescribeStateMachineForExecution", `{"executionArn":"MACHINE/m"}`, `InvalidArn: Invalid Arn: 'Resource type not valid in this context: stateMachine'`},
	})
}

func TestVersionsAndAliases(t *testing.T) {
	newFixture().run(t, []exchange{
		{"CreateStateMachine", `{"name":"m","definition":"PASSING","roleArn":"ROLE","publish":true}`,
			`{"stateMachineArn":"MACHINE/m","creationDate":NOW,"stateMachineVersionArn":"MACHINE/m:1"}`},
		{"PublishStateMachineVersion", `{"stateMachineArn":"MACHINE/m"}`, `{"stateMachineVersionArn":"MACHINE/m:1","creationDate":NOW}`},
		{"PublishStateMachineVersion", `{"stateMachineArn":"MACHINE/m","revisionId":"r"}`,
			`ConflictException: Failed to publish the State Machine version for revision r. The current State Machine revision is INITIAL.`},
		{"UpdateStateMachine", `{"stateMachineArn":"MACHINE/m","definition":"PASSING ","publish":true}`,
			`{"updateDate":NOW,"revisionId":"00000000-0000-4003-8000-000000000004","stateMachineVersionArn":"MACHINE/m:2"}`},
		{"ListStateMachineVersions", `{"stateMachineArn":"MACHINE/m"}`, `{"stateMachineVersions":[
			{"stateMachineVersionArn":"MACHINE/m:2","creationDate":NOW},{"stateMachineVersionArn":"MACHINE/m:1","creationDate":NOW}]}`},
		{"ListStateMachineAliases", `{"stateMachineArn":"MACHINE/m"}`, `{"stateMachineAliases":[]}`},
		{"CreateStateMachineAlias", `{"name":"live","description":"d","routingConfiguration":[{"stateMachineVersionArn":"MACHINE/m:1","weight":100}]}`,
			`{"stateMachineAliasArn":"MACHINE/m:live","creationDate":NOW}`},
		{"CreateStateMachineAlias", `{"name":"live","routingConfiguration":[{"stateMachineVersionArn":"MACHINE/m:1","weight":100}]}`,
			`ConflictException: Failed to create alias because an alias with the same name and a different routing configuration already exists.`},
		{"UpdateStateMachineAlias", `{"stateMachineAliasArn":"MACHINE/m:live","routingConfiguration":[
			{"stateMachineVersionArn":"MACHINE/m:1","weight":0},{"stateMachineVersionArn":"MACHINE/m:2","weight":100}]}`, `{"updateDate":NOW}`},
		{"DescribeStateMachineAlias", `{"stateMachineAliasArn":"MACHINE/m:live"}`, `{"stateMachineAliasArn":"MACHINE/m:live","name":"live","description":"d",
			"creationDate":NOW,"updateDate":NOW,"routingConfiguration":[
			{"stateMachineVersionArn":"MACHINE/m:1","weight":0},{"stateMachineVersionArn":"MACHINE/m:2","weight":100}]}`},
		{"ListStateMachineAliases", `{"stateMachineArn":"MACHINE/m:2"}`, `{"stateMachineAliases":[{"stateMachineAliasArn":"MACHINE/m:live","creationDate":NOW}]}`},
		{"DeleteStateMachineVersion", `{"stateMachineVersionArn":"MACHINE/m:1"}`,
			`ConflictException: Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [live]`},
		{"DeleteStateMachineAlias", `{"stateMachineAliasArn":"MACHINE/m:live"}`, `{}`},
		{"DeleteStateMachineAlias", `{"stateMachineAliasArn":"MACHINE/m:live"}`, `ResourceNotFound: Resource not found: 'MACHINE/m:live'`},
		{"DeleteStateMachineVersion", `{"stateMachineVersionArn":"MACHINE/m:1"}`, `{}`},
		{"DeleteStateMachineVersion", `{"stateMachineVersionArn":"MACHINE/m:1"}`, `{}`},
		{"CreateStateMachineAlias", `{"name":"7","routingConfiguration":[{"stateMachineVersionArn":"MACHINE/m:1","weight":100}]}`,
			`ValidationException: 1 validation error detected: Value '7' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`},
		{"CreateStateMachineAlias", `{"name":"a","routingConfiguration":[{"stateMachineVersionArn":"MACHINE/m:1","weight":101}]}`,
			`ValidationException: 1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100`},
		{"CreateStateMachineAlias", `{"name":"a","routingConfiguration":[{"stateMachineVersionArn":"A","weight":50},{"weight":30,"stateMachineVersionArn":"B"},{"stateMachineVersionArn":"C","weight":20}]}`,
			`ValidationException: 1 validation error detected: Value '[RoutingConfigurationListItem(stateMachineVersionArn=A, weight=50), RoutingConfigurationListItem(stateMachineVersionArn=B, weight=30), RoutingConfigurationListItem(stateMachineVersionArn=C, weight=20)]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2`},
		{"CreateStateMachineAlias", `{"name":"a","routingConfiguration":[]}`,
			`ValidationException: 1 validation error detected: Value '[]' at 'routingConfiguration' failed to satisfy constraint: Member must have length greater than or equal to 1`},
	})
}

func TestTags(t *testing.T) {
	newFixture().run(t, []exchange{
		{"CreateActivity", `{"name":"a"}`, `{"activityArn":"ACTIVITY/a","creationDate":NOW}`},
		{"TagResource", `{"resourceArn":"ACTIVITY/a","tags":[]}`, `{}`},
		{"ListTagsForResource", `{"resourceArn":"ACTIVITY/a"}`, `{"tags":[]}`},
		{"TagResource", `{"resourceArn":"ACTIVITY/a","tags":[{"key":"k","value":"v"},{"key":"l"}]}`, `{}`},
		{"UntagResource", `{"resourceArn":"ACTIVITY/a","tagKeys":["k","x"]}`, `{}`},
		{"ListTagsForResource", `{"resourceArn":"ACTIVITY/a"}`, `{"tags":[{"key":"l","value":""}]}`},
		{"TagResource", `{"resourceArn":"MACHINE/m:1","tags":[]}`, `ResourceNotFound: Resource not found: 'MACHINE/m:1'`},
		{"TagResource", `{"resourceArn":"ACTIVITY/a"}`,
			`ValidationException: 1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member must not be null`},
		{"TagResource", `{"resourceArn":"ACTIVITY/a","tags":[{"key":""},null]}`,
			`ValidationException: 2 validation errors detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; Value null at 'tags.2.member' failed to satisfy constraint: Member must not be null`},
		{"UntagResource", `{"resourceArn":"ACTIVITY/a","tagKeys":[""]}`,
			`ValidationException: 1 validation error detected: Value '' at 'tagKeys.1.member' failed to satisfy constraint: Member must have length greater than or equal to 1`},
		{"UntagResource", `{"resourceArn":"ACTIVITY/a","tagKeys":"k"}`, `SerializationException: STRING_VALUE can not be converted to List at 'tagKeys'`},
	})
}
