//go:build !no_sqlite

package main

import (
	"context"
	"database/sql"
	"path/filepath"

	_ "modernc.org/sqlite"
)

func init() {
	engines = append(engines, engine{"sqlite", func(dir string) (store, error) {
		db, err := sql.Open("sqlite", filepath.Join(dir, "db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
		if err != nil {
			return nil, err
		}
		conn, err := db.Conn(context.Background())
		if err != nil {
			return nil, err
		}
		if _, err := conn.ExecContext(context.Background(), "create table if not exists r(k blob primary key, v blob) without rowid"); err != nil {
			return nil, err
		}
		insert, err := conn.PrepareContext(context.Background(), "insert or ignore into r values(?, ?)")
		if err != nil {
			return nil, err
		}
		s := &sqliteStore{db: db, conn: conn, insert: insert}
		s.committer = newCommitter(s.commit)
		return s, nil
	}})
}

type sqliteStore struct {
	*committer
	db     *sql.DB
	conn   *sql.Conn
	insert *sql.Stmt
}

func (s *sqliteStore) commit(batch []*op) error {
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, "begin immediate"); err != nil {
		return err
	}
	for _, o := range batch {
		r, err := s.insert.ExecContext(ctx, o.key, o.value)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			o.err = errExists
		}
	}
	_, err := s.conn.ExecContext(ctx, "commit")
	return err
}

func (s *sqliteStore) close() error {
	s.stop()
	if err := s.conn.Close(); err != nil {
		return err
	}
	return s.db.Close()
}
