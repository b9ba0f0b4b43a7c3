package memstore_test

import (
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/engine/memstore"
	"minuet/orchestrator/engine/porttest"
)

func TestStore(t *testing.T) {
	porttest.Store(t, func(*testing.T) engine.Store { return memstore.New() })
}
