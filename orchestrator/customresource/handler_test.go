package customresource_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"minuet/orchestrator/api"
	"minuet/orchestrator/catalog"
	"minuet/orchestrator/customresource"
	"minuet/orchestrator/engine/memstore"
)

type clock struct{}

func (clock) Now() time.Time { return time.UnixMilli(1_700_000_000_000) }

// caller calls the real API, over a catalog in memory, unless fail says otherwise.
type caller struct {
	api   http.Handler
	calls []string
	fail  func(operation string) error
}

type refused struct{ code, message string }

func (e refused) Error() string     { return e.message }
func (e refused) ErrorCode() string { return e.code }

func (c *caller) Call(ctx context.Context, operation string, in, out any) error {
	c.calls = append(c.calls, operation)
	if c.fail != nil {
		if err := c.fail(operation); err != nil {
			return err
		}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	w := httptest.NewRecorder()
	c.api.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			return err
		}
		return refused{e.Type[strings.LastIndex(e.Type, "#")+1:], e.Message}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(w.Body.Bytes(), out)
}

// cloudFormation stands for CloudFormation: it sends requests, and takes the answers.
type cloudFormation struct {
	*testing.T
	caller  *caller
	handler *customresource.Handler
	bucket  *httptest.Server
	answers []answer
	n       int
}

type answer struct {
	Status, Reason, PhysicalResourceId, StackId, RequestId, LogicalResourceId string
	Data                                                                      map[string]string
}

func newCloudFormation(t *testing.T) *cloudFormation {
	c := &cloudFormation{T: t}
	c.caller = &caller{api: api.New(api.Config{Catalog: catalog.New(catalog.Config{Store: memstore.New(), Clock: clock{}})})}
	c.bucket = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.Method != http.MethodPut || r.Header.Get("Content-Type") != "" || r.ContentLength != int64(len(body)) || r.URL.RawQuery != "signature=secret" {
			t.Errorf("answered by %s %s with type %q and length %d", r.Method, r.URL, r.Header.Get("Content-Type"), r.ContentLength)
		}
		if len(body) > 4096 {
			t.Errorf("an answer of %d bytes", len(body))
		}
		var a answer
		if err := json.Unmarshal(body, &a); err != nil {
			t.Error(err)
		}
		c.answers = append(c.answers, a)
	}))
	t.Cleanup(c.bucket.Close)
	c.handler = &customresource.Handler{Caller: c.caller, HTTP: c.bucket.Client(), LogsAt: "/aws/lambda/api"}
	return c
}

const (
	prefix = "arn:aws:states:us-east-1:123456789012:stateMachine:"
	role   = "arn:aws:iam::123456789012:role/runner"
	pass   = `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
)

// event is a request of the stack "shop" for the resource "Orders"; fields replace what it has.
func (c *cloudFormation) event(kind string, fields map[string]any) []byte {
	c.n++
	e := map[string]any{
		"RequestType": kind, "RequestId": fmt.Sprintf("request-%d", c.n), "ResponseURL": c.bucket.URL + "/answer?signature=secret",
		"ResourceType": customresource.ResourceType, "LogicalResourceId": "Orders",
		"StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/0a1b2c3d", "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:api",
	}
	for k, v := range fields {
		e[k] = v
	}
	text, err := json.Marshal(e)
	if err != nil {
		c.Fatal(err)
	}
	return text
}

// request sends a request, and returns what was answered.
func (c *cloudFormation) request(kind, id string, properties, old map[string]any) answer {
	c.Helper()
	fields := map[string]any{"ResourceProperties": properties}
	if id != "" {
		fields["PhysicalResourceId"] = id
	}
	if old != nil {
		fields["OldResourceProperties"] = old
	}
	return c.send(c.event(kind, fields))
}

func (c *cloudFormation) send(event []byte) answer {
	c.Helper()
	before := len(c.answers)
	if err := c.handler.Handle(c.Context(), event); err != nil {
		c.Fatal(err)
	}
	if len(c.answers) != before+1 {
		c.Fatalf("%d answers", len(c.answers)-before)
	}
	a := c.answers[before]
	if a.RequestId != fmt.Sprintf("request-%d", c.n) || a.LogicalResourceId == "" || a.StackId == "" || a.PhysicalResourceId == "" {
		c.Errorf("the answer lacks what tells its request: %+v", a)
	}
	return a
}

func (c *cloudFormation) succeeds(a answer, id string) answer {
	c.Helper()
	if a.Status != "SUCCESS" || id != "" && a.PhysicalResourceId != id {
		c.Fatalf("answer %+v, want SUCCESS of %s", a, id)
	}
	return a
}

func (c *cloudFormation) fails(a answer, reason string) answer {
	c.Helper()
	if a.Status != "FAILED" || !strings.Contains(a.Reason, reason) {
		c.Errorf("answer %+v, want FAILED for %q", a, reason)
	}
	return a
}

// describe returns a machine as the API has it; a string is the code of a refusal.
func (c *cloudFormation) describe(arn string) (out map[string]any, tags map[string]string, code string) {
	c.Helper()
	var e refused
	if err := c.caller.Call(c.Context(), "DescribeStateMachine", map[string]string{"stateMachineArn": arn}, &out); errors.As(err, &e) {
		return nil, nil, e.code
	} else if err != nil {
		c.Fatal(err)
	}
	var list struct{ Tags []struct{ Key, Value string } }
	if err := c.caller.Call(c.Context(), "ListTagsForResource", map[string]string{"resourceArn": arn}, &list); err != nil {
		c.Fatal(err)
	}
	tags = map[string]string{}
	for _, t := range list.Tags {
		tags[t.Key] = t.Value
	}
	return out, tags, ""
}

func props(changes map[string]any) map[string]any {
	p := map[string]any{"ServiceToken": "arn", "StateMachineName": "orders", "RoleArn": role, "DefinitionString": pass}
	for k, v := range changes {
		if p[k] = v; v == nil {
			delete(p, k)
		}
	}
	return p
}

// Ensure that a machine is made, changed and deleted as the template says.
func TestLife(t *testing.T) {
	c := newCloudFormation(t)
	first := props(map[string]any{
		"DefinitionString": nil,
		"Definition": map[string]any{"StartAt": "W", "States": map[string]any{
			"W": map[string]any{"Type": "Wait", "Seconds": "${Length}", "Comment": "${Other}", "End": "true"}}},
		"DefinitionSubstitutions": map[string]any{"Length": "30"},
		"Tags":                    []any{map[string]any{"Key": "team", "Value": "shop"}, map[string]any{"Key": "stage", "Value": "test"}},
		"Type":                    "STANDARD",
		"TracingConfiguration":    map[string]any{"Enabled": "true"},
		"LoggingConfiguration": map[string]any{"Level": "ERROR", "IncludeExecutionData": "true", "Destinations": []any{
			map[string]any{"CloudWatchLogsLogGroup": map[string]any{"LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}}},
	})
	made := c.succeeds(c.request("Create", "", first, nil), prefix+"orders")
	for key, want := range map[string]string{"Arn": prefix + "orders", "Name": "orders", "StateMachineRevisionId": "INITIAL"} {
		if made.Data[key] != want {
			t.Errorf("%s is %q, want %q", key, made.Data[key], want)
		}
	}
	got, tags, _ := c.describe(prefix + "orders")
	if want := `{"StartAt":"W","States":{"W":{"Comment":"${Other}","End":true,"Seconds":30,"Type":"Wait"}}}`; got["definition"] != want {
		t.Errorf("definition %s, want %s", got["definition"], want)
	}
	if fmt.Sprint(got["tracingConfiguration"]) != "map[enabled:true]" || !strings.Contains(fmt.Sprint(got["loggingConfiguration"]), "includeExecutionData:true level:ERROR") {
		t.Errorf("tracing %v, logging %v", got["tracingConfiguration"], got["loggingConfiguration"])
	}
	if tags["team"] != "shop" || tags["minuet:logical-id"] != "Orders" || !strings.HasSuffix(tags["minuet:stack-id"], "stack/shop/0a1b2c3d") {
		t.Errorf("tags %v", tags)
	}

	second := props(map[string]any{"Tags": []any{map[string]any{"Key": "team", "Value": "orders"}}})
	changed := c.succeeds(c.request("Update", made.PhysicalResourceId, second, first), prefix+"orders")
	if changed.Data["StateMachineRevisionId"] == "INITIAL" {
		t.Error("the revision is still the initial one")
	}
	got, tags, _ = c.describe(prefix + "orders")
	if got["definition"] != pass || fmt.Sprint(got["tracingConfiguration"]) != "map[enabled:false]" ||
		!strings.Contains(fmt.Sprint(got["loggingConfiguration"]), "level:OFF") {
		t.Errorf("after the update: %v", got)
	}
	if _, stays := tags["stage"]; stays || tags["team"] != "orders" || tags["minuet:logical-id"] != "Orders" {
		t.Errorf("tags after the update: %v", tags)
	}

	c.succeeds(c.request("Delete", made.PhysicalResourceId, second, nil), prefix+"orders")
	if _, _, code := c.describe(prefix + "orders"); code != "StateMachineDoesNotExist" {
		t.Errorf("after the deletion: %q", code)
	}
	c.succeeds(c.request("Delete", made.PhysicalResourceId, second, nil), prefix+"orders")
}

// Ensure that every request may come again.
func TestRepeatedRequests(t *testing.T) {
	c := newCloudFormation(t)
	create := c.event("Create", map[string]any{"ResourceProperties": props(nil)})
	c.succeeds(c.send(create), prefix+"orders")
	c.succeeds(c.send(create), prefix+"orders")
	update := c.event("Update", map[string]any{
		"PhysicalResourceId": prefix + "orders", "ResourceProperties": props(map[string]any{"RoleArn": role + "2"}), "OldResourceProperties": props(nil),
	})
	once := c.succeeds(c.send(update), prefix+"orders")
	again := c.succeeds(c.send(update), prefix+"orders")
	if once.Data["StateMachineRevisionId"] != again.Data["StateMachineRevisionId"] {
		t.Error("a repeated update made another revision")
	}
	// An update whose machine someone has deleted makes it anew.
	c.succeeds(c.request("Delete", prefix+"orders", props(nil), nil), "")
	c.succeeds(c.send(c.event("Update", map[string]any{"PhysicalResourceId": prefix + "orders", "ResourceProperties": props(nil)})), prefix+"orders")
}

// Ensure that another name makes another machine, and that a rollback returns to the first.
func TestReplacement(t *testing.T) {
	c := newCloudFormation(t)
	old, renamed := props(nil), props(map[string]any{"StateMachineName": "orders-2", "RoleArn": role + "2"})
	c.succeeds(c.request("Create", "", old, nil), prefix+"orders")
	c.succeeds(c.request("Update", prefix+"orders", renamed, old), prefix+"orders-2")
	if _, _, code := c.describe(prefix + "orders"); code != "" {
		t.Fatalf("the old machine is gone before CloudFormation deletes it: %s", code)
	}
	// The first one is there still, and is brought up to date.
	tagged := props(map[string]any{"RoleArn": role + "3", "Tags": []any{map[string]any{"Key": "a", "Value": "b"}}})
	c.succeeds(c.request("Update", prefix+"orders-2", tagged, renamed), prefix+"orders")
	got, tags, _ := c.describe(prefix + "orders")
	if got["roleArn"] != role+"3" || tags["a"] != "b" {
		t.Errorf("role %v, tags %v", got["roleArn"], tags)
	}
	other := props(map[string]any{"DefinitionString": strings.ReplaceAll(pass, `"P"`, `"Q"`)})
	c.succeeds(c.request("Update", prefix+"orders-2", other, renamed), prefix+"orders")
	if got, _, _ := c.describe(prefix + "orders"); got["definition"] != other["DefinitionString"] {
		t.Errorf("definition %s", got["definition"])
	}
	c.succeeds(c.request("Delete", prefix+"orders-2", renamed, nil), "")
	if _, _, code := c.describe(prefix + "orders-2"); code == "" {
		t.Error("the replaced machine is still there")
	}
}

// Ensure that what belongs to another resource, or to none, is neither taken over nor deleted.
func TestMachinesOfOthers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		other  map[string]any // fields of the request that made the machine
		change map[string]any
	}{
		{"another stack's, the same", map[string]any{"StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/other/1"}, nil},
		{"another resource's, the same", map[string]any{"LogicalResourceId": "Others"}, nil},
		{"another resource's, different", map[string]any{"LogicalResourceId": "Others"}, map[string]any{"TracingConfiguration": map[string]any{"Enabled": true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCloudFormation(t)
			tt.other["ResourceProperties"] = props(nil)
			c.succeeds(c.send(c.event("Create", tt.other)), prefix+"orders")
			a := c.fails(c.request("Create", "", props(tt.change), nil), "Give another StateMachineName, or delete that state machine first.")
			c.succeeds(c.request("Delete", a.PhysicalResourceId, props(nil), nil), a.PhysicalResourceId)
			c.succeeds(c.request("Delete", prefix+"orders", props(nil), nil), prefix+"orders")
			if _, _, code := c.describe(prefix + "orders"); code != "" {
				t.Errorf("the machine of another is gone: %s", code)
			}
		})
	}
	t.Run("nobody's", func(t *testing.T) {
		c := newCloudFormation(t)
		if err := c.caller.Call(t.Context(), "CreateStateMachine", map[string]string{"name": "orders", "definition": pass, "roleArn": role}, nil); err != nil {
			t.Fatal(err)
		}
		c.fails(c.request("Create", "", props(nil), nil), "State Machine Already Exists: '"+prefix+"orders', and it is not of this resource.")
	})
}

// Ensure that a physical id which is no machine's ARN is deleted by doing nothing.
func TestDeleteOfWhatWasNotCreated(t *testing.T) {
	c := newCloudFormation(t)
	failed := c.fails(c.request("Create", "", props(map[string]any{"RoleArn": "nobody"}), nil), "InvalidArn")
	c.caller.calls = nil
	for _, id := range []string{failed.PhysicalResourceId, "arn:aws:states:us-east-1:123456789012:activity:a", prefix + "orders:1", "x"} {
		c.succeeds(c.request("Delete", id, map[string]any{"any": "thing"}, nil), id)
	}
	if len(c.caller.calls) > 0 {
		t.Errorf("calls %v", c.caller.calls)
	}
}

// Ensure that a name is made up for a machine without one, the same each time.
func TestGeneratedName(t *testing.T) {
	c := newCloudFormation(t)
	unnamed := props(map[string]any{"StateMachineName": nil})
	first := c.succeeds(c.request("Create", "", unnamed, nil), "")
	if !strings.HasPrefix(first.Data["Name"], "shop-Orders-") || len(first.Data["Name"]) != len("shop-Orders-")+12 {
		t.Errorf("name %q", first.Data["Name"])
	}
	c.succeeds(c.request("Create", "", unnamed, nil), first.PhysicalResourceId)
	c.succeeds(c.request("Update", first.PhysicalResourceId, unnamed, unnamed), first.PhysicalResourceId)
	long := c.succeeds(c.send(c.event("Create", map[string]any{"ResourceProperties": unnamed, "LogicalResourceId": strings.Repeat("x", 200)})), "")
	if n := len(long.Data["Name"]); n != 80 {
		t.Errorf("a name of %d characters: %q", n, long.Data["Name"])
	}
}

// Ensure that faults of the template are told with what to do about them, and that nothing is called.
func TestPropertiesAtFault(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes map[string]any
		want    string
	}{
		{"an unknown one", map[string]any{"DefinitionUri": "s3://b/k"}, "There is no property DefinitionUri; there are StateMachineName, Definition,"},
		{"no definition", map[string]any{"DefinitionString": nil}, "Definition is missing. Correct the resource's properties."},
		{"two definitions", map[string]any{"Definition": map[string]any{}}, "Definition and DefinitionString are both there: give one."},
		{"a list for a definition", map[string]any{"DefinitionString": nil, "Definition": []any{}}, "Definition must be an object or a string."},
		{"no role", map[string]any{"RoleArn": nil}, "RoleArn is missing."},
		{"a name that is a list", map[string]any{"StateMachineName": []any{"a"}}, "StateMachineName must be a string."},
		{"tags that are a map", map[string]any{"Tags": map[string]any{"a": "b"}}, "Tags must be a list."},
		{"a tag without a key", map[string]any{"Tags": []any{map[string]any{"Value": "b"}}}, "Each of the Tags must have a Key."},
		{"a tag of Minuet's", map[string]any{"Tags": []any{map[string]any{"Key": "minuet:stack-id", "Value": "b"}}}, "Tags must not begin with minuet:."},
		{"tracing that is no boolean", map[string]any{"TracingConfiguration": map[string]any{"Enabled": "perhaps"}}, "Enabled must be true or false."},
		{"logging that is a string", map[string]any{"LoggingConfiguration": "ALL"}, "LoggingConfiguration must be an object."},
		{"a substitution that is an object", map[string]any{"DefinitionSubstitutions": map[string]any{"A": map[string]any{}}}, "DefinitionSubstitutions.A must be a string."},
		{"a substitution that breaks the definition", map[string]any{"DefinitionString": nil, "Definition": map[string]any{"Comment": "${A}"},
			"DefinitionSubstitutions": map[string]any{"A": `"`}}, "With its substitutions the Definition is no longer JSON: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCloudFormation(t)
			c.fails(c.request("Create", "", props(tt.changes), nil), tt.want)
			if len(c.caller.calls) > 0 {
				t.Errorf("calls %v", c.caller.calls)
			}
		})
	}
	t.Run("none at all", func(t *testing.T) {
		c := newCloudFormation(t)
		c.fails(c.send(c.event("Create", nil)), "The properties are not a JSON object.")
	})
}

// Ensure that what the API refuses is told, with what to do about it.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes map[string]any
		want    string
	}{
		{"a definition", map[string]any{"DefinitionString": `{"StartAt":"A","States":{}}`}, "`minuet validate FILE` lists every fault."},
		{"a name", map[string]any{"StateMachineName": "a b"}, "CreateStateMachine: InvalidName: Invalid Name: 'a b' Give another StateMachineName."},
		{"a role", map[string]any{"RoleArn": "runner"}, "Give RoleArn the ARN of an IAM role."},
		{"a type", map[string]any{"Type": "FAST"}, "ValidationException: "},
		{"logging", map[string]any{"LoggingConfiguration": map[string]any{"Level": "ALL"}}, "Correct LoggingConfiguration, or leave it out."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCloudFormation(t)
			c.fails(c.request("Create", "", props(tt.changes), nil), tt.want)
		})
	}
	t.Run("another type", func(t *testing.T) {
		c := newCloudFormation(t)
		c.succeeds(c.request("Create", "", props(nil), nil), "")
		a := c.fails(c.request("Update", prefix+"orders", props(map[string]any{"Type": "EXPRESS"}), props(nil)),
			"is STANDARD and cannot become EXPRESS: give another StateMachineName.")
		if a.PhysicalResourceId != prefix+"orders" {
			t.Errorf("physical id %s: CloudFormation would delete the machine", a.PhysicalResourceId)
		}
	})
	t.Run("a request of another kind", func(t *testing.T) {
		c := newCloudFormation(t)
		c.fails(c.request("Read", "", props(nil), nil), `"Read"`)
	})
}

// Ensure that CloudFormation is answered whatever fails, at any call.
func TestFailuresOfTheAPI(t *testing.T) {
	for kind, id := range map[string]string{"Create": "", "Update": prefix + "orders", "Delete": prefix + "orders"} {
		calls := func(c *cloudFormation) []string {
			if id != "" {
				c.succeeds(c.request("Create", "", props(nil), nil), "")
			}
			c.caller.calls = nil
			c.request(kind, id, props(nil), props(map[string]any{"Tags": []any{map[string]any{"Key": "a", "Value": "b"}}}))
			return c.caller.calls
		}
		for n := range calls(newCloudFormation(t)) {
			for name, fail := range map[string]func() error{
				"fails":    func() error { return errors.New("the table is away") },
				"panics":   func() error { panic("out of range") },
				"throttle": func() error { return refused{"ThrottlingException", "Rate exceeded"} },
			} {
				t.Run(fmt.Sprintf("%s, call %d %s", kind, n, name), func(t *testing.T) {
					c := newCloudFormation(t)
					if id != "" {
						c.succeeds(c.request("Create", "", props(nil), nil), "")
					}
					left := n
					c.caller.fail = func(string) error {
						if left--; left == -1 {
							return fail()
						}
						return nil
					}
					a := c.fails(c.request(kind, id, props(nil), props(map[string]any{"Tags": []any{map[string]any{"Key": "a", "Value": "b"}}})), "/aws/lambda/api has the details.")
					if strings.HasPrefix(a.PhysicalResourceId, "arn:") != (id != "") {
						t.Errorf("physical id %s", a.PhysicalResourceId)
					}
					// Tried again, it succeeds.
					c.caller.fail = nil
					c.succeeds(c.request(kind, id, props(nil), nil), prefix+"orders")
				})
			}
		}
	}
}

// Ensure that a long reason is cut, so that CloudFormation takes the answer.
func TestLongReason(t *testing.T) {
	c := newCloudFormation(t)
	for _, text := range []string{strings.Repeat("ä", 10_000), strings.Repeat("\x01", 10_000), strings.Repeat("<&>", 4_000)} {
		c.caller.fail = func(string) error { return refused{"InvalidDefinition", text} }
		c.fails(c.request("Create", "", props(nil), nil), "...")
	}
}

// transport answers as function does.
type transport func(*http.Request) (int, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	status, err := f(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// Ensure that the answer is sent again where that may help, a few times, and that errors do not tell the URL.
func TestDelivery(t *testing.T) {
	away := errors.New("connection refused")
	for _, tt := range []struct {
		name     string
		statuses []int // 0: no answer; the last one stays
		want     int
		ok       bool
	}{
		{"at once", []int{200}, 1, true},
		{"the second time", []int{503, 200}, 2, true},
		{"after the network", []int{0, 0, 200}, 3, true},
		{"throttled", []int{429, 200}, 2, true},
		{"never", []int{500}, 5, false},
		{"expired", []int{403}, 1, false},
		{"elsewhere", []int{307}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCloudFormation(t)
			sent := 0
			c.handler.HTTP = &http.Client{Transport: transport(func(*http.Request) (int, error) {
				status := tt.statuses[min(sent, len(tt.statuses)-1)]
				if sent++; status == 0 {
					return 0, away
				}
				return status, nil
			})}
			event := c.event("Create", map[string]any{"ResourceProperties": props(nil)})
			synctest.Test(t, func(t *testing.T) {
				err := c.handler.Handle(t.Context(), event)
				if (err == nil) != tt.ok || sent != tt.want {
					t.Errorf("sent %d times, error %v; want %d times, ok %v", sent, err, tt.want, tt.ok)
				}
				if err != nil && strings.Contains(err.Error(), "secret") {
					t.Errorf("the error tells the URL: %v", err)
				}
			})
		})
	}
}

// Ensure that operations which take too long leave time for the answer.
func TestSlowAPI(t *testing.T) {
	for _, limit := range []time.Duration{30 * time.Second, 3 * time.Second} {
		c := newCloudFormation(t)
		var body []byte
		c.handler.HTTP = &http.Client{Transport: transport(func(r *http.Request) (int, error) {
			var err error
			body, err = io.ReadAll(r.Body)
			return http.StatusOK, errors.Join(err, r.Context().Err())
		})}
		event := c.event("Create", map[string]any{"ResourceProperties": props(nil)})
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			c.handler.Caller = slow{}
			if err := c.handler.Handle(ctx, event); err != nil {
				t.Fatal(err)
			}
			if ctx.Err() != nil {
				t.Error("the answer came after the function's end")
			}
		})
		if text := string(body); !strings.Contains(text, `"FAILED"`) || !strings.Contains(text, "the function's time ended before the operation did") {
			t.Errorf("answered %s", text)
		}
	}
}

// slow is a Caller that waits for the end of the time.
type slow struct{}

func (slow) Call(ctx context.Context, _ string, _, _ any) error {
	<-ctx.Done()
	return ctx.Err()
}

// Ensure that events which cannot be answered are errors, and that nothing is called for them.
func TestUnanswerable(t *testing.T) {
	c := newCloudFormation(t)
	for _, event := range []string{
		"", "null", "{}", "[]",
		string(c.event("Create", map[string]any{"ResponseURL": ""})),
		string(c.event("Create", map[string]any{"ResponseURL": "http://example.com/"})),
		string(c.event("Create", map[string]any{"ResponseURL": "file:///etc/passwd"})),
	} {
		if err := c.handler.Handle(t.Context(), []byte(event)); err == nil {
			t.Errorf("%s: no error", event)
		}
	}
	if len(c.caller.calls) > 0 || len(c.answers) > 0 {
		t.Errorf("calls %v, answers %v", c.caller.calls, c.answers)
	}
}

// Ensure that an emulator's URL is taken where that is allowed.
func TestAllowHTTP(t *testing.T) {
	c := newCloudFormation(t)
	sent := []string{}
	c.handler.AllowHTTP = true
	c.handler.HTTP = &http.Client{Transport: transport(func(r *http.Request) (int, error) {
		sent = append(sent, r.URL.String())
		return http.StatusOK, nil
	})}
	if err := c.handler.Handle(t.Context(), c.event("Create", map[string]any{"ResponseURL": "http://127.0.0.1:5000/x", "ResourceProperties": props(nil)})); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sent, []string{"http://127.0.0.1:5000/x"}) {
		t.Errorf("sent to %v", sent)
	}
}
