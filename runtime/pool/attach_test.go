package pool_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
)

func testAttachDetach(t *testing.T) {
	t.Run("stream", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			l := w.listen("10.0.0.9:1")
			r := start(t, w, pool.Config{Dial: slowDial(w, 5*time.Second)})
			nc := r.peer("10.0.0.2:1")
			write(t, nc, wire("REQ 1", ""))
			r.one()
			connecting := r.send(message("REQ out"), to("10.0.0.9:1"))
			synctest.Wait()

			r.pool.Detach()
			r.pool.Detach()
			write(t, nc, wire("REQ 2", ""))
			late, err := w.dialFrom(t.Context(), "10.0.0.3:1", home)
			if err != nil {
				t.Fatal(err)
			}
			defer late.Close()
			write(t, late, wire("REQ 3", ""))
			if got := r.take(); len(got) != 0 {
				t.Fatalf("delivered while detached: %v", got)
			}
			r.check(r.send(message("RES 1"), to("10.0.0.2:1")), nil) // what is there still carries
			read(t, nc, wire("RES 1", ""))
			r.check(r.send(message("REQ 4"), to("10.0.0.8:1")), pool.ErrDetached)
			time.Sleep(time.Hour) // nothing expires, and the connection that was being made is not lost
			r.check(connecting, nil)
			peer := l.next(t)
			read(t, peer, wire("REQ out", ""))
			write(t, peer, wire("RES out", ""))

			other := loop.NewGoroutines(loop.Config{}) // another loop, and another handler
			second := &rig{t: t, world: w, engine: other, pool: r.pool, flowEnds: map[pool.Flow][]error{}}
			if err := r.pool.Attach(other, second); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.pool.Close(); _ = other.Close() }()
			if got := second.take(); len(got) != 3 {
				t.Fatalf("%d messages after attaching, want 3", len(got))
			}
			if !open(t, nc) {
				t.Error("a connection expired while nothing could be heard of it")
			}
			if other.Stats().Accepted != 1 || r.engine.Stats().Accepted != 1 {
				t.Errorf("accepted by the wrong loop: %+v %+v", other.Stats(), r.engine.Stats())
			}
			if got := r.take(); len(got) != 0 {
				t.Errorf("the old handler got %v", got)
			}
			stays(t, nc, 50*time.Second-instant) // three connections and the master: 15 s + 105 s / 3; open has taken an instant
		})
	})
	t.Run("udp", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			r := prepare(t, w, pool.Config{Proto: pool.UDP})
			peer := w.udp("10.0.0.2:1")
			send := func(s string) {
				_, _ = peer.WriteToUDPAddrPort([]byte(wire(s, "")), netip.MustParseAddrPort(home))
				synctest.Wait()
			}
			send("REQ 1")
			if got := r.take(); len(got) != 0 {
				t.Errorf("delivered before Attach: %v", got)
			}
			if err := r.pool.Attach(r.engine, r); err != nil {
				t.Fatal(err)
			}
			r.one()
			r.pool.Detach()
			send("REQ 2")
			if got := r.take(); len(got) != 0 {
				t.Errorf("delivered while detached: %v", got)
			}
			r.check(r.send(message("RES 1"), to("10.0.0.2:1")), nil)
			if err := r.pool.Attach(r.engine, r); err != nil {
				t.Fatal(err)
			}
			r.one()
		})
	})
	t.Run("from the handler", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{})
			nc := r.peer("10.0.0.2:1")
			r.receive = func(pool.Message, pool.From) { r.pool.Detach() }
			write(t, nc, wire("REQ 1", "")+wire("REQ 2", ""))
			r.one()
			if err := r.pool.Attach(r.engine, r); err != nil {
				t.Fatal(err)
			}
			r.one()
		})
	})
	t.Run("misuse", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := prepare(t, newWorld(), pool.Config{})
			if err := r.pool.Attach(nil, r); err == nil {
				t.Error("attached to no loop")
			}
			if err := r.pool.Attach(r.engine, nil); err == nil {
				t.Error("attached without a handler")
			}
			r.pool.Detach()
		})
	})
}

// When the loop is drained, peers get what they are owed.
func TestDrain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		idle, busy := r.peer("10.0.0.2:1"), r.peer("10.0.0.2:2")
		write(t, busy, wire("REQ 1", ""))
		r.one()
		drained := make(chan error, 1)
		go func() { drained <- r.engine.Drain(t.Context()) }()
		synctest.Wait()
		time.Sleep(time.Second)
		readEnd(t, idle)
		if !open(t, busy) {
			t.Fatal("closed")
		}
		r.check(r.send(message("RES 1"), to("10.0.0.9:1")), nil)
		read(t, busy, wire("RES 1", ""))
		readEnd(t, busy)
		_, _ = idle.Close(), busy.Close()
		if err := <-drained; err != nil {
			t.Error(err)
		}
	})
}

func testIPv6(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("[2001:db8::2]:5060")
		r := start(t, w, pool.Config{})
		nc := r.peer("[2001:db8::1]:5060")
		write(t, nc, wire("REQ 1", ""))
		from := r.one().from
		if !from.Addr.Addr().Is6() || from.Addr.String() != "[2001:db8::1]:5060" {
			t.Errorf("from %v", from.Addr)
		}
		r.check(r.send(message("REQ 2"), to("[2001:DB8:0::1]:5060")), nil) // one address, however it is written
		read(t, nc, wire("REQ 2", ""))
		r.check(r.send(message("REQ 3"), to("[2001:db8::2]:5060")), nil)
		read(t, l.next(t), wire("REQ 3", ""))
		four := r.peer("10.0.0.2:1")
		r.check(r.send(message("REQ 4"), to("[::ffff:10.0.0.2]:1")), nil) // mapped is the same as plain
		read(t, four, wire("REQ 4", ""))
		zone := r.peer("[fe80::1%eth0]:1")
		r.check(r.send(message("REQ 5"), pool.Route{To: to("[fe80::1%eth1]:1").To, NoDial: true}), pool.ErrNoConnection)
		r.check(r.send(message("REQ 6"), to("[fe80::1%eth0]:1")), nil)
		read(t, zone, wire("REQ 6", ""))
	})
}

// No failure of a peer, a handler or a loop is anybody else's, and all errors have types.
func testErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		good, bad := r.peer("10.0.0.2:1"), r.peer("10.0.0.3:1")
		r.receive = func(m pool.Message, _ pool.From) {
			if m.Transaction == "panic" {
				panic("handler")
			}
		}
		write(t, bad, wire("REQ panic", ""))
		flow := r.one().from.Flow
		var panicked *loop.PanicError
		if why := r.ends(flow); len(why) != 1 || !errors.As(why[0], &panicked) {
			t.Errorf("ended with %v", why)
		}
		write(t, r.peer("10.0.0.4:1"), "nonsense\r\n\r\n")
		write(t, good, wire("REQ 1", ""))
		r.one()
		var fault *pool.FrameError
		for _, tt := range []struct {
			err  error
			text string
		}{
			{&pool.FrameError{Fault: pool.HeaderTooLong, Size: 2, Limit: 1}, "pool: header too long: 2 octets, limit 1"},
			{&pool.FrameError{Fault: pool.Malformed, Err: errors.New("why")}, "pool: malformed message: why"},
			{&pool.FrameError{Fault: pool.NoLength}, "pool: no body length"},
			{&pool.FrameError{Fault: 99}, "pool: FrameFault(99)"},
			{&pool.Error{Op: pool.OpSend, Proto: pool.TCP, To: to("10.0.0.2:1").To, Err: pool.ErrFull}, "pool: send tcp 10.0.0.2:1: pool: peer takes no more output"},
		} {
			if tt.err.Error() != tt.text {
				t.Errorf("text %q, want %q", tt.err, tt.text)
			}
			if errors.As(tt.err, &fault) && fault.Err != nil && !errors.Is(tt.err, fault.Err) {
				t.Error("cause lost")
			}
		}
		for _, err := range []error{pool.ErrClosed, pool.ErrConnectTimeout} {
			timeout := (&pool.Error{Err: err}).Timeout()
			if timeout != (err == pool.ErrConnectTimeout) {
				t.Errorf("%v: Timeout is %v", err, timeout)
			}
		}
		// The loop goes away below the pool.
		if err := r.engine.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if open(t, good) {
			t.Error("open")
		}
		r.check(r.send(message("REQ 2"), to("10.0.0.2:1")), errAny)
		if s := r.pool.Stats(); s.Sockets != 1 || s.Requests != 0 {
			t.Errorf("left: %+v", s)
		}
	})
	if !errors.Is(pool.ErrClosed, net.ErrClosed) {
		t.Error("ErrClosed is no net.ErrClosed")
	}
}

// The loop is gone before the pool comes: its one connection is lost, and everybody is told.
func TestMasterLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.listen("10.0.0.2:1")
		nc, err := w.dial(t.Context(), "10.0.0.2:1")
		if err != nil {
			t.Fatal(err)
		}
		r := prepare(t, w, pool.Config{Stream: nc})
		if err := r.engine.Close(); err != nil {
			t.Fatal(err)
		}
		if err := r.pool.Attach(r.engine, r); err != nil {
			t.Fatal(err)
		}
		r.check(r.send(message("REQ 1"), pool.Route{}), errAny)
		synctest.Wait()
		r.check(r.send(message("REQ 2"), pool.Route{}), pool.ErrNoMaster)
		if n := r.pool.Stats().Sockets; n != 0 {
			t.Errorf("%d sockets", n)
		}
	})
}

// Many handshakes may pass the door before the first of them is counted: the limit holds all the same.
func TestLimitBehindTheDoor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		both := selfSigned(t)
		server := second(t, w, pool.Config{TLS: both, Limits: pool.Limits{MaxConns: 2}})
		for i := range 5 {
			client := start(t, newWorld(), pool.Config{Proto: pool.TLS, TLS: both, Dial: func(ctx context.Context, to string) (net.Conn, error) {
				return w.dialFrom(ctx, fmt.Sprintf("10.0.1.%d:1", i+1), to)
			}})
			client.send(message("REQ 1"), to("10.0.0.2:5061"))
		}
		if got := server.take(); len(got) != 2 {
			t.Errorf("%d messages, want those of 2 connections", len(got))
		}
		if s := server.pool.Stats(); s.Sockets != 3 || s.OverLimit != 3 {
			t.Errorf("stats %+v", s)
		}
	})
}
