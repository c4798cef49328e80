package sip

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/pool"
)

// A packets is a UDP socket in memory: what is sent to it is what deliver is given, what it sends goes to send.
type packets struct {
	addr   netip.AddrPort
	in     chan datagram
	closed chan struct{}
	once   sync.Once
	send   func(b []byte, to netip.AddrPort)
}

type datagram struct {
	from netip.AddrPort
	b    []byte
}

func newPackets(addr string) *packets {
	return &packets{addr: netip.MustParseAddrPort(addr), in: make(chan datagram, 1000), closed: make(chan struct{})}
}

func (p *packets) deliver(from netip.AddrPort, b []byte) {
	p.in <- datagram{from, append([]byte(nil), b...)}
}

func (p *packets) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-p.closed:
		return 0, nil, net.ErrClosed
	case d := <-p.in:
		return copy(b, d.b), net.UDPAddrFromAddrPort(d.from), nil
	}
}

func (p *packets) WriteTo(b []byte, to net.Addr) (int, error) {
	p.send(append([]byte(nil), b...), to.(*net.UDPAddr).AddrPort())
	return len(b), nil
}

func (p *packets) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.addr) }

func (p *packets) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *packets) SetDeadline(time.Time) error      { return nil }
func (p *packets) SetReadDeadline(time.Time) error  { return nil }
func (p *packets) SetWriteDeadline(time.Time) error { return nil }

// onPackets runs a stack over a socket in memory.
func onPackets(t *testing.T, c Config, p *packets) *stack {
	t.Helper()
	c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := makeStack(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.addLeg(pool.Config{Proto: pool.UDP, Packet: p}); err != nil {
		t.Fatal(err)
	}
	if err := s.attach(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
	return s
}
