package local

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"minuet/orchestrator/engine"
)

// What opening and using a store may fail with, besides the disk.
var (
	// ErrInUse: another process, or another [Store] of this one, has the folder open.
	ErrInUse = errors.New("in use by another minuet process; stop that one, or use another folder")
	// ErrClosed: the store or the queue was closed.
	ErrClosed = errors.New("closed")
)

// Store is an [engine.Store] in a folder. Get one from [OpenStore].
type Store struct {
	db        *pebble.DB
	lock      *pebble.Lock
	committer *committer

	mu     sync.Mutex // guards closed, and calls' change from none
	closed bool
	calls  sync.WaitGroup // those that are under way
}

var _ engine.Store = (*Store)(nil)

const (
	memTableSize = 32 << 20  // bytes; bounds the log that is read again after a crash
	cacheSize    = 192 << 20 // bytes
	bloomBits    = 10        // a key; one look-up of an absent key in a hundred reads a block
)

// OpenStore opens the store in dir, which it creates unless it exists. It recovers from whatever state a crash has left. While
// it is open no other process can open it: [ErrInUse].
func OpenStore(dir string) (*Store, error) {
	return openStore(dir, vfs.Default)
}

func openStore(dir string, files vfs.FS) (*Store, error) {
	if err := files.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	lock, err := pebble.LockDirectory(dir, files)
	if err != nil {
		// The lock file is either not to be had, or it is, and locked.
		if file := new(fs.PathError); errors.As(err, &file) {
			return nil, fmt.Errorf("open store %s: %w", dir, err)
		}
		return nil, fmt.Errorf("%s is %w", dir, ErrInUse)
	}
	db, err := pebble.Open(dir, options(files, lock))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", dir, err), lock.Close())
	}
	return &Store{db: db, lock: lock, committer: newCommitter(db)}, nil
}

func options(files vfs.FS, lock *pebble.Lock) *pebble.Options {
	o := &pebble.Options{
		FS: files, Lock: lock, Logger: logger{}, CacheSize: cacheSize, MemTableSize: memTableSize,
		// Fixed, so that the release that raises it says so: older ones cannot open what it has touched.
		FormatMajorVersion: pebble.FormatWALSyncChunks,
	}
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return o
}

// Close waits for the calls under way and closes the store. Later calls return [ErrClosed]; a second Close does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	s.calls.Wait()
	s.committer.stop()
	if err := errors.Join(s.db.Close(), s.lock.Close()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// enter announces a call, which leave ends.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("store: %w", ErrClosed)
	}
	s.calls.Add(1)
	return nil
}

func (s *Store) leave() { s.calls.Done() }

// logger passes on what the database has to say.
type logger struct{}

func (logger) Infof(format string, args ...any)  { slog.Debug(fmt.Sprintf("store: "+format, args...)) }
func (logger) Errorf(format string, args ...any) { slog.Error(fmt.Sprintf("store: "+format, args...)) }

// Fatalf ends the process: the disk has failed, and no promise can be kept any more.
func (logger) Fatalf(format string, args ...any) {
	slog.Error(fmt.Sprintf("store: "+format, args...))
	os.Exit(1)
}
