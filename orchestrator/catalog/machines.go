package catalog

import (
	"context"
	"time"

	"minuet/orchestrator/asl"
	"minuet/orchestrator/engine"
)

// The types of state machines.
const (
	Standard = "STANDARD"
	Express  = "EXPRESS"
)

// machineDoc is a state machine's document.
type machineDoc struct {
	Name        string    `json:"name"`
	Type        string    `json:"type"`
	Created     time.Time `json:"created"`
	Revision    string    `json:"revision"`           // the id of the current one
	LastVersion int       `json:"lastVersion"`        // the highest number that was ever given out
	Versions    []Version `json:"versions,omitempty"` // by number
	Aliases     []Alias   `json:"aliases,omitempty"`  // by name
	Tags        []Tag     `json:"tags,omitempty"`

	// What else a repeated request to create the machine is recognised by.
	Published   bool   `json:"published,omitempty"`
	Description string `json:"description,omitempty"`
}

// Create is what a state machine is created from.
type Create struct {
	Name, Definition, RoleARN string
	Type                      string // "": STANDARD
	Logging                   *Logging
	Tracing                   bool
	Encryption                *Encryption
	Tags                      []Tag
	Publish                   bool   // publish the first revision as version 1
	Description               string // of that version
}

// Created is what came of it.
type Created struct {
	ARN     string
	At      time.Time
	Version string // the ARN of version 1, if it was published
}

// Create creates a state machine. The same request again, but for role and tags, returns what the first one did.
//
// Codes: InvalidName, InvalidArn, InvalidDefinition, InvalidLoggingConfiguration, InvalidEncryptionConfiguration,
// TooManyTags, ValidationException, StateMachineAlreadyExists.
func (c *Catalog) Create(ctx context.Context, in Create) (*Created, error) {
	r, err := c.firstRevision(in)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(r.Machine, nil, in.Tags)
	if err != nil {
		return nil, err
	}
	m := &machineDoc{Name: in.Name, Type: r.Type, Created: r.At, Tags: tags, Published: in.Publish, Description: in.Description}
	for {
		had := new(machineDoc)
		_, found, err := c.load(ctx, kindMachine, r.Machine, had)
		if err != nil {
			return nil, err
		}
		if found {
			return c.createdBefore(ctx, r, m, had)
		}
		if err := c.putRevision(ctx, r); err != nil {
			return nil, err
		}
		m.Revision = r.ID
		if in.Publish {
			m.LastVersion, m.Versions = 1, []Version{{Number: 1, Revision: r.ID, Description: in.Description, Created: r.At}}
		}
		lost, err := c.put(ctx, kindMachine, r.Machine, 0, m)
		if err != nil {
			return nil, err
		}
		if !lost {
			c.log.Info("state machine created", "arn", r.Machine, "revision", r.ID)
			return m.created(r.Machine), nil
		}
	}
}

// firstRevision checks a request and makes the revision of it.
func (c *Catalog) firstRevision(in Create) (*Revision, error) {
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	if in.Description != "" && !in.Publish {
		return nil, errDescriptionWithoutPublish
	}
	r := &Revision{
		Initial: true, Machine: c.arn(TypeStateMachine, in.Name).String(), Name: in.Name, Type: Standard, At: c.now(),
		RoleARN: in.RoleARN, Definition: in.Definition, Logging: in.Logging.orDefault(), Tracing: in.Tracing,
		Encryption: in.Encryption.orDefault(),
	}
	if in.Type != "" {
		r.Type = in.Type
	}
	return r, r.check()
}

var errDescriptionWithoutPublish = engine.Errorf("ValidationException", "Version description can only be set when publish is true")

// check refuses a revision that cannot run.
func (r *Revision) check() error {
	if err := checkRole(r.RoleARN); err != nil {
		return err
	}
	if text := asl.Message(Diagnose(r.Definition, r.Type)); text != "" {
		return engine.Errorf("InvalidDefinition", "Invalid State Machine Definition: '%s'", text)
	}
	if err := r.Logging.check(); err != nil {
		return err
	}
	return r.Encryption.check()
}

// createdBefore answers a request to create a machine whose name is taken.
func (c *Catalog) createdBefore(ctx context.Context, r *Revision, want, had *machineDoc) (*Created, error) {
	now, err := c.DescribeRevision(ctx, r.Machine, had.Revision)
	if err != nil {
		return nil, err
	}
	alike := *now
	alike.RoleARN = r.RoleARN
	if !alike.same(r) || want.Published != had.Published || want.Description != had.Description {
		return nil, engine.Errorf("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", r.Machine)
	}
	return had.created(r.Machine), nil
}

func (m *machineDoc) created(arn string) *Created {
	out := &Created{ARN: arn, At: m.Created}
	if m.Published {
		out.Version = arn + ":1"
	}
	return out
}

// Update is what a state machine is changed to; what is nil stays.
type Update struct {
	ARN                 string
	Definition, RoleARN *string
	Logging             *Logging
	Tracing             *bool
	Encryption          *Encryption
	Publish             bool // publish the revision that comes of it
	Description         string
}

// Updated is what came of it.
type Updated struct {
	At       time.Time
	Revision string // the current revision's id
	Version  string // the version's ARN, if it was published
}

// Update changes a state machine. A change of nothing leaves the revision as it is, but for the initial one: the first
// update always gives the machine a revision id.
//
// Codes: InvalidArn, StateMachineDoesNotExist, MissingRequiredParameter, ValidationException, ConflictException, and those
// of [Catalog.Create] about the same fields.
func (c *Catalog) Update(ctx context.Context, in Update) (*Updated, error) {
	arn, err := parseMachine(in.ARN)
	if err != nil {
		return nil, err
	}
	if in.Definition == nil && in.RoleARN == nil && in.Logging == nil && in.Tracing == nil && in.Encryption == nil {
		return nil, engine.Errorf("MissingRequiredParameter",
			"Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
	}
	if in.Description != "" && !in.Publish {
		return nil, errDescriptionWithoutPublish
	}
	out := &Updated{At: c.now()}
	err = change(ctx, c, kindMachine, arn.String(), doesNotExist(in.ARN), func(m *machineDoc) (bool, error) {
		r, err := c.DescribeRevision(ctx, arn.String(), m.Revision)
		if err != nil {
			return false, err
		}
		changed, err := c.revise(ctx, m, r, in, out.At)
		if err != nil {
			return false, err
		}
		out.Revision = r.ID
		if !in.Publish {
			return changed, nil
		}
		v, published, err := m.publish(r, in.Description, out.At)
		out.Version = arn.version(v.Number)
		return changed || published, err
	})
	if err != nil {
		return nil, err
	}
	c.log.Info("state machine updated", "arn", in.ARN, "revision", out.Revision, "version", out.Version)
	return out, nil
}

// revise makes r, the current revision, what it becomes by an update; changed is false where that is the same.
func (c *Catalog) revise(ctx context.Context, m *machineDoc, r *Revision, in Update, at time.Time) (changed bool, err error) {
	next := *r
	next.Initial, next.At = false, at
	if in.Definition != nil {
		next.Definition = *in.Definition
	}
	if in.RoleARN != nil {
		next.RoleARN = *in.RoleARN
	}
	if in.Logging != nil {
		next.Logging = in.Logging.orDefault()
	}
	if in.Tracing != nil {
		next.Tracing = *in.Tracing
	}
	if in.Encryption != nil {
		next.Encryption = in.Encryption.orDefault()
	}
	// The initial revision's id is not shown: an update that leaves it alone still needs one to return.
	if next.same(r) && !r.Initial {
		return false, nil
	}
	if err := next.check(); err != nil {
		return false, err
	}
	if err := c.putRevision(ctx, &next); err != nil {
		return false, err
	}
	m.Revision, *r = next.ID, next
	return true, nil
}

// Delete deletes a state machine with its versions, aliases and tags, and does nothing where there is none. Its running
// executions go on, as does an execution that starts at this moment.
func (c *Catalog) Delete(ctx context.Context, arn string) error {
	if _, err := parseMachine(arn); err != nil {
		return err
	}
	if err := c.remove(ctx, kindMachine, arn); err != nil {
		return err
	}
	c.log.Info("state machine deleted", "arn", arn)
	return nil
}

// Description is what there is to say of a state machine, or of a version of one.
type Description struct {
	ARN         string // as it was asked for
	Created     time.Time
	Description string // of a version
	Revision    *Revision
}

// Describe describes a state machine or a version. Codes: InvalidArn, StateMachineDoesNotExist.
func (c *Catalog) Describe(ctx context.Context, arn string) (*Description, error) {
	a, m, err := c.machine(ctx, arn)
	if err != nil {
		return nil, err
	}
	d, id := &Description{ARN: arn, Created: m.Created}, m.Revision
	if a.Qualifier != "" {
		n, _ := a.Version()
		v := m.version(n)
		if v == nil {
			return nil, doesNotExist(arn)
		}
		d.Created, d.Description, id = v.Created, v.Description, v.Revision
	}
	d.Revision, err = c.DescribeRevision(ctx, a.Unqualified().String(), id)
	return d, err
}

// Type returns the type of the state machine that arn names, or whose version or alias it names, and that machine's own
// ARN. Codes: InvalidArn, StateMachineDoesNotExist.
func (c *Catalog) Type(ctx context.Context, arn string) (machine, typ string, err error) {
	a, m, err := c.machine(ctx, arn)
	if err != nil {
		return "", "", err
	}
	if n, isVersion := a.Version(); isVersion && m.version(n) == nil || a.Qualifier != "" && !isVersion && m.alias(a.Qualifier) == nil {
		return "", "", doesNotExist(arn)
	}
	return a.Unqualified().String(), m.Type, nil
}

// Summary is a line of a list.
type Summary struct {
	ARN, Name, Type string // no type for an activity
	Created         time.Time
}

// List pages through the state machines, by name.
func (c *Catalog) List(ctx context.Context, after string, limit int) (page []Summary, next string, err error) {
	prefix := c.arn(TypeStateMachine, "").String() // ends in a colon
	next, err = documents(ctx, c, kindMachine, prefix, after, limit, func(id string, m *machineDoc) {
		page = append(page, Summary{id, m.Name, m.Type, m.Created})
	})
	return page, next, err
}

// machine loads the machine that an ARN, qualified or not, belongs to.
func (c *Catalog) machine(ctx context.Context, arn string) (ARN, *machineDoc, error) {
	a, err := ParseARN(arn, TypeStateMachine)
	if err != nil {
		return a, nil, err
	}
	if a.Label != "" {
		return a, nil, doesNotExist(arn)
	}
	m := new(machineDoc)
	_, found, err := c.load(ctx, kindMachine, a.Unqualified().String(), m)
	if err == nil && !found {
		err = doesNotExist(arn)
	}
	return a, m, err
}

// parseMachine takes the ARN of a state machine itself apart.
func parseMachine(arn string) (ARN, error) {
	a, err := ParseARN(arn, TypeStateMachine)
	switch {
	case err != nil:
		return a, err
	case a.Label != "":
		return a, engine.Errorf("ValidationException", "This operation does not support the ARN of a Map state: '%s'", arn)
	case a.Qualifier != "":
		return a, engine.Errorf("ValidationException", "This operation does not support the ARN of a version or an alias: '%s'", arn)
	}
	return a, nil
}

func doesNotExist(arn string) error {
	return engine.Errorf("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}
