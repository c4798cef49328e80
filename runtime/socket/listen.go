package socket

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// maxAborted is how many connections in a row Accept may find broken before it says so.
const maxAborted = 64

// A Listener accepts connections. Its Addr is the bound one: with the port the system chose where 0 was asked for. All methods are for
// any goroutine.
type Listener struct {
	net.Listener
	system           systemListener // below TLS
	network, address string
	owned            bool // the file of a unix socket is ours to remove
	gate             gate
}

// A systemListener is what *net.TCPListener and *net.UnixListener have in common.
type systemListener interface {
	net.Listener
	syscall.Conn
	SetDeadline(time.Time) error
}

// Listen makes a listener. The networks are those of streams; connections of "tls" have not shaken hands yet. Where the Addr is an
// abstract unix name ("@name") there is no file. The file of a unix socket that no process listens on any more is replaced, and
// removed by Close. The error is an *Error.
func Listen(ctx context.Context, network, address string, o Options) (*Listener, error) {
	n, o, err := o.prepare(network, address, toAccept)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	var nl net.Listener
	err = o.bind(ctx, n, address, func(system, address string) (err error) {
		nl, err = o.listenConfig().Listen(ctx, system, address)
		return err
	})
	if err != nil {
		if nl != nil {
			_ = nl.Close()
		}
		return nil, newError(OpListen, network, address, err)
	}
	l, err := o.newListener(network, address, nl)
	if err != nil {
		_ = nl.Close()
		return nil, newError(OpListen, network, address, err)
	}
	l.setOwnsFile(!n.internet())
	return l, nil
}

func (o *Options) listenConfig() *net.ListenConfig {
	return &net.ListenConfig{KeepAlive: -1, KeepAliveConfig: o.keepAlive(), Control: o.controlBind}
}

// newListener makes a Listener of package net's.
func (o *Options) newListener(network, address string, nl net.Listener) (*Listener, error) {
	system, ok := nl.(systemListener)
	if !ok {
		return nil, net.UnknownNetworkError(nl.Addr().Network())
	}
	raw, err := system.SyscallConn()
	if err != nil {
		return nil, err
	}
	if err := o.setBacklog(raw); err != nil {
		return nil, err
	}
	if o.TLS != nil {
		nl = tls.NewListener(nl, o.TLS)
	}
	l := &Listener{Listener: nl, system: system, network: network, address: address}
	l.gate.cond.L = &l.gate.mu
	return l, nil
}

// bind resolves the address and calls open with one that package net takes literally.
func (o *Options) bind(ctx context.Context, n network, address string, open func(system, address string) error) error {
	if !n.internet() {
		return o.bindFile(ctx, n, address, func() error { return open(n.base, address) })
	}
	e, err := o.resolveBound(ctx, n, address)
	switch {
	case err != nil:
		return err
	case e.family() == family4 && o.V6Only:
		return &Error{Op: OpConfig, Addr: n.system() + " " + address, Err: errors.New("V6Only is for IPv6")}
	case e.family() == family4:
		n.family = family4 // package net takes 0.0.0.0 of "tcp" for both families
	case o.V6Only:
		n.family = family6
	}
	return open(n.system(), e.String())
}

// Accept waits for a connection, and while the listener is paused. Connections that broke while they queued are passed over. The error
// is an *Error that unwraps to net.ErrClosed after Close; a shortage of descriptors or memory leaves the listener as it was: Retry.
func (l *Listener) Accept() (net.Conn, error) {
	for aborted := 0; ; {
		pauses := l.gate.wait()
		nc, err := l.Listener.Accept()
		switch {
		case err == nil:
			l.gate.wait() // it came just when Pause did
			return nc, nil
		case errors.Is(err, os.ErrDeadlineExceeded) && l.gate.pausedSince(pauses):
		case isAborted(err) && aborted < maxAborted:
			aborted++
		default:
			return nil, newError(OpAccept, l.network, l.address, err)
		}
	}
}

// isAborted says that an error of accept(2) is about the connection: a port scan's, mostly. Systems name it differently.
func isAborted(err error) bool {
	for _, errno := range []syscall.Errno{syscall.ECONNABORTED, syscall.EAGAIN, syscall.EINTR, syscall.ESPIPE, syscall.EPROTO} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// Pause makes Accept wait until Resume, also one that is waiting already. Connections queue in the system, up to the backlog, where
// another process that has the socket may take them; one that came just when Pause did is kept in Accept.
func (l *Listener) Pause() {
	l.gate.set(true, func() { _ = l.system.SetDeadline(time.Unix(1, 0)) })
}

// Resume undoes Pause.
func (l *Listener) Resume() {
	l.gate.set(false, func() { _ = l.system.SetDeadline(time.Time{}) })
}

// Close stops listening and ends waiting calls of Accept. Connections that wait in the system's queue are reset, unless another
// process has the socket too.
func (l *Listener) Close() error { return l.gate.close(l.Listener.Close) }

// SyscallConn gives access to the descriptor, as for Handover.
func (l *Listener) SyscallConn() (syscall.RawConn, error) { return l.system.SyscallConn() }

func (l *Listener) ownsFile() bool {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	return l.owned
}

// setOwnsFile makes Close remove the file of a unix socket, or leave it alone.
func (l *Listener) setOwnsFile(owned bool) {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	if ul, ok := l.system.(*net.UnixListener); ok {
		ul.SetUnlinkOnClose(owned)
		l.owned = owned && !isAbstract(ul.Addr().String())
	}
}

// A gate is open, paused or closed.
type gate struct {
	mu     sync.Mutex
	cond   sync.Cond
	paused bool
	closed bool
	pauses int // so far
}

// wait waits while the gate is paused, and returns how often it has been.
func (g *gate) wait() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.paused && !g.closed {
		g.cond.Wait()
	}
	return g.pauses
}

// pausedSince reports whether the gate has been paused since wait returned.
func (g *gate) pausedSince(pauses int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pauses != pauses
}

// set pauses or opens the gate, and calls turn if it was not so before.
func (g *gate) set(paused bool, turn func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.paused == paused {
		return
	}
	g.paused = paused
	if paused {
		g.pauses++
	}
	turn()
	g.cond.Broadcast()
}

// close closes the gate, and what is behind it.
func (g *gate) close(behind func() error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.cond.Broadcast()
	return behind()
}
