package pool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A conn is one connection of a pool: the session that a loop runs over it.
type conn struct {
	pool     *Pool
	isMaster bool         // of Config.Stream
	attempt  *attempt     // that made it; nil if the peer did, or somebody else
	stamp    atomic.Int64 // when it was last of use: an instant of the pool's clock

	// Set by Open, under the pool's mutex, and the same from then on.
	flow Flow // 0 before
	lc   *loop.Conn
	from From

	// Guarded by the pool's mutex.
	key     key   // in peers
	aliases []key // there too
	crowd   netip.Addr
	queue   []*outgoing // to be written
	nudged  bool        // a nudge is on its way
	backlog int         // octets of queue and of what is written and has not left
	asked   []asked     // requests that came in here, the one that was quiet for the longest first
	leaving bool        // no new requests go here; it is closed when those of the peer are answered
	closing bool        // we shall write nothing more
	why     error       // the end, as we see it; nil while nothing speaks against the loop's view
	idle    idleEntry

	// Owned by the strand.
	spare    []*outgoing // the array of queue that is not in use
	inflight []*outgoing // written, the oldest first; the system has not taken them for all we know
	wrote    int64       // octets
	seen     int         // octets of the incomplete message the framer has looked at
	need     int         // how many of them it wants
}

// A nudge is what a conn is told when there is something to write.
type nudge struct{}

// timerHalfClose fires when a connection that is leaving has had its time.
const timerHalfClose = 1

var (
	_ loop.Drainer = (*conn)(nil)
	_ loop.Flusher = (*conn)(nil)
)

// Open implements loop.Session.
func (s *conn) Open(c *loop.Conn) {
	p := s.pool
	p.mu.Lock()
	err := p.adoptLocked(s, c)
	p.mu.Unlock()
	if err != nil {
		c.Abort(err)
		return
	}
	s.write(c)
}

// adoptLocked makes a connection part of the pool. What waited for it is queued.
func (p *Pool) adoptLocked(s *conn, c *loop.Conn) error {
	remote := addrPort(c.RemoteAddr())
	switch {
	case p.closed:
		return ErrClosed
	case s.isMaster:
		p.counters.attached.Add(1)
	case s.attempt != nil:
		p.concludeLocked(s.attempt)
		p.counters.dialed.Add(1)
	case !p.roomLocked(remote.Addr()):
		p.counters.overLimit.Add(1)
		return ErrLimit
	default:
		p.live.Add(1)
		p.counters.accepted.Add(1)
	}
	p.flows++
	s.flow, s.lc = p.flows, c
	s.from = From{Proto: p.proto, Addr: remote, Local: c.LocalAddr(), Flow: s.flow, TLS: c.TLS()}
	s.key, s.crowd = key{addr: remote}, remote.Addr()
	if a := s.attempt; a != nil {
		s.takeWaitersLocked(a)
	}
	p.conns[s.flow] = s
	s.touch()
	if !s.isMaster {
		p.crowd[s.crowd]++
		p.peers[s.key] = append(p.peers[s.key], s)
		p.idle.add(s, p.limits.ExpireJitter)
		p.armLocked()
	}
	if p.attached.Load() == nil {
		c.PauseRead()
	}
	return nil
}

// takeWaitersLocked queues what has waited for the connection.
func (s *conn) takeWaitersLocked(a *attempt) {
	s.key, s.from.Host = a.key, a.to.Host
	if !s.from.Addr.IsValid() {
		s.from.Addr = a.to.Addr
	}
	for _, o := range a.waiters {
		o.letGo()
		s.backlog += len(o.m.Data)
	}
	s.queue, a.waiters = a.waiters, nil
}

// touch says that the connection is of use.
func (s *conn) touch() { s.stamp.Store(int64(s.pool.now())) }

// Data implements loop.Session.
func (s *conn) Data(c *loop.Conn, b []byte) (int, error) {
	p := s.pool
	for used := 0; ; {
		rest := b[used:]
		switch {
		case len(rest) == 0 || len(rest) < s.need || c.Full():
			return used, nil
		case used >= p.limits.ReadSize: // others get their turn, then this comes again
			c.PauseRead()
			c.ResumeRead()
			return used, nil
		}
		a := p.attached.Load()
		if a == nil {
			c.PauseRead()
			return used, nil
		}
		cut, err := s.framer().Cut(rest, s.seen, &p.limits)
		if err == nil {
			err = p.verify(cut, len(rest))
		}
		if err != nil {
			return used, s.refuse(c, err)
		}
		if cut.Size == 0 {
			s.seen, s.need = len(rest), cut.Need
			if cut.Need > 0 {
				s.seen = 0 // what was found before is to be found again
			}
			return used, nil
		}
		s.seen, s.need = 0, 0
		used += cut.Size
		s.deliver(c, a, cut)
	}
}

// framer is that of the connection's direction.
func (s *conn) framer() Framer {
	if s.attempt != nil && s.pool.outgoing != nil {
		return s.pool.outgoing
	}
	return s.pool.framer
}

// verify checks what a framer has found, so that a fault of its makes no harm.
func (p *Pool) verify(cut Cut, n int) error {
	limit := p.limits.MaxHeader + p.limits.MaxBody
	switch {
	case cut.Size < 0 || cut.Size > n:
		return fmt.Errorf("pool: framer cut %d of %d octets", cut.Size, n)
	case cut.Size == 0 && max(cut.Need, n) > limit:
		return &FrameError{Fault: BodyTooLong, Size: max(cut.Need, n), Limit: limit}
	}
	return nil
}

// refuse ends the connection because of its input; the peer is told, if the protocol has words for it.
func (s *conn) refuse(c *loop.Conn, err error) error {
	s.pool.counters.frameErrors.Add(1)
	s.pool.log.Debug("input refused", "peer", s.from.Addr, "error", err)
	var fault *FrameError
	s.pool.mu.Lock()
	s.leaving = true
	s.pool.unlistLocked(s)
	batch := s.queue
	s.queue = nil
	s.pool.mu.Unlock()
	s.put(c, batch) // answers that are there go before
	if errors.As(err, &fault) && len(fault.Answer) > 0 {
		_, _ = c.Write(fault.Answer)
		s.wrote += int64(len(fault.Answer))
	}
	return err
}

// deliver hands one message to the handler.
func (s *conn) deliver(c *loop.Conn, a *attachment, cut Cut) {
	p := s.pool
	s.touch()
	if cut.Kind == KeepAlive {
		p.counters.keepAlives.Add(1)
		if len(cut.Answer) > 0 {
			s.write(c) // what was sent before goes before
			n, _ := c.Write(cut.Answer)
			s.wrote += int64(n)
		}
		if h, ok := a.handler.(KeepAliveHandler); ok {
			h.KeptAlive(s.flow)
		}
		return
	}
	p.counters.received.Add(1)
	if cut.Kind == Request && cut.Transaction != "" {
		p.remember(s, cut.Transaction)
	}
	a.handler.Receive(Message{Data: cut.Message, Kind: cut.Kind, Transaction: cut.Transaction}, s.from)
}

// End implements loop.Session. What the peer has asked for and not got may still be answered.
func (s *conn) End(c *loop.Conn, rest []byte) {
	p := s.pool
	p.mu.Lock()
	if s.why == nil {
		s.why = io.EOF
		if len(rest) > 0 {
			s.why = io.ErrUnexpectedEOF
		}
	}
	p.mu.Unlock()
	s.takeLeave(c)
}

// Drain implements loop.Drainer: the loop comes to its end.
func (s *conn) Drain(c *loop.Conn) { s.takeLeave(c) }

// takeLeave ends the connection when the peer's requests have been answered, or when there was time enough to do so.
func (s *conn) takeLeave(c *loop.Conn) {
	p := s.pool
	p.mu.Lock()
	s.leaving = true
	p.unlistLocked(s)
	p.mu.Unlock()
	c.After(timerHalfClose, max(p.limits.HalfClose, 0))
	s.write(c)
}

// Writable implements loop.Session.
func (s *conn) Writable(c *loop.Conn) { s.complete(c) }

// Flushed implements loop.Flusher.
func (s *conn) Flushed(c *loop.Conn) { s.complete(c) }

// Timer implements loop.Session: it is timerHalfClose.
func (s *conn) Timer(c *loop.Conn, _ int) {
	s.pool.mu.Lock()
	s.closing = true
	s.pool.mu.Unlock()
	c.CloseAfterFlush()
}

// Message implements loop.Session: it is a nudge.
func (s *conn) Message(c *loop.Conn, _ any) {
	s.complete(c) // while more keeps coming, Flushed does not
	s.write(c)
}

// write writes what is queued. A connection that is leaving, and has answered everything, is done with.
func (s *conn) write(c *loop.Conn) {
	p := s.pool
	p.mu.Lock()
	batch := s.queue
	s.queue, s.spare, s.nudged = s.spare, nil, false
	leave := s.leaving && !s.owesLocked()
	s.closing = s.closing || leave
	p.mu.Unlock()
	s.put(c, batch)
	s.spare = reuse(batch)
	if leave {
		c.CloseAfterFlush()
	}
}

// put writes messages. Of a connection that is leaving, requests go elsewhere.
func (s *conn) put(c *loop.Conn, batch []*outgoing) {
	p := s.pool
	for _, o := range batch {
		if s.leaving && !o.m.Kind.answers() {
			p.again(o, s, io.EOF) // nothing can come back
			continue
		}
		if _, err := c.Write(o.m.Data); err != nil {
			p.again(o, s, err)
			continue
		}
		s.wrote += int64(len(o.m.Data))
		o.end = s.wrote
		s.inflight = append(s.inflight, o)
	}
}

// complete reports the messages that the system has taken. Over TLS what is pending counts ciphertext, which is more, so that a message may be
// reported later than it left, but never before.
func (s *conn) complete(c *loop.Conn) {
	taken := s.wrote - int64(c.Pending())
	n := 0
	for n < len(s.inflight) && s.inflight[n].end <= taken {
		n++
	}
	if n == 0 {
		return
	}
	left := len(s.inflight) - n
	s.pool.sent(s, s.inflight[:n]...)
	copy(s.inflight, s.inflight[n:])
	clear(s.inflight[left:])
	s.inflight = s.inflight[:left]
	if left == 0 {
		s.inflight = reuse(s.inflight)
	}
}

// keepMessages is the capacity of a queue of messages that an idle connection keeps.
const keepMessages = 8

// reuse empties a queue for later; one that has grown large is given up.
func reuse(queue []*outgoing) []*outgoing {
	if cap(queue) > keepMessages {
		return nil
	}
	clear(queue)
	return queue[:0]
}

// Closed implements loop.Session.
func (s *conn) Closed(_ *loop.Conn, why error) {
	p := s.pool
	p.mu.Lock()
	unwritten := s.queue
	s.queue = nil
	reason := why
	if reason == nil {
		reason = cmp.Or(s.why, ErrClosed)
	}
	p.removeLocked(s)
	p.mu.Unlock()
	for _, o := range s.inflight {
		if why == nil {
			p.sent(s, o)
		} else {
			p.counters.sendErrors.Add(1)
			p.done(o, s.flow, p.fail(OpSend, o.to, why))
		}
	}
	for _, o := range unwritten {
		p.again(o, s, reason)
	}
	if s.flow != 0 {
		p.tell(s.flow, reason)
	}
	if s.flow != 0 || s.isMaster || s.attempt != nil {
		p.live.Done()
	}
}

// removeLocked takes a connection out of the pool.
func (p *Pool) removeLocked(s *conn) {
	s.closing = true
	if p.master == s {
		p.master = nil
	}
	if s.flow == 0 {
		return
	}
	delete(p.conns, s.flow)
	p.unlistLocked(s)
	p.forgetLocked(s)
	if !s.isMaster {
		p.leaveCrowdLocked(s.crowd)
		p.idle.remove(s)
	}
}

// unlistLocked keeps requests away from a connection.
func (p *Pool) unlistLocked(s *conn) {
	p.unlistKeyLocked(s, s.key)
	for _, k := range s.aliases {
		p.unlistKeyLocked(s, k)
	}
	s.aliases = nil
}

func (p *Pool) unlistKeyLocked(s *conn, k key) {
	list := p.peers[k]
	if i := slices.Index(list, s); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if len(list) == 0 {
		delete(p.peers, k)
		return
	}
	p.peers[k] = list
}

// leaveCrowdLocked counts out a connection, or an attempt, with an address.
func (p *Pool) leaveCrowdLocked(a netip.Addr) {
	p.crowd[a]--
	if p.crowd[a] == 0 {
		delete(p.crowd, a)
	}
}

// tell says that a connection has ended.
func (p *Pool) tell(f Flow, why error) {
	a := p.attached.Load()
	if a == nil {
		return
	}
	if h, ok := a.handler.(FlowHandler); ok {
		h.FlowClosed(f, why)
	}
}
