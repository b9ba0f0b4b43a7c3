//go:build engines

package cloudtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Verdict is what becomes of a request that a function sends.
type Verdict int

const (
	Pass       Verdict = iota
	KillBefore         // the function's process is killed, and the service never sees the request
	KillAfter          // the service carries the request out, and the function's process is killed before it hears of it
	Refuse             // the service answers 500 and has done nothing
	LoseAnswer         // the service carries the request out, and the connection breaks before the answer
)

// Call is a request that a function sent to a service.
type Call struct {
	Service   string // "DynamoDB", "SQS", "EventBridge"
	Operation string // "PutItem"
	Function  string // the logical id of the function that sent it; "" when somebody else did
	Signed    string // the name of the service for which it was signed
	Body      []byte // nil in what Calls returns
	Verdict   Verdict

	// Filled in once the service has answered.
	Status int
	Sent   int     // entries of a batch, 1 for what is none
	Reads  float64 // capacity units consumed, indexes included
	Writes float64
}

// Proxy stands between the functions and a service: it counts what they ask, and breaks it when told to.
type Proxy struct {
	URL string // its address, without a slash at the end

	service string
	target  string // the service's own URL
	meter   bool   // whether to ask for consumed capacity, which changes the request and so breaks its signature
	names   func(accessKey string) (function string)
	kill    func(peer, proxy string) error

	maxDelay time.Duration // of messages; 0: as they are

	client *http.Client

	mu    sync.Mutex
	judge func(*Call) Verdict
	calls []Call
	errs  []error
}

// startProxy serves a proxy until the test ends.
func startProxy(t testing.TB, service, target string, meter bool, names func(string) string, kill func(peer, proxy string) error) *Proxy {
	t.Helper()
	p := &Proxy{
		service: service, target: target, meter: meter, names: names, kill: kill,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}},
	}
	p.URL = serve(t, "127.0.0.1:0", p)
	t.Cleanup(func() {
		p.client.CloseIdleConnections()
		for _, err := range p.errs {
			t.Errorf("the proxy of %s: %v", service, err)
		}
	})
	return p
}

// Judge has judge decide on each request from now on; nil lets all pass. It is called for one request at a time.
func (p *Proxy) Judge(judge func(*Call) Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judge = judge
}

// Calls returns the requests since the last Reset, in the order in which they were answered.
func (p *Proxy) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Call(nil), p.calls...)
}

// Reset forgets the requests so far.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = nil
}

// Once gives verdict to the nth request (from 1) that match accepts. Done is closed when it has.
func Once(n int, verdict Verdict, match func(*Call) bool) (judge func(*Call) Verdict, done <-chan struct{}) {
	seen, fired := 0, make(chan struct{})
	return func(c *Call) Verdict {
		if seen >= n || !match(c) {
			return Pass
		}
		if seen++; seen < n {
			return Pass
		}
		close(fired)
		return verdict
	}, fired
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the function has gone
	}
	call := &Call{Service: p.service, Operation: operation(r), Body: body, Sent: 1}
	accessKey, signed := signature(r)
	call.Signed, call.Function = signed, p.names(accessKey)

	p.mu.Lock()
	if p.judge != nil {
		call.Verdict = p.judge(call)
	}
	p.mu.Unlock()
	switch call.Verdict {
	case KillBefore:
		p.note(call)
		p.killPeer(r)
	case Refuse:
		call.Status = http.StatusInternalServerError
		p.note(call)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(call.Status)
		io.WriteString(w, `{"__type":"com.amazonaws#InternalServerError","message":"Refused by the test."}`)
		return
	}

	switch {
	case !p.meter:
	case p.service == "DynamoDB":
		body = withCapacity(call.Operation, body)
	case p.service == "SQS" && p.maxDelay > 0:
		body = withDelay(body, p.maxDelay)
	}
	request, err := http.NewRequestWithContext(r.Context(), r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		p.fail(err)
		panic(http.ErrAbortHandler)
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Accept-Encoding")
	request.Header.Del("Connection")
	if !p.meter {
		request.Host = r.Host // is signed
	}
	response, err := p.client.Do(request)
	if err != nil {
		if r.Context().Err() == nil {
			p.fail(err)
		}
		panic(http.ErrAbortHandler)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		if r.Context().Err() == nil {
			p.fail(err)
		}
		panic(http.ErrAbortHandler)
	}
	call.Status = response.StatusCode
	measure(call, answer)
	p.note(call)
	switch call.Verdict {
	case KillAfter:
		p.killPeer(r)
	case LoseAnswer:
		panic(http.ErrAbortHandler)
	}
	for key, values := range response.Header {
		w.Header()[key] = values
	}
	w.WriteHeader(response.StatusCode)
	w.Write(answer)
}

// killPeer kills the process that sent r, and does not return.
func (p *Proxy) killPeer(r *http.Request) {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if err := p.kill(r.RemoteAddr, local.String()); err != nil {
		p.fail(err)
	}
	panic(http.ErrAbortHandler)
}

func (p *Proxy) note(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	noted := *c
	noted.Body = nil
	p.calls = append(p.calls, noted)
}

func (p *Proxy) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs = append(p.errs, err)
}

// operation is the name of what r asks for, as AWS's JSON protocols tell it.
func operation(r *http.Request) string {
	target := r.Header.Get("X-Amz-Target")
	return target[strings.LastIndexByte(target, '.')+1:]
}

var credential = regexp.MustCompile(`Credential=([^/,]+)/[^/,]+/[^/,]+/([^/,]+)/aws4_request`)

// signature tells whose key signed r, and for which service; "" where r is not signed.
func signature(r *http.Request) (accessKey, service string) {
	parts := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if parts == nil {
		return "", ""
	}
	return parts[1], parts[2]
}

// metered are the operations that tell what capacity they have consumed, and whether that is for reads.
var metered = map[string]bool{
	"GetItem": true, "BatchGetItem": true, "Query": true, "Scan": true, "TransactGetItems": true,
	"PutItem": false, "UpdateItem": false, "DeleteItem": false, "BatchWriteItem": false, "TransactWriteItems": false,
}

// withCapacity asks for the consumed capacity, unless the request itself does.
func withCapacity(operation string, body []byte) []byte {
	const key = `"ReturnConsumedCapacity"`
	if _, ok := metered[operation]; !ok || bytes.Contains(body, []byte(key)) || !bytes.HasPrefix(body, []byte("{")) {
		return body
	}
	return append([]byte("{"+key+`:"TOTAL",`), body[1:]...)
}

var delaySeconds = regexp.MustCompile(`"DelaySeconds":(\d+)`)

// withDelay shortens the delays of messages. A message's own text has its quotes escaped, so it is left as it is.
func withDelay(body []byte, limit time.Duration) []byte {
	return delaySeconds.ReplaceAllFunc(body, func(found []byte) []byte {
		n, err := strconv.Atoi(string(delaySeconds.FindSubmatch(found)[1]))
		if err != nil || n <= int(limit.Seconds()) {
			return found
		}
		return fmt.Appendf(nil, `"DelaySeconds":%d`, int(limit.Seconds()))
	})
}

// measure notes what a service has told of its work.
func measure(c *Call, answer []byte) {
	switch c.Operation {
	case "SendMessageBatch", "PutEvents":
		var batch struct{ Entries []json.RawMessage }
		if json.Unmarshal(c.Body, &batch) == nil {
			c.Sent = len(batch.Entries)
		}
	}
	reads, ok := metered[c.Operation]
	if !ok {
		return
	}
	type capacity struct{ CapacityUnits float64 }
	var said struct{ ConsumedCapacity json.RawMessage }
	if json.Unmarshal(answer, &said) != nil || len(said.ConsumedCapacity) == 0 {
		if c.Status == http.StatusBadRequest && !reads && bytes.Contains(answer, []byte("ConditionalCheckFailed")) {
			c.Writes = 1 // a refused put is charged as well, but its answer does not say so
		}
		return
	}
	var all []capacity
	if json.Unmarshal(said.ConsumedCapacity, &all) != nil {
		var one capacity
		if json.Unmarshal(said.ConsumedCapacity, &one) == nil {
			all = []capacity{one}
		}
	}
	for _, one := range all {
		if reads {
			c.Reads += one.CapacityUnits
		} else {
			c.Writes += one.CapacityUnits
		}
	}
}
