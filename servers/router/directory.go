package router

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/protogen-go/protogen/runtime/tree"
)

// Publication is a session that somebody offers.
type Publication struct {
	// Alias is what others know it by. No two have the same.
	Alias string
	// Name is what its publisher calls it, and what deliveries to the publisher say.
	Name string
	// Methods are its events, as the publisher describes them.
	Methods tree.Value
	// Owner is the connection that published it.
	Owner Owner
}

// Owner names a connection of a router, among those of all routers that share a directory.
type Owner struct {
	Router string
	Conn   uint64
}

// What directories refuse.
var (
	ErrExists   = errors.New("router: the alias is taken")
	ErrUnknown  = errors.New("router: there is no such session")
	ErrNotOwner = errors.New("router: the session belongs to another connection")
)

// Directory knows the sessions that are published. [Memory] is one for a process; one that several routers share makes them one.
// Methods may be called from any goroutine, may block, and end when ctx does.
type Directory interface {
	// Publish enters a session, or says [ErrExists].
	Publish(ctx context.Context, p Publication) error
	// Rescind removes the session with an alias if by is its owner, or whoever that is when by is nil. It says [ErrUnknown] and
	// [ErrNotOwner].
	Rescind(ctx context.Context, alias string, by *Owner) error
	// Lookup finds the session with an alias, or says [ErrUnknown].
	Lookup(ctx context.Context, alias string) (Publication, error)
	// List gives all aliases in order.
	List(ctx context.Context) ([]string, error)
	// Leave removes all sessions of an owner.
	Leave(ctx context.Context, owner Owner) error
}

// Memory is a Directory for one process. Its zero value is empty and ready for use.
type Memory struct {
	mu  sync.RWMutex
	all map[string]Publication // by alias
}

var _ Directory = (*Memory)(nil)

// Publish implements [Directory].
func (d *Memory) Publish(ctx context.Context, p Publication) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.all[p.Alias]; ok {
		return ErrExists
	}
	if d.all == nil {
		d.all = map[string]Publication{}
	}
	d.all[p.Alias] = p
	return nil
}

// Rescind implements [Directory].
func (d *Memory) Rescind(ctx context.Context, alias string, by *Owner) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.all[alias]
	switch {
	case !ok:
		return ErrUnknown
	case by != nil && p.Owner != *by:
		return ErrNotOwner
	}
	delete(d.all, alias)
	return nil
}

// Lookup implements [Directory].
func (d *Memory) Lookup(ctx context.Context, alias string) (Publication, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p, ok := d.all[alias]
	if !ok {
		return Publication{}, ErrUnknown
	}
	return p, nil
}

// List implements [Directory].
func (d *Memory) List(ctx context.Context) ([]string, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	aliases := make([]string, 0, len(d.all))
	for alias := range d.all {
		aliases = append(aliases, alias)
	}
	slices.Sort(aliases)
	return aliases, nil
}

// Leave implements [Directory].
func (d *Memory) Leave(ctx context.Context, owner Owner) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for alias, p := range d.all {
		if p.Owner == owner {
			delete(d.all, alias)
		}
	}
	return nil
}
