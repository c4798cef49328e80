// Package sqlite keeps a registry's objects in one SQLite file. It is the embedded default: no server, no configuration,
// write-ahead logging so that readers and the one writer do not wait for each other.
package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite": no cgo

	"github.com/protogen-go/protogen/servers/registry/repository"
)

const (
	// busyTimeout is how long a transaction waits for a writer in another process.
	busyTimeout = 10 * time.Second
	// maxReaders bounds the connections that read; each has a page cache of its own.
	maxReaders = 8
)

// Store is a [repository.Store] over a file.
type Store struct {
	read, write       *sql.DB // write has one connection: writers queue for it, instead of inside SQLite
	readSQL, writeSQL statements
}

var _ repository.Store = (*Store)(nil)

// Open opens the file at path, which it creates if need be, and brings its schema up to date. Two further files stand beside
// it while it is open. A path that SQLite takes for an in-memory database is refused: each connection would see one of its
// own.
func Open(ctx context.Context, path string) (*Store, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("sqlite: a file is needed")
	}
	write, err := sql.Open("sqlite", dsn(path, "immediate"))
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn(path, "deferred"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), write.Close())
	}
	read.SetMaxOpenConns(maxReaders)
	read.SetMaxIdleConns(maxReaders)
	s := &Store{read: read, write: write}
	if err := s.init(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %s: %w", path, err), s.Close())
	}
	return s, nil
}

// init brings the schema up to date and prepares the statements.
func (s *Store) init(ctx context.Context) (err error) {
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	if s.readSQL, err = prepare(ctx, s.read, readStatements...); err != nil {
		return err
	}
	s.writeSQL, err = prepare(ctx, s.write, slices.Concat(readStatements, writeStatements)...)
	return err
}

// dsn is the driver's name for a file. With synchronous=NORMAL a loss of power may undo the latest commits but never
// damages the file; FULL, the default here, keeps them, because an answer of 1000 is a promise.
func dsn(path, lock string) string {
	q := url.Values{"_txlock": {lock}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
	}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

// Close releases the file once the transactions under way have ended.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// View implements [repository.Store].
func (s *Store) View(ctx context.Context, f func(repository.Reader) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer tx.Rollback()
	return f(&reader{ctx: context.WithoutCancel(ctx), tx: tx, sql: s.readSQL})
}

// Update implements [repository.Store]. f runs once.
func (s *Store) Update(ctx context.Context, f func(repository.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer tx.Rollback()
	if err := f(&writer{reader{ctx: context.WithoutCancel(ctx), tx: tx, sql: s.writeSQL}}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

// reader is a transaction's reading half.
type reader struct {
	// ctx has the values of the transaction's context and not its end. When that ends database/sql rolls back between two
	// statements; to interrupt one, which takes microseconds, the driver would need a goroutine for each.
	ctx context.Context
	tx  *sql.Tx
	sql statements
}

// stmt is the prepared form of one of the statements.
func (r *reader) stmt(text string) *sql.Stmt { return r.tx.StmtContext(r.ctx, r.sql[text]) }

// row runs a statement for one row. No row is repository.ErrNotFound.
func (r *reader) row(query string, arg any, into ...any) error {
	err := r.stmt(query).QueryRowContext(r.ctx, arg).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return repository.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

// each runs a statement and calls scan for each row.
func (r *reader) each(query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := r.stmt(query).QueryContext(r.ctx, args...)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("sqlite: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return nil
}

// texts runs a statement for a column of text.
func (r *reader) texts(query string, args ...any) ([]string, error) {
	var list []string
	err := r.each(query, args, func(rows *sql.Rows) error {
		var s string
		err := rows.Scan(&s)
		list = append(list, s)
		return err
	})
	return list, err
}

func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("sqlite: stored %T: %w", into, err)
	}
	return nil
}

// writer is a transaction that writes.
type writer struct{ reader }

// exec runs a statement with the JSON of object appended to its arguments, and returns the number of the row it inserted.
func (w *writer) exec(query string, object any, args ...any) (int64, error) {
	body, err := json.Marshal(object)
	if err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	}
	return w.run(query, append(args, string(body))...)
}

// run runs a statement. A statement that should have changed a row and has not is an error.
func (w *writer) run(query string, args ...any) (int64, error) {
	res, err := w.stmt(query).ExecContext(w.ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	} else if n == 0 {
		return 0, errNothing
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	}
	return id, nil
}

// errNothing is a write that met no row: the object, or what it links to, is not there.
var errNothing = errors.New("sqlite: nothing written: the object or what it refers to does not exist")

func milliseconds(t time.Time) int64 { return t.UnixMilli() }
