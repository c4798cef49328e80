package loop_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/loop"
)

// firing is a timer's event.
type firing struct {
	ID int
	At time.Duration
}

func TestTimers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var start time.Time
		var got []firing
		s := &script{}
		s.open = func(c *loop.Conn) {
			start = time.Now()
			c.After(1, 10*time.Second)
			c.After(2, 5*time.Second)
			c.After(3, 20*time.Second)
			c.After(4, 5*time.Second)
			c.Cancel(4)
			c.Cancel(99)
			c.After(1, 30*time.Second) // pushed forward
			c.After(3, 7*time.Second)  // pulled back
		}
		s.timer = func(c *loop.Conn, id int) {
			got = append(got, firing{id, time.Since(start).Round(time.Millisecond)})
			if id == 2 && len(got) < 3 {
				c.After(2, time.Second)
			}
		}
		b, _ := one(t, loop.Config{}, s)
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []firing{{2, 5 * time.Second}, {2, 6 * time.Second}, {3, 7 * time.Second}, {2, 7 * time.Second}, {1, 30 * time.Second}}
		// 2 and 3 are due at the same time but for the nanoseconds of arming.
		if len(got) == 5 && got[2].ID == 2 {
			got[2], got[3] = got[3], got[2]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		b.stop(t)
	})
}

// A timer whose time has come while another event is running can still be cancelled by it.
func TestCancelOfDueTimer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{}
		s.open = func(c *loop.Conn) {
			c.After(1, time.Second)
			c.After(2, time.Second)
			time.Sleep(900 * time.Millisecond)
		}
		s.timer = func(c *loop.Conn, id int) {
			if id != 1 {
				t.Errorf("timer %d fired", id)
			}
			c.Cancel(2)
		}
		b, _ := one(t, loop.Config{}, s)
		time.Sleep(time.Minute)
		synctest.Wait()
		if !s.seen("Timer") {
			t.Error("timer 1 did not fire")
		}
		b.stop(t)
	})
}

// When the process was stopped, or an event took very long, input that has arrived meanwhile counts before the deadline does.
func TestLateTimerLetsInputComeFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &script{}
		block := make(chan struct{})
		s.open = func(c *loop.Conn) {
			c.After(1, time.Second)
			<-block
		}
		s.data = func(c *loop.Conn, b []byte) (int, error) {
			c.After(1, time.Minute)
			return len(b), nil
		}
		s.timer = func(c *loop.Conn, _ int) { c.Abort(nil) }
		b, nc := one(t, loop.Config{}, s)
		time.Sleep(30 * time.Second)
		mustWrite(t, nc, []byte("I was in time"))
		close(block)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if s.seen("Closed") {
			t.Errorf("events: %v", s.events)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !s.seen("Closed") {
			t.Error("the deadline never counted")
		}
		b.stop(t)
	})
}

// Slowloris: a deadline on the frame, armed with its first octet, is not pushed forward by the others.
func TestFrameDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const id = 1
		waiting := false
		s := &script{}
		s.data = func(c *loop.Conn, b []byte) (int, error) {
			n, err := echo(c, b)
			if n > 0 {
				c.Cancel(id)
				waiting = false
			}
			if n < len(b) && !waiting {
				waiting = true
				c.After(id, 10*time.Second)
			}
			return n, err
		}
		s.timer = func(c *loop.Conn, _ int) { c.Abort(nil) }
		b, nc := one(t, loop.Config{}, s)
		mustWrite(t, nc, framed([]byte("in time")))
		mustRead(t, nc, 11)
		start := time.Now()
		for _, octet := range framed(make([]byte, 100)) {
			if _, err := nc.Write([]byte{octet}); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("cut after %v", took)
		}
		b.stop(t)
	})
}
