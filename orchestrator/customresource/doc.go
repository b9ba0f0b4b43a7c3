// Package customresource lets a CloudFormation template hold Minuet's state machines, as a custom resource whose service token is
// the ARN of the api function:
//
//	Orders:
//	  Type: Custom::MinuetStateMachine
//	  Properties:
//	    ServiceToken: !Ref ServiceToken      # a parameter: the output of Minuet's stack
//	    StateMachineName: orders            # generated from the stack and the logical id if left out
//	    RoleArn: !GetAtt OrdersRole.Arn
//	    Definition: {StartAt: Pay, States: {Pay: {Type: Task, Resource: '${PayArn}', TimeoutSeconds: 300, End: true}}}
//	    DefinitionSubstitutions: {PayArn: !GetAtt Pay.Arn}
//	    Type: STANDARD
//	    Tags: [{Key: team, Value: shop}]
//
// Ref is the state machine's ARN; Fn::GetAtt has Arn, Name and StateMachineRevisionId. The other properties are
// DefinitionString instead of Definition, LoggingConfiguration and TracingConfiguration, all in the form of
// AWS::StepFunctions::StateMachine.
//
// A request goes this way:
//
//	handler.go      takes the event, and answers it: to the URL that it brings, whatever happens
//	resource.go     creates, updates and deletes by calls to the API
//	properties.go   reads what the template says
//	definition.go   makes the definition's text of it
//	response.go     delivers the answer
//
// CloudFormation turns every number and boolean in a property into a string. In a Definition given as an object, the fields of
// the States Language that are numbers or booleans become that again; values within Parameters, Arguments, Result, Assign and
// the like do not, since a string may be meant there. Where they matter, give the definition as a string.
//
// A machine is tagged with the stack and the logical id that it belongs to. By these a repeated request is told from a name
// that another stack has taken, and nothing is deleted that belongs to another.
//
// The package imports value and the types of aws-lambda-go's cfn; what it calls is behind [Caller].
package customresource
