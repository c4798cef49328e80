package pool_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/socket"
)

func testConstructor(t *testing.T) {
	w := newWorld()
	l, u := w.listen(home), w.udp(home)
	stream, _ := net.Pipe()
	cert := selfSigned(t)
	restrict := netip.MustParseAddrPort("10.0.0.9:1")
	for _, tt := range []struct {
		name string
		c    pool.Config
		ok   bool
	}{
		{"udp", pool.Config{Proto: pool.UDP, Packet: u}, true},
		{"tcp", pool.Config{Proto: pool.TCP, Listener: l}, true},
		{"tls", pool.Config{Proto: pool.TLS, Listener: l, TLS: cert}, true},
		{"client only", pool.Config{Proto: pool.TCP}, true},
		{"no protocol", pool.Config{Listener: l}, false},
		{"unknown protocol", pool.Config{Proto: "sctp", Listener: l}, false},
		{"udp without socket", pool.Config{Proto: pool.UDP}, false},
		{"udp with listener", pool.Config{Proto: pool.UDP, Packet: u, Listener: l}, false},
		{"udp with tls", pool.Config{Proto: pool.UDP, Packet: u, TLS: cert}, false},
		{"tcp with packets", pool.Config{Proto: pool.TCP, Packet: u}, false},
		{"tcp with tls", pool.Config{Proto: pool.TCP, Listener: l, TLS: cert}, false},
		{"two masters", pool.Config{Proto: pool.TCP, Listener: l, Stream: stream}, false},
		{"connected and restricted", pool.Config{Proto: pool.UDP, Packet: u, Connected: true, Restrict: restrict}, false},
		{"connected listener", pool.Config{Proto: pool.TCP, Listener: l, Connected: true}, false},
		{"negative limit", pool.Config{Proto: pool.TCP, Limits: pool.Limits{MaxConns: -1}}, false},
		{"expiry upside down", pool.Config{Proto: pool.TCP, Limits: pool.Limits{MinExpire: time.Hour, MaxExpire: time.Minute}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				if _, err := pool.New(tt.c); err == nil {
					t.Error("no framer, no error")
				}
				tt.c.Framer = sample
				if tt.c.Packet != nil { // channels belong to their bubble
					tt.c.Packet = newWorld().udp(home)
				}
				if tt.c.Listener != nil {
					tt.c.Listener = newWorld().listen(home)
				}
				p, err := pool.New(tt.c)
				if (err == nil) != tt.ok {
					t.Fatalf("New: %v", err)
				}
				if p != nil {
					if got := p.Proto(); got != tt.c.Proto {
						t.Errorf("Proto is %q", got)
					}
					if err := p.Close(); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

func testConnected(t *testing.T) {
	t.Run("udp", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			peer, other := w.udp("10.0.0.2:5060"), w.udp("10.0.0.3:5060")
			master := w.udp(home)
			master.peer = peer.addr
			r := start(t, w, pool.Config{Proto: pool.UDP, Packet: master, Connected: true})
			r.check(r.send(message("REQ 1"), to("10.0.0.3:5060")), nil)
			if got, _ := peer.next(t); got != wire("REQ 1", "") {
				t.Errorf("peer got %q", got)
			}
			other.silent(t)
			_, _ = other.WriteToUDPAddrPort([]byte(wire("REQ stranger", "")), master.addr) // the system drops it
			_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 2", "")), master.addr)
			if got := r.one(); got.text != wire("REQ 2", "") {
				t.Errorf("got %q", got.text)
			}
		})
	})
	t.Run("tcp", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			l := w.listen("10.0.0.2:5060")
			nc, err := w.dial(t.Context(), "10.0.0.2:5060")
			if err != nil {
				t.Fatal(err)
			}
			peer := l.next(t)
			r := prepare(t, w, pool.Config{Stream: nc})
			r.check(r.send(message("REQ 0"), to("10.0.0.3:5060")), pool.ErrDetached)
			if err := r.pool.Attach(r.engine, r); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			r.check(r.send(message("REQ 1"), to("10.0.0.3:5060")), nil)
			read(t, peer, wire("REQ 1", ""))
			write(t, peer, wire("REQ 2", ""))
			if got := r.one(); got.from.Addr.String() != "10.0.0.2:5060" {
				t.Errorf("from %v", got.from.Addr)
			}
			time.Sleep(time.Hour)
			if !open(t, peer) {
				t.Error("a master has expired")
			}
			_ = peer.Close()
			synctest.Wait()
			time.Sleep(time.Minute) // the request it brought is owed its response for a while
			r.check(r.send(message("REQ 3"), to("10.0.0.3:5060")), pool.ErrNoMaster)
			if _, err := r.pool.Master(); !errors.Is(err, pool.ErrNoMaster) {
				t.Errorf("Master: %v", err)
			}
		})
	})
}

func testRestriction(t *testing.T) {
	t.Run("udp", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			peer, other := w.udp("10.0.0.2:5060"), w.udp("10.0.0.3:5060")
			r := start(t, w, pool.Config{Proto: pool.UDP, Restrict: peer.addr})
			r.check(r.send(message("REQ 1"), to("10.0.0.3:5060")), nil)
			peer.next(t)
			other.silent(t)
			_, _ = other.WriteToUDPAddrPort([]byte(wire("REQ stranger", "")), netip.MustParseAddrPort(home))
			_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 2", "")), netip.MustParseAddrPort(home))
			if got := r.one(); got.text != wire("REQ 2", "") {
				t.Errorf("got %q", got.text)
			}
			if n := r.pool.Stats().Strangers; n != 1 {
				t.Errorf("%d strangers", n)
			}
		})
	})
	t.Run("tcp address and port", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{Restrict: netip.MustParseAddrPort("10.0.0.2:5060")})
			readEnd(t, r.peer("10.0.0.3:5060"))
			readEnd(t, r.peer("10.0.0.2:5061"))
			nc := r.peer("10.0.0.2:5060")
			write(t, nc, wire("REQ 1", ""))
			r.one()
			r.check(r.send(message("REQ 2"), to("10.0.0.3:99")), nil)
			read(t, nc, wire("REQ 2", ""))
		})
	})
	// The seed's restriction refused peers that connect from an ephemeral port, which is all of them.
	t.Run("tcp address alone", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			l := w.listen("10.0.0.2:7")
			r := start(t, w, pool.Config{Restrict: netip.MustParseAddrPort("[::ffff:10.0.0.2]:0")})
			readEnd(t, r.peer("10.0.0.3:5060"))
			nc := r.peer("10.0.0.2:43210")
			write(t, nc, wire("REQ 1", ""))
			r.one()
			r.check(r.send(message("REQ 2"), to("10.0.0.2:7")), nil)
			read(t, l.next(t), wire("REQ 2", ""))
			r.check(r.send(message("REQ 3"), to("10.0.0.3:7")), pool.ErrRestricted)
			flow := pool.Route{Flow: 1} // a connection needs no destination
			r.check(r.send(message("REQ 4"), flow), nil)
			read(t, nc, wire("REQ 4", ""))
			_ = nc.(*memConn).SetLinger(0)
			_ = nc.Close()
			synctest.Wait()
			r.check(r.send(message("REQ 5"), flow), pool.ErrNoConnection)
		})
	})
}

func testAnyPeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{Proto: pool.UDP})
		tcp := start(t, newWorld(), pool.Config{})
		for _, addr := range []string{"10.0.0.2:1", "10.0.0.3:2", "[2001:db8::1]:3"} {
			peer := w.udp(addr)
			_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 1", "")), netip.MustParseAddrPort(home))
			if got := r.one().from.Addr.String(); got != addr {
				t.Errorf("udp from %s, want %s", got, addr)
			}
			write(t, tcp.peer(addr), wire("REQ 1", ""))
			if got := tcp.one().from.Addr.String(); got != addr {
				t.Errorf("tcp from %s, want %s", got, addr)
			}
		}
	})
}

func testLimits(t *testing.T) {
	p, err := pool.New(pool.Config{Proto: pool.TCP, Framer: sample})
	if err != nil {
		t.Fatal(err)
	}
	want := pool.Limits{
		MaxHeader: 16384, MaxBody: 65536, MaxTIDList: 30, MinExpire: 15 * time.Second, MaxExpire: 2 * time.Minute,
		ConnectTimeout: 10 * time.Second, ReadSize: 65536,
		MaxConns: 16384, MaxConnsPerPeer: 1024, MaxWaiting: 1024, MaxQueued: 262144, RetryMin: time.Second, RetryMax: 5 * time.Second,
		MaxTransaction: 512, MaxFailed: 4096, HalfClose: 10 * time.Second,
	}
	if diff := cmp.Diff(want, p.Limits()); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	_ = p.Close()
	var l pool.Limits
	for name, value := range map[string]string{
		"MAX_SIP_HEADER": "1", "MAX_SIP_BODY": "2", "MAX_TIDLIST": "3", "MIN_EXPIRE": "4", "MAX_EXPIRE": "5.5", "CONNECT_TIMEOUT": "6s",
		"TCP_READSIZE": "7", "EXPIRE_JITTER": "250ms", "MAX_CONNS": "8", "MAX_CONNS_PER_PEER": "9", "MAX_WAITING": "10",
		"MAX_QUEUED": "11", "RETRY_MIN": "-1", "RETRY_MAX": "12", "MAX_FAILED": "13", "MAX_TRANSACTION": "14", "HALF_CLOSE": "-1",
	} {
		if err := l.Set(name, value); err != nil {
			t.Errorf("Set(%s, %s): %v", name, value, err)
		}
	}
	want = pool.Limits{
		MaxHeader: 1, MaxBody: 2, MaxTIDList: 3, MinExpire: 4 * time.Second, MaxExpire: 5500 * time.Millisecond,
		ConnectTimeout: 6 * time.Second, ReadSize: 7, ExpireJitter: 250 * time.Millisecond, MaxConns: 8, MaxConnsPerPeer: 9, MaxWaiting: 10,
		MaxQueued: 11, RetryMin: -time.Second, RetryMax: 12 * time.Second, MaxTransaction: 14, MaxFailed: 13, HalfClose: -time.Second,
	}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Errorf("Set (-want +got):\n%s", diff)
	}
	for name, value := range map[string]string{"MAX_SIP_HEADERS": "1", "max_tidlist": "1", "MAX_TIDLIST": "x", "MIN_EXPIRE": "soon", "MAX_EXPIRE": "1e300"} {
		if err := l.Set(name, value); err == nil {
			t.Errorf("Set(%s, %s): no error", name, value)
		}
	}
}

func testMaster(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		for _, proto := range []pool.Proto{pool.UDP, pool.TCP} {
			r := start(t, w, pool.Config{Proto: proto})
			addr, err := r.pool.Master()
			if err != nil || addr.String() != home {
				t.Errorf("%s: Master: %v, %v", proto, addr, err)
			}
			_ = r.pool.Close()
			if _, err := r.pool.Master(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: Master of a closed pool: %v", proto, err)
			}
		}
		p, err := pool.New(pool.Config{Proto: pool.TCP, Framer: sample})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Master(); !errors.Is(err, pool.ErrNoMaster) {
			t.Errorf("Master of a client: %v", err)
		}
		_ = p.Close()
	})
}

// Whatever is going on, Close ends it, and every message hears of it once. The bubble sees to it that no goroutine is left.
func testClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.hang["10.0.0.3:1"] = true
		r := start(t, w, pool.Config{})
		in := r.peer("10.0.0.2:1")
		write(t, in, wire("REQ 1", "")+"REQ half")
		flow := r.one().from.Flow
		stuck := r.send(pool.Message{Data: make([]byte, 100<<10)}, pool.Route{Flow: flow})
		waiting := r.send(message("REQ 2"), to("10.0.0.3:1"))
		synctest.Wait()
		if err := r.pool.Close(); err != nil {
			t.Error(err)
		}
		r.check(stuck, net.ErrClosed)
		r.check(waiting, net.ErrClosed)
		r.check(r.send(message("REQ 3"), to("10.0.0.2:1")), net.ErrClosed)
		if s := r.pool.Stats(); s.Sockets != 0 || s.Connecting != 0 || s.Waiting != 0 || s.Requests != 0 {
			t.Errorf("left: %+v", s)
		}
		select {
		case <-w.listeners[home].closed:
		default:
			t.Error("the listener is open")
		}
		if err := r.pool.Attach(r.engine, r); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Attach: %v", err)
		}
		if err := r.pool.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

func testLegPorts(t *testing.T) {
	if diff := cmp.Diff([]uint16{5060, 5062, 5063, 5064, 0}, pool.Ports(5060, 5062, 5064)); diff != "" {
		t.Error(diff)
	}
	for _, proto := range []pool.Proto{pool.UDP, pool.TCP} {
		listen := func(ports ...uint16) (uint16, error) {
			c := pool.Config{Proto: proto, Framer: sample}
			if err := c.Listen(context.Background(), "127.0.0.1", ports...); err != nil {
				return 0, err
			}
			p, err := pool.New(c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			addr, err := p.Master()
			if err != nil {
				t.Fatal(err)
			}
			return netip.MustParseAddrPort(addr.String()).Port(), nil
		}
		first, err := listen(0)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := listen(first, 0); err != nil || second == first {
			t.Errorf("%s: port %d after %d: %v", proto, second, first, err)
		}
		var failed *socket.Error
		if _, err := listen(first); !errors.As(err, &failed) || !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: %v", proto, err)
		}
		if _, err := listen(); err == nil {
			t.Errorf("%s: listening on no port", proto)
		}
	}
}
