package loop_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A packetScript is a packet session made of functions; a nil one does nothing. It checks what the engine promises, as script does.
type packetScript struct {
	t       testing.TB
	open    func(c *loop.PacketConn)
	packet  func(c *loop.PacketConn, from netip.AddrPort, b []byte)
	timer   func(c *loop.PacketConn, id int)
	message func(c *loop.PacketConn, m any)
	failed  func(c *loop.PacketConn, err error)
	drain   func(c *loop.PacketConn)

	busy         sync.Mutex
	opened, over bool
	why          error
	done         chan struct{}
}

func newPacketScript(t testing.TB) *packetScript {
	return &packetScript{t: t, done: make(chan struct{})}
}

func (s *packetScript) enter(name string) func() {
	if !s.busy.TryLock() {
		s.t.Errorf("%s: another event is running", name)
		return func() {}
	}
	if s.over || (name == "Open") == s.opened {
		s.t.Errorf("%s: opened %v, closed %v", name, s.opened, s.over)
	}
	s.opened = true
	return s.busy.Unlock
}

func (s *packetScript) Open(c *loop.PacketConn) {
	defer s.enter("Open")()
	if s.open != nil {
		s.open(c)
	}
}

func (s *packetScript) Packet(c *loop.PacketConn, from netip.AddrPort, b []byte) {
	defer s.enter("Packet")()
	if s.packet != nil {
		s.packet(c, from, b)
	}
}

func (s *packetScript) Timer(c *loop.PacketConn, id int) {
	defer s.enter("Timer")()
	if s.timer != nil {
		s.timer(c, id)
	}
}

func (s *packetScript) Message(c *loop.PacketConn, m any) {
	defer s.enter("Message")()
	if s.message != nil {
		s.message(c, m)
	}
}

func (s *packetScript) Failed(c *loop.PacketConn, err error) {
	defer s.enter("Failed")()
	if s.failed != nil {
		s.failed(c, err)
	}
}

func (s *packetScript) Drain(c *loop.PacketConn) {
	defer s.enter("Drain")()
	if s.drain != nil {
		s.drain(c)
		return
	}
	c.Close()
}

func (s *packetScript) Closed(_ *loop.PacketConn, why error) {
	defer s.enter("Closed")()
	s.over, s.why = true, why
	close(s.done)
}

func echoPacket(c *loop.PacketConn, from netip.AddrPort, b []byte) { _ = c.WriteTo(b, from) }

// A plainConn hides what a *net.UDPConn can do besides, so that the engine serves it as any net.PacketConn.
type plainConn struct{ net.PacketConn }

// packetKinds are the ways a socket of datagrams is served.
var packetKinds = map[string]func(*net.UDPConn) net.PacketConn{
	"udp":   func(c *net.UDPConn) net.PacketConn { return c },
	"plain": func(c *net.UDPConn) net.PacketConn { return plainConn{c} },
}

func listenPacket(t testing.TB, address string) *net.UDPConn {
	t.Helper()
	pc, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Skip(err)
	}
	_ = pc.SetDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() { _ = pc.Close() })
	return pc.(*net.UDPConn)
}

// packetEverywhere runs a test on every engine with every kind of socket.
func packetEverywhere(t *testing.T, test func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn)) {
	for _, engine := range engines {
		for name, kind := range packetKinds {
			t.Run(engine+"/"+name, func(t *testing.T) { test(t, newEngine(t, engine, loop.Config{}), kind) })
		}
	}
}

func attachPackets(t testing.TB, e loop.Engine, pc net.PacketConn, s loop.PacketSession) *loop.PacketConn {
	t.Helper()
	_ = pc.SetDeadline(time.Time{})
	c, err := e.AttachPackets(pc, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FAULTS 39: datagrams of all sizes, the empty one and the longest included, go there and back, whole.
func TestPacketEcho(t *testing.T) {
	packetEverywhere(t, func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn) {
		for _, address := range []string{"127.0.0.1:0", ":0", "[::1]:0"} {
			s := newPacketScript(t)
			s.packet = echoPacket
			pc := listenPacket(t, address)
			c := attachPackets(t, e, kind(pc), s)
			to := c.LocalAddr()
			if to.Addr().IsUnspecified() {
				to = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), to.Port())
			}
			peer := listenPacket(t, netip.AddrPortFrom(to.Addr(), 0).String())
			buf := make([]byte, 1<<16)
			for _, size := range []int{0, 1, 512, 1473, 9000, loop.MaxPacket} {
				sent := bytes.Repeat([]byte{byte(size)}, size)
				if _, err := peer.WriteToUDPAddrPort(sent, to); err != nil {
					t.Fatal(err)
				}
				n, from, err := peer.ReadFromUDPAddrPort(buf)
				if err != nil || from.Port() != to.Port() || !bytes.Equal(buf[:n], sent) {
					t.Errorf("%s: %d octets came back as %d from %v: %v", address, size, n, from, err)
				}
			}
			if err := c.Send(make([]byte, 3), peer.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
				t.Error(err)
			}
			if n, _, err := peer.ReadFromUDPAddrPort(buf); n != 3 {
				t.Errorf("%d octets of Send: %v", n, err)
			}
			c.Close()
			<-s.done
			if s.why != nil {
				t.Errorf("closed: %v", s.why)
			}
			if err := c.WriteTo(nil, to); !errors.Is(err, net.ErrClosed) {
				t.Errorf("WriteTo after the end: %v", err)
			}
			if err := c.Send(nil, to); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send after the end: %v", err)
			}
		}
	})
}

// A burst comes in order, in batches or not, and each datagram is answered.
func TestPacketBurst(t *testing.T) {
	packetEverywhere(t, func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn) {
		const burst, rounds = 60, 20
		gate := make(chan struct{})
		s := newPacketScript(t)
		s.packet = func(c *loop.PacketConn, from netip.AddrPort, b []byte) {
			if len(b) == 0 {
				<-gate // the others queue up meanwhile
				return
			}
			echoPacket(c, from, b)
		}
		c := attachPackets(t, e, kind(listenPacket(t, "127.0.0.1:0")), s)
		peer := listenPacket(t, "127.0.0.1:0")
		for range rounds {
			_, _ = peer.WriteToUDPAddrPort(nil, c.LocalAddr())
			for i := range burst {
				_, _ = peer.WriteToUDPAddrPort([]byte{byte(i)}, c.LocalAddr())
			}
			gate <- struct{}{}
			var buf [8]byte
			for i := range burst {
				if n, _, err := peer.ReadFromUDPAddrPort(buf[:]); n != 1 || buf[0] != byte(i) {
					t.Fatalf("%d: %v %v", i, buf[:n], err)
				}
			}
		}
		if n := e.Stats().PacketDrops; n != 0 {
			t.Errorf("%d dropped", n)
		}
	})
}

// Timers, messages and datagrams are serialized, and answers to all of them leave.
func TestPacketEvents(t *testing.T) {
	packetEverywhere(t, func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn) {
		peer := listenPacket(t, "127.0.0.1:0")
		to := peer.LocalAddr().(*net.UDPAddr).AddrPort()
		s := newPacketScript(t)
		s.open = func(c *loop.PacketConn) {
			c.After(1, time.Millisecond)
			c.After(2, time.Hour)
			c.Cancel(2)
		}
		s.timer = func(c *loop.PacketConn, _ int) { _ = c.WriteTo([]byte("timer"), to) }
		s.message = func(c *loop.PacketConn, m any) { _ = c.WriteTo([]byte(m.(string)), to) }
		c := attachPackets(t, e, kind(listenPacket(t, "127.0.0.1:0")), s)
		want := map[string]bool{"timer": true, "post": true, "deliver": true}
		_ = c.Post("post")
		_ = c.Deliver("deliver")
		buf := make([]byte, 100)
		for len(want) > 0 {
			n, _, err := peer.ReadFromUDPAddrPort(buf)
			if err != nil {
				t.Fatal(err)
			}
			delete(want, string(buf[:n]))
		}
		if err := c.Post("x"); err != nil || c.ID() == 0 {
			t.Error(err)
		}
		reason := errors.New("reason")
		ctx := c.Context()
		c.Abort(reason)
		<-s.done
		<-ctx.Done()
		if s.why != reason || context.Cause(ctx) != reason {
			t.Errorf("closed: %v, %v", s.why, context.Cause(ctx))
		}
	})
}

// FAULTS 31 for datagrams: a panic closes its socket and no other.
func TestPacketPanic(t *testing.T) {
	packetEverywhere(t, func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn) {
		bad, good := newPacketScript(t), newPacketScript(t)
		bad.packet = func(*loop.PacketConn, netip.AddrPort, []byte) { panic("oops") }
		good.packet = echoPacket
		b := attachPackets(t, e, kind(listenPacket(t, "127.0.0.1:0")), bad)
		g := attachPackets(t, e, kind(listenPacket(t, "127.0.0.1:0")), good)
		peer := listenPacket(t, "127.0.0.1:0")
		_, _ = peer.WriteToUDPAddrPort([]byte("x"), b.LocalAddr())
		<-bad.done
		var p *loop.PanicError
		if !errors.As(bad.why, &p) || e.Stats().Panics != 1 {
			t.Errorf("closed: %v", bad.why)
		}
		_, _ = peer.WriteToUDPAddrPort([]byte("x"), g.LocalAddr())
		if n, _, err := peer.ReadFromUDPAddrPort(make([]byte, 8)); n != 1 {
			t.Error(err)
		}
	})
}

// A connected socket says that nobody listens; it lives on.
func TestPacketRefused(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			e := newEngine(t, engine, loop.Config{})
			nobody := listenPacket(t, "127.0.0.1:0")
			to := nobody.LocalAddr().String()
			_ = nobody.Close()
			nc, err := net.Dial("udp", to)
			if err != nil {
				t.Fatal(err)
			}
			refused := make(chan error, 10)
			s := newPacketScript(t)
			s.open = func(c *loop.PacketConn) { _ = c.WriteTo([]byte("hello?"), netip.AddrPort{}) }
			s.failed = func(_ *loop.PacketConn, err error) { refused <- err }
			c := attachPackets(t, e, nc.(*net.UDPConn), s)
			if c.RemoteAddr().String() != to {
				t.Errorf("connected to %v", c.RemoteAddr())
			}
			if err := <-refused; !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("failed: %v", err)
			}
			select {
			case <-s.done:
				t.Errorf("closed: %v", s.why)
			default:
			}
		})
	}
}

// FAULTS 38: what ICMP says about a peer is ignored on a socket that is not connected, and the others are served.
func TestPacketRefusedUnconnected(t *testing.T) {
	packetEverywhere(t, func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn) {
		gone := listenPacket(t, "127.0.0.1:0")
		nobody := gone.LocalAddr().(*net.UDPAddr).AddrPort()
		_ = gone.Close()
		s := newPacketScript(t)
		s.packet = func(c *loop.PacketConn, from netip.AddrPort, b []byte) {
			_ = c.WriteTo(b, nobody)
			_ = c.WriteTo(b, from)
		}
		s.failed = func(_ *loop.PacketConn, err error) { t.Errorf("failed: %v", err) }
		c := attachPackets(t, e, kind(listenPacket(t, "127.0.0.1:0")), s)
		peer := listenPacket(t, "127.0.0.1:0")
		for range 20 {
			_, _ = peer.WriteToUDPAddrPort([]byte("x"), c.LocalAddr())
			if n, _, err := peer.ReadFromUDPAddrPort(make([]byte, 8)); n != 1 {
				t.Fatal(err)
			}
		}
	})
}

// A datagram the system refuses is dropped and counted; those around it leave.
func TestPacketDrop(t *testing.T) {
	packetEverywhere(t, func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn) {
		s := newPacketScript(t)
		s.packet = func(c *loop.PacketConn, from netip.AddrPort, b []byte) {
			_ = c.WriteTo([]byte("1"), from)
			_ = c.WriteTo(b, netip.MustParseAddrPort("[2001:db8::1]:5060")) // no such address on this socket
			_ = c.WriteTo([]byte("2"), from)
			if err := c.WriteTo(make([]byte, loop.MaxPacket+1), from); err != syscall.EMSGSIZE {
				t.Errorf("WriteTo of too much: %v", err)
			}
		}
		c := attachPackets(t, e, kind(listenPacket(t, "127.0.0.1:0")), s)
		peer := listenPacket(t, "127.0.0.1:0")
		_, _ = peer.WriteToUDPAddrPort([]byte("x"), c.LocalAddr())
		buf := make([]byte, 8)
		for _, want := range []string{"1", "2"} {
			if n, _, err := peer.ReadFromUDPAddrPort(buf); string(buf[:n]) != want {
				t.Errorf("got %q: %v", buf[:n], err)
			}
		}
		c.Close()
		<-s.done
		if n := e.Stats().PacketDrops; n != 1 {
			t.Errorf("%d dropped", n)
		}
	})
}

// While the session has paused reading the system keeps the datagrams.
func TestPacketPause(t *testing.T) {
	packetEverywhere(t, func(t *testing.T, e loop.Engine, kind func(*net.UDPConn) net.PacketConn) {
		got := make(chan string, 10)
		s := newPacketScript(t)
		s.packet = func(c *loop.PacketConn, _ netip.AddrPort, b []byte) {
			c.PauseRead()
			got <- string(b)
		}
		c := attachPackets(t, e, kind(listenPacket(t, "127.0.0.1:0")), s)
		peer := listenPacket(t, "127.0.0.1:0")
		_, _ = peer.WriteToUDPAddrPort([]byte("1"), c.LocalAddr())
		if m := <-got; m != "1" {
			t.Errorf("got %q", m)
		}
		want := []string{"2", "3", "4", "5", "6", "7", "8"} // some of which come together
		for _, m := range want {
			_, _ = peer.WriteToUDPAddrPort([]byte(m), c.LocalAddr())
		}
		for _, m := range want {
			c.ResumeRead()
			if g := <-got; g != m {
				t.Errorf("got %q, want %q", g, m)
			}
		}
		if len(got) > 0 {
			t.Errorf("%q while paused", <-got)
		}
	})
}

// Sockets of datagrams are drained when the streams have gone.
func TestPacketDrain(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := listen(t, site{engine, "tcp"}, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
			nc := s.dial(t)
			mustWrite(t, nc, framed(nil))
			mustRead(t, nc, 4)
			p := newPacketScript(t)
			p.drain = func(c *loop.PacketConn) {
				if n := s.engine.Stats().Open; n != 1 {
					t.Errorf("%d connections left", n)
				}
				c.Close()
			}
			attachPackets(t, s.engine, listenPacket(t, "127.0.0.1:0"), p)
			drained := make(chan error, 1)
			go func() { drained <- s.engine.Drain(context.Background()) }()
			mustReadAll(t, nc)
			_ = nc.Close()
			if err := <-drained; err != nil {
				t.Error(err)
			}
			<-p.done
			if _, err := s.engine.AttachPackets(listenPacket(t, "127.0.0.1:0"), newPacketScript(t)); err != loop.ErrClosed {
				t.Errorf("AttachPackets after Drain: %v", err)
			}
		})
	}
}

// FAULTS 38: more than the socket's queue holds is lost and counted, and nothing grows.
func TestPacketOverrun(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			e := newEngine(t, engine, loop.Config{})
			pc := listenPacket(t, "127.0.0.1:0")
			_ = pc.SetReadBuffer(4096)
			gate := make(chan struct{})
			s := newPacketScript(t)
			s.packet = func(c *loop.PacketConn, from netip.AddrPort, b []byte) {
				if len(b) == 0 {
					<-gate
				}
				if string(b) == "last" {
					_ = c.WriteTo(b, from)
				}
			}
			c := attachPackets(t, e, pc, s)
			peer := listenPacket(t, "127.0.0.1:0")
			_, _ = peer.WriteToUDPAddrPort(nil, c.LocalAddr())
			for range 1000 {
				_, _ = peer.WriteToUDPAddrPort(make([]byte, 1000), c.LocalAddr())
			}
			close(gate)
			buf := make([]byte, 8)
			for range 100 { // until one gets through
				_, _ = peer.WriteToUDPAddrPort([]byte("last"), c.LocalAddr())
				_ = peer.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
				if n, _, _ := peer.ReadFromUDPAddrPort(buf); n == 4 {
					break
				}
			}
			c.Close()
			<-s.done
			if n := e.Stats().PacketOverruns; n < 500 && runtime.GOOS == "linux" {
				t.Errorf("%d overruns counted", n)
			}
		})
	}
}

// A datagram costs no allocation.
func TestPacketNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			e := newEngine(t, engine, loop.Config{})
			c := attachPackets(t, e, listenPacket(t, "127.0.0.1:0"), packetEcho{})
			nc, err := net.Dial("udp", c.LocalAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			b := make([]byte, 500)
			allocs := testing.AllocsPerRun(500, func() {
				for range 4 {
					_, _ = nc.Write(b)
				}
				for range 4 {
					_, _ = io.ReadFull(nc, b)
				}
			})
			if allocs >= 1 {
				t.Errorf("%v allocations a round", allocs)
			}
		})
	}
}

// A packetEcho answers and does nothing else.
type packetEcho struct{}

func (packetEcho) Open(*loop.PacketConn) {}
func (packetEcho) Packet(c *loop.PacketConn, from netip.AddrPort, b []byte) {
	_ = c.WriteTo(b, from)
}
func (packetEcho) Timer(*loop.PacketConn, int)    {}
func (packetEcho) Message(*loop.PacketConn, any)  {}
func (packetEcho) Closed(*loop.PacketConn, error) {}
