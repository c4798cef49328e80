package loop_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/loop"
)

// A flusher is a script that is told when its output has left.
type flusher struct {
	script
	flushed func(c *loop.Conn)
}

func (f *flusher) Flushed(c *loop.Conn) {
	defer f.enter("Flushed")()
	if n := c.Pending(); n != 0 {
		f.t.Errorf("Flushed with %d octets pending", n)
	}
	if f.flushed != nil {
		f.flushed(c)
	}
}

// Flushed comes once the peer's system has all of the output: not before, however much it is, and once for each time.
func TestFlushed(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		const large = 24 << 20 // more than the buffers of a socket
		flushed, ended := make(chan string, 10), make(chan struct{})
		s := listen(t, at, loop.Config{Ceiling: 2 * large}, func() loop.Session {
			f := &flusher{script: script{t: t, done: ended}}
			asked := ""
			f.data = func(c *loop.Conn, b []byte) (int, error) {
				asked = string(b)
				n := 1
				if asked == "L" {
					n = large
				}
				_, err := c.Write(make([]byte, n))
				return len(b), err
			}
			f.flushed = func(*loop.Conn) { flushed <- asked }
			return f
		})
		nc := s.dial(t)
		for _, request := range []string{"s", "L", "t"} {
			mustWrite(t, nc, []byte(request))
			mustRead(t, nc, 1)
			if request == "L" {
				select {
				case <-flushed:
					t.Error("flushed while the peer does not read")
				default:
				}
				mustRead(t, nc, large-1)
			}
			if got := <-flushed; got != request {
				t.Errorf("flushed after %q, want %q", got, request)
			}
		}
		_ = nc.Close()
		<-ended
		if n := len(flushed); n != 0 {
			t.Errorf("flushed %d times more", n)
		}
	})
}

// What Flushed writes makes it come again, behind the events that wait; and it does not come once the session has closed.
func TestFlushedGoesOn(t *testing.T) {
	var order []string
	f := &flusher{script: script{t: t}}
	f.data = func(c *loop.Conn, b []byte) (int, error) {
		_, _ = c.Write(b)
		_ = c.Post("posted by Data")
		return len(b), nil
	}
	f.message = func(_ *loop.Conn, m any) { order = append(order, m.(string)) }
	f.flushed = func(c *loop.Conn) {
		order = append(order, "flushed")
		if len(order) > 4 {
			_, _ = c.Write([]byte("end"))
			c.CloseAfterFlush()
			return
		}
		_, _ = c.Write([]byte("more"))
		_ = c.Post("posted by Flushed")
	}
	feed := loop.NewFeed(f, loop.Config{})
	feed.Input([]byte("a"))
	want := []string{"posted by Data", "flushed", "posted by Flushed", "flushed", "posted by Flushed", "flushed"}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
	if got := string(feed.Output()); got != "amoremoreend" || !feed.Closed() {
		t.Errorf("output %q, closed %v", got, feed.Closed())
	}
}

// What has left is told of even if the connection is aborted before that; what has not left is not.
func TestFlushedBeforeTheEnd(t *testing.T) {
	for _, test := range []struct {
		name string
		last string // written by the event that aborts
		want []string
	}{
		{"all has left", "", []string{"Open", "Data", "Message", "Flushed", "Closed"}},
		{"not all has left", "more", []string{"Open", "Data", "Message", "Closed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &flusher{script: script{t: t}}
			f.data = func(c *loop.Conn, b []byte) (int, error) {
				_, _ = c.Write(b)
				_ = c.Post(nil) // comes before Flushed
				return len(b), nil
			}
			f.message = func(c *loop.Conn, _ any) {
				_, _ = c.Write([]byte(test.last))
				c.Abort(nil)
			}
			feed := loop.NewFeed(f, loop.Config{})
			feed.Input([]byte("a"))
			if diff := cmp.Diff(test.want, f.events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Without output there is nothing to tell.
func TestFlushedNothing(t *testing.T) {
	f := &flusher{script: script{t: t}}
	f.data = func(c *loop.Conn, b []byte) (int, error) {
		_, _ = c.Write(nil)
		c.After(1, time.Hour)
		return len(b), nil
	}
	feed := loop.NewFeed(f, loop.Config{})
	feed.Input([]byte("a"))
	feed.End()
	if f.seen("Flushed") {
		t.Errorf("events: %v", f.events)
	}
}

// On a connection in memory, which is written to by a goroutine, it comes when the peer has read.
func TestFlushedInMemory(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := &flusher{script: script{t: t}}
		f.data = func(c *loop.Conn, b []byte) (int, error) {
			_, err := c.Write(make([]byte, 1<<20))
			return len(b), err
		}
		var at time.Time
		f.flushed = func(*loop.Conn) { at = time.Now() }
		b := serve(t, loop.Config{}, func() loop.Session { return f })
		nc := b.dial(t)
		mustWrite(t, nc, []byte("a"))
		time.Sleep(3 * time.Second)
		start := time.Now()
		mustRead(t, nc, 1<<20)
		synctest.Wait() // else the end may overtake it
		_ = nc.Close()
		b.stop(t)
		if at != start {
			t.Errorf("flushed at %v, want %v", at, start)
		}
	})
}

// Telling costs no allocation either.
func TestFlushedNoAllocations(t *testing.T) {
	everywhere(t, unixOnly, func(t *testing.T, at site) {
		if raceEnabled {
			t.Skip("the race detector allocates")
		}
		s := listen(t, at, loop.Config{}, func() loop.Session { return allocationFreeFlusher{} })
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

type allocationFreeFlusher struct{ allocationFree }

func (allocationFreeFlusher) Flushed(*loop.Conn) {}
