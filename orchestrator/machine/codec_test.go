package machine

import (
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/value"
)

func key(seq int) Key {
	return Key{"arn:aws:states:us-east-1:123456789012:execution:m:x", "5.2", seq}
}

// samples are records of every kind, with every field in use.
func samples() map[string]*Record {
	in, vars := value.MustParse(`{"a":1.0,"b":[null]}`), value.MustParse(`{"v":"w"}`)
	return map[string]*Record{
		"moved": {Key: key(3), At: 1_700_000_000_000 << 20, Kind: Moved, From: "A", Phase: PhaseStarted, State: "B",
			Result: &Data{3, value.OfString("raw")}, Assigned: vars, Data: Data{3, in}, Vars: Data{3, vars},
			EnteredAt: 1_700_000_000_000 << 20, EnteredEvent: 8, Events: 8},
		"moved, unchanged": {Key: key(3), At: 7, Kind: Moved, From: "A", State: "B", Data: Data{Seq: 1}, Vars: Data{Seq: 0}, EnteredAt: 7, EnteredEvent: 4, Events: 4},
		"retried": {Key: key(2), At: 9, Kind: Retried, From: "T", Phase: PhaseStarted, State: "T", Failure: NewFailure("E", "because"),
			Data: Data{Seq: 1}, Vars: Data{Seq: 1}, EnteredAt: 5, EnteredEvent: 2, Events: 5, Retries: []int{0, 2}, RetryCount: 2, RetryAt: time.UnixMilli(1_700_000_001_500).UTC()},
		"forked":                {Key: key(1), At: 9, Kind: Forked, From: "M", State: "M", Data: Data{Seq: 0}, Vars: Data{Seq: 0}, EnteredAt: 5, EnteredEvent: 2, Events: 3, Children: 10_000, Window: 40},
		"succeeded":             {Key: key(4), At: 9, Kind: Ended, From: "Z", Status: Succeeded, Data: Data{4, value.OfInt(1)}, Vars: Data{Seq: 0}, Events: 9},
		"failed without a name": {Key: key(4), At: 9, Kind: Ended, From: "Z", Status: Failed, Failure: &Failure{}, Data: Data{Seq: 2}, Vars: Data{Seq: 0}, Events: 9},
		"stopped":               {Key: key(4), At: 9, Kind: Ended, Status: Aborted, Failure: &Failure{HasCause: true, Cause: "c"}, Data: Data{Seq: 2}, Vars: Data{Seq: 0}, Events: 9},
	}
}

// Ensure that a record survives its durable form.
func TestRecordRoundTrip(t *testing.T) {
	for name, want := range samples() {
		got, err := DecodeRecord(want.Key, EncodeRecord(want))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

// Ensure that records that were written by format 1 are read as what they were. A file holds a record a line: its name, and
// its bytes in hexadecimal. The file of a format never changes once that format was released.
func TestGoldenRecords(t *testing.T) {
	data, err := os.ReadFile("testdata/records.v1")
	if err != nil {
		t.Fatal(err)
	}
	want, n := samples(), 0
	for line := range strings.Lines(string(data)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		encoded, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeRecord(want[name].Key, encoded)
		if err != nil || !reflect.DeepEqual(got, want[name]) {
			t.Errorf("%s is %+v (%v), want %+v", name, got, err, want[name])
		}
		n++
	}
	if n != len(want) {
		t.Errorf("%d golden records, want %d", n, len(want))
	}
}

// Ensure that what is cut short, or of another format, is refused.
func TestDecodeRecordRefuses(t *testing.T) {
	whole := EncodeRecord(samples()["moved"])
	for n := range whole {
		if r, err := DecodeRecord(key(3), whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are read as %+v", n, len(whole), r)
		}
	}
	whole[0] = recordVersion + 1
	if _, err := DecodeRecord(key(3), whole); err == nil {
		t.Error("a record of a later format is read")
	}
}

func FuzzDecodeRecord(f *testing.F) {
	for _, r := range samples() {
		f.Add(EncodeRecord(r))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := DecodeRecord(key(3), data)
		if err != nil {
			return
		}
		again, err := DecodeRecord(key(3), EncodeRecord(r))
		if err != nil {
			t.Fatalf("%+v is not read again: %v", r, err)
		}
		if !reflect.DeepEqual(EncodeRecord(again), EncodeRecord(r)) {
			t.Errorf("%+v becomes %+v", r, again)
		}
	})
}

func BenchmarkEncodeRecord(b *testing.B) {
	r := samples()["moved"]
	for b.Loop() {
		EncodeRecord(r)
	}
}

func BenchmarkDecodeRecord(b *testing.B) {
	r := samples()["moved"]
	data := EncodeRecord(r)
	for b.Loop() {
		if _, err := DecodeRecord(r.Key, data); err != nil {
			b.Fatal(err)
		}
	}
}
