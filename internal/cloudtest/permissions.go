//go:build engines

package cloudtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/local/lambdahost"
)

// statement is a statement of a role's policies, with its references resolved.
type statement struct {
	sid  string
	body map[string]any
}

// allows tells whether the statement allows an action on a resource.
func (s statement) allows(action, resource string) bool {
	return s.body["Effect"] == "Allow" && s.matches("Action", action) && s.matches("Resource", resource)
}

func (s statement) matches(element, value string) bool {
	list, ok := s.body[element].([]any)
	if !ok {
		list = []any{s.body[element]}
	}
	return slices.ContainsFunc(list, func(pattern any) bool {
		ok, err := path.Match(strings.ReplaceAll(fmt.Sprint(pattern), "/", ":"), strings.ReplaceAll(value, "/", ":"))
		return err == nil && ok
	})
}

// guarded is a deployed stack whose functions have the credentials of their own roles, in a moto that enforces policies. Nothing
// is delivered by itself: functions run when they are invoked.
type guarded struct {
	t          testing.TB
	deployed   *Deployed
	template   *Template
	table      *dynamodb.Client // with all permissions
	roles      *iam.Client
	statements map[string][]statement // by function
	keys       map[string]aws.Credentials
	moto       string
	functions  *lambdahost.Host
	summaries  map[string]map[string]ddbtypes.AttributeValue // by execution

	mu      sync.Mutex
	granted map[string][]statement // by function
	denied  map[string]int         // by access key
}

// policyName is what a role's statements are put under.
const policyName = "stack"

// startGuarded deploys the template with IAM enforced.
func startGuarded(t testing.TB) *guarded {
	moto := StartMoto(t, "VALIDATE_LAMBDA_S3=false", "INITIAL_NO_AUTH_ACTION_COUNT=1000000000")
	x := Translate(t, filepath.Join(moduleRoot(t), "template.yaml"), nil)
	x.playFunctionURLs(func(string) string { return moto })
	x.nameBuses()
	x.disableMappings()
	statements := map[string][]any{}
	for id, role := range x.Resources("AWS::IAM::Role") {
		properties := role["Properties"].(map[string]any)
		policies, _ := properties["Policies"].([]any)
		statements[id] = statementsOf(policies)
		delete(properties, "Policies") // moto cannot enforce what CloudFormation has put there
		delete(properties, "ManagedPolicyArns")
	}
	for id, policy := range x.Resources("AWS::IAM::Policy") {
		properties := policy["Properties"].(map[string]any)
		for _, role := range properties["Roles"].([]any) {
			if policy["Condition"] != "AssumesRoles" {
				statements[functionOf(role)] = append(statements[functionOf(role)], statementsOf([]any{properties})...)
			}
		}
		x.Remove(id)
	}
	parameters := map[string]string{"Publish": "all"}
	g := &guarded{t: t, moto: moto, template: x, deployed: x.Deploy(t, moto, "minuet", parameters),
		statements: map[string][]statement{}, keys: map[string]aws.Credentials{}, denied: map[string]int{}, granted: map[string][]statement{},
		summaries: map[string]map[string]ddbtypes.AttributeValue{}}

	admin := g.createAdmin()
	g.roles = iam.NewFromConfig(admin)
	g.table = dynamodb.NewFromConfig(admin)
	proxy := serve(t, "127.0.0.1:0", g.watch())
	said := &tail{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the functions have printed at last:\n%s", said.String())
		}
	})
	g.functions = lambdahost.New(lambdahost.Config{Region: Region, Account: Account, Output: said,
		Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true"}})
	t.Cleanup(func() { g.functions.Close() })
	for id, f := range g.deployed.Functions {
		for _, s := range statements[id+"Role"] {
			body := g.resolve(s).(map[string]any)
			sid, _ := body["Sid"].(string)
			g.statements[id] = append(g.statements[id], statement{sid, body})
		}
		g.grant(id, "")
		g.assume(id)
		env := map[string]string{
			"AWS_ENDPOINT_URL": proxy, "AWS_ACCESS_KEY_ID": g.keys[id].AccessKeyID, "AWS_SECRET_ACCESS_KEY": g.keys[id].SecretAccessKey,
			"AWS_SESSION_TOKEN": g.keys[id].SessionToken,
		}
		maps.Copy(env, f.Environment.Variables)
		source := &Stack{}
		register(t, g.functions, lambdahost.Function{Name: id, Command: []string{Build(t, source.source(id), "").Path}, Env: env, Timeout: 30 * time.Second})
	}
	g.enforce()
	return g
}

func statementsOf(policies []any) (out []any) {
	for _, p := range policies {
		document, _ := p.(map[string]any)["PolicyDocument"].(map[string]any)
		list, _ := document["Statement"].([]any)
		out = append(out, list...)
	}
	return out
}

// createAdmin makes a user who may do everything.
func (g *guarded) createAdmin() aws.Config {
	g.t.Helper()
	client := iam.NewFromConfig(Config(g.moto))
	name := aws.String("admin")
	if _, err := client.CreateUser(g.t.Context(), &iam.CreateUserInput{UserName: name}); err != nil {
		g.t.Fatalf("create user: %v", err)
	}
	if _, err := client.PutUserPolicy(g.t.Context(), &iam.PutUserPolicyInput{UserName: name, PolicyName: name,
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}); err != nil {
		g.t.Fatalf("put user policy: %v", err)
	}
	out, err := client.CreateAccessKey(g.t.Context(), &iam.CreateAccessKeyInput{UserName: name})
	if err != nil {
		g.t.Fatalf("create access key: %v", err)
	}
	cfg := Config(g.moto)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*out.AccessKey.AccessKeyId, *out.AccessKey.SecretAccessKey, "")
	return cfg
}

// enforce has moto check every request from here on.
func (g *guarded) enforce() {
	g.t.Helper()
	resp, err := http.Post(g.moto+"/moto-api/reset-auth", "text/plain", strings.NewReader("0"))
	if err != nil || resp.StatusCode != http.StatusOK {
		g.t.Fatalf("enforce policies: %v, %v", resp, err)
	}
	resp.Body.Close()
}

// assume takes the credentials of a function's role.
func (g *guarded) assume(id string) {
	g.t.Helper()
	out, err := sts.NewFromConfig(Config(g.moto)).AssumeRole(g.t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + Account + ":role/" + g.deployed.Physical[id+"Role"]), RoleSessionName: &id,
	})
	if err != nil {
		g.t.Fatalf("assume the role of %s: %v", id, err)
	}
	g.keys[id] = aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
}

// grant gives a function's role its statements, but for one.
func (g *guarded) grant(id, without string) {
	g.t.Helper()
	var list []any
	var granted []statement
	for _, s := range g.statements[id] {
		if s.sid != without {
			granted = append(granted, s)
			// moto knows no resources of these services: the proxy does.
			loose := maps.Clone(s.body)
			loose["Resource"] = "*"
			list = append(list, loose)
		}
	}
	g.mu.Lock()
	g.granted[id] = granted
	g.mu.Unlock()
	document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": list})
	if err != nil {
		g.t.Fatal(err)
	}
	_, err = g.roles.PutRolePolicy(g.t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(g.deployed.Physical[id+"Role"]), PolicyName: aws.String(policyName), PolicyDocument: aws.String(string(document)),
	})
	if err != nil {
		g.t.Fatalf("put the policy of %s: %v", id, err)
	}
}

var reference = regexp.MustCompile(`\$\{([^}]+)\}`)

// resolve puts the names and ARNs of what was deployed in the place of references.
func (g *guarded) resolve(x any) any {
	copied, err := json.Marshal(x)
	if err != nil {
		g.t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(copied, &out); err != nil {
		g.t.Fatal(err)
	}
	return replace(out, func(part map[string]any) any {
		if id, ok := part["Ref"].(string); ok {
			return g.value(id)
		}
		if list, ok := part["Fn::GetAtt"].([]any); ok {
			return g.value(fmt.Sprint(list[0], ".", list[1]))
		}
		if text, ok := part["Fn::Sub"].(string); ok {
			return reference.ReplaceAllStringFunc(text, func(r string) string { return g.value(r[2 : len(r)-1]) })
		}
		return nil
	})
}

// value is what a reference stands for.
func (g *guarded) value(name string) string {
	switch name {
	case "AWS::Partition":
		return "aws"
	case "AWS::Region":
		return Region
	case "AWS::AccountId":
		return Account
	case "AWS::StackName":
		return "minuet"
	}
	id, attribute, _ := strings.Cut(name, ".")
	if p, ok := g.template.body["Parameters"].(map[string]any)[id].(map[string]any); ok {
		return fmt.Sprint(p["Default"])
	}
	physical := g.deployed.Physical[id]
	if attribute == "" {
		return physical
	}
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + Region + ":" + Account + ":" + rest
	}
	resource, _ := g.template.body["Resources"].(map[string]any)[id].(map[string]any)
	switch resource["Type"] {
	case "AWS::DynamoDB::Table":
		return arn("dynamodb", "table/"+physical)
	case "AWS::SQS::Queue":
		return arn("sqs", physical[strings.LastIndexByte(physical, '/')+1:])
	case "AWS::Events::EventBus":
		return arn("events", "event-bus/minuet-executions")
	case "AWS::Logs::LogGroup":
		return arn("logs", "log-group:"+physical+":*")
	}
	g.t.Fatalf("%s: a reference to a %v", name, resource["Type"])
	return ""
}

// watch passes requests on to moto as they are, signatures included, and counts those that it denies, and those that the
// statements do not allow on the resource that they are for.
func (g *guarded) watch() http.Handler {
	target, err := url.Parse(g.moto)
	if err != nil {
		g.t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // it is signed
		},
		ModifyResponse: func(resp *http.Response) error {
			if resp.StatusCode == http.StatusForbidden {
				g.deny(resp.Request)
			}
			return nil
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			g.t.Errorf("read a request: %v", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		action, resources := g.asks(r, body)
		for _, resource := range resources {
			if !g.allowed(r, action, resource) {
				g.deny(r)
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"__type":"AccessDeniedException","message":"not authorized to perform %s on %s"}`, action, resource)
				return
			}
		}
		if action == invokeFunction {
			io.WriteString(w, "{}") // moto would ask for the permission lambda:Invoke, which there is not, and run it in Docker
			return
		}
		forward.ServeHTTP(w, r)
	})
}

const invokeFunction = "lambda:InvokeFunction"

// asks tells what a request asks to do, and on which resources.
func (g *guarded) asks(r *http.Request, body []byte) (action string, resources []string) {
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + Region + ":" + Account + ":" + rest
	}
	if _, function, ok := strings.Cut(r.URL.Path, "/functions/"); ok {
		name, err := url.PathUnescape(strings.TrimSuffix(function, "/invocations"))
		if err != nil {
			g.t.Errorf("%s: %v", r.URL.Path, err)
		}
		return invokeFunction, []string{arn("lambda", "function:"+name[strings.LastIndexByte(name, ':')+1:])}
	}
	var in struct {
		TableName, IndexName, QueueUrl string
		RequestItems                   map[string]any
		Entries                        []struct{ EventBusName string }
	}
	if err := json.Unmarshal(body, &in); err != nil {
		g.t.Errorf("a request to %s: %v", r.Header.Get("X-Amz-Target"), err)
	}
	operation := operation(r)
	switch _, service := signature(r); {
	case service == "dynamodb" && in.IndexName != "":
		return "dynamodb:" + operation, []string{arn("dynamodb", "table/"+in.TableName+"/index/"+in.IndexName)}
	case service == "dynamodb":
		tables := slices.Collect(maps.Keys(in.RequestItems))
		if in.TableName != "" {
			tables = append(tables, in.TableName)
		}
		for _, table := range tables {
			resources = append(resources, arn("dynamodb", "table/"+table))
		}
		return "dynamodb:" + operation, resources
	case service == "sqs":
		return "sqs:" + strings.TrimSuffix(operation, "Batch"), []string{arn("sqs", in.QueueUrl[strings.LastIndexByte(in.QueueUrl, '/')+1:])}
	case service == "events":
		for _, e := range in.Entries {
			resources = append(resources, arn("events", "event-bus/"+e.EventBusName))
		}
		return "events:" + operation, resources
	default:
		g.t.Errorf("a function asks %s for %s", service, operation)
		return "", nil
	}
}

func (g *guarded) allowed(r *http.Request, action, resource string) bool {
	key, _ := signature(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, k := range g.keys {
		if k.AccessKeyID == key {
			return slices.ContainsFunc(g.granted[id], func(s statement) bool { return s.allows(action, resource) })
		}
	}
	return false
}

func (g *guarded) deny(r *http.Request) {
	key, _ := signature(r)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.denied[key]++
}

// denials counts the requests of a function that were denied so far.
func (g *guarded) denials(id string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.denied[g.keys[id].AccessKeyID]
}

// invoke invokes a function, which may fail: it returns what it has answered.
func (g *guarded) invoke(id string, event any) []byte {
	g.t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		g.t.Fatal(err)
	}
	result, err := g.functions.Invoke(g.t.Context(), engine.Invocation{Function: id, Payload: text})
	if err != nil {
		g.t.Fatalf("invoke %s: %v", id, err)
	}
	return result.Payload
}

// receive does what Lambda does for an event source mapping: it polls a queue with the function's role.
func (g *guarded) receive(ctx context.Context, id, queue string) {
	cfg := Config(g.moto)
	k := g.keys[id]
	cfg.Credentials = credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, k.SessionToken)
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.RetryMaxAttempts = 1 })
	_, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(g.deployed.Physical[queue])})
	if err != nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.denied[k.AccessKeyID]++
	}
}
