package loop

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// A plainPacketSocket is any net.PacketConn: one datagram at a time.
type plainPacketSocket struct {
	conn      net.PacketConn
	udp       *net.UDPConn // the same, if it is one: it takes addresses that need no memory
	connected bool
	buf       [readSize]byte
	one       [1]arrival
}

func newPlainPacketSocket(pc net.PacketConn) *plainPacketSocket {
	s := &plainPacketSocket{conn: pc}
	s.udp, _ = pc.(*net.UDPConn)
	if nc, ok := pc.(net.Conn); ok {
		s.connected = addrPort(nc.RemoteAddr()).IsValid()
	}
	return s
}

func (s *plainPacketSocket) receive() ([]arrival, error) {
	n, from, err := s.readFrom()
	if err != nil && !passingPacket(err) {
		return nil, err
	}
	s.one[0] = arrival{from: from, b: s.buf[:n], err: err}
	return s.one[:], nil
}

func (s *plainPacketSocket) readFrom() (int, netip.AddrPort, error) {
	if s.udp != nil {
		n, from, err := s.udp.ReadFromUDPAddrPort(s.buf[:])
		return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
	}
	n, from, err := s.conn.ReadFrom(s.buf[:])
	return n, addrPort(from), err
}

// passingPacket says whether an error is about one datagram, or the moment, and not about the socket. Such errors come at the pace of what is
// sent; those of a shortage are given time to pass.
func passingPacket(err error) bool {
	var errno syscall.Errno
	switch {
	case errors.Is(err, net.ErrClosed):
		return false
	case !errors.As(err, &errno):
		var ne net.Error
		return errors.As(err, &ne) && ne.Timeout()
	case errno == syscall.EBADF || errno == syscall.EINVAL || errno == syscall.ENOTSOCK:
		return false
	case errno == syscall.ENOMEM || errno == syscall.ENOBUFS:
		time.Sleep(shortagePause)
	}
	return true
}

// shortagePause is how long a socket rests when the system lacks memory for it.
const shortagePause = 10 * time.Millisecond

func (s *plainPacketSocket) done() {}

func (s *plainPacketSocket) send(out []Departure) (dropped int, failed error) {
	for i := range out {
		d := &out[i]
		if d.Err = s.sendOne(d.B, d.To); d.Err != nil {
			dropped++
			failed = d.Err
		}
	}
	return dropped, failed
}

func (s *plainPacketSocket) sendOne(b []byte, to netip.AddrPort) (err error) {
	switch {
	case s.connected:
		_, err = s.conn.(net.Conn).Write(b)
	case s.udp != nil:
		_, err = s.udp.WriteToUDPAddrPort(b, to)
	default:
		_, err = s.conn.WriteTo(b, net.UDPAddrFromAddrPort(to))
	}
	return err
}

func (s *plainPacketSocket) overruns() int { return 0 }

func (s *plainPacketSocket) close() error { return s.conn.Close() }
