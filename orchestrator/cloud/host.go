package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"minuet/orchestrator/api"
	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/integrations"
	"minuet/orchestrator/machine"
)

// Settings are what template.yaml tells its functions in their environment.
type Settings struct {
	Table        string        // MINUET_TABLE
	Steps, Tasks string        // MINUET_STEPS_URL, MINUET_TASKS_URL
	Bus          string        // MINUET_BUS: the event bus's name
	Publish      Publish       // MINUET_PUBLISH: all, nested (the default) or none
	Keep         time.Duration // MINUET_RETENTION_DAYS: of finished executions; 90 by default
	Account      string        // MINUET_STACK_ACCOUNT
	AssumeRoles  bool          // MINUET_ASSUME_ROLES: tasks run with the role of their state machine; false by default
	Stuck        time.Duration // MINUET_STUCK_SECONDS: after how long sweep looks at an execution; 1800 by default
	Metrics      string        // MINUET_METRICS: the namespace of embedded metrics, "" for none
}

const day = 24 * time.Hour

// LoadSettings reads the environment, and says which variable is wrong.
func LoadSettings(env func(string) string) (s Settings, err error) {
	s = Settings{
		Table: env("MINUET_TABLE"), Steps: env("MINUET_STEPS_URL"), Tasks: env("MINUET_TASKS_URL"), Bus: env("MINUET_BUS"),
		Publish: Publish(env("MINUET_PUBLISH")), Keep: defaultKeep, Account: env("MINUET_STACK_ACCOUNT"), Stuck: 30 * time.Minute,
		Metrics: env("MINUET_METRICS"),
	}
	if s.Table == "" {
		return s, fmt.Errorf("MINUET_TABLE is not set: it names the DynamoDB table of the stack")
	}
	switch s.Publish {
	case "":
		s.Publish = PublishNested
	case PublishAll, PublishNested, PublishNone:
	default:
		return s, fmt.Errorf("MINUET_PUBLISH is %q: it takes all, nested or none", s.Publish)
	}
	for _, n := range []struct {
		name string
		unit time.Duration
		into *time.Duration
	}{{"MINUET_RETENTION_DAYS", day, &s.Keep}, {"MINUET_STUCK_SECONDS", time.Second, &s.Stuck}} {
		text := env(n.name)
		if text == "" {
			continue
		}
		count, err := strconv.Atoi(text)
		if err != nil || count < 1 {
			return s, fmt.Errorf("%s is %q: it takes a whole number above 0", n.name, text)
		}
		*n.into = time.Duration(count) * n.unit
	}
	if text := env("MINUET_ASSUME_ROLES"); text != "" {
		if s.AssumeRoles, err = strconv.ParseBool(text); err != nil {
			return s, fmt.Errorf("MINUET_ASSUME_ROLES is %q: it takes true or false", text)
		}
	}
	return s, nil
}

// Host is an engine on AWS: what each of the functions has a part of.
type Host struct {
	Engine  *engine.Engine
	Handler http.Handler // Step Functions' API
	Log     *slog.Logger

	settings Settings
	store    *Store
	queue    *Queue
	meter    *meter
}

// taskMargin is how long before its worker's deadline a call ends.
const taskMargin = 20 * time.Second

// lease is the longest that a worker may live: Lambda's limit.
const lease = 15 * time.Minute

// activityPoll is how long GetActivityTask waits: below the time limit of the api function, which is 30 seconds.
const activityPoll = 20 * time.Second

// Open makes a host of the environment. It calls nothing yet.
func Open(ctx context.Context) (*Host, error) {
	settings, err := LoadSettings(os.Getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configure the AWS SDK: %w", err)
	}
	return New(cfg, settings, newLog(os.Stderr)), nil
}

// New makes a host.
func New(cfg aws.Config, s Settings, log *slog.Logger) *Host {
	clock := systemTime{}
	h := &Host{Log: log, settings: s, meter: newMeter(s.Metrics)}
	h.store = NewStore(StoreConfig{Client: dynamodb.NewFromConfig(cfg), Table: s.Table, Clock: clock, Keep: s.Keep})
	h.queue = NewQueue(QueueConfig{Client: sqs.NewFromConfig(cfg), Steps: s.Steps, Tasks: s.Tasks, Timers: h.store, Clock: clock})
	bus := NewBus(eventbridge.NewFromConfig(cfg), s.Bus, s.Publish)
	machines := catalog.New(catalog.Config{Store: h.store, Clock: clock, Region: cfg.Region, Account: s.Account, Log: log})
	h.Engine = engine.New(engine.Config{
		Store: meteredStore{h.store, h.meter}, Queue: h.queue, Bus: meteredBus{bus, h.meter}, Clock: clock, Machines: machines, Log: log,
		Limits: machine.DefaultLimits, Lease: lease, Margin: taskMargin,
	})
	invoker := newInvoker(cfg, s.AssumeRoles)
	h.Engine.Register("", integrations.Function{Invoker: invoker})
	h.Engine.Register("lambda", integrations.Lambda{Invoker: invoker})
	h.Engine.Register("states", integrations.States{Service: h.Engine})
	h.Engine.Register("aws-sdk:sfn", integrations.SFN{Service: h.Engine})
	h.Handler = api.New(api.Config{Service: h.Engine, Catalog: machines, Log: log, ActivityPoll: activityPoll})
	return h
}

type systemTime struct{}

func (systemTime) Now() time.Time { return time.Now() }

// Sweep does what nobody else comes to do: it moves the messages that fall due within what a queue can delay, and looks at the
// executions that have not ended for long, whose message or event may have been lost.
func (h *Host) Sweep(ctx context.Context) error {
	err := h.store.Timers(ctx, time.Now().Add(maxDelay), func(body string, due time.Time, task bool) error {
		return h.queue.deliver(ctx, body, due, task)
	})
	if err != nil {
		return err
	}
	return h.store.Due(ctx, h.settings.Stuck, func(arn string) error {
		if err := h.store.Restamp(ctx, arn); err != nil {
			return fmt.Errorf("restamp execution %s: %w", arn, err)
		}
		if err := h.Engine.ResumeExecution(ctx, arn); err != nil {
			// One that cannot be read must not keep the others from being looked at.
			h.Log.ErrorContext(ctx, "resume", "execution", arn, "error", err)
		}
		return nil
	})
}

// Flush prints the metrics that were counted. Each invocation ends with it.
func (h *Host) Flush() { h.meter.flush() }

// Notify tells the task that waits for an execution that it has ended. One that is not in the table concerns nobody.
func (h *Host) Notify(ctx context.Context, arn string) error {
	err := h.Engine.StatusChanged(ctx, arn)
	if errors.Is(err, engine.ErrNotFound) {
		h.Log.WarnContext(ctx, "an event of an unknown execution", "execution", arn)
		return nil
	}
	return err
}

// GiveUp handles a message that no worker could handle: its execution fails, and the message is kept.
func (h *Host) GiveUp(ctx context.Context, id string, body []byte) error {
	const why = "A message of the execution could not be handled, however often it was delivered. The logs of the step and task " +
		"functions say why; the message is kept in the table."
	m, unreadable := DecodeMessage(body)
	owner := m.Execution
	switch {
	case m.Ended != "":
		// What the parent waits for has ended: sweep finds that out again, so nothing fails.
		owner = m.Ended
	case owner == "":
		owner = "unreadable"
	}
	if err := h.store.ArchiveMessage(ctx, owner, id, body, why); err != nil {
		return fmt.Errorf("keep message %s: %w", id, err)
	}
	h.Log.ErrorContext(ctx, "message given up", "message", id, "about", owner, "error", unreadable)
	if m.Ended != "" || m.Execution == "" {
		return nil
	}
	err := h.Engine.FailExecution(ctx, m.Execution, "States.Runtime", why)
	if errors.Is(err, engine.ErrNotFound) {
		h.Log.ErrorContext(ctx, "message of an unknown execution given up", "message", id, "execution", m.Execution)
		return nil
	}
	return err
}
