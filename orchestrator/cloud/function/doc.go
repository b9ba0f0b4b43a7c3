// Package function holds what the Lambda functions of the stack do: a file an event. The mains under functions/ only start
// these.
//
// It imports package cloud, the types of aws-lambda-go, and nothing of the local host, so that the binaries stay small.
package function
