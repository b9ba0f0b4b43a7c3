package cloud

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
)

// newLog writes JSON, a line an entry, as CloudWatch Logs takes it.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// meter counts executions by status, and the states that they have entered or left, and prints the counts as CloudWatch's
// embedded metrics: a line of the log, so that a metric costs no request.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type meter struct {
	namespace string
	mu        sync.Mutex
	counts    map[string]int
}

func newMeter(namespace string) *meter { return &meter{namespace: namespace, counts: map[string]int{}} }

func (m *meter) count(name string) {
	if m.namespace == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[name]++
}

// flush prints what was counted since the last time.
func (m *meter) flush() {
	m.mu.Lock()
	counts := m.counts
	m.counts = map[string]int{}
	m.mu.Unlock()
	if len(counts) == 0 {
		return
	}
	type metric struct{ Name, Unit string }
	var metrics []metric
	line := map[string]any{}
	for name, n := range counts {
		metrics = append(metrics, metric{name, "Count"})
		line[name] = n
	}
	line["_aws"] = map[string]any{
		"Timestamp":         time.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{"Namespace": m.namespace, "Dimensions": [][]string{{}}, "Metrics": metrics}},
	}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		slog.Error("print metrics", "error", err)
	}
}

// executionMetrics are the metrics' names; they are those of AWS where it has one.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
var executionMetrics = map[machine.Status]string{
	machine.Running:   "ExecutionsStarted",
	machine.Succeeded: "ExecutionsSucceeded",
	machine.Failed:    "ExecutionsFailed",
	machine.TimedOut:  "ExecutionsTimedOut",
	machine.Aborted:   "ExecutionsAborted",
}

const transitionsMetric = "StateTransitions"

// meteredStore counts the records that are put and the executions that are created.
type meteredStore struct {
	*Store
	meter *meter
}

func (s meteredStore) AppendRecord(ctx context.Context, key machine.Key, data []byte) error {
	err := s.Store.AppendRecord(ctx, key, data)
	if err == nil {
		s.meter.count(transitionsMetric)
	}
	return err
}

func (s meteredStore) CreateExecution(ctx context.Context, x *engine.Execution) (*engine.Execution, error) {
	existing, err := s.Store.CreateExecution(ctx, x)
	if err == nil {
		s.meter.count(executionMetrics[machine.Running])
	}
	return existing, err
}

// meteredBus counts the executions that end.
type meteredBus struct {
	*Bus
	meter *meter
}

func (b meteredBus) Publish(ctx context.Context, c engine.StatusChange) error {
	if c.Execution.Status != machine.Running {
		b.meter.count(executionMetrics[c.Execution.Status])
	}
	return b.Bus.Publish(ctx, c)
}
