package local

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// Values begin with the format that the rest has. Readers accept the formats of this release and the one before.
const format = 1

func seal(data []byte) []byte {
	return append(append(make([]byte, 0, 1+len(data)), format), data...)
}

// unseal returns a part of value.
func unseal(value []byte) ([]byte, error) {
	if len(value) == 0 {
		return nil, fmt.Errorf("store: a value without a format")
	}
	if value[0] != format {
		return nil, fmt.Errorf("store: a value of format %d, of which this release knows nothing", value[0])
	}
	return value[1:], nil
}

// unsealCopy returns a copy, which is never nil.
func unsealCopy(value []byte) ([]byte, error) {
	data, err := unseal(value)
	return append([]byte{}, data...), err
}

// sealJSON puts v into a line, and raw bytes after it.
func sealJSON(v any, raw []byte) ([]byte, error) {
	line, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	value := make([]byte, 0, len(line)+len(raw)+2)
	value = append(append(append(value, format), line...), '\n')
	return append(value, raw...), nil
}

// unsealJSON fills in v, and returns a copy of the raw bytes, nil when there are none.
func unsealJSON(value []byte, v any) (raw []byte, err error) {
	data, err := unseal(value)
	if err != nil {
		return nil, err
	}
	line, rest, _ := bytes.Cut(data, []byte{'\n'})
	if err := json.Unmarshal(line, v); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return append(raw, rest...), nil
}

// claimValue is a claim but for its key; the output of Submitted follows as raw bytes.
type claimValue struct {
	At        machine.Stamp   `json:"at"`
	Nonce     string          `json:"nonce"`
	Owner     string          `json:"owner"`
	Lease     time.Time       `json:"lease"`
	Heartbeat time.Time       `json:"heartbeat"`
	Submitted *submittedValue `json:"submitted,omitempty"`
}

type submittedValue struct {
	At    machine.Stamp `json:"at"`
	Child string        `json:"child,omitempty"`
}

func encodeClaim(c *engine.Claim) ([]byte, error) {
	v := claimValue{At: c.At, Nonce: c.Nonce, Owner: c.Owner, Lease: c.Lease.UTC(), Heartbeat: c.Heartbeat.UTC()}
	if c.Submitted == nil {
		return sealJSON(v, nil)
	}
	v.Submitted = &submittedValue{c.Submitted.At, c.Submitted.Child}
	return sealJSON(v, c.Submitted.Output)
}

func decodeClaim(key machine.Key, value []byte) (*engine.Claim, error) {
	var v claimValue
	output, err := unsealJSON(value, &v)
	if err != nil {
		return nil, err
	}
	c := &engine.Claim{Key: key, At: v.At, Nonce: v.Nonce, Owner: v.Owner, Lease: v.Lease, Heartbeat: v.Heartbeat}
	if v.Submitted != nil {
		c.Submitted = &engine.Submitted{At: v.Submitted.At, Output: output, Child: v.Submitted.Child}
	}
	return c, nil
}

// joinValue is a join but for the children that have succeeded, which are items of their own.
type joinValue struct {
	Issued int         `json:"issued"`
	Done   int         `json:"done"` // how many have succeeded
	Failed *childValue `json:"failed,omitempty"`
	Closed bool        `json:"closed,omitempty"`
}

type childValue struct {
	Index int `json:"index"`
	Seq   int `json:"seq"`
}

func (v *joinValue) join() engine.Join {
	j := engine.Join{Issued: v.Issued, Closed: v.Closed}
	if v.Failed != nil {
		j.Failed = &engine.ChildEnd{Index: v.Failed.Index, Seq: v.Failed.Seq}
	}
	return j
}

// encodeChild is the value of a child that has succeeded, whose index is in the key.
func encodeChild(seq int) []byte {
	return binary.AppendUvarint([]byte{format}, uint64(seq))
}

func decodeChild(value []byte) (seq int, err error) {
	data, err := unseal(value)
	if err != nil {
		return 0, err
	}
	n, size := binary.Uvarint(data)
	if size <= 0 {
		return 0, fmt.Errorf("store: malformed end of a child")
	}
	return int(n), nil
}

// executionValue is an execution but for its ARN, input and output.
type executionValue struct {
	Machine     string         `json:"machine"`
	Revision    string         `json:"revision,omitempty"`
	Version     string         `json:"version,omitempty"`
	Alias       string         `json:"alias,omitempty"`
	Name        string         `json:"name"`
	At          machine.Stamp  `json:"at"`
	Parent      *parentValue   `json:"parent,omitempty"`
	TestCase    string         `json:"testCase,omitempty"`
	TraceHeader string         `json:"traceHeader,omitempty"`
	Status      machine.Status `json:"status"`
	End         machine.Stamp  `json:"end,omitempty"`
	Error       *string        `json:"error,omitempty"`
	Cause       *string        `json:"cause,omitempty"`
}

type parentValue struct {
	Execution string           `json:"execution"`
	Branch    machine.BranchID `json:"branch,omitempty"`
	Seq       int              `json:"seq"`
	Waits     bool             `json:"waits,omitempty"`
}

func encodeExecution(x *engine.Execution) ([]byte, error) {
	v := executionValue{
		Machine: x.Machine, Revision: x.Revision, Version: x.Version, Alias: x.Alias, Name: x.Name, At: x.At,
		TestCase: x.TestCase, TraceHeader: x.TraceHeader, Status: x.Status, End: x.End, Error: x.Error, Cause: x.Cause,
	}
	if p := x.Parent; p != nil {
		v.Parent = &parentValue{p.Execution, p.Branch, p.Seq, p.Waits}
	}
	return sealJSON(v, nil)
}

func decodeExecution(arn string, value []byte) (*engine.Execution, error) {
	var v executionValue
	if _, err := unsealJSON(value, &v); err != nil {
		return nil, err
	}
	x := &engine.Execution{
		ARN: arn, Machine: v.Machine, Revision: v.Revision, Version: v.Version, Alias: v.Alias, Name: v.Name, At: v.At,
		TestCase: v.TestCase, TraceHeader: v.TraceHeader, Status: v.Status, End: v.End, Error: v.Error, Cause: v.Cause,
	}
	if p := v.Parent; p != nil {
		x.Parent = &engine.ParentLink{Key: machine.Key{Execution: p.Execution, Branch: p.Branch, Seq: p.Seq}, Waits: p.Waits}
	}
	return x, nil
}

func encodeDoc(d engine.Doc) []byte {
	value := binary.AppendUvarint(append(make([]byte, 0, len(d.Data)+11), format), uint64(d.Etag))
	return append(value, d.Data...)
}

func decodeDoc(kind, id string, value []byte) (engine.Doc, error) {
	data, err := unseal(value)
	if err != nil {
		return engine.Doc{}, err
	}
	etag, size := binary.Uvarint(data)
	if size <= 0 {
		return engine.Doc{}, fmt.Errorf("store: malformed document")
	}
	return engine.Doc{Kind: kind, ID: id, Etag: int64(etag), Data: bytes.Clone(data[size:])}, nil
}
