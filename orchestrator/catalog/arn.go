package catalog

import (
	"slices"
	"strconv"
	"strings"

	"minuet/orchestrator/engine"
)

// The resource types in Step Functions' ARNs.
const (
	TypeStateMachine = "stateMachine"
	TypeExecution    = "execution"
	TypeExpress      = "express"
	TypeActivity     = "activity"
	TypeMapRun       = "mapRun"
)

// ARN is an ARN of Step Functions, taken apart:
//
//	arn:PARTITION:states:REGION:ACCOUNT:TYPE:NAME[/LABEL][:QUALIFIER]
type ARN struct {
	Partition, Region, Account string
	Type                       string
	Name                       string // the state machine's, or the activity's
	Label                      string // of a Distributed Map state, or ""
	Qualifier                  string // a version's number, an alias's or an execution's name, or ""
}

// ParseARN takes an ARN of one of the types apart. Its errors have code InvalidArn.
func ParseARN(text string, types ...string) (ARN, error) {
	parts := strings.SplitN(text, ":", 8)
	switch {
	case parts[0] != "arn":
		return ARN{}, invalidARN("Invalid ARN prefix: " + text)
	case len(parts) < 7 || parts[1] == "" || parts[2] != "states":
		return ARN{}, invalidARN("Invalid ARN: " + text)
	case !slices.Contains(types, parts[5]):
		return ARN{}, invalidARN("Resource type not valid in this context: " + parts[5])
	}
	a := ARN{Partition: parts[1], Region: parts[3], Account: parts[4], Type: parts[5]}
	var labelled bool
	a.Name, a.Label, labelled = strings.Cut(parts[6], "/")
	qualified := len(parts) == 8
	if qualified {
		a.Qualifier = parts[7]
	}
	if a.Region == "" || a.Account == "" || a.Name == "" || labelled && a.Label == "" || qualified && a.Qualifier == "" || !a.fits() {
		return ARN{}, invalidARN("Invalid ARN: " + text)
	}
	return a, nil
}

// fits tells whether an ARN of the type may have, and has, the qualifier that was found.
func (a ARN) fits() bool {
	switch a.Type {
	case TypeStateMachine:
		return !strings.Contains(a.Qualifier, ":")
	case TypeActivity:
		return a.Qualifier == ""
	case TypeExecution:
		return a.Qualifier != "" && !strings.Contains(a.Qualifier, ":")
	default: // NAME:EXECUTION:ID, NAME/LABEL:ID
		return a.Qualifier != ""
	}
}

func (a ARN) String() string {
	s := "arn:" + a.Partition + ":states:" + a.Region + ":" + a.Account + ":" + a.Type + ":" + a.Name
	if a.Label != "" {
		s += "/" + a.Label
	}
	if a.Qualifier != "" {
		s += ":" + a.Qualifier
	}
	return s
}

// Unqualified returns the ARN without label and qualifier.
func (a ARN) Unqualified() ARN {
	a.Label, a.Qualifier = "", ""
	return a
}

// Version returns the number that a version's ARN ends in; ok is false for any other ARN. No alias's name is a number.
func (a ARN) Version() (n int, ok bool) {
	n, err := strconv.Atoi(a.Qualifier)
	return n, err == nil && n > 0 && strconv.Itoa(n) == a.Qualifier
}

// qualified returns a's state machine's ARN with a qualifier.
func (a ARN) qualified(q string) string {
	a = a.Unqualified()
	a.Qualifier = q
	return a.String()
}

func (a ARN) version(n int) string { return a.qualified(strconv.Itoa(n)) }

func invalidARN(why string) error { return engine.Errorf("InvalidArn", "Invalid Arn: '%s'", why) }

// checkRole refuses what is not a role's ARN: arn:PARTITION:iam::ACCOUNT:role/PATH.
func checkRole(arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" || len(parts[4]) != 12 ||
		strings.Trim(parts[4], "0123456789") != "" || len(parts[5]) <= len("role/") || !strings.HasPrefix(parts[5], "role/") {
		return engine.Errorf("InvalidArn", "Invalid Role Arn: '%s'", arn)
	}
	return nil
}
