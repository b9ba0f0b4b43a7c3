//go:build !no_bbolt

package main

import (
	"path/filepath"

	"go.etcd.io/bbolt"
)

func init() {
	engines = append(engines, engine{"bbolt", func(dir string) (store, error) {
		db, err := bbolt.Open(filepath.Join(dir, "db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
		if err != nil {
			return nil, err
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucketIfNotExists([]byte("r"))
			return err
		})
		if err != nil {
			return nil, err
		}
		s := &bboltStore{db: db}
		s.committer = newCommitter(s.commit)
		return s, nil
	}})
}

type bboltStore struct {
	*committer
	db *bbolt.DB
}

func (s *bboltStore) commit(batch []*op) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket([]byte("r"))
		for _, o := range batch {
			if bucket.Get(o.key) != nil {
				o.err = errExists
			} else if err := bucket.Put(o.key, o.value); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *bboltStore) close() error {
	s.stop()
	return s.db.Close()
}
