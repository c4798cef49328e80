package loop_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A connection holds little more than what has arrived of a long frame, and nothing once it has been consumed.
func TestKeptInput(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		const size = 1_000_000
		kept := make(chan int64)
		var serving atomic.Pointer[server] // set before anybody connects
		s := listen(t, at, loop.Config{}, func() loop.Session {
			f := &script{t: t}
			f.data = func(c *loop.Conn, b []byte) (int, error) {
				switch len(b) {
				case size:
					_ = c.Post(nil) // it comes when the rest has been kept
				case size + 1:
					_ = c.Post(nil)
					return len(b), nil
				}
				return 0, nil
			}
			f.message = func(*loop.Conn, any) { kept <- serving.Load().engine.Stats().Kept }
			return f
		})
		serving.Store(s)
		nc := s.dial(t)
		mustWrite(t, nc, make([]byte, size))
		if n := <-kept; n < size || n > size*5/4+64<<10 {
			t.Errorf("%d octets hold %d", n, size)
		}
		mustWrite(t, nc, []byte{1})
		if n := <-kept; n != 0 {
			t.Errorf("%d octets hold nothing", n)
		}
	})
}

// Many peers that never finish a long frame share one budget, and those who send short ones do not notice.
func TestInputBudget(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		const budget, crowd, size = 4 << 20, 32, 1 << 20
		var most, refused atomic.Int64
		var serving atomic.Pointer[server] // set before anybody connects
		s := listen(t, at, loop.Config{InputBudget: budget}, func() loop.Session {
			return &script{
				t: t,
				data: func(c *loop.Conn, b []byte) (int, error) {
					if n := serving.Load().engine.Stats().Kept; n > most.Load() {
						most.Store(n)
					}
					return echo(c, b)
				},
				closed: func(_ *loop.Conn, why error) {
					if errors.Is(why, loop.ErrInputBudget) {
						refused.Add(1)
					}
				},
			}
		})
		serving.Store(s)
		bystander := s.dial(t)
		var senders sync.WaitGroup
		for range crowd {
			nc := s.dial(t)
			senders.Go(func() {
				_, _ = nc.Write(framed(make([]byte, size))[:size])
			})
		}
		senders.Wait()
		mustWrite(t, bystander, framed([]byte("served")))
		if got := string(mustRead(t, bystander, 10)[4:]); got != "served" {
			t.Errorf("got %q", got)
		}
		await(t, "some are refused", func() bool { return refused.Load() > 0 }) // those who are read last
		_ = s.engine.Close()                                                    // it waits for Closed, and may overtake a refusal
		// Each may come up to its even part although the budget is used up, and has some room to grow.
		if n := most.Load(); n < budget/2 || n > 2*budget*5/4+crowd*64<<10 {
			t.Errorf("%d octets were held, budget %d", n, budget)
		}
		if n := s.engine.Stats(); refused.Load() == 0 || n.InputRefused < uint64(refused.Load()) || n.Kept != 0 {
			t.Errorf("%d refused: %+v", refused.Load(), n)
		}
	})
}
