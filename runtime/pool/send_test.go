package pool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/socket"
)

// The seed's sendto always returned undef. Send tells the outcome, once, and with the connection.
func testSendTells(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("10.0.0.2:5060")
		r := start(t, w, pool.Config{})
		f := r.send(message("REQ 1"), to("10.0.0.2:5060"))
		r.check(f, nil)
		if f.flow == 0 {
			t.Error("no flow")
		}
		read(t, l.next(t), wire("REQ 1", ""))
		r.check(r.send(message("REQ 2"), pool.Route{}), errAny)              // no destination
		r.pool.Send(t.Context(), message("REQ 3"), to("10.0.0.2:5060"), nil) // nobody wants to know
		synctest.Wait()
		if s := r.pool.Stats(); s.Sent != 2 || s.SendErrors != 1 {
			t.Errorf("stats %+v", s)
		}
	})
	for s, want := range map[string]string{
		"192.0.2.1:5060": "192.0.2.1:5060", "[2001:DB8::1]:5060": "[2001:db8::1]:5060", "host.example:5060": "host.example:5060",
		"192.0.2.1": "", "2001:db8::1": "", ":5060": "", "host.example:sip": "", "192.0.2.1:70000": "", "": "",
	} {
		d, err := pool.ParseDestination(s)
		if (err == nil) != (want != "") || err == nil && d.String() != want {
			t.Errorf("ParseDestination(%q) = %v, %v", s, d, err)
		}
	}
}

func testSocketChoice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("10.0.0.9:5060")
		r := start(t, w, pool.Config{})
		a, b := r.peer("10.0.0.2:1"), r.peer("10.0.0.3:1")
		write(t, a, wire("REQ a", ""))
		flowA := r.one().from.Flow
		write(t, b, wire("REQ b", ""))
		r.one()

		// The connection that is named, whatever the destination.
		r.check(r.send(message("REQ 1"), pool.Route{Flow: flowA, To: to("10.0.0.3:1").To}), nil)
		read(t, a, wire("REQ 1", ""))
		// A response: the connection of its request, whatever the destination.
		r.check(r.send(message("RES b"), to("10.0.0.2:1")), nil)
		read(t, b, wire("RES b", ""))
		// A connection with the destination.
		r.check(r.send(message("REQ 2"), to("10.0.0.3:1")), nil)
		read(t, b, wire("REQ 2", ""))
		// The latest of several.
		again := r.peer("10.0.0.3:1")
		r.check(r.send(message("REQ 3"), to("10.0.0.3:1")), nil)
		read(t, again, wire("REQ 3", ""))
		// None: a new one, which serves the next message too.
		r.check(r.send(message("REQ 4"), to("10.0.0.9:5060")), nil)
		r.check(r.send(message("RES unknown"), to("10.0.0.9:5060")), nil)
		read(t, l.next(t), wire("REQ 4", "")+wire("RES unknown", ""))
		// None, and none wanted.
		r.check(r.send(message("REQ 5"), pool.Route{To: to("10.0.0.8:1").To, NoDial: true}), pool.ErrNoConnection)
	})
}

// The transaction is what ties a response to its request: the same for an ACK, another for another number.
func testTransaction(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		a, b := r.peer("10.0.0.2:1"), r.peer("10.0.0.3:1")
		write(t, a, wire("REQ call@x 1", "")+wire("ACK call@x 1", ""))
		write(t, b, wire("REQ call@x 2", ""))
		got := r.take()
		if len(got) != 3 {
			t.Fatalf("%d messages", len(got))
		}
		if n := r.pool.Stats().Requests; n != 2 {
			t.Errorf("%d transactions remembered, want 2", n)
		}
		r.check(r.send(message("RES call@x 2"), to("10.0.0.2:1")), nil)
		r.check(r.send(message("RES call@x 1"), to("10.0.0.3:1")), nil)
		read(t, b, wire("RES call@x 2", ""))
		read(t, a, wire("RES call@x 1", ""))
	})
}

// The seed called back on errors only; success of UDP is told as well.
func testSendUDP(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		master, peer := w.udp(home), w.udp("10.0.0.2:5060")
		r := start(t, w, pool.Config{Proto: pool.UDP, Packet: master})
		r.check(r.send(message("REQ 1"), to("[::ffff:10.0.0.2]:5060")), nil)
		if got, from := peer.next(t); got != wire("REQ 1", "") || from != master.addr {
			t.Errorf("got %q from %v", got, from)
		}
		master.mu.Lock()
		master.fail = os.NewSyscallError("sendto", syscall.EMSGSIZE)
		master.mu.Unlock()
		r.check(r.send(message("REQ 2"), to("10.0.0.2:5060")), syscall.EMSGSIZE)
		r.check(r.send(message("REQ 3"), to("host.example:5060")), errAny) // a name has no address yet
		if s := r.pool.Stats(); s.Sent != 1 || s.SendErrors != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}

func testSendStream(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc := r.peer("10.0.0.2:1")
		var fates []*fate
		for i := range 5 {
			fates = append(fates, r.send(message(fmt.Sprint("REQ ", i)), to("10.0.0.2:1")))
		}
		for _, f := range fates {
			r.check(f, nil)
		}
		var want strings.Builder
		for i := range 5 {
			want.WriteString(wire(fmt.Sprint("REQ ", i), ""))
		}
		read(t, nc, want.String())
		// The connection breaks with a message half written.
		big := r.send(pool.Message{Data: make([]byte, 8<<10)}, to("10.0.0.2:1"))
		r.pending(big)
		_ = nc.(*memConn).SetLinger(0)
		_ = nc.Close()
		r.check(big, syscall.ECONNRESET)
		if n := r.pool.Stats().Sockets; n != 1 {
			t.Errorf("%d sockets, want the master", n)
		}
	})
}

// New connections leave by the address the master listens on, with a port of their own. Responses open one too
// (RFC 3261 section 18.2.2).
func testNewConnection(t *testing.T) {
	c := pool.Config{Proto: pool.TCP, Framer: sample}
	if err := c.Listen(t.Context(), "127.0.0.2", 0); err != nil {
		t.Skipf("no second loopback address on this system: %v", err)
	}
	w := newWorld()
	r := prepare(t, w, pool.Config{Listener: c.Listener, Dial: func(ctx context.Context, address string) (net.Conn, error) {
		return socket.Dial(ctx, "tcp", address, socket.Options{})
	}})
	_ = r.pool.Close()
	if err := c.Listen(t.Context(), "127.0.0.2", 0); err != nil {
		t.Fatal(err)
	}
	p, err := pool.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Attach(r.engine, r); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sent := make(chan error, 1)
	p.Send(t.Context(), message("RES 1"), to(l.Addr().String()), func(_ pool.Flow, err error) { sent <- err })
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	b := make([]byte, len(wire("RES 1", "")))
	if _, err := io.ReadFull(nc, b); err != nil || string(b) != wire("RES 1", "") {
		t.Errorf("read %q, %v", b, err)
	}
	from := nc.RemoteAddr().(*net.TCPAddr)
	if from.IP.String() != "127.0.0.2" || from.Port == c.Listener.Addr().(*net.TCPAddr).Port {
		t.Errorf("connection from %v; the master is %v", from, c.Listener.Addr())
	}
}

// What a slow peer does not read waits, in order, up to a limit; then messages are refused and the connection lives.
func testPartialWrite(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{Limits: pool.Limits{MaxQueued: 4 << 10}})
		nc := r.peer("10.0.0.2:1")
		body := strings.Repeat("x", 3<<10)
		m := pool.Message{Data: []byte(wire("REQ 1", body))}
		first := r.send(m, to("10.0.0.2:1"))
		r.pending(first)
		r.check(r.send(m, to("10.0.0.2:1")), pool.ErrFull)
		read(t, nc, wire("REQ 1", body))
		time.Sleep(time.Second)
		r.check(first, nil)
		second := r.send(m, to("10.0.0.2:1"))
		read(t, nc, wire("REQ 1", body))
		time.Sleep(time.Second)
		r.check(second, nil)
		huge := r.send(pool.Message{Data: bytes.Repeat([]byte("y"), 64<<10)}, to("10.0.0.2:1")) // alone it is taken
		read(t, nc, strings.Repeat("y", 64<<10))
		time.Sleep(time.Second)
		r.check(huge, nil)
	})
}

func testConnectErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{})
		f := r.send(message("REQ 1"), to("10.0.0.2:1"))
		r.check(f, syscall.ECONNREFUSED)
		var e *pool.Error
		if !errors.As(f.err, &e) || e.Op != socket.OpConnect || e.To.String() != "10.0.0.2:1" || e.Proto != pool.TCP || !e.Retry {
			t.Errorf("error %+v", e)
		}
		if s := r.pool.Stats(); s.DialErrors != 1 || s.Connecting != 0 || s.Sockets != 1 {
			t.Errorf("stats %+v", s)
		}
	})
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("10.0.0.2:1")
		r := start(t, w, pool.Config{Proto: pool.TLS, TLS: selfSigned(t)})
		f := r.send(message("REQ 1"), to("10.0.0.2:1"))
		nc := l.next(t)
		go func() { _, _ = io.Copy(io.Discard, nc) }()
		write(t, nc, "SMTP here, not TLS\r\n")
		r.check(f, errAny)
		var e *pool.Error
		if !errors.As(f.err, &e) || e.Op != socket.OpHandshake {
			t.Errorf("error %+v", e)
		}
	})
}

// The seed looked every eight seconds, and so took up to eighteen for its ten.
func testConnectTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.hang["10.0.0.2:1"] = true
		r := start(t, w, pool.Config{})
		begin := time.Now()
		f := r.send(message("REQ 1"), to("10.0.0.2:1"))
		time.Sleep(10*time.Second - instant)
		r.pending(f)
		time.Sleep(instant)
		r.check(f, os.ErrDeadlineExceeded)
		r.check(f, syscall.ETIMEDOUT)
		r.check(f, pool.ErrConnectTimeout)
		if took := f.at.Sub(begin); took != 10*time.Second {
			t.Errorf("after %v", took)
		}
		if s := r.pool.Stats(); s.DialTimeouts != 1 {
			t.Errorf("stats %+v", s)
		}
	})
	for _, side := range []string{"client", "server"} {
		bubble(t, func(t *testing.T) { // a handshake counts
			w := newWorld()
			l := w.listen("10.0.0.2:1")
			r := start(t, w, pool.Config{Proto: pool.TLS, TLS: selfSigned(t)})
			if side == "server" {
				nc := r.peer("10.0.0.2:1")
				time.Sleep(9 * time.Second)
				if !open(t, nc) {
					t.Error("closed too early")
				}
				time.Sleep(2 * time.Second)
				if open(t, nc) {
					t.Error("a silent peer may shake hands for ever")
				}
				return
			}
			f := r.send(message("REQ 1"), to("10.0.0.2:1"))
			l.next(t)
			time.Sleep(10*time.Second - instant)
			r.pending(f)
			time.Sleep(instant)
			r.check(f, pool.ErrConnectTimeout)
		})
	}
}

// The seed told only one of those that waited, and could expire a connection in the making without telling anybody.
func testWaiters(t *testing.T) {
	t.Run("success", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			l := w.listen("10.0.0.2:1")
			r := start(t, w, pool.Config{Dial: slowDial(w, time.Second)})
			var fates []*fate
			for i := range 3 {
				fates = append(fates, r.send(message(fmt.Sprint("REQ ", i)), to("10.0.0.2:1")))
			}
			synctest.Wait()
			if s := r.pool.Stats(); s.Connecting != 1 || s.Waiting != 3 || s.Sockets != 2 {
				t.Errorf("stats %+v", s)
			}
			time.Sleep(time.Second)
			for _, f := range fates {
				r.check(f, nil)
			}
			read(t, l.next(t), wire("REQ 0", "")+wire("REQ 1", "")+wire("REQ 2", ""))
			if n := w.dialled("10.0.0.2:1"); n != 1 {
				t.Errorf("%d attempts", n)
			}
		})
	})
	t.Run("time-out", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			w.hang["10.0.0.2:1"] = true
			// The rest of the pool is so full that a connection may not be idle for as long as connecting may take.
			r := start(t, w, pool.Config{Limits: pool.Limits{MinExpire: time.Second, MaxExpire: time.Second, MaxWaiting: 2}})
			first := r.send(message("REQ 1"), to("10.0.0.2:1"))
			time.Sleep(5 * time.Second)
			second := r.send(message("REQ 2"), to("10.0.0.2:1"))
			r.check(r.send(message("REQ 3"), to("10.0.0.2:1")), pool.ErrLimit)
			time.Sleep(5 * time.Second)
			r.check(first, pool.ErrConnectTimeout)
			r.check(second, pool.ErrConnectTimeout)
			if n := w.dialled("10.0.0.2:1"); n != 1 {
				t.Errorf("%d attempts", n)
			}
		})
	})
	t.Run("each for himself", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			l := w.listen("10.0.0.2:1")
			r := start(t, w, pool.Config{Dial: slowDial(w, 5*time.Second)})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			hasty := r.sendWith(ctx, message("REQ 1"), to("10.0.0.2:1"))
			patient := r.send(message("REQ 2"), to("10.0.0.2:1"))
			time.Sleep(time.Second)
			r.check(hasty, context.DeadlineExceeded)
			r.pending(patient)
			r.check(r.sendWith(ctx, message("REQ 3"), to("10.0.0.2:1")), context.DeadlineExceeded)
			time.Sleep(4 * time.Second)
			r.check(patient, nil)
			read(t, l.next(t), wire("REQ 2", ""))
		})
	})
}

// slowDial connects after a while.
func slowDial(w *world, d time.Duration) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, to string) (net.Conn, error) {
		select {
		case <-time.After(d):
			return w.dial(ctx, to)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// errAny stands for some error in rig.check.
var errAny = errors.New("any error")

// A destination that failed is left alone, for longer each time, and by chance.
func TestRecentFailure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{Limits: pool.Limits{MaxFailed: 2}})
		const dead = "10.0.0.2:1"
		r.check(r.send(message("REQ 1"), to(dead)), syscall.ECONNREFUSED)
		f := r.send(message("REQ 2"), to(dead))
		r.check(f, pool.ErrRecentFailure)
		r.check(f, syscall.ECONNREFUSED) // why, too
		if n := w.dialled(dead); n != 1 {
			t.Errorf("%d attempts", n)
		}
		time.Sleep(time.Second - instant)
		r.check(r.send(message("REQ 3"), to(dead)), pool.ErrRecentFailure)
		for range 5 {
			time.Sleep(5 * time.Second)
			before := w.dialled(dead)
			r.check(r.send(message("REQ 4"), to(dead)), syscall.ECONNREFUSED)
			if w.dialled(dead) != before+1 {
				t.Error("no attempt after the longest time")
			}
		}
		for i := range 10 {
			r.check(r.send(message("REQ 5"), to(fmt.Sprint("10.0.0.3:", i+1))), syscall.ECONNREFUSED)
		}
		if n := r.pool.Stats().Failures; n > 2 {
			t.Errorf("%d failures remembered, limit 2", n)
		}
		time.Sleep(5 * time.Second)
		w.listen(dead)
		r.check(r.send(message("REQ 6"), to(dead)), nil)
	})
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{Limits: pool.Limits{RetryMin: -1}})
		for range 3 {
			r.check(r.send(message("REQ 1"), to("10.0.0.2:1")), syscall.ECONNREFUSED)
		}
		if n := w.dialled("10.0.0.2:1"); n != 3 {
			t.Errorf("%d attempts, want 3", n)
		}
	})
}

func TestSendAny(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("10.0.0.3:1")
		r := start(t, w, pool.Config{})
		all := []pool.Destination{to("10.0.0.2:1").To, to("10.0.0.3:1").To, to("10.0.0.4:1").To}
		calls := 0
		outcome := errors.New("no call")
		r.pool.SendAny(t.Context(), message("REQ 1"), all, func(_ pool.Flow, err error) { calls, outcome = calls+1, err })
		synctest.Wait()
		if calls != 1 || outcome != nil {
			t.Errorf("%d calls, %v", calls, outcome)
		}
		read(t, l.next(t), wire("REQ 1", ""))
		r.pool.SendAny(t.Context(), message("REQ 1"), nil, func(_ pool.Flow, err error) { calls, outcome = calls+1, err })
		if calls != 2 || outcome == nil {
			t.Errorf("%d calls, %v", calls, outcome)
		}
		if w.dialled("10.0.0.4:1") != 0 {
			t.Error("went on after success")
		}
	})
}

// A callback that panics harms neither the pool nor the connection.
func TestCallbackPanics(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc := r.peer("10.0.0.2:1")
		r.pool.Send(t.Context(), message("REQ 1"), to("10.0.0.2:1"), func(pool.Flow, error) { panic("callback") })
		synctest.Wait()
		r.check(r.send(message("REQ 2"), to("10.0.0.2:1")), nil)
		read(t, nc, wire("REQ 1", "")+wire("REQ 2", ""))
		if n := r.pool.Stats().Panics; n != 1 {
			t.Errorf("%d panics", n)
		}
	})
}
