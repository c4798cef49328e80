package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations are the steps of the schema: step n leads from version n to n+1, and a file's version is its user_version. A
// step that has been released never changes.
//
// Columns hold what is searched, joined or constrained. The rest of an object is the JSON of its Go form in body, so that a
// new fact about an object needs no migration. Times are milliseconds since 1970 UTC.
var migrations = []string{`
CREATE TABLE registrar (
	id   TEXT PRIMARY KEY,
	body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	handle  TEXT NOT NULL UNIQUE,
	sponsor TEXT NOT NULL REFERENCES registrar,
	due     INTEGER,
	body    TEXT NOT NULL
) STRICT;
CREATE INDEX contact_due ON contact (due) WHERE due IS NOT NULL;

CREATE TABLE domain (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	name    TEXT NOT NULL UNIQUE,
	sponsor TEXT NOT NULL REFERENCES registrar,
	due     INTEGER NOT NULL,
	body    TEXT NOT NULL
) STRICT;
CREATE INDEX domain_due ON domain (due);

CREATE TABLE host (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	name          TEXT NOT NULL UNIQUE,
	sponsor       TEXT NOT NULL REFERENCES registrar,
	superordinate INTEGER REFERENCES domain,
	body          TEXT NOT NULL
) STRICT;
CREATE INDEX host_superordinate ON host (superordinate) WHERE superordinate IS NOT NULL;

-- Links go by number, so a host that is renamed keeps its domains.
CREATE TABLE domain_host (
	domain INTEGER NOT NULL REFERENCES domain ON DELETE CASCADE,
	place  INTEGER NOT NULL,
	host   INTEGER NOT NULL REFERENCES host,
	PRIMARY KEY (domain, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX domain_host_host ON domain_host (host);

CREATE TABLE domain_contact (
	domain  INTEGER NOT NULL REFERENCES domain ON DELETE CASCADE,
	place   INTEGER NOT NULL,
	role    TEXT NOT NULL, -- 'registrant' or a role
	contact INTEGER NOT NULL REFERENCES contact,
	PRIMARY KEY (domain, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX domain_contact_contact ON domain_contact (contact);

CREATE TABLE message (
	id        INTEGER PRIMARY KEY AUTOINCREMENT,
	registrar TEXT NOT NULL REFERENCES registrar,
	queued    INTEGER NOT NULL,
	body      TEXT NOT NULL
) STRICT;
CREATE INDEX message_registrar ON message (registrar, id);
`, `
CREATE TABLE zone (
	name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
`}

// migrate brings the schema to the newest version. Each step commits with its version number, so an interrupted migration
// resumes where it stopped. A file of a newer program is refused.
func migrate(ctx context.Context, db *sql.DB) error {
	for {
		done, err := migrateOnce(ctx, db)
		if done || err != nil {
			return err
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB) (done bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version == len(migrations):
		return true, nil
	case version > len(migrations):
		return false, fmt.Errorf("schema version %d is newer than this program's %d", version, len(migrations))
	}
	if _, err := tx.ExecContext(ctx, migrations[version]); err != nil {
		return false, fmt.Errorf("migration to version %d: %w", version+1, err)
	}
	// A pragma takes no parameters; version is ours.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		return false, err
	}
	return false, tx.Commit()
}
