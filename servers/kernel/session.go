package kernel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/strand"
)

// Handler works for one state of a session: it takes the events that are posted there.
//
// The value it returns answers a call, and is dropped when the event was posted. Undef, the zero Value, is no answer: the
// caller then waits in vain, as with POE::Component::IKC. The text of a [*Refusal] goes to the sender in an error report; of
// any other error, and of a panic, the sender learns only that the state failed, and the log the rest.
//
// The context ends when the kernel is closed, not when the sender goes: what was posted is done. What is posted with it comes
// from the handler's session.
type Handler interface {
	Handle(ctx context.Context, e *Event) (tree.Value, error)
}

// HandlerFunc is a function as a [Handler]. For functions of Go values see [Func].
type HandlerFunc func(ctx context.Context, e *Event) (tree.Value, error)

// Handle implements [Handler].
func (f HandlerFunc) Handle(ctx context.Context, e *Event) (tree.Value, error) { return f(ctx, e) }

// Inline marks a handler that never waits for anything: its events are handled as they come, on the loop of the connection
// they come on, which saves two switches of goroutines. Everything else on that connection waits meanwhile, so it must not call,
// and post by [Event.Reply] only, which does not wait as [Kernel.Post] may.
func Inline(h Handler) Handler { return inline{h} }

// inline is a handler that never blocks.
type inline struct{ Handler }

// States are the states of a session, by name.
type States map[string]Handler

// Refusal is an error whose text the sender of the event is told.
type Refusal struct{ Text string }

// Error implements error.
func (e *Refusal) Error() string { return e.Text }

// Refuse makes a [*Refusal].
func Refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// localSession is a session of this kernel: states, and the events that wait for them.
type localSession struct {
	strand strand.Strand

	mu     sync.Mutex // of those who change states
	states atomic.Pointer[map[string]state]
	offers atomic.Bool // some states are published
	from   atomic.Pointer[namedFrom]

	paused atomic.Bool // some peers are not read
	held   struct {
		sync.Mutex
		peers []*peer
	}
}

// state is one state of a session.
type state struct {
	handler   Handler
	published bool
}

// state finds a state.
func (s *localSession) state(name string) (state, bool) {
	states := s.states.Load()
	if states == nil {
		return state{}, false
	}
	found, ok := (*states)[name]
	return found, ok
}

// add adds states, or changes them.
func (s *localSession) add(states States, published bool) {
	s.change(func(all map[string]state) {
		for name, handler := range states {
			all[name] = state{handler, published || all[name].published}
		}
	})
}

// change replaces the states by a changed copy: readers never wait.
func (s *localSession) change(by func(all map[string]state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]state{}
	if old := s.states.Load(); old != nil {
		all = maps.Clone(*old)
	}
	by(all)
	s.states.Store(&all)
	offers := false
	for _, one := range all {
		offers = offers || one.published
	}
	s.offers.Store(offers)
}

// accept queues an event. Above the limit it has the sender's connection not read until events have been handled, and far above
// it, which only this kernel itself can come to, it refuses.
func (s *localSession) accept(e *Event, limit int) bool {
	post := s.strand.Post
	if _, quick := e.handler.(inline); quick {
		post = s.strand.Run
	}
	waiting, ok := post(e)
	if ok && waiting >= limit {
		s.hold(e.peer, limit)
	}
	return ok
}

// hold stops reading from a peer until release.
func (s *localSession) hold(p *peer, limit int) {
	s.held.Lock()
	if !slices.Contains(s.held.peers, p) {
		s.held.peers = append(s.held.peers, p)
		p.pause()
	}
	s.paused.Store(true)
	s.held.Unlock()
	s.release(limit) // it may have emptied meanwhile
}

// release reads on from the peers held, if few enough events wait.
func (s *localSession) release(limit int) {
	if !s.paused.Load() || s.strand.Waiting() > limit/2 {
		return
	}
	s.held.Lock()
	defer s.held.Unlock()
	for _, p := range s.held.peers {
		p.resume()
	}
	s.held.peers = nil
	s.paused.Store(false)
}

// errNoSession and the others say what was asked for in vain.
var errNoSession = errors.New("kernel: no such session")

// Publish adds states to a session and lets other kernels post to them; the session comes to be with its first state. A state
// that exists gets the new handler. Events of one session are handled one after another, in the order they came, unless
// [Kernel.Concurrent] says otherwise.
func (k *Kernel) Publish(ctx context.Context, session string, states States) error {
	return k.define(ctx, session, states, true)
}

// Define is Publish without letting other kernels post to the states: they take the answers of calls ([Kernel.CallTo]).
func (k *Kernel) Define(ctx context.Context, session string, states States) error {
	return k.define(ctx, session, states, false)
}

func (k *Kernel) define(ctx context.Context, name string, states States, published bool) error {
	k.start()
	if name == "" || name == sessionIKC || name == sessionAnswers {
		return fmt.Errorf("kernel: no session can be named %q", name)
	}
	names := slices.Sorted(maps.Keys(states))
	for _, state := range names {
		handler := states[state]
		if quick, ok := handler.(inline); ok {
			handler = quick.Handler
		}
		if bad, ok := handler.(badFunc); ok {
			return fmt.Errorf("kernel: state %q of session %q: %w", state, name, bad.err)
		}
	}
	if published {
		if err := k.registry().Publish(ctx, k.id, name, names); err != nil {
			return fmt.Errorf("kernel: publish %s: %w", name, err)
		}
	}
	k.change(func(all map[string]*localSession) {
		if all[name] == nil {
			all[name] = &localSession{strand: strand.Strand{Limit: k.maxQueue() * localShare}}
		}
		all[name].add(states, published)
	})
	return nil
}

// Alias lets a session be reached by another name too.
func (k *Kernel) Alias(ctx context.Context, name, alias string) error {
	k.start()
	s := k.session(name)
	if s == nil {
		return fmt.Errorf("%w: %s", errNoSession, name)
	}
	published, err := k.Published(ctx, name)
	if err == nil {
		err = k.registry().Publish(ctx, k.id, alias, published)
	}
	if err != nil {
		return fmt.Errorf("kernel: publish %s: %w", alias, err)
	}
	k.change(func(all map[string]*localSession) { all[alias] = s })
	return nil
}

// Concurrent lets the session handle as many events at once as width; 1 keeps them in order, which is how it begins.
func (k *Kernel) Concurrent(name string, width int) error {
	k.start()
	s := k.session(name)
	if s == nil {
		return fmt.Errorf("%w: %s", errNoSession, name)
	}
	s.strand.Widen(width)
	return nil
}

// Retract takes states back: other kernels can no longer post to them. No states means all of them. Nobody is told.
func (k *Kernel) Retract(ctx context.Context, name string, states ...string) error {
	k.start()
	s := k.session(name)
	if s == nil {
		return fmt.Errorf("%w: %s", errNoSession, name)
	}
	s.change(func(all map[string]state) {
		for state, how := range all {
			if len(states) == 0 || slices.Contains(states, state) {
				how.published = false
				all[state] = how
			}
		}
	})
	if err := k.registry().Retract(ctx, k.id, name, states); err != nil {
		return fmt.Errorf("kernel: retract %s: %w", name, err)
	}
	return nil
}

// Published gives the states of a session that other kernels may post to, in order.
func (k *Kernel) Published(ctx context.Context, name string) ([]string, error) {
	k.start()
	return k.registry().Published(ctx, k.id, name)
}

// session finds a session of this kernel; nil when there is none.
func (k *Kernel) session(name string) *localSession {
	sessions := k.sessions.Load()
	if sessions == nil {
		return nil
	}
	return (*sessions)[name]
}

// change replaces the sessions by a changed copy: readers never wait.
func (k *Kernel) change(by func(all map[string]*localSession)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := map[string]*localSession{}
	if old := k.sessions.Load(); old != nil {
		all = maps.Clone(*old)
	}
	by(all)
	k.sessions.Store(&all)
}
