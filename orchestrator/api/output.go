package api

import (
	"fmt"
	"time"
)

// timestamp is a time as the protocol has it: seconds since 1970, with milliseconds. The zero time is left out.
type timestamp time.Time

// MarshalJSON implements [json.Marshaler].
func (t timestamp) MarshalJSON() ([]byte, error) {
	ms := time.Time(t).UnixMilli()
	return fmt.Appendf(nil, "%d.%03d", ms/1000, ms%1000), nil
}

// IsZero is what "omitzero" asks.
func (t timestamp) IsZero() bool { return time.Time(t).IsZero() }

// orZero returns what p points to, or the zero value.
func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
