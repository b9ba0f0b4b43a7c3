// Api serves the Step Functions API at a Function URL, to direct invocations, and to CloudFormation as a custom resource.
package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"

	"minuet/orchestrator/cloud"
	"minuet/orchestrator/cloud/function"
)

func main() {
	host, err := cloud.Open(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(function.API{Host: host})
}
