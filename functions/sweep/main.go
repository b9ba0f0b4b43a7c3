// Sweep moves long timers, and finds executions whose message or event was lost, on a schedule.
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
	lambda.Start(function.Sweep(host))
}
