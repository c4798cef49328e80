package loop_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/loop"
)

func TestEcho(t *testing.T) {
	payloads := [][]byte{{}, []byte("a"), bytes.Repeat([]byte("b"), 512), bytes.Repeat([]byte("c"), 300_000), []byte("d")}
	var stream []byte
	for _, p := range payloads {
		stream = append(stream, framed(p)...)
	}
	for _, piece := range []int{1, 3, 4095, 4096, 65536, len(stream)} {
		bubble(t, func(t *testing.T) {
			s := &script{data: echo}
			b, nc := one(t, loop.Config{}, s)
			go func() {
				for rest := stream; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
					_, _ = nc.Write(rest[:min(piece, len(rest))])
				}
				_ = nc.CloseWrite()
			}()
			if got := mustReadAll(t, nc); !bytes.Equal(got, stream) {
				t.Errorf("pieces of %d: %d octets came back, want %d", piece, len(got), len(stream))
			}
			b.stop(t)
			if s.why != nil {
				t.Errorf("closed: %v", s.why)
			}
		})
	}
}

func TestHalfCloseGetsItsReply(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{}
		s.data = func(c *loop.Conn, b []byte) (int, error) {
			go func() {
				time.Sleep(time.Minute) // the handler
				_ = c.Deliver("done")
			}()
			return len(b), nil
		}
		s.end = func(*loop.Conn, []byte) {}
		s.message = func(c *loop.Conn, m any) {
			_, _ = c.Write([]byte(m.(string)))
			c.CloseAfterFlush()
		}
		b, nc := one(t, loop.Config{}, s)
		mustWrite(t, nc, []byte("request"))
		_ = nc.CloseWrite()
		if got := string(mustReadAll(t, nc)); got != "done" {
			t.Errorf("got %q", got)
		}
		b.stop(t)
	})
}

func TestEndBringsTheTruncatedFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var rest string
		s := &script{data: echo}
		s.end = func(c *loop.Conn, r []byte) {
			rest = string(r)
			c.Abort(io.ErrUnexpectedEOF)
		}
		b, nc := one(t, loop.Config{}, s)
		mustWrite(t, nc, []byte("\x00\x00\x00\x09half"))
		_ = nc.CloseWrite()
		synctest.Wait()
		if want := "\x00\x00\x00\x09half"; rest != want || s.reason() != io.ErrUnexpectedEOF {
			t.Errorf("rest %q, closed: %v", rest, s.reason())
		}
		b.stop(t)
	})
}

func TestResetInMidFrame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{data: echo}
		b, nc := one(t, loop.Config{}, s)
		mustWrite(t, nc, []byte("\x00\x00\x00\x09half"))
		synctest.Wait()
		_ = nc.SetLinger(0)
		_ = nc.Close()
		synctest.Wait()
		if !errors.Is(s.reason(), syscall.ECONNRESET) || s.seen("End") {
			t.Errorf("closed: %v, events %v", s.reason(), s.events)
		}
		b.stop(t)
	})
}

func TestDataErrorFlushes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		refused := errors.New("refused")
		s := &script{}
		s.data = func(c *loop.Conn, _ []byte) (int, error) {
			_, _ = c.Write([]byte("no"))
			return 0, refused
		}
		b, nc := one(t, loop.Config{}, s)
		mustWrite(t, nc, []byte("x"))
		if got := string(mustReadAll(t, nc)); got != "no" {
			t.Errorf("got %q", got)
		}
		if s.reason() != refused {
			t.Errorf("closed: %v", s.reason())
		}
		b.stop(t)
	})
}

// A server that closes while the client is still sending must not let the reset destroy what the client has not read yet.
func TestLastReplySurvivesUnreadInput(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{}
		s.data = func(c *loop.Conn, b []byte) (int, error) {
			_, _ = c.Write([]byte("bye"))
			c.CloseAfterFlush()
			return 1, nil
		}
		b, nc := one(t, loop.Config{Linger: 2 * time.Second}, s)
		mustWrite(t, nc, []byte("logout"))
		synctest.Wait()
		if !s.seen("Closed") {
			t.Error("the session waits for the linger")
		}
		for range 10 {
			mustWrite(t, nc, bytes.Repeat([]byte("x"), 10_000)) // still talking
		}
		synctest.Wait()
		if got := string(mustReadAll(t, nc)); got != "bye" {
			t.Errorf("got %q", got)
		}
		if n := b.engine.Stats().Open; n != 1 {
			t.Errorf("%d connections linger, want 1", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := b.engine.Stats().Open; n != 0 {
			t.Errorf("%d connections after the linger", n)
		}
		if _, err := nc.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("write after the linger: %v", err)
		}
		b.stop(t)
	})
}

func TestLingerEndsWithThePeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{open: func(c *loop.Conn) { c.CloseAfterFlush() }}
		b, nc := one(t, loop.Config{Linger: time.Hour}, s)
		mustReadAll(t, nc)
		_ = nc.Close()
		synctest.Wait()
		if n := b.engine.Stats().Open; n != 0 {
			t.Errorf("%d connections", n)
		}
		b.stop(t)
	})
}

// A client that never reads is not read from any more, holds the marks' worth of memory and no more, and is cut in the end.
func TestNeverReadingClient(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{data: echo}
		config := loop.Config{HighWater: 100_000, LowWater: 10_000, WriteStall: 10 * time.Second}
		b, nc := one(t, config, s)
		sent := 0
		start := time.Now()
		var failed error
		for request := framed(make([]byte, 1000)); failed == nil; {
			var n int
			n, failed = nc.Write(request)
			sent += n
		}
		if !errors.Is(failed, syscall.ECONNRESET) {
			t.Errorf("write failed with %v", failed)
		}
		if took := time.Since(start); took < 10*time.Second || took > 21*time.Second {
			t.Errorf("cut after %v", took)
		}
		// Two windows of the connection, the high-water mark, one read beyond it.
		if most := 2*64<<10 + 100_000 + 64<<10 + 4096; sent > most {
			t.Errorf("took %d octets, want at most %d", sent, most)
		}
		synctest.Wait()
		if !errors.Is(s.reason(), loop.ErrStalled) || !errors.Is(s.reason(), os.ErrDeadlineExceeded) {
			t.Errorf("closed: %v", s.reason())
		}
		if n := b.engine.Stats().Stalls; n != 1 {
			t.Errorf("%d stalls", n)
		}
		b.stop(t)
	})
}

// Many peers that do not read share a budget: above it nobody new comes in, and those who have much queued are not read.
func TestOutputBudget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		config := loop.Config{HighWater: 500_000, LowWater: 10_000, OutputBudget: 400_000, AcceptPause: time.Second, WriteStall: time.Minute}
		b := serve(t, config, func() loop.Session { return &script{t: t, data: echo} })
		for range 20 {
			nc := b.dial(t)
			go func() {
				for request := framed(make([]byte, 1000)); ; {
					if _, err := nc.Write(request); err != nil {
						return
					}
				}
			}()
			synctest.Wait()
		}
		s := b.engine.Stats()
		if most := int64(400_000 + 2*64<<10); s.Queued < 400_000 || s.Queued > most {
			t.Errorf("%d octets queued, want at most %d", s.Queued, most)
		}
		if s.Open > 10 || s.AcceptErrors == 0 {
			t.Errorf("%d connections, %d pauses", s.Open, s.AcceptErrors)
		}
		time.Sleep(130 * time.Second) // they are cut, and others come in
		synctest.Wait()
		if n := b.engine.Stats(); n.Accepted <= s.Accepted || n.Stalls == 0 {
			t.Errorf("%+v, was %+v", n, s)
		}
		b.stop(t)
		if n := b.engine.Stats().Queued; n != 0 {
			t.Errorf("%d octets counted after the end", n)
		}
	})
}

// A slow reader is not a stalled one.
func TestSlowReader(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{open: func(c *loop.Conn) {
			_, _ = c.Write(make([]byte, 300_000))
			c.CloseAfterFlush()
		}}
		b, nc := one(t, loop.Config{}, s)
		for got := 0; got < 300_000; {
			time.Sleep(time.Second)
			n, err := nc.Read(make([]byte, 5000))
			if err != nil {
				t.Fatalf("after %d octets: %v", got, err)
			}
			got += n
		}
		b.stop(t)
		if s.why != nil {
			t.Errorf("closed: %v", s.why)
		}
	})
}

func TestWritable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{}
		s.open = func(c *loop.Conn) { _, _ = c.Write(make([]byte, 200_000)) }
		s.writable = func(c *loop.Conn) {
			if n := c.Pending(); n > 10_000 {
				t.Errorf("%d octets pending in Writable", n)
			}
			_, _ = c.Write([]byte("end"))
		}
		b, nc := one(t, loop.Config{HighWater: 100_000, LowWater: 10_000}, s)
		mustWrite(t, nc, []byte("early"))
		synctest.Wait()
		if s.seen("Data") || s.seen("Writable") {
			t.Errorf("events above the mark: %v", s.events)
		}
		got := mustRead(t, nc, 200_003)
		if string(got[200_000:]) != "end" {
			t.Errorf("got %q behind", got[200_000:])
		}
		synctest.Wait()
		if !s.seen("Data") {
			t.Error("reading did not go on")
		}
		b.stop(t)
	})
}

func TestCeiling(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{}
		s.open = func(c *loop.Conn) {
			if _, err := c.Write(make([]byte, 1001)); err != loop.ErrOverflow {
				t.Errorf("Write: %v", err)
			}
			if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Write after overflow: %v", err)
			}
		}
		b, _ := one(t, loop.Config{HighWater: 100, Ceiling: 1000}, s)
		synctest.Wait()
		if s.reason() != loop.ErrOverflow || b.engine.Stats().Overflows != 1 {
			t.Errorf("closed: %v", s.reason())
		}
		b.stop(t)
	})
}

func TestInputLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{data: func(*loop.Conn, []byte) (int, error) { return 0, nil }}
		b, nc := one(t, loop.Config{InputLimit: 10_000}, s)
		mustWrite(t, nc, make([]byte, 10_000))
		synctest.Wait()
		if s.seen("Closed") {
			t.Fatalf("closed at the limit: %v", s.reason())
		}
		mustWrite(t, nc, []byte("x"))
		synctest.Wait()
		if s.reason() != loop.ErrInput {
			t.Errorf("closed: %v", s.reason())
		}
		b.stop(t)
	})
}

func TestDataThatConsumesTooMuch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{data: func(_ *loop.Conn, b []byte) (int, error) { return len(b) + 1, nil }}
		b, nc := one(t, loop.Config{}, s)
		mustWrite(t, nc, []byte("x"))
		synctest.Wait()
		var p *loop.PanicError
		if !errors.As(s.reason(), &p) {
			t.Errorf("closed: %v", s.reason())
		}
		b.stop(t)
	})
}

// What was left unconsumed comes again after ResumeRead, without new octets, and nothing comes in between.
func TestPauseRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var got []string
		s := &script{}
		s.data = func(c *loop.Conn, b []byte) (int, error) {
			got = append(got, string(b))
			c.PauseRead()
			return 1, nil
		}
		s.message = func(c *loop.Conn, _ any) { c.ResumeRead() }
		var conn *loop.Conn
		s.open = func(c *loop.Conn) { conn = c }
		b, nc := one(t, loop.Config{}, s)
		mustWrite(t, nc, []byte("abc"))
		synctest.Wait()
		mustWrite(t, nc, []byte("d"))
		synctest.Wait()
		for range 3 {
			if err := conn.Post("go"); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		if diff := cmp.Diff([]string{"abc", "bc", "c", "d"}, got); diff != "" {
			t.Error(diff)
		}
		b.stop(t)
	})
}

// A message that pauses while octets have been read but not yet offered holds them back.
func TestPauseReadOvertakes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var conn *loop.Conn
		var got []string
		gate := make(chan struct{})
		s := &script{}
		s.open = func(c *loop.Conn) { conn = c }
		s.data = func(_ *loop.Conn, b []byte) (int, error) {
			got = append(got, string(b))
			return len(b), nil
		}
		s.message = func(c *loop.Conn, m any) {
			<-gate
			c.PauseRead()
		}
		b, nc := one(t, loop.Config{}, s)
		synctest.Wait()
		_ = conn.Post("pause")
		synctest.Wait()
		mustWrite(t, nc, []byte("abc"))
		synctest.Wait() // read, and waiting for the strand
		close(gate)
		synctest.Wait()
		if len(got) != 0 {
			t.Errorf("Data while paused: %q", got)
		}
		conn.ResumeRead()
		synctest.Wait()
		if diff := cmp.Diff([]string{"abc"}, got); diff != "" {
			t.Error(diff)
		}
		b.stop(t)
	})
}

func TestPost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var conn *loop.Conn
		var got []any
		gate := make(chan struct{})
		s := &script{}
		s.open = func(c *loop.Conn) { conn = c }
		s.message = func(_ *loop.Conn, m any) {
			if m == 0 {
				<-gate
			}
			got = append(got, m)
		}
		b, _ := one(t, loop.Config{MaxPosts: 2}, s)
		synctest.Wait()
		for i := range 3 {
			if err := conn.Post(i); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		if err := conn.Post(3); err != loop.ErrBusy {
			t.Errorf("Post above the limit: %v", err)
		}
		if err := conn.Deliver(3); err != loop.ErrBusy {
			t.Errorf("Deliver above the limit: %v", err)
		}
		close(gate)
		synctest.Wait()
		_ = conn.Deliver(4) // runs here
		if diff := cmp.Diff([]any{0, 1, 2, 4}, got); diff != "" {
			t.Error(diff)
		}
		b.stop(t)
		if err := conn.Post(5); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Post after the end: %v", err)
		}
	})
}

func TestContext(t *testing.T) {
	reason := errors.New("reason")
	for _, end := range []struct {
		how   string
		end   func(c *loop.Conn)
		cause error
	}{
		{"close", (*loop.Conn).CloseAfterFlush, loop.ErrClosed},
		{"abort", func(c *loop.Conn) { c.Abort(reason) }, reason},
		{"abort without a reason", func(c *loop.Conn) { c.Abort(nil) }, loop.ErrAborted},
		{"close, then abort", func(c *loop.Conn) { c.CloseAfterFlush(); c.Abort(reason) }, reason},
	} {
		t.Run(end.how, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var ctx context.Context
				var conn *loop.Conn
				s := &script{open: func(c *loop.Conn) { conn, ctx = c, c.Context() }}
				s.message = func(c *loop.Conn, _ any) { end.end(c) } // one event: nothing comes between two calls
				b, _ := one(t, loop.Config{}, s)
				synctest.Wait()
				if ctx.Err() != nil {
					t.Fatal("cancelled early")
				}
				if err := conn.Post(nil); err != nil {
					t.Fatal(err)
				}
				<-ctx.Done()
				if got := context.Cause(ctx); got != end.cause {
					t.Errorf("cause %v, want %v", got, end.cause)
				}
				b.stop(t)
				if conn.Context() != ctx {
					t.Error("another context after the end")
				}
			})
		})
	}
}

// Without a use of it before the end, the context of a connection that is over is cancelled from the start.
func TestContextAfterTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var conn *loop.Conn
		s := &script{open: func(c *loop.Conn) { conn = c; c.CloseAfterFlush() }}
		b, _ := one(t, loop.Config{}, s)
		synctest.Wait()
		b.stop(t)
		if got := context.Cause(conn.Context()); got != loop.ErrClosed {
			t.Errorf("cause %v", got)
		}
	})
}

func TestPanicIsConfined(t *testing.T) {
	value := errors.New("oops")
	for name, s := range map[string]*script{
		"Open":    {open: func(*loop.Conn) { panic(value) }},
		"Data":    {data: func(*loop.Conn, []byte) (int, error) { panic(value) }},
		"End":     {end: func(*loop.Conn, []byte) { panic(value) }},
		"Timer":   {open: func(c *loop.Conn) { c.After(1, time.Second) }, timer: func(*loop.Conn, int) { panic(value) }, end: func(*loop.Conn, []byte) {}},
		"Message": {open: func(c *loop.Conn) { _ = c.Post(1) }, message: func(*loop.Conn, any) { panic(value) }},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s.t = t
				other := &script{t: t, data: echo}
				sessions := []loop.Session{other, s}
				b := serve(t, loop.Config{}, func() loop.Session {
					next := sessions[0]
					sessions = sessions[1:]
					return next
				})
				good := b.dial(t)
				synctest.Wait()
				bad := b.dial(t)
				_, _ = bad.Write([]byte("x"))
				_ = bad.CloseWrite()
				time.Sleep(time.Second)
				synctest.Wait()
				var p *loop.PanicError
				if !errors.As(s.reason(), &p) || !errors.Is(s.reason(), value) || !bytes.Contains(p.Stack, []byte("conn_test.go")) {
					t.Errorf("closed: %v", s.reason())
				}
				if n := b.engine.Stats().Panics; n != 1 {
					t.Errorf("%d panics counted", n)
				}
				mustWrite(t, good, framed([]byte("alive")))
				mustRead(t, good, 9)
				b.stop(t)
			})
		})
	}
}

func TestPanicInClosed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{open: func(c *loop.Conn) { c.CloseAfterFlush() }, closed: func(*loop.Conn, error) { panic("late") }}
		b, _ := one(t, loop.Config{}, s)
		synctest.Wait()
		b.stop(t)
		if n := b.engine.Stats().Panics; n != 1 {
			t.Errorf("%d panics counted", n)
		}
	})
}

// After Closed everything is harmless.
func TestAfterTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var conn *loop.Conn
		s := &script{open: func(c *loop.Conn) { conn = c; c.CloseAfterFlush() }}
		b, _ := one(t, loop.Config{}, s)
		synctest.Wait()
		b.stop(t)
		if _, err := conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Write: %v", err)
		}
		conn.After(1, time.Second)
		conn.Cancel(1)
		conn.PauseRead()
		conn.ResumeRead()
		conn.CloseAfterFlush()
		conn.Abort(nil)
		if n := conn.Pending(); n != 0 {
			t.Errorf("%d octets pending", n)
		}
	})
}
