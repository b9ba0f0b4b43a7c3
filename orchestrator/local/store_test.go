package local

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/engine/porttest"
)

func TestStore(t *testing.T) {
	porttest.Store(t, func(t *testing.T) engine.Store {
		s, err := openStore("store", vfs.NewMem())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

func TestOpenStoreInUse(t *testing.T) {
	dir := t.TempDir()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStore(dir); !errors.Is(err, ErrInUse) {
		t.Fatalf("second open: %v, want %v", err, ErrInUse)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = OpenStore(dir)
	if err != nil {
		t.Fatalf("open after close: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
