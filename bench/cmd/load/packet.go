//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lossTime is how long a datagram without a reply is waited for at least; then it counts as lost and is sent again.
const lossTime = 50 * time.Millisecond

// A packetConn is a connected socket of datagrams. Each of the depth datagrams in flight carries its number, and takes off again when
// its reply is in.
type packetConn struct {
	fd   int
	sent []int // by number: the sweep before which the datagram was last sent
}

// A batch is room for some datagrams, for one call of the system.
type batch struct {
	messages []mmsghdr
	vectors  []unix.Iovec
	buffers  [][]byte
}

// mmsghdr is the kernel's: a message, and the octets of it that were received or sent.
type mmsghdr struct {
	header unix.Msghdr
	size   uint32
}

// newBatch makes room for n datagrams of a size, and an octet more in each, in which a longer one shows.
func newBatch(n, size int) *batch {
	b := &batch{messages: make([]mmsghdr, n), vectors: make([]unix.Iovec, n), buffers: make([][]byte, n)}
	for i := range n {
		b.buffers[i] = make([]byte, size+1)
		b.vectors[i].Base = &b.buffers[i][0]
		b.messages[i].header.Iov = &b.vectors[i]
		b.messages[i].header.SetIovlen(1)
	}
	return b
}

// call is recvmmsg or sendmmsg for up to n datagrams of a size. The result is 0 when the socket would block.
func (b *batch) call(trap uintptr, fd, n, size int) (int, error) {
	for i := range n {
		b.vectors[i].SetLen(size)
	}
	k, _, errno := unix.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[0])), uintptr(n), unix.MSG_DONTWAIT, 0, 0)
	switch errno {
	case 0:
		return int(k), nil
	case unix.EAGAIN:
		return 0, nil
	}
	return 0, errno
}

// numberSize is what the number takes of a payload.
const numberSize = 4

// packets is the generator of datagrams: one loop over all sockets.
type packets struct {
	conns   []packetConn
	batch   *batch
	payload []byte // without the number
	sweep   int
}

func drivePackets(o options, m *meter) error {
	poll, err := newPoller()
	if err != nil {
		return err
	}
	defer unix.Close(poll.fd)
	p := &packets{
		conns: make([]packetConn, o.conns), batch: newBatch(o.depth, o.size), payload: requests(o.size, 1)[4+numberSize:], sweep: 2,
	}
	for i := range p.conns {
		if p.conns[i].fd, err = connect(o.address, unix.SOCK_DGRAM); err != nil {
			return err
		}
		defer unix.Close(p.conns[i].fd)
		if err := poll.add(p.conns[i].fd, i); err != nil {
			return err
		}
		p.conns[i].sent = make([]int, o.depth)
	}
	return p.run(poll, m)
}

func (p *packets) run(poll *poller, m *meter) error {
	if _, err := p.resend(); err != nil {
		return err
	}
	swept := time.Now()
	for {
		if done, err := m.done(); done || err != nil {
			return err
		}
		if now := time.Now(); now.Sub(swept) > lossTime {
			swept = now
			p.sweep++
			lost, err := p.resend()
			m.lost += int64(lost)
			if err != nil {
				return err
			}
		}
		events, err := poll.wait()
		if err != nil {
			return err
		}
		for _, event := range events {
			n, err := p.exchange(&p.conns[event.Fd])
			m.count += int64(n)
			if err != nil {
				return err
			}
		}
	}
}

// resend sends what has been under way for more than a whole sweep, which in the beginning is everything.
func (p *packets) resend() (int, error) {
	lost := 0
	for i := range p.conns {
		c, n := &p.conns[i], 0
		for number, sent := range c.sent {
			if sent+1 >= p.sweep {
				continue
			}
			binary.BigEndian.PutUint32(p.batch.buffers[n], uint32(number))
			copy(p.batch.buffers[n][numberSize:], p.payload)
			c.sent[number] = p.sweep
			n++
		}
		lost += n
		if n == 0 {
			continue
		}
		if _, err := p.batch.call(unix.SYS_SENDMMSG, c.fd, n, numberSize+len(p.payload)); err != nil {
			return lost, err
		}
	}
	return lost, nil
}

// exchange receives the replies that are there and sends them as the next requests.
func (p *packets) exchange(c *packetConn) (int, error) {
	size := numberSize + len(p.payload)
	n, err := p.batch.call(unix.SYS_RECVMMSG, c.fd, len(p.batch.messages), size+1)
	if n == 0 || err != nil {
		return 0, err
	}
	for i := range n {
		b := p.batch.buffers[i]
		number := binary.BigEndian.Uint32(b)
		if int(p.batch.messages[i].size) != size || int(number) >= len(c.sent) || !bytes.Equal(b[numberSize:size], p.payload) {
			return 0, errReply
		}
		c.sent[number] = p.sweep
	}
	_, err = p.batch.call(unix.SYS_SENDMMSG, c.fd, n, size)
	return n, err
}
