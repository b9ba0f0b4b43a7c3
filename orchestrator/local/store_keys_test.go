package local

import (
	"bytes"
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

func FuzzKeys(f *testing.F) {
	f.Add("", "", 0, "", "", 1)
	f.Add("a", "b", 1, "a\x00", "b", 1)
	f.Add("a\x00\xff", "\x00\x01", 1<<40, "a", "\x00\xff\x00\x01", 255)
	f.Fuzz(func(t *testing.T, execution, branch string, seq int, execution2, branch2 string, seq2 int) {
		a := machine.Key{Execution: execution, Branch: machine.BranchID(branch), Seq: max(seq, 0)}
		b := machine.Key{Execution: execution2, Branch: machine.BranchID(branch2), Seq: max(seq2, 0)}
		ka, kb := placeKey(recordFamily, a), placeKey(recordFamily, b)

		prefix := executionPrefix(recordFamily, execution)
		back, err := cutPlace(ka, prefix, execution)
		if err != nil || back != a {
			t.Fatalf("%q became %q: %v", a, back, err)
		}
		want := cmp.Or(strings.Compare(execution, execution2), strings.Compare(branch, branch2), cmp.Compare(a.Seq, b.Seq))
		if got := bytes.Compare(ka, kb); got != want {
			t.Fatalf("%q and %q compare as %d, want %d", a, b, got, want)
		}
		if inside := bytes.Compare(prefix, kb) <= 0 && bytes.Compare(kb, after(prefix)) < 0; inside != (execution == execution2) {
			t.Fatalf("%q is in the range of %q: %v", b, execution, inside)
		}
	})
}

func FuzzCutPart(f *testing.F) {
	f.Add([]byte("a\x00\xffb\x00\x01rest"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, key []byte) {
		part, rest, err := cutPart(key)
		if err == nil && !bytes.Equal(append(appendPart(nil, part), rest...), key) {
			t.Fatalf("%q is not %q and %q", key, part, rest)
		}
	})
}

func TestListPlacesSortLatestFirst(t *testing.T) {
	var last []byte
	for _, at := range []machine.Stamp{1<<62 + 1, 1 << 62, 256, 255, 1, 0, -1, -1 << 63} {
		place := listPlace(at, "arn")
		if bytes.Compare(last, place) >= 0 {
			t.Errorf("%d does not come after what is later", at)
		}
		if arn, err := cutListPlace(place); err != nil || arn != "arn" {
			t.Errorf("arn %q: %v", arn, err)
		}
		last = place
	}
}

// TestStoreOfAnotherFormat has values that a later release might have written: they are refused, not misread.
func TestStoreOfAnotherFormat(t *testing.T) {
	s, err := openStore("store", vfs.NewMem())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	k := machine.Key{Execution: "x", Seq: 1}
	for _, key := range [][]byte{
		placeKey(recordFamily, k), placeKey(claimFamily, k), placeKey(joinFamily, k), childKey(placeKey(joinFamily, k), 0),
		arnKey(executionFamily, "x"), docPrefix("machine", "x"),
	} {
		if err := s.db.Set(key, []byte{format + 1, 'x'}, pebble.Sync); err != nil {
			t.Fatal(err)
		}
	}
	for _, read := range []struct {
		what string
		call func() error
	}{
		{"record", func() error { _, err := s.Record(t.Context(), k); return err }},
		{"tip", func() error { _, _, err := s.Tip(t.Context(), "x", ""); return err }},
		{"claim", func() error { _, err := s.Claim(t.Context(), k); return err }},
		{"heartbeat", func() error { return s.HeartbeatClaim(t.Context(), k, time.Now()) }},
		{"join", func() error { _, err := s.Join(t.Context(), k, 1, 0); return err }},
		{"child", func() error { _, _, err := s.ChildSucceeded(t.Context(), k, 1, 0, engine.ChildEnd{}); return err }},
		{"execution", func() error { _, err := s.Execution(t.Context(), "x"); return err }},
		{"doc", func() error { _, err := s.Doc(t.Context(), "machine", "x"); return err }},
	} {
		if err := read.call(); err == nil || errors.Is(err, engine.ErrNotFound) || errors.Is(err, engine.ErrExists) {
			t.Errorf("%s: error %v", read.what, err)
		}
	}
}

func TestStoreClosed(t *testing.T) {
	s, err := openStore("store", vfs.NewMem())
	if err != nil {
		t.Fatal(err)
	}
	k := machine.Key{Execution: "x", Seq: 1}
	if err := s.AppendRecord(t.Context(), k, nil); err != nil {
		t.Fatal(err)
	}
	// A scan that closes its own store would wait for itself; one that finds it closing ends with an error.
	closed := make(chan error)
	err = s.ScanRecords(t.Context(), "x", func(machine.Key, []byte) error {
		go func() { closed <- s.Close() }()
		for {
			if _, err := s.Record(t.Context(), k); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, ErrClosed) {
		t.Errorf("scan: %v, want %v", err, ErrClosed)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if err := s.AppendRecord(t.Context(), k, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("append: %v, want %v", err, ErrClosed)
	}
	if _, _, err := s.Tip(t.Context(), "x", ""); !errors.Is(err, ErrClosed) {
		t.Errorf("tip: %v, want %v", err, ErrClosed)
	}
}
