//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"net"

	"golang.org/x/sys/unix"

	"github.com/protogen-go/protogen/runtime/frame"
)

// A reactor is the yardstick: one loop that waits, reads, writes, and has nothing of what a server needs beside that, no marks, no
// timers, no strands. A request that arrives in parts or a reply that does not fit ends the connection, as does everything else unforeseen.
type reactor struct {
	poll     int
	listener int
	in, out  []byte
}

// serveReactor serves from one goroutine.
func serveReactor(o options) (*server, error) {
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, err
	}
	file, err := l.(*net.TCPListener).File() // a duplicate, with which nobody else waits for connections
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	r := &reactor{listener: int(file.Fd()), in: make([]byte, 64<<10)}
	if r.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err == nil {
		err = unix.SetNonblock(r.listener, true) // Fd has made it a blocking one
	}
	if err == nil {
		err = r.watch(r.listener)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), l.Close())
	}
	stop := make(chan struct{})
	return &server{
		address: l.Addr().String(),
		serve: func() error {
			defer unix.Close(r.poll)
			defer file.Close()
			return r.run(stop)
		},
		close: func() error {
			close(stop)
			return l.Close()
		},
	}, nil
}

// run waits a tenth of a second at most, to see whether it shall stop.
func (r *reactor) run(stop <-chan struct{}) error {
	events := make([]unix.EpollEvent, 256)
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		n, err := unix.EpollWait(r.poll, events, 100)
		if err != nil && err != unix.EINTR {
			return err
		}
		for _, event := range events[:max(n, 0)] {
			if fd := int(event.Fd); fd == r.listener {
				r.accept()
			} else if !r.echo(fd) {
				_ = unix.Close(fd)
			}
		}
	}
}

func (r *reactor) watch(fd int) error {
	return unix.EpollCtl(r.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

func (r *reactor) accept() {
	fd, _, err := unix.Accept4(r.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return
	}
	if unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) != nil || r.watch(fd) != nil {
		_ = unix.Close(fd)
	}
}

// echo answers what has arrived; false when the connection is to be closed.
func (r *reactor) echo(fd int) bool {
	n := raw(unix.SYS_READ, fd, r.in)
	if n < 4 {
		return false
	}
	r.out = r.out[:0]
	for b := r.in[:n]; len(b) > 0; {
		if len(b) < 4 {
			return false
		}
		size := 4 + int(binary.BigEndian.Uint32(b))
		if size > frame.DefaultMax || size > len(b) {
			return false
		}
		r.out = append(r.out, b[:size]...)
		b = b[size:]
	}
	return raw(unix.SYS_WRITE, fd, r.out) == n
}
