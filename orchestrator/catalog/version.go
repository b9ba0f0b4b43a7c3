package catalog

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"minuet/orchestrator/engine"
)

// maxVersions is how many versions a state machine may have.
const maxVersions = 1000

// Version is a revision of a state machine under a number.
type Version struct {
	Number      int       `json:"number"`
	Revision    string    `json:"revision"`
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created"`
}

// version returns the version with a number, or nil.
func (m *machineDoc) version(n int) *Version {
	i, found := slices.BinarySearchFunc(m.Versions, n, func(v Version, n int) int { return v.Number - n })
	if !found {
		return nil
	}
	return &m.Versions[i]
}

// publish adds a version for the current revision r, unless it has one.
func (m *machineDoc) publish(r *Revision, description string, at time.Time) (v Version, added bool, err error) {
	for _, v := range slices.Backward(m.Versions) {
		if v.Revision == r.ID {
			return v, false, nil
		}
	}
	if len(m.Versions) >= maxVersions {
		return v, false, engine.Errorf("ServiceQuotaExceededException", "A state machine may have up to %d versions", maxVersions)
	}
	m.LastVersion++
	v = Version{Number: m.LastVersion, Revision: r.ID, Description: description, Created: at}
	m.Versions = append(m.Versions, v)
	return v, true, nil
}

// VersionSummary is a version's line of a list.
type VersionSummary struct {
	ARN     string
	Created time.Time
}

// Publish makes a version of the current revision, or returns the one that there is. revision, unless it is "", must be
// that revision's id, "INITIAL" for the first.
//
// Codes: InvalidArn, StateMachineDoesNotExist, ConflictException, ServiceQuotaExceededException.
func (c *Catalog) Publish(ctx context.Context, machine, revision, description string) (*VersionSummary, error) {
	arn, err := parseMachine(machine)
	if err != nil {
		return nil, err
	}
	at := c.now()
	var v Version
	err = change(ctx, c, kindMachine, arn.String(), doesNotExist(machine), func(m *machineDoc) (added bool, err error) {
		r, err := c.DescribeRevision(ctx, arn.String(), m.Revision)
		if err != nil {
			return false, err
		}
		if revision != "" && revision != r.spokenID() {
			return false, engine.Errorf("ConflictException",
				"Failed to publish the State Machine version for revision %s. The current State Machine revision is %s.", revision, r.spokenID())
		}
		v, added, err = m.publish(r, description, at)
		return added, err
	})
	if err != nil {
		return nil, err
	}
	return &VersionSummary{arn.version(v.Number), v.Created}, nil
}

// Versions pages through a machine's versions, the latest first. Codes: InvalidArn, StateMachineDoesNotExist.
func (c *Catalog) Versions(ctx context.Context, machine, after string, limit int) (page []VersionSummary, next string, err error) {
	arn, m, err := c.machine(ctx, machine)
	if err != nil {
		return nil, "", err
	}
	below := m.LastVersion + 1
	if after != "" {
		if below, err = strconv.Atoi(after); err != nil {
			return nil, "", errToken
		}
	}
	for _, v := range slices.Backward(m.Versions) {
		switch {
		case v.Number >= below:
		case len(page) == limit:
			return page, next, nil
		default:
			page = append(page, VersionSummary{arn.version(v.Number), v.Created})
			next = strconv.Itoa(v.Number)
		}
	}
	return page, "", nil
}

var errToken = engine.Errorf("InvalidToken", "Invalid Token: 'Invalid token'")

// DeleteVersion deletes a version to which no alias routes, and does nothing where there is none. Its executions go on.
//
// Codes: InvalidArn, ValidationException, ConflictException.
func (c *Catalog) DeleteVersion(ctx context.Context, version string) error {
	arn, err := ParseARN(version, TypeStateMachine)
	if err != nil {
		return err
	}
	n, ok := arn.Version()
	if !ok {
		return engine.Errorf("ValidationException", "The ARN must be that of a state machine version: '%s'", version)
	}
	return change(ctx, c, kindMachine, arn.Unqualified().String(), nil, func(m *machineDoc) (bool, error) {
		var users []string
		for _, a := range m.Aliases {
			if a.routes(n) {
				users = append(users, a.Name)
			}
		}
		if len(users) > 0 {
			return false, engine.Errorf("ConflictException",
				"Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [%s]",
				strings.Join(users, ", "))
		}
		had := len(m.Versions)
		m.Versions = slices.DeleteFunc(m.Versions, func(v Version) bool { return v.Number == n })
		return len(m.Versions) < had, nil
	})
}
