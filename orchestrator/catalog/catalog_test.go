package catalog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"minuet/orchestrator/engine"
	"minuet/orchestrator/engine/memstore"
)

const (
	prefix = "arn:aws:states:us-east-1:123456789012:stateMachine:"
	role   = "arn:aws:iam::123456789012:role/service/runner"
)

// clock is a time that moves on by a second with every look at it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

// counter is a source of random numbers that are 1, 2, 3 ...
func counter() func() uint64 {
	var mu sync.Mutex
	var n uint64
	return func() uint64 {
		mu.Lock()
		defer mu.Unlock()
		n++
		return n
	}
}

func newCatalog(t *testing.T) *Catalog {
	t.Helper()
	return newCatalogOver(memstore.New())
}

func newCatalogOver(s engine.MachineStore) *Catalog {
	return New(Config{Store: s, Clock: &clock{now: time.UnixMilli(1_700_000_000_123)}, Rand: counter()})
}

// passing returns a definition that differs from others by its comment.
func passing(comment string) string {
	return fmt.Sprintf(`{"Comment": %q, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`, comment)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// refused fails the test unless err is a refusal with the code and a message that begins so.
func refused(t *testing.T, err error, code, message string) {
	t.Helper()
	var e *engine.Error
	if !errors.As(err, &e) || e.Code != code || !strings.HasPrefix(e.Message, message) {
		t.Errorf("got error %v, want %s: %s", err, code, message)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// forgetful is a store whose puts of machines take effect, but say that they lost: what a client sees that repeats a put
// after losing the first answer. It does so as often as lies says.
type forgetful struct {
	*memstore.Store
	lies int
}

func (s *forgetful) PutDoc(ctx context.Context, d engine.Doc) error {
	err := s.Store.PutDoc(ctx, d)
	if err == nil && d.Kind == kindMachine && s.lies > 0 {
		s.lies--
		return engine.ErrExists
	}
	return err
}

func TestRepeatedPutsDoNotDuplicate(t *testing.T) {
	store := &forgetful{Store: memstore.New(), lies: 1}
	c, ctx := newCatalogOver(store), t.Context()
	created := must(c.Create(ctx, Create{Name: "m", Definition: passing("1"), RoleARN: role, Publish: true}))
	same(t, "version", created.Version, prefix+"m:1")

	store.lies = 1
	definition := passing("2")
	updated := must(c.Update(ctx, Update{ARN: created.ARN, Definition: &definition, Publish: true}))
	same(t, "version", updated.Version, prefix+"m:2")
	same(t, "revision", must(c.Describe(ctx, created.ARN)).Revision.ID, updated.Revision)

	store.lies = 1
	must(c.CreateAlias(ctx, "live", "", []RouteTo{{prefix + "m:2", 100}}))
	store.lies = 1
	if err := c.Tag(ctx, created.ARN, []Tag{{"k", "v"}}); err != nil {
		t.Fatal(err)
	}
	versions, _, err := c.Versions(ctx, created.ARN, "", 10)
	same(t, "versions", len(must(versions, err)), 2)
}

// Ensure that of writers to one machine none undoes what another has done.
func TestConcurrentWriters(t *testing.T) {
	const writers = 12
	c, ctx := newCatalog(t), t.Context()
	arn := must(c.Create(ctx, Create{Name: "m", Definition: passing("0"), RoleARN: role, Publish: true})).ARN
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			definition := passing(fmt.Sprint("writer ", i))
			_, err := c.Update(ctx, Update{ARN: arn, Definition: &definition, Publish: true})
			err = errors.Join(err, c.Tag(ctx, arn, []Tag{{fmt.Sprint("k", i), "v"}}))
			_, aliasErr := c.CreateAlias(ctx, fmt.Sprint("alias", i), "", []RouteTo{{arn + ":1", 100}})
			if err := errors.Join(err, aliasErr); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	versions, _, err := c.Versions(ctx, arn, "", 1000)
	same(t, "versions", len(must(versions, err)), 1+writers)
	for i, v := range versions {
		same(t, "version", v.ARN, fmt.Sprintf("%s:%d", arn, 1+writers-i))
	}
	same(t, "tags", len(must(c.Tags(ctx, arn))), writers)
	aliases, _, err := c.Aliases(ctx, arn, "", 1000)
	same(t, "aliases", len(must(aliases, err)), writers)
}

func TestPartition(t *testing.T) {
	for region, want := range map[string]string{"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"} {
		c := New(Config{Store: memstore.New(), Clock: &clock{}, Region: region, Account: "000000000001"})
		same(t, region, c.arn(TypeActivity, "a").String(), "arn:"+want+":states:"+region+":000000000001:activity:a")
	}
}
