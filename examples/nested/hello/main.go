// Hello greets whoever its event names.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Name string `json:"name"`
}

type answer struct {
	Greeting string `json:"greeting"`
}

func main() {
	lambda.Start(func(_ context.Context, e event) (answer, error) {
		if e.Name == "" {
			e.Name = "world"
		}
		return answer{Greeting: "Hello, " + e.Name + "!"}, nil
	})
}
