// Package repository is the registry's domain layer: the objects of a shared registration database (domains, hosts,
// contacts, registrars, messages) and the rules by which registrars may change them, as RFC 5730 to 5733, RFC 5910
// (DNSSEC) and RFC 3915 (grace periods) have them.
//
// It knows neither XML nor SQL. Above it stands whatever speaks to registrars; below it a [Store] keeps the objects.
// Every command is one transaction of the store: it happens wholly or not at all. A refusal is an [*Error] that carries
// the result code of RFC 5730 section 3; any other error is the server's own trouble.
//
// Time moves objects as well as commands do: pending transfers are approved by silence, deleted names become available,
// expired ones are renewed. A command first brings the objects it touches up to date, so its answer never depends on when
// [Repository.Sweep] last ran; Sweep is for the objects that nobody asks about.
package repository

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Repository applies the rules to the objects of a store. Its methods may be called by any number of goroutines.
type Repository struct {
	store  Store
	policy Policy
	now    func() time.Time
	hash   passwordHash
}

// New returns the repository over s, which stays the caller's to close. A nil now means time.Now. A policy that contradicts
// itself is an error.
//
// The store keeps the zones of p. Those that earlier policies had are in force too: a zone with names in it does not vanish
// because a later start does not mention it.
func New(ctx context.Context, s Store, p Policy, now func() time.Time) (*Repository, error) {
	if now == nil {
		now = time.Now
	}
	p = p.withDefaults()
	if err := p.validate(); err != nil {
		return nil, err
	}
	r := &Repository{store: s, policy: p, now: now, hash: newPasswordHash(p.PasswordMemory, p.MaxWaitingLogins)}
	if err := r.openZones(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// openZones puts the zones of the policy into the store, and those of the store in force.
func (r *Repository) openZones(ctx context.Context) error {
	var zones []string
	err := r.store.Update(ctx, func(tx Tx) (err error) {
		if zones, err = tx.Zones(); err != nil {
			return err
		}
		for _, zone := range r.policy.TLDs {
			if slices.Contains(zones, zone) {
				continue
			}
			if err := tx.PutZone(zone); err != nil {
				return err
			}
			zones = append(zones, zone)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.policy.TLDs = zones
	return nil
}

// Policy returns the policy in force, defaults and stored zones filled in.
func (r *Repository) Policy() Policy { return r.policy }

// clock is the time of a command: UTC, in the milliseconds that messages show.
func (r *Repository) clock() time.Time { return r.now().UTC().Truncate(time.Millisecond) }

// Caller is who gives a command.
type Caller struct {
	// ID is the registrar that is logged in.
	ID string
	// ClTRID and SvTRID are the transaction identifiers of the command. They are kept with an action that completes
	// later, so that the notice of completion can name the command that began it.
	ClTRID, SvTRID string
	// Operator marks the registry itself: it sponsors everything, may set server* status values, and is not held by
	// status values that prohibit.
	Operator bool
}

// sponsors reports whether c may act for an object that id sponsors.
func (c Caller) sponsors(id string) bool { return c.Operator || c.ID == id }

// name is what an object's history records for c.
func (c Caller) name() string {
	if c.Operator {
		return OperatorID
	}
	return c.ID
}

// OperatorID stands for the registry itself where an object names who created or changed it.
const OperatorID = "registry"

// A command is one transaction. It settles what time has done to the objects before it looks at them.
type command struct {
	Tx
	repo *Repository
	by   Caller
	now  time.Time
}

// run executes f as one transaction.
func (r *Repository) run(ctx context.Context, by Caller, f func(*command) error) error {
	now := r.clock()
	return r.store.Update(ctx, func(tx Tx) error {
		return f(&command{Tx: tx, repo: r, by: by, now: now})
	})
}

// query executes f over a snapshot, with time advanced to now in what it loads. Because a snapshot cannot store what time
// did, the objects that have fallen due are settled first.
func (r *Repository) query(ctx context.Context, by Caller, f func(*query) error) error {
	now := r.clock()
	ask := func() error {
		return r.store.View(ctx, func(tx Reader) error { return f(&query{Reader: tx, repo: r, by: by, now: now}) })
	}
	err := ask()
	for {
		var due *dueError
		if !errors.As(err, &due) {
			return err
		}
		if err := r.run(ctx, Caller{Operator: true}, due.settle); err != nil {
			return err
		}
		err = ask()
	}
}

// query is a command that changes nothing.
type query struct {
	Reader
	repo *Repository
	by   Caller
	now  time.Time
}

// stored tells whether a lookup in the store gave an object.
func stored[T any](_ *T, err error) (bool, error) {
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// dueError says that a query met an object which time has overtaken; settle brings it up to date.
type dueError struct{ settle func(*command) error }

func (e *dueError) Error() string { return "repository: object is due" }

// Availability is the answer to a check: whether an object of that name can be created, and when not why.
type Availability struct {
	Name      string
	Available bool
	Reason    string // at most 32 characters (eppcom:reasonBaseType); empty when available
}

// fold is the one form in which names of domains and hosts are kept and compared (RFC 4343).
func fold(name string) string { return strings.ToLower(name) }
