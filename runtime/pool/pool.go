package pool

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A Pool keeps the sockets of one transport at one local address. Use New. All methods may be called from any goroutine.
type Pool struct {
	proto     Proto
	limits    Limits
	framer    Framer
	outgoing  Framer // of connections that the pool makes; nil for framer
	tls       tlsSides
	packet    packetConn   // nil unless UDP; the pool sends on it, the loop receives
	receiver  *receiver    // of packet
	listener  net.Listener // nil without
	connected bool         // packet is connected, or the master was a stream: destinations do not matter
	restrict  netip.AddrPort
	dialer    func(ctx context.Context, address string) (net.Conn, error)
	log       *slog.Logger
	base      time.Time // instants are counted from here
	counters  counters
	attached  atomic.Pointer[attachment] // nil while detached; changed under mu
	live      sync.WaitGroup             // goroutines and connections; grown under mu while the pool is open
	accepted  chan accepted
	ctx       context.Context // ends with the pool
	cancel    context.CancelFunc

	mu         sync.Mutex // never held while somebody else's code runs
	changed    sync.Cond  // attached or closed
	closed     bool
	lc         *loop.PacketConn // that of packet, from the first Attach on
	packetLost bool             // it has been closed
	stream     net.Conn         // Config.Stream, until it is attached
	master     *conn            // that of Config.Stream
	conns      map[Flow]*conn   // those that are there
	peers      map[key][]*conn  // those a request may use, the oldest first
	attempts   map[key]*attempt // connections in the making
	crowd      map[netip.Addr]int
	requests   map[string][]*conn // transaction -> where its request came in, the latest last
	failures   map[key]failure
	flows      Flow // the last one given
	idle       idleHeap
	timer      *time.Timer
	timerAt    time.Duration // the instant timer is set for; 0 when it is not
	reprieve   bool          // the timer was late, and has been put off
}

// New makes a pool, which owns the config's sockets from now on; after an error they are the caller's still. Nothing is
// read or accepted before Attach.
func New(c Config) (*Pool, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	limits := c.Limits.withDefaults()
	if err := limits.check(); err != nil {
		return nil, err
	}
	sides, err := newTLSSides(&c)
	if err != nil {
		return nil, err
	}
	p := &Pool{
		proto: c.Proto, limits: limits, framer: c.Framer, outgoing: c.Outgoing, tls: sides, packet: packetsOf(c.Packet), listener: c.Listener, stream: c.Stream,
		connected: c.Connected || c.Stream != nil, restrict: unmap(c.Restrict), dialer: c.Dial, log: c.Logger, base: time.Now(),
		accepted: make(chan accepted), conns: map[Flow]*conn{}, peers: map[key][]*conn{}, attempts: map[key]*attempt{},
		crowd: map[netip.Addr]int{}, requests: map[string][]*conn{}, failures: map[key]failure{},
	}
	p.changed.L = &p.mu
	if p.log == nil {
		p.log = slog.Default()
	}
	p.log = p.log.With("pool", string(c.Proto))
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.timer = time.AfterFunc(time.Hour, p.expire)
	p.timer.Stop()
	if p.packet != nil {
		p.receiver = &receiver{pool: p, local: p.packet.LocalAddr()}
	}
	if p.listener != nil {
		p.live.Add(1)
		go p.accept()
	}
	return p, nil
}

// Proto is the transport.
func (p *Pool) Proto() Proto { return p.proto }

// Limits are those that hold, defaults included.
func (p *Pool) Limits() Limits { return p.limits }

// Master is the local address of the master socket. The error is ErrNoMaster for a pool that has none, or none any more.
func (p *Pool) Master() (net.Addr, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, ErrClosed
	case p.packetLost:
		return nil, ErrNoMaster
	case p.packet != nil:
		return p.packet.LocalAddr(), nil
	case p.listener != nil:
		return p.listener.Addr(), nil
	case p.stream != nil:
		return p.stream.LocalAddr(), nil
	case p.master != nil:
		return p.master.from.Local, nil
	}
	return nil, ErrNoMaster
}

// now is the instant, on a clock that nobody sets.
func (p *Pool) now() time.Duration { return time.Since(p.base) }

// Close ends the pool: it leaves its loop, the sockets are closed, and every message that has not left fails with ErrClosed. It waits
// until all of that is done, and must therefore not be called from Receive, FlowClosed or what was given to Send.
func (p *Pool) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.live.Wait()
		return nil
	}
	p.closed = true
	p.detachLocked()
	waiting := p.abandonLocked()
	for _, s := range p.conns {
		s.why = ErrClosed
		s.lc.Abort(ErrClosed)
	}
	if p.lc != nil {
		p.lc.Abort(ErrClosed)
	}
	stream := p.stream
	p.stream = nil
	p.changed.Broadcast()
	p.mu.Unlock()
	p.cancel()
	err := p.closeMaster(stream)
	for _, o := range waiting {
		p.refuse(o, ErrClosed)
	}
	p.live.Wait()
	return err
}

// closeMaster closes the sockets that belong to no loop, and the one of UDP, which is not to be left to when the loop comes to it.
func (p *Pool) closeMaster(stream net.Conn) error {
	switch {
	case p.packet != nil:
		if err := p.packet.Close(); !errors.Is(err, net.ErrClosed) { // the loop may have been first
			return err
		}
		return nil
	case p.listener != nil:
		return p.listener.Close()
	case stream != nil:
		return stream.Close()
	}
	return nil
}
