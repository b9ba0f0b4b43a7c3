package customresource

import (
	"slices"
	"strings"

	"minuet/orchestrator/value"
)

// substitute replaces ${key} in a definition's text by a value, as it is. What has no value stays.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
func substitute(text string, values map[string]string) string {
	var pairs []string
	for key, replacement := range values {
		pairs = append(pairs, "${"+key+"}", replacement)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// The fields of the States Language that are numbers or booleans, by the object that they are in.
var (
	bodyFields  = set("TimeoutSeconds")
	stateFields = set("End TimeoutSeconds HeartbeatSeconds Seconds MaxConcurrency ToleratedFailureCount ToleratedFailurePercentage")
	retryFields = set("IntervalSeconds MaxAttempts MaxDelaySeconds BackoffRate")
	// Condition is JSONata's, which may be a plain boolean.
	choiceFields = set("NumericEquals NumericLessThan NumericGreaterThan NumericLessThanEquals NumericGreaterThanEquals " +
		"BooleanEquals IsNull IsPresent IsNumeric IsString IsBoolean IsTimestamp Condition")
	batcherFields = set("MaxItemsPerBatch MaxInputBytesPerBatch")
	readerFields  = set("MaxItems")
)

func set(names string) map[string]bool {
	out := map[string]bool{}
	for _, n := range strings.Fields(names) {
		out[n] = true
	}
	return out
}

// retype makes the fields of a definition numbers and booleans again, which CloudFormation has made strings.
func retype(body value.Value) value.Value {
	body = scalars(body, bodyFields)
	return in(body, "States", func(states value.Value) value.Value {
		if states.Kind() != value.Object {
			return states
		}
		members := slices.Clone(states.Members())
		for i := range members {
			members[i].Value = retypeState(members[i].Value)
		}
		return value.OfObject(members...)
	})
}

func retypeState(s value.Value) value.Value {
	s = scalars(s, stateFields)
	s = in(s, "Retry", each(func(r value.Value) value.Value { return scalars(r, retryFields) }))
	s = in(s, "Choices", each(retypeChoice))
	s = in(s, "Branches", each(retype))
	s = in(s, "Iterator", retype)
	s = in(s, "ItemProcessor", retype)
	s = in(s, "ItemBatcher", func(b value.Value) value.Value { return scalars(b, batcherFields) })
	return in(s, "ItemReader", func(r value.Value) value.Value {
		return in(r, "ReaderConfig", func(c value.Value) value.Value { return scalars(c, readerFields) })
	})
}

func retypeChoice(c value.Value) value.Value {
	c = scalars(c, choiceFields)
	c = in(c, "And", each(retypeChoice))
	c = in(c, "Or", each(retypeChoice))
	return in(c, "Not", retypeChoice)
}

// in changes a member of an object, if it is there.
func in(v value.Value, key string, change func(value.Value) value.Value) value.Value {
	if member, ok := v.Get(key); ok {
		return v.Set(key, change(member))
	}
	return v
}

// each changes every item of an array.
func each(change func(value.Value) value.Value) func(value.Value) value.Value {
	return func(v value.Value) value.Value {
		if v.Kind() != value.Array {
			return v
		}
		items := slices.Clone(v.Items())
		for i := range items {
			items[i] = change(items[i])
		}
		return value.OfArray(items...)
	}
}

// scalars changes the members of an object that are among the fields.
func scalars(v value.Value, fields map[string]bool) value.Value {
	for _, m := range v.Members() {
		if fields[m.Key] {
			v = v.Set(m.Key, scalar(m.Value))
		}
	}
	return v
}

// scalar makes a string a number or a boolean if it is the text of one; a JSONata expression, for one, is not.
func scalar(v value.Value) value.Value {
	if v.Kind() != value.String {
		return v
	}
	switch text := v.Text(); text {
	case "true", "false":
		return value.OfBool(text == "true")
	default:
		if n, err := value.OfNumber(text); err == nil {
			return n
		}
		return v
	}
}
