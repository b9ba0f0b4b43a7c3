package cloud

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"minuet/orchestrator/machine"
)

// maxLookPause is how long the pause between two looks at an execution grows.
const maxLookPause = 24 * time.Hour

// Due calls fn for the running executions that it is time to look at; those that fn returns nil for are due again after pause,
// and after twice that each time that follows, up to a day.
func (s *Store) Due(ctx context.Context, pause time.Duration, fn func(arn string) error) error {
	now := s.clock.Now()
	// The index has when an execution has started, until it is looked at for the first time.
	before := lookSort(now.Add(-pause), "")
	for shard := range lookShards {
		err := s.looks(ctx, shard, before, func(_ time.Time, arn string) (bool, error) {
			if err := fn(arn); err != nil {
				return false, err
			}
			return true, s.lookAgain(ctx, arn, now, pause)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lookAgain notes when an execution is due again. One that has ended is not due any more.
func (s *Store) lookAgain(ctx context.Context, arn string, now time.Time, pause time.Duration) error {
	i, err := s.get(ctx, summaryKey(arn))
	if err != nil || i.text("st") != string(machine.Running) {
		return err
	}
	looks := i.number("looks") + 1
	wait := maxLookPause
	if looks < 20 {
		wait = min(wait, pause<<looks)
	}
	_, err = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: summaryKey(arn), UpdateExpression: aws.String("SET osk = :t, looks = :n"),
		ConditionExpression: aws.String("#st = :running"), ExpressionAttributeNames: map[string]string{"#st": "st"},
		ExpressionAttributeValues: item{
			":t": text(lookSort(now.Add(wait-pause), arn)), ":n": number(looks), ":running": text(string(machine.Running)),
		},
	})
	if _, failed := conditionFailed(err); failed {
		return nil
	}
	return err
}

// restampAge is how old what a running execution has may become before its expiry is put off.
const restampAge = expiryMargin / 2

// Restamp puts off the expiry of everything that a running execution has, if that is time: DynamoDB expires what was put long
// ago.
func (s *Store) Restamp(ctx context.Context, arn string) error {
	var keys []item
	part := func(data []byte) {
		if len(data) > 0 && data[0] == formParts {
			for n := range int(data[len(data)-1]) {
				keys = append(keys, partKey(arn, data[1:len(data)-1], n))
			}
		}
	}
	x, err := s.get(ctx, summaryKey(arn))
	if err != nil {
		return err
	}
	summary, err := decodeSummary(arn, x)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	stamped := max(summary.At.Time().UnixMilli(), x.number("stamped"))
	if summary.Status != machine.Running || now.Sub(time.UnixMilli(stamped)) < restampAge {
		return nil
	}
	part(x.bytes("in"))
	err = s.scanPlaces(ctx, recordFamily, arn, func(key machine.Key, i attributes) error {
		keys = append(keys, keyOf(i.text("pk"), i.text("sk")))
		part(i.bytes("d"))
		data, err := s.unseal(ctx, arn, i.bytes("d"))
		if err != nil {
			return err
		}
		r, err := machine.DecodeRecord(key, data)
		if err != nil || r.Kind != machine.Forked {
			return err
		}
		p := newJoinPlace(key, r.Children, r.Window)
		keys = append(keys, p.rootKey())
		for g := range p.groups() {
			keys = append(keys, p.groupKey(g))
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = s.scanPlaces(ctx, claimFamily, arn, func(_ machine.Key, i attributes) error {
		keys = append(keys, keyOf(i.text("pk"), i.text("sk")))
		part(i.bytes("submitted"))
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.table, Key: key, UpdateExpression: aws.String("SET expires = :e"),
			ConditionExpression: aws.String("attribute_exists(pk)"), ExpressionAttributeValues: item{":e": s.expires()},
		})
		if _, failed := conditionFailed(err); err != nil && !failed {
			return err
		}
	}
	_, err = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: summaryKey(arn), UpdateExpression: aws.String("SET stamped = :t"),
		ConditionExpression: aws.String("attribute_exists(pk)"), ExpressionAttributeValues: item{":t": number(now.UnixMilli())},
	})
	return err
}
