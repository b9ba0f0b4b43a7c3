package cloud

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// AppendRecord implements [engine.RecordStore].
func (s *Store) AppendRecord(ctx context.Context, key machine.Key, data []byte) error {
	value, err := s.seal(ctx, key.Execution, data)
	if err != nil {
		return err
	}
	i := placeKey(recordFamily, key)
	i["d"], i["expires"] = bytesOf(value), s.expires()
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: i, ConditionExpression: aws.String(absent)})
	if _, failed := conditionFailed(err); failed {
		return engine.ErrExists
	}
	return err
}

// Record implements [engine.RecordStore].
func (s *Store) Record(ctx context.Context, key machine.Key) ([]byte, error) {
	i, err := s.get(ctx, placeKey(recordFamily, key))
	if err != nil {
		return nil, err
	}
	if i == nil {
		return nil, engine.ErrNotFound
	}
	return s.unseal(ctx, key.Execution, i.bytes("d"))
}

// Records implements [engine.RecordStore].
func (s *Store) Records(ctx context.Context, keys []machine.Key) ([][]byte, error) {
	unique := make([]item, 0, len(keys))
	seen := make(map[machine.Key]bool, len(keys))
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			unique = append(unique, placeKey(recordFamily, key))
		}
	}
	found, err := s.getAll(ctx, unique)
	if err != nil {
		return nil, err
	}
	records := make([][]byte, len(keys))
	for n, key := range keys {
		k := attributes(placeKey(recordFamily, key))
		i := found[[2]string{k.text("pk"), k.text("sk")}]
		if i == nil {
			continue
		}
		if records[n], err = s.unseal(ctx, key.Execution, i.bytes("d")); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// Tip implements [engine.RecordStore].
func (s *Store) Tip(ctx context.Context, execution string, branch machine.BranchID) (seq int, data []byte, err error) {
	in := below(partition(execution, branchShard(branch)), branchPrefix(recordFamily, branch))
	in.ScanIndexForward, in.Limit = aws.Bool(false), aws.Int32(1)
	err = engine.ErrNotFound
	failed := s.query(ctx, in, func(i attributes) (bool, error) {
		key, e := cutPlace(execution, recordFamily, i.text("sk"))
		if e != nil {
			return false, e
		}
		seq = key.Seq
		data, err = s.unseal(ctx, execution, i.bytes("d"))
		return false, nil
	})
	if failed != nil {
		return 0, nil, failed
	}
	return seq, data, err
}

// ScanRecords implements [engine.RecordStore].
func (s *Store) ScanRecords(ctx context.Context, execution string, fn func(machine.Key, []byte) error) error {
	return s.scanPlaces(ctx, recordFamily, execution, func(key machine.Key, i attributes) error {
		data, err := s.unseal(ctx, execution, i.bytes("d"))
		if err != nil {
			return err
		}
		return fn(key, data)
	})
}

// scanAhead is how many partitions of an execution are read at a time.
const scanAhead = 4

// scanPlaces calls fn for everything of a family in an execution, by partition and sort key. Most executions have nothing
// outside of their root's partition, so the others are read side by side.
func (s *Store) scanPlaces(ctx context.Context, family, execution string, fn func(machine.Key, attributes) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type page struct {
		items []attributes
		err   error
	}
	pages := make([]chan page, shards+1)
	slots := make(chan struct{}, scanAhead)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	for shard := range pages {
		pages[shard] = make(chan page, 1)
		readers.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			var p page
			p.err = s.query(ctx, below(partition(execution, shard), family), func(i attributes) (bool, error) {
				p.items = append(p.items, i)
				return true, nil
			})
			pages[shard] <- p
		})
	}
	for _, ready := range pages {
		p := <-ready
		if p.err != nil {
			return fmt.Errorf("scan execution %s: %w", execution, p.err)
		}
		for _, i := range p.items {
			key, err := cutPlace(execution, family, i.text("sk"))
			if err != nil {
				return err
			}
			if err := fn(key, i); err != nil {
				return err
			}
		}
	}
	return nil
}
