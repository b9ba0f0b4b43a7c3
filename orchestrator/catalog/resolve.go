package catalog

import (
	"context"

	"minuet/orchestrator/engine"
)

// Resolve implements [engine.Machines]. Of an alias's versions it draws one by their weights.
func (c *Catalog) Resolve(ctx context.Context, arn string) (*engine.Machine, error) {
	a, m, err := c.machine(ctx, arn)
	if err != nil {
		return nil, err
	}
	revision, version, alias := m.Revision, "", ""
	if a.Qualifier != "" {
		n, isVersion := a.Version()
		if !isVersion {
			found := m.alias(a.Qualifier)
			if found == nil {
				return nil, doesNotExist(arn)
			}
			n, alias = found.draw(c.rand()), arn
		}
		v := m.version(n)
		if v == nil {
			return nil, doesNotExist(arn)
		}
		revision, version = v.Revision, a.version(n)
	}
	found, err := c.Revision(ctx, a.Unqualified().String(), revision)
	if err != nil || version == "" {
		return found, err
	}
	qualified := *found
	qualified.Version, qualified.Alias = version, alias
	return &qualified, nil
}
