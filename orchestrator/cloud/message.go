package cloud

import (
	"encoding/json"
	"fmt"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/machine"
	"minuet/orchestrator/value"
)

// messageVersion is the format that messages are written in. Readers accept this one and the one before.
const messageVersion = 1

// maxMessage is the size, in bytes, above which a message names its record and its execution instead of carrying them: SQS
// bills every 64 KB of a message, and a read of the table costs less.
const maxMessage = 60_000

// message is an [engine.Message] on its way.
type message struct {
	Version   int              `json:"v"`
	Execution string           `json:"execution,omitempty"`
	Branch    machine.BranchID `json:"branch,omitempty"`
	Seq       int              `json:"seq,omitempty"`
	Deadline  bool             `json:"deadline,omitempty"`
	Ended     string           `json:"ended,omitempty"`
	Task      bool             `json:"task,omitempty"`
	Issued    machine.Stamp    `json:"issued,omitempty"`
	NotBefore *time.Time       `json:"notBefore,omitempty"`
	// Record is the record as it is stored; Data and Vars are values that it only refers to.
	Record []byte          `json:"record,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
	Vars   json.RawMessage `json:"vars,omitempty"`
	Start  *startMessage   `json:"start,omitempty"`
}

// startMessage is the part of an execution's summary that never changes.
type startMessage struct {
	summaryValue
	Input json.RawMessage `json:"input"`
}

// encodeMessage writes a message, whole if it is small.
func encodeMessage(m engine.Message) ([]byte, error) {
	w := message{
		Version: messageVersion, Execution: m.Execution, Branch: m.Branch, Seq: m.Seq, Deadline: m.Deadline, Ended: m.Ended,
		Task: m.Task, Issued: m.Issued,
	}
	if !m.NotBefore.IsZero() {
		w.NotBefore = &m.NotBefore
	}
	if m.Start != nil && len(m.Start.Input) < maxMessage {
		// The input as text: JSON that is embedded would lose its white space, which the history shows.
		input, err := json.Marshal(string(m.Start.Input))
		if err != nil {
			return nil, fmt.Errorf("message %s: %w", m.Key, err)
		}
		w.Start = &startMessage{newSummaryValue(m.Start), input}
	}
	if r := m.Record; r != nil {
		w.Record = machine.EncodeRecord(r)
		if r.Data.Seq != r.Seq {
			w.Data = r.Data.Value.AppendJSON(nil)
		}
		if r.Vars.Seq != r.Seq {
			w.Vars = r.Vars.Value.AppendJSON(nil)
		}
	}
	data, err := marshal(w)
	if err == nil && len(data) > maxMessage {
		w.Record, w.Data, w.Vars = nil, nil, nil
		data, err = marshal(w)
	}
	if err == nil && len(data) > maxMessage {
		w.Start = nil
		data, err = marshal(w)
	}
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", m.Key, err)
	}
	return data, nil
}

func marshal(w message) ([]byte, error) { return json.Marshal(w) }

// DecodeMessage reads the body of a message in the queues of steps and tasks. With an error it returns what tells whom the
// message is for, as far as that can be read.
func DecodeMessage(body []byte) (m engine.Message, err error) {
	var w message
	if err := json.Unmarshal(body, &w); err != nil {
		return m, fmt.Errorf("malformed message: %w", err)
	}
	m = engine.Message{
		Key:      machine.Key{Execution: w.Execution, Branch: w.Branch, Seq: w.Seq},
		Deadline: w.Deadline, Ended: w.Ended, Task: w.Task, Issued: w.Issued,
	}
	if w.Version != messageVersion {
		return m, fmt.Errorf("message of version %d, of which this release knows nothing: it reads version %d", w.Version, messageVersion)
	}
	if w.Execution == "" && w.Ended == "" {
		return m, fmt.Errorf("message names no execution: it has neither execution nor ended")
	}
	if w.NotBefore != nil {
		m.NotBefore = *w.NotBefore
	}
	if w.Start != nil {
		var input string
		if err := json.Unmarshal(w.Start.Input, &input); err != nil {
			return m, fmt.Errorf("message %s: input: %w", m.Key, err)
		}
		m.Start = w.Start.execution(w.Execution)
		m.Start.Input = []byte(input)
	}
	if len(w.Record) > 0 {
		if m.Record, err = decodeCarried(m.Key, w); err != nil {
			return m, fmt.Errorf("message %s: %w", m.Key, err)
		}
	}
	return m, nil
}

func decodeCarried(key machine.Key, w message) (*machine.Record, error) {
	r, err := machine.DecodeRecord(key, w.Record)
	if err != nil {
		return nil, err
	}
	for _, carried := range []struct {
		own  bool
		into *value.Value
		data json.RawMessage
	}{
		{r.Data.Seq == r.Seq, &r.Data.Value, w.Data},
		{r.Vars.Seq == r.Seq, &r.Vars.Value, w.Vars},
	} {
		if carried.own {
			continue
		}
		if *carried.into, err = value.Parse(carried.data); err != nil {
			return nil, err
		}
	}
	return r, nil
}
