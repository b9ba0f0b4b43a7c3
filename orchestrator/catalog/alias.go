package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"minuet/orchestrator/engine"
)

// maxAliases is how many aliases a state machine may have.
const maxAliases = 100

// Alias is a name for a version, or for two that share what is started on it.
type Alias struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Routes      []Route   `json:"routes"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
}

// Route gives a version a share of an alias's executions.
type Route struct {
	Version int   `json:"version"`
	Weight  int64 `json:"weight"` // percent; the routes' weights add up to 100
}

// RouteTo is a route as the API has it.
type RouteTo struct {
	VersionARN string
	Weight     int64
}

func (a *Alias) routes(version int) bool {
	return slices.ContainsFunc(a.Routes, func(r Route) bool { return r.Version == version })
}

// draw picks a version by the routes' weights.
func (a *Alias) draw(random uint64) int {
	at := int64(random % 100)
	for _, r := range a.Routes {
		if at -= r.Weight; at < 0 {
			return r.Version
		}
	}
	return a.Routes[len(a.Routes)-1].Version
}

func (m *machineDoc) findAlias(name string) (int, bool) {
	return slices.BinarySearchFunc(m.Aliases, name, func(a Alias, name string) int { return cmp.Compare(a.Name, name) })
}

// alias returns the alias with a name, or nil.
func (m *machineDoc) alias(name string) *Alias {
	i, found := m.findAlias(name)
	if !found {
		return nil
	}
	return &m.Aliases[i]
}

// AliasDescription is what there is to say of an alias.
type AliasDescription struct {
	ARN, Name, Description string
	Routes                 []RouteTo
	Created, Updated       time.Time
}

func (a *Alias) describe(machine ARN) *AliasDescription {
	d := &AliasDescription{ARN: machine.qualified(a.Name), Name: a.Name, Description: a.Description, Created: a.Created, Updated: a.Updated}
	for _, r := range a.Routes {
		d.Routes = append(d.Routes, RouteTo{machine.version(r.Version), r.Weight})
	}
	return d
}

// parseRoutes checks routes as far as that can be done without the machine that they belong to.
func parseRoutes(in []RouteTo) (machine ARN, routes []Route, err error) {
	var arns, weights []string
	var sum int64
	for _, r := range in {
		arns = append(arns, r.VersionARN)
		weights = append(weights, fmt.Sprint(r.Weight))
		sum += r.Weight
	}
	received := func(format string, list []string) error {
		return engine.Errorf("ValidationException", format+" Received: [%s]", strings.Join(list, ", "))
	}
	for i, r := range in {
		a, err := ParseARN(r.VersionARN, TypeStateMachine)
		if err != nil {
			return machine, nil, err
		}
		n, ok := a.Version()
		if !ok {
			return machine, nil, received("Routing configuration must contain state machine version ARNs.", arns)
		}
		if i > 0 && a.Unqualified() != machine {
			return machine, nil, received("Routing configuration must contain version ARNs of one state machine.", arns)
		}
		machine = a.Unqualified()
		routes = append(routes, Route{n, r.Weight})
	}
	switch {
	case len(routes) == 2 && routes[0].Version == routes[1].Version:
		return machine, nil, received("Routing configuration must contain distinct state machine version ARNs.", arns)
	case sum != 100:
		return machine, nil, received("Sum of routing configuration weights must equal 100.", weights)
	}
	return machine, routes, nil
}

// checkRoutes refuses routes to versions that do not exist.
func (m *machineDoc) checkRoutes(machine ARN, routes []Route) error {
	for _, r := range routes {
		if m.version(r.Version) == nil {
			return notFound(machine.version(r.Version))
		}
	}
	return nil
}

// CreateAlias creates an alias of the machine whose versions it routes to. The same request again returns what the first
// one did.
//
// Codes: InvalidArn, ValidationException, ResourceNotFound, ConflictException, ServiceQuotaExceededException.
func (c *Catalog) CreateAlias(ctx context.Context, name, description string, to []RouteTo) (*AliasDescription, error) {
	machine, routes, err := parseRoutes(to)
	if err != nil {
		return nil, err
	}
	now := c.now()
	alias := Alias{Name: name, Description: description, Routes: routes, Created: now, Updated: now}
	err = change(ctx, c, kindMachine, machine.String(), notFound(to[0].VersionARN), func(m *machineDoc) (bool, error) {
		if err := m.checkRoutes(machine, routes); err != nil {
			return false, err
		}
		i, found := m.findAlias(name)
		if found {
			had := m.Aliases[i]
			if had.Description != description || !slices.Equal(had.Routes, routes) {
				return false, engine.Errorf("ConflictException",
					"Failed to create alias because an alias with the same name and a different routing configuration already exists.")
			}
			alias = had
			return false, nil
		}
		if len(m.Aliases) >= maxAliases {
			return false, engine.Errorf("ServiceQuotaExceededException", "A state machine may have up to %d aliases", maxAliases)
		}
		m.Aliases = slices.Insert(m.Aliases, i, alias)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return alias.describe(machine), nil
}

// UpdateAlias changes an alias's description, its routes (unless to is empty), or both, and returns when.
//
// Codes: InvalidArn, ValidationException, ResourceNotFound.
func (c *Catalog) UpdateAlias(ctx context.Context, arn string, description *string, to []RouteTo) (time.Time, error) {
	a, err := parseAlias(arn)
	if err != nil {
		return time.Time{}, err
	}
	if description == nil && len(to) == 0 {
		return time.Time{}, engine.Errorf("ValidationException", "Either the description or the routing configuration must be specified")
	}
	var routes []Route
	if len(to) > 0 {
		machine, parsed, err := parseRoutes(to)
		if err != nil {
			return time.Time{}, err
		}
		if machine != a.Unqualified() {
			return time.Time{}, engine.Errorf("ValidationException",
				"Routing configuration must contain version ARNs of the alias's state machine. Received: [%s]", machine)
		}
		routes = parsed
	}
	now := c.now()
	return now, change(ctx, c, kindMachine, a.Unqualified().String(), notFound(arn), func(m *machineDoc) (bool, error) {
		alias := m.alias(a.Qualifier)
		if alias == nil {
			return false, notFound(arn)
		}
		if err := m.checkRoutes(a, routes); err != nil {
			return false, err
		}
		if description != nil {
			alias.Description = *description
		}
		if routes != nil {
			alias.Routes = routes
		}
		alias.Updated = now
		return true, nil
	})
}

// DescribeAlias describes an alias. Codes: InvalidArn, ValidationException, ResourceNotFound.
func (c *Catalog) DescribeAlias(ctx context.Context, arn string) (*AliasDescription, error) {
	a, err := parseAlias(arn)
	if err != nil {
		return nil, err
	}
	m := new(machineDoc)
	_, found, err := c.load(ctx, kindMachine, a.Unqualified().String(), m)
	if err != nil {
		return nil, err
	}
	alias := m.alias(a.Qualifier)
	if !found || alias == nil {
		return nil, notFound(arn)
	}
	return alias.describe(a), nil
}

// Aliases pages through the aliases of a machine, or those that route to a version, by name.
//
// Codes: InvalidArn, StateMachineDoesNotExist.
func (c *Catalog) Aliases(ctx context.Context, arn, after string, limit int) (page []*AliasDescription, next string, err error) {
	a, m, err := c.machine(ctx, arn)
	if err != nil {
		return nil, "", err
	}
	version, isVersion := a.Version()
	if a.Qualifier != "" && !isVersion || isVersion && m.version(version) == nil {
		return nil, "", doesNotExist(arn)
	}
	for _, alias := range m.Aliases {
		if alias.Name <= after || isVersion && !alias.routes(version) {
			continue
		}
		if len(page) == limit {
			return page, page[limit-1].Name, nil
		}
		page = append(page, alias.describe(a))
	}
	return page, "", nil
}

// DeleteAlias deletes an alias. Codes: InvalidArn, ValidationException, ResourceNotFound.
func (c *Catalog) DeleteAlias(ctx context.Context, arn string) error {
	a, err := parseAlias(arn)
	if err != nil {
		return err
	}
	return change(ctx, c, kindMachine, a.Unqualified().String(), notFound(arn), func(m *machineDoc) (bool, error) {
		i, found := m.findAlias(a.Qualifier)
		if !found {
			return false, notFound(arn)
		}
		m.Aliases = slices.Delete(m.Aliases, i, i+1)
		return true, nil
	})
}

// parseAlias takes an alias's ARN apart.
func parseAlias(arn string) (ARN, error) {
	a, err := ParseARN(arn, TypeStateMachine)
	if err != nil {
		return a, err
	}
	if _, isVersion := a.Version(); isVersion || a.Qualifier == "" {
		return a, engine.Errorf("ValidationException", "The ARN must be that of a state machine alias: '%s'", arn)
	}
	return a, nil
}

func notFound(arn string) error {
	return engine.Errorf("ResourceNotFound", "Resource not found: '%s'", arn)
}
