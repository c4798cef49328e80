package pool_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
)

// engines are those this system has.
var engines = func() (names []string) {
	for _, name := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
		e, err := loop.New(name, loop.Config{})
		if err != nil {
			continue
		}
		_ = e.Close()
		names = append(names, name)
	}
	return names
}()

// onEngines runs a test of sockets on each engine.
func onEngines(t *testing.T, test func(t *testing.T, e loop.Engine)) {
	for _, name := range engines {
		t.Run(name, func(t *testing.T) {
			e, err := loop.New(name, loop.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			test(t, e)
		})
	}
}

// Two pools of each transport talk over sockets of the system, many messages at a time, both ways.
func TestSockets(t *testing.T) {
	onEngines(t, func(t *testing.T, engine loop.Engine) {
		both := selfSigned(t, "127.0.0.1")
		for _, proto := range []pool.Proto{pool.UDP, pool.TCP, pool.TLS} {
			t.Run(string(proto), func(t *testing.T) { testSockets(t, engine, proto, both) })
		}
	})
}

func testSockets(t *testing.T, engine loop.Engine, proto pool.Proto, both *tls.Config) {
	const messages, senders = 200, 4
	echo := systemPool(t, proto, both)
	defer echo.Close()
	var replies sync.WaitGroup
	replies.Add(messages * senders)
	answer := pool.HandlerFunc(func(m pool.Message, from pool.From) {
		reply := message("RES " + m.Transaction)
		echo.Send(t.Context(), reply, from.Route(), func(_ pool.Flow, err error) {
			replies.Done()
			if err != nil {
				t.Errorf("response: %v", err)
			}
		})
	})
	if err := echo.Attach(engine, answer); err != nil {
		t.Fatal(err)
	}
	client := systemPool(t, proto, both)
	defer client.Close()
	got := make(chan struct{}, messages*senders)
	if err := client.Attach(engine, pool.HandlerFunc(func(pool.Message, pool.From) { got <- struct{}{} })); err != nil {
		t.Fatal(err)
	}
	master, err := echo.Master()
	if err != nil {
		t.Fatal(err)
	}
	var told atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for range messages {
				client.Send(t.Context(), message("REQ 1"), to(master.String()), func(_ pool.Flow, err error) {
					told.Add(1)
					if err != nil {
						t.Errorf("request: %v", err)
					}
				})
				<-got
			}
		})
	}
	wg.Wait()
	replies.Wait()
	_ = client.Close()
	if n := told.Load(); n != messages*senders {
		t.Errorf("%d callbacks", n)
	}
	if s := client.Stats(); proto != pool.UDP && s.Dialed != 1 {
		t.Errorf("%d connections", s.Dialed)
	}
}

func systemPool(t *testing.T, proto pool.Proto, both *tls.Config) *pool.Pool {
	t.Helper()
	c := pool.Config{Proto: proto, Framer: sample}
	if proto == pool.TLS {
		c.TLS = both
	}
	if err := c.Listen(t.Context(), "127.0.0.1", 0); err != nil {
		t.Fatal(err)
	}
	p, err := pool.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A connected UDP socket: the system drops what strangers send.
func TestConnectedSocket(t *testing.T) { onEngines(t, testConnectedSocket) }

func testConnectedSocket(t *testing.T, engine loop.Engine) {
	peer := loopback(t)
	master, err := net.DialUDP("udp", nil, peer.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	p := packetPool(t, pool.Config{Packet: master, Connected: true})
	got := make(chan string, 10)
	if err := p.Attach(engine, pool.HandlerFunc(func(m pool.Message, _ pool.From) { got <- m.Transaction })); err != nil {
		t.Fatal(err)
	}
	p.Send(t.Context(), message("REQ 1"), pool.Route{}, func(_ pool.Flow, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	b := make([]byte, 100)
	n, from, err := peer.ReadFromUDPAddrPort(b)
	if err != nil || string(b[:n]) != wire("REQ 1", "") {
		t.Fatalf("%q, %v", b[:n], err)
	}
	stranger, err := net.DialUDP("udp", nil, master.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	_, _ = stranger.Write([]byte(wire("REQ stranger", "")))
	_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 2", "")), from)
	if tid := <-got; tid != "2" {
		t.Errorf("got %s", tid)
	}
}

// loopback is a UDP socket for the length of a test.
func loopback(t *testing.T) *net.UDPConn {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = udp.Close() })
	return udp
}

func packetPool(t *testing.T, c pool.Config) *pool.Pool {
	t.Helper()
	c.Proto, c.Framer, c.Logger = pool.UDP, sample, slog.New(slog.DiscardHandler)
	p, err := pool.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// A PacketConn that is no *net.UDPConn serves too.
func TestForeignPackets(t *testing.T) { onEngines(t, testForeignPackets) }

func testForeignPackets(t *testing.T, engine loop.Engine) {
	udp := loopback(t)
	foreign := struct{ net.PacketConn }{udp}
	if _, err := pool.New(pool.Config{Proto: pool.UDP, Packet: foreign, Connected: true, Framer: sample}); err == nil {
		t.Error("connected without a way to know")
	}
	p := packetPool(t, pool.Config{Packet: foreign})
	got := make(chan netip.AddrPort, 1)
	if err := p.Attach(engine, pool.HandlerFunc(func(_ pool.Message, from pool.From) { got <- from.Addr })); err != nil {
		t.Fatal(err)
	}
	self := to(udp.LocalAddr().String())
	p.Send(t.Context(), message("REQ 1"), self, nil)
	if from := <-got; from != self.To.Addr {
		t.Errorf("from %v", from)
	}
}

// A pool that is detached in the middle of a batch of datagrams loses none of them, whoever detaches it.
func TestDetachInABatch(t *testing.T) {
	onEngines(t, func(t *testing.T, engine loop.Engine) {
		const datagrams = 64
		master, peer := loopback(t), loopback(t)
		p := packetPool(t, pool.Config{Packet: master})
		for i := range datagrams {
			_, err := peer.WriteToUDPAddrPort([]byte(wire(fmt.Sprint("REQ ", i), "")), master.LocalAddr().(*net.UDPAddr).AddrPort())
			if err != nil {
				t.Fatal(err)
			}
		}
		got := make(chan string, datagrams)
		handler := pool.HandlerFunc(func(m pool.Message, _ pool.From) {
			p.Detach()
			got <- m.Transaction
		})
		for i := range datagrams {
			if err := p.Attach(engine, handler); err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 {
				p.Detach() // at any moment of the delivery
				if err := p.Attach(engine, handler); err != nil {
					t.Fatal(err)
				}
			}
			if tid := <-got; tid != fmt.Sprint(i) {
				t.Fatalf("got %s, want %d", tid, i)
			}
		}
	})
}

// A UDP socket is lost with the loop it belongs to, and with one that has ended already; the pool says so.
func TestPacketsLost(t *testing.T) {
	onEngines(t, func(t *testing.T, engine loop.Engine) {
		quiet := pool.HandlerFunc(func(pool.Message, pool.From) {})
		attached, late := packetPool(t, pool.Config{Packet: loopback(t)}), packetPool(t, pool.Config{Packet: loopback(t)})
		if err := attached.Attach(engine, quiet); err != nil {
			t.Fatal(err)
		}
		_ = engine.Close()
		if err := late.Attach(engine, quiet); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Attach to a closed loop: %v", err)
		}
		for _, p := range []*pool.Pool{attached, late} {
			if _, err := p.Master(); !errors.Is(err, pool.ErrNoMaster) {
				t.Errorf("Master: %v", err)
			}
			if err := p.Attach(engine, quiet); !errors.Is(err, pool.ErrNoMaster) {
				t.Errorf("Attach: %v", err)
			}
			p.Send(t.Context(), message("REQ 1"), to("127.0.0.1:9"), func(_ pool.Flow, err error) {
				if !errors.Is(err, pool.ErrNoMaster) {
					t.Errorf("Send: %v", err)
				}
			})
			if s := p.Stats(); s.Sockets != 0 || s.SendErrors != 1 {
				t.Errorf("%+v", s)
			}
		}
	})
}

// Many goroutines send, attach and detach, while peers come and go; every message has one fate.
func TestRace(t *testing.T) { onEngines(t, testRace) }

func testRace(t *testing.T, engine loop.Engine) {
	p, echo := systemPool(t, pool.TCP, nil), systemPool(t, pool.TCP, nil)
	defer echo.Close()
	quiet := pool.HandlerFunc(func(pool.Message, pool.From) {})
	for _, each := range []*pool.Pool{p, echo} {
		if err := each.Attach(engine, quiet); err != nil {
			t.Fatal(err)
		}
	}
	addr, err := echo.Master()
	if err != nil {
		t.Fatal(err)
	}
	var sent, told atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 300 {
				sent.Add(1)
				p.Send(t.Context(), message("REQ 1"), to(addr.String()), func(pool.Flow, error) { told.Add(1) })
			}
		})
	}
	wg.Go(func() {
		for range 50 {
			p.Detach()
			_ = p.Attach(engine, quiet)
			_ = p.Stats()
		}
	})
	wg.Go(func() {
		mine, err := p.Master()
		if err != nil {
			t.Error(err)
			return
		}
		for range 50 {
			if nc, err := net.Dial("tcp", mine.String()); err == nil {
				_, _ = nc.Write([]byte(wire("REQ 1", "") + "REQ"))
				_ = nc.Close()
			}
		}
	})
	wg.Wait()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if sent.Load() != told.Load() {
		t.Errorf("%d messages, %d callbacks", sent.Load(), told.Load())
	}
}
