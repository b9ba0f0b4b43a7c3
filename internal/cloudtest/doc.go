// Package cloudtest runs the cloud host for tests, on this machine and on real parts: DynamoDB Local for the table, moto for
// CloudFormation, SQS, EventBridge and IAM, and the Lambda binaries themselves under a Lambda Runtime API host.
//
// What AWS does between those parts is played here: event source mappings, Function URLs, the schedule, and the rule that
// hands an event to a function. A proxy before the table and the queues counts what a transition costs, and breaks things.
//
// The package is built with the tag engines, as it needs servers that a Go toolchain does not bring: .ci/install installs them.
package cloudtest
