package loop_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Sessions are told to leave at Config.DrainRate, so that their peers do not come back all at once, but within half of the time there is.
func TestDrainIsSpread(t *testing.T) {
	for name, run := range map[string]struct {
		within, first, last time.Duration
	}{
		"without a deadline": {0, 0, 1990 * time.Millisecond},
		"in little time":     {time.Second, 0, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var start time.Time
				var mu sync.Mutex
				var told []time.Duration
				b := serve(t, loop.Config{DrainRate: 100}, func() loop.Session {
					return &script{t: t, drain: func(c *loop.Conn) {
						mu.Lock()
						told = append(told, time.Since(start))
						mu.Unlock()
						c.Abort(nil)
					}}
				})
				for range 200 {
					b.dial(t)
				}
				synctest.Wait()
				ctx := context.Background()
				if run.within > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, run.within)
					defer cancel()
				}
				start = time.Now()
				if err := b.engine.Drain(ctx); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if len(told) != 200 || told[0] != run.first || told[199] < run.last*8/10 || told[199] > run.last {
					t.Errorf("%d told, the first after %v, the last after %v", len(told), told[0], told[len(told)-1])
				}
				b.stop(t)
			})
		})
	}
}

// A connection whose peer has ended does not live for ever, whatever its session does.
func TestHalfOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{end: func(*loop.Conn, []byte) {}}
		b, nc := one(t, loop.Config{HalfOpen: time.Minute}, s)
		_ = nc.CloseWrite()
		time.Sleep(time.Minute - time.Nanosecond)
		synctest.Wait()
		if s.seen("Closed") {
			t.Error("closed early")
		}
		time.Sleep(2 * time.Nanosecond)
		mustReadAll(t, nc)
		if !errors.Is(s.reason(), loop.ErrHalfOpen) {
			t.Errorf("closed: %v", s.reason())
		}
		b.stop(t)
	})
}

// A connection that has been idle for some time has a new reading goroutine, and is served as before.
func TestIdleConnectionIsRenewed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{data: echo}
		b, nc := one(t, loop.Config{}, s)
		for range 5 {
			mustWrite(t, nc, framed([]byte("whole")))
			mustRead(t, nc, 9)
			mustWrite(t, nc, []byte("\x00\x00\x00"))
			time.Sleep(10 * time.Second) // in the middle of a frame
			mustWrite(t, nc, []byte("\x01x"))
			mustRead(t, nc, 5)
			time.Sleep(10 * time.Second)
		}
		_ = nc.CloseWrite()
		mustReadAll(t, nc)
		b.stop(t)
		if s.why != nil {
			t.Errorf("closed: %v", s.why)
		}
	})
}

// Full having said so, Writable comes and the rest is offered again, even when the queue has shrunk before anyone looked.
func TestFullIsKept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{}
		s.data = func(c *loop.Conn, b []byte) (int, error) {
			if len(b) == 2 {
				_, _ = c.Write(make([]byte, 150_000))
				if !c.Full() {
					t.Error("not full")
				}
				return 1, nil
			}
			c.CloseAfterFlush()
			return len(b), nil
		}
		b, nc := one(t, loop.Config{HighWater: 100_000, LowWater: 10_000}, s)
		mustWrite(t, nc, []byte("ab"))
		if got := mustReadAll(t, nc); len(got) != 150_000 {
			t.Errorf("got %d octets", len(got))
		}
		b.stop(t)
		if !s.seen("Writable") {
			t.Errorf("events: %v", s.events)
		}
	})
}
