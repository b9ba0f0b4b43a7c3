package local

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
)

// BenchmarkChain runs executions of ten Pass states each, 256 starts at a time, to their end; a transition is on disk before
// the next one is decided.
func BenchmarkChain(b *testing.B) {
	const states, atOnce = 10, 256
	h, err := Open(HostConfig{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	if err := h.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	var list []string
	for i := range states {
		next := fmt.Sprintf(`"Next":"S%d"`, i+1)
		if i == states-1 {
			next = `"End":true`
		}
		list = append(list, fmt.Sprintf(`"S%d":{"Type":"Pass",%s}`, i, next))
	}
	m, err := h.Catalog.Create(b.Context(), catalog.Create{Name: "chain", RoleARN: role, Definition: `{"StartAt":"S0","States":{` + strings.Join(list, ",") + `}}`})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	b.SetParallelism(atOnce / 2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := h.Engine.StartExecution(b.Context(), engine.StartExecution{Machine: m.ARN, Input: `{"order":17}`}); err != nil {
				b.Error(err)
			}
		}
	})
	for open := 1; open > 0; {
		arns, _, err := h.store.OpenExecutions(b.Context(), "", 1)
		if err != nil {
			b.Fatal(err)
		}
		if open = len(arns); open > 0 {
			<-time.After(time.Millisecond)
		}
	}
	b.ReportMetric(float64(b.N*states)/b.Elapsed().Seconds(), "transitions/s")
}
