package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

const (
	dueIndex  = "due"
	dueShards = 4
)

var _ Timers = (*Store)(nil)

func duePartition(shard int) string { return "t#" + strconv.Itoa(shard) }

// dueSort sorts by time: a time past the year 2286 needs more digits than milliseconds have now.
func dueSort(due time.Time, id string) string {
	return fmt.Sprintf("%016d#%s", max(0, due.UnixMilli()), id)
}

// PutTimer implements [Timers].
func (s *Store) PutTimer(ctx context.Context, body []byte, due time.Time, task bool) error {
	sum := sha256.Sum256(fmt.Append(body, due.UnixNano(), task))
	id := hex.EncodeToString(sum[:16])
	i := keyOf("t#"+id, "t")
	i["m"], i["due"], i["tpk"], i["tsk"] = bytesOf(body), number(due.UnixMilli()), text(duePartition(shardOf(id, dueShards))), text(dueSort(due, id))
	if task {
		i["task"] = number(1)
	}
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: i})
	return err
}

// Timers calls deliver for the messages that fall due before a time, and forgets those that it returns nil for.
func (s *Store) Timers(ctx context.Context, before time.Time, deliver func(body string, due time.Time, task bool) error) error {
	for shard := range dueShards {
		in := &dynamodb.QueryInput{
			IndexName: aws.String(dueIndex), KeyConditionExpression: aws.String("tpk = :p AND tsk < :t"),
			ExpressionAttributeValues: item{":p": text(duePartition(shard)), ":t": text(dueSort(before, ""))},
		}
		err := s.query(ctx, in, func(i attributes) (bool, error) {
			if err := deliver(string(i.bytes("m")), time.UnixMilli(i.number("due")), i.has("task")); err != nil {
				return false, err
			}
			_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: keyOf(i.text("pk"), "t")})
			return true, err
		})
		if err != nil {
			return fmt.Errorf("move timers: %w", err)
		}
	}
	return nil
}

// ArchiveMessage keeps a message that was given up, below its execution: whoever redrives that can put it back.
func (s *Store) ArchiveMessage(ctx context.Context, execution, id string, body []byte, why string) error {
	i := keyOf("l#"+escape(execution), id)
	i["m"], i["why"], i["at"], i["expires"] = bytesOf(body), text(why), number(s.clock.Now().UnixMilli()), s.expires()
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: i})
	return err
}
