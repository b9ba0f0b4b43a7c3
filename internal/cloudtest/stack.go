//go:build engines

package cloudtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/local/lambdahost"
)

// Options say how a stack is run. The zero value is a stack of template.yaml as it is deployed by default.
type Options struct {
	Template   string            // the path of the SAM template; the module's template.yaml when ""
	Parameters map[string]string // of the template
	// Sources are packages for functions whose logical id does not tell them: Api is in ./functions/api.
	Sources map[string]string
	// Environment is added to the environment of every function of the template, and wins.
	Environment map[string]string
	// Functions are the user's own, by name, as packages; the samples' "hello" and "answer-token" when nil.
	Functions map[string]string
	// LambdaEndpoint is where tasks find other functions than Functions.
	LambdaEndpoint string
	// Concurrency is how many invocations each mapping has at once; 8 when 0.
	Concurrency int
	// Timeouts replace the functions' timeouts, by logical id, and Visibility those of their queues' messages: a test that waits
	// for a redelivery would wait for a quarter of an hour otherwise.
	Timeouts   map[string]time.Duration
	Visibility time.Duration
	// MaxDelay shortens the delays of messages that functions send. What comes early is put back, so it changes no outcome.
	MaxDelay time.Duration
	// Clock has the functions' clock follow Stack.Advance. They are built with it instead of the system's.
	Clock bool
	// Table is "moto" for a table in moto, which knows IAM; in DynamoDB Local when "".
	Table string
	// Address is where the API is served; a free port of loopback when "".
	Address string
	// Output gets what the functions print; when nil, a failed test shows the end of it.
	Output io.Writer
}

// Stack is a deployed stack that runs.
type Stack struct {
	API      *FunctionURL
	Callback *FunctionURL
	Deployed *Deployed
	Template *Template

	// What the functions ask for passes these.
	DynamoDB, SQS, EventBridge *Proxy

	Moto  string // the URLs of the servers behind them
	Table string // the table's name
	Store *dynamodb.Client
	Queue *sqs.Client

	functions *lambdahost.Host // the template's
	users     *lambdahost.Host
	names     map[string]string // logical id by access key
	mappings  map[string]*mapping
	schedules []string // logical ids of functions with a schedule

	invocations sync.Map // *atomic.Int64 by the name of one of the user's functions

	duplicates atomic.Bool
	dropEvents atomic.Int64 // how many events are still to be lost
	lostEvents atomic.Int64
	clockFile  string
	options    Options
	t          testing.TB
}

// Start deploys a stack and runs it until the test ends.
func Start(t testing.TB, o Options) *Stack {
	t.Helper()
	root := moduleRoot(t)
	if o.Template == "" {
		o.Template = filepath.Join(root, "template.yaml")
	}
	if o.Concurrency == 0 {
		o.Concurrency = 8
	}
	if o.Functions == nil {
		o.Functions = map[string]string{"hello": "minuet/examples/nested/hello", "answer-token": "minuet/examples/nested/callback"}
	}
	s := &Stack{options: o, t: t, names: map[string]string{}, mappings: map[string]*mapping{}}
	s.clockFile = filepath.Join(t.TempDir(), "clock")

	s.Moto = StartMoto(t, "VALIDATE_LAMBDA_S3=false")
	dynamoURL := s.Moto
	if o.Table != "moto" {
		dynamoURL = StartDynamoDB(t)
	}
	name := func(accessKey string) string { return s.names[accessKey] }
	s.DynamoDB = startProxy(t, "DynamoDB", dynamoURL, true, name, killProcess)
	s.SQS = startProxy(t, "SQS", s.Moto, true, name, killProcess)
	s.SQS.maxDelay = o.MaxDelay
	s.EventBridge = startProxy(t, "EventBridge", s.Moto, true, name, killProcess)
	s.Store = dynamodb.NewFromConfig(Config(dynamoURL))
	s.Queue = sqs.NewFromConfig(Config(s.Moto))

	s.API = &FunctionURL{function: "Api", invoke: s.invoker("Api")}
	s.Callback = &FunctionURL{function: "Callback", invoke: s.invoker("Callback")}
	ready := make(chan struct{}) // closed when the functions are there
	hold := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-ready
			h.ServeHTTP(w, r)
		})
	}
	address := o.Address
	if address == "" {
		address = "127.0.0.1:0"
	}
	s.API.URL = serve(t, address, hold(s.API))
	s.Callback.URL = serve(t, "127.0.0.1:0", hold(s.Callback))

	s.Template = Translate(t, o.Template, o.Parameters)
	s.Template.playFunctionURLs(func(function string) string {
		if function == "Callback" {
			return s.Callback.URL
		}
		return s.API.URL
	})
	s.Template.nameBuses()
	s.Template.disableMappings()
	s.Deployed = s.Template.Deploy(t, s.Moto, "minuet", o.Parameters)
	s.Table = s.Deployed.Physical["Table"]
	if o.Table != "moto" {
		s.createTable(t)
	}
	s.startFunctions(t)
	close(ready)
	s.startDelivery(t)
	return s
}

// moduleRoot is the folder of go.mod.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the module: %v", err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatalf("the working directory is in no module")
	return ""
}

// createTable makes the table in DynamoDB Local as the template has it.
func (s *Stack) createTable(t testing.TB) {
	t.Helper()
	text, err := json.Marshal(s.Template.Properties("Table"))
	if err != nil {
		t.Fatalf("create the table: %v", err)
	}
	var p struct {
		AttributeDefinitions    []ddbtypes.AttributeDefinition
		KeySchema               []ddbtypes.KeySchemaElement
		GlobalSecondaryIndexes  []ddbtypes.GlobalSecondaryIndex
		BillingMode             ddbtypes.BillingMode
		TimeToLiveSpecification *ddbtypes.TimeToLiveSpecification
	}
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatalf("create the table of %s: %v", text, err)
	}
	_, err = s.Store.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &s.Table, AttributeDefinitions: p.AttributeDefinitions, KeySchema: p.KeySchema,
		GlobalSecondaryIndexes: p.GlobalSecondaryIndexes, BillingMode: p.BillingMode,
	})
	if err != nil {
		t.Fatalf("create the table: %v", err)
	}
	if p.TimeToLiveSpecification == nil {
		t.Fatalf("the template's table has no TimeToLiveSpecification")
	}
	_, err = s.Store.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{TableName: &s.Table, TimeToLiveSpecification: p.TimeToLiveSpecification})
	if err != nil {
		t.Fatalf("set the table's time to live: %v", err)
	}
}

// source is the package of a function of the template.
func (s *Stack) source(id string) string {
	if source := s.options.Sources[id]; source != "" {
		return source
	}
	if id == "Task" { // one binary is deployed twice
		id = "Step"
	}
	return "minuet/functions/" + strings.ToLower(id)
}

// startFunctions makes the functions ready: the template's, and the user's own with an endpoint for tasks to find them.
func (s *Stack) startFunctions(t testing.TB) {
	t.Helper()
	output := s.options.Output
	if output == nil {
		said := &tail{}
		output = said
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the functions have printed at last:\n%s", said.String())
			}
		})
	}
	environ := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true"}
	s.users = lambdahost.New(lambdahost.Config{
		Region: Region, Account: Account, StatesEndpoint: s.Callback.URL, Environ: environ, Output: output,
	})
	t.Cleanup(func() { s.users.Close() })
	for name, source := range s.options.Functions {
		register(t, s.users, lambdahost.Function{
			Name: name, Command: []string{Build(t, source, "").Path}, Concurrency: 32,
			Env: map[string]string{"AWS_ACCESS_KEY_ID": "user", "AWS_SECRET_ACCESS_KEY": "user"},
		})
	}
	lambdaEndpoint := s.options.LambdaEndpoint
	if lambdaEndpoint == "" {
		lambdaEndpoint = serve(t, "127.0.0.1:0", lambdaAPI(countingInvoker{s.users, &s.invocations}))
	}

	s.functions = lambdahost.New(lambdahost.Config{Region: Region, Account: Account, Environ: environ, Output: output})
	t.Cleanup(func() { s.functions.Close() })
	for id, f := range s.Deployed.Functions {
		env := map[string]string{
			"AWS_ENDPOINT_URL_DYNAMODB": s.DynamoDB.URL, "AWS_ENDPOINT_URL_SQS": s.SQS.URL, "AWS_ENDPOINT_URL_EVENTBRIDGE": s.EventBridge.URL,
			"AWS_ENDPOINT_URL_LAMBDA": lambdaEndpoint, "AWS_ENDPOINT_URL_STS": s.Moto,
			"AWS_ACCESS_KEY_ID": "KEYOF" + strings.ToUpper(id), "AWS_SECRET_ACCESS_KEY": "secret",
			"CLOUDTEST_CLOCK": s.clockFile,
		}
		s.names[env["AWS_ACCESS_KEY_ID"]] = id
		if f.Environment != nil {
			if _, ok := f.Environment.Variables["AWS_ENDPOINT_URL_SFN"]; ok {
				t.Errorf("%s has AWS_ENDPOINT_URL_SFN: what is not Minuet's would never reach Step Functions", id)
			}
			maps.Copy(env, f.Environment.Variables)
		}
		maps.Copy(env, s.options.Environment)
		timeout := time.Duration(aws.ToInt32(f.Timeout)) * time.Second
		if d, ok := s.options.Timeouts[id]; ok {
			timeout = d
		}
		build := Build
		if s.options.Clock {
			build = BuildWithClock
		}
		register(t, s.functions, lambdahost.Function{
			Name: id, Command: []string{build(t, s.source(id), "").Path}, Env: env, Timeout: timeout,
			MemorySize: int(aws.ToInt32(f.MemorySize)), Concurrency: 4 * s.options.Concurrency,
		})
	}
}

// countingInvoker counts the invocations of each function.
type countingInvoker struct {
	engine.Invoker
	counts *sync.Map
}

func (i countingInvoker) Invoke(ctx context.Context, in engine.Invocation) (engine.InvocationResult, error) {
	count, _ := i.counts.LoadOrStore(lambdahost.FunctionName(in.Function), new(atomic.Int64))
	count.(*atomic.Int64).Add(1)
	return i.Invoker.Invoke(ctx, in)
}

// Invocations returns how often tasks have invoked one of the user's functions.
func (s *Stack) Invocations(name string) int {
	count, ok := s.invocations.Load(name)
	if !ok {
		return 0
	}
	return int(count.(*atomic.Int64).Load())
}

func register(t testing.TB, host *lambdahost.Host, f lambdahost.Function) {
	t.Helper()
	if err := host.Register(f); err != nil {
		t.Fatal(err)
	}
}

// invoker returns a function that invokes a function of the template.
func (s *Stack) invoker(id string) func(context.Context, []byte) ([]byte, bool, error) {
	return func(ctx context.Context, event []byte) ([]byte, bool, error) {
		result, err := s.functions.Invoke(ctx, engine.Invocation{Function: id, Payload: event})
		return result.Payload, result.FunctionError != "", err
	}
}

// Invoke invokes a function of the template directly. It fails the test where the function fails.
func (s *Stack) Invoke(t testing.TB, id string, event any) []byte {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatalf("invoke %s: %v", id, err)
	}
	answer, failed, err := s.invoker(id)(t.Context(), text)
	if err != nil || failed {
		t.Fatalf("invoke %s: %v: %s", id, err, answer)
	}
	return answer
}

// startDelivery plays what AWS does between the services until the test ends.
func (s *Stack) startDelivery(t testing.TB) {
	t.Helper()
	// The clients' context must outlive the test's: it ends after the pollers have.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
	for _, m := range s.Deployed.Mappings {
		id := s.Deployed.logicalID(aws.ToString(m.FunctionArn))
		atOnce := s.options.Concurrency
		if m.ScalingConfig != nil && m.ScalingConfig.MaximumConcurrency != nil {
			atOnce = min(atOnce, int(*m.ScalingConfig.MaximumConcurrency))
		}
		arn := aws.ToString(m.EventSourceArn)
		p := s.mapping(t, id, arn[strings.LastIndexByte(arn, ':')+1:], arn, atOnce)
		p.batchSize, p.visibility, p.duplicates = max(1, int(aws.ToInt32(m.BatchSize))), s.options.Visibility, &s.duplicates
		p.partial = slices.Contains(m.FunctionResponseTypes, "ReportBatchItemFailures")
		s.mappings[arn[strings.LastIndexByte(arn, ':')+1:]] = p
		wg.Go(func() { p.run(ctx) })
	}
	for _, p := range s.ruleMappings(t) {
		wg.Go(func() { p.run(ctx) })
	}
}

// mapping makes a mapping of a queue to a function.
func (s *Stack) mapping(t testing.TB, id, queue, arn string, atOnce int) *mapping {
	t.Helper()
	url, err := s.Queue.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		t.Fatalf("find the queue %s of %s: %v", queue, id, err)
	}
	return &mapping{
		client: s.Queue, queueURL: aws.ToString(url.QueueUrl), queueARN: arn, batchSize: 1, invoke: s.invoker(id),
		slots: make(chan struct{}, atOnce), duplicates: new(atomic.Bool), report: t.Errorf,
	}
}

// ruleMappings has each rule of the buses deliver to a queue instead of a function, and returns mappings that hand the events on.
func (s *Stack) ruleMappings(t testing.TB) (out []*mapping) {
	t.Helper()
	ctx := t.Context()
	client := eventbridge.NewFromConfig(Config(s.Moto))
	buses, err := client.ListEventBuses(ctx, &eventbridge.ListEventBusesInput{})
	if err != nil {
		t.Fatalf("list the event buses: %v", err)
	}
	for _, bus := range buses.EventBuses {
		rules, err := client.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: bus.Name})
		if err != nil {
			t.Fatalf("list the rules of %s: %v", *bus.Name, err)
		}
		for _, rule := range rules.Rules {
			targets, err := client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: rule.Name, EventBusName: bus.Name})
			if err != nil {
				t.Fatalf("list the targets of %s: %v", *rule.Name, err)
			}
			for n, target := range targets.Targets {
				id := s.Deployed.logicalID(aws.ToString(target.Arn))
				if id == "" {
					continue
				}
				if rule.ScheduleExpression != nil {
					s.schedules = append(s.schedules, id)
					continue
				}
				queue := fmt.Sprintf("rule-%s-%d", id, n)
				if _, err := s.Queue.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &queue}); err != nil {
					t.Fatalf("create the queue of rule %s: %v", *rule.Name, err)
				}
				arn := "arn:aws:sqs:" + Region + ":" + Account + ":" + queue
				if _, err := client.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: rule.Name, EventBusName: bus.Name, Ids: []string{*target.Id}}); err != nil {
					t.Fatalf("replace the target of rule %s: %v", *rule.Name, err)
				}
				target.Arn, target.RetryPolicy, target.DeadLetterConfig = &arn, nil, nil
				in := &eventbridge.PutTargetsInput{Rule: rule.Name, EventBusName: bus.Name}
				in.Targets = append(in.Targets, target)
				if _, err := client.PutTargets(ctx, in); err != nil {
					t.Fatalf("replace the target of rule %s: %v", *rule.Name, err)
				}
				m := s.mapping(t, id, queue, arn, s.options.Concurrency)
				invoke := m.invoke
				m.duplicates = &s.duplicates
				m.invoke = func(ctx context.Context, event []byte) ([]byte, bool, error) {
					return s.deliverEvent(ctx, event, invoke)
				}
				out = append(out, m)
			}
		}
	}
	return out
}

// deliverEvent hands the event in an SQS event of one message to a function, or loses it.
func (s *Stack) deliverEvent(ctx context.Context, message []byte, invoke func(context.Context, []byte) ([]byte, bool, error)) ([]byte, bool, error) {
	var in struct{ Records []struct{ Body string } }
	if err := json.Unmarshal(message, &in); err != nil || len(in.Records) != 1 {
		return nil, false, fmt.Errorf("no single message: %w", err)
	}
	if s.dropEvents.Add(-1) >= 0 {
		s.lostEvents.Add(1)
		return nil, false, nil
	}
	return invoke(ctx, []byte(in.Records[0].Body))
}

// DropEvents has the next n events lost on their way from the bus to its function.
func (s *Stack) DropEvents(n int) { s.dropEvents.Store(int64(n)) }

// LostEvents returns how many events were lost so.
func (s *Stack) LostEvents() int { return int(s.lostEvents.Load()) }

// Duplicate has every message and event from now on delivered three times, twice of them at once.
func (s *Stack) Duplicate(on bool) { s.duplicates.Store(on) }

// Scheduled returns the logical ids of the functions that the template runs on a schedule.
func (s *Stack) Scheduled() []string { return s.schedules }

// Sweep invokes Sweep as its schedule does.
func (s *Stack) Sweep(t testing.TB) {
	t.Helper()
	s.Invoke(t, "Sweep", map[string]any{
		"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", "source": "aws.events",
		"account": Account, "time": time.Now().UTC().Format(time.RFC3339), "region": Region,
		"resources": []string{"arn:aws:events:" + Region + ":" + Account + ":rule/minuet-sweep"}, "detail": map[string]any{},
	})
}

// Advance moves the clock of the functions, which were started with Options.Clock, ahead of the system's.
func (s *Stack) Advance(t testing.TB, ahead time.Duration) {
	t.Helper()
	if !s.options.Clock {
		t.Fatal("the stack was started without Options.Clock")
	}
	if err := os.WriteFile(s.clockFile+".new", fmt.Append(nil, int64(ahead)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.clockFile+".new", s.clockFile); err != nil {
		t.Fatal(err)
	}
}

// Client returns a stock client that speaks to url, and signs as it does to Step Functions.
func Client(url string) *sfn.Client { return sfn.NewFromConfig(Config(url)) }
