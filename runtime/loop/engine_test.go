package loop_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
)

// Shortage of descriptors pauses accepting, and nothing else.
func TestAcceptShortage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := serve(t, loop.Config{AcceptPause: 100 * time.Millisecond}, func() loop.Session { return &script{t: t, data: echo} })
		old := b.dial(t)
		synctest.Wait()
		b.listener.Fail(syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED)
		start := time.Now()
		late := b.dial(t)
		mustWrite(t, old, framed([]byte("served")))
		mustRead(t, old, 10)
		if took := time.Since(start); took != 0 {
			t.Errorf("the old connection waited %v", took)
		}
		mustWrite(t, late, framed([]byte("served")))
		mustRead(t, late, 10)
		if took := time.Since(start); took != 500*time.Millisecond {
			t.Errorf("accepting went on after %v, want 5 pauses", took)
		}
		if n := b.engine.Stats().AcceptErrors; n != 5 {
			t.Errorf("%d errors counted", n)
		}
		b.stop(t)
	})
}

// A connection that ends gives back a descriptor: the pause is over.
func TestAcceptShortageEndsWithAConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := serve(t, loop.Config{AcceptPause: time.Hour}, func() loop.Session { return &script{t: t, data: echo} })
		old := b.dial(t)
		synctest.Wait()
		b.listener.Fail(syscall.EMFILE)
		late := b.dial(t)
		time.Sleep(time.Minute)
		_ = old.Close()
		start := time.Now()
		mustWrite(t, late, framed([]byte("served")))
		mustRead(t, late, 10)
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v", took)
		}
		b.stop(t)
	})
}

func TestServeReturnsOtherErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		broken := errors.New("broken")
		b := serve(t, loop.Config{}, func() loop.Session { return &script{t: t} })
		b.listener.Fail(broken)
		if err := <-b.served; !errors.Is(err, broken) {
			t.Errorf("Serve returned %v", err)
		}
		if _, err := b.listener.Dial(); err == nil {
			t.Error("the listener is open")
		}
		if err := b.engine.Serve(looptest.Listen(), loop.Service{}); err == nil {
			t.Error("Serve without New")
		}
		if err := b.engine.Close(); err != nil {
			t.Error(err)
		}
		if err := b.engine.Serve(looptest.Listen(), loop.Service{New: func() loop.Session { return nil }}); err != loop.ErrClosed {
			t.Errorf("Serve after Close: %v", err)
		}
	})
}

func TestMaxConns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := serve(t, loop.Config{MaxConns: 2}, func() loop.Session { return &script{t: t, data: echo} })
		first, _, third := b.dial(t), b.dial(t), b.dial(t)
		synctest.Wait()
		if s := b.engine.Stats(); s.Open != 2 || s.Accepted != 2 {
			t.Errorf("%+v", s)
		}
		_ = first.Close()
		mustWrite(t, third, framed(nil))
		mustRead(t, third, 4)
		b.stop(t)
	})
}

func TestNewPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := serve(t, loop.Config{}, func() loop.Session { panic("no session") })
		nc := b.dial(t)
		mustReadAll(t, nc)
		if n := b.engine.Stats().Panics; n != 1 {
			t.Errorf("%d panics", n)
		}
		b.stop(t)
	})
}

func TestDrain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		polite := &script{t: t}
		polite.drain = func(c *loop.Conn) { c.After(1, 3*time.Second) } // finishes what it does
		polite.timer = func(c *loop.Conn, _ int) {
			_, _ = c.Write([]byte("bye"))
			c.CloseAfterFlush()
		}
		plain := &script{t: t}
		sessions := []loop.Session{polite, struct{ loop.Session }{plain}} // the latter is no Drainer
		b := serve(t, loop.Config{}, func() loop.Session {
			next := sessions[0]
			sessions = sessions[1:]
			return next
		})
		first := b.dial(t)
		synctest.Wait()
		second := b.dial(t)
		synctest.Wait()
		start := time.Now()
		drained := make(chan error)
		go func() { drained <- b.engine.Drain(context.Background()) }()
		mustReadAll(t, second)
		_ = second.Close()
		if err := <-b.served; err != loop.ErrClosed {
			t.Errorf("Serve returned %v", err)
		}
		if _, err := b.listener.Dial(); err == nil {
			t.Error("the listener is open")
		}
		if got := string(mustReadAll(t, first)); got != "bye" {
			t.Errorf("got %q", got)
		}
		_ = first.Close()
		if err := <-drained; err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("Drain: %v after %v", err, time.Since(start))
		}
		if polite.why != nil || plain.why != nil {
			t.Errorf("closed: %v, %v", polite.why, plain.why)
		}
		if _, err := b.engine.Attach(context.Background(), first, nil, plain); err != loop.ErrClosed {
			t.Errorf("Attach after Drain: %v", err)
		}
	})
}

func TestDrainDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{drain: func(*loop.Conn) {}}
		b, _ := one(t, loop.Config{}, s)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := b.engine.Drain(ctx); err != context.DeadlineExceeded {
			t.Errorf("Drain: %v", err)
		}
		if err := b.engine.Close(); err != nil {
			t.Error(err)
		}
		if !errors.Is(s.reason(), context.DeadlineExceeded) {
			t.Errorf("closed: %v", s.reason())
		}
	})
}

func TestAttach(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := serve(t, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		var got string
		client := &script{t: t}
		client.open = func(c *loop.Conn) { _, _ = c.Write(framed([]byte("hello"))) }
		client.data = func(c *loop.Conn, d []byte) (int, error) {
			if len(d) < 9 {
				return 0, nil
			}
			got = string(d[4:])
			c.CloseAfterFlush()
			return len(d), nil
		}
		c, err := b.engine.Attach(context.Background(), b.dial(t), nil, client)
		if err != nil {
			t.Fatal(err)
		}
		if c.LocalAddr().String() != "client-1" || c.RemoteAddr().String() != "server" || c.TLS() != nil || c.ID() == 0 {
			t.Errorf("%v %v %v %v", c.LocalAddr(), c.RemoteAddr(), c.TLS(), c.ID())
		}
		<-c.Context().Done()
		if got != "hello" {
			t.Errorf("got %q", got)
		}
		cancelled, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := b.engine.Attach(cancelled, b.dial(t), nil, &script{t: t}); err != context.Canceled {
			t.Errorf("Attach with a context that is over: %v", err)
		}
		synctest.Wait()
		b.stop(t)
		want := loop.Stats{Accepted: 2, Attached: 2}
		if diff := cmp.Diff(want, b.engine.Stats()); diff != "" {
			t.Error(diff)
		}
	})
}

// Whatever happens at the same time, Open is first, and Closed is last and comes once. The script checks it.
func TestClosedOnceAndLast(t *testing.T) {
	const rounds = 300
	var opened, closed atomic.Int64
	engine := loop.NewGoroutines(loop.Config{Logger: quiet, Linger: time.Millisecond, HighWater: 100, LowWater: 10})
	l := looptest.Listen()
	l.Window = 64
	conns := make(chan *loop.Conn, rounds)
	served := make(chan error)
	go func() {
		served <- engine.Serve(l, loop.Service{New: func() loop.Session {
			s := &script{t: t, data: echo}
			s.open = func(c *loop.Conn) {
				opened.Add(1)
				c.After(1, time.Millisecond)
				conns <- c
			}
			s.timer = func(c *loop.Conn, _ int) { c.After(1, 100*time.Microsecond) }
			s.message = func(c *loop.Conn, m any) {
				_, _ = c.Write(framed([]byte("message")))
				if m == 7 {
					panic("seven")
				}
			}
			s.closed = func(*loop.Conn, error) { closed.Add(1) }
			return s
		}})
	}()
	for i := range rounds {
		nc, err := l.Dial()
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = nc.Write(framed(make([]byte, i))) }()
		go func() { _, _ = nc.Read(make([]byte, i)); _ = nc.Close() }()
		c := <-conns
		go func() {
			for m := range i % 9 {
				_ = c.Post(m)
			}
			c.CloseAfterFlush()
		}()
		go func() {
			for m := range i % 5 {
				_ = c.Deliver(m)
				c.PauseRead()
				c.ResumeRead()
			}
			if i%3 == 0 {
				c.Abort(nil)
			}
		}()
		if i%50 == 0 {
			go c.Context()
		}
	}
	if err := engine.Close(); err != nil {
		t.Error(err)
	}
	<-served
	if o, c := opened.Load(), closed.Load(); o != rounds || c != rounds {
		t.Errorf("%d opened, %d closed, want %d", o, c, rounds)
	}
}

func TestErrors(t *testing.T) {
	if !errors.Is(loop.ErrClosed, net.ErrClosed) {
		t.Error("ErrClosed is no net.ErrClosed")
	}
	inner := errors.New("inner")
	if err := (&loop.PanicError{Value: inner}); !errors.Is(err, inner) || err.Error() != "loop: session panicked: inner" {
		t.Error(err)
	}
	if err := (&loop.PanicError{Value: 5}); errors.Unwrap(err) != nil {
		t.Error("a number is no error")
	}
}
