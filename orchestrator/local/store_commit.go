package local

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// committer makes all writes to a database.
type committer struct {
	db     *pebble.DB
	wake   chan struct{}
	quit   chan struct{}
	ended  chan struct{}
	flying chan flight // unbuffered: one batch waits for the disk while the next one is made

	mu      sync.Mutex
	waiting []*write
	failed  error // the first failure to reach the disk; nothing is written after it
}

// write is a call that changes the store.
type write struct {
	// change looks at the transaction and writes to it; where it returns an error, it has written nothing.
	change func(*tx) error
	err    error
	done   chan struct{}
}

// flight is a batch on its way to the disk, with the calls that it makes true.
type flight struct {
	batch  *pebble.Batch // nil when none of them has written anything
	writes []*write
	err    error
}

var writes = sync.Pool{New: func() any { return &write{done: make(chan struct{}, 1)} }}

func newCommitter(db *pebble.DB) *committer {
	c := &committer{
		db:     db,
		wake:   make(chan struct{}, 1),
		quit:   make(chan struct{}),
		ended:  make(chan struct{}),
		flying: make(chan flight),
	}
	go c.commit()
	go c.land()
	return c
}

// stop ends the committer. No call may be under way.
func (c *committer) stop() {
	close(c.quit)
	<-c.ended
}

// write makes a change, and returns when it is on the disk. It is atomic, and alone in the database while it runs.
func (s *Store) write(ctx context.Context, change func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.committer.do(change)
}

func (c *committer) do(change func(*tx) error) error {
	w := writes.Get().(*write)
	w.change, w.err = change, nil
	c.mu.Lock()
	c.waiting = append(c.waiting, w)
	first := len(c.waiting) == 1
	c.mu.Unlock()
	if first {
		c.wake <- struct{}{} // never blocks: the committer takes it before it empties the list
	}
	// Not even a context that ends lets go of a call, whose bytes the committer uses.
	<-w.done
	err := w.err
	w.change = nil
	writes.Put(w)
	return err
}

// commit makes batches until stop.
func (c *committer) commit() {
	defer close(c.flying)
	pending := map[string][]byte{}
	for {
		select {
		case <-c.wake:
		case <-c.quit:
			return
		}
		c.mu.Lock()
		batch := c.waiting
		c.waiting = make([]*write, 0, len(batch))
		failed := c.failed
		c.mu.Unlock()
		c.flying <- c.apply(batch, failed, pending)
		clear(pending)
	}
}

// apply makes a batch and hands it to the database, which makes it visible.
func (c *committer) apply(ws []*write, failed error, pending map[string][]byte) flight {
	if failed != nil {
		return flight{writes: ws, err: failed}
	}
	batch := c.db.NewBatch()
	t := &tx{db: c.db, batch: batch, pending: pending}
	for _, w := range ws {
		w.err = w.change(t)
	}
	if batch.Empty() {
		return flight{writes: ws, err: batch.Close()}
	}
	if err := c.db.ApplyNoSyncWait(batch, pebble.Sync); err != nil {
		return flight{writes: ws, err: c.fail(err)}
	}
	return flight{batch: batch, writes: ws}
}

// land waits for batches to reach the disk, in their order, and lets their calls return.
func (c *committer) land() {
	defer close(c.ended)
	for f := range c.flying {
		err := f.err
		if f.batch != nil {
			if err = f.batch.SyncWait(); err == nil {
				err = f.batch.Close()
			}
			if err != nil {
				err = c.fail(err)
			}
		}
		for _, w := range f.writes {
			if err != nil {
				w.err = err
			}
			w.done <- struct{}{}
		}
	}
}

func (c *committer) fail(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = fmt.Errorf("store: a write has failed, and none is taken any more: %w", err)
	}
	return c.failed
}

// tx is the database with the pending writes of a batch on top.
type tx struct {
	db      *pebble.DB
	batch   *pebble.Batch
	pending map[string][]byte // by key; nil where it is deleted
}

// get calls fn with the value under key, which is fn's during the call only; found tells whether there is one.
func (t *tx) get(key []byte, fn func(value []byte) error) (found bool, err error) {
	if value, written := t.pending[string(key)]; written {
		if value == nil {
			return false, nil
		}
		return true, fn(value)
	}
	return get(t.db, key, fn)
}

func (t *tx) has(key []byte) (bool, error) {
	return t.get(key, func([]byte) error { return nil })
}

// set puts a value, of which it keeps the bytes until the end of the batch. Batches in memory do not fail.
func (t *tx) set(key, value []byte) {
	_ = t.batch.Set(key, value, nil)
	t.pending[string(key)] = value
}

func (t *tx) delete(key []byte) {
	_ = t.batch.Delete(key, nil)
	t.pending[string(key)] = nil
}

// get is [tx.get] without a transaction.
func get(r pebble.Reader, key []byte, fn func(value []byte) error) (found bool, err error) {
	value, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	return true, errors.Join(fn(value), closer.Close())
}
