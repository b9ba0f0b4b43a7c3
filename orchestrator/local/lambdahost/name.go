package lambdahost

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"minuet/orchestrator/engine"
)

// latest is the only version that a local function has.
const latest = "$LATEST"

// functionNamePattern is the pattern of FunctionName in Lambda's API, with the parts captured: region, account, name and
// qualifier. See https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
const functionNamePattern = `(?:arn:(aws[a-zA-Z-]*)?:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d{1}):)?(?:(\d{12}):)?(?:function:)?` +
	`([a-zA-Z0-9-_\.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`

var (
	functionName = regexp.MustCompile(`^` + functionNamePattern + `$`)
	plainName    = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`)
	qualifier    = regexp.MustCompile(`^(?:\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]{1,128})$`)
)

// FunctionName gives the plain name of a function that name, a name, a partial ARN or an ARN, with or without a qualifier, stands
// for. It is "" when name is none of these.
func FunctionName(name string) string {
	parts := functionName.FindStringSubmatch(name)
	if parts == nil {
		return ""
	}
	return parts[4]
}

// target is a registered function under the ARN by which it was invoked.
type target struct {
	fn  *function
	arn string
}

// lookup finds the function that name, a name, a partial ARN or an ARN, stands for. Region and account of an ARN do not
// matter to the choice. The error is an *engine.InvokeError.
func (h *Host) lookup(name, qual string) (target, error) {
	parts := functionName.FindStringSubmatch(name)
	if parts == nil || len(name) > 256 {
		return target{}, invokeError(http.StatusBadRequest, "ValidationException",
			fmt.Sprintf("1 validation error detected: Value '%s' at 'functionName' failed to satisfy constraint: "+
				"Member must be a function name, a partial ARN or an ARN", name))
	}
	partition, region, account, plain := parts[1], parts[2], parts[3], parts[4]
	if qual != "" && !qualifier.MatchString(qual) {
		return target{}, invokeError(http.StatusBadRequest, "ValidationException",
			fmt.Sprintf("1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint: "+
				"Member must be a version or an alias", qual))
	}
	switch {
	case qual == "":
		qual = parts[5]
	case parts[5] != "" && parts[5] != qual:
		return target{}, invokeError(http.StatusBadRequest, "InvalidParameterValueException",
			"The derived qualifier from the function name does not match the specified qualifier.")
	}

	var arn strings.Builder
	fmt.Fprintf(&arn, "arn:%s:lambda:%s:%s:function:%s", firstNonEmpty(partition, "aws"),
		firstNonEmpty(region, h.config.Region), firstNonEmpty(account, h.config.Account), plain)
	if qual != "" {
		arn.WriteString(":" + qual)
	}

	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return target{}, closedError(newRequestID())
	}
	fn, ok := h.functions[plain]
	if !ok {
		return target{}, invokeError(http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+arn.String())
	}
	return target{fn: fn, arn: arn.String()}, nil
}

// invokeError makes a refusal with a request id of its own.
func invokeError(status int, code, message string) *engine.InvokeError {
	return &engine.InvokeError{Code: code, Message: message, StatusCode: status, RequestID: newRequestID()}
}

// tooManyRequests is Lambda's throttling.
func tooManyRequests(id string) *engine.InvokeError {
	return &engine.InvokeError{
		Code: "TooManyRequestsException", Message: "Rate Exceeded.", StatusCode: http.StatusTooManyRequests, RequestID: id,
	}
}

// serviceError is a failure of the host itself, before the function saw the event.
func serviceError(id string, err error) *engine.InvokeError {
	return &engine.InvokeError{
		Code: "ServiceException", Message: err.Error(), StatusCode: http.StatusInternalServerError, RequestID: id,
	}
}

// closedError refuses an invocation of a closed host.
func closedError(id string) *engine.InvokeError { return serviceError(id, errClosed) }

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
