package loop

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// A polled carries a connection of the epoll engine. Its fields belong to the strand, but for those that mu guards as well.
type polled struct {
	Conn
	loop    *poller
	parked  *parked  // nil without TLS
	backlog *backlog // nil when the socket has taken everything
	err     error    // what ended the input, until the session has been told
	endpoints
	index int32 // see position

	// Under mu. The strand may read fd without it: it is closed only after the strand's end.
	fd         int32 // -1 when closed
	slot       uint32
	mask       uint8 // what the loop is told of
	registered bool  // the loop is told of anything
	quiet      bool  // input has come while reading was stopped
	deaf       bool  // both directions have ended, which the loop would be told of for ever
	ended      bool  // no more input: the peer has ended or broken it
	letGo      bool  // release has been called: Closed is over
	severed    bool  // release is not to linger
	place      place // set when it is made
}

// endpoints are the addresses of the two ends. What is served at one address need not remember it for each connection.
type endpoints struct {
	remote netip.AddrPort // of TCP
	names  *names
}

// names are addresses.
type names struct {
	local  net.Addr
	remote net.Addr // nil of TCP: then there may be several connections with these names
}

const (
	pollIn   = syscall.EPOLLIN
	pollOut  = syscall.EPOLLOUT
	pollFail = syscall.EPOLLERR | syscall.EPOLLHUP // told of in any case
)

// newPolled makes a connection of a descriptor; w is the wire it has been detached from.
func newPolled(e *epoll, l *poller, fd int, w *wire, s Session, tc *tls.Conn) *polled {
	p := &polled{loop: l, fd: int32(fd), endpoints: l.addressesOf(w.Conn)}
	p.init(s, e.env, p)
	_ = w.Conn.Close() // the socket lives on in fd
	if tc != nil {
		p.parked = w.parked
	}
	// crypto/tls keeps the wire, which keeps nothing else.
	w.Conn, w.raw, w.drained, w.writeFn = nil, nil, nil, nil
	p.slot = l.add(p)
	return p
}

// begin starts the life of the connection.
func (p *polled) begin() {
	p.run()
	if p.parked != nil { // the first records may have come with the handshake's last
		p.do(event{kind: eventReady})
		return
	}
	p.mu.Lock()
	var err error
	if !p.running {
		p.Conn.queue, p.Conn.spare = nil, nil // most sessions get no more than input
	}
	if !p.registered && p.fd >= 0 {
		err = p.watchLocked(pollIn)
	}
	p.mu.Unlock()
	if err != nil {
		p.Abort(err)
	}
}

// event is called by the loop.
func (p *polled) event(mask uint32) {
	p.mu.Lock()
	switch {
	case p.state() == phaseOver && !p.letGo:
		p.unwatchLocked() // until Closed is over
		p.mu.Unlock()
		return
	case p.state() == phaseOver:
		p.mu.Unlock()
		p.discard()
		return
	case p.running:
		// Somebody else is in an event. The loop must not be told again and again; the strand will look.
		p.unwatchLocked()
		p.queueLocked(event{kind: eventReady})
		p.mu.Unlock()
		return
	}
	p.running = true
	held := p.heldLocked()
	p.mu.Unlock()
	p.serve(mask, held)
	p.run()
}

// heldLocked says that the session wants no input.
func (p *polled) heldLocked() bool { return p.state() == phaseOpen && (p.paused || p.choked) }

// ready implements reader.
func (p *polled) ready() {
	if p.state() == phaseOver {
		return
	}
	p.mu.Lock()
	held := p.heldLocked()
	p.mu.Unlock()
	p.serve(pollIn|pollOut, held)
}

// serve does what the socket is ready for.
func (p *polled) serve(mask uint32, held bool) {
	if mask&pollOut != 0 && p.backlog != nil {
		p.drainQueue()
	}
	if mask&(pollIn|pollFail) != 0 && p.state() < phaseDoomed {
		if held || p.ended {
			p.lookForFailure(mask)
		} else {
			p.input()
		}
	}
	p.rearm()
	p.settle()
	p.conclude()
}

// input reads once, which is the connection's turn, and tells the session.
func (p *polled) input() {
	var l loan
	var b []byte
	var owned bool
	var err error
	if p.parked != nil {
		b, owned, err = p.readTLS(&l)
	} else {
		b, owned, err = p.read(&l)
	}
	if len(b) > 0 {
		n := p.consume(b)
		p.keep(b, n, owned)
		poison(b[:n])
	}
	l.done()
	if err != nil {
		p.err, p.ended = err, true
	}
}

// read returns what was left over and what has come behind it.
func (p *polled) read(l *loan) (b []byte, owned bool, err error) {
	l.take()
	b = l.buf[:0]
	if owned = !fits(p.rest); !owned {
		b = append(b, p.rest...)
	}
	n, err := readFD(uintptr(p.fd), b[len(b):cap(b)])
	switch {
	case wouldBlock(err):
		return nil, false, nil
	case err != nil:
		return nil, false, p.opError("read", err)
	case n == 0:
		return nil, false, io.EOF
	}
	b = b[:len(b)+n]
	if owned {
		b = extend(p.rest, b)
	}
	return b, owned, nil
}

func (p *polled) opError(op string, err error) error {
	local, remote := p.addresses()
	return &net.OpError{Op: op, Net: local.Network(), Source: local, Addr: remote, Err: os.NewSyscallError(op, err)}
}

// lookForFailure is for a socket that is ready although its input is not wanted. If the connection is broken it ends, else the loop need not tell again.
func (p *polled) lookForFailure(mask uint32) {
	p.mu.Lock()
	p.quiet = true
	p.mu.Unlock()
	if mask&pollFail == 0 {
		return
	}
	if errno := socketError(uintptr(p.fd)); errno != 0 {
		p.Abort(p.opError("read", syscall.Errno(errno)))
		return
	}
	p.mu.Lock()
	p.deaf = true
	p.unwatchLocked()
	p.mu.Unlock()
}

// rearm makes the loop tell of what is wanted now.
func (p *polled) rearm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state() >= phaseDoomed || p.fd < 0 {
		return
	}
	p.quiet = p.quiet && p.heldLocked()
	var mask uint8
	if !p.quiet && !p.ended {
		mask |= pollIn
	}
	if p.backlog != nil {
		mask |= pollOut
	}
	if !p.registered && mask == 0 && p.deaf || p.registered && mask == p.mask {
		return // a mask of nothing still tells of failures
	}
	if err := p.watchLocked(mask); err != nil {
		p.failLocked(err)
	}
}

// failLocked is Abort for those who hold mu, on the strand.
func (p *polled) failLocked(err error) {
	if p.state() < phaseDoomed {
		p.phase.Store(uint32(phaseDoomed))
		p.blameLocked(err)
		p.queueLocked(event{kind: eventSettle})
	}
}

func (p *polled) watchLocked(mask uint8) error {
	op := syscall.EPOLL_CTL_MOD
	if !p.registered {
		op = syscall.EPOLL_CTL_ADD
	}
	if err := p.loop.control(op, p, uint32(mask)); err != nil {
		return err
	}
	p.registered, p.mask = true, mask
	return nil
}

func (p *polled) unwatchLocked() {
	if p.registered {
		p.registered, p.mask = false, 0
		_ = p.loop.control(syscall.EPOLL_CTL_DEL, p, 0)
	}
}

// resumed implements reader.
func (p *polled) resumed() {
	if p.state() == phaseOver {
		return
	}
	p.rearm()
	p.conclude()
}

// conclude tells the session that its input has ended, once it has been offered all of it.
func (p *polled) conclude() {
	if p.err == nil || p.state() == phaseOver {
		return
	}
	err := p.err
	if err == io.EOF {
		p.mu.Lock()
		held := p.heldLocked()
		p.mu.Unlock()
		if held {
			return
		}
		p.err = nil
		p.call(event{kind: eventEnd})
	} else {
		p.err = nil
		p.Abort(err)
	}
	p.settle()
}

func (p *polled) nudge() bool { return false }

func (p *polled) clock(f func()) clock { return &wheelClock{wheel: p.loop.engine.wheel, f: f} }

func (p *polled) addresses() (local, remote net.Addr) {
	if p.names.remote != nil {
		return p.names.local, p.names.remote
	}
	return p.names.local, net.TCPAddrFromAddrPort(p.remote)
}

func (p *polled) tlsState() *tls.ConnectionState {
	if p.parked == nil {
		return nil
	}
	state := p.parked.conn.ConnectionState()
	return &state
}

func (p *polled) strand() *Conn { return &p.Conn }

func (p *polled) position() *int32 { return &p.index }

// A place is a standing without the peer's network.
type place uint8

const (
	placeCounted place = 1 << iota // in the engine's admission.peers
	placeRefused                   // in its refusals
)

func (s standing) place() (p place) {
	if s.peer.IsValid() {
		p |= placeCounted
	}
	if s.refused {
		p |= placeRefused
	}
	return p
}

// standing implements member. The peer's network is worked out again: to keep it would cost more.
func (p *polled) standing() standing {
	s := standing{refused: p.place&placeRefused != 0}
	if p.place&placeCounted != 0 {
		_, remote := p.addresses()
		s.peer = peerNetwork(remote)
	}
	return s
}

// A wheelClock is a clock on the engine's wheel.
type wheelClock struct {
	Timer
	wheel *Wheel
	f     func()
}

// Reset implements clock.
func (c *wheelClock) Reset(d time.Duration) bool {
	if c.Func == nil {
		c.Func = func() { go c.f() } // an event must not hold up the wheel
	}
	c.wheel.Arm(&c.Timer, d)
	return true
}

// Stop implements clock.
func (c *wheelClock) Stop() bool { return c.wheel.Disarm(&c.Timer) }
