package cloud

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// A stored value begins with how it is stored. Readers accept the forms of this release and the one before.
const (
	formPlain      = 1 // as it is
	formCompressed = 2 // by flate
	formParts      = 3 // in parts of its own: their hash and number follow; together they are a value of one of the other forms
)

const (
	worthCompressing = 900     // bytes: what fits into the first KB costs the same as it is
	maxValue         = 120_000 // bytes in an item, so that three of them stay below DynamoDB's 400 KB
	partSize         = 350_000 // bytes
	maxUnsealed      = 64 << 20
)

var compressors = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is valid
	}
	return w
}}

// seal makes a stored value of data, which it puts into parts where it is too large for an item. Parts are named by their
// content: a repeat writes the same ones.
func (s *Store) seal(ctx context.Context, owner string, data []byte) ([]byte, error) {
	value := append([]byte{formPlain}, data...)
	if len(data) > worthCompressing {
		if c := compress(data); len(c) < len(value) {
			value = c
		}
	}
	if len(value) <= maxValue {
		return value, nil
	}
	sum := sha256.Sum256(value)
	parts := (len(value) + partSize - 1) / partSize
	for n := range parts {
		part := value[n*partSize : min((n+1)*partSize, len(value))]
		i := partKey(owner, sum[:], n)
		i["d"], i["expires"] = bytesOf(part), s.expires()
		if _, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: i}); err != nil {
			return nil, fmt.Errorf("put part %d of a value of %s: %w", n, owner, err)
		}
	}
	return append(append([]byte{formParts}, sum[:]...), byte(parts)), nil
}

func partKey(owner string, sum []byte, n int) item {
	return keyOf("p#"+escape(owner)+"#"+hex.EncodeToString(sum), strconv.Itoa(n))
}

func compress(data []byte) []byte {
	var out bytes.Buffer
	out.WriteByte(formCompressed)
	w := compressors.Get().(*flate.Writer)
	defer compressors.Put(w)
	w.Reset(&out)
	w.Write(data) // a buffer takes everything
	w.Close()
	return out.Bytes()
}

// unseal gives what seal was given; never nil.
func (s *Store) unseal(ctx context.Context, owner string, value []byte) ([]byte, error) {
	if len(value) == 0 {
		return nil, fmt.Errorf("store: a value of %s without a form", owner)
	}
	switch value[0] {
	case formPlain:
		return append([]byte{}, value[1:]...), nil
	case formCompressed:
		r := flate.NewReader(bytes.NewReader(value[1:]))
		data, err := io.ReadAll(io.LimitReader(r, maxUnsealed))
		if err != nil {
			return nil, fmt.Errorf("store: a value of %s: %w", owner, err)
		}
		return data, nil
	case formParts:
		return s.join(ctx, owner, value[1:])
	}
	return nil, fmt.Errorf("store: a value of %s in form %d, of which this release knows nothing", owner, value[0])
}

func (s *Store) join(ctx context.Context, owner string, ref []byte) ([]byte, error) {
	if len(ref) != sha256.Size+1 {
		return nil, fmt.Errorf("store: a value of %s with a malformed reference", owner)
	}
	sum := ref[:sha256.Size]
	var whole []byte
	for n := range int(ref[sha256.Size]) {
		i, err := s.get(ctx, partKey(owner, sum, n))
		if err != nil {
			return nil, fmt.Errorf("load part %d of a value of %s: %w", n, owner, err)
		}
		whole = append(whole, i.bytes("d")...)
	}
	if got := sha256.Sum256(whole); !bytes.Equal(got[:], sum) || whole[0] == formParts {
		return nil, fmt.Errorf("store: a value of %s has lost a part", owner)
	}
	return s.unseal(ctx, owner, whole)
}
