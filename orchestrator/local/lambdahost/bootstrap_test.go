package lambdahost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// roleVariable turns the test binary into one of the programs below.
const roleVariable = "LAMBDAHOST_TEST_ROLE"

// roles are the programs that the tests start.
var roles = map[string]func(){
	"go":         func() { lambda.Start(handle) },
	"raw":        serveRaw,
	"exit":       func() { os.Exit(3) },
	"exit-clean": func() { os.Exit(0) },
	"init-error": failInit,
	"never-next": func() { select {} },
	"hold":       func() { hold(os.Getenv("HOLD")) },
}

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleVariable)]; ok {
		role()
		return
	}
	os.Exit(m.Run())
}

// command is an event of the program "go".
type command struct {
	Do  string `json:"do"`
	Arg string `json:"arg"`
	N   int    `json:"n"`
}

// report is what "report" returns.
type report struct {
	PID           int               `json:"pid"`
	Count         int               `json:"count"`
	Env           map[string]string `json:"env"`
	RequestID     string            `json:"requestId"`
	ARN           string            `json:"arn"`
	TraceID       string            `json:"traceId"`
	Remaining     time.Duration     `json:"remaining"`
	ClientContext map[string]string `json:"clientContext"`
}

var count int

// handle is a function on aws-lambda-go.
func handle(ctx context.Context, event command) (any, error) {
	count++
	switch event.Do {
	case "report":
		deadline, _ := ctx.Deadline()
		invocation, _ := lambdacontext.FromContext(ctx)
		traceID, _ := ctx.Value("x-amzn-trace-id").(string)
		return report{
			PID: os.Getpid(), Count: count, Env: parseEnviron(os.Environ()), RequestID: invocation.AwsRequestID,
			ARN: invocation.InvokedFunctionArn, TraceID: traceID, Remaining: time.Until(deadline),
			ClientContext: invocation.ClientContext.Custom,
		}, nil
	case "print":
		for line := range strings.Lines(event.Arg) {
			fmt.Print(line)
		}
		return nil, nil
	case "fail":
		return nil, errors.New(event.Arg)
	case "panic":
		panic(event.Arg)
	case "exit":
		os.Exit(event.N)
	case "big":
		return strings.Repeat("a", event.N), nil
	case "stream-fail":
		return io.MultiReader(strings.NewReader(`"half of`), failingReader{}), nil
	case "meet":
		// The test answers when all have come.
		response, err := http.Get(event.Arg)
		if err != nil {
			return nil, err
		}
		response.Body.Close()
		return report{PID: os.Getpid(), Count: count}, nil
	case "hold":
		hold(event.Arg)
	case "hold-family":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), roleVariable+"=hold", "HOLD="+event.Arg)
		if err := child.Start(); err != nil {
			return nil, err
		}
		hold(event.Arg)
	}
	return nil, fmt.Errorf("unknown command %q", event.Do)
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("the source dried up") }

// hold connects to the test and stays until it is killed, which the test sees by the connection's end.
func hold(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(conn, "%d\n", os.Getpid())
	io.Copy(io.Discard, conn)
}

// serveRaw is a runtime that does what its event says, among it what a well-behaved runtime would not: each step is a method,
// a path below /2018-06-01/runtime and a body, in which {id} stands for the event's id. It prints each step's status and body.
func serveRaw() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	for {
		response, err := http.Get(base + "invocation/next")
		if err != nil {
			return
		}
		id := response.Header.Get("Lambda-Runtime-Aws-Request-Id")
		var steps []rawStep
		if err := json.NewDecoder(response.Body).Decode(&steps); err != nil {
			panic(err)
		}
		response.Body.Close()
		for _, step := range steps {
			step.run(base, id)
		}
	}
}

// rawStep is a request that serveRaw makes.
type rawStep struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Body   string            `json:"body"`
	Repeat int               `json:"repeat"` // of Body; 0 stands for 1
	Header map[string]string `json:"header"`
}

func (s rawStep) run(base, id string) {
	body := strings.Repeat(s.Body, max(s.Repeat, 1))
	request, err := http.NewRequest(s.Method, base+strings.ReplaceAll(s.Path, "{id}", id), strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	for key, text := range s.Header {
		request.Header.Set(key, text)
		if key == "Host" {
			request.Host = text
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	fmt.Printf("%s %s: %d %s\n", s.Method, s.Path, response.StatusCode, bytes.TrimSpace(text))
}

// failInit is a runtime whose function cannot be loaded.
func failInit() {
	body := `{"errorMessage":"no such module","errorType":"Runtime.ImportModuleError","stackTrace":[]}`
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	response.Body.Close()
	os.Exit(1)
}
