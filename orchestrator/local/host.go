package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"minuet/orchestrator/api"
	"minuet/orchestrator/catalog"
	"minuet/orchestrator/engine"
	"minuet/orchestrator/integrations"
	"minuet/orchestrator/local/lambdahost"
	"minuet/orchestrator/local/mockconfig"
	"minuet/orchestrator/machine"
)

// HostConfig is what a [Host] is made of. Dir is needed, the rest may be left out.
type HostConfig struct {
	Dir     string // the folder of the store; made where it is missing
	Region  string // "us-east-1" when ""
	Account string // "123456789012" when ""
	// Endpoint is the URL at which the host's Handler is served: functions get it as AWS_ENDPOINT_URL_SFN.
	Endpoint  string
	Functions []lambdahost.Function
	// FunctionOutput gets what the functions print.
	FunctionOutput io.Writer
	// Invoker runs the functions that are not among Functions; nil: there are no others.
	Invoker engine.Invoker
	Mocks   *mockconfig.Config
	Limits  machine.Limits
	MaxOpen int64
	Log     *slog.Logger
}

// Host is Minuet in one process: engine, durable store, queue and functions.
type Host struct {
	Engine  *engine.Engine
	Catalog *catalog.Catalog
	Handler http.Handler // Step Functions' API

	store     *Store
	queue     *Queue
	functions *lambdahost.Host
	stopped   chan struct{}
}

// Open opens a host. Nothing runs before Start.
func Open(c HostConfig) (*Host, error) {
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Account == "" {
		c.Account = "123456789012"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	store, err := OpenStore(c.Dir)
	if err != nil {
		return nil, err
	}
	h := &Host{store: store, stopped: make(chan struct{})}
	h.functions = lambdahost.New(lambdahost.Config{
		Region: c.Region, Account: c.Account, StatesEndpoint: c.Endpoint, Output: c.FunctionOutput,
	})
	own := map[string]bool{}
	for _, f := range c.Functions {
		if err := h.functions.Register(f); err != nil {
			return nil, errors.Join(err, h.functions.Close(), store.Close())
		}
		own[f.Name] = true
	}
	h.queue = NewQueue(QueueConfig{Steps: stepsAtOnce, Log: c.Log})
	h.Catalog = catalog.New(catalog.Config{Store: store, Clock: systemTime{}, Region: c.Region, Account: c.Account, Log: c.Log})
	config := engine.Config{
		Store: store, Queue: h.queue, Bus: bus{h.queue}, Clock: systemTime{}, Machines: h.Catalog,
		Log: c.Log, Limits: c.Limits, MaxOpen: c.MaxOpen, Alone: true,
	}
	if c.Mocks != nil {
		config.Mocks = mocks{c.Mocks}
	}
	h.Engine = engine.New(config)
	invoker := functions{own: own, here: h.functions, elsewhere: c.Invoker}
	h.Engine.Register("", integrations.Function{Invoker: invoker})
	h.Engine.Register("lambda", integrations.Lambda{Invoker: invoker})
	h.Engine.Register("states", integrations.States{Service: h.Engine})
	h.Engine.Register("aws-sdk:sfn", integrations.SFN{Service: h.Engine})
	h.Handler = api.New(api.Config{Service: h.Engine, Catalog: h.Catalog, Log: c.Log})
	return h, nil
}

// Start lets executions run, those first that were running when the store was last closed, or its process was killed.
func (h *Host) Start(ctx context.Context) error {
	go func() {
		defer close(h.stopped)
		h.queue.Run(ctx, h.Engine.Handle)
	}()
	if err := h.Engine.Resume(ctx); err != nil {
		return fmt.Errorf("resume executions: %w", err)
	}
	return nil
}

// Close stops what runs. Executions go on when the store is opened again. It is called once, after Start.
func (h *Host) Close() error {
	err := h.queue.Close()
	<-h.stopped
	return errors.Join(err, h.functions.Close(), h.store.Close())
}

// stepsAtOnce is how many branches advance at a time: most of them wait for the disk, and those that do share an fsync.
const stepsAtOnce = 256

// bus tells parents of their children's ends, through the queue.
type bus struct{ queue engine.Queue }

func (b bus) Publish(ctx context.Context, c engine.StatusChange) error {
	if p := c.Execution.Parent; p == nil || !p.Waits || c.Execution.Status == machine.Running {
		return nil
	}
	return b.queue.Send(ctx, engine.Message{Ended: c.Execution.ARN})
}

// functions runs the host's own functions, and has another invoker run the others.
type functions struct {
	own       map[string]bool
	here      engine.Invoker
	elsewhere engine.Invoker
}

func (f functions) Invoke(ctx context.Context, in engine.Invocation) (engine.InvocationResult, error) {
	if f.elsewhere == nil || f.own[lambdahost.FunctionName(in.Function)] {
		return f.here.Invoke(ctx, in)
	}
	return f.elsewhere.Invoke(ctx, in)
}
