// Counter notes each of its calls, in a file that outlives it, before it answers.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

// event says which attempt at a task this is.
type event struct {
	Execution, Place string
	Attempt          int
}

func main() {
	lambda.Start(func(_ context.Context, e event) (string, error) {
		f, err := os.OpenFile(os.Getenv("COUNTER_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return "", err
		}
		if _, err := fmt.Fprintf(f, "%s/%s/%d\n", e.Execution, e.Place, e.Attempt); err != nil {
			return "", err
		}
		return e.Execution + "/" + e.Place, f.Close()
	})
}
