// Step advances one branch of one execution by one state for each message of its queue. It is deployed twice: for states that take
// no time, and for tasks.
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
	lambda.Start(function.Step(host))
}
