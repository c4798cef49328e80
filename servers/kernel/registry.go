package kernel

import (
	"context"
	"slices"
	"sync"
)

// Peer is a kernel that can be reached.
type Peer struct {
	// Names are all names of the kernel: its id, and then its aliases. There is one at least.
	Names []string
	// PID is its process; 0 when it did not say.
	PID int
	// Route leads to it.
	Route Route
}

// ID is the kernel's id.
func (p Peer) ID() string { return p.Names[0] }

// Route takes messages to one kernel.
type Route interface {
	// Send takes a message on its way; the order of the calls is kept. It does not wait for the message to arrive, and does not
	// keep m. Any goroutine.
	Send(ctx context.Context, m *Message) error
}

// Registry is what kernels know of each other: who can be reached under which name, and what they have published. [Memory] is
// one for the kernels of a process. One that several processes share lets any of them reach the peers of the others: a peer's
// Route then leads through the network. Methods may be called from any goroutine, may block, and end when ctx does.
type Registry interface {
	// Register makes a kernel known by all of its names. A name that another kernel has stays with that kernel and is among the
	// taken ones; when the id itself is taken nothing is registered.
	Register(ctx context.Context, p Peer) (taken []string, err error)
	// Unregister forgets the kernel with the id, its names, and what it has published.
	Unregister(ctx context.Context, id string) error
	// Resolve gives the kernel with the name, or all of them for [Any]; none is no error.
	Resolve(ctx context.Context, name string) ([]Peer, error)
	// Publish adds states to what a session of a kernel offers.
	Publish(ctx context.Context, kernel, session string, states []string) error
	// Retract takes states away again; no states means the whole session.
	Retract(ctx context.Context, kernel, session string, states []string) error
	// Published gives the states that a session of a kernel offers, in order; none is no error.
	Published(ctx context.Context, kernel, session string) ([]string, error)
}

// Memory is a Registry for one process. Its zero value is empty and ready for use.
type Memory struct {
	mu        sync.RWMutex
	order     []string        // ids, in the order of registration
	peers     map[string]Peer // by id
	ids       map[string]string
	published map[[2]string][]string // by kernel and session
}

var _ Registry = (*Memory)(nil)

// Register implements [Registry].
func (r *Memory) Register(ctx context.Context, p Peer) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids == nil {
		r.peers, r.ids = map[string]Peer{}, map[string]string{}
	}
	if _, ok := r.ids[p.ID()]; ok {
		return []string{p.ID()}, nil
	}
	var taken []string
	for _, name := range p.Names {
		if owner, ok := r.ids[name]; ok && owner != p.ID() {
			taken = append(taken, name)
			continue
		}
		r.ids[name] = p.ID()
	}
	r.peers[p.ID()] = p
	r.order = append(r.order, p.ID())
	return taken, nil
}

// Unregister implements [Registry].
func (r *Memory) Unregister(ctx context.Context, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range r.peers[id].Names {
		if r.ids[name] == id {
			delete(r.ids, name)
		}
	}
	delete(r.peers, id)
	r.order = slices.DeleteFunc(r.order, func(other string) bool { return other == id })
	for of := range r.published {
		if of[0] == id {
			delete(r.published, of)
		}
	}
	return nil
}

// Resolve implements [Registry].
func (r *Memory) Resolve(ctx context.Context, name string) ([]Peer, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if name == Any {
		all := make([]Peer, len(r.order))
		for i, id := range r.order {
			all[i] = r.peers[id]
		}
		return all, nil
	}
	id, ok := r.ids[name]
	if !ok {
		return nil, nil
	}
	return []Peer{r.peers[id]}, nil
}

// Publish implements [Registry].
func (r *Memory) Publish(ctx context.Context, kernel, session string, states []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.published == nil {
		r.published = map[[2]string][]string{}
	}
	all := slices.Concat(r.published[[2]string{kernel, session}], states)
	slices.Sort(all)
	r.published[[2]string{kernel, session}] = slices.Compact(all)
	return nil
}

// Retract implements [Registry].
func (r *Memory) Retract(ctx context.Context, kernel, session string, states []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := [2]string{kernel, session}
	if left := without(r.published[of], states); len(states) > 0 && len(left) > 0 {
		r.published[of] = left
	} else {
		delete(r.published, of)
	}
	return nil
}

// Published implements [Registry].
func (r *Memory) Published(ctx context.Context, kernel, session string) ([]string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.published[[2]string{kernel, session}]), nil
}

// without is a copy of all that lacks some.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}
