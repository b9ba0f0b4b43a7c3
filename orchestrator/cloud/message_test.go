package cloud

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// carried is a message with everything that one can have.
func carried(data string) engine.Message {
	key := machine.Key{Execution: "arn:aws:states:us-east-1:123456789012:execution:m:x", Branch: "5.2/0.1", Seq: 7}
	return engine.Message{
		Key: key, Task: true, Issued: 3, NotBefore: time.UnixMilli(1_700_000_000_123).UTC(),
		Start: &engine.Execution{
			ARN: key.Execution, Machine: "arn:aws:states:us-east-1:123456789012:stateMachine:m", Revision: "r", Version: "v", Alias: "a", Name: "x",
			Input: []byte(` {"b": 1.0, "a": "<&>"} `), At: 5, TestCase: "T", TraceHeader: "Root=1", Status: machine.Running,
			Parent: &engine.ParentLink{Key: machine.Key{Execution: "p", Branch: "1.0", Seq: 2}, Waits: true},
		},
		Record: &machine.Record{
			Key: key, At: 9, Kind: machine.Moved, From: "A", State: "B", EnteredAt: 9, Events: 4,
			Data: machine.Data{Seq: 2, Value: value.MustParse(data)},
			Vars: machine.Data{Seq: 7, Value: value.MustParse(`{"v":12345678901234567890}`)},
		},
	}
}

// Ensure that a message arrives with all that it carries, values that its record only refers to included.
func TestMessage(t *testing.T) {
	want := carried(`{"b":1.0,"a":[null]}`)
	body, err := encodeMessage(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeMessage(body)
	if err != nil {
		t.Fatal(err)
	}
	if got.Record.Data.Value.JSON() != want.Record.Data.Value.JSON() || got.Record.Vars.Value.JSON() != want.Record.Vars.Value.JSON() {
		t.Errorf("data %s and variables %s", got.Record.Data.Value.JSON(), got.Record.Vars.Value.JSON())
	}
	got.Record.Data, got.Record.Vars = want.Record.Data, want.Record.Vars
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// Ensure that what is too large for a message is left out, and is there to be loaded.
func TestLargeMessage(t *testing.T) {
	large := `"` + strings.Repeat("x", maxMessage) + `"`
	body, err := encodeMessage(carried(large))
	if err != nil {
		t.Fatal(err)
	}
	m, err := DecodeMessage(body)
	if err != nil || len(body) > maxMessage || m.Record != nil || m.Start == nil {
		t.Errorf("%d bytes with record %v and start %v, %v: want the start alone", len(body), m.Record, m.Start, err)
	}
	with := carried("1")
	with.Start.Input = []byte(large)
	body, err = encodeMessage(with)
	if err != nil {
		t.Fatal(err)
	}
	m, err = DecodeMessage(body)
	if err != nil || len(body) > maxMessage || m.Record == nil || m.Start != nil {
		t.Errorf("%d bytes with record %v and start %v, %v: want the record alone", len(body), m.Record, m.Start, err)
	}
}

// Ensure that a message that is not one says what is wrong.
func TestMalformedMessage(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"", "malformed message"},
		{"[]", "malformed message"},
		{`{"v":2,"execution":"x"}`, "message of version 2"},
		{`{"v":1}`, "names no execution"},
		{`{"v":1,"execution":"x","record":"AAAA"}`, "x"},
		{`{"v":1,"execution":"x","start":{"input":1}}`, "input"},
	} {
		if _, err := DecodeMessage([]byte(c.body)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.body, err, c.want)
		}
	}
}

func FuzzDecodeMessage(f *testing.F) {
	body, err := encodeMessage(carried(`{"a":1}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"v":1,"ended":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := DecodeMessage(body)
		if err == nil && m.Execution == "" && m.Ended == "" {
			t.Errorf("%s names nothing", body)
		}
	})
}
