// Callback answers a task token. It is an ordinary Step Functions callback function: where it calls is up to the SDK, which
// reads AWS_ENDPOINT_URL_SFN.
package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
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
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(fmt.Sprintf("load the AWS configuration: %v", err))
	}
	f := function{client: sfn.NewFromConfig(cfg)}
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
