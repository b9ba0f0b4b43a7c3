package local

import (
	"context"

	"github.com/cockroachdb/pebble/v2"

	"minuet/orchestrator/engine"
)

// PutDoc implements [engine.MachineStore].
func (s *Store) PutDoc(ctx context.Context, d engine.Doc) error {
	key, etag := docPrefix(d.Kind, d.ID), d.Etag
	d.Etag++
	value := encodeDoc(d)
	return s.write(ctx, func(t *tx) error {
		stored, _, err := t.etag(key)
		if err != nil {
			return err
		}
		if stored != etag {
			return engine.ErrExists
		}
		t.set(key, value)
		return nil
	})
}

// Doc implements [engine.MachineStore].
func (s *Store) Doc(ctx context.Context, kind, id string) (d engine.Doc, err error) {
	err = s.read(ctx, func() error {
		found, err := get(s.db, docPrefix(kind, id), func(value []byte) (err error) {
			d, err = decodeDoc(kind, id, value)
			return err
		})
		if err == nil && !found {
			err = engine.ErrNotFound
		}
		return err
	})
	return d, err
}

// DeleteDoc implements [engine.MachineStore].
func (s *Store) DeleteDoc(ctx context.Context, kind, id string, etag int64) error {
	key := docPrefix(kind, id)
	return s.write(ctx, func(t *tx) error {
		stored, found, err := t.etag(key)
		if err != nil || !found {
			return err
		}
		if stored != etag {
			return engine.ErrExists
		}
		t.delete(key)
		return nil
	})
}

// etag is that of a stored document, or 0.
func (t *tx) etag(key []byte) (etag int64, found bool, err error) {
	found, err = t.get(key, func(value []byte) error {
		d, err := decodeDoc("", "", value)
		etag = d.Etag
		return err
	})
	return etag, found, err
}

// Docs implements [engine.MachineStore].
func (s *Store) Docs(ctx context.Context, kind, prefix, after string, limit int) (page []engine.Doc, next string, err error) {
	if err := checkLimit(limit); err != nil {
		return nil, "", err
	}
	collection := len(docPrefix(kind, ""))
	err = s.read(ctx, func() error {
		return withIterator(s.db, docPrefix(kind, prefix), func(it *pebble.Iterator) error {
			if after == "" {
				it.First()
			} else {
				it.SeekGE(append(docPrefix(kind, after), 0))
			}
			for ; it.Valid() && len(page) < limit; it.Next() {
				d, err := decodeDoc(kind, string(it.Key()[collection:]), it.Value())
				if err != nil {
					return err
				}
				page = append(page, d)
			}
			if it.Valid() {
				next = page[len(page)-1].ID
			}
			return nil
		})
	})
	return page, next, err
}
