//go:build engines

package cloud_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// meter counts the requests of a host by operation, and adds up what DynamoDB says that they cost.
type meter struct {
	items, messages string // the servers

	mu            sync.Mutex
	requests      map[string]int
	writes, reads float64 // WRU and RRU
}

// RoundTrip implements [http.RoundTripper].
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	service, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !ok || r.Body == nil {
		return http.DefaultTransport.RoundTrip(r)
	}
	if !strings.HasPrefix(service, "DynamoDB") {
		m.add(operation, 0)
		return http.DefaultTransport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	body = append([]byte(`{"ReturnConsumedCapacity":"TOTAL",`), bytes.TrimPrefix(body, []byte("{"))...)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	resp.Header.Del("X-Amz-Crc32") // of what the server has sent, a part of which may be compressed
	var consumed struct {
		ConsumedCapacity json.RawMessage
	}
	if err := json.Unmarshal(answer, &consumed); err != nil {
		return nil, err
	}
	m.add(operation, units(consumed.ConsumedCapacity))
	return resp, nil
}

// units adds up what a request has consumed: batches say it for each table.
func units(consumed json.RawMessage) (sum float64) {
	type capacity struct{ CapacityUnits float64 }
	var one capacity
	var many []capacity
	if json.Unmarshal(consumed, &one) == nil {
		return one.CapacityUnits
	}
	if json.Unmarshal(consumed, &many) == nil {
		for _, c := range many {
			sum += c.CapacityUnits
		}
	}
	return sum
}

func (m *meter) add(operation string, units float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.requests == nil {
		m.requests = map[string]int{}
	}
	m.requests[operation]++
	switch operation {
	case "GetItem", "BatchGetItem", "Query", "Scan":
		m.reads += units
	default:
		m.writes += units
	}
}

// bill is what was counted.
type bill struct {
	requests      map[string]int
	writes, reads float64
}

func (m *meter) bill() bill {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bill{maps.Clone(m.requests), m.writes, m.reads}
}

// runToEnd runs an execution of a machine, and waits for its end without asking for it: that would be counted.
func (s *stack) runToEnd(machine string) {
	s.t.Helper()
	ends := s.meter.bill().requests["UpdateItem"]
	s.call("StartExecution", map[string]any{"stateMachineArn": machine})
	for deadline := time.Now().Add(time.Minute); s.meter.bill().requests["UpdateItem"] == ends; <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("an execution of %s has not ended", machine)
		}
	}
}

// chain is a machine of n states of a kind, one after another.
func chain(n int, state string) string {
	var states []string
	for i := range n {
		next := fmt.Sprintf(`"Next": "S%d"`, i+1)
		if i == n-1 {
			next = `"End": true`
		}
		states = append(states, fmt.Sprintf(`"S%d": {%s, %s}`, i, state, next))
	}
	return `{"StartAt": "S0", "States": {` + strings.Join(states, ", ") + `}}`
}

// Ensure that a transition costs one conditional put and one message, a Task one put more, and neither of them a read: what 20
// more states add to an execution.
func TestRequestsPerTransition(t *testing.T) {
	const short, long = 20, 40
	for _, kind := range []struct {
		name, state string
		puts        int
	}{
		{"Pass", `"Type": "Pass"`, 1},
		{"Task", `"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"`, 2},
	} {
		t.Run(kind.name, func(t *testing.T) {
			function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"a":1}`) }))
			t.Cleanup(function.Close)
			t.Setenv("AWS_ENDPOINT_URL_LAMBDA", function.URL)
			s := newStack(t)
			cost := func(n int) bill {
				arn := s.create(fmt.Sprint("m", n), chain(n, kind.state))
				s.runToEnd(arn) // the definition is warm from here on
				before := s.meter.bill()
				s.runToEnd(arn)
				after := s.meter.bill()
				b := bill{map[string]int{}, after.writes - before.writes, after.reads - before.reads}
				for operation, n := range after.requests {
					b.requests[operation] = n - before.requests[operation]
				}
				return b
			}
			a, b := cost(short), cost(long)
			const states = long - short
			perState := func(operation string) float64 { return float64(b.requests[operation]-a.requests[operation]) / states }
			writes := (b.writes - a.writes) / states
			t.Logf("%s: %.2f WRU, %.2f PutItem, %.2f SQS sends a state; an execution of %d: %.1f WRU in all", kind.name, writes, perState("PutItem"),
				perState("SendMessage"), short, a.writes)
			if limit := float64(kind.puts) + 0.1; writes > limit {
				t.Errorf("%.2f WRU a state, want %.1f at most", writes, limit)
			}
			if got := perState("PutItem"); got != float64(kind.puts) {
				t.Errorf("%.2f puts a state, want %d", got, kind.puts)
			}
			if got := perState("SendMessage") + perState("SendMessageBatch"); got != 1 {
				t.Errorf("%.2f sends a state, want 1", got)
			}
			for _, operation := range []string{"UpdateItem", "TransactWriteItems", "DeleteItem"} {
				if got := perState(operation); got != 0 {
					t.Errorf("%.2f %s a state, want none", got, operation)
				}
			}
			if b.reads != a.reads {
				t.Errorf("%.1f RRU for %d states, %.1f for %d: want no reads a state", a.reads, short, b.reads, long)
			}
		})
	}
}
