package pool_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/pool"
)

// TestEventLoop has one test for each row of the seed's table, Net::SIP::Dispatcher::Eventloop, under the row's name: what
// package loop has in its place, as pools use it.
func TestEventLoop(t *testing.T) {
	rows := []struct {
		name string
		test func(*testing.T)
	}{
		{"new", loopNew},
		{"addFD", loopAdd},
		{"delFD", loopDelete},
		{"add_timer", loopTimer},
		{"looptime", loopTime},
		{"loop", loopRun},
		{"reset", loopReset},
		{"NoRun", loopNoNesting},
		{"cost", loopCost},
	}
	for _, row := range rows {
		t.Run(row.name, row.test)
	}
}

// events is a session whose events are functions.
type events struct {
	data    func(c *loop.Conn, b []byte) (int, error)
	timer   func(c *loop.Conn, id int)
	message func(c *loop.Conn, m any)
	closed  []error
}

func (e *events) Open(*loop.Conn) {}
func (e *events) Data(c *loop.Conn, b []byte) (int, error) {
	if e.data == nil {
		return len(b), nil
	}
	return e.data(c, b)
}
func (e *events) End(c *loop.Conn, _ []byte) { c.CloseAfterFlush() }
func (e *events) Writable(*loop.Conn)        {}
func (e *events) Timer(c *loop.Conn, id int) {
	if e.timer != nil {
		e.timer(c, id)
	}
}

func (e *events) Message(c *loop.Conn, m any) {
	switch m := m.(type) {
	case func(*loop.Conn):
		m(c)
	default:
		e.message(c, m)
	}
}
func (e *events) Closed(_ *loop.Conn, why error) { e.closed = append(e.closed, why) }

// loopNew: the zero config makes a loop, it serves nothing yet, and one loop serves many pools.
func loopNew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := loop.NewGoroutines(loop.Config{})
		if diff := cmp.Diff(loop.Stats{}, e.Stats()); diff != "" {
			t.Error(diff)
		}
		for i := range 3 {
			w := newWorld()
			r := prepare(t, w, pool.Config{})
			if err := r.pool.Attach(e, r); err != nil {
				t.Fatal(err)
			}
			write(t, r.peer("10.0.0.2:1"), wire("REQ 1", ""))
			r.one()
			if n := e.Stats().Accepted; n != uint64(i+1) {
				t.Errorf("%d accepted", n)
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// loopAdd: input is offered until it is consumed (level-triggered), to the one session of its connection.
func loopAdd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a, b := looptest.Pipe(0)
		e := loop.NewGoroutines(loop.Config{})
		var offers []string
		s := &events{data: func(_ *loop.Conn, b []byte) (int, error) {
			offers = append(offers, string(b))
			return len(b) / 2, nil
		}}
		if _, err := e.Attach(t.Context(), a, nil, s); err != nil {
			t.Fatal(err)
		}
		write(t, b, "abcd")
		write(t, b, "ef")
		synctest.Wait()
		if diff := cmp.Diff([]string{"abcd", "cdef"}, offers); diff != "" {
			t.Error(diff)
		}
		_ = e.Close()
		_ = b.Close()
	})
}

// loopDelete: once reading is paused nothing is delivered, not even what has been read already.
func loopDelete(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc := r.peer("10.0.0.2:1")
		r.receive = func(pool.Message, pool.From) { r.pool.Detach() }
		write(t, nc, wire("REQ 1", "")+wire("REQ 2", ""))
		if got := r.one(); got.text != wire("REQ 1", "") {
			t.Errorf("got %q", got.text)
		}
		time.Sleep(time.Hour)
		if got := r.take(); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

// loopTimer: a timer fires once; arming it again moves it; cancelled it does not fire even when it is due; repetition is arming it again
// from its own event, and a stall does not make it fire repeatedly.
func loopTimer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		begin := time.Now()
		var fired []string
		s := &events{}
		s.timer = func(c *loop.Conn, id int) {
			fired = append(fired, fmt.Sprintf("%d at %v", id, time.Since(begin)))
			switch id {
			case 1:
				c.Cancel(2) // due at the same instant
				c.After(1, time.Second)
			case 4:
				time.Sleep(10 * time.Second) // an event that takes far too long
				c.Cancel(1)
			}
		}
		f := loop.NewFeed(s, loop.Config{})
		_ = f.Conn().Deliver(func(c *loop.Conn) {
			c.After(1, time.Second)
			c.After(2, time.Second)
			c.After(3, time.Millisecond)
			c.After(3, 1500*time.Millisecond)
			c.After(4, 3500*time.Millisecond)
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []string{"1 at 1s", "3 at 1.5s", "1 at 2s", "1 at 3s", "4 at 3.5s"}
		if diff := cmp.Diff(want, fired); diff != "" {
			t.Error(diff)
		}
		f.Conn().Abort(nil)
		synctest.Wait()
	})
}

// loopTime: instants are counted on the monotonic clock, which nobody sets: the seed's timers followed the wall clock. What the
// clock of a connection says is exact.
func loopTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		begin := time.Now()
		var at []time.Duration
		s := &events{timer: func(c *loop.Conn, id int) {
			at = append(at, time.Since(begin))
			if id < 3 {
				c.After(id+1, time.Second)
			}
		}}
		f := loop.NewFeed(s, loop.Config{})
		_ = f.Conn().Deliver(func(c *loop.Conn) { c.After(1, time.Second) })
		time.Sleep(time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]time.Duration{time.Second, 2 * time.Second, 3 * time.Second}, at); diff != "" {
			t.Error(diff)
		}
		f.Conn().Abort(nil)
		synctest.Wait()
	})
}

// loopRun: Serve is the loop, it returns when the loop is closed, and Drain is the loop with a time limit.
func loopRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := loop.NewGoroutines(loop.Config{})
		l := looptest.Listen()
		served := make(chan error, 1)
		go func() { served <- e.Serve(l, loop.Service{New: func() loop.Session { return &stubborn{} }}) }()
		nc, err := l.Dial()
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if err := e.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Drain: %v", err)
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("after %v", took)
		}
		if err := <-served; !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Serve: %v", err)
		}
		_ = nc.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// stubborn is a session that does not take its leave.
type stubborn struct{ events }

func (*stubborn) Drain(*loop.Conn) {}

// loopReset: Close drops every connection and timer.
func loopReset(t *testing.T) {
	bubble(t, func(t *testing.T) {
		e := loop.NewGoroutines(loop.Config{})
		a, b := looptest.Pipe(0)
		s := &events{timer: func(*loop.Conn, int) { t.Error("a timer fired") }}
		c, err := e.Attach(t.Context(), a, nil, s)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Deliver(func(c *loop.Conn) { c.After(1, time.Second) })
		synctest.Wait()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(s.closed) != 1 || !errors.Is(s.closed[0], loop.ErrClosed) {
			t.Errorf("closed %v", s.closed)
		}
		if _, err := e.Attach(t.Context(), b, nil, s); !errors.Is(err, loop.ErrClosed) {
			t.Errorf("Attach: %v", err)
		}
	})
}

// loopNoNesting: events of a session do not nest, as the seed's stacked loops did: what an event posts comes after it.
func loopNoNesting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var order []string
		s := &events{}
		s.message = func(c *loop.Conn, m any) {
			order = append(order, fmt.Sprint("begin ", m))
			if m == 1 {
				_ = c.Post(2)
				synctestYield()
			}
			order = append(order, fmt.Sprint("end ", m))
		}
		f := loop.NewFeed(s, loop.Config{})
		_ = f.Conn().Deliver(1)
		synctest.Wait()
		if diff := cmp.Diff([]string{"begin 1", "end 1", "begin 2", "end 2"}, order); diff != "" {
			t.Error(diff)
		}
		f.Conn().Abort(nil)
		synctest.Wait()
	})
}

// synctestYield gives every other goroutine the chance to do what it should not.
func synctestYield() { time.Sleep(time.Second) }

// loopCost: more connections than select has bits, and arming a timer again, as each message does, costs no memory.
func loopCost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{Limits: pool.Limits{MaxConnsPerPeer: 3000}})
		for i := range 2000 {
			nc, err := r.world.dialFrom(t.Context(), fmt.Sprintf("10.0.0.2:%d", i+1), home)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			write(t, nc, wire("REQ 1", ""))
		}
		if n := len(r.take()); n != 2000 {
			t.Errorf("%d messages", n)
		}
	})
	f := loop.NewFeed(&events{}, loop.Config{})
	_ = f.Conn().Deliver(func(c *loop.Conn) {
		c.After(1, time.Hour)
		if n := testing.AllocsPerRun(1000, func() { c.After(1, time.Hour) }); n != 0 {
			t.Errorf("%v allocations to arm a timer again", n)
		}
	})
	f.Conn().Abort(nil)
}
