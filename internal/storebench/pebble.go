//go:build !no_pebble

package main

import (
	"errors"
	"hash/maphash"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

func init() {
	engines = append(engines,
		engine{"pebble", func(dir string) (store, error) {
			db, err := openPebble(dir)
			if err != nil {
				return nil, err
			}
			p := &pebbleStore{db: db}
			p.committer = newCommitter(p.commit)
			return p, nil
		}},
		engine{"pebble-locks", func(dir string) (store, error) {
			db, err := openPebble(dir)
			if err != nil {
				return nil, err
			}
			return &pebbleLocks{db: db, seed: maphash.MakeSeed()}, nil
		}},
	)
}

type quiet struct{ pebble.Logger }

func (quiet) Infof(string, ...any) {}

func openPebble(dir string) (*pebble.DB, error) {
	o := &pebble.Options{
		MemTableSize: 32 << 20, CacheSize: 192 << 20, FormatMajorVersion: pebble.FormatWALSyncChunks,
		Logger: quiet{pebble.DefaultLogger},
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return pebble.Open(dir, o)
}

type pebbleStore struct {
	*committer
	db *pebble.DB
}

func (p *pebbleStore) commit(batch []*op) error {
	b := p.db.NewBatch()
	defer b.Close()
	pending := make(map[string]struct{}, len(batch))
	for _, o := range batch {
		if _, found := pending[string(o.key)]; found {
			o.err = errExists
			continue
		}
		if o.err = pebbleAbsent(p.db, o.key); o.err != nil {
			continue
		}
		pending[string(o.key)] = struct{}{}
		if err := b.Set(o.key, o.value, nil); err != nil {
			return err
		}
	}
	return b.Commit(pebble.Sync)
}

func (p *pebbleStore) close() error {
	p.stop()
	return p.db.Close()
}

func pebbleAbsent(db *pebble.DB, key []byte) error {
	_, closer, err := db.Get(key)
	if err == nil {
		closer.Close()
		return errExists
	}
	if errors.Is(err, pebble.ErrNotFound) {
		return nil
	}
	return err
}

// pebbleLocks checks and commits under a lock that few keys share.
type pebbleLocks struct {
	db    *pebble.DB
	seed  maphash.Seed
	locks [4096]sync.Mutex
}

func (p *pebbleLocks) put(key, value []byte) error {
	l := &p.locks[maphash.Bytes(p.seed, key)%uint64(len(p.locks))]
	l.Lock()
	defer l.Unlock()
	if err := pebbleAbsent(p.db, key); err != nil {
		return err
	}
	return p.db.Set(key, value, pebble.Sync)
}

func (p *pebbleLocks) close() error { return p.db.Close() }
