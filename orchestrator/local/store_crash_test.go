package local

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// crashDir, in the environment, makes the test binary a process that writes to the store in that folder until it is killed.
const crashDir = "MINUET_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := writeUntilKilled(dir, os.Getenv(crashDir+"_ROUND")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

const crashWriters = 8

// crashWrite makes the writes that a task, a finished child and a finished execution need; all of them carry the name.
func crashWrite(ctx context.Context, s engine.Store, name string) error {
	x := &engine.Execution{ARN: name, Machine: "m", Name: name, Input: []byte(name), At: 1, Status: machine.Running}
	if _, err := s.CreateExecution(ctx, x); err != nil {
		return err
	}
	k := machine.Key{Execution: name, Seq: 1}
	if _, err := s.PutClaim(ctx, &engine.Claim{Key: k, Nonce: name}); err != nil {
		return err
	}
	if err := s.AppendRecord(ctx, k, []byte(name)); err != nil {
		return err
	}
	if _, _, err := s.ChildSucceeded(ctx, k, 3, 1, engine.ChildEnd{Index: 2, Seq: 5}); err != nil {
		return err
	}
	return s.EndExecution(ctx, name, machine.Succeeded, 2, []byte(name), nil, nil)
}

// crashCheck tells whether everything that crashWrite has written under the name is there.
func crashCheck(ctx context.Context, s engine.Store, name string) error {
	k := machine.Key{Execution: name, Seq: 1}
	data, err1 := s.Record(ctx, k)
	claim, err2 := s.Claim(ctx, k)
	join, err3 := s.Join(ctx, k, 3, 1)
	x, err4 := s.Execution(ctx, name)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if string(data) != name || claim.Nonce != name || !slices.Equal(join.Done, []engine.ChildEnd{{Index: 2, Seq: 5}}) ||
		join.Issued != 2 || string(x.Output) != name || string(x.Input) != name || x.Status != machine.Succeeded {
		return fmt.Errorf("%s: record %q, claim %+v, join %+v, execution %+v", name, data, claim, join, x)
	}
	return nil
}

// writeUntilKilled prints a line with each name whose writes have all returned.
func writeUntilKilled(dir, round string) error {
	s, err := OpenStore(dir)
	if err != nil {
		return err
	}
	errs := make(chan error)
	for w := range crashWriters {
		go func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("%s-%d-%d", round, w, n)
				if err := crashWrite(context.Background(), s, name); err != nil {
					errs <- err
				}
				fmt.Println(name) // one write, so that a line is whole
			}
		}()
	}
	return <-errs
}

// TestStoreSurvivesKill kills a process that writes, again and again on the same folder.
func TestStoreSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	var acknowledged []string
	for round := range 4 {
		acknowledged = append(acknowledged, killWriter(t, dir, round, 1+rand.IntN(400))...)
		s, err := OpenStore(dir)
		if err != nil {
			t.Fatalf("open after %d kills: %v", round+1, err)
		}
		for _, name := range acknowledged {
			if err := crashCheck(t.Context(), s, name); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWriter runs writeUntilKilled as a process, kills it after some lines, and returns the names that it has printed.
func killWriter(t *testing.T, dir string, round, lines int) (names []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), crashDir+"="+dir, fmt.Sprintf("%s_ROUND=%d", crashDir, round))
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		names = append(names, scanner.Text())
		if len(names) == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait()
	if len(names) < lines {
		t.Fatalf("the writer has ended by itself: %s", &stderr)
	}
	return names
}

// TestStoreSurvivesPowerLoss takes a copy of the disk while writers are at work, in which what was not synced is there only in
// part, and opens that.
func TestStoreSurvivesPowerLoss(t *testing.T) {
	for round := range 10 {
		disk := vfs.NewCrashableMem()
		s, err := openStore("store", disk)
		if err != nil {
			t.Fatal(err)
		}
		var (
			mu           sync.Mutex
			acknowledged []string
			wg           sync.WaitGroup
			crashed      atomic.Bool
			enough       = make(chan struct{}, 1)
			wanted       = 1 + rand.IntN(300)
		)
		for w := range crashWriters {
			wg.Go(func() {
				for n := 0; !crashed.Load(); n++ {
					name := fmt.Sprintf("%d-%d", w, n)
					if err := crashWrite(t.Context(), s, name); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if acknowledged = append(acknowledged, name); len(acknowledged) == wanted {
						enough <- struct{}{}
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		mu.Lock()
		names := slices.Clone(acknowledged)
		mu.Unlock()
		after := disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 10 * round, RNG: rand.New(rand.NewPCG(1, uint64(round)))})
		crashed.Store(true)
		wg.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, err = openStore("store", after)
		if err != nil {
			t.Fatalf("open after a crash: %v", err)
		}
		for _, name := range names {
			if err := crashCheck(t.Context(), s, name); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStoreOpensWithTornLog cuts and spoils the end of the log.
func TestStoreOpensWithTornLog(t *testing.T) {
	for _, c := range []struct {
		name string
		lost int // how many of the names that were acknowledged may be gone: those of the last batch
		tear func(log []byte) []byte
	}{
		{"one byte short", crashWriters, func(log []byte) []byte { return log[:len(log)-1] }},
		{"a hundred bytes short", crashWriters, func(log []byte) []byte { return log[:len(log)-100] }},
		{"zeroes follow", 0, func(log []byte) []byte { return append(log, make([]byte, 5000)...) }},
		{"noise follows", 0, func(log []byte) []byte { return append(log, bytes.Repeat([]byte{0x5A, 0xC3, 0x01}, 1000)...) }},
		{"the last bytes are noise", crashWriters, func(log []byte) []byte {
			copy(log[len(log)-20:], bytes.Repeat([]byte{0x5A}, 20))
			return log
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			names := killWriter(t, dir, 0, 100) // leaves a log that was not closed
			logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
			if err != nil || len(logs) == 0 {
				t.Fatalf("logs %v: %v", logs, err)
			}
			log := slices.Max(logs)
			data, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			data = bytes.TrimRight(data, "\x00") // what was made room for
			if err := os.WriteFile(log, c.tear(data), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := OpenStore(dir)
			if err != nil {
				t.Fatalf("open: %v", err)
			}
			lost := 0
			for _, name := range names {
				if err := crashCheck(t.Context(), s, name); err != nil {
					t.Log(err)
					lost++
				}
			}
			if lost > c.lost {
				t.Errorf("%d of %d names lost, want %d at most", lost, len(names), c.lost)
			}
			if err := crashWrite(t.Context(), s, "after"); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStoreFailingDisk fails the syncs of the log from some moment on: nothing is acknowledged any more.
func TestStoreFailingDisk(t *testing.T) {
	var broken atomic.Bool
	failure := errors.New("the disk is on fire")
	disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && strings.HasSuffix(op.Path, ".log") {
			return failure
		}
		return nil
	}))
	s, err := openStore("store", disk)
	if err != nil {
		t.Fatal(err)
	}
	k := machine.Key{Execution: "x", Seq: 1}
	if err := s.AppendRecord(t.Context(), k, nil); err != nil {
		t.Fatal(err)
	}
	broken.Store(true)
	for range 3 {
		k.Seq++
		if err := s.AppendRecord(t.Context(), k, nil); !errors.Is(err, failure) {
			t.Errorf("append: %v, want %v", err, failure)
		}
	}
	if err := s.AppendRecord(t.Context(), machine.Key{Execution: "x", Seq: 1}, nil); !errors.Is(err, failure) {
		t.Errorf("append of what exists: %v, want %v", err, failure)
	}
	_ = s.Close() // as far as that goes
}
