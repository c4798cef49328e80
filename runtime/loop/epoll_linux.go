package loop

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"syscall"
)

// epoll is the engine for masses of connections: some loops, each of them over an epoll descriptor, read for all of them.
//
// A loop only finds out who is ready. Reading, events and writing belong to the connection's strand, which the loop runs as any other
// goroutine may: hence an event that blocks can keep the strand while the loop goes on without it, see poller.
type epoll struct {
	*core
	wheel   *Wheel
	pollers []*poller
	turn    atomic.Uint32 // the next connection's poller
}

var _ Engine = (*epoll)(nil)

// NewEpoll makes an engine that serves sockets of the system (*net.TCPConn, *net.UnixConn; under Service.TLS, too) from Config.Pollers
// loops, and keeps a few hundred octets for each that is idle. It is for tens of thousands of connections that mostly are, and for pipelines of many small
// messages; else Goroutines serves as well. Connections of other kinds have a goroutine each, as there.
//
// An event that blocks or computes for long delays the others of its loop by some 20 ms: then the loop is taken from it. Timers fire up to
// DefaultTick late.
//
// The engine holds descriptors and goroutines until it is closed or drained. An error means that there are no descriptors left.
// Where there is no epoll, the error is ErrNoEpoll.
func NewEpoll(config Config) (Engine, error) {
	e := &epoll{core: newCore(config), wheel: NewWheel(0)}
	e.core.adopt = e.adoptSocket
	for range e.config.Pollers {
		l, err := newPoller(e)
		if err != nil {
			e.stopPollers()
			return nil, err
		}
		e.pollers = append(e.pollers, l)
		l.startWatch() // the first events may come before the loop has waited for any
		go l.run(0)
	}
	return e, nil
}

// adoptSocket is the engine's adopter. A connection that cannot be taken from its net.Conn keeps a goroutine.
func (e *epoll) adoptSocket(st *stream, s Session, tc *tls.Conn) (member, func()) {
	fd := -1
	if st.wire.raw != nil {
		fd = detach(st.wire.raw)
	}
	if fd < 0 {
		return adoptStream(st, s, tc)
	}
	l := e.pollers[e.turn.Add(1)%uint32(len(e.pollers))]
	p := newPolled(e, l, fd, st.wire, s, tc)
	p.place = st.as.place()
	return p, p.begin
}

// detach returns a descriptor of the socket that does not depend on its net.Conn; -1 if there is none left.
func detach(raw syscall.RawConn) int {
	fd := -1
	_ = raw.Control(func(old uintptr) {
		n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
		if errno == 0 {
			fd = int(n)
		}
	})
	return fd
}

// Drain implements Engine.
func (e *epoll) Drain(ctx context.Context) error {
	err := e.core.Drain(ctx)
	if err != nil { // those that were cut still need the loops
		go func() { _ = e.Close() }()
		return err
	}
	e.stopPollers()
	return nil
}

// Close implements Engine.
func (e *epoll) Close() error {
	err := e.core.Close()
	e.stopPollers()
	return err
}

func (e *epoll) stopPollers() {
	for _, l := range e.pollers {
		l.stop()
	}
}

// addressesOf copies what a closed net.Conn would have to be kept for. A connection to the same address as the one before shares it.
func (l *poller) addressesOf(nc net.Conn) (a endpoints) {
	local, ok1 := nc.LocalAddr().(*net.TCPAddr)
	remote, ok2 := nc.RemoteAddr().(*net.TCPAddr)
	if !ok1 || !ok2 {
		a.names = &names{nc.LocalAddr(), nc.RemoteAddr()}
		return a
	}
	a.remote = remote.AddrPort()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil || l.names.local.(*net.TCPAddr).AddrPort() != local.AddrPort() {
		l.names = &names{local: local}
	}
	a.names = l.names
	return a
}
