package cloud

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// The indexes of the table. An execution is in list as long as it is kept, and in look while it runs; both spread over several
// partition keys.
const (
	listIndex  = "list"
	lookIndex  = "look"
	listShards = 8
	lookShards = 4
)

// summaryValue is the part of a summary that never changes, but for the input.
type summaryValue struct {
	Machine     string        `json:"machine"`
	Revision    string        `json:"revision"`
	Version     string        `json:"version,omitempty"`
	Alias       string        `json:"alias,omitempty"`
	Name        string        `json:"name"`
	At          machine.Stamp `json:"at"`
	Parent      *parentValue  `json:"parent,omitempty"`
	TestCase    string        `json:"test,omitempty"`
	TraceHeader string        `json:"trace,omitempty"`
}

type parentValue struct {
	Execution string           `json:"execution"`
	Branch    machine.BranchID `json:"branch,omitempty"`
	Seq       int              `json:"seq"`
	Waits     bool             `json:"waits,omitempty"`
}

func newSummaryValue(x *engine.Execution) summaryValue {
	v := summaryValue{
		Machine: x.Machine, Revision: x.Revision, Version: x.Version, Alias: x.Alias, Name: x.Name, At: x.At,
		TestCase: x.TestCase, TraceHeader: x.TraceHeader,
	}
	if p := x.Parent; p != nil {
		v.Parent = &parentValue{p.Execution, p.Branch, p.Seq, p.Waits}
	}
	return v
}

func (v summaryValue) execution(arn string) *engine.Execution {
	x := &engine.Execution{
		ARN: arn, Machine: v.Machine, Revision: v.Revision, Version: v.Version, Alias: v.Alias, Name: v.Name, At: v.At,
		TestCase: v.TestCase, TraceHeader: v.TraceHeader, Status: machine.Running,
	}
	if p := v.Parent; p != nil {
		x.Parent = &engine.ParentLink{Key: machine.Key{Execution: p.Execution, Branch: p.Branch, Seq: p.Seq}, Waits: p.Waits}
	}
	return x
}

func summaryKey(arn string) item { return keyOf("x#"+escape(arn), "x") }

func listPartition(machineARN string, shard int) string {
	return "l#" + escape(machineARN) + "#" + strconv.Itoa(shard)
}

// stampDigits are enough for every stamp.
const stampDigits = 19

func listSort(at machine.Stamp, arn string) string {
	return fmt.Sprintf("%0*d#%s", stampDigits, int64(at), arn)
}

func cutListSort(lsk string) (arn string, err error) {
	if len(lsk) <= stampDigits {
		return "", fmt.Errorf("store: listed as %q", lsk)
	}
	return lsk[stampDigits+1:], nil
}

func lookPartition(shard int) string { return "o#" + strconv.Itoa(shard) }

// lookSort is when sweep is to look at an execution.
func lookSort(at time.Time, arn string) string { return fmt.Sprintf("%013d#%s", at.UnixMilli(), arn) }

// CreateExecution implements [engine.ExecutionStore].
func (s *Store) CreateExecution(ctx context.Context, x *engine.Execution) (*engine.Execution, error) {
	i, err := s.encodeExecution(ctx, x)
	if err != nil {
		return nil, err
	}
	old, failed, err := s.put(ctx, i)
	if err != nil || !failed {
		return nil, err
	}
	existing, err := s.decodeExecution(ctx, x.ARN, old)
	if err != nil {
		return nil, err
	}
	return existing, engine.ErrExists
}

func (s *Store) encodeExecution(ctx context.Context, x *engine.Execution) (item, error) {
	data, err := json.Marshal(newSummaryValue(x))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	i := summaryKey(x.ARN)
	i["sum"], i["st"] = bytesOf(data), text(string(x.Status))
	i["lpk"], i["lsk"] = text(listPartition(x.Machine, shardOf(x.ARN, listShards))), text(listSort(x.At, x.ARN))
	if x.Status == machine.Running {
		i["opk"], i["osk"] = text(lookPartition(shardOf(x.ARN, lookShards))), text(lookSort(x.At.Time(), x.ARN))
	}
	input, err := s.seal(ctx, x.ARN, x.Input)
	if err != nil {
		return nil, err
	}
	i["in"] = bytesOf(input)
	end, err := s.encodeEnd(ctx, x.ARN, x.Status, x.End, x.Output, x.Error, x.Cause)
	if x.Status == machine.Running {
		delete(end, "expires")
	}
	maps.Copy(i, end)
	return i, err
}

// encodeEnd is what a summary gains when its execution ends.
func (s *Store) encodeEnd(ctx context.Context, arn string, status machine.Status, end machine.Stamp, output []byte, errorName, cause *string) (item, error) {
	i := item{"st": text(string(status)), "ended": number(end), "expires": number(s.clock.Now().Add(s.keep).Unix())}
	if output != nil {
		value, err := s.seal(ctx, arn, output)
		if err != nil {
			return nil, err
		}
		i["out"] = bytesOf(value)
	}
	if errorName != nil {
		i["err"] = text(*errorName)
	}
	if cause != nil {
		value, err := s.seal(ctx, arn, []byte(*cause))
		if err != nil {
			return nil, err
		}
		i["cause"] = bytesOf(value)
	}
	return i, nil
}

// decodeSummary decodes what the list index has of an execution.
func decodeSummary(arn string, i attributes) (*engine.Execution, error) {
	var v summaryValue
	if err := json.Unmarshal(i.bytes("sum"), &v); err != nil {
		return nil, fmt.Errorf("execution %s: %w", arn, err)
	}
	x := v.execution(arn)
	x.Status, x.End = machine.Status(i.text("st")), machine.Stamp(i.number("ended"))
	return x, nil
}

func (s *Store) decodeExecution(ctx context.Context, arn string, i attributes) (*engine.Execution, error) {
	x, err := decodeSummary(arn, i)
	if err != nil {
		return nil, err
	}
	if x.Input, err = s.unseal(ctx, arn, i.bytes("in")); err != nil {
		return nil, err
	}
	if i.has("out") {
		if x.Output, err = s.unseal(ctx, arn, i.bytes("out")); err != nil {
			return nil, err
		}
	}
	if i.has("err") {
		x.Error = aws.String(i.text("err"))
	}
	if i.has("cause") {
		cause, err := s.unseal(ctx, arn, i.bytes("cause"))
		if err != nil {
			return nil, err
		}
		x.Cause = aws.String(string(cause))
	}
	return x, nil
}

// Execution implements [engine.ExecutionStore].
func (s *Store) Execution(ctx context.Context, arn string) (*engine.Execution, error) {
	i, err := s.get(ctx, summaryKey(arn))
	if err != nil {
		return nil, err
	}
	if i == nil {
		return nil, engine.ErrNotFound
	}
	return s.decodeExecution(ctx, arn, i)
}

// EndExecution implements [engine.ExecutionStore].
func (s *Store) EndExecution(ctx context.Context, arn string, status machine.Status, end machine.Stamp, output []byte, errorName, cause *string) error {
	i, err := s.encodeEnd(ctx, arn, status, end, output, errorName, cause)
	if err != nil {
		return err
	}
	var set []string
	names, values := map[string]string{}, item{":running": text(string(machine.Running))}
	for name, v := range i {
		names["#"+name], values[":"+name] = name, v
		set = append(set, "#"+name+" = :"+name)
	}
	slices.Sort(set)
	_, err = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: summaryKey(arn),
		UpdateExpression:         aws.String("SET " + strings.Join(set, ", ") + " REMOVE opk, osk, looks"),
		ConditionExpression:      aws.String("attribute_exists(pk) AND #st = :running"),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	old, failed := conditionFailed(err)
	switch {
	case !failed:
		return err
	case len(old) == 0:
		return engine.ErrNotFound
	}
	return nil
}

// Executions implements [engine.ExecutionStore]. A query for any machine reads the whole index: it is for tools and tests, the
// API has none.
func (s *Store) Executions(ctx context.Context, q engine.ExecutionQuery) (page []*engine.Execution, next string, err error) {
	if err := checkLimit(q.Limit); err != nil {
		return nil, "", err
	}
	after, err := base64.RawURLEncoding.DecodeString(q.After)
	if err != nil {
		return nil, "", fmt.Errorf("store: page token %q: %w", q.After, err)
	}
	var from []*listing
	if q.Machine == "" {
		from, err = s.listAll(ctx)
	} else {
		from = s.listMachine(q.Machine, string(after))
	}
	if err != nil {
		return nil, "", err
	}
	last := ""
	for {
		i, err := latest(ctx, from)
		if err != nil || i == nil {
			return page, "", err
		}
		lsk := i.text("lsk")
		arn, err := cutListSort(lsk)
		if err != nil {
			return nil, "", err
		}
		x, err := decodeSummary(arn, i)
		if err != nil {
			return nil, "", err
		}
		listed := len(after) == 0 || lsk < string(after)
		if !listed || (q.Status != "" && q.Status != x.Status) || (q.Version != "" && q.Version != x.Version && q.Version != x.Alias) {
			continue
		}
		if len(page) == q.Limit {
			return page, base64.RawURLEncoding.EncodeToString([]byte(last)), nil
		}
		page, last = append(page, x), lsk
	}
}

// listing reads executions, the latest first.
type listing struct {
	items []attributes
	more  func(context.Context) ([]attributes, error) // the next items; nil after the last
}

// peek returns the next item, or nil.
func (l *listing) peek(ctx context.Context) (attributes, error) {
	for len(l.items) == 0 && l.more != nil {
		var err error
		if l.items, err = l.more(ctx); err != nil {
			return nil, err
		}
	}
	if len(l.items) == 0 {
		return nil, nil
	}
	return l.items[0], nil
}

// latest takes the latest of what several listings have next, or nil.
func latest(ctx context.Context, from []*listing) (attributes, error) {
	var best *listing
	for _, l := range from {
		i, err := l.peek(ctx)
		if err != nil {
			return nil, err
		}
		if i != nil && (best == nil || i.text("lsk") > best.items[0].text("lsk")) {
			best = l
		}
	}
	if best == nil {
		return nil, nil
	}
	i := best.items[0]
	best.items = best.items[1:]
	return i, nil
}

// listMachine lists the executions of a machine that come after a place.
func (s *Store) listMachine(machineARN, after string) []*listing {
	var from []*listing
	for shard := range listShards {
		in := &dynamodb.QueryInput{
			TableName: &s.table, IndexName: aws.String(listIndex), ScanIndexForward: aws.Bool(false),
			KeyConditionExpression:    aws.String("lpk = :p"),
			ExpressionAttributeValues: item{":p": text(listPartition(machineARN, shard))},
		}
		if after != "" {
			in.KeyConditionExpression = aws.String("lpk = :p AND lsk < :a")
			in.ExpressionAttributeValues[":a"] = text(after)
		}
		l := &listing{}
		l.more = func(ctx context.Context) ([]attributes, error) {
			out, err := s.client.Query(ctx, in)
			if err != nil {
				return nil, err
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
				l.more = nil
			}
			return attributesOf(out.Items), nil
		}
		from = append(from, l)
	}
	return from
}

// listAll lists all executions.
func (s *Store) listAll(ctx context.Context) ([]*listing, error) {
	all := &listing{}
	in := &dynamodb.ScanInput{TableName: &s.table, IndexName: aws.String(listIndex)}
	for {
		out, err := s.client.Scan(ctx, in)
		if err != nil {
			return nil, err
		}
		all.items = append(all.items, attributesOf(out.Items)...)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
			break
		}
	}
	slices.SortFunc(all.items, func(a, b attributes) int { return strings.Compare(b.text("lsk"), a.text("lsk")) })
	return []*listing{all}, nil
}

func attributesOf(items []item) []attributes {
	out := make([]attributes, len(items))
	for n, i := range items {
		out[n] = attributes(i)
	}
	return out
}

// OpenExecutions implements [engine.ExecutionStore]: shard by shard of the look index.
func (s *Store) OpenExecutions(ctx context.Context, after string, limit int) (arns []string, next string, err error) {
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	shard, arn, _ := strings.Cut(after, "#")
	first := 0
	if after != "" {
		if first, err = strconv.Atoi(shard); err != nil {
			return nil, "", fmt.Errorf("store: page token %q: %w", after, err)
		}
	}
	for n := first; n < lookShards; n++ {
		var found []string
		if err := s.looks(ctx, n, "", func(_ time.Time, arn string) (bool, error) {
			found = append(found, arn)
			return true, nil
		}); err != nil {
			return nil, "", err
		}
		slices.Sort(found) // when to look changes between pages, the name does not
		for _, x := range found {
			if n == first && after != "" && x <= arn {
				continue
			}
			if len(arns) == limit {
				last := arns[limit-1]
				return arns, strconv.Itoa(shardOf(last, lookShards)) + "#" + last, nil
			}
			arns = append(arns, x)
		}
	}
	return arns, "", nil
}

// looks calls fn for the running executions of a shard that are to be looked at before a time, as lookSort writes it; "" for
// all.
func (s *Store) looks(ctx context.Context, shard int, before string, fn func(at time.Time, arn string) (bool, error)) error {
	in := &dynamodb.QueryInput{
		IndexName: aws.String(lookIndex), KeyConditionExpression: aws.String("opk = :p"),
		ExpressionAttributeValues: item{":p": text(lookPartition(shard))},
	}
	if before != "" {
		in.KeyConditionExpression = aws.String("opk = :p AND osk < :t")
		in.ExpressionAttributeValues[":t"] = text(before)
	}
	return s.query(ctx, in, func(i attributes) (bool, error) {
		ms, arn, ok := strings.Cut(i.text("osk"), "#")
		at, err := strconv.ParseInt(ms, 10, 64)
		if err != nil || !ok {
			return false, fmt.Errorf("store: to be looked at at %q", i.text("osk"))
		}
		return fn(time.UnixMilli(at), arn)
	})
}
