package loop

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// A core is what the engines have in common: who is there, who may come in, and how all of them leave.
type core struct {
	*env
	sweeper
	crypt     crypt
	admission admission
	crowd     crowd
	adopt     adopter

	mu        sync.Mutex
	stopped   bool // draining or closed
	listeners map[net.Listener]struct{}
	members   roster
	changed   chan struct{} // closed and replaced when a member leaves or the engine stops
}

// A member is a connection of an engine, or one that has no session yet.
type member interface {
	// strand is the connection; nil as long as there is no session. Called under the core's mu.
	strand() *Conn
	// standing is what the member is counted as. Called under the core's mu.
	standing() standing
	// position is the member's in the roster, which keeps it there.
	position() *int32
	// sever closes what is below a member without a session, or one whose session is over.
	sever()
}

// An adopter gives a connection, whose handshake is over, its session. It is called under the core's mu and returns the member that takes
// the place of st, which may be st, and what starts it.
type adopter func(st *stream, s Session, tc *tls.Conn) (m member, serve func())

func newCore(config Config) *core {
	e := newEnv(config)
	c := &core{
		env:       e,
		crypt:     crypt{slots: make(chan struct{}, e.config.HandshakeWorkers)},
		listeners: make(map[net.Listener]struct{}),
		changed:   make(chan struct{}),
	}
	c.admission.memory.setMark(e.config.MemoryMark)
	return c
}

// Attach implements Engine.
func (e *core) Attach(ctx context.Context, nc net.Conn, config *tls.Config, s Session) (*Conn, error) {
	st := newStream(e, nc)
	if !e.register(st) {
		_ = nc.Close()
		return nil, ErrClosed
	}
	e.counters.attached.Add(1)
	tc, err := e.clientHandshake(ctx, st, config)
	if err != nil {
		_ = nc.Close()
		e.forget(st)
		return nil, err
	}
	c, serve, err := e.start(st, s, tc)
	if err != nil {
		return nil, err
	}
	go serve()
	return c, nil
}

// clientHandshake does the client's side of TLS, if there is any; the end of ctx breaks it off.
func (e *core) clientHandshake(ctx context.Context, st *stream, config *tls.Config) (*tls.Conn, error) {
	if config == nil {
		return nil, ctx.Err()
	}
	stop := context.AfterFunc(ctx, func() { _ = st.wire.Conn.Close() })
	tc, err := st.wire.handshake(config, false, &e.crypt, time.Now().Add(e.config.HandshakeTimeout))
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		e.counters.handshakeErrors.Add(1)
	}
	return tc, err
}

// start gives a registered stream its session, unless the engine has stopped meanwhile. serve is the life of the connection.
func (e *core) start(st *stream, s Session, tc *tls.Conn) (c *Conn, serve func(), err error) {
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		_ = st.wire.Conn.Close()
		e.forget(st)
		return nil, nil, ErrClosed
	}
	m, serve := e.adopt(st, s, tc)
	if m != member(st) {
		e.members.replace(st, m)
	}
	c = m.strand()
	e.mu.Unlock()
	return c, serve, nil
}

// register counts a member in, unless the engine has stopped.
func (e *core) register(m member) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return false
	}
	e.members.add(m)
	e.counters.open.Add(1)
	return true
}

// forget counts a member out. Its connection has been closed.
func (e *core) forget(m member) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.members.remove(m)
	e.admission.dismissLocked(m.standing())
	e.counters.open.Add(-1)
	e.changedLocked()
}

// changedLocked wakes those who wait for a member to leave.
func (e *core) changedLocked() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// Close implements Engine.
func (e *core) Close() error {
	e.stop()
	e.cut(ErrClosed)
	return e.await(context.Background(), func() bool { return e.members.len() == 0 })
}

// stop closes the listeners and the connections that have no session yet, and returns the others.
func (e *core) stop() []*Conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	for l := range e.listeners {
		_ = l.Close()
	}
	e.changedLocked()
	var conns []*Conn
	for _, m := range e.members.list {
		if c := m.strand(); c != nil {
			conns = append(conns, c)
		} else {
			m.sever()
		}
	}
	return conns
}

// cut ends all connections, lingering ones too.
func (e *core) cut(why error) {
	var lingering []member
	e.mu.Lock()
	for _, m := range e.members.list {
		c := m.strand()
		if c != nil {
			c.Abort(why)
		}
		if c == nil || c.state() == phaseOver {
			lingering = append(lingering, m)
		}
	}
	e.mu.Unlock()
	for _, m := range lingering {
		m.sever()
	}
}

// await waits until a condition holds, which is looked at under mu whenever a member has left.
func (e *core) await(ctx context.Context, holds func() bool) error {
	for {
		e.mu.Lock()
		ok, changed := holds(), e.changed
		e.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Stats implements Engine.
func (e *core) Stats() Stats {
	return Stats{
		Accepted:        e.counters.accepted.Load(),
		Attached:        e.counters.attached.Load(),
		Open:            uint64(e.counters.open.Load()),
		Queued:          e.counters.queued.Load(),
		Kept:            e.counters.kept.Load(),
		HandshakeErrors: e.counters.handshakeErrors.Load(),
		AcceptErrors:    e.counters.acceptErrors.Load(),
		HandshakeQueues: e.counters.handshakeQueues.Load(),
		PeerRefused:     e.counters.peerRefused.Load(),
		MemoryRefused:   e.counters.memoryRefused.Load(),
		Panics:          e.counters.panics.Load(),
		Stalls:          e.counters.stalls.Load(),
		Overflows:       e.counters.overflows.Load(),
		InputRefused:    e.counters.refused.Load(),
		Handovers:       e.counters.handovers.Load(),
		PacketDrops:     e.counters.drops.Load(),
		PacketOverruns:  e.counters.overruns.Load(),
		LogDropped:      e.config.Logger.Handler().(*Journal).Dropped(),
	}
}

// Serve implements Engine.
func (e *core) Serve(l net.Listener, s Service) error {
	if s.New == nil {
		return errors.New("loop: Service without New")
	}
	defer l.Close()
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		return ErrClosed
	}
	e.listeners[l] = struct{}{}
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		delete(e.listeners, l)
		e.mu.Unlock()
	}()
	a := accepter{engine: e, listener: l, service: s}
	return a.run()
}
