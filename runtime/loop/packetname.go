package loop

import (
	"net"
	"net/netip"
	"syscall"
)

// A NamedPacketSession is a PacketSession on sockets whose addresses are names: those of unix datagrams.
type NamedPacketSession interface {
	PacketSession
	// NamedPacket is called instead of Packet. from is the path of the sender's socket, or "@" and its abstract name; "" is one that has no
	// address, and cannot be answered.
	NamedPacket(c *PacketConn, from string, b []byte)
}

// A nameSender is a packetSocket whose addresses are names.
type nameSender interface {
	packetSocket
	sendName(b []byte, name string) error
}

// WriteToName is WriteTo on a socket whose addresses are names; on a connected one, name is "". What finds the peer's queue full is lost, as with
// every datagram. What peers have not read takes room in this socket, too (its send buffer): when that is used up, datagrams for anybody are lost until
// they read, or go.
func (c *PacketConn) WriteToName(b []byte, name string) error {
	if _, ok := c.socket.(nameSender); !ok {
		return syscall.EAFNOSUPPORT
	}
	return c.write(Departure{B: b, name: name})
}

// SendToName is Send on a socket whose addresses are names.
func (c *PacketConn) SendToName(b []byte, name string) error {
	s, ok := c.socket.(nameSender)
	switch {
	case c.conn.state() != phaseOpen:
		return ErrClosed
	case !ok:
		return syscall.EAFNOSUPPORT
	}
	return s.sendName(b, name)
}

// unixName is the name of a unix address; "" for none.
func unixName(a net.Addr) string {
	if u, ok := a.(*net.UnixAddr); ok && u != nil {
		return u.Name
	}
	return ""
}

// deliverPacket tells the session of a datagram.
func (c *PacketConn) deliverPacket(a arrival) {
	if s, ok := c.session.(NamedPacketSession); ok && a.from == (netip.AddrPort{}) {
		s.NamedPacket(c, a.name, a.b)
		return
	}
	c.session.Packet(c, a.from, a.b)
}
