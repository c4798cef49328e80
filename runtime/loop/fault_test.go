package loop_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// What trusted servers survive, on every engine. Each test is a peer that misbehaves; a probe says that others are not affected.

// probe checks that the server answers.
func probe(t *testing.T, nc net.Conn) {
	t.Helper()
	mustWrite(t, nc, framed([]byte("probe")))
	mustRead(t, nc, 9)
}

// await polls until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(time.Millisecond) // there is nothing to wait on
	}
}

// 1: peers that connect and say nothing are closed by their deadline.
func TestFaultSilence(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		var closed atomic.Int64
		var watched atomic.Bool // the first to come is given all the time it needs
		s := listen(t, at, loop.Config{}, func() loop.Session {
			s := &script{t: t, data: echo}
			s.open = func(c *loop.Conn) {
				if watched.Swap(true) {
					c.After(1, 50*time.Millisecond)
				}
			}
			s.timer = func(c *loop.Conn, _ int) { c.CloseAfterFlush() }
			s.closed = func(*loop.Conn, error) { closed.Add(1) }
			return s
		})
		good := s.dial(t)
		probe(t, good)
		for range 20 {
			nc := s.dial(t)
			defer nc.Close()
			go func() { _, _ = io.ReadAll(nc) }()
		}
		await(t, "silent peers are closed", func() bool { return closed.Load() == 20 })
		probe(t, good)
	})
}

// 2: a peer that sends a frame octet by octet is closed by the deadline of the frame, which the octets do not move.
func TestFaultSlowFrame(t *testing.T) {
	everywhere(t, tcpOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session {
			begun := false
			s := &script{t: t}
			s.data = func(c *loop.Conn, _ []byte) (int, error) {
				if !begun {
					begun = true
					c.After(1, 50*time.Millisecond)
				}
				return 0, nil
			}
			s.timer = func(c *loop.Conn, _ int) { c.Abort(nil) }
			return s
		})
		nc := s.dial(t)
		for {
			if _, err := nc.Write([]byte{0}); err != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
	})
}

// 5: connections reset in the middle of a frame end with the reset, and nothing is left of them.
func TestFaultResetInMidFrame(t *testing.T) {
	everywhere(t, []string{"tcp", "tls"}, func(t *testing.T, at site) {
		const resets = 100
		reasons := make(chan error, resets+1)
		s := listen(t, at, loop.Config{}, func() loop.Session {
			return &script{t: t, data: echo, closed: func(_ *loop.Conn, why error) { reasons <- why }}
		})
		good := s.dial(t)
		probe(t, good)
		for range resets {
			nc := s.dial(t)
			probe(t, nc)
			mustWrite(t, nc, []byte("\x00\x00\x00\x09half"))
			reset(nc)
		}
		for range resets {
			if why := <-reasons; !errors.Is(why, syscall.ECONNRESET) {
				t.Fatalf("closed: %v", why)
			}
		}
		probe(t, good)
		await(t, "the connections are gone", func() bool { return s.engine.Stats().Open == 1 })
	})
}

// reset breaks a connection.
func reset(nc net.Conn) {
	if inner, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = inner.NetConn()
	}
	if tc, ok := nc.(*net.TCPConn); ok {
		_ = tc.SetLinger(0)
	}
	_ = nc.Close()
}

// 6: a stream that ends in the middle of a frame brings the rest, and nothing of it is executed.
func TestFaultTruncatedFrame(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		got := make(chan string, 1)
		s := listen(t, at, loop.Config{}, func() loop.Session {
			return &script{t: t, data: echo, end: func(c *loop.Conn, rest []byte) {
				got <- string(rest)
				c.Abort(io.ErrUnexpectedEOF)
			}}
		})
		nc := s.dial(t)
		mustWrite(t, nc, []byte("\x00\x00\x00\x09half"))
		_ = nc.(interface{ CloseWrite() error }).CloseWrite()
		if rest := <-got; rest != "\x00\x00\x00\x09half" {
			t.Errorf("rest %q", rest)
		}
	})
}

// 7: a peer that half closes after its request gets its answer, from a handler that takes its time.
func TestFaultHalfClose(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session {
			ended := make(chan struct{})
			s := &script{t: t}
			s.data = func(c *loop.Conn, b []byte) (int, error) {
				go func() {
					<-ended
					_ = c.Deliver("done")
				}()
				return len(b), nil
			}
			s.end = func(*loop.Conn, []byte) { close(ended) }
			s.message = func(c *loop.Conn, m any) {
				_, _ = c.Write([]byte(m.(string)))
				c.CloseAfterFlush()
			}
			return s
		})
		nc := s.dial(t)
		mustWrite(t, nc, []byte("request"))
		_ = nc.(interface{ CloseWrite() error }).CloseWrite()
		if got := string(mustReadAll(t, nc)); got != "done" {
			t.Errorf("got %q", got)
		}
	})
}

// 8 and 9: a length beyond the limit, and octets of another protocol, are refused after one read; what was answered before arrives.
func TestFaultGarbage(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		for _, garbage := range []string{"\x80\x00\x00\x00", "\xff\xff\xff\xff", "\x00\x40\x00\x01", "GET / HTTP/1.0\r\n\r\n", "\x16\x03\x01\x02\x00"} {
			nc := s.dial(t)
			mustWrite(t, nc, append(framed([]byte("whole")), garbage...))
			if got := mustReadAll(t, nc); string(got[4:]) != "whole" {
				t.Errorf("%q: got %q", garbage, got)
			}
		}
	})
}

// 10: a peer that pipelines masses of the smallest frames gets all its answers in order, and others get theirs meanwhile.
func TestFaultPipeline(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		const frames = 200_000
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		good, nc := s.dial(t), s.dial(t)
		stream := make([]byte, 0, 5*frames)
		for i := range frames {
			stream = append(stream, 0, 0, 0, 1, byte(i))
		}
		go func() { _, _ = nc.Write(stream) }()
		got := make(chan []byte, 1)
		go func() {
			b := make([]byte, len(stream))
			_, _ = io.ReadFull(nc, b)
			got <- b
		}()
		for range 20 {
			probe(t, good)
		}
		if !bytes.Equal(<-got, stream) {
			t.Error("the answers are not those of the requests")
		}
	})
}

// 13: a peer that sends and never reads is cut after WriteStall, and has taken no more than the marks' worth of memory.
func TestFaultNeverReads(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		done := make(chan struct{})
		var most atomic.Int64
		bad := &script{t: t, done: done, data: func(c *loop.Conn, b []byte) (int, error) {
			n, err := echo(c, b)
			most.Store(max(most.Load(), int64(c.Pending())))
			return n, err
		}}
		sessions := []loop.Session{&script{t: t, data: echo}, bad}
		s := listen(t, at, loop.Config{WriteStall: 200 * time.Millisecond}, func() loop.Session {
			next := sessions[0]
			sessions = sessions[1:]
			return next
		})
		good := s.dial(t)
		probe(t, good)
		nc := s.dial(t)
		request := framed(make([]byte, 1000))
		for {
			if _, err := nc.Write(request); err != nil {
				break
			}
		}
		<-done
		if !errors.Is(bad.why, loop.ErrStalled) || s.engine.Stats().Stalls != 1 {
			t.Errorf("closed: %v", bad.why)
		}
		if limit := int64(loop.DefaultHighWater + 2*len(request)); most.Load() > limit {
			t.Errorf("%d octets were pending, want at most %d", most.Load(), limit)
		}
		probe(t, good)
	})
}

// 14: a slow reader of a large reply gets all of it.
func TestFaultSlowReader(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		reply := bytes.Repeat([]byte("0123456789abcdef"), 4<<20/16)
		s := listen(t, at, loop.Config{WriteStall: 5 * time.Second}, func() loop.Session {
			return &script{t: t, open: func(c *loop.Conn) {
				_, _ = c.Write(reply)
				c.CloseAfterFlush()
			}}
		})
		nc := s.dial(t)
		var got []byte
		for piece := make([]byte, 50_000); ; {
			n, err := nc.Read(piece)
			got = append(got, piece[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		if !bytes.Equal(got, reply) {
			t.Errorf("got %d octets", len(got))
		}
	})
}

// 15: many peers that never read share a budget.
func TestFaultManyNeverRead(t *testing.T) {
	everywhere(t, []string{"unix"}, func(t *testing.T, at site) {
		const budget = 2 << 20
		s := listen(t, at, loop.Config{OutputBudget: budget, WriteStall: time.Minute, AcceptPause: time.Millisecond}, func() loop.Session {
			return &script{t: t, data: echo}
		})
		var conns []net.Conn
		for range 30 {
			nc := s.dial(t)
			conns = append(conns, nc)
			go func() {
				for request := framed(make([]byte, 10_000)); ; {
					if _, err := nc.Write(request); err != nil {
						return
					}
				}
			}()
		}
		await(t, "the budget is used up", func() bool { return s.engine.Stats().Queued > budget })
		conns = append(conns, s.dial(t), s.dial(t)) // the system takes them, the engine one at most
		await(t, "accepting pauses", func() bool { return s.engine.Stats().AcceptErrors > 0 })
		if q := s.engine.Stats().Queued; q > budget+30*(loop.DefaultLowWater+2*64<<10) {
			t.Errorf("%d octets queued", q)
		}
		for _, nc := range conns {
			_ = nc.Close()
		}
		await(t, "the queues are gone", func() bool { return s.engine.Stats().Queued == 0 })
	})
}

// A relay gives what it reads to its other leg, and stops reading while that does not keep up.
type relay struct {
	other atomic.Pointer[loop.Conn]
	ready chan struct{} // closed when other is set
}

func (r *relay) Open(*loop.Conn) {}
func (r *relay) Data(c *loop.Conn, b []byte) (int, error) {
	<-r.ready
	c.PauseRead()
	return len(b), r.other.Load().Post(forward{c, bytes.Clone(b)})
}

// forward is what one leg posts to the other; from goes on reading when there is room.
type forward struct {
	from *loop.Conn
	b    []byte
}

func (r *relay) End(*loop.Conn, []byte) { r.other.Load().CloseAfterFlush() }
func (r *relay) Writable(*loop.Conn)    { r.other.Load().ResumeRead() }
func (r *relay) Timer(*loop.Conn, int)  {}
func (r *relay) Message(c *loop.Conn, m any) {
	f := m.(forward)
	_, _ = c.Write(f.b)
	if !c.Full() {
		f.from.ResumeRead()
	}
}
func (r *relay) Closed(*loop.Conn, error) { r.other.Load().CloseAfterFlush() }

// 16: behind a relay, a slow reader stops the writer; nothing is lost or changes places, and little is kept.
func TestFaultRelay(t *testing.T) {
	everywhere(t, tcpOnly, func(t *testing.T, at site) {
		config := loop.Config{HighWater: 64 << 10, LowWater: 16 << 10}
		legs := make(chan *relay, 2)
		a, b := &relay{ready: make(chan struct{})}, &relay{ready: make(chan struct{})}
		legs <- a
		legs <- b
		conns := make(chan *loop.Conn, 2)
		s := listen(t, at, config, func() loop.Session { return openHook{<-legs, conns} })
		in := s.dial(t)
		first := <-conns
		out := s.dial(t)
		second := <-conns
		a.other.Store(second)
		b.other.Store(first)
		close(a.ready)
		close(b.ready)
		const total = 8 << 20
		go func() {
			buf := make([]byte, 64<<10)
			for sent := 0; sent < total; sent += len(buf) {
				for i := 0; i < len(buf); i += 4 {
					binary.BigEndian.PutUint32(buf[i:], uint32(sent+i))
				}
				_, _ = in.Write(buf)
			}
			_ = in.(*net.TCPConn).CloseWrite()
		}()
		buf := make([]byte, 32<<10)
		for got := 0; got < total; got += len(buf) {
			if _, err := io.ReadFull(out, buf); err != nil {
				t.Fatalf("after %d octets: %v", got, err)
			}
			for i := 0; i < len(buf); i += 4 {
				if n := binary.BigEndian.Uint32(buf[i:]); n != uint32(got+i) {
					t.Fatalf("%d where %d belongs", n, got+i)
				}
			}
			if q := s.engine.Stats().Queued; q > 2*(64+64)<<10 {
				t.Fatalf("%d octets queued", q)
			}
			if got%(1<<20) == 0 {
				time.Sleep(2 * time.Millisecond)
			}
		}
		mustReadAll(t, out)
		_ = out.Close()
		_ = in.Close()
	})
}

// An openHook tells of its connection.
type openHook struct {
	loop.Session
	conns chan<- *loop.Conn
}

func (h openHook) Open(c *loop.Conn) { h.conns <- c }

// 17: connections that are reset while output is queued never lend their descriptor's number to the next: no octet of one reaches another.
func TestFaultDescriptorReuse(t *testing.T) {
	everywhere(t, []string{"tcp", "unix"}, func(t *testing.T, at site) {
		rounds := 160
		if testing.Short() {
			rounds = 50
		}
		s := listen(t, at, loop.Config{Linger: time.Millisecond}, func() loop.Session {
			s := &script{t: t}
			s.data = func(c *loop.Conn, b []byte) (int, error) {
				_, _ = c.Write(bytes.Repeat(b[:1], 600_000))
				_ = c.Post(b[0])
				return len(b), nil
			}
			s.message = func(c *loop.Conn, m any) { _, _ = c.Write(bytes.Repeat([]byte{m.(byte)}, 1000)) }
			return s
		})
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for i := range rounds / 8 {
					nc, err := net.Dial(s.addr.Network(), s.addr.String())
					if err != nil {
						t.Error(err)
						return
					}
					mark := byte(worker*31 + i)
					_, _ = nc.Write([]byte{mark})
					buf := make([]byte, 1+i*3000)
					n, _ := nc.Read(buf)
					if j := slices.IndexFunc(buf[:n], func(b byte) bool { return b != mark }); j >= 0 {
						t.Errorf("octet %d is of another connection", j)
					}
					reset(nc)
				}
			})
		}
		wg.Wait()
		await(t, "the connections are gone", func() bool { return s.engine.Stats().Open == 0 })
	})
}

// A peer that resets a connection nobody reads is noticed: the session is not kept for ever.
func TestFaultResetWhilePaused(t *testing.T) {
	everywhere(t, []string{"tcp", "tls"}, func(t *testing.T, at site) {
		if at.engine == loop.EngineGoroutine && testing.Short() {
			t.Skip("this engine takes some seconds to notice")
		}
		done := make(chan struct{})
		script := &script{t: t, done: done}
		script.data = func(c *loop.Conn, b []byte) (int, error) {
			c.PauseRead()
			_, _ = c.Write(b)
			return len(b), nil
		}
		s := listen(t, at, loop.Config{}, func() loop.Session { return script })
		nc := s.dial(t)
		mustWrite(t, nc, []byte("x"))
		mustRead(t, nc, 1)
		reset(nc)
		<-done
		if !errors.Is(script.why, syscall.ECONNRESET) {
			t.Errorf("closed: %v", script.why)
		}
	})
}

// A peer that has gone altogether while it is not read leaves the loop in peace, and is noticed when it is read again.
func TestFaultGoneWhilePaused(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		done := make(chan struct{})
		conns := make(chan *loop.Conn, 1)
		script := &script{t: t, done: done}
		script.open = func(c *loop.Conn) {
			c.PauseRead()
			conns <- c
		}
		var got []byte
		script.data = func(c *loop.Conn, b []byte) (int, error) {
			got = append(got, b...)
			return len(b), nil
		}
		s := listen(t, at, loop.Config{}, func() loop.Session { return script })
		nc := s.dial(t)
		mustWrite(t, nc, []byte("last words"))
		_ = nc.Close()
		(<-conns).ResumeRead()
		<-done
		if string(got) != "last words" || script.why != nil {
			t.Errorf("got %q, closed: %v", got, script.why)
		}
	})
}

// 31: a panic in an event ends its connection, is counted, and nothing else.
func TestFaultPanic(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		done := make(chan struct{})
		bad := &script{t: t, done: done, data: func(*loop.Conn, []byte) (int, error) { panic("oops") }}
		sessions := []loop.Session{&script{t: t, data: echo}, bad}
		s := listen(t, at, loop.Config{}, func() loop.Session {
			next := sessions[0]
			sessions = sessions[1:]
			return next
		})
		good := s.dial(t)
		probe(t, good)
		nc := s.dial(t)
		mustWrite(t, nc, []byte("x"))
		<-done
		var p *loop.PanicError
		if !errors.As(bad.why, &p) || s.engine.Stats().Panics != 1 {
			t.Errorf("closed: %v", bad.why)
		}
		probe(t, good)
	})
}

// 32: an event that blocks holds up its own connection and no other, not even on a single loop.
func TestFaultBlockingEvent(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		gate := make(chan struct{})
		entered := make(chan struct{})
		s := listen(t, at, loop.Config{Pollers: 1}, func() loop.Session {
			return &script{t: t, data: func(c *loop.Conn, b []byte) (int, error) {
				if bytes.Contains(b, []byte("block")) {
					entered <- struct{}{}
					<-gate
				}
				return echo(c, b)
			}}
		})
		good := s.dial(t)
		probe(t, good)
		var blocked []net.Conn
		for range 3 { // one after the other takes the loop with it
			nc := s.dial(t)
			probe(t, nc)
			mustWrite(t, nc, framed([]byte("block")))
			<-entered
			mustWrite(t, nc, framed([]byte("more"))) // must not make the loop spin
			blocked = append(blocked, nc)
			probe(t, good)
		}
		close(gate)
		for _, nc := range blocked {
			mustRead(t, nc, 9+8)
		}
		// The first events of a TLS connection may run on the goroutine of its handshake.
		if n := s.engine.Stats().Handovers; at.engine == loop.EngineEpoll && at.network != "tls" && n < 3 {
			t.Errorf("%d handovers", n)
		}
		probe(t, good)
	})
}

// 35: draining answers what has been asked before, tells every session, and leaves nothing.
func TestFaultDrainUnderLoad(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		var wg sync.WaitGroup
		var answered atomic.Int64
		for range 10 {
			nc := s.dial(t)
			probe(t, nc)
			wg.Go(func() {
				defer nc.Close()
				request, reply := framed(make([]byte, 100)), make([]byte, 104)
				for {
					if _, err := nc.Write(request); err != nil {
						return
					}
					n, err := io.ReadFull(nc, reply)
					if n != 0 && n != len(reply) {
						t.Errorf("%d octets of a reply", n)
					}
					if err != nil {
						return
					}
					answered.Add(1)
				}
			})
		}
		await(t, "load", func() bool { return answered.Load() > 100 })
		if err := s.engine.Drain(context.Background()); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

// Posts, timers, closes and aborts from everywhere at once: Open is first, Closed is last and comes once. The script checks it.
func TestFaultStorm(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		const rounds = 60
		conns := make(chan *loop.Conn, rounds)
		var opened, closed atomic.Int64
		s := listen(t, at, loop.Config{Linger: time.Millisecond, HighWater: 100, LowWater: 10}, func() loop.Session {
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
		})
		var wg sync.WaitGroup
		for i := range rounds {
			nc := s.dial(t)
			if at.network == "tls" {
				probe(t, nc)
			}
			wg.Go(func() { _, _ = nc.Write(framed(make([]byte, i*100))) })
			wg.Go(func() { _, _ = nc.Read(make([]byte, i+1)); _ = nc.Close() })
			c := <-conns
			wg.Go(func() {
				for m := range i % 9 {
					_ = c.Post(m)
				}
				c.CloseAfterFlush()
			})
			wg.Go(func() {
				for m := range i % 5 {
					_ = c.Deliver(m)
					c.PauseRead()
					c.ResumeRead()
				}
				if i%3 == 0 {
					c.Abort(nil)
				}
			})
		}
		if err := s.engine.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if o, c := opened.Load(), closed.Load(); o != rounds || c != rounds {
			t.Errorf("%d opened, %d closed, want %d", o, c, rounds)
		}
	})
}
