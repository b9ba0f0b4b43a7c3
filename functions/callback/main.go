// Callback takes SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat at a Function URL of its own: the task token is the credential.
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
	lambda.Start(function.Callback{Host: host})
}
