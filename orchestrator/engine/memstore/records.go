package memstore

import (
	"context"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// AppendRecord implements [engine.RecordStore].
func (s *Store) AppendRecord(ctx context.Context, key machine.Key, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	branches := s.records[key.Execution]
	if branches == nil {
		branches = map[machine.BranchID]map[int][]byte{}
		s.records[key.Execution] = branches
	}
	log := branches[key.Branch]
	if log == nil {
		log = map[int][]byte{}
		branches[key.Branch] = log
	}
	if _, found := log[key.Seq]; found {
		return engine.ErrExists
	}
	log[key.Seq] = cloneRecord(data)
	return nil
}

// Record implements [engine.RecordStore].
func (s *Store) Record(ctx context.Context, key machine.Key) ([]byte, error) {
	found, err := s.Records(ctx, []machine.Key{key})
	if err != nil {
		return nil, err
	}
	if found[0] == nil {
		return nil, engine.ErrNotFound
	}
	return found[0], nil
}

// Records implements [engine.RecordStore].
func (s *Store) Records(ctx context.Context, keys []machine.Key) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([][]byte, len(keys))
	for i, key := range keys {
		if data, found := s.records[key.Execution][key.Branch][key.Seq]; found {
			out[i] = cloneRecord(data)
		}
	}
	return out, nil
}

// Tip implements [engine.RecordStore].
func (s *Store) Tip(ctx context.Context, execution string, branch machine.BranchID) (int, []byte, error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.records[execution][branch]
	if len(log) == 0 {
		return 0, nil, engine.ErrNotFound
	}
	tip := -1
	for seq := range log {
		tip = max(tip, seq)
	}
	return tip, cloneRecord(log[tip]), nil
}

// ScanRecords implements [engine.RecordStore].
func (s *Store) ScanRecords(ctx context.Context, execution string, fn func(machine.Key, []byte) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	type entry struct {
		key  machine.Key
		data []byte
	}
	var entries []entry
	s.mu.Lock()
	for _, branch := range sortedKeys(s.records[execution]) {
		log := s.records[execution][branch]
		for _, seq := range sortedKeys(log) {
			key := machine.Key{Execution: execution, Branch: branch, Seq: seq}
			entries = append(entries, entry{key, cloneRecord(log[seq])})
		}
	}
	s.mu.Unlock() // so that fn may use the store
	for _, e := range entries {
		if err := fn(e.key, e.data); err != nil {
			return err
		}
	}
	return nil
}

// cloneRecord never returns nil, which means that there is no record.
func cloneRecord(data []byte) []byte {
	return append([]byte{}, data...)
}
