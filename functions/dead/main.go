// Dead takes the messages that no worker could handle: it fails their executions, and keeps them.
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
	lambda.Start(function.Dead(host))
}
