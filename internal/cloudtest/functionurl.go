//go:build engines

package cloudtest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// FunctionURL plays a Lambda Function URL of payload format 2.0:
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html. It verifies no signature, and notes for which service
// requests were signed, as AWS refuses those that are not for "lambda" where the URL has AWS_IAM.
type FunctionURL struct {
	URL string // without a slash at the end

	function string
	invoke   func(ctx context.Context, event []byte) (answer []byte, functionError bool, err error)

	mu     sync.Mutex
	signed map[string]int
}

// Signed returns how many requests were signed for each service; those without a signature are under "".
func (u *FunctionURL) Signed() map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := map[string]int{}
	for service, n := range u.signed {
		out[service] = n
	}
	return out
}

func (u *FunctionURL) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	accessKey, service := signature(r)
	u.mu.Lock()
	if u.signed == nil {
		u.signed = map[string]int{}
	}
	u.signed[service]++
	u.mu.Unlock()

	body, err := io.ReadAll(io.LimitReader(r.Body, 6*1024*1024+1))
	if err != nil {
		return
	}
	if len(body) > 6*1024*1024 {
		http.Error(w, `{"message":"Request Entity Too Large"}`, http.StatusRequestEntityTooLarge)
		return
	}
	event, err := json.Marshal(urlEvent(r, body, accessKey))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer, functionError, err := u.invoke(r.Context(), event)
	switch {
	case err != nil:
		http.Error(w, `{"Message":"Rate Exceeded."}`, http.StatusTooManyRequests)
	case functionError:
		http.Error(w, "Internal Server Error", http.StatusBadGateway)
	default:
		writeURLResponse(w, answer)
	}
}

// urlEvent is the event of a request.
func urlEvent(r *http.Request, body []byte, accessKey string) events.LambdaFunctionURLRequest {
	headers := map[string]string{"host": r.Host, "x-forwarded-proto": "https", "x-forwarded-port": "443"}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	headers["x-forwarded-for"] = address
	query := map[string]string{}
	for name, values := range r.URL.Query() {
		query[name] = strings.Join(values, ",")
	}
	now := time.Now().UTC()
	event := events.LambdaFunctionURLRequest{
		Version: "2.0", RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery, Headers: headers, QueryStringParameters: query,
		RequestContext: events.LambdaFunctionURLRequestContext{
			AccountID: "anonymous", RequestID: fmt.Sprintf("%08x-0000-4000-8000-%012x", now.Unix(), now.Nanosecond()),
			APIID: "stand-in", DomainName: r.Host, DomainPrefix: "stand-in",
			Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{
				Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: address, UserAgent: r.UserAgent(),
			},
		},
	}
	if accessKey != "" {
		event.RequestContext.AccountID = Account
		event.RequestContext.Authorizer = &events.LambdaFunctionURLRequestContextAuthorizerDescription{
			IAM: &events.LambdaFunctionURLRequestContextAuthorizerIAMDescription{
				AccessKey: accessKey, AccountID: Account, CallerID: accessKey, UserID: accessKey,
				UserARN: "arn:aws:iam::" + Account + ":user/test",
			},
		}
	}
	// Lambda passes text as it is: what it takes for text, it tells by the content type.
	if textual(r.Header.Get("Content-Type")) && utf8.Valid(body) {
		event.Body = string(body)
	} else if len(body) > 0 {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

// textual reports whether Lambda passes a body of this type as text. application/x-amz-json-1.0, what Step Functions' clients
// send, is not among those types.
func textual(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	kind = strings.TrimSpace(kind)
	return strings.HasPrefix(kind, "text/") || kind == "application/json" || kind == "application/javascript" || kind == "application/xml"
}

// writeURLResponse answers as a Function URL does: what has no statusCode is a body by itself.
func writeURLResponse(w http.ResponseWriter, answer []byte) {
	var response struct {
		StatusCode *int              `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
		Base64     bool              `json:"isBase64Encoded"`
		Cookies    []string          `json:"cookies"`
	}
	if json.Unmarshal(answer, &response) != nil || response.StatusCode == nil {
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
		return
	}
	body := []byte(response.Body)
	if response.Base64 {
		decoded, err := base64.StdEncoding.DecodeString(response.Body)
		if err != nil {
			http.Error(w, "Internal Server Error", http.StatusBadGateway)
			return
		}
		body = decoded
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range response.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range response.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(*response.StatusCode)
	w.Write(body)
}
