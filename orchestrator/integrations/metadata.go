package integrations

import (
	"slices"
	"strings"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/value"
)

// sdkMetadata is what optimized integrations add to a response: where it came from.
func sdkMetadata(status int, requestID string, headers map[string][]string) []value.Member {
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var all, first []value.Member
	for _, name := range names {
		var values []value.Value
		for _, v := range headers[name] {
			values = append(values, value.OfString(v))
		}
		all = append(all, value.Member{Key: name, Value: value.OfArray(values...)})
		first = append(first, value.Member{Key: name, Value: value.OfString(strings.Join(headers[name], ","))})
	}
	return []value.Member{
		{Key: "SdkHttpMetadata", Value: value.OfObject(
			value.Member{Key: "AllHttpHeaders", Value: value.OfObject(all...)},
			value.Member{Key: "HttpHeaders", Value: value.OfObject(first...)},
			value.Member{Key: "HttpStatusCode", Value: value.OfInt(int64(status))},
		)},
		{Key: "SdkResponseMetadata", Value: value.OfObject(value.Member{Key: "RequestId", Value: value.OfString(requestID)})},
	}
}

// parameter is a parameter that is a string; "" where it is not there.
func parameter(t *engine.Task, name string) string {
	v, _ := t.Parameters.Get(name)
	return v.Text()
}

// text is a parameter whose value the service takes as a JSON text: a string as it is, anything else as JSON. ok is false
// where it is not there.
func text(t *engine.Task, name string) (s string, ok bool) {
	v, ok := t.Parameters.Get(name)
	if !ok || v.Kind() == value.String {
		return v.Text(), ok
	}
	return v.JSON(), true
}

// optional is a parameter that is a string, or nil where it is not there.
func optional(t *engine.Task, name string) *string {
	v, ok := t.Parameters.Get(name)
	if !ok || v.Kind() != value.String {
		return nil
	}
	s := v.Text()
	return &s
}

// sdkTime is a time as the generic integrations show it: 2024-05-01T12:30:45.123Z.
func sdkTime(t time.Time) value.Value {
	return value.OfString(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}
