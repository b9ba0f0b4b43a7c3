package machine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"minuet/orchestrator/value"
)

// recordVersion is the format that EncodeRecord writes. DecodeRecord reads this one and the one before.
const recordVersion = 1

// The presence bits of optional fields, in the order in which the fields are written.
const (
	hasResult = 1 << iota
	hasFailure
	hasError
	hasCause
	hasAssigned
	hasData
	hasVars
	hasRetry
	hasChildren
)

var (
	errTruncated = errors.New("record is cut short")
	errMalformed = errors.New("record is malformed")
)

// EncodeRecord returns a record's durable form, without its key. Data and Vars that an earlier record holds are written as
// that record's number alone.
func EncodeRecord(r *Record) []byte {
	var bits uint64
	set := func(on bool, bit uint64) {
		if on {
			bits |= bit
		}
	}
	set(r.Result != nil, hasResult)
	set(r.Failure != nil, hasFailure)
	set(r.Failure != nil && r.Failure.HasError, hasError)
	set(r.Failure != nil && r.Failure.HasCause, hasCause)
	set(!r.Assigned.IsNull(), hasAssigned)
	set(r.Data.Seq == r.Seq, hasData)
	set(r.Vars.Seq == r.Seq, hasVars)
	set(r.Retries != nil, hasRetry)
	set(r.Kind == Forked, hasChildren)

	b := make([]byte, 0, 256)
	b = append(b, recordVersion, byte(r.Kind), byte(r.Phase))
	b = binary.AppendUvarint(b, bits)
	b = binary.AppendUvarint(b, uint64(r.At))
	b = appendText(b, r.From)
	b = appendText(b, r.State)
	b = appendText(b, string(r.Status))
	b = binary.AppendUvarint(b, uint64(r.EnteredAt))
	b = binary.AppendUvarint(b, uint64(r.EnteredEvent))
	b = binary.AppendUvarint(b, uint64(r.Events))
	if bits&hasResult != 0 {
		b = appendValue(b, r.Result.Value)
	}
	if bits&hasError != 0 {
		b = appendText(b, r.Failure.Error)
	}
	if bits&hasCause != 0 {
		b = appendText(b, r.Failure.Cause)
	}
	if bits&hasAssigned != 0 {
		b = appendValue(b, r.Assigned)
	}
	b = appendData(b, r.Data, bits&hasData != 0)
	b = appendData(b, r.Vars, bits&hasVars != 0)
	if bits&hasRetry != 0 {
		b = binary.AppendUvarint(b, uint64(len(r.Retries)))
		for _, n := range r.Retries {
			b = binary.AppendUvarint(b, uint64(n))
		}
		b = binary.AppendUvarint(b, uint64(r.RetryCount))
		b = binary.AppendVarint(b, r.RetryAt.UnixMilli())
	}
	if bits&hasChildren != 0 {
		b = binary.AppendUvarint(b, uint64(r.Children))
		b = binary.AppendUvarint(b, uint64(r.Window))
	}
	return b
}

// DecodeRecord reads what EncodeRecord wrote for key. Data and Vars that an earlier record holds come without value.
func DecodeRecord(key Key, data []byte) (*Record, error) {
	if len(data) < 3 || data[0] != recordVersion {
		return nil, fmt.Errorf("record %s: unknown format", key)
	}
	d := decoder{rest: data[3:]}
	r := &Record{Key: key, Kind: Kind(data[1]), Phase: Phase(data[2])}
	bits := d.number()
	if bits >= hasChildren<<1 || bits&(hasError|hasCause) != 0 && bits&hasFailure == 0 || r.Kind > Ended || r.Phase > PhaseForked {
		return nil, fmt.Errorf("record %s: %w", key, errMalformed)
	}
	r.At = Stamp(d.number())
	r.From = d.text()
	r.State = d.text()
	r.Status = Status(d.text())
	r.EnteredAt = Stamp(d.number())
	r.EnteredEvent = int(d.number())
	r.Events = int(d.number())
	if bits&hasResult != 0 {
		r.Result = &Data{Seq: key.Seq, Value: d.value()}
	}
	if bits&hasFailure != 0 {
		r.Failure = &Failure{HasError: bits&hasError != 0, HasCause: bits&hasCause != 0}
	}
	if bits&hasError != 0 {
		r.Failure.Error = d.text()
	}
	if bits&hasCause != 0 {
		r.Failure.Cause = d.text()
	}
	if bits&hasAssigned != 0 {
		r.Assigned = d.value()
	}
	r.Data = d.data(key.Seq, bits&hasData != 0)
	r.Vars = d.data(key.Seq, bits&hasVars != 0)
	if bits&hasRetry != 0 {
		n := d.number()
		if n > uint64(len(d.rest)) {
			d.err = errTruncated
			n = 0
		}
		r.Retries = make([]int, n)
		for i := range r.Retries {
			r.Retries[i] = int(d.number())
		}
		r.RetryCount = int(d.number())
		r.RetryAt = time.UnixMilli(d.signed()).UTC()
	}
	if bits&hasChildren != 0 {
		r.Children = int(d.number())
		r.Window = int(d.number())
	}
	if d.err != nil {
		return nil, fmt.Errorf("record %s: %w", key, d.err)
	}
	return r, nil
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendValue(b []byte, v value.Value) []byte {
	text := v.AppendJSON(nil)
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}

func appendData(b []byte, d Data, inline bool) []byte {
	if inline {
		return appendValue(b, d.Value)
	}
	return binary.AppendUvarint(b, uint64(d.Seq))
}

// decoder reads fields one after another; after the first fault, which err holds, it reads zeros.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.err, d.rest = errTruncated, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) signed() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.err, d.rest = errTruncated, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) bytes() []byte {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.err, d.rest = errTruncated, nil
		return nil
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) text() string { return string(d.bytes()) }

func (d *decoder) value() value.Value {
	b := d.bytes()
	if d.err != nil {
		return value.Value{}
	}
	v, err := value.Parse(b)
	if err != nil {
		d.err = err
	}
	return v
}

func (d *decoder) data(own int, inline bool) Data {
	if inline {
		return Data{Seq: own, Value: d.value()}
	}
	return Data{Seq: int(d.number())}
}
