package cloud

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"minuet/orchestrator/engine"
)

// docPrefix goes before the ids of documents: a sort key may not be empty.
const docPrefix = "d#"

func docKey(kind, id string) item { return keyOf("d#"+escape(kind), docPrefix+id) }

// docOwner owns the parts of large documents. Unlike an execution's these do not expire.
func docOwner(kind, id string) string { return "doc#" + kind + "#" + id }

// PutDoc implements [engine.MachineStore].
func (s *Store) PutDoc(ctx context.Context, d engine.Doc) error {
	value, err := s.sealDoc(ctx, d)
	if err != nil {
		return err
	}
	i := docKey(d.Kind, d.ID)
	i["d"], i["etag"] = bytesOf(value), number(d.Etag+1)
	in := &dynamodb.PutItemInput{
		TableName: &s.table, Item: i, ConditionExpression: aws.String(absent),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if d.Etag != 0 {
		in.ConditionExpression = aws.String("etag = :etag")
		in.ExpressionAttributeValues = item{":etag": number(d.Etag)}
	}
	_, err = s.client.PutItem(ctx, in)
	old, failed := conditionFailed(err)
	if !failed {
		return err
	}
	if d.Etag != 0 && old.number("etag") == d.Etag+1 && bytes.Equal(old.bytes("d"), value) {
		return nil // a repeat of this very put, whose answer was lost
	}
	return engine.ErrExists
}

// sealDoc seals a document without a time to live.
func (s *Store) sealDoc(ctx context.Context, d engine.Doc) ([]byte, error) {
	value := append([]byte{formPlain}, d.Data...)
	if len(d.Data) > worthCompressing {
		if c := compress(d.Data); len(c) < len(value) {
			value = c
		}
	}
	if len(value) > partSize {
		return nil, fmt.Errorf("store: %s %s has %d bytes, compressed, of which DynamoDB takes %d", d.Kind, d.ID, len(value), partSize)
	}
	return value, nil
}

// Doc implements [engine.MachineStore].
func (s *Store) Doc(ctx context.Context, kind, id string) (engine.Doc, error) {
	i, err := s.get(ctx, docKey(kind, id))
	if err != nil {
		return engine.Doc{}, err
	}
	if i == nil {
		return engine.Doc{}, engine.ErrNotFound
	}
	return s.decodeDoc(ctx, kind, i)
}

func (s *Store) decodeDoc(ctx context.Context, kind string, i attributes) (engine.Doc, error) {
	id := i.text("sk")[len(docPrefix):]
	data, err := s.unseal(ctx, docOwner(kind, id), i.bytes("d"))
	return engine.Doc{Kind: kind, ID: id, Etag: i.number("etag"), Data: data}, err
}

// DeleteDoc implements [engine.MachineStore].
func (s *Store) DeleteDoc(ctx context.Context, kind, id string, etag int64) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.table, Key: docKey(kind, id), ConditionExpression: aws.String(absent + " OR etag = :etag"),
		ExpressionAttributeValues: item{":etag": number(etag)},
	})
	if _, failed := conditionFailed(err); failed {
		return engine.ErrExists
	}
	return err
}

// Docs implements [engine.MachineStore].
func (s *Store) Docs(ctx context.Context, kind, prefix, after string, limit int) (page []engine.Doc, next string, err error) {
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	last, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil {
		return nil, "", fmt.Errorf("store: page token %q: %w", after, err)
	}
	in := below("d#"+escape(kind), docPrefix+prefix)
	if after != "" {
		in.ExclusiveStartKey = docKey(kind, string(last))
	}
	more := false
	err = s.query(ctx, in, func(i attributes) (bool, error) {
		if len(page) == limit {
			more = true
			return false, nil
		}
		d, err := s.decodeDoc(ctx, kind, i)
		page = append(page, d)
		return true, err
	})
	if err != nil {
		return nil, "", err
	}
	if more {
		next = base64.RawURLEncoding.EncodeToString([]byte(page[len(page)-1].ID))
	}
	return page, next, nil
}

func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("store: a page of %d items", limit)
	}
	return nil
}
