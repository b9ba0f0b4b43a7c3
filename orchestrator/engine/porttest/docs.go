package porttest

import (
	"fmt"
	"slices"
	"testing"

	"minuet/orchestrator/engine"
)

func putDoc(t *testing.T, s engine.Store, kind, id string, etag int64, data string) {
	t.Helper()
	must(t, s.PutDoc(ctx(t), engine.Doc{Kind: kind, ID: id, Etag: etag, Data: []byte(data)}))
}

func wantDoc(t *testing.T, s engine.Store, kind, id string, etag int64, data string) {
	t.Helper()
	got, err := s.Doc(ctx(t), kind, id)
	must(t, err)
	wantEqual(t, "doc", got, engine.Doc{Kind: kind, ID: id, Etag: etag, Data: []byte(data)})
}

// listDocs reads all pages, and returns the ids in their order.
func listDocs(t *testing.T, s engine.Store, kind, prefix string, limit int) []string {
	t.Helper()
	var ids []string
	after := ""
	for range 1000 {
		page, next, err := s.Docs(ctx(t), kind, prefix, after, limit)
		must(t, err)
		if len(page) > limit {
			t.Fatalf("page of %d, want at most %d", len(page), limit)
		}
		for _, d := range page {
			wantDoc(t, s, kind, d.ID, d.Etag, string(d.Data))
			ids = append(ids, d.ID)
		}
		if next == "" {
			return ids
		}
		after = next
	}
	t.Fatal("pages without end")
	return nil
}

var docCases = []storeCase{
	{"put and get", func(t *testing.T, s engine.Store) {
		putDoc(t, s, "machine", "a", 0, "one")
		wantDoc(t, s, "machine", "a", 1, "one")
	}},
	{"put changes what has the etag", func(t *testing.T, s engine.Store) {
		putDoc(t, s, "machine", "a", 0, "one")
		putDoc(t, s, "machine", "a", 1, "two")
		wantDoc(t, s, "machine", "a", 2, "two")
		for _, etag := range []int64{0, 1, 3} {
			wantErr(t, s.PutDoc(ctx(t), engine.Doc{Kind: "machine", ID: "a", Etag: etag}), engine.ErrExists)
		}
		wantDoc(t, s, "machine", "a", 2, "two")
	}},
	{"put of a change to nothing", func(t *testing.T, s engine.Store) {
		wantErr(t, s.PutDoc(ctx(t), engine.Doc{Kind: "machine", ID: "a", Etag: 1}), engine.ErrExists)
		_, err := s.Doc(ctx(t), "machine", "a")
		wantErr(t, err, engine.ErrNotFound)
	}},
	{"of many that put, one wins", func(t *testing.T, s engine.Store) {
		for etag := range int64(3) {
			won := race(racers, func(i int) bool {
				return s.PutDoc(ctx(t), engine.Doc{Kind: "machine", ID: "a", Etag: etag, Data: []byte{byte(i)}}) == nil
			})
			wantEqual(t, "winners", won, 1)
			d, err := s.Doc(ctx(t), "machine", "a")
			must(t, err)
			wantEqual(t, "etag", d.Etag, etag+1)
		}
	}},
	{"no doc is ErrNotFound", func(t *testing.T, s engine.Store) {
		putDoc(t, s, "machine", "a", 0, "one")
		for _, k := range [][2]string{{"machine", "b"}, {"machine", ""}, {"alias", "a"}, {"machin", "ea"}} {
			_, err := s.Doc(ctx(t), k[0], k[1])
			wantErr(t, err, engine.ErrNotFound)
		}
	}},
	{"delete what has the etag", func(t *testing.T, s engine.Store) {
		putDoc(t, s, "machine", "a", 0, "one")
		putDoc(t, s, "machine", "a", 1, "two")
		wantErr(t, s.DeleteDoc(ctx(t), "machine", "a", 1), engine.ErrExists)
		wantDoc(t, s, "machine", "a", 2, "two")
		must(t, s.DeleteDoc(ctx(t), "machine", "a", 2))
		_, err := s.Doc(ctx(t), "machine", "a")
		wantErr(t, err, engine.ErrNotFound)
		wantEqual(t, "docs", listDocs(t, s, "machine", "", 10), []string(nil))
	}},
	{"delete what is not there", func(t *testing.T, s engine.Store) {
		must(t, s.DeleteDoc(ctx(t), "machine", "a", 0))
		must(t, s.DeleteDoc(ctx(t), "machine", "a", 7))
	}},
	{"put again what was deleted", func(t *testing.T, s engine.Store) {
		putDoc(t, s, "machine", "a", 0, "one")
		must(t, s.DeleteDoc(ctx(t), "machine", "a", 1))
		putDoc(t, s, "machine", "a", 0, "two")
		d, err := s.Doc(ctx(t), "machine", "a")
		must(t, err)
		wantEqual(t, "data", string(d.Data), "two")
	}},
	{"docs of a collection by id", func(t *testing.T, s engine.Store) {
		var want []string
		for _, i := range []int{3, 11, 1, 7, 5, 9, 0} {
			id := fmt.Sprintf("a%02d", i)
			putDoc(t, s, "machine", id, 0, id)
			want = append(want, id)
		}
		slices.Sort(want)
		for _, other := range []string{"machin", "machine\x00", "machinea", "n", "alias"} {
			putDoc(t, s, other, "a04", 0, "other")
		}
		for _, limit := range []int{1, 2, 6, 7, 8, 1000} {
			wantEqual(t, "ids", listDocs(t, s, "machine", "", limit), want)
		}
		wantEqual(t, "ids of no collection", listDocs(t, s, "none", "", 10), []string(nil))
	}},
	{"docs by prefix", func(t *testing.T, s engine.Store) {
		for _, id := range []string{"a", "a:1", "a:10", "a:2", "ab", "a\uffff", "a:\U0010ffff", "b:1", "a;", "a/"} {
			putDoc(t, s, "version", id, 0, id)
		}
		for _, limit := range []int{1, 3, 100} {
			wantEqual(t, "ids", listDocs(t, s, "version", "a:", limit), []string{"a:1", "a:10", "a:2", "a:\U0010ffff"})
			wantEqual(t, "ids", listDocs(t, s, "version", "a:1", limit), []string{"a:1", "a:10"})
			wantEqual(t, "ids", listDocs(t, s, "version", "c", limit), []string(nil))
		}
	}},
	{"pages hold when docs come and go between them", func(t *testing.T, s engine.Store) {
		for _, id := range []string{"a", "b", "c", "d"} {
			putDoc(t, s, "machine", id, 0, id)
		}
		page, next, err := s.Docs(ctx(t), "machine", "", "", 2)
		must(t, err)
		wantEqual(t, "page", len(page), 2)
		must(t, s.DeleteDoc(ctx(t), "machine", "b", 1))
		putDoc(t, s, "machine", "aa", 0, "aa")
		page, next, err = s.Docs(ctx(t), "machine", "", next, 2)
		must(t, err)
		wantEqual(t, "page", []string{page[0].ID, page[1].ID}, []string{"c", "d"})
		if next != "" {
			page, _, err = s.Docs(ctx(t), "machine", "", next, 2)
			must(t, err)
			wantEqual(t, "docs after the last", len(page), 0)
		}
	}},
	{"no doc is taken for another", func(t *testing.T, s engine.Store) {
		for _, kind := range oddNames {
			for _, id := range oddNames {
				putDoc(t, s, kind, id, 0, kind+"|"+id)
			}
		}
		for _, kind := range oddNames {
			for _, id := range oddNames {
				wantDoc(t, s, kind, id, 1, kind+"|"+id)
			}
			wantEqual(t, "ids", listDocs(t, s, kind, "", 5), slices.Sorted(slices.Values(oddNames)))
		}
	}},
	{"docs are not shared", func(t *testing.T, s engine.Store) {
		data := []byte("one")
		must(t, s.PutDoc(ctx(t), engine.Doc{Kind: "machine", ID: "a", Data: data}))
		data[0] = 'X'
		for range 2 {
			d, err := s.Doc(ctx(t), "machine", "a")
			must(t, err)
			wantEqual(t, "data", string(d.Data), "one")
			d.Data[0] = 'Y'
			page, _, err := s.Docs(ctx(t), "machine", "", "", 1)
			must(t, err)
			wantEqual(t, "data", string(page[0].Data), "one")
			page[0].Data[0] = 'Z'
		}
	}},
}
