//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A poller waits for descriptors, some milliseconds at most.
type poller struct {
	fd     int
	events []unix.EpollEvent
}

// pollTime is the longest wait in milliseconds: the meter wants to be asked.
const pollTime = 5

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &poller{fd: fd, events: make([]unix.EpollEvent, 256)}, err
}

// add watches fd; its events will carry index.
func (p *poller) add(fd, index int) error {
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(index)})
}

func (p *poller) wait() ([]unix.EpollEvent, error) {
	n, err := unix.EpollWait(p.fd, p.events, pollTime)
	if err == unix.EINTR {
		return nil, nil
	}
	return p.events[:max(n, 0)], err
}

// requests is n framed payloads of a size, one after the other.
func requests(size, n int) []byte {
	one := binary.BigEndian.AppendUint32(nil, uint32(size))
	for i := range size {
		one = append(one, byte(i))
	}
	return bytes.Repeat(one, n)
}

// A polledConn is a connection without a goroutine.
type polledConn struct {
	fd   int
	part int // octets of a reply that has arrived in part
}

var (
	errReply = errors.New("a reply is not what was sent")
	errShort = errors.New("a socket does not take what is in flight")
	errEnded = errors.New("the server has ended a connection")
)

// drivePolled is one loop over all connections, on one thread, so that the generator costs less than any server.
func drivePolled(o options, m *meter) error {
	poll, err := newPoller()
	if err != nil {
		return err
	}
	defer unix.Close(poll.fd)
	stream := requests(o.size, o.depth+1)
	length, buf := 4+o.size, make([]byte, maxFlight)
	conns := make([]polledConn, o.conns)
	for i := range conns {
		if conns[i].fd, err = connect(o.address, unix.SOCK_STREAM); err != nil {
			return err
		}
		defer unix.Close(conns[i].fd)
		if err := poll.add(conns[i].fd, i); err != nil {
			return err
		}
	}
	for i := range conns {
		if err := conns[i].send(stream[:o.depth*length]); err != nil {
			return err
		}
	}
	for {
		if done, err := m.done(); done || err != nil {
			return err
		}
		events, err := poll.wait()
		if err != nil {
			return err
		}
		for _, event := range events {
			replies, err := conns[event.Fd].receive(buf, stream, length)
			if err != nil {
				return err
			}
			m.count += int64(replies)
			if err := conns[event.Fd].send(stream[:replies*length]); err != nil {
				return err
			}
		}
	}
}

// receive reads what has arrived, which must go on where the last read ended, and counts the replies that are complete now.
func (c *polledConn) receive(buf, stream []byte, length int) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(c.fd), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)))
	switch {
	case errno == unix.EAGAIN:
		return 0, nil
	case errno != 0:
		return 0, errno
	case n == 0:
		return 0, errEnded
	}
	end := c.part + int(n)
	if end > len(stream) || !bytes.Equal(buf[:n], stream[c.part:end]) {
		return 0, errReply
	}
	c.part = end % length
	return end / length, nil
}

// send writes requests, which the socket must take: all that came before them has been answered.
func (c *polledConn) send(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(c.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return errno
	}
	if int(n) != len(b) {
		return errShort
	}
	return nil
}

// connect makes a connected socket that does not block.
func connect(address string, kind int) (int, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return 0, &net.AddrError{Err: err.Error(), Addr: address}
	}
	family, sa := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()})
	if at.Addr().Is4() {
		family, sa = unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	err = unix.Connect(fd, sa)
	if err == nil && kind == unix.SOCK_STREAM {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = unix.Close(fd)
	}
	return fd, err
}
