//go:build unix

package loop

import (
	"net"
	"net/netip"
	"syscall"
)

// A namedSocket moves unix datagrams, one at a time. Sending never waits: a peer that does not read would hold up what is received.
type namedSocket struct {
	conn      net.PacketConn // what is closed: it may own the socket's file
	raw       syscall.RawConn
	connected bool
	buf       [readSize]byte
	one       [1]arrival
}

// newNamedSocket is nil for sockets that are no unix ones.
func newNamedSocket(pc net.PacketConn) packetSocket {
	sc, ok := pc.(syscall.Conn)
	if _, unix := pc.LocalAddr().(*net.UnixAddr); !ok || !unix {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return &namedSocket{conn: pc, raw: raw, connected: connectedTo(pc) != nil}
}

func (s *namedSocket) receive() ([]arrival, error) {
	n, from, err := s.conn.ReadFrom(s.buf[:])
	if err != nil && !passingPacket(err) {
		return nil, err
	}
	s.one[0] = arrival{name: unixName(from), b: s.buf[:n], err: err}
	return s.one[:], nil
}

func (s *namedSocket) done() {}

func (s *namedSocket) send(out []Departure) (dropped int, failed error) {
	for i := range out {
		d := &out[i]
		if d.Err = s.sendName(d.B, d.name); d.Err != nil {
			dropped++
			failed = d.Err
		}
	}
	return dropped, failed
}

func (s *namedSocket) sendOne(b []byte, _ netip.AddrPort) error { return s.sendName(b, "") }

func (s *namedSocket) sendName(b []byte, name string) error {
	var failed error
	err := s.raw.Write(func(fd uintptr) bool {
		for {
			failed = s.sendFD(int(fd), b, name)
			if failed != syscall.EINTR {
				return true
			}
		}
	})
	if err == nil {
		err = failed
	}
	return err
}

func (s *namedSocket) sendFD(fd int, b []byte, name string) error {
	if s.connected {
		_, err := syscall.Write(fd, b)
		return err
	}
	if name == "" {
		return syscall.EDESTADDRREQ
	}
	return syscall.Sendto(fd, b, 0, &syscall.SockaddrUnix{Name: name})
}

func (s *namedSocket) overruns() int { return 0 }

func (s *namedSocket) close() error { return s.conn.Close() }
