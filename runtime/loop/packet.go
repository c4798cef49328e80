package loop

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// A PacketSession is what happens on a socket of datagrams. Its events are serialized as those of a Session, and what is said there
// of blocking and of panics is true here.
type PacketSession interface {
	// Open is the first event.
	Open(c *PacketConn)
	// Packet brings a datagram, which may be empty. from is the sender, an IPv4 address as such even on a socket of both families. b is valid during the
	// call only and must not be written to.
	Packet(c *PacketConn, from netip.AddrPort, b []byte)
	// Timer says that the timer id, armed with PacketConn.After, has fired.
	Timer(c *PacketConn, id int)
	// Message brings what was given to PacketConn.Post.
	Message(c *PacketConn, m any)
	// Closed is the last event and comes exactly once. why is nil after Close; else it is the argument of Abort, ErrClosed, a
	// *PanicError, or the error of a socket that is beyond repair.
	Closed(c *PacketConn, why error)
}

// A PacketFailer is a PacketSession that wants to know what the network says about datagrams sent on a connected socket: typically
// ECONNREFUSED, when nobody listens there. Sockets that are not connected ignore such errors, which do not say whom they are about.
type PacketFailer interface {
	PacketSession
	Failed(c *PacketConn, err error)
}

// A PacketDrainer is a PacketSession that can take its leave, see Drainer. For others the engine calls Close.
type PacketDrainer interface {
	PacketSession
	Drain(c *PacketConn)
}

// MaxPacket is the size of the longest datagram, which is that of UDP over IPv4.
const MaxPacket = 65507

// A PacketConn is what a PacketSession holds of its socket. Methods marked "events only" may be called from the session's events and
// nowhere else; the others from any goroutine. After Closed every method is harmless.
type PacketConn struct {
	conn          Conn // the strand; its output is that of the datagrams in out
	engine        *core
	session       PacketSession
	socket        packetSocket
	local, remote netip.AddrPort
	connected     bool
	index         int32 // see position

	out      []Departure
	arrivals []arrival // what is to be delivered
	wake     sync.Cond // the receiving goroutine waits here, under conn.mu

	// Under conn.mu.
	offered bool // the receiving goroutine waits until arrivals have been delivered
	held    bool // the session has paused reading before all of them were
}

// A Departure is a datagram to be sent, see PacketConn.SendBatch.
type Departure struct {
	To  netip.AddrPort // the zero AddrPort on a connected socket
	B   []byte         // at most MaxPacket octets
	Err error          // why the system did not take it; set by SendBatch

	name string // in To's place, see WriteToName
}

// An arrival is a datagram received, or what the network said about one that was sent.
type arrival struct {
	from netip.AddrPort
	name string // in its place, where addresses are names
	b    []byte
	err  error
}

// A packetSocket moves datagrams.
type packetSocket interface {
	// receive waits for datagrams and returns those that are there; they are valid until done. An error is the end of the socket.
	receive() ([]arrival, error)
	done()
	// send sends at once, and drops what the system does not take, which it marks. It returns the number of datagrams dropped, and the last
	// error, which is nil when the socket is closed.
	send(out []Departure) (dropped int, err error)
	// sendOne sends one datagram from any goroutine.
	sendOne(b []byte, to netip.AddrPort) error
	// overruns is the number of datagrams the system has thrown away since the last call.
	overruns() int
	close() error
}

// AttachPackets implements Engine.
func (e *core) AttachPackets(pc net.PacketConn, s PacketSession) (*PacketConn, error) {
	c := &PacketConn{engine: e, session: s, local: addrPort(pc.LocalAddr()), remote: addrPort(connectedTo(pc))}
	if c.socket = newNamedSocket(pc); c.socket == nil {
		c.socket = newPacketSocket(pc)
	}
	c.connected = connectedTo(pc) != nil
	c.wake.L = &c.conn.mu
	c.conn.init(packetEvents{c}, e.env, packetCarrier{c})
	if !e.register(c) {
		_ = pc.Close()
		return nil, ErrClosed
	}
	e.counters.attached.Add(1)
	go c.serve()
	return c, nil
}

// connectedTo is the address of a connected socket's peer; nil for others.
func connectedTo(pc net.PacketConn) net.Addr {
	if nc, ok := pc.(net.Conn); ok {
		return nc.RemoteAddr()
	}
	return nil
}

// addrPort is an address of the Internet; zero for others, and for none.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case nil:
	case *net.UDPAddr:
		if a != nil {
			ap := a.AddrPort()
			return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
		}
	default:
		ap, _ := netip.ParseAddrPort(a.String())
		return ap
	}
	return netip.AddrPort{}
}

// ID is a number no other connection of the engine has had. It serves logs.
func (c *PacketConn) ID() uint64 { return c.conn.id }

// LocalAddr is the address of the socket.
func (c *PacketConn) LocalAddr() netip.AddrPort { return c.local }

// RemoteAddr is the address a connected socket is connected to; the zero AddrPort for others.
func (c *PacketConn) RemoteAddr() netip.AddrPort { return c.remote }

// WriteTo sends a copy of b, together with the other datagrams of the events at hand. On a connected socket, to is the zero AddrPort. The
// error is ErrClosed, or EMSGSIZE above MaxPacket. That the system does not take a datagram is no error: it is lost, as it may
// be anywhere on its way, and counted in Stats. Events only.
func (c *PacketConn) WriteTo(b []byte, to netip.AddrPort) error {
	return c.write(Departure{To: to, B: b})
}

// write queues a copy of a datagram.
func (c *PacketConn) write(d Departure) error {
	switch {
	case c.conn.state() != phaseOpen:
		return ErrClosed
	case len(d.B) > MaxPacket:
		return syscall.EMSGSIZE
	}
	if c.conn.out == nil {
		c.conn.out = getBuffer()
	}
	out := c.conn.out
	start := len(out.b)
	out.b = append(out.b, d.B...)
	d.B = out.b[start:len(out.b):len(out.b)] // it stays when out.b grows elsewhere
	c.out = append(c.out, d)
	if start == len(out.b) {
		out.b = append(out.b, 0) // output of no octets would not be flushed
	}
	if len(out.b) >= keepWrite/2 {
		c.flush()
		out.b = out.b[:0]
	}
	return nil
}

// flush sends what was written.
func (c *PacketConn) flush() {
	err := c.send(c.out)
	clear(c.out)
	c.out = c.out[:0]
	if err != nil {
		c.failed(err)
	}
}

func (c *PacketConn) send(out []Departure) error {
	dropped, err := c.socket.send(out)
	if dropped > 0 {
		c.engine.counters.drops.Add(uint64(dropped))
	}
	return err
}

// SendBatch sends datagrams at once, with as few system calls as there can be, and sets the Err of those that the system did not take. It copies
// nothing, and does not wait for room in the socket. Events only.
func (c *PacketConn) SendBatch(list []Departure) {
	if c.conn.state() == phaseOpen {
		_ = c.send(list)
		return
	}
	for i := range list {
		list[i].Err = ErrClosed
	}
}

// Send sends b at once; it may wait for room in the socket. On a connected socket, to is the zero AddrPort.
func (c *PacketConn) Send(b []byte, to netip.AddrPort) error {
	if c.conn.state() != phaseOpen {
		return ErrClosed
	}
	return c.socket.sendOne(b, to)
}

// After arms the timer id, see Conn.After. A session with many timers uses a Wheel. Events only.
func (c *PacketConn) After(id int, d time.Duration) { c.conn.After(id, d) }

// Cancel disarms the timer id, see Conn.Cancel. Events only.
func (c *PacketConn) Cancel(id int) { c.conn.Cancel(id) }

// Post queues m for Message, see Conn.Post.
func (c *PacketConn) Post(m any) error { return c.conn.Post(m) }

// Deliver is Post for a goroutine that has nothing else to do, see Conn.Deliver.
func (c *PacketConn) Deliver(m any) error { return c.conn.Deliver(m) }

// PauseRead stops Packet until ResumeRead. The system keeps what arrives as far as it has room.
func (c *PacketConn) PauseRead() { c.conn.PauseRead() }

// ResumeRead undoes PauseRead.
func (c *PacketConn) ResumeRead() { c.conn.ResumeRead() }

// Close closes the socket after the current event, whose datagrams still leave.
func (c *PacketConn) Close() { c.conn.CloseAfterFlush() }

// Abort closes the socket after the current event. Closed gets err, or ErrAborted if it is nil.
func (c *PacketConn) Abort(err error) { c.conn.Abort(err) }

// Context is cancelled when the socket is closed, just before Closed, see Conn.Context.
func (c *PacketConn) Context() context.Context { return c.conn.Context() }

// serve is the receiving goroutine.
func (c *PacketConn) serve() {
	c.conn.run()
	for c.awaitReading() {
		arrivals, err := c.socket.receive()
		if n := c.socket.overruns(); n > 0 {
			c.engine.counters.overruns.Add(uint64(n))
		}
		if err == nil {
			c.offer(arrivals)
		}
		c.socket.done()
		if err != nil {
			c.conn.Abort(err)
			break
		}
	}
	c.awaitReleased()
	c.engine.forget(c)
}

// awaitReading waits until the session wants datagrams; false means that the socket is closed.
func (c *PacketConn) awaitReading() bool {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	for c.conn.paused && c.conn.state() == phaseOpen {
		c.wake.Wait()
	}
	return c.conn.state() == phaseOpen
}

// offer makes an event of what has arrived, and waits until it is over: the buffers go back then.
func (c *PacketConn) offer(arrivals []arrival) {
	c.arrivals = arrivals
	c.conn.mu.Lock()
	c.offered = true
	c.conn.mu.Unlock()
	c.conn.do(event{kind: eventReady})
	c.conn.mu.Lock()
	for c.offered && c.conn.state() != phaseOver {
		c.wake.Wait()
	}
	c.conn.mu.Unlock()
}

func (c *PacketConn) awaitReleased() {
	c.conn.mu.Lock()
	for !c.conn.released {
		c.wake.Wait()
	}
	c.conn.mu.Unlock()
}

// deliver tells the session of what has arrived.
func (c *PacketConn) deliver() {
	for i, a := range c.arrivals {
		if c.conn.state() != phaseOpen {
			break
		}
		if c.hold() {
			c.arrivals = c.arrivals[i:]
			c.conn.settle()
			return
		}
		if a.err != nil {
			c.failed(a.err)
			continue
		}
		c.packet(a)
		poison(a.b)
	}
	c.arrivals = nil
	c.conn.mu.Lock()
	c.offered = false
	c.wake.Signal()
	c.conn.mu.Unlock()
	c.conn.settle()
}

// hold reports whether the session has paused reading.
func (c *PacketConn) hold() bool {
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	c.held = c.conn.paused
	return c.held
}

// resume delivers what was held back.
func (c *PacketConn) resume() {
	c.conn.mu.Lock()
	held := c.held
	c.held = false
	c.conn.mu.Unlock()
	if held {
		c.deliver()
	}
}

func (c *PacketConn) packet(a arrival) {
	defer c.conn.confine()
	c.deliverPacket(a)
}

func (c *PacketConn) failed(err error) {
	f, ok := c.session.(PacketFailer)
	if !ok || !c.connected {
		return
	}
	defer c.conn.confine()
	f.Failed(c, err)
}

func (c *PacketConn) strand() *Conn { return &c.conn }

func (c *PacketConn) standing() standing { return standing{} }

func (c *PacketConn) position() *int32 { return &c.index }

// sever implements member. The socket has been closed by release, there is nothing that lingers.
func (c *PacketConn) sever() {}

// packetEvents makes a Session of a PacketSession.
type packetEvents struct{ c *PacketConn }

func (p packetEvents) Open(*Conn)                      { p.c.session.Open(p.c) }
func (p packetEvents) Data(*Conn, []byte) (int, error) { return 0, nil }
func (p packetEvents) End(*Conn, []byte)               {}
func (p packetEvents) Writable(*Conn)                  {}
func (p packetEvents) Timer(_ *Conn, id int)           { p.c.session.Timer(p.c, id) }
func (p packetEvents) Message(_ *Conn, m any)          { p.c.session.Message(p.c, m) }
func (p packetEvents) Closed(_ *Conn, why error)       { p.c.session.Closed(p.c, why) }

func (p packetEvents) Drain(*Conn) {
	if d, ok := p.c.session.(PacketDrainer); ok {
		d.Drain(p.c)
	} else {
		p.c.Close()
	}
}

// packetCarrier makes a carrier of a PacketConn.
type packetCarrier struct{ c *PacketConn }

var _ reader = packetCarrier{}

func (p packetCarrier) push([]byte, int) error {
	if len(p.c.out) > 0 { // else all of it has left, see WriteTo
		p.c.flush()
	}
	return nil
}

func (p packetCarrier) queued() int { return 0 }
func (p packetCarrier) shut()       {}
func (p packetCarrier) release(bool) {
	_ = p.c.socket.close()
}

func (p packetCarrier) nudge() bool {
	p.c.wake.Signal()
	return !p.c.held
}
func (p packetCarrier) clock(f func()) clock           { return time.AfterFunc(time.Hour, f) }
func (p packetCarrier) tlsState() *tls.ConnectionState { return nil }
func (p packetCarrier) ready()                         { p.c.deliver() }
func (p packetCarrier) resumed()                       { p.c.resume() }

func (p packetCarrier) addresses() (local, remote net.Addr) {
	local = net.UDPAddrFromAddrPort(p.c.local)
	if p.c.remote.IsValid() {
		remote = net.UDPAddrFromAddrPort(p.c.remote)
	}
	return local, remote
}
