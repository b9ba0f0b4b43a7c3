package machine

import (
	"time"

	"minuet/orchestrator/value"
)

// Event is one event of an execution's history, as GetExecutionHistory returns it.
type Event struct {
	ID         int64
	PreviousID int64
	Time       time.Time
	Type       string // "TaskStateEntered"
	// DetailsKey names the field that Details come in ("stateEnteredEventDetails"); "" where the type has none.
	DetailsKey string
	Details    value.Value // an object with the fields as AWS spells them; inputs and outputs are JSON texts
}
