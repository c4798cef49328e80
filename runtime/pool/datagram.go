package pool

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
)

// A packetConn is the part of a *net.UDPConn the pool uses: it allocates nothing for addresses.
type packetConn interface {
	ReadFromUDPAddrPort(b []byte) (n int, addr netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
	Write(b []byte) (int, error) // of a connected socket
	SetReadDeadline(t time.Time) error
	LocalAddr() net.Addr
	Close() error
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

func (f foreignPackets) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, addr, err := f.ReadFrom(b)
	return n, addrPort(addr), err
}

func (f foreignPackets) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	return f.WriteTo(b, net.UDPAddrFromAddrPort(addr))
}

func (f foreignPackets) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Deadlines that make a waiting read return, and that do not.
var (
	longAgo = time.Unix(1, 0)
	never   time.Time
)

// maxReceivePause is the longest rest of the receiving goroutine when receiving fails again and again.
const maxReceivePause = 100 * time.Millisecond

// receive is the goroutine that reads a UDP master, for the life of the pool.
func (p *Pool) receive() {
	defer p.live.Done()
	buf := make([]byte, p.limits.ReadSize)
	local := p.packet.LocalAddr()
	pause := time.Duration(0)
	for p.awaitAttached() != nil {
		n, addr, err := p.packet.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			pause = 0
			if a := p.awaitAttached(); a != nil {
				p.datagram(a, buf[:n], From{Proto: UDP, Addr: unmap(addr), Local: local})
			}
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded): // Detach
		default: // such as what a peer's system says of an earlier message of ours: nobody's end
			p.counters.receiveErrors.Add(1)
			pause = min(2*pause+time.Millisecond, maxReceivePause)
			p.rest(pause)
		}
	}
}

// rest waits, but not beyond the life of the pool.
func (p *Pool) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.ctx.Done():
	}
}

// datagram delivers one datagram. Whatever is wrong with it, it is dropped and nothing is answered.
func (p *Pool) datagram(a *attachment, b []byte, from From) {
	if !p.permits(from.Addr) {
		p.counters.strangers.Add(1)
		p.log.Debug("datagram dropped: restricted to another peer", "peer", from.Addr)
		return
	}
	defer p.confine("receive")
	cut, err := p.framer.Datagram(b, &p.limits)
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

// sendDatagram sends by the master.
func (p *Pool) sendDatagram(o *outgoing) {
	if err := p.writePacket(o.m.Data, o.to.Addr); err != nil {
		if errors.Is(err, net.ErrClosed) {
			err = ErrClosed
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
