//go:build amd64 || arm64

package loop

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// packetBatch is how many datagrams one system call moves.
const packetBatch = 32

// A batchSocket moves datagrams in batches when they queue, and one by one when they do not, which is cheaper then.
type batchSocket struct {
	conn      *net.UDPConn
	raw       syscall.RawConn
	v6        bool // addresses are given to the system as IPv6 ones
	connected bool

	// Of the receiving goroutine.
	in        *receiveBatch
	got       []arrival
	n         int
	errno     syscall.Errno
	waited    bool // nothing was there at first
	streak    int  // receives in a row that did not have to wait
	receiveFn func(fd uintptr) bool
	lost      uint32 // the system's count of overruns
	newlyLost int

	// Of the strand.
	out    *sendBatch
	sendN  int
	sent   int
	sendFn func(fd uintptr) bool
	failed syscall.Errno
}

// loaded is the number of receives without waiting that make it likely that more than one datagram is there.
const loaded = 2

// A message is struct mmsghdr.
type message struct {
	hdr syscall.Msghdr
	n   uint32
	_   [4]byte
}

// A receiveBatch is what one call receives into. Of each buffer only the pages that datagrams have touched are real.
type receiveBatch struct {
	messages [packetBatch]message
	vectors  [packetBatch]syscall.Iovec
	names    [packetBatch]sockaddr
	control  [packetBatch][overrunControl]byte
	arrivals [packetBatch]arrival
	buffers  [packetBatch][readSize]byte
}

type sendBatch struct {
	messages [packetBatch]message
	vectors  [packetBatch]syscall.Iovec
	names    [packetBatch]sockaddr
}

// overrunControl is the room for the control message of SO_RXQ_OVFL: a header of 16 octets and a number of 32 bits, padded.
const overrunControl = 24

var (
	receiveBatches = sync.Pool{New: func() any { return newReceiveBatch() }}
	sendBatches    = sync.Pool{New: func() any { return newSendBatch() }}
)

func newReceiveBatch() *receiveBatch {
	b := &receiveBatch{}
	for i := range b.messages {
		b.vectors[i] = syscall.Iovec{Base: &b.buffers[i][0], Len: readSize}
		h := &b.messages[i].hdr
		h.Iov, h.Iovlen = &b.vectors[i], 1
		h.Name, h.Control = (*byte)(unsafe.Pointer(&b.names[i])), &b.control[i][0]
	}
	return b
}

func newSendBatch() *sendBatch {
	b := &sendBatch{}
	for i := range b.messages {
		h := &b.messages[i].hdr
		h.Iov, h.Iovlen = &b.vectors[i], 1
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
	}
	return b
}

func newPacketSocket(pc net.PacketConn) packetSocket {
	uc, ok := pc.(*net.UDPConn)
	if !ok {
		return newPlainPacketSocket(pc)
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return newPlainPacketSocket(pc)
	}
	s := &batchSocket{conn: uc, raw: raw, connected: uc.RemoteAddr() != nil}
	s.receiveFn, s.sendFn = s.tryReceive, s.trySend
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RXQ_OVFL, 1)
		name, err := syscall.Getsockname(int(fd))
		_, v6 := name.(*syscall.SockaddrInet6)
		s.v6 = err == nil && v6
	})
	return s
}

func (s *batchSocket) receive() ([]arrival, error) {
	s.waited, s.errno = false, 0
	if err := s.raw.Read(s.receiveFn); err != nil {
		return nil, err
	}
	if s.waited {
		s.streak = 0
	} else {
		s.streak++
	}
	if s.errno != 0 {
		err := &net.OpError{Op: "read", Net: "udp", Source: s.conn.LocalAddr(), Addr: s.conn.RemoteAddr(), Err: os.NewSyscallError("recvmsg", s.errno)}
		if !passingPacket(err) {
			return nil, err
		}
		s.got = append(s.got[:0], arrival{err: err})
		return s.got, nil
	}
	return s.in.arrivals[:s.n], nil
}

// tryReceive is called by the system's poller. It reports false to wait, with no buffer in hand.
func (s *batchSocket) tryReceive(fd uintptr) bool {
	if s.in == nil {
		s.in = receiveBatches.Get().(*receiveBatch)
	}
	s.n, s.errno = s.in.receive(fd, s.streak >= loaded)
	switch s.errno {
	case 0:
		for i := range s.n {
			s.in.arrivals[i] = arrival{from: s.in.names[i].addrPort(), b: s.in.buffers[i][:s.in.messages[i].n]}
			s.countOverruns(i)
		}
		return true
	case syscall.EAGAIN:
		s.waited = true
		s.done()
		return false
	}
	return true
}

// receive receives what there is, or just one datagram.
func (b *receiveBatch) receive(fd uintptr, many bool) (int, syscall.Errno) {
	room := 1
	if many {
		room = packetBatch
	}
	for i := range room {
		h := &b.messages[i].hdr
		h.Namelen, h.Controllen = uint32(unsafe.Sizeof(sockaddr{})), overrunControl
	}
	for {
		var n uintptr
		var errno syscall.Errno
		if many {
			n, _, errno = syscall.RawSyscall6(syscall.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.messages[0])), packetBatch, syscall.MSG_DONTWAIT, 0, 0)
		} else {
			n, _, errno = syscall.RawSyscall(syscall.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&b.messages[0].hdr)), syscall.MSG_DONTWAIT)
		}
		switch {
		case errno == syscall.EINTR:
		case errno != 0:
			return 0, errno
		case many:
			return int(n), 0
		default:
			b.messages[0].n = uint32(n)
			return 1, 0
		}
	}
}

// countOverruns looks for the system's count of datagrams thrown away, which it adds once there are any.
func (s *batchSocket) countOverruns(i int) {
	if s.in.messages[i].hdr.Controllen < 20 {
		return
	}
	c := s.in.control[i][:]
	level, kind := int32(binary.NativeEndian.Uint32(c[8:])), int32(binary.NativeEndian.Uint32(c[12:]))
	if level == syscall.SOL_SOCKET && kind == syscall.SO_RXQ_OVFL {
		total := binary.NativeEndian.Uint32(c[16:])
		s.newlyLost += int(total - s.lost)
		s.lost = total
	}
}

func (s *batchSocket) overruns() int {
	n := s.newlyLost
	s.newlyLost = 0
	return n
}

func (s *batchSocket) done() {
	if s.in != nil {
		receiveBatches.Put(s.in)
		s.in = nil
	}
}

func (s *batchSocket) send(out []Departure) (dropped int, failed error) {
	s.out = sendBatches.Get().(*sendBatch)
	for len(out) > 0 {
		n := min(len(out), packetBatch)
		for i := range out[:n] {
			s.prepare(i, &out[i])
		}
		lost, err := s.sendBatch(out[:n])
		dropped += lost
		if err != nil {
			failed = err
		}
		out = out[n:]
	}
	sendBatches.Put(s.out)
	s.out = nil
	return dropped, failed
}

// prepare makes the i-th message of the batch.
func (s *batchSocket) prepare(i int, d *Departure) {
	h := &s.out.messages[i].hdr
	h.Namelen = 0
	if !s.connected {
		h.Name = (*byte)(unsafe.Pointer(&s.out.names[i]))
		h.Namelen = s.out.names[i].set(d.To, s.v6)
	} else {
		h.Name = nil
	}
	s.out.vectors[i] = syscall.Iovec{Base: unsafe.SliceData(d.B), Len: uint64(len(d.B))}
	d.Err = nil
}

// sendBatch sends the messages prepared of out. One that is refused is dropped, and the next is tried.
func (s *batchSocket) sendBatch(out []Departure) (dropped int, failed error) {
	n, again := len(out), false
	defer clear(s.out.vectors[:n])
	for s.sent, s.sendN = 0, n; s.sent < n; {
		s.failed = 0
		if err := s.raw.Write(s.sendFn); err != nil {
			for i := range out[s.sent:] {
				out[s.sent+i].Err = ErrClosed
			}
			return dropped + n - s.sent, failed
		}
		if s.failed == 0 {
			again = false
			continue
		}
		failed = &net.OpError{Op: "write", Net: "udp", Source: s.conn.LocalAddr(), Addr: s.conn.RemoteAddr(), Err: os.NewSyscallError("sendmsg", s.failed)}
		// Errors that came back for earlier datagrams are reported instead of sending: the second try is about this one.
		again = !again && (s.failed == syscall.ECONNREFUSED || s.failed == syscall.EHOSTUNREACH || s.failed == syscall.ENETUNREACH)
		if !again {
			out[s.sent].Err = failed
			dropped++
			s.sent++
		}
	}
	return dropped, failed
}

// trySend is called by the system's poller. It always reports true: it does not wait.
func (s *batchSocket) trySend(fd uintptr) bool {
	first := uintptr(unsafe.Pointer(&s.out.messages[s.sent]))
	left := s.sendN - s.sent
	for {
		var n uintptr
		var errno syscall.Errno
		if left == 1 {
			_, _, errno = syscall.RawSyscall(syscall.SYS_SENDMSG, fd, first, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
			n = 1
		} else {
			n, _, errno = syscall.RawSyscall6(sysSendmmsg, fd, first, uintptr(left), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
		}
		switch errno {
		case 0:
			s.sent += int(n)
			return true
		case syscall.EINTR:
		default:
			s.failed = errno
			return true
		}
	}
}

func (s *batchSocket) sendOne(b []byte, to netip.AddrPort) (err error) {
	if s.connected {
		_, err = s.conn.Write(b)
	} else {
		_, err = s.conn.WriteToUDPAddrPort(b, to)
	}
	return err
}

func (s *batchSocket) close() error { return s.conn.Close() }

// A sockaddr is struct sockaddr_in or sockaddr_in6.
type sockaddr [28]byte

// set writes the address and returns its size.
func (a *sockaddr) set(to netip.AddrPort, v6 bool) uint32 {
	binary.BigEndian.PutUint16(a[2:], to.Port())
	ip := to.Addr()
	if !v6 {
		binary.NativeEndian.PutUint16(a[:], syscall.AF_INET)
		v4 := ip.Unmap()
		if !v4.Is4() {
			return 0 // the system refuses it
		}
		*(*[4]byte)(a[4:]) = v4.As4()
		return syscall.SizeofSockaddrInet4
	}
	binary.NativeEndian.PutUint16(a[:], syscall.AF_INET6)
	clear(a[4:8])
	*(*[16]byte)(a[8:]) = ip.As16()
	binary.NativeEndian.PutUint32(a[24:], scope(ip.Zone()))
	return syscall.SizeofSockaddrInet6
}

// scope is the number of a zone: an interface's name or index.
func scope(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	return 0
}

func (a *sockaddr) addrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(a[2:])
	switch binary.NativeEndian.Uint16(a[:]) {
	case syscall.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a[4:8])), port)
	case syscall.AF_INET6:
		ip := netip.AddrFrom16([16]byte(a[8:24])).Unmap()
		if n := binary.NativeEndian.Uint32(a[24:]); n != 0 && ip.Is6() {
			ip = ip.WithZone(strconv.FormatUint(uint64(n), 10))
		}
		return netip.AddrPortFrom(ip, port)
	}
	return netip.AddrPort{}
}
