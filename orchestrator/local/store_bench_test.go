package local

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

func benchmarkStore(b *testing.B) *Store {
	s, err := OpenStore(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// parallel calls fn b.N times from the given number of goroutines, with the goroutine's number and that of its call.
func parallel(b *testing.B, goroutines int, fn func(goroutine, call int) error) {
	b.ResetTimer()
	var (
		wg    sync.WaitGroup
		calls atomic.Int64
	)
	for g := range goroutines {
		wg.Go(func() {
			for n := 0; calls.Add(1) <= int64(b.N); n++ {
				if err := fn(g, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func benchmarkKey(execution, seq int) machine.Key {
	return machine.Key{
		Execution: fmt.Sprintf("arn:aws:states:eu-central-1:123456789012:execution:orders:0b7c9d52-8d4e-4f6c-9b1a-%012d", execution),
		Seq:       seq,
	}
}

func BenchmarkAppendRecord(b *testing.B) {
	for _, size := range []int{200, 1024} {
		for _, writers := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%dB/%dwriters", size, writers), func(b *testing.B) {
				s, data := benchmarkStore(b), make([]byte, size)
				for i := range data {
					data[i] = byte(i * i >> 3)
				}
				parallel(b, writers, func(w, n int) error {
					return s.AppendRecord(b.Context(), benchmarkKey(w, n), data)
				})
			})
		}
	}
}

// BenchmarkChildSucceeded has all goroutines count children of one fork.
func BenchmarkChildSucceeded(b *testing.B) {
	s := benchmarkStore(b)
	var child atomic.Int64
	parallel(b, 256, func(int, int) error {
		index := int(child.Add(1)) - 1
		_, first, err := s.ChildSucceeded(b.Context(), benchmarkKey(0, 1), 1<<30, 1000, engine.ChildEnd{Index: index})
		if err == nil && !first {
			err = fmt.Errorf("child %d was counted before", index)
		}
		return err
	})
}
