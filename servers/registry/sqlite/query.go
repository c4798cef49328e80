package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// The statements. They are prepared when the store opens, and database/sql keeps the prepared form with each connection:
// compiling a statement takes several times as long as running it.
const (
	selectZones = `SELECT name FROM zone ORDER BY name`
	insertZone  = `INSERT INTO zone (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = excluded.name`

	selectRegistrars = `SELECT id FROM registrar ORDER BY id`
	selectRegistrar  = `SELECT body FROM registrar WHERE id = ?`
	upsertRegistrar  = `INSERT INTO registrar (id, body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body`

	selectDomain         = `SELECT id, name, sponsor, body FROM domain WHERE name = ?`
	selectDomainHosts    = `SELECT h.name FROM domain_host l JOIN host h ON h.id = l.host WHERE l.domain = ? ORDER BY l.place`
	selectDomainContacts = `SELECT l.role, c.handle FROM domain_contact l JOIN contact c ON c.id = l.contact WHERE l.domain = ? ORDER BY l.place`
	selectDueDomains     = `SELECT name FROM domain WHERE due <= ? ORDER BY due LIMIT ?`
	insertDomain         = `INSERT INTO domain (name, sponsor, due, body) VALUES (?, ?, ?, ?)`
	updateDomain         = `UPDATE domain SET name = ?2, sponsor = ?3, due = ?4, body = ?5 WHERE id = ?1`
	deleteDomain         = `DELETE FROM domain WHERE id = ?`
	insertDomainHost     = `INSERT INTO domain_host (domain, place, host) SELECT ?, ?, id FROM host WHERE name = ?`
	deleteDomainHosts    = `DELETE FROM domain_host WHERE domain = ?`
	insertDomainContact  = `INSERT INTO domain_contact (domain, place, role, contact) SELECT ?, ?, ?, id FROM contact WHERE handle = ?`
	deleteDomainContacts = `DELETE FROM domain_contact WHERE domain = ?`

	selectHost = `SELECT h.id, h.name, h.sponsor, ifnull(d.name, ''), h.body
		FROM host h LEFT JOIN domain d ON d.id = h.superordinate WHERE h.name = ?`
	selectSubordinates = `SELECT h.name FROM host h JOIN domain d ON d.id = h.superordinate WHERE d.name = ? ORDER BY h.name`
	selectDelegations  = `SELECT DISTINCT d.sponsor
		FROM host h JOIN domain_host l ON l.host = h.id JOIN domain d ON d.id = l.domain WHERE h.name = ?`
	selectDomainID = `SELECT id FROM domain WHERE name = ?`
	insertHost     = `INSERT INTO host (name, sponsor, superordinate, body) VALUES (?, ?, ?, ?)`
	updateHost     = `UPDATE host SET name = ?2, sponsor = ?3, superordinate = ?4, body = ?5 WHERE id = ?1`
	deleteHost     = `DELETE FROM host WHERE id = ?`

	selectContact       = `SELECT id, handle, sponsor, body FROM contact WHERE handle = ?`
	selectContactLinked = `SELECT EXISTS (SELECT 1 FROM contact c JOIN domain_contact l ON l.contact = c.id WHERE c.handle = ?)`
	selectDueContacts   = `SELECT handle FROM contact WHERE due <= ? ORDER BY due LIMIT ?`
	insertContact       = `INSERT INTO contact (handle, sponsor, due, body) VALUES (?, ?, ?, ?)`
	updateContact       = `UPDATE contact SET handle = ?2, sponsor = ?3, due = ?4, body = ?5 WHERE id = ?1`
	deleteContact       = `DELETE FROM contact WHERE id = ?`

	countMessages = `SELECT count(*) FROM message WHERE registrar = ?`
	selectMessage = `SELECT id, queued, body FROM message WHERE registrar = ? ORDER BY id LIMIT 1`
	insertMessage = `INSERT INTO message (registrar, queued, body) VALUES (?, ?, ?)`
	deleteMessage = `DELETE FROM message WHERE id = ? AND registrar = ?`
)

// readStatements are what a view runs; an update runs both lists.
var (
	readStatements = []string{
		selectZones, selectRegistrars, selectRegistrar,
		selectDomain, selectDomainHosts, selectDomainContacts, selectDueDomains,
		selectHost, selectSubordinates, selectDelegations,
		selectContact, selectContactLinked, selectDueContacts,
		countMessages, selectMessage,
	}
	writeStatements = []string{
		insertZone, upsertRegistrar,
		insertDomain, updateDomain, deleteDomain, insertDomainHost, deleteDomainHosts, insertDomainContact, deleteDomainContacts,
		selectDomainID, insertHost, updateHost, deleteHost,
		insertContact, updateContact, deleteContact,
		insertMessage, deleteMessage,
	}
)

// statements are prepared statements by their text.
type statements map[string]*sql.Stmt

func prepare(ctx context.Context, db *sql.DB, texts ...string) (statements, error) {
	s := make(statements, len(texts))
	for _, text := range texts {
		stmt, err := db.PrepareContext(ctx, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		s[text] = stmt
	}
	return s, nil
}
