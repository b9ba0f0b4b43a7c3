package function

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
)

// echo answers with the operation and the body; it refuses the operation Refuse.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // of a test's own
	w.Header().Set("X-Got", r.Host+" "+r.Method+" "+r.URL.String())
	if r.Header.Get("X-Amz-Target") == targetPrefix+"Refuse" {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"__type":"com.amazonaws.states#InvalidName","message":"m"}`)
		return
	}
	io.WriteString(w, r.Header.Get("X-Amz-Target")+" "+string(body))
})

// Ensure that a Function URL's event is the request that it stands for.
func TestURL(t *testing.T) {
	e := events.LambdaFunctionURLRequest{
		RawPath: "/a", RawQueryString: "b=c", Body: base64.StdEncoding.EncodeToString([]byte("{}")), IsBase64Encoded: true,
		Headers: map[string]string{"x-amz-target": targetPrefix + "X"},
	}
	e.RequestContext.HTTP.Method, e.RequestContext.DomainName = "POST", "id.lambda-url.eu-central-1.on.aws"
	out, err := URL(t.Context(), echo, e)
	if err != nil || out.StatusCode != 200 || out.Body != targetPrefix+"X {}" || out.Headers["X-Got"] != "id.lambda-url.eu-central-1.on.aws POST /a?b=c" {
		t.Errorf("%+v, %v", out, err)
	}
	e.Body = "!"
	if out, err := URL(t.Context(), echo, e); err != nil || out.StatusCode != 400 {
		t.Errorf("%+v, %v: want status 400", out, err)
	}
}

// Ensure that a direct invocation is answered by the operation, and fails with AWS's code.
func TestCall(t *testing.T) {
	out, err := Call(t.Context(), echo, "StartExecution", nil)
	if err != nil || string(out) != targetPrefix+"StartExecution {}" {
		t.Errorf("%s, %v", out, err)
	}
	_, err = Call(t.Context(), echo, "Refuse", []byte("{}"))
	var refused messages.InvokeResponse_Error
	if !errors.As(err, &refused) || refused.Type != "InvalidName" || refused.Message != "m" {
		t.Errorf("%v, want InvalidName", err)
	}
}

// Ensure that the endpoint of callbacks takes nothing else.
func TestCallbacksOnly(t *testing.T) {
	for operation, open := range map[string]bool{"SendTaskSuccess": true, "SendTaskFailure": true, "SendTaskHeartbeat": true, "StartExecution": false, "": false} {
		e := events.LambdaFunctionURLRequest{Headers: map[string]string{"x-amz-target": targetPrefix + operation}}
		e.RequestContext.HTTP.Method = "POST"
		out, err := URL(t.Context(), callbacksOnly(echo), e)
		if err != nil || (out.StatusCode == 200) != open {
			t.Errorf("%s: %+v, %v", operation, out, err)
		}
		var refusal struct {
			Type string `json:"__type"`
		}
		if !open && (json.Unmarshal([]byte(out.Body), &refusal) != nil || refusal.Type != "AccessDeniedException") {
			t.Errorf("%s: %s", operation, out.Body)
		}
	}
}
