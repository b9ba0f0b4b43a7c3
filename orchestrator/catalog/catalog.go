package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"minuet/orchestrator/engine"
)

// Config is what a [Catalog] is made of. Store and Clock are needed, the rest may be left out.
type Config struct {
	Store engine.MachineStore
	Clock engine.Clock
	// Rand draws revision ids and the version that an alias routes to; nil: math/rand/v2's source.
	Rand    func() uint64
	Region  string // "": us-east-1
	Account string // "": 123456789012
	Log     *slog.Logger
}

// Catalog offers the operations on state machines and activities. Its errors are [engine.Error] where the caller is at
// fault. Its methods may be called from any number of goroutines, and of processes over one store.
type Catalog struct {
	store    engine.MachineStore
	clock    engine.Clock
	rand     func() uint64
	home     ARN // partition, region and account of everything that is created
	log      *slog.Logger
	compiled *cache
}

var _ engine.Machines = (*Catalog)(nil)

// New returns the catalog over a store.
func New(c Config) *Catalog {
	if c.Rand == nil {
		c.Rand = rand.Uint64
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Account == "" {
		c.Account = "123456789012"
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Catalog{
		store: c.Store, clock: c.Clock, rand: c.Rand, log: c.Log, compiled: newCache(),
		home: ARN{Partition: partition(c.Region), Region: c.Region, Account: c.Account},
	}
}

// partition names the group of regions that a region belongs to.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

// arn returns the ARN of a resource that belongs to this catalog.
func (c *Catalog) arn(typ, name string) ARN {
	a := c.home
	a.Type, a.Name = typ, name
	return a
}

// now returns the time as the API shows it: to the millisecond.
func (c *Catalog) now() time.Time { return c.clock.Now().UTC().Truncate(time.Millisecond) }

// uuid returns a random UUID.
func (c *Catalog) uuid() string {
	hi, lo := c.rand(), c.rand()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}

// The kinds of documents.
const (
	kindMachine  = "machine"
	kindRevision = "revision"
	kindActivity = "activity"
)

// load reads a document into v and returns its etag; found is false where there is none.
func (c *Catalog) load(ctx context.Context, kind, id string, v any) (etag int64, found bool, err error) {
	d, err := c.store.Doc(ctx, kind, id)
	if errors.Is(err, engine.ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("load %s %s: %w", kind, id, err)
	}
	if err := json.Unmarshal(d.Data, v); err != nil {
		return 0, false, fmt.Errorf("decode %s %s: %w", kind, id, err)
	}
	return d.Etag, true, nil
}

// put stores a document; lost is true where it has changed since etag.
func (c *Catalog) put(ctx context.Context, kind, id string, etag int64, v any) (lost bool, err error) {
	data, err := json.Marshal(v)
	if err != nil {
		return false, fmt.Errorf("encode %s %s: %w", kind, id, err)
	}
	err = c.store.PutDoc(ctx, engine.Doc{Kind: kind, ID: id, Etag: etag, Data: data})
	if errors.Is(err, engine.ErrExists) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("store %s %s: %w", kind, id, err)
	}
	return false, nil
}

// remove deletes a document, whatever its etag, and succeeds where there is none.
func (c *Catalog) remove(ctx context.Context, kind, id string) error {
	for {
		d, err := c.store.Doc(ctx, kind, id)
		if errors.Is(err, engine.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("load %s %s: %w", kind, id, err)
		}
		err = c.store.DeleteDoc(ctx, kind, id, d.Etag)
		if err == nil {
			return nil
		}
		if !errors.Is(err, engine.ErrExists) {
			return fmt.Errorf("delete %s %s: %w", kind, id, err)
		}
	}
}

// change loads a document, has edit change it, and stores it if edit returns true. When another writer was faster it does
// so again with what that one has stored. missing is the error where there is no document.
func change[D any](ctx context.Context, c *Catalog, kind, id string, missing error, edit func(*D) (bool, error)) error {
	for {
		d := new(D)
		etag, found, err := c.load(ctx, kind, id, d)
		if err != nil {
			return err
		}
		if !found {
			return missing
		}
		changed, err := edit(d)
		if err != nil || !changed {
			return err
		}
		lost, err := c.put(ctx, kind, id, etag, d)
		if err != nil || !lost {
			return err
		}
	}
}

// documents pages through the documents of a kind that belong to this catalog.
func documents[D any](ctx context.Context, c *Catalog, kind, prefix, after string, limit int, fn func(id string, d *D)) (next string, err error) {
	docs, next, err := c.store.Docs(ctx, kind, prefix, after, limit)
	if err != nil {
		return "", fmt.Errorf("list %s: %w", kind, err)
	}
	for _, doc := range docs {
		d := new(D)
		if err := json.Unmarshal(doc.Data, d); err != nil {
			return "", fmt.Errorf("decode %s %s: %w", kind, doc.ID, err)
		}
		fn(doc.ID, d)
	}
	return next, nil
}

// MachineARN is the ARN of the state machine of that name, whether or not there is one.
func (c *Catalog) MachineARN(name string) string { return c.arn(TypeStateMachine, name).String() }
