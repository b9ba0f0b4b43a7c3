//go:build engines

// Empty is a Lambda function that does nothing: the measure of cold starts.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context) error { return nil })
}
