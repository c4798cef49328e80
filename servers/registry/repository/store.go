package repository

import (
	"context"
	"errors"
	"time"
)

// ErrNotFound is what a lookup returns for an object that does not exist.
var ErrNotFound = errors.New("repository: no such object")

// Store keeps objects. The rules call it and nothing else reaches the data, so that a different engine means a different
// Store and no other change. Its methods may be called by any number of goroutines.
type Store interface {
	// View runs f over one consistent snapshot.
	View(ctx context.Context, f func(Reader) error) error

	// Update runs f in one write transaction, serializable against all others: when f returns nil everything it wrote is
	// durable and visible, otherwise nothing is. An engine that resolves conflicts by retrying may call f again, so f
	// has no effects outside its Tx.
	Update(ctx context.Context, f func(Tx) error) error

	// Close releases the store. Transactions under way end first.
	Close() error
}

// Reader looks objects up within one transaction. Lookups by key return ErrNotFound for what does not exist. Names of
// domains and hosts are given in lower case. The caller owns what is returned.
type Reader interface {
	// Zones lists the zones in which names are registered, in order of name.
	Zones() ([]string, error)
	// Registrars lists the identifiers of the registrars, in order.
	Registrars() ([]string, error)

	Registrar(id string) (*Registrar, error)
	Domain(name string) (*Domain, error)
	Host(name string) (*Host, error)
	Contact(id string) (*Contact, error)

	// Subordinates lists the names of the hosts below a domain, in order of name.
	Subordinates(domain string) ([]string, error)
	// Delegations lists the sponsors of the domains that a host serves, each once; none if the host is not linked.
	Delegations(host string) ([]string, error)
	// ContactLinked reports whether a domain names the contact.
	ContactLinked(id string) (bool, error)

	// Queue returns the oldest message of a registrar and the number of messages; nil and 0 for an empty queue.
	Queue(registrar string) (*Message, int, error)

	// DueDomains and DueContacts list at most limit objects whose Due time is not after now, the longest due first.
	DueDomains(now time.Time, limit int) ([]string, error)
	DueContacts(now time.Time, limit int) ([]string, error)
}

// Tx is a write transaction. Put stores a new object (whose ID is zero: Put sets it) or replaces the stored one of the same
// ID, links included; it reports a missing link target as an error that is not ErrNotFound. Delete removes an object that
// the transaction has looked up before.
type Tx interface {
	Reader

	// PutZone stores a zone, once however often it is put.
	PutZone(name string) error
	PutRegistrar(*Registrar) error
	PutDomain(*Domain) error
	PutHost(*Host) error
	PutContact(*Contact) error
	// PutMessage appends to the queue of m.Registrar and sets m.ID.
	PutMessage(m *Message) error

	DeleteDomain(*Domain) error
	DeleteHost(*Host) error
	DeleteContact(*Contact) error
	// DeleteMessage removes a message from a registrar's queue, or returns ErrNotFound.
	DeleteMessage(registrar string, id int64) error
}
