package pool

import (
	"bytes"
	"cmp"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A packetConn is a UDP socket: the loop receives, the pool sends. It allocates nothing for addresses.
type packetConn interface {
	net.PacketConn
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
	Write(b []byte) (int, error) // of a connected socket
}

// packetsOf makes a packetConn of any other socket, whose addresses are read from their text. It cannot be connected.
func packetsOf(pc net.PacketConn) packetConn {
	if pc == nil {
		return nil
	}
	if udp, ok := pc.(packetConn); ok {
		return udp
	}
	return foreignPackets{pc}
}

type foreignPackets struct{ net.PacketConn }

func (f foreignPackets) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	return f.WriteTo(b, net.UDPAddrFromAddrPort(addr))
}

func (f foreignPackets) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// A receiver is the session that a loop runs over a UDP master.
type receiver struct {
	pool  *Pool
	local net.Addr
	kept  []kept
	burst []loop.Departure // the array of a batch, between two of them
	conn  *loop.PacketConn // since Open

	mu         sync.Mutex
	delivering bool        // a datagram is being delivered
	batch      []*outgoing // what is to leave together
	flushes    bool        // a flush is on its way, or at work
	over       bool        // none will come any more
}

// A flush is what a receiver is told when there is a batch to be sent.
type flush struct{}

// maxBatch is how many datagrams wait for each other at most. One more fails, as it might be lost anywhere on its way: it must not overtake them.
const maxBatch = 4096

// A kept datagram was on its way to the handler when the pool was detached: one for each time, as reading is paused then.
type kept struct {
	from netip.AddrPort
	b    []byte
}

var _ loop.PacketFailer = (*receiver)(nil)

// Open implements loop.PacketSession.
func (r *receiver) Open(c *loop.PacketConn) { r.conn = c }

// Packet implements loop.PacketSession.
func (r *receiver) Packet(_ *loop.PacketConn, from netip.AddrPort, b []byte) {
	if !r.deliverKept() || !r.deliver(from, b) {
		r.kept = append(r.kept, kept{from, bytes.Clone(b)})
	}
}

// deliver reports false when the pool is detached.
func (r *receiver) deliver(from netip.AddrPort, b []byte) bool {
	a := r.pool.attached.Load()
	if a == nil {
		return false
	}
	r.setDelivering(true)
	defer r.setDelivering(false)
	r.pool.datagram(a, b, From{Proto: UDP, Addr: unmap(from), Local: r.local})
	return true
}

func (r *receiver) setDelivering(yes bool) {
	r.mu.Lock()
	r.delivering = yes
	r.mu.Unlock()
}

// join makes a message leave with others when the datagrams at hand have been delivered: one call of the system for all of them costs less. It
// reports false when nothing is being delivered; while others wait it joins them, so that it does not overtake them. An error is the end of the message.
func (r *receiver) join(o *outgoing) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.delivering && !r.flushes || r.over:
		return false, nil
	case len(r.batch) >= maxBatch:
		return false, ErrFull
	case !r.flushes && r.conn.Post(flush{}) != nil:
		return false, nil
	}
	r.flushes = true
	r.batch = append(r.batch, o)
	return true, nil
}

// deliverKept reports false when the pool is detached before all of it has been delivered.
func (r *receiver) deliverKept() bool {
	for len(r.kept) > 0 && r.deliver(r.kept[0].from, r.kept[0].b) {
		r.kept = r.kept[1:]
	}
	return len(r.kept) == 0
}

// Failed implements loop.PacketFailer: what a peer's system says of an earlier message of ours is nobody's end.
func (r *receiver) Failed(*loop.PacketConn, error) { r.pool.counters.receiveErrors.Add(1) }

// Timer implements loop.PacketSession; there are none.
func (r *receiver) Timer(*loop.PacketConn, int) {}

// A reattached is what a receiver is told when its pool has been attached again.
type reattached struct{}

// Message implements loop.PacketSession: it is a flush or a reattached.
func (r *receiver) Message(c *loop.PacketConn, m any) {
	if _, ok := m.(flush); ok {
		r.sendBatch(c)
		return
	}
	r.deliverKept()
}

// takeBatch takes what has been waiting to leave together, and gives the array of the last batch back. When there is nothing, nothing waits any
// more until the next flush.
func (r *receiver) takeBatch(last []*outgoing) []*outgoing {
	clear(last)
	r.mu.Lock()
	defer r.mu.Unlock()
	batch := r.batch
	r.batch = last[:0]
	r.flushes = len(batch) > 0
	return batch
}

// sendBatch sends what has been waiting to leave together, and what comes meanwhile.
func (r *receiver) sendBatch(c *loop.PacketConn) {
	for batch := r.takeBatch(nil); len(batch) > 0; batch = r.takeBatch(batch) {
		for _, o := range batch {
			to := o.to.Addr
			if r.pool.connected {
				to = netip.AddrPort{}
			}
			r.burst = append(r.burst, loop.Departure{To: to, B: o.m.Data})
		}
		c.SendBatch(r.burst)
		for i, o := range batch {
			r.pool.datagramSent(o, r.burst[i].Err)
		}
		clear(r.burst)
		r.burst = r.burst[:0]
	}
}

// Closed implements loop.PacketSession.
func (r *receiver) Closed(_ *loop.PacketConn, why error) {
	p := r.pool
	p.mu.Lock()
	p.lc, p.packetLost = nil, true
	closed := p.closed
	p.mu.Unlock()
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	for _, o := range r.takeBatch(nil) {
		p.datagramSent(o, net.ErrClosed)
	}
	if !closed {
		p.log.Error("master socket lost", "error", why)
	}
	p.live.Done()
}

// datagram delivers one datagram. Whatever is wrong with it, it is dropped and nothing is answered.
func (p *Pool) datagram(a *attachment, b []byte, from From) {
	if !p.permits(from.Addr) {
		p.counters.strangers.Add(1)
		p.log.Debug("datagram dropped: restricted to another peer", "peer", from.Addr)
		return
	}
	defer p.confine("receive")
	cut, err := p.cutDatagram(b)
	switch {
	case err != nil:
		p.counters.frameErrors.Add(1)
		p.log.Debug("datagram dropped", "peer", from.Addr, "error", err)
		return
	case cut.Kind == KeepAlive:
		p.counters.keepAlives.Add(1)
		if len(cut.Answer) > 0 {
			_ = p.writePacket(cut.Answer, from.Addr)
		}
		return
	}
	p.counters.received.Add(1)
	a.handler.Receive(Message{Data: cut.Message, Kind: cut.Kind, Transaction: cut.Transaction}, from)
}

func (p *Pool) cutDatagram(b []byte) (Cut, error) {
	if len(b) > p.limits.ReadSize {
		return Cut{}, &FrameError{Fault: BodyTooLong, Size: len(b), Limit: p.limits.ReadSize}
	}
	return p.framer.Datagram(b, &p.limits)
}

// sendDatagram sends by the master.
func (p *Pool) sendDatagram(o *outgoing) {
	var joined bool
	var err error
	if o.route.Batch {
		joined, err = p.receiver.join(o)
	}
	if joined {
		return
	}
	if err == nil {
		err = p.writePacket(o.m.Data, o.to.Addr)
	}
	p.datagramSent(o, err)
}

// datagramSent says what has become of a message.
func (p *Pool) datagramSent(o *outgoing, err error) {
	if err != nil {
		if errors.Is(err, net.ErrClosed) {
			_, err = p.Master()
			err = cmp.Or(err, ErrClosed)
		}
		p.counters.sendErrors.Add(1)
		p.done(o, 0, p.fail(OpSend, o.to, err))
		return
	}
	p.counters.sent.Add(1)
	p.done(o, 0, nil)
}

func (p *Pool) writePacket(b []byte, to netip.AddrPort) (err error) {
	if p.connected {
		_, err = p.packet.Write(b)
	} else {
		_, err = p.packet.WriteToUDPAddrPort(b, to)
	}
	return err
}
