// Counter notes each of its calls, in a file that outlives it, before it returns.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Key string
}

func main() {
	lambda.Start(func(_ context.Context, e event) (string, error) {
		f, err := os.OpenFile(os.Getenv("COUNTER_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return "", err
		}
		if _, err := fmt.Fprintln(f, e.Key); err != nil {
			return "", err
		}
		return e.Key, f.Close()
	})
}
