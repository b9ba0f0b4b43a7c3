package asl

import "strings"

// Pattern is a service integration's pattern, as the suffix of its resource tells.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
type Pattern string

// The integration patterns.
const (
	RequestResponse  Pattern = ""                  // call and go on
	Sync             Pattern = ".sync"             // run a job
	Sync2            Pattern = ".sync:2"           // run a job; its input and output as JSON
	WaitForTaskToken Pattern = ".waitForTaskToken" // wait for a callback
)

// Resource is a Task's Resource, taken apart.
//
//	arn:aws:states:::states:startExecution.sync:2  -> Service "states",      Action "startExecution", Pattern ".sync:2"
//	arn:aws:states:::aws-sdk:sfn:sendTaskFailure   -> Service "aws-sdk:sfn", Action "sendTaskFailure"
//	arn:aws:lambda:us-east-1:123456789012:function:F -> Service "", Lambda true
//	arn:aws:states:us-east-1:123456789012:activity:A -> Service "", Activity true
type Resource struct {
	ARN      string // as written
	Lambda   bool   // a function's own ARN
	Activity bool
	Service  string // history's resourceType: "lambda", "states", "aws-sdk:sfn", ...
	Action   string // "invoke", "startExecution", ...
	Pattern  Pattern
}

// Name is the action with its pattern, as history's "resource" shows it: "startExecution.sync:2".
func (r Resource) Name() string { return r.Action + string(r.Pattern) }

func (o object) resource() Resource {
	arn, ok := o.string("Resource")
	if !ok {
		return Resource{}
	}
	if !strings.HasPrefix(arn, "arn:") {
		o.fault(o.place("Resource"), "Value is not a valid resource ARN")
		return Resource{}
	}
	r, ok := parseResource(arn)
	if !ok {
		o.fault(o.place("Resource"), "The resource provided %s is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.", arn)
	}
	return r
}

// parseResource takes an ARN apart; it is false for one that no Task can run. Region and account are not looked at: AWS
// takes placeholders there.
func parseResource(arn string) (Resource, bool) {
	r := Resource{ARN: arn}
	part := strings.SplitN(arn, ":", 6) // arn, partition, service, region, account, rest
	if len(part) < 6 || part[0] != "arn" || part[1] == "" {
		return r, false
	}
	kind, rest, _ := strings.Cut(part[5], ":")
	switch {
	case part[2] == "lambda" && kind == "function":
		r.Lambda = true
		name, qualifier, qualified := strings.Cut(rest, ":")
		return r, isName(name) && (!qualified || isName(qualifier))
	case part[2] == "states" && kind == "activity" && part[3] != "" && part[4] != "":
		r.Activity = true
		return r, isName(rest)
	case part[2] == "states" && part[3] == "" && part[4] == "":
		return r.integration(kind, rest)
	}
	return r, false
}

// integration completes a resource of the form arn:aws:states:::service:action.pattern.
func (r Resource) integration(service, rest string) (Resource, bool) {
	api := rest // the action with its pattern
	if service == awsSDK {
		var name string
		if name, api, _ = strings.Cut(rest, ":"); !isLower(name) {
			return r, false
		}
		service += ":" + name
	}
	r.Service = service
	r.Action, _, _ = strings.Cut(api, ".")
	r.Pattern = Pattern(api[len(r.Action):])
	if strings.HasPrefix(service, awsSDK+":") {
		return r, isCamel(r.Action) && callback.has(r.Pattern)
	}
	return r, optimized[service+":"+r.Action].has(r.Pattern)
}

// awsSDK is the service part of what calls any API of AWS.
const awsSDK = "aws-sdk"

// isName tells whether s can be the name or qualifier of a function or activity.
func isName(s string) bool { return s != "" && !strings.ContainsAny(s, ": \t\r\n/") }

// isLower tells whether s is like the name of a service in the AWS SDK: "sfn", "s3", "costexplorer".
func isLower(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// isCamel tells whether s is like the name of an action in the AWS SDK: "listObjectsV2".
func isCamel(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}
