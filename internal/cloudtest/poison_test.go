//go:build engines

package cloudtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Ensure that a message that no worker can handle ends in the dead-letter queue, and that its execution fails there.
func TestPoison(t *testing.T) {
	s := Start(t, healing())
	u := newUser(t, s)
	arn := u.start(u.machine("waits", `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": true}}}`), `{}`)
	_, err := s.Queue.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(s.Deployed.Outputs["StepsUrl"]), MessageBody: aws.String(fmt.Sprintf(`{"v": 1, "execution": %q, "record": "AAAA"}`, arn)),
	})
	if err != nil {
		t.Fatal(err)
	}
	x := u.await(arn, time.Minute)
	if x.Status != types.ExecutionStatusFailed || aws.ToString(x.Error) != "States.Runtime" {
		t.Errorf("%s with %s, want FAILED with States.Runtime", x.Status, aws.ToString(x.Error))
	}
}
