package cloud

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// Store is an [engine.Store] in one DynamoDB table, whose shape template.yaml gives: the keys pk and sk, the sparse indexes
// list, look and due, and expires for DynamoDB's expiry. It is safe for concurrent use.
//
//	pk                            sk              what
//	e#EXECUTION#SHARD             r#BRANCH#SEQ    a record: d
//	e#EXECUTION#SHARD             c#BRANCH#SEQ    a claim: d, own, lease, beat, rid; submitted once it is
//	j#EXECUTION#BRANCH#SEQ        j               a fork's join: open until closed; counts by group
//	j#EXECUTION#BRANCH#SEQ#GROUP  j               a hundred of its children
//	x#EXECUTION                   x               a summary: sum, in, st; out, err, cause, ended once it has ended
//	d#KIND                        ID              a document of the catalog: d, etag
//	p#EXECUTION#HASH              NUMBER          a part of a value that is too large for its item: d
//	t#ID                          t               a message that is due later than a queue can delay it: m
//	l#EXECUTION                   ID              a message that was given up: m, why
//
// The branches of a wide fork spread over several partition keys, as do the executions of a busy state machine in the index.
type Store struct {
	client *dynamodb.Client
	table  string
	clock  engine.Clock
	keep   time.Duration
}

var _ engine.Store = (*Store)(nil)

// StoreConfig is what a [Store] is made of.
type StoreConfig struct {
	Client *dynamodb.Client
	Table  string
	Clock  engine.Clock
	// Keep is how long a finished execution is kept; 0: 90 days.
	Keep time.Duration
}

const (
	defaultKeep = 90 * 24 * time.Hour
	// Records are stamped when they are put, before anybody knows how long their execution runs: they outlive its summary by
	// this margin, and sweep stamps those of older executions again.
	expiryMargin = 30 * 24 * time.Hour
)

// NewStore makes a Store.
func NewStore(c StoreConfig) *Store {
	if c.Keep == 0 {
		c.Keep = defaultKeep
	}
	return &Store{client: c.Client, table: c.Table, clock: c.Clock, keep: c.Keep}
}

// item is a DynamoDB item, or its key.
type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number[T ~int | ~int64](n T) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

func bytesOf(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

func keyOf(pk, sk string) item { return item{"pk": text(pk), "sk": text(sk)} }

// The following read an attribute, and give the zero value where it is absent or of another type.

func (i attributes) text(name string) string {
	if v, ok := i[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func (i attributes) bytes(name string) []byte {
	if v, ok := i[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

func (i attributes) number(name string) int64 {
	if v, ok := i[name].(*types.AttributeValueMemberN); ok {
		n, err := strconv.ParseInt(v.Value, 10, 64)
		if err == nil {
			return n
		}
	}
	return 0
}

func (i attributes) has(name string) bool { return i[name] != nil }

// attributes is an item that is read.
type attributes item

// escape makes a part of a key that has no '#'.
func escape(s string) string { return url.QueryEscape(s) }

// shards is how many partition keys the branches of an execution spread over, its root apart.
const shards = 15

func partition(execution string, shard int) string {
	return "e#" + escape(execution) + "#" + strconv.Itoa(shard)
}

func shardOf(s string, n int) int {
	h := fnv.New32a()
	h.Write([]byte(s)) // never fails
	return int(h.Sum32() % uint32(n))
}

func branchShard(branch machine.BranchID) int {
	if branch == machine.Root {
		return 0
	}
	return 1 + shardOf(string(branch), shards)
}

// The families of items below a partition of an execution.
const (
	recordFamily = "r#"
	claimFamily  = "c#"
)

const seqDigits = 10

func placeKey(family string, k machine.Key) item {
	return keyOf(partition(k.Execution, branchShard(k.Branch)), branchPrefix(family, k.Branch)+fmt.Sprintf("%0*d", seqDigits, k.Seq))
}

func branchPrefix(family string, branch machine.BranchID) string {
	return family + escape(string(branch)) + "#"
}

// cutPlace takes the sort key that placeKey made apart.
func cutPlace(execution, family, sk string) (machine.Key, error) {
	bad := fmt.Errorf("store: sort key %q", sk)
	if len(sk) < len(family)+1+seqDigits {
		return machine.Key{}, bad
	}
	end := len(sk) - seqDigits
	branch, err := url.QueryUnescape(sk[len(family) : end-1])
	if err != nil {
		return machine.Key{}, bad
	}
	seq, err := strconv.Atoi(sk[end:])
	if err != nil {
		return machine.Key{}, bad
	}
	return machine.Key{Execution: execution, Branch: machine.BranchID(branch), Seq: seq}, nil
}

// expires is DynamoDB's time to live of what is put now.
func (s *Store) expires() types.AttributeValue {
	return number(s.clock.Now().Add(s.keep + expiryMargin).Unix())
}

// conditionFailed tells whether a conditional write met something else than it demands, and what.
func conditionFailed(err error) (old attributes, failed bool) {
	var c *types.ConditionalCheckFailedException
	if !errors.As(err, &c) {
		return nil, false
	}
	return attributes(c.Item), true
}

const absent = "attribute_not_exists(pk)"

// put puts an item unless there is one under its key: then it returns that one, and failed.
func (s *Store) put(ctx context.Context, i item) (old attributes, failed bool, err error) {
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.table, Item: i, ConditionExpression: aws.String(absent),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed = conditionFailed(err); failed {
		return old, true, nil
	}
	return nil, false, err
}

// get reads an item; nil when there is none.
func (s *Store) get(ctx context.Context, key item) (attributes, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return attributes(out.Item), nil
}

// BatchGetItem's bound.
const batchKeys = 100

// getAll reads items; those that there are, by sort key and partition key.
func (s *Store) getAll(ctx context.Context, keys []item) (map[[2]string]attributes, error) {
	found := make(map[[2]string]attributes, len(keys))
	for len(keys) > 0 {
		n := min(len(keys), batchKeys)
		ask := map[string]types.KeysAndAttributes{s.table: {Keys: keys[:n], ConsistentRead: aws.Bool(true)}}
		keys = keys[n:]
		for pause := 10 * time.Millisecond; len(ask) > 0; pause *= 2 {
			out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
			if err != nil {
				return nil, err
			}
			for _, i := range out.Responses[s.table] {
				a := attributes(i)
				found[[2]string{a.text("pk"), a.text("sk")}] = a
			}
			if ask = out.UnprocessedKeys; len(ask) == 0 {
				break
			}
			// A table under pressure answers a part.
			if err := sleep(ctx, min(pause, time.Second)); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// query calls fn for each item that a query finds, until it returns false or an error.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, fn func(attributes) (bool, error)) error {
	in.TableName = &s.table
	for {
		out, err := s.client.Query(ctx, in)
		if err != nil {
			return err
		}
		for _, i := range out.Items {
			if more, err := fn(attributes(i)); err != nil || !more {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// below is a query for the sort keys below a partition key that begin with a prefix.
func below(pk, prefix string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": text(pk), ":s": text(prefix)},
		ConsistentRead:            aws.Bool(true),
	}
}
