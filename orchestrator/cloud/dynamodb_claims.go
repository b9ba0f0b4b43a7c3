package cloud

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// PutClaim implements [engine.ClaimStore].
func (s *Store) PutClaim(ctx context.Context, c *engine.Claim) (*engine.Claim, error) {
	i, err := s.encodeClaim(ctx, c)
	if err != nil {
		return nil, err
	}
	// The client repeats a put whose answer is lost: the repeat meets what the first one has put, and must not take it for
	// another's.
	id := rand.Text()
	i["rid"] = text(id)
	old, failed, err := s.put(ctx, i)
	switch {
	case err != nil:
		return nil, err
	case !failed || old.text("rid") == id:
		return nil, nil
	}
	existing, err := s.decodeClaim(ctx, c.Key, old)
	if err != nil {
		return nil, err
	}
	return existing, engine.ErrExists
}

// Claim implements [engine.ClaimStore].
func (s *Store) Claim(ctx context.Context, key machine.Key) (*engine.Claim, error) {
	i, err := s.get(ctx, placeKey(claimFamily, key))
	if err != nil {
		return nil, err
	}
	if i == nil {
		return nil, engine.ErrNotFound
	}
	return s.decodeClaim(ctx, key, i)
}

// TakeClaim implements [engine.ClaimStore].
func (s *Store) TakeClaim(ctx context.Context, key machine.Key, from, owner string, lease time.Time) error {
	old, failed, err := s.updateClaim(ctx, key, "SET own = :o, lease = :l", "own = :f",
		item{":o": text(owner), ":l": number(lease.UnixNano()), ":f": text(from)})
	if !failed || old == nil {
		return err
	}
	if old.text("own") == owner && old.number("lease") == lease.UnixNano() {
		return nil // a repeat of this very call, whose answer was lost
	}
	return engine.ErrExists
}

// SubmitClaim implements [engine.ClaimStore].
func (s *Store) SubmitClaim(ctx context.Context, key machine.Key, submitted engine.Submitted) error {
	value, err := s.encodeSubmitted(ctx, key, submitted)
	if err != nil {
		return err
	}
	_, _, err = s.updateClaim(ctx, key, "SET submitted = :s", "attribute_not_exists(submitted)", item{":s": bytesOf(value)})
	return err
}

// HeartbeatClaim implements [engine.ClaimStore].
func (s *Store) HeartbeatClaim(ctx context.Context, key machine.Key, t time.Time) error {
	_, _, err := s.updateClaim(ctx, key, "SET beat = :t", "beat < :t", item{":t": number(t.UnixNano())})
	return err
}

// updateClaim updates a claim under a condition. failed says that there is a claim, old, that does not meet it.
func (s *Store) updateClaim(ctx context.Context, key machine.Key, update, condition string, values item) (old attributes, failed bool, err error) {
	_, err = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: placeKey(claimFamily, key), UpdateExpression: aws.String(update),
		ConditionExpression: aws.String("attribute_exists(pk) AND " + condition), ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	old, failed = conditionFailed(err)
	switch {
	case !failed:
		return nil, false, err
	case len(old) == 0:
		return nil, false, engine.ErrNotFound
	}
	return old, true, nil
}

// ScanClaims implements [engine.ClaimStore].
func (s *Store) ScanClaims(ctx context.Context, execution string, fn func(*engine.Claim) error) error {
	return s.scanPlaces(ctx, claimFamily, execution, func(key machine.Key, i attributes) error {
		c, err := s.decodeClaim(ctx, key, i)
		if err != nil {
			return err
		}
		return fn(c)
	})
}

// submittedValue is what a claim keeps of its Submitted.
type submittedValue struct {
	At     machine.Stamp `json:"at"`
	Child  string        `json:"child,omitempty"`
	Output []byte        `json:"output"`
}

func (s *Store) encodeClaim(ctx context.Context, c *engine.Claim) (item, error) {
	i := placeKey(claimFamily, c.Key)
	i["at"], i["nonce"], i["own"] = number(c.At), text(c.Nonce), text(c.Owner)
	i["lease"], i["beat"], i["expires"] = number(c.Lease.UnixNano()), number(c.Heartbeat.UnixNano()), s.expires()
	if c.Submitted != nil {
		value, err := s.encodeSubmitted(ctx, c.Key, *c.Submitted)
		if err != nil {
			return nil, err
		}
		i["submitted"] = bytesOf(value)
	}
	return i, nil
}

func (s *Store) encodeSubmitted(ctx context.Context, key machine.Key, submitted engine.Submitted) ([]byte, error) {
	data, err := json.Marshal(submittedValue{submitted.At, submitted.Child, submitted.Output})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return s.seal(ctx, key.Execution, data)
}

func (s *Store) decodeClaim(ctx context.Context, key machine.Key, i attributes) (*engine.Claim, error) {
	c := &engine.Claim{
		Key: key, At: machine.Stamp(i.number("at")), Nonce: i.text("nonce"), Owner: i.text("own"),
		Lease: time.Unix(0, i.number("lease")).UTC(), Heartbeat: time.Unix(0, i.number("beat")).UTC(),
	}
	if !i.has("submitted") {
		return c, nil
	}
	data, err := s.unseal(ctx, key.Execution, i.bytes("submitted"))
	if err != nil {
		return nil, err
	}
	var v submittedValue
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("claim %s: %w", key, err)
	}
	c.Submitted = &engine.Submitted{At: v.At, Child: v.Child, Output: v.Output}
	return c, nil
}
