package loop_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// A server is an engine on a real socket.
type server struct {
	engine loop.Engine
	addr   net.Addr
	cert   *x509.Certificate // of a TLS one
}

// engines are those this system has. Every test of sockets runs on each.
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

// A site is an engine and a kind of socket.
type site struct{ engine, network string }

// everywhere runs a test on every engine, with every network.
func everywhere(t *testing.T, networks []string, test func(t *testing.T, at site)) {
	for _, engine := range engines {
		for _, network := range networks {
			t.Run(engine+"/"+network, func(t *testing.T) { test(t, site{engine, network}) })
		}
	}
}

// newEngine makes an engine that is closed when the test ends.
func newEngine(t testing.TB, name string, config loop.Config) loop.Engine {
	t.Helper()
	config.Logger = quiet
	e, err := loop.New(name, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// listen serves scripts on a socket of the system until the test ends.
func listen(t testing.TB, at site, config loop.Config, session func() loop.Session) *server {
	t.Helper()
	return listenFor(t, at, config, loop.Service{New: session})
}

// listenFor serves a service, with a certificate if the network is "tls".
func listenFor(t testing.TB, at site, config loop.Config, service loop.Service) *server {
	t.Helper()
	s := &server{engine: newEngine(t, at.engine, config)}
	network := at.network
	address := "127.0.0.1:0"
	switch network {
	case "unix":
		address = filepath.Join(t.TempDir(), "socket")
	case "tls":
		cert, err := socket.SelfSigned(time.Hour, "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		s.cert = cert.Leaf
		if service.TLS == nil {
			service.TLS = &tls.Config{}
		}
		service.TLS.Certificates = []tls.Certificate{cert}
		network = "tcp"
	}
	l, err := socket.Listen(context.Background(), network, address, socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr()
	served := make(chan error, 1)
	go func() { served <- s.engine.Serve(l, service) }()
	t.Cleanup(func() {
		if err := s.engine.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if n := s.engine.Stats(); n.Open != 0 || n.Queued != 0 {
			t.Errorf("left: %+v", n)
		}
		if err := <-served; err != loop.ErrClosed {
			t.Errorf("Serve returned %v", err)
		}
	})
	return s
}

// dial connects to the server; every wait of the test ends with its deadline.
func (s *server) dial(t testing.TB) net.Conn {
	t.Helper()
	network := s.addr.Network()
	if s.cert != nil {
		network = "tls"
	}
	nc, err := socket.Dial(context.Background(), network, s.addr.String(), socket.Options{TLS: s.clientTLS()})
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func (s *server) clientTLS() *tls.Config {
	if s.cert == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(s.cert)
	return &tls.Config{RootCAs: pool}
}

var (
	networks = []string{"tcp", "unix", "tls"}
	tcpOnly  = []string{"tcp"}
	tlsOnly  = []string{"tls"}
	unixOnly = []string{"unix"}
)

func TestSocketEcho(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		nc := s.dial(t)
		var stream []byte
		for size := range 100 {
			stream = append(stream, framed(bytes.Repeat([]byte{byte(size)}, size*size*7))...)
		}
		stream = append(stream, framed(make([]byte, 3<<20))...)
		go func() {
			for _, octet := range stream[:200] {
				_, _ = nc.Write([]byte{octet})
			}
			_, _ = nc.Write(stream[200:])
			_ = nc.(interface{ CloseWrite() error }).CloseWrite()
		}()
		if got := mustReadAll(t, nc); !bytes.Equal(got, stream) {
			t.Errorf("%d octets came back, want %d", len(got), len(stream))
		}
	})
}

// One octet is a message like any other: nothing waits for more.
func TestSocketSingleOctet(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session {
			return &script{t: t, data: func(c *loop.Conn, b []byte) (int, error) { return c.Write(b) }}
		})
		nc := s.dial(t)
		for range 10 {
			mustWrite(t, nc, []byte("x"))
			mustRead(t, nc, 1)
		}
	})
}

func TestSocketResetInMidFrame(t *testing.T) {
	everywhere(t, tcpOnly, func(t *testing.T, at site) {
		done := make(chan struct{})
		script := &script{t: t, data: echo, done: done}
		s := listen(t, at, loop.Config{}, func() loop.Session { return script })
		nc := s.dial(t)
		mustWrite(t, nc, framed([]byte("whole")))
		mustRead(t, nc, 9)
		mustWrite(t, nc, []byte("\x00\x00\x00\x09half"))
		_ = nc.(*net.TCPConn).SetLinger(0)
		_ = nc.Close()
		<-done
		if !errors.Is(script.why, syscall.ECONNRESET) {
			t.Errorf("closed: %v", script.why)
		}
	})
}

// The last reply of a server that closes with unread input reaches the client.
func TestSocketLinger(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session {
			return &script{t: t, data: func(c *loop.Conn, _ []byte) (int, error) {
				_, _ = c.Write(bytes.Repeat([]byte("r"), 300_000))
				c.CloseAfterFlush()
				return 0, nil
			}}
		})
		nc := s.dial(t)
		go func() { _, _ = nc.Write(make([]byte, 8<<20)) }()
		if got := mustReadAll(t, nc); len(got) != 300_000 {
			t.Errorf("%d octets of the reply arrived", len(got))
		}
	})
}

// A client that sends and never reads is stopped by the marks, then cut. The sizes are the kernel's: only the order is checked.
func TestSocketNeverReads(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		done := make(chan struct{})
		script := &script{t: t, data: echo, done: done}
		s := listen(t, at, loop.Config{WriteStall: 200 * time.Millisecond}, func() loop.Session { return script })
		nc := s.dial(t)
		sent := 0
		request := framed(make([]byte, 64<<10))
		for {
			n, err := nc.Write(request)
			sent += n
			if err != nil {
				break
			}
		}
		<-done
		if !errors.Is(script.why, loop.ErrStalled) {
			t.Errorf("closed: %v", script.why)
		}
		if sent > 64<<20 {
			t.Errorf("%d MB taken", sent>>20)
		}
	})
}

func TestDial(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		client := newEngine(t, at.engine, loop.Config{})
		defer client.Close()
		got := make(chan string, 1)
		session := &script{t: t}
		session.open = func(c *loop.Conn) { _, _ = c.Write(framed([]byte("hello"))) }
		session.data = func(c *loop.Conn, b []byte) (int, error) {
			if len(b) < 9 {
				return 0, nil
			}
			got <- string(b[4:])
			return len(b), nil
		}
		dialled := s.addr.Network()
		if s.cert != nil {
			dialled = "tls"
		}
		c, err := loop.Dial(context.Background(), client, dialled, s.addr.String(), s.clientTLS(), session)
		if err != nil {
			t.Fatal(err)
		}
		if g := <-got; g != "hello" {
			t.Errorf("got %q", g)
		}
		if state := c.TLS(); (state != nil) != (s.cert != nil) {
			t.Errorf("TLS state %v", state)
		}
	})
	var se *socket.Error
	_, err := loop.Dial(context.Background(), loop.NewGoroutines(loop.Config{}), "unix", filepath.Join(t.TempDir(), "none"), nil, &script{t: t})
	if !errors.As(err, &se) || se.Op != socket.OpConnect {
		t.Errorf("Dial: %v", err)
	}
}

func TestDialWithoutTrust(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t} })
		client := newEngine(t, at.engine, loop.Config{})
		defer client.Close()
		_, err := loop.Dial(context.Background(), client, "tls", s.addr.String(), nil, &script{t: t})
		var unknown x509.UnknownAuthorityError
		if !errors.As(err, &unknown) {
			t.Errorf("Dial: %v", err)
		}
		if st := client.Stats(); st.HandshakeErrors != 1 || st.Open != 0 {
			t.Errorf("%+v", st)
		}
	})
}

// Peers that begin a handshake and fall silent hold no slot: with a single one, others still get in.
func TestHandshakeStall(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{HandshakeWorkers: 1}, func() loop.Session { return &script{t: t, data: echo} })
		for i := range 20 {
			nc, err := net.Dial("tcp", s.addr.String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			if i%2 == 0 {
				mustWrite(t, nc, []byte{22, 3, 1, 1, 0, 1}) // the beginning of a ClientHello
			}
		}
		nc := s.dial(t)
		mustWrite(t, nc, framed([]byte("in")))
		mustRead(t, nc, 6)
	})
}

func TestHandshakeTimeout(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{HandshakeTimeout: 50 * time.Millisecond}, func() loop.Session {
			t.Error("a session without a handshake")
			return &script{t: t}
		})
		nc, err := net.Dial("tcp", s.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		mustReadAll(t, nc)
		if n := s.engine.Stats().HandshakeErrors; n != 1 {
			t.Errorf("%d handshake errors", n)
		}
	})
}

// Plain text on a TLS port ends at once.
func TestHandshakeGarbage(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t} })
		nc, err := net.Dial("tcp", s.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		mustWrite(t, nc, []byte("GET / HTTP/1.0\r\n\r\n"))
		_, _ = io.ReadAll(nc)
	})
}

// The end of a TLS session is announced (close_notify), which is what io.EOF instead of io.ErrUnexpectedEOF means.
func TestCloseNotify(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session {
			return &script{t: t, data: func(c *loop.Conn, b []byte) (int, error) {
				_, _ = c.Write([]byte("bye"))
				c.CloseAfterFlush()
				return len(b), nil
			}}
		})
		raw, err := net.Dial("tcp", s.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		wire := &recorder{Conn: raw}
		nc := tls.Client(wire, socket.ClientTLS(s.clientTLS(), s.addr.String()))
		mustWrite(t, nc, []byte("logout"))
		if got := string(mustReadAll(t, nc)); got != "bye" {
			t.Errorf("got %q", got)
		}
		if wire.eof {
			t.Error("the stream ended without close_notify")
		}
	})
}

// A recorder notes whether the end of the stream has been read.
type recorder struct {
	net.Conn
	eof bool
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.eof = r.eof || err == io.EOF
	return n, err
}

// A listener of package crypto/tls works, too.
func TestForeignTLSListener(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		cert, err := socket.SelfSigned(time.Hour, "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		l, err := socket.Listen(context.Background(), "tls", "127.0.0.1:0", socket.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
		if err != nil {
			t.Fatal(err)
		}
		state := make(chan *tls.ConnectionState, 1)
		engine := newEngine(t, at.engine, loop.Config{})
		served := make(chan error)
		go func() {
			served <- engine.Serve(l, loop.Service{New: func() loop.Session {
				return &script{t: t, data: echo, open: func(c *loop.Conn) { state <- c.TLS() }}
			}})
		}()
		s := &server{engine: engine, addr: l.Addr(), cert: cert.Leaf}
		nc := s.dial(t)
		mustWrite(t, nc, framed(make([]byte, 100_000)))
		mustRead(t, nc, 100_004)
		if st := <-state; st == nil || !st.HandshakeComplete {
			t.Errorf("TLS state %v", st)
		}
		_ = engine.Close()
		<-served
	})
}

// Ten thousand connections of all endings leave no descriptor, goroutine or session behind.
func TestChurn(t *testing.T) {
	everywhere(t, unixOnly, func(t *testing.T, at site) {
		total := 10_000
		if testing.Short() {
			total = 500
		}
		s := listen(t, at, loop.Config{Linger: 100 * time.Millisecond}, func() loop.Session {
			return &script{t: t, data: func(c *loop.Conn, b []byte) (int, error) {
				n, err := echo(c, b)
				if n > 0 {
					c.CloseAfterFlush()
				}
				return n, err
			}}
		})
		goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
		var wg sync.WaitGroup
		for worker := range 10 {
			wg.Go(func() {
				for i := range total / 10 {
					nc, err := net.Dial("unix", s.addr.String())
					if err != nil {
						t.Error(err)
						return
					}
					switch (i + worker) % 3 {
					case 0: // a session
						_, _ = nc.Write(framed([]byte("x")))
						_, _ = io.ReadAll(nc)
					case 1: // half a frame
						_, _ = nc.Write([]byte{0, 0})
					}
					_ = nc.Close()
				}
			})
		}
		wg.Wait()
		if err := s.engine.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if st := s.engine.Stats(); st.Open != 0 || st.Panics != 0 {
			t.Errorf("%+v", st)
		}
		await(t, "goroutines are gone", func() bool { return runtime.NumGoroutine() <= goroutines+2 }) // some are about to return
		await(t, "descriptors are closed", func() bool { return openDescriptors(t) <= descriptors })
	})
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors cannot be counted here:", err)
	}
	return len(entries)
}

// A message costs no allocation: neither its events nor its output. (crypto/tls has some of its own.)
func TestNoAllocations(t *testing.T) {
	everywhere(t, []string{"tcp", "unix"}, func(t *testing.T, at site) {
		if raceEnabled {
			t.Skip("the race detector allocates")
		}
		s := listen(t, at, loop.Config{}, func() loop.Session { return allocationFree{} })
		nc := s.dial(t)
		request, reply := framed(make([]byte, 512)), make([]byte, 516)
		allocs := testing.AllocsPerRun(500, func() {
			_, _ = nc.Write(request)
			_, _ = io.ReadFull(nc, reply)
		})
		if allocs >= 1 {
			t.Errorf("%v allocations a message", allocs)
		}
	})
}

// An allocationFree session echoes, and pushes a deadline forward with every message.
type allocationFree struct{}

func (allocationFree) Open(*loop.Conn) {}
func (allocationFree) Data(c *loop.Conn, b []byte) (int, error) {
	c.After(1, time.Minute)
	return echo(c, b)
}
func (allocationFree) End(c *loop.Conn, _ []byte) { c.CloseAfterFlush() }
func (allocationFree) Writable(*loop.Conn)        {}
func (allocationFree) Timer(*loop.Conn, int)      {}
func (allocationFree) Message(*loop.Conn, any)    {}
func (allocationFree) Closed(*loop.Conn, error)   {}
