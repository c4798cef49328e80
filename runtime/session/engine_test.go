package session_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
)

// onEngines runs a test on every engine of this system.
func onEngines(t *testing.T, test func(t *testing.T, engine string)) {
	for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
		t.Run(engine, func(t *testing.T) {
			if e, err := loop.New(engine, loop.Config{}); errors.Is(err, loop.ErrNoEpoll) {
				t.Skip(err)
			} else if err == nil {
				_ = e.Close()
			}
			test(t, engine)
		})
	}
}

// A branch is an office with a socket of the system.
type branch struct {
	engine  string
	network string // "unix", "tcp" or "tls"
	limits  loop.Config
	server  session.Server
	l       net.Listener
	trusted *tls.Config // of its visitors
}

func (b *branch) begin(t *testing.T, service session.Service) *branch {
	t.Helper()
	network, address := b.network, "127.0.0.1:0"
	var config *tls.Config
	switch network {
	case "unix":
		address = filepath.Join(t.TempDir(), "s")
	case "tls":
		network = "tcp"
		config, b.trusted = selfSigned(t)
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skip("no such network on this host: ", err)
	}
	b.l = l
	done := make(chan error, 1)
	go func() { done <- b.server.Serve(l, config, b.engine, b.limits, quiet(service)) }()
	t.Cleanup(func() {
		_ = b.server.Close()
		if err := <-done; !errors.Is(err, session.ErrServerClosed) {
			t.Errorf("Serve returns %v, want ErrServerClosed", err)
		}
	})
	return b
}

// selfSigned are the configurations of a server and of its clients.
func selfSigned(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	certificate, err := socket.SelfSigned(time.Hour, "localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	server = &tls.Config{Certificates: []tls.Certificate{certificate}}
	return server, &tls.Config{InsecureSkipVerify: true}
}

func (b *branch) visit(t *testing.T) *visitor {
	t.Helper()
	nc, err := net.Dial(b.l.Addr().Network(), b.l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if b.trusted != nil {
		nc = tls.Client(nc, b.trusted)
	}
	_ = nc.SetDeadline(time.Now().Add(time.Minute)) // a test that hangs says where
	t.Cleanup(func() { _ = nc.Close() })
	return &visitor{Conn: nc, t: t}
}

// TestEngines plays the sessions of the script table on both engines, over every kind of stream, in pieces of several sizes.
func TestEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for _, network := range []string{"tcp", "unix", "tls"} {
			b := (&branch{engine: engine, network: network}).begin(t, newClerk(echo{}, clerkConfig{}))
			for _, tt := range scripts {
				for _, size := range []int{1, 16, 1 << 20} {
					t.Run(network+"/"+tt.name+"/"+strconv.Itoa(size), func(t *testing.T) {
						v := b.visit(t)
						go func() {
							for part := range slices.Chunk(frames(t, tt.send...), size) {
								if _, err := v.Write(part); err != nil {
									return
								}
							}
						}()
						if tt.err != nil {
							_, _ = io.Copy(io.Discard, v) // what came before the defect may be lost with the connection
							return
						}
						v.expect(tt.want...)
					})
				}
			}
		}
	})
}

// TestSlowReader: a peer that asks and never reads is throttled at the high-water mark, and cut when it stalls; what its
// session and the connection hold meanwhile stays near the mark, and another session is as quick as ever.
func TestSlowReader(t *testing.T) {
	const high, size = 64 << 10, 16 << 10
	onEngines(t, func(t *testing.T, engine string) {
		b := &branch{engine: engine, network: "unix", limits: loop.Config{HighWater: high, WriteStall: 300 * time.Millisecond}}
		service := acts{receive: func(s *acts, m session.Message) {
			if m, ok := m.(*order); ok {
				s.Send(&reply{m.id, 1000, strings.Repeat("x", size)})
				return
			}
			s.Send(&greeting{"here"})
		}}.service()
		causes, queued := make(chan error, 2), make(chan int64, 2)
		service.Hooks.Closed = func(_ uint64, cause error) {
			queued <- b.server.Stats().Queued
			causes <- cause
		}
		b.begin(t, service)
		deaf, other := b.visit(t), b.visit(t)
		other.send("hello 1")
		other.expect("greeting here")
		go func() {
			for requests := slices.Repeat(frames(t, "order 1 x"), 100); ; {
				if _, err := deaf.Write(requests); err != nil {
					return
				}
			}
		}()
		if err := <-causes; !errors.Is(err, loop.ErrStalled) {
			t.Errorf("the session ended with %v, want loop.ErrStalled", err)
		}
		if n := <-queued; n == 0 || n > high+size+100 {
			t.Errorf("%d octets are queued for a peer that does not read, want some, and at most %d", n, high+size+100)
		}
		if n := b.server.Stats().Stalls; n != 1 {
			t.Errorf("%d stalls were counted, want 1", n)
		}
		other.send("hello 2")
		other.expect("greeting here")
	})
}

// TestShutdownOnEngines: on either engine requests that were taken are answered and idle sessions closed.
func TestShutdownOnEngines(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		g := newGate()
		b := (&branch{engine: engine, network: "tcp"}).begin(t, newClerk(g, clerkConfig{}))
		busy, idle := b.visit(t), b.visit(t)
		idle.expect("greeting 0")
		busy.send("login 0 me", "order 1 a", "order 2 a")
		busy.expect("greeting 0", "reply 0 1000 welcome")
		<-g.began
		done := make(chan error, 1)
		go func() { done <- b.server.Shutdown(t.Context()) }()
		idle.expect("")
		_ = idle.Close()
		close(g.door("a"))
		busy.expect("reply 1 1000 a", "reply 2 1000 a", "")
		_ = busy.Close()
		if err := <-done; err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
	})
}
