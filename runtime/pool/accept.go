package pool

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// accepted is what the master socket's Accept returned.
type accepted struct {
	conn net.Conn
	err  error
}

// accept is the goroutine that waits on the listener: one for the life of the pool, because a listener can change loops and a blocked
// Accept cannot. It is at most one connection ahead of the loop, whose pauses it thereby shares.
func (p *Pool) accept() {
	defer p.live.Done()
	for p.awaitAttached() != nil {
		nc, err := p.listener.Accept()
		if err != nil && errors.Is(err, net.ErrClosed) {
			return
		}
		select {
		case p.accepted <- accepted{nc, err}:
		case <-p.ctx.Done():
			if nc != nil {
				_ = nc.Close()
			}
			return
		}
	}
}

// A gate is the listener a loop serves: the pool's, without the peers that may not come in, for the time of one attachment.
type gate struct {
	pool   *Pool
	once   sync.Once
	closed chan struct{}
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		select {
		case <-g.closed:
			return nil, net.ErrClosed
		default:
		}
		select {
		case a := <-g.pool.accepted:
			if a.err != nil {
				return nil, a.err
			}
			if g.pool.welcome(addrPort(a.conn.RemoteAddr())) {
				return a.conn, nil
			}
			_ = a.conn.Close()
		case <-g.closed:
			return nil, net.ErrClosed
		}
	}
}

// Close implements net.Listener. The pool's listener stays open.
func (g *gate) Close() error {
	g.once.Do(func() { close(g.closed) })
	return nil
}

// Addr implements net.Listener.
func (g *gate) Addr() net.Addr { return g.pool.listener.Addr() }

// welcome says whether a connection from a peer may come in, and counts those that may not.
func (p *Pool) welcome(peer netip.AddrPort) bool {
	if !p.permits(peer) {
		p.counters.strangers.Add(1)
		p.log.Debug("connection refused: restricted to another peer", "peer", peer)
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.roomLocked(peer.Addr()) {
		p.counters.overLimit.Add(1)
		return false
	}
	return true
}

// permits says whether the restriction, if there is one, lets a peer speak to us.
func (p *Pool) permits(peer netip.AddrPort) bool {
	r := p.restrict
	return !r.Addr().IsValid() || r.Addr() == peer.Addr() && (r.Port() == 0 || r.Port() == peer.Port())
}

// roomLocked says whether the limits allow one more connection with an address.
func (p *Pool) roomLocked(a netip.Addr) bool {
	return p.socketsLocked() < p.limits.MaxConns && p.crowd[a] < p.limits.MaxConnsPerPeer
}

// socketsLocked is the number of sockets beside the master.
func (p *Pool) socketsLocked() int {
	n := len(p.conns) + len(p.attempts)
	if p.master != nil && p.master.flow != 0 {
		n--
	}
	return n
}
