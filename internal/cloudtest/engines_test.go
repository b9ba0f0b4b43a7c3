//go:build engines

package cloudtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Ensure that both engines start and answer their own protocols.
func TestEngines(t *testing.T) {
	tables, err := dynamodb.NewFromConfig(Config(StartDynamoDB(t))).ListTables(t.Context(), nil)
	if err != nil || len(tables.TableNames) != 0 {
		t.Errorf("ListTables on a new DynamoDB Local = %v, %v", tables, err)
	}
	queues, err := sqs.NewFromConfig(Config(StartMoto(t))).ListQueues(t.Context(), nil)
	if err != nil || len(queues.QueueUrls) != 0 {
		t.Errorf("ListQueues on a new moto = %v, %v", queues, err)
	}
}
