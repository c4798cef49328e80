package faults_test

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
)

// A parrot says on streams what it is told to.
type parrot struct{}

func (parrot) Open(*loop.Conn) {}

func (parrot) Data(c *loop.Conn, b []byte) (used int, err error) {
	for {
		payload, n, err := framing.Next(b[used:])
		if err == frame.ErrMore {
			return used, nil
		}
		if err != nil {
			return used, err
		}
		used += n
		if _, err := c.Write(frames(strings.TrimPrefix(string(payload), "say "))); err != nil {
			return used, err
		}
	}
}

func (parrot) End(c *loop.Conn, _ []byte) { c.CloseAfterFlush() }
func (parrot) Writable(*loop.Conn)        {}
func (parrot) Timer(*loop.Conn, int)      {}
func (parrot) Message(*loop.Conn, any)    {}
func (parrot) Closed(*loop.Conn, error)   {}

// A mirror sends datagrams back.
type mirror struct {
	work   time.Duration // how long it looks at each
	closed chan error
}

func (m *mirror) Open(*loop.PacketConn) {}

func (m *mirror) Packet(c *loop.PacketConn, from netip.AddrPort, b []byte) {
	for end := time.Now().Add(m.work); time.Now().Before(end); {
	}
	_ = c.WriteTo(b, from)
}

func (m *mirror) Timer(*loop.PacketConn, int)          {}
func (m *mirror) Message(*loop.PacketConn, any)        {}
func (m *mirror) Closed(_ *loop.PacketConn, why error) { m.closed <- why }

// newMirror serves streams and datagrams with one engine.
func newMirror(t *testing.T, engine string, work time.Duration) (e loop.Engine, datagrams netip.AddrPort, streams *host) {
	t.Helper()
	e, err := loop.New(engine, loop.Config{Pollers: 1})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{work: work, closed: make(chan error, 1)}
	if _, err := e.AttachPackets(pc, m); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- e.Serve(l, loop.Service{New: func() loop.Session { return parrot{} }}) }()
	t.Cleanup(func() {
		_ = e.Close()
		if err := <-m.closed; err != loop.ErrClosed {
			t.Errorf("the datagram socket ended with %v", err)
		}
		<-served
	})
	return e, pc.LocalAddr().(*net.UDPAddr).AddrPort(), &host{t: t, network: "tcp", address: l.Addr().String()}
}

// Datagrams from many senders, several times as many as can be worked on, are lost and counted. Nothing grows, and streams are served.
func TestFault38Flood(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		e, to, streams := newMirror(t, engine, 50*time.Microsecond)
		b := standBy(streams.visit())
		before := heap()
		var senders []*net.UDPConn
		for range 20 {
			nc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			senders = append(senders, nc)
		}
		datagram := bytes.Repeat([]byte("x"), 1200)
		n := 0
		for ; n < scale(20_000, 1_000_000); n++ {
			_, _ = senders[n%len(senders)].WriteToUDPAddrPort(datagram, to)
		}
		_ = senders[0].Close() // to whom answers are on their way: ICMP says so
		b.leave()
		if grown := heap() - before; grown > 16<<20 {
			t.Errorf("%d octets more", grown)
		}
		last := senders[1]
		eventually(t, "a datagram gets through", func() bool {
			_, _ = last.WriteToUDPAddrPort([]byte("last"), to)
			_ = last.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			for b := make([]byte, 1500); ; {
				n, err := last.Read(b)
				if err != nil || string(b[:n]) == "last" {
					return err == nil
				}
			}
		})
		if s := e.Stats(); s.PacketOverruns == 0 {
			t.Logf("%d datagrams were not too many: %+v", n, s)
		}
	})
}

// Datagrams of odd sizes, in any order and twice, are what they are.
func TestFault39OddDatagrams(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		_, to, _ := newMirror(t, engine, 0)
		nc, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		_ = nc.SetDeadline(time.Now().Add(patience))
		got := make([]byte, 1<<16)
		for i, size := range []int{0, 1, 0, 1473, 1472, loop.MaxPacket, 1, 65_000, 1501, 0} {
			sent := bytes.Repeat([]byte{byte(i)}, size)
			for range 2 {
				if _, err := nc.Write(sent); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				if n, err := nc.Read(got); err != nil || !bytes.Equal(got[:n], sent) {
					t.Fatalf("%d octets came back as %d: %v", size, n, err)
				}
			}
		}
	})
}
