package memstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"minuet/orchestrator/engine"
)

type docKey struct{ kind, id string }

// PutDoc implements [engine.MachineStore].
func (s *Store) PutDoc(ctx context.Context, d engine.Doc) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := docKey{d.Kind, d.ID}
	if s.docs[key].Etag != d.Etag {
		return engine.ErrExists
	}
	d.Etag++
	s.docs[key] = cloneDoc(d)
	return nil
}

// Doc implements [engine.MachineStore].
func (s *Store) Doc(ctx context.Context, kind, id string) (engine.Doc, error) {
	if err := ctx.Err(); err != nil {
		return engine.Doc{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, found := s.docs[docKey{kind, id}]
	if !found {
		return engine.Doc{}, engine.ErrNotFound
	}
	return cloneDoc(d), nil
}

// DeleteDoc implements [engine.MachineStore].
func (s *Store) DeleteDoc(ctx context.Context, kind, id string, etag int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := docKey{kind, id}
	if d, found := s.docs[key]; found && d.Etag != etag {
		return engine.ErrExists
	}
	delete(s.docs, key)
	return nil
}

// Docs implements [engine.MachineStore].
func (s *Store) Docs(ctx context.Context, kind, prefix, after string, limit int) ([]engine.Doc, string, error) {
	if err := cmp.Or(ctx.Err(), checkLimit(limit)); err != nil {
		return nil, "", err
	}
	var found []engine.Doc
	s.mu.Lock()
	for key, d := range s.docs {
		if key.kind == kind && strings.HasPrefix(key.id, prefix) && key.id > after {
			found = append(found, cloneDoc(d))
		}
	}
	s.mu.Unlock()
	slices.SortFunc(found, func(a, b engine.Doc) int { return cmp.Compare(a.ID, b.ID) })
	found, next := page(found, limit, func(d engine.Doc) string { return d.ID })
	return found, next, nil
}

func cloneDoc(d engine.Doc) engine.Doc {
	d.Data = bytes.Clone(d.Data)
	return d
}
