package pool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"github.com/protogen-go/protogen/runtime/socket"
)

// A Route says where a message goes. From.Route makes that of a response.
type Route struct {
	// To is the peer. A connected pool, and one that is restricted to an address and a port, sends to that peer whatever To says.
	To Destination
	// Flow is the connection to be used if it is still there; zero lets the pool choose. Over UDP it does not matter.
	Flow Flow
	// NoDial makes the message fail with ErrNoConnection where it would need a new connection.
	NoDial bool
	// Batch lets a message over UDP wait until the datagrams that have arrived together are delivered, and leave with the others that do: a
	// loaded server saves calls of the system. It is for programs whose Receive never waits until a message has left.
	Batch bool
}

// An outgoing is a message on its way. At any time exactly one place holds it, and that place calls done.
type outgoing struct {
	m     Message
	to    Destination // canonical
	route Route
	tell  func(Flow, error)
	end   int64 // where its octets end in those of its connection

	// Guarded by the pool's mutex.
	waits *attempt    // it is in the attempt's waiters
	stop  func() bool // ends the watch over the caller's context; nil without
	twice bool        // it was on a connection that ended before anything of it was written
}

var outgoings = sync.Pool{New: func() any { return new(outgoing) }}

// answers says whether a message goes where a request came from.
func (k Kind) answers() bool { return k == Response || k == Provisional }

// Send sends m. done, unless it is nil, is called exactly once: with the connection and nil when the system has taken the
// message, or else with an error, nearly always an *Error (the context's, if that ended while the message waited for a connection). What it
// says of a message whose connection broke is the worse case: the peer may have got it. done may be called before Send
// returns, and on any goroutine; it must not block.
//
// m.Data must not be changed before done is called; over UDP that is before Send returns, unless Route.Batch is set. ctx matters while a connection is being made.
func (p *Pool) Send(ctx context.Context, m Message, r Route, done func(Flow, error)) {
	o := outgoings.Get().(*outgoing)
	*o = outgoing{m: m, to: r.To.canonical(), route: r, tell: done}
	if err := p.bind(o); err != nil {
		p.refuse(o, err)
		return
	}
	if p.packet != nil {
		p.sendDatagram(o)
		return
	}
	p.dispatch(ctx, o)
}

// SendAny sends m to the first of several destinations, as Resolve finds them, that takes it: the next one is tried when a connection
// cannot be made or breaks. The error is that of the last one.
func (p *Pool) SendAny(ctx context.Context, m Message, to []Destination, done func(Flow, error)) {
	if len(to) == 0 {
		p.Send(ctx, m, Route{}, done)
		return
	}
	p.Send(ctx, m, Route{To: to[0]}, func(f Flow, err error) {
		switch {
		case err != nil && len(to) > 1 && ctx.Err() == nil && !errors.Is(err, ErrClosed):
			p.SendAny(ctx, m, to[1:], done)
		case done != nil:
			done(f, err)
		}
	})
}

// bind applies the restriction to a message's destination.
func (p *Pool) bind(o *outgoing) error {
	r := p.restrict
	switch {
	case p.connected:
		return nil
	case r.Addr().IsValid() && r.Port() != 0:
		o.to = Destination{Addr: r, Host: o.to.Host}
	case !o.hasDestination():
		if o.route.Flow == 0 || p.packet != nil {
			return errNoDestination
		}
	case r.Addr().IsValid() && r.Addr() != o.to.Addr.Addr():
		return ErrRestricted
	case p.packet != nil && !o.to.Addr.Addr().IsValid():
		return errNoDestination // UDP does not resolve names
	}
	return nil
}

var errNoDestination = errors.New("pool: no destination")

func (o *outgoing) hasDestination() bool {
	return o.to.Addr.Port() != 0 && (o.to.Addr.Addr().IsValid() || o.to.Host != "")
}

// dispatch finds the socket for a message of a stream transport.
func (p *Pool) dispatch(ctx context.Context, o *outgoing) {
	p.mu.Lock()
	err := p.routeLocked(ctx, o)
	p.mu.Unlock()
	if err != nil {
		p.refuse(o, err)
	}
}

// routeLocked gives the message to a connection, or to an attempt at one.
func (p *Pool) routeLocked(ctx context.Context, o *outgoing) error {
	s := p.findLocked(o)
	switch {
	case p.closed:
		return ErrClosed
	case s != nil:
		return p.enqueueLocked(s, o)
	case p.connected && p.stream == nil && p.master == nil:
		return ErrNoMaster
	case p.connected: // not attached yet
		return ErrDetached
	case o.route.NoDial || !o.hasDestination():
		return ErrNoConnection
	}
	return p.awaitLocked(ctx, o)
}

// findLocked is the rule by which a connection is chosen; nil means a new one.
func (p *Pool) findLocked(o *outgoing) *conn {
	if p.connected {
		if p.master == nil || p.master.flow == 0 || p.master.closing {
			return nil
		}
		return p.master
	}
	if s := p.conns[o.route.Flow]; s != nil && !s.closing && (!s.leaving || o.m.Kind.answers()) {
		return s
	}
	if o.m.Kind.answers() {
		if s := p.askedLocked(o.m.Transaction); s != nil {
			return s
		}
	}
	k := p.keyOf(o.to)
	if list := p.peers[k]; len(list) > 0 {
		return list[len(list)-1]
	}
	if k.host != "" && o.m.Kind.answers() {
		if list := p.peers[key{addr: k.addr}]; len(list) > 0 {
			return list[len(list)-1]
		}
	}
	return nil
}

// enqueueLocked gives a message to a connection.
func (p *Pool) enqueueLocked(s *conn, o *outgoing) error {
	n := len(o.m.Data)
	if s.backlog > 0 && s.backlog+n > p.limits.MaxQueued {
		return ErrFull
	}
	s.backlog += n
	s.queue = append(s.queue, o)
	s.touch()
	if o.m.Kind == Response {
		s.answeredLocked(o.m.Transaction)
	}
	if !s.nudged {
		s.nudged = s.lc.Post(nudge{}) == nil // else the connection is at its end, where Closed looks after the queue
	}
	return nil
}

// sent reports messages the system has taken.
func (p *Pool) sent(s *conn, list ...*outgoing) {
	n := 0
	for _, o := range list {
		n += len(o.m.Data)
	}
	p.mu.Lock()
	s.backlog -= n
	p.mu.Unlock()
	p.counters.sent.Add(uint64(len(list)))
	for _, o := range list {
		p.done(o, s.flow, nil)
	}
}

// again looks for another connection for a message of which nothing was written on s, which ends because of why. It does so once.
func (p *Pool) again(o *outgoing, s *conn, why error) {
	p.mu.Lock()
	s.backlog -= len(o.m.Data)
	s.closing = s.closing || !s.leaving
	p.unlistLocked(s)
	twice := o.twice
	o.twice = true
	p.mu.Unlock()
	if twice || errors.Is(why, ErrClosed) {
		p.counters.sendErrors.Add(1)
		p.done(o, s.flow, p.fail(OpSend, o.to, why))
		return
	}
	if why != io.EOF && why != ErrExpired {
		p.log.Debug("message changes its connection", "peer", s.from.Addr, "error", why)
	}
	p.dispatch(context.Background(), o)
}

// refuse fails a message that found no socket.
func (p *Pool) refuse(o *outgoing, err error) {
	p.counters.sendErrors.Add(1)
	p.done(o, 0, p.fail(OpRoute, o.to, err))
}

// done tells the caller, and is the end of o. A panic of the caller's is his alone.
func (p *Pool) done(o *outgoing, f Flow, err error) {
	tell := o.tell
	if o.stop == nil { // else the watch over the context may still look at it
		*o = outgoing{}
		outgoings.Put(o)
	}
	if tell == nil {
		return
	}
	defer p.confine(OpSend)
	tell(f, err)
}

// confine ends a panic of somebody else's code that runs on a goroutine which must go on.
func (p *Pool) confine(op socket.Op) {
	if v := recover(); v != nil {
		p.counters.panics.Add(1)
		p.log.Error("callback panicked", "op", string(op), "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	}
}
