package loop

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Goroutines is the default engine: a goroutine per connection. While a connection is idle it costs that goroutine and
// no buffer (some 3.5 KB on Linux); a pooled buffer of 64 KiB is lent to it when octets are there, and goes back before anything waits.
// Connections that are sockets of the system (*net.TCPConn, *net.UnixConn), plain or under Service.TLS, have this for all of their life;
// any other net.Conn keeps 4 KiB.
//
// Use NewGoroutines. A connection's events run on its own goroutine, on that of a timer, on that of a worker which delivers a
// result, or on a short-lived one.
type Goroutines struct {
	config   Config
	slots    chan struct{} // of handshakes that compute
	ids      atomic.Uint64
	counters counters

	mu        sync.Mutex
	stopped   bool // draining or closed
	listeners map[net.Listener]struct{}
	streams   map[*stream]struct{}
	changed   chan struct{} // closed and replaced when a connection ends or the engine stops
}

// counters are the live form of Stats.
type counters struct {
	accepted, attached, handshakeErrors, acceptErrors, panics, stalls, overflows atomic.Uint64
	queued                                                                       atomic.Int64 // output of all connections
}

var _ Engine = (*Goroutines)(nil)

// NewGoroutines makes an engine. It starts nothing: an engine that serves nothing needs no Close.
func NewGoroutines(config Config) *Goroutines {
	config = config.withDefaults()
	return &Goroutines{
		config:    config,
		slots:     make(chan struct{}, config.HandshakeWorkers),
		listeners: make(map[net.Listener]struct{}),
		streams:   make(map[*stream]struct{}),
		changed:   make(chan struct{}),
	}
}

// Attach implements Engine.
func (e *Goroutines) Attach(ctx context.Context, nc net.Conn, config *tls.Config, s Session) (*Conn, error) {
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
	c, err := e.start(st, s, tc)
	if err != nil {
		return nil, err
	}
	go st.serve()
	return c, nil
}

// clientHandshake does the client's side of TLS, if there is any; the end of ctx breaks it off.
func (e *Goroutines) clientHandshake(ctx context.Context, st *stream, config *tls.Config) (*tls.Conn, error) {
	if config == nil {
		return nil, ctx.Err()
	}
	stop := context.AfterFunc(ctx, func() { _ = st.wire.Conn.Close() })
	tc, err := st.wire.handshake(config, false, e.slots, time.Now().Add(e.config.HandshakeTimeout))
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		e.counters.handshakeErrors.Add(1)
	}
	return tc, err
}

// start gives a registered stream its session, unless the engine has stopped meanwhile.
func (e *Goroutines) start(st *stream, s Session, tc *tls.Conn) (*Conn, error) {
	e.mu.Lock()
	stopped := e.stopped
	if !stopped {
		st.adopt(s, tc)
	}
	e.mu.Unlock()
	if stopped {
		_ = st.wire.Conn.Close()
		e.forget(st)
		return nil, ErrClosed
	}
	return st.conn, nil
}

// register counts a stream in, unless the engine has stopped.
func (e *Goroutines) register(st *stream) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return false
	}
	e.streams[st] = struct{}{}
	return true
}

// forget counts a stream out. Its connection has been closed.
func (e *Goroutines) forget(st *stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.streams, st)
	e.changedLocked()
}

// changedLocked wakes those who wait for a connection to end.
func (e *Goroutines) changedLocked() {
	close(e.changed)
	e.changed = make(chan struct{})
}

// Drain implements Engine.
func (e *Goroutines) Drain(ctx context.Context) error {
	conns := e.stop()
	for _, c := range conns {
		c.drain()
	}
	if err := e.awaitEmpty(ctx); err != nil {
		e.cut(err)
		return err
	}
	return nil
}

// Close implements Engine.
func (e *Goroutines) Close() error {
	e.stop()
	e.cut(ErrClosed)
	return e.awaitEmpty(context.Background())
}

// stop closes the listeners and the connections that have no session yet, and returns the others.
func (e *Goroutines) stop() []*Conn {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	for l := range e.listeners {
		_ = l.Close()
	}
	e.changedLocked()
	var conns []*Conn
	for st := range e.streams {
		if st.conn == nil {
			_ = st.wire.Conn.Close()
			continue
		}
		conns = append(conns, st.conn)
	}
	return conns
}

// cut ends all connections, lingering ones too.
func (e *Goroutines) cut(why error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for st := range e.streams {
		if st.conn != nil {
			st.conn.Abort(why)
		}
		if st.conn == nil || st.conn.state() == phaseOver {
			_ = st.wire.Conn.Close()
		}
	}
}

// awaitEmpty waits until no connection is left.
func (e *Goroutines) awaitEmpty(ctx context.Context) error {
	for {
		e.mu.Lock()
		n, changed := len(e.streams), e.changed
		e.mu.Unlock()
		if n == 0 {
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
func (e *Goroutines) Stats() Stats {
	e.mu.Lock()
	open := len(e.streams)
	e.mu.Unlock()
	return Stats{
		Accepted:        e.counters.accepted.Load(),
		Attached:        e.counters.attached.Load(),
		Open:            uint64(open),
		Queued:          e.counters.queued.Load(),
		HandshakeErrors: e.counters.handshakeErrors.Load(),
		AcceptErrors:    e.counters.acceptErrors.Load(),
		Panics:          e.counters.panics.Load(),
		Stalls:          e.counters.stalls.Load(),
		Overflows:       e.counters.overflows.Load(),
	}
}

// Serve implements Engine.
func (e *Goroutines) Serve(l net.Listener, s Service) error {
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
