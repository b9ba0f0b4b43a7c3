//go:build engines

package cloud_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"minuet/internal/cloudtest"
	"minuet/orchestrator/cloud"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/engine/porttest"
)

type systemTime struct{}

func (systemTime) Now() time.Time { return time.Now() }

// awsConfig points at a server of the test's own.
func awsConfig(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

var tables atomic.Int64

// newTable creates a table like the template's, and returns its name.
func newTable(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	name := fmt.Sprint("table", tables.Add(1))
	attribute := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS}
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	index := func(name, hash, sort string, p *types.Projection) types.GlobalSecondaryIndex {
		return types.GlobalSecondaryIndex{IndexName: &name, KeySchema: keys(hash, sort), Projection: p}
	}
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: keys("pk", "sk"),
		AttributeDefinitions: []types.AttributeDefinition{
			attribute("pk"), attribute("sk"), attribute("lpk"), attribute("lsk"), attribute("opk"), attribute("osk"), attribute("tpk"), attribute("tsk"),
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			index("list", "lpk", "lsk", &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"sum", "st", "ended"}}),
			index("look", "opk", "osk", &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}),
			index("due", "tpk", "tsk", &types.Projection{ProjectionType: types.ProjectionTypeAll}),
		},
	})
	if err != nil {
		t.Fatalf("create table: %v", err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Errorf("delete table: %v", err)
		}
	})
	return name
}

// Ensure that the store keeps its promises on the real engine.
func TestStore(t *testing.T) {
	client := dynamodb.NewFromConfig(awsConfig(cloudtest.StartDynamoDB(t)))
	porttest.Store(t, func(t *testing.T) engine.Store {
		return cloud.NewStore(cloud.StoreConfig{Client: client, Table: newTable(t, client), Clock: systemTime{}})
	})
}
