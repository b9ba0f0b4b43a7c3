// Callback answers a task token. Where it calls is up to AWS_ENDPOINT_URL_SFN, a variable of the AWS SDK: the callback URL of a
// deployed stack, a server on this machine, or, where it is not set, AWS Step Functions itself.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"minuet/client"
)

type event struct {
	TaskToken string `json:"TaskToken"`
	Item      string `json:"Item"`
	// Fail asks for SendTaskFailure.
	Fail bool `json:"Fail"`
}

type answer struct {
	Answered string `json:"answered"`
}

func main() {
	states, err := client.New(context.Background(), "")
	if err != nil {
		panic(fmt.Sprintf("make a client of Step Functions: %v", err))
	}
	f := function{client: states}
	lambda.Start(f.handle)
}

type function struct{ client *sfn.Client }

func (f function) handle(ctx context.Context, e event) (answer, error) {
	if e.Fail {
		_, err := f.client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{
			TaskToken: &e.TaskToken, Error: aws.String("Refused"), Cause: aws.String("No " + e.Item + " today."),
		})
		return answer{Answered: e.Item}, err
	}
	output, err := json.Marshal(map[string]string{"confirmed": e.Item})
	if err != nil {
		return answer{}, err
	}
	_, err = f.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: &e.TaskToken, Output: aws.String(string(output))})
	return answer{Answered: e.Item}, err
}
