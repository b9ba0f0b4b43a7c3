package engine

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/machine"
)

// Config is what an [Engine] is made of. Store, Queue, Bus, Clock and Machines are needed, the rest may be left out.
type Config struct {
	Store    Store
	Queue    Queue
	Bus      Bus
	Clock    Clock
	Machines Machines
	Mocks    Mocks
	Log      *slog.Logger
	Limits   machine.Limits // the zero value: no bounds; machine.DefaultLimits are AWS's
	// MaxOpen bounds how many executions may run at a time; 0: no bound.
	MaxOpen int64
	// Owner names this worker in claims, differently from any worker before; "": a random name.
	Owner string
	// Alone says that no other worker lives: whatever claim is not this worker's was left behind by a dead one.
	Alone bool
	// Lease is how long a claimed attempt may take at most; 0: an hour. The deadline of a worker's context comes first.
	Lease time.Duration
	// Margin is how long before its worker's deadline a call fails as States.Timeout, so that the worker can still record it.
	Margin time.Duration
}

// Engine runs executions. Its methods may be called from any number of goroutines.
type Engine struct {
	Config
	integrations map[string]Integration
	runs         *lru.Cache[string, *run]
	forks        *lru.Cache[machine.Key, *fork]
	quota        quota
	inFlight     sync.Map // the keys of the attempts that this worker is at
	mu           sync.Mutex
	programs     map[programKey]*machine.Program
}

type programKey struct{ machine, revision string }

// The bounds of the engine's caches, in entries. A run holds its execution's input, and a fork what its children start from:
// both may be as large as the limit on data.
const (
	cachedRuns     = 4_000
	cachedForks    = 200
	cachedPrograms = 1_000
)

// New returns an engine. Integrations are added with Register before its first message.
func New(c Config) *Engine {
	if c.Owner == "" {
		c.Owner = randomName()
	}
	if c.Lease == 0 {
		c.Lease = time.Hour
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{Config: c, integrations: map[string]Integration{}, programs: map[programKey]*machine.Program{}, quota: quota{most: c.MaxOpen}}
	e.runs, _ = lru.New[string, *run](cachedRuns)
	e.forks, _ = lru.New[machine.Key, *fork](cachedForks)
	return e
}

// Register sets who performs the tasks of a service: "states", "aws-sdk:sfn", ... ; "" stands for Lambda functions that are
// named by their ARN.
func (e *Engine) Register(service string, i Integration) { e.integrations[service] = i }

// randomName returns 128 random bits as text.
func randomName() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// newUUID returns a random UUID: AWS's names for executions that were started without one.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// program returns a machine's program.
func (e *Engine) program(m *Machine) *machine.Program {
	key := programKey{m.ARN, m.Revision}
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.programs[key]
	if p == nil {
		if len(e.programs) >= cachedPrograms {
			clear(e.programs)
		}
		p = machine.NewProgram(m.Definition, e.Limits)
		e.programs[key] = p
	}
	return p
}

// integration returns who performs tasks of a resource, or nil.
func (e *Engine) integration(r asl.Resource) Integration {
	if r.Activity {
		return nil
	}
	return e.integrations[r.Service]
}
