package customresource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/cfn"
)

const (
	// maxResponse is how many bytes CloudFormation takes:
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html.
	maxResponse = 4096
	maxReason   = 2048
	// deliveries is how often an answer is sent at most, firstPause the time before the second, which doubles.
	deliveries     = 5
	firstPause     = 250 * time.Millisecond
	deliveryPeriod = 10 * time.Second
)

// checkURL refuses a URL that CloudFormation would not send.
func (h *Handler) checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return errors.New("CloudFormation's request has no ResponseURL")
	}
	if u.Scheme != "https" && !(h.AllowHTTP && u.Scheme == "http") {
		return fmt.Errorf("the ResponseURL's scheme is %q, not https", u.Scheme)
	}
	return nil
}

// deliver sends an answer until the URL takes it, and even when the request's own time is up: without an answer CloudFormation
// waits for an hour.
func (h *Handler) deliver(ctx context.Context, to string, out *cfn.Response) error {
	body, err := encode(out)
	if err != nil {
		return err
	}
	deadline, ok := ctx.Deadline()
	if !ok || ctx.Err() != nil {
		deadline = time.Now().Add(deliveryPeriod)
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	pause := firstPause
	for n := 1; ; n++ {
		again, err := h.put(ctx, to, body)
		if err == nil {
			return nil
		}
		h.log().Warn("answer to CloudFormation not delivered", "attempt", n, "error", err)
		if !again || n == deliveries {
			return fmt.Errorf("answer CloudFormation: %w", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("answer CloudFormation: %w", err)
		}
		pause *= 2
	}
}

// encode writes an answer that fits: a long reason is cut.
func encode(out *cfn.Response) ([]byte, error) {
	for limit := maxReason; ; limit /= 2 {
		out.Reason = cut(out.Reason, limit)
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(out); err != nil {
			return nil, fmt.Errorf("encode answer: %w", err)
		}
		if b.Len() <= maxResponse || limit == 0 {
			return b.Bytes(), nil
		}
	}
}

// cut shortens a text to some bytes, between two characters.
func cut(s string, limit int) string {
	const mark = "..."
	if len(s) <= limit {
		return s
	}
	end := max(limit-len(mark), 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}

// put sends an answer once. The URL is signed for a request without a content type, and is itself a credential: errors do not
// repeat it.
func (h *Handler) put(ctx context.Context, to string, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the ResponseURL is none")
	}
	req.Header["Content-Type"] = []string{""}
	res, err := h.client().Do(req)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return true, err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can serve again
	if res.StatusCode/100 != 2 {
		return res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests,
			fmt.Errorf("status %d", res.StatusCode)
	}
	return false, nil
}

// client follows no redirections: they would take the answer to where CloudFormation is not.
func (h *Handler) client() *http.Client {
	if h.HTTP != nil {
		return h.HTTP
	}
	return deliveryClient
}

var deliveryClient = &http.Client{
	Timeout:       3 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}
