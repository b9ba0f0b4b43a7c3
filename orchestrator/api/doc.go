// Package api speaks the protocol of AWS Step Functions (AWS JSON 1.0), so that its SDKs, the AWS CLI and Terraform work with
// Minuet unmodified.
//
// A request is POST, names its operation in the header X-Amz-Target ("AWSStepFunctions.StartExecution") and carries a JSON
// object; the path means nothing. The way of a request:
//
//	server.go      reads it, finds the operation, writes the answer; the only place that sees HTTP
//	input.go       decodes the object into the operation's input and checks the model's constraints (shapes.go)
//	machines.go, versions.go, aliases.go, tags.go, executions.go, history.go, tasks.go, activities.go, validation.go,
//	unoffered.go   a group of operations each: inputs, outputs, and calls to catalog.Catalog or engine.Service
//	errors.go      turns errors into AWS's answers; what is not an engine.Error is logged and shown as an internal failure
//
// Every group has the same form: a table of its operations, then for each one its input (with the model's shapes as tags),
// its output and the method that does it.
//
// The package does not authenticate callers: what stands before it does (IAM on a Function URL, the loopback interface).
//
// It imports value, asl, machine, engine and catalog.
package api
