package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// engine is an embedded store under test. open makes it durable on every commit.
type engine struct {
	name string
	open func(dir string) (store, error)
}

// store puts a value unless there is one under the key.
type store interface {
	put(key, value []byte) error
	close() error
}

var errExists = errors.New("already exists")

var engines []engine

func main() {
	dir := flag.String("dir", os.TempDir(), "folder on the disk to measure")
	span := flag.Duration("time", 3*time.Second, "how long to write, for each figure")
	names := flag.String("engines", "", "comma-separated names; all by default")
	fill := flag.String("fill", "", "used by the program itself: fill this folder and exit without closing")
	flag.Parse()
	if err := run(*dir, *span, *names, *fill); err != nil {
		fmt.Fprintln(os.Stderr, "storebench:", err)
		os.Exit(1)
	}
}

func run(dir string, span time.Duration, names, fill string) error {
	if fill != "" {
		return fillAndExit(names, fill)
	}
	fmt.Println("| engine | bytes | writers | puts/s | p50 | p99 |\n|---|---|---|---|---|---|")
	chosen := slices.DeleteFunc(slices.Clone(engines), func(e engine) bool {
		return names != "" && !slices.Contains(strings.Split(names, ","), e.name)
	})
	// Engine after engine for each figure, so that what else the machine does falls on all of them.
	for _, size := range []int{200, 1024} {
		for _, writers := range []int{1, 16, 256} {
			for _, e := range chosen {
				if err := measure(e, dir, span, size, writers); err != nil {
					return fmt.Errorf("%s: %w", e.name, err)
				}
			}
		}
	}
	for _, e := range chosen {
		if err := measureOpen(e, dir); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

// recordKey looks like a record's key: an ARN, a branch and a number.
func recordKey(execution, seq int) []byte {
	return fmt.Appendf(nil, "rarn:aws:states:eu-central-1:123456789012:execution:orders:0b7c9d52-8d4e-4f6c-9b1a-%012d\x00\x01\x00\x01%08d", execution, seq)
}

// measure has each writer append records to an execution of its own; one put in eight meets a record that is there.
func measure(e engine, dir string, span time.Duration, size, writers int) error {
	tmp, err := os.MkdirTemp(dir, "storebench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	s, err := e.open(tmp)
	if err != nil {
		return err
	}
	var (
		wg       sync.WaitGroup
		stop     atomic.Bool
		failure  atomic.Pointer[error]
		latency  = make([][]time.Duration, writers)
		values   = noise(1<<20 + size)
		begin    = time.Now()
		deadline = time.AfterFunc(span, func() { stop.Store(true) })
	)
	defer deadline.Stop()
	for w := range writers {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				key := recordKey(w, n-n/8)
				start := time.Now()
				err := s.put(key, values.take(w*7919+n*131, size))
				latency[w] = append(latency[w], time.Since(start))
				if repeat := n%8 == 0 && n > 0; repeat != errors.Is(err, errExists) || (err != nil && !repeat) {
					err = fmt.Errorf("put %d of writer %d: %v", n, w, err)
					failure.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	if err := s.close(); err != nil {
		return err
	}
	if err := failure.Load(); err != nil {
		return *err
	}
	all := slices.Concat(latency...)
	slices.Sort(all)
	fmt.Printf("| %s | %d | %d | %.0f | %v | %v |\n", e.name, size, writers, float64(len(all))/took.Seconds(),
		all[len(all)/2].Round(time.Microsecond), all[len(all)*99/100].Round(time.Microsecond))
	return nil
}

const fillRecords = 100_000

// measureOpen opens a store that a process which did not close it has left with 100,000 records.
func measureOpen(e engine, dir string) error {
	tmp, err := os.MkdirTemp(dir, "storebench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if out, err := exec.Command(self, "-engines", e.name, "-fill", tmp).CombinedOutput(); err != nil {
		return fmt.Errorf("fill: %w: %s", err, out)
	}
	start := time.Now()
	s, err := e.open(tmp)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if err := s.put(recordKey(0, 0), nil); !errors.Is(err, errExists) {
		return fmt.Errorf("the first record is gone: %v", err)
	}
	fmt.Printf("| %s | open after %d records of 200 bytes and a kill | | %v | %.0f MB on disk | |\n",
		e.name, fillRecords, took.Round(time.Millisecond), float64(folderSize(tmp))/1e6)
	return s.close()
}

func fillAndExit(name, dir string) error {
	i := slices.IndexFunc(engines, func(e engine) bool { return e.name == name })
	s, err := engines[i].open(dir)
	if err != nil {
		return err
	}
	const writers = 250
	var (
		wg     sync.WaitGroup
		values = noise(1<<20 + 200)
		failed atomic.Pointer[error]
	)
	for w := range writers {
		wg.Go(func() {
			for n := range fillRecords / writers {
				if err := s.put(recordKey(w, n), values.take(w*7919+n*131, 200)); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	os.Exit(0)
	return nil
}

func folderSize(dir string) (size int64) {
	_ = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			size += info.Size()
		}
		return nil
	})
	return size
}

// random is noise, of which records are made: those of real size are compressed already.
type random []byte

func noise(size int) random {
	b, x := make(random, size), uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

func (r random) take(from, size int) []byte {
	from %= len(r) - size
	return r[from : from+size]
}
