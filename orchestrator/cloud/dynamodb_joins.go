package cloud

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// A join has an attribute for each child that has succeeded: setting it twice changes nothing. A few hundred of them would be
// an expensive item, and a hot one; so a wide fork has an item for every hundred children, under partition keys of their own,
// and its root counts what these have: always where a window has the next child start, otherwise once for each full group.
//
// Closing marks the root first and every group after it: from then on nothing is issued, and when it returns nothing is
// counted.

const (
	groupSize = 100
	// The names of the attributes that count: childPrefix and an index for the number of the child's last record, countPrefix
	// and a group for how many of that group the root knows of.
	childPrefix = "c"
	countPrefix = "n"
)

// joinPlace is where a join is.
type joinPlace struct {
	fork             machine.Key
	children, window int
}

func newJoinPlace(fork machine.Key, children, window int) joinPlace {
	if window <= 0 || window > children {
		window = children
	}
	return joinPlace{fork, children, window}
}

func (p joinPlace) windowed() bool { return p.window < p.children }

func (p joinPlace) groups() int { return max(1, (p.children+groupSize-1)/groupSize) }

func (p joinPlace) sizeOf(group int) int { return min(groupSize, p.children-group*groupSize) }

func (p joinPlace) issued(done int) int { return min(p.children, p.window+done) }

func (p joinPlace) pk() string {
	return "j#" + escape(p.fork.Execution) + "#" + escape(string(p.fork.Branch)) + "#" + strconv.Itoa(p.fork.Seq)
}

func (p joinPlace) rootKey() item { return keyOf(p.pk(), "j") }

// groupKey is the root's where there is but one group.
func (p joinPlace) groupKey(group int) item {
	if p.groups() == 1 {
		return p.rootKey()
	}
	return keyOf(p.pk()+"#"+strconv.Itoa(group), "j")
}

func (p joinPlace) check(end engine.ChildEnd) error {
	if end.Index < 0 || end.Index >= p.children {
		return fmt.Errorf("store: child %d of %s, which has %d", end.Index, p.fork, p.children)
	}
	return nil
}

// doneOf returns the children that a group has counted, in no particular order.
func doneOf(i attributes) (done []engine.ChildEnd) {
	for name := range i {
		index, isChild := strings.CutPrefix(name, childPrefix)
		if n, err := strconv.Atoi(index); isChild && err == nil {
			done = append(done, engine.ChildEnd{Index: n, Seq: int(i.number(name))})
		}
	}
	return done
}

func countName(group int) string { return countPrefix + strconv.Itoa(group) }

// counted is how many children a root knows of.
func (p joinPlace) counted(root attributes) (total int) {
	for g := range p.groups() {
		total += int(root.number(countName(g)))
	}
	return total
}

// ChildSucceeded implements [engine.JoinStore].
func (s *Store) ChildSucceeded(ctx context.Context, fork machine.Key, children, window int, end engine.ChildEnd) (j engine.Join, first bool, err error) {
	p := newJoinPlace(fork, children, window)
	if err := p.check(end); err != nil {
		return j, false, err
	}
	done, first, closed, err := s.addChild(ctx, p, end)
	if err != nil {
		return j, false, fmt.Errorf("count child %d: %w", end.Index, err)
	}
	total, from := len(done), len(done)-1
	switch {
	case closed || p.groups() == 1:
	case p.windowed() || len(done) == p.sizeOf(end.Index/groupSize):
		// Again for a repeat: whoever was first may have been lost before it got here.
		if from, total, closed, err = s.count(ctx, p, end.Index/groupSize, len(done)); err != nil {
			return j, false, fmt.Errorf("count child %d: %w", end.Index, err)
		}
	default:
		total = 0 // there are children left in this group
	}
	if !first || closed || total == children {
		j, err = s.Join(ctx, fork, children, window)
		if first && !closed {
			j.From = p.issued(from)
		}
		return j, first, err
	}
	return engine.Join{Issued: p.issued(total), From: p.issued(from)}, true, nil
}

// addChild adds a child to its group. first is false when it was there, or the group is closed.
func (s *Store) addChild(ctx context.Context, p joinPlace, end engine.ChildEnd) (done []engine.ChildEnd, first, closed bool, err error) {
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: p.groupKey(end.Index / groupSize),
		UpdateExpression:                    aws.String("SET #c = :seq, expires = :e"),
		ConditionExpression:                 aws.String("attribute_not_exists(closed) AND attribute_not_exists(#c)"),
		ExpressionAttributeNames:            map[string]string{"#c": childPrefix + strconv.Itoa(end.Index)},
		ExpressionAttributeValues:           item{":seq": number(end.Seq), ":e": s.expires()},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed := conditionFailed(err); failed {
		return doneOf(old), false, old.has("closed"), nil
	}
	if err != nil {
		return nil, false, false, err
	}
	return doneOf(attributes(out.Attributes)), true, false, nil
}

// count tells the root how many children of a group have succeeded: it counts up from one total to the next, which are the
// same when another call has told it already.
func (s *Store) count(ctx context.Context, p joinPlace, group, n int) (from, to int, closed bool, err error) {
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: p.rootKey(),
		UpdateExpression:          aws.String("SET #n = :n, expires = :e"),
		ConditionExpression:       aws.String("attribute_not_exists(closed) AND (attribute_not_exists(#n) OR #n < :n)"),
		ExpressionAttributeNames:  map[string]string{"#n": countName(group)},
		ExpressionAttributeValues: item{":n": number(n), ":e": s.expires()},
		ReturnValues:              types.ReturnValueAllOld, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed := conditionFailed(err); failed {
		total := p.counted(old)
		return total, total, old.has("closed"), nil
	}
	if err != nil {
		return 0, 0, false, err
	}
	old := attributes(out.Attributes)
	from = p.counted(old)
	return from, from - int(old.number(countName(group))) + n, false, nil
}

// ChildFailed implements [engine.JoinStore].
func (s *Store) ChildFailed(ctx context.Context, fork machine.Key, children, window int, end engine.ChildEnd) (engine.Join, error) {
	p := newJoinPlace(fork, children, window)
	if err := p.check(end); err != nil {
		return engine.Join{}, err
	}
	return s.closeJoin(ctx, p, item{":failed": number(end.Index), ":at": number(end.Seq)})
}

// CloseJoin implements [engine.JoinStore].
func (s *Store) CloseJoin(ctx context.Context, fork machine.Key, children, window int) (engine.Join, error) {
	return s.closeJoin(ctx, newJoinPlace(fork, children, window), item{})
}

func (s *Store) closeJoin(ctx context.Context, p joinPlace, values item) (engine.Join, error) {
	if err := s.markClosed(ctx, p.rootKey(), values); err != nil {
		return engine.Join{}, fmt.Errorf("close join %s: %w", p.fork, err)
	}
	for g := range p.groups() {
		if p.groups() == 1 {
			break
		}
		if err := s.markClosed(ctx, p.groupKey(g), item{}); err != nil {
			return engine.Join{}, fmt.Errorf("close join %s: %w", p.fork, err)
		}
	}
	return s.Join(ctx, p.fork, p.children, p.window)
}

func (s *Store) markClosed(ctx context.Context, key item, values item) error {
	update := "SET closed = :true, expires = :e"
	if values[":failed"] != nil {
		update += ", failed = :failed, failedat = :at"
	}
	values[":true"], values[":e"] = &types.AttributeValueMemberBOOL{Value: true}, s.expires()
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: key, UpdateExpression: &update,
		ConditionExpression: aws.String("attribute_not_exists(closed)"), ExpressionAttributeValues: values,
	})
	if _, failed := conditionFailed(err); failed {
		return nil
	}
	return err
}

// Join implements [engine.JoinStore].
func (s *Store) Join(ctx context.Context, fork machine.Key, children, window int) (j engine.Join, err error) {
	p := newJoinPlace(fork, children, window)
	keys := []item{p.rootKey()}
	if p.groups() > 1 {
		for g := range p.groups() {
			keys = append(keys, p.groupKey(g))
		}
	}
	items, err := s.getAll(ctx, keys)
	if err != nil {
		return j, err
	}
	root := items[[2]string{p.pk(), "j"}]
	total := 0
	for g := range p.groups() {
		k := attributes(p.groupKey(g))
		done := doneOf(items[[2]string{k.text("pk"), k.text("sk")}])
		j.Done = append(j.Done, done...)
		switch {
		case p.groups() == 1:
			total = len(done)
		case p.windowed() && !root.has("closed") && len(done) > int(root.number(countName(g))):
			// Whoever counted the last of them was lost before the root knew, which has the next ones issued.
			if _, total, _, err = s.count(ctx, p, g, len(done)); err != nil {
				return j, err
			}
		default:
			total = max(total, p.counted(root))
		}
	}
	slices.SortFunc(j.Done, func(a, b engine.ChildEnd) int { return a.Index - b.Index })
	j.Closed, j.Issued = root.has("closed"), p.issued(total)
	if root.has("failed") {
		j.Failed = &engine.ChildEnd{Index: int(root.number("failed")), Seq: int(root.number("failedat"))}
	}
	return j, nil
}
