// Package cloud is the cloud host: adapters of package engine's ports to AWS, a file or a few a service, and the [Host] that
// puts them together from the environment of a Lambda function.
//
//	dynamodb*.go    the store: one table
//	sqs.go          the queues of steps and tasks
//	eventbridge.go  the bus
//	lambda.go       functions that are invoked; roles.go: with the role of their state machine
//	host.go         settings and assembly; sweep
//	observe.go      logs and metrics
//
// Each adapter is made of an aws.Config, so that the variables and files of the AWS SDKs apply to all of them, AWS_ENDPOINT_URL
// and its kind for each service included.
//
// The package imports package engine for the ports, api, catalog and integrations for the host, and the AWS SDK; never the
// local host, whose store is too heavy for a Lambda binary.
package cloud
