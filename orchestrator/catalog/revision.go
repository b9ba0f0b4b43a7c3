package catalog

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/engine"
)

// Revision is a state machine as it was at some time. It never changes.
type Revision struct {
	ID         string     `json:"id"`
	Initial    bool       `json:"initial,omitempty"` // the machine's first; the API shows no id for it
	Machine    string     `json:"machine"`           // the state machine's ARN, unqualified
	Name       string     `json:"name"`
	Type       string     `json:"type"` // "STANDARD" or "EXPRESS"
	At         time.Time  `json:"at"`   // when the machine became this
	RoleARN    string     `json:"roleArn"`
	Definition string     `json:"definition"` // as written
	Logging    Logging    `json:"logging"`
	Tracing    bool       `json:"tracing,omitempty"`
	Encryption Encryption `json:"encryption"`
}

// ShownID is the id as the API shows it, or "".
func (r *Revision) ShownID() string {
	if r.Initial {
		return ""
	}
	return r.ID
}

// initialRevision stands for the first revision's id in requests and messages.
const initialRevision = "INITIAL"

// spokenID is the id as requests and messages have it.
func (r *Revision) spokenID() string {
	if r.Initial {
		return initialRevision
	}
	return r.ID
}

// same tells whether o describes the same machine: equal but for id and time.
func (r *Revision) same(o *Revision) bool {
	a, b := *r, *o
	b.ID, b.Initial, b.At = a.ID, a.Initial, a.At
	return reflect.DeepEqual(a, b)
}

func revisionKey(machine, id string) string { return machine + "#" + id }

// putRevision stores a revision under a new id.
func (c *Catalog) putRevision(ctx context.Context, r *Revision) error {
	r.ID = c.uuid()
	lost, err := c.put(ctx, kindRevision, revisionKey(r.Machine, r.ID), 0, r)
	if lost {
		return fmt.Errorf("store revision: the id %s is taken", r.ID)
	}
	return err
}

// DescribeRevision returns a revision of a machine, which may have been deleted since.
func (c *Catalog) DescribeRevision(ctx context.Context, machine, id string) (*Revision, error) {
	r := new(Revision)
	_, found, err := c.load(ctx, kindRevision, revisionKey(machine, id), r)
	if err == nil && !found {
		err = fmt.Errorf("revision %s of %s is missing", id, machine)
	}
	return r, err
}

// Revision implements [engine.Machines].
func (c *Catalog) Revision(ctx context.Context, arn, revision string) (*engine.Machine, error) {
	key := revisionKey(arn, revision)
	if m := c.compiled.get(key); m != nil {
		return m, nil
	}
	r, err := c.DescribeRevision(ctx, arn, revision)
	if err != nil {
		return nil, err
	}
	m, err := compile(r)
	if err != nil {
		return nil, err
	}
	c.compiled.add(key, m, len(r.Definition))
	return m, nil
}

// compile makes a stored revision ready to run.
func compile(r *Revision) (*engine.Machine, error) {
	definition, diagnostics := asl.Parse(r.Definition)
	if text := asl.Message(diagnostics); text != "" {
		return nil, fmt.Errorf("stored definition of revision %s of %s: %s", r.ID, r.Machine, text)
	}
	return &engine.Machine{
		ARN: r.Machine, Name: r.Name, Type: r.Type, RoleARN: r.RoleARN, Revision: r.ID, Definition: definition,
	}, nil
}
