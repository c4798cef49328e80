package session_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// quiet is a service that logs nothing.
func quiet(s session.Service) session.Service {
	s.Logger = slog.New(slog.DiscardHandler)
	return s
}

// office is a server in memory, stopped when the test ends.
type office struct {
	limits loop.Config
	window int // octets a connection holds in one direction; 0 for the default
	server session.Server
	l      *looptest.Listener
}

func serve(t *testing.T, service session.Service) *office {
	t.Helper()
	return new(office).begin(t, service)
}

// begin serves. A service without a logger logs nothing.
func (o *office) begin(t *testing.T, service session.Service) *office {
	t.Helper()
	if service.Logger == nil {
		service = quiet(service)
	}
	o.l = looptest.Listen()
	o.l.Window = o.window
	done := make(chan error, 1)
	go func() { done <- o.server.Serve(o.l, nil, "", o.limits, service) }()
	t.Cleanup(func() {
		_ = o.server.Close()
		if err := <-done; !errors.Is(err, session.ErrServerClosed) {
			t.Errorf("Serve returns %v, want ErrServerClosed", err)
		}
	})
	return o
}

// visitor is a peer that speaks frames.
type visitor struct {
	net.Conn
	t   *testing.T
	buf []byte
}

func (o *office) visit(t *testing.T) *visitor {
	t.Helper()
	v := o.call(t)
	v.expect("greeting 0")
	return v
}

// call is visit where nobody greets.
func (o *office) call(t *testing.T) *visitor {
	t.Helper()
	nc, err := o.l.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return &visitor{Conn: nc, t: t}
}

func (v *visitor) send(messages ...string) {
	v.t.Helper()
	if _, err := v.Write(frames(v.t, messages...)); err != nil {
		v.t.Fatal(err)
	}
}

// next is the next message, and "" at the end of the stream.
func (v *visitor) next() string {
	v.t.Helper()
	for {
		if payload, n, err := officeFrame.Next(v.buf); err == nil {
			v.buf = v.buf[n:]
			return string(payload)
		}
		b := make([]byte, 4096)
		n, err := v.Read(b)
		v.buf = append(v.buf, b[:n]...)
		if n == 0 && err != nil {
			if err != io.EOF {
				v.t.Errorf("reading ends with %v", err)
			}
			return ""
		}
	}
}

func (v *visitor) expect(want ...string) {
	v.t.Helper()
	for _, w := range want {
		if got := v.next(); got != w {
			v.t.Fatalf("the session sends %q, want %q", got, w)
		}
	}
}

// expectOctets is expect for a stream that is not all frames.
func (v *visitor) expectOctets(want string) {
	v.t.Helper()
	b := make([]byte, len(want))
	if n, err := io.ReadFull(v, b); string(b[:n]) != want {
		v.t.Fatalf("the session sends %q, %v, want %q", b[:n], err, want)
	}
}

// gate is a handler whose orders wait until they are let through, by their text.
type gate struct {
	echo
	mu      sync.Mutex
	open    map[string]chan struct{}
	running atomic.Int32
	most    atomic.Int32
	began   chan string // texts of the orders that were begun
	ended   chan error  // contexts that ended while an order waited
}

func newGate() *gate {
	return &gate{open: map[string]chan struct{}{}, began: make(chan string, 64), ended: make(chan error, 64)}
}

func (g *gate) door(text string) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[text] == nil {
		g.open[text] = make(chan struct{})
	}
	return g.open[text]
}

func (g *gate) Order(ctx context.Context, m *order) (*reply, error) {
	if m.text == "panic" {
		return g.echo.Order(ctx, m)
	}
	g.began <- m.text
	n := g.running.Add(1)
	defer g.running.Add(-1)
	for {
		if most := g.most.Load(); n <= most || g.most.CompareAndSwap(most, n) {
			break
		}
	}
	select {
	case <-g.door(m.text):
		return &reply{m.id, 1000, m.text}, nil
	case <-ctx.Done():
		g.ended <- context.Cause(ctx)
		return nil, ctx.Err()
	}
}

// TestWindow: more pipelined requests than the window holds are all answered, in order, and never more than the window
// are worked on.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		v := serve(t, newClerk(g, clerkConfig{window: 16, parallel: true})).visit(t)
		v.send("login 0 me")
		v.expect("reply 0 1000 welcome")
		for i := range 20 {
			v.send("order " + strconv.Itoa(i) + " " + strconv.Itoa(i))
		}
		synctest.Wait()
		if n := g.running.Load(); n != 16 {
			t.Errorf("%d orders are worked on, want 16", n)
		}
		for i := 15; i >= 0; i-- { // the last first: replies must not overtake
			close(g.door(strconv.Itoa(i)))
			synctest.Wait()
		}
		for i := 19; i >= 16; i-- {
			close(g.door(strconv.Itoa(i)))
		}
		for i := range 20 {
			v.expect("reply " + strconv.Itoa(i) + " 1000 " + strconv.Itoa(i))
		}
		if n := g.most.Load(); n != 16 {
			t.Errorf("%d orders were worked on at once, want 16", n)
		}
	})
}

// TestDeferred: what comes while an operation works waits for it, and only then is answered.
func TestDeferred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		v := serve(t, newClerk(g, clerkConfig{})).visit(t)
		v.send("login 0 me", "order 1 a", "hello 2", "order 3 b", "logout 4")
		v.expect("reply 0 1000 welcome")
		synctest.Wait()
		if n := g.running.Load(); n != 1 {
			t.Fatalf("%d orders are worked on, want 1", n)
		}
		close(g.door("b"))
		close(g.door("a"))
		v.expect("reply 1 1000 a", "greeting 2", "reply 3 1000 b", "reply 4 1500 bye", "")
		if n := g.most.Load(); n != 1 {
			t.Errorf("%d orders were worked on at once, want 1", n)
		}
	})
}

// TestCloseBehindOthers: a request that ends the session is answered after those before it, and they are answered too.
func TestCloseBehindOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		v := serve(t, newClerk(g, clerkConfig{parallel: true})).visit(t)
		v.send("login 0 me", "order 1 a", "order 2 b", "logout 3", "hello 4")
		v.expect("reply 0 1000 welcome")
		synctest.Wait()
		close(g.door("b"))
		synctest.Wait()
		close(g.door("a"))
		v.expect("reply 1 1000 a", "reply 2 1000 b", "reply 3 1500 bye", "")
	})
}

// TestBrokenKeepsItsPlace: an unreadable frame behind a request is answered after it.
func TestBrokenKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		v := serve(t, newClerk(g, clerkConfig{})).visit(t)
		v.send("login 0 me", "order 1 a", "junk", "order 2 a")
		v.expect("reply 0 1000 welcome")
		synctest.Wait()
		close(g.door("a"))
		v.expect("reply 1 1000 a", "reply ? 2001 unreadable message", "reply 2 1000 a")
	})
}

func TestTimers(t *testing.T) {
	t.Run("machine", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			v := serve(t, newClerk(echo{}, clerkConfig{})).visit(t)
			v.expect("")
			if d := time.Since(begin); d != 10*time.Second {
				t.Errorf("closed after %v, want the login timer's 10s", d)
			}
		})
	})
	t.Run("frame", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			v := serve(t, newClerk(echo{}, clerkConfig{within: 3 * time.Second})).visit(t)
			begin := time.Now()
			stream := frames(t, "hello 1")
			var wg sync.WaitGroup
			wg.Go(func() {
				for i := range stream { // an octet a second must not begin the time anew
					if _, err := v.Write(stream[i : i+1]); err != nil {
						return
					}
					<-time.After(time.Second)
				}
			})
			v.expect("reply ? 2500 session: frame did not arrive in time", "")
			if d := time.Since(begin); d != 3*time.Second {
				t.Errorf("closed after %v, want 3s", d)
			}
			_ = v.Close()
			wg.Wait()
		})
	})
	t.Run("operation", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			v := serve(t, newClerk(g, clerkConfig{timeout: 2 * time.Second})).visit(t)
			v.send("login 0 me", "order 1 never", "hello 2")
			v.expect("reply 0 1000 welcome", "reply 1 2400 failed", "greeting 2")
			if err := <-g.ended; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the handler's context ended with %v, want its deadline", err)
			}
		})
	})
}

// TestPanic: a handler that panics ends its session and no other.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serve(t, newClerk(echo{}, clerkConfig{}))
		bad, good := o.visit(t), o.visit(t)
		bad.send("login 1 me")
		bad.expect("reply 1 1000 welcome")
		bad.send("order 2 panic")
		if b, _ := io.ReadAll(bad); len(b) > 0 {
			t.Errorf("the session sends %q after the panic", b)
		}
		good.send("login 1 me", "order 2 two")
		good.expect("reply 1 1000 welcome", "reply 2 1000 two")
	})
}

// TestDisconnect: a connection that breaks ends the handler's context, with the reason as its cause.
func TestDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		o := serve(t, newClerk(g, clerkConfig{}))
		v := o.visit(t)
		v.send("login 0 me", "order 1 never")
		v.expect("reply 0 1000 welcome")
		synctest.Wait()
		if c, ok := v.Conn.(*looptest.Conn); ok {
			_ = c.SetLinger(0)
		}
		_ = v.Close()
		if err := <-g.ended; err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("the handler's context ended with %v, want what broke the connection", err)
		}
	})
}

// TestHalfClose: a peer that ends its side of the stream still gets what it is owed.
func TestHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		v := serve(t, newClerk(g, clerkConfig{})).visit(t)
		v.send("login 0 me", "order 1 a", "order 2 a")
		v.expect("reply 0 1000 welcome")
		if err := v.Conn.(*looptest.Conn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		close(g.door("a"))
		v.expect("reply 1 1000 a", "reply 2 1000 a", "")
	})
}

// TestShutdown: what has been begun is finished, the rest is not, and Shutdown waits for it.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		o := serve(t, newClerk(g, clerkConfig{}))
		busy, idle := o.visit(t), o.visit(t)
		busy.send("login 0 me", "order 1 a")
		busy.expect("reply 0 1000 welcome")
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- o.server.Shutdown(t.Context()) }()
		idle.expect("")
		_ = idle.Close()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("Shutdown returns %v while an order is worked on", err)
		default:
		}
		close(g.door("a"))
		busy.expect("reply 1 1000 a", "")
		_ = busy.Close()
		if err := <-done; err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		if _, err := o.l.Dial(); err == nil {
			t.Error("the server still accepts")
		}
	})
}

// peers notes who its caller is.
type peers struct {
	echo
	peer chan session.Peer
	view chan any
}

func (p *peers) Order(ctx context.Context, m *order) (*reply, error) {
	peer, ok := session.PeerFromContext(ctx)
	first, second := session.Serial(ctx), session.Serial(ctx)
	if !ok || session.ID(ctx) == 0 || first == second {
		return nil, errors.New("no handler's context")
	}
	p.peer <- peer
	p.view <- session.View(ctx)
	return &reply{m.id, 1000, m.text}, nil
}

// TestHandlerContext: a handler can ask who its peer is and what its session knows.
func TestHandlerContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peers{peer: make(chan session.Peer, 1), view: make(chan any, 1)}
		v := serve(t, newClerk(p, clerkConfig{})).visit(t)
		v.send("login 1 me", "order 2 two")
		v.expect("reply 1 1000 welcome", "reply 2 1000 two")
		if peer := <-p.peer; peer.Address() != v.LocalAddr().String() || peer.Verified {
			t.Errorf("the peer is %v, want %v, not verified", peer, v.LocalAddr())
		}
		if diff := cmp.Diff(&clerkVars{name: "me"}, <-p.view, cmp.AllowUnexported(clerkVars{})); diff != "" {
			t.Errorf("the session's variables (-want +got):\n%s", diff)
		}
	})
	if _, ok := session.PeerFromContext(t.Context()); ok || session.ID(t.Context()) != 0 || session.View(t.Context()) != nil {
		t.Error("a plain context has a session")
	}
}

// big gives replies that no frame holds.
type big struct{ echo }

func (big) Order(_ context.Context, m *order) (*reply, error) {
	return &reply{m.id, 1000, strings.Repeat("x", 1<<16)}, nil
}

// TestReplyTooLong: a reply that does not fit a frame is a failure of the operation, not of the session.
func TestReplyTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, newClerk(big{}, clerkConfig{})).visit(t)
		v.send("login 1 me", "order 2 two", "hello 3")
		v.expect("reply 1 1000 welcome", "reply 2 2400 failed", "greeting 3")
	})
}

// slow is a handler that takes its time, a different one for each order.
type slow struct{ echo }

func (slow) Order(ctx context.Context, m *order) (*reply, error) {
	<-time.After(time.Duration(rand.IntN(10)) * time.Millisecond) // time of the bubble
	return echo{}.Order(ctx, m)
}

// TestProperty: pipelined requests get one reply each, in order, whatever the window, the handlers' pace and the cuts.
func TestProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		synctest.Test(t, func(t *testing.T) {
			requests := randomRequests(r, r.IntN(60))
			v := serve(t, newClerk(slow{}, clerkConfig{window: 1 + r.IntN(20), parallel: r.IntN(2) == 0})).visit(t)
			stream := frames(t, requests...)
			go func() {
				for len(stream) > 0 {
					n := 1 + r.IntN(min(len(stream), 64))
					if _, err := v.Write(stream[:n]); err != nil {
						return
					}
					stream = stream[n:]
				}
			}()
			replies := []string{"greeting 0"}
			for range requests {
				replies = append(replies, v.next())
			}
			checkReplies(t, requests, replies)
		})
	}
}

// TestServerStopped: a server that was stopped before it began refuses to serve.
func TestServerStopped(t *testing.T) {
	for _, stop := range []func(*session.Server) error{
		(*session.Server).Close,
		func(s *session.Server) error { return s.Shutdown(t.Context()) },
	} {
		var s session.Server
		if err := stop(&s); err != nil {
			t.Error(err)
		}
		l := looptest.Listen()
		if err := s.Serve(l, nil, "", loop.Config{}, newClerk(echo{}, clerkConfig{})); !errors.Is(err, session.ErrServerClosed) {
			t.Errorf("Serve returns %v, want ErrServerClosed", err)
		}
		if _, err := l.Dial(); err == nil {
			t.Error("the listener is still open")
		}
		if s.Stats() != (loop.Stats{}) {
			t.Errorf("a server that never served has counted %v", s.Stats())
		}
	}
}
