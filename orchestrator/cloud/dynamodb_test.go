//go:build engines

package cloud_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
	"minuet/orchestrator/machine"
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

// Ensure that values larger than an item come back whole, and are stored once however often they are put.
func TestLargeValues(t *testing.T) {
	client := dynamodb.NewFromConfig(awsConfig(cloudtest.StartDynamoDB(t)))
	s := cloud.NewStore(cloud.StoreConfig{Client: client, Table: newTable(t, client), Clock: systemTime{}})
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{100_000, 200_000, 900_000} {
		data := make([]byte, size) // that cannot be compressed
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		key := machine.Key{Execution: "x", Seq: size}
		if err := s.AppendRecord(t.Context(), key, data); err != nil {
			t.Fatalf("append %d bytes: %v", size, err)
		}
		if err := s.AppendRecord(t.Context(), key, data); !errors.Is(err, engine.ErrExists) {
			t.Errorf("append %d bytes again: %v", size, err)
		}
		got, err := s.Record(t.Context(), key)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
	}
}
