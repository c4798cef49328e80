package pool_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/pool"
)

// FAULTS 40: the connection a request came in on has gone. The response opens a new one where that is wanted, or fails once; it never
// reaches another peer.
func TestFault40ResponseWithoutConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{})
		nc := r.peer("10.0.0.2:1")
		write(t, nc, wire("REQ 1", ""))
		from := r.one().from
		_ = nc.(*memConn).SetLinger(0)
		_ = nc.Close()
		synctest.Wait()
		var others []net.Conn
		for i := range 50 { // whatever numbers are given anew
			others = append(others, r.peer(fmt.Sprintf("10.0.0.3:%d", i+1)))
		}
		route := from.Route()
		route.NoDial = true
		r.check(r.send(message("RES 1"), route), pool.ErrNoConnection)
		r.check(r.send(message("RES 1"), from.Route()), syscall.ECONNREFUSED)
		time.Sleep(5 * time.Second)
		l := w.listen("10.0.0.2:1")
		r.check(r.send(message("RES 1"), from.Route()), nil)
		read(t, l.next(t), wire("RES 1", ""))
		for _, nc := range others {
			if !open(t, nc) {
				t.Error("another peer was closed")
			}
		}
	})
}

// FAULTS 41: destinations that are a black hole, refuse, or take their time. Each waiter has his own time, there is one attempt, the others
// do not notice.
func TestFault41BadDestinations(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.hang["10.0.0.2:1"] = true
		good := w.listen("10.0.0.4:1")
		r := start(t, w, pool.Config{Dial: func(ctx context.Context, to string) (net.Conn, error) {
			if to == "10.0.0.4:1" {
				return slowDial(w, 9*time.Second)(ctx, to)
			}
			return w.dial(ctx, to)
		}})
		var black, dead, slow []*fate
		for i := range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
			defer cancel()
			black = append(black, r.sendWith(ctx, message("REQ 1"), to("10.0.0.2:1")))
			dead = append(dead, r.sendWith(ctx, message("REQ 2"), to("10.0.0.3:1")))
			slow = append(slow, r.send(message("REQ 3"), to("10.0.0.4:1")))
		}
		begin := time.Now()
		time.Sleep(10*time.Second + instant)
		for i, f := range black {
			if i < 9 {
				r.check(f, context.DeadlineExceeded)
			} else if i > 9 {
				r.check(f, pool.ErrConnectTimeout)
			}
			if took, want := f.at.Sub(begin), min(time.Duration(i+1)*time.Second, 10*time.Second); took != want {
				t.Errorf("waiter %d heard after %v, want %v", i, took, want)
			}
		}
		for _, f := range dead {
			r.check(f, syscall.ECONNREFUSED)
		}
		for _, f := range slow {
			r.check(f, nil)
		}
		good.next(t)
		for _, to := range []string{"10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"} {
			if n := w.dialled(to); n != 1 {
				t.Errorf("%d attempts at %s", n, to)
			}
		}
	})
}

// FAULTS 28 and 30: neither a lack of ports nor a slow DNS stops the pool.
func TestFault28And30ShortageAndSlowNames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		shortage := true
		r := start(t, w, pool.Config{Dial: func(ctx context.Context, to string) (net.Conn, error) {
			if to == "slow.example:1" {
				return slowDial(w, 5*time.Second)(ctx, to)
			}
			if shortage {
				return nil, os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)
			}
			return w.dial(ctx, to)
		}})
		l, slow := w.listen("10.0.0.2:1"), w.listen("slow.example:1")
		nc := r.peer("10.0.0.3:1")
		named := r.send(message("REQ 1"), to("slow.example:1"))
		r.check(r.send(message("REQ 2"), to("10.0.0.2:1")), syscall.EADDRNOTAVAIL)
		write(t, nc, wire("REQ 3", ""))
		r.check(r.send(message("RES 3"), r.one().from.Route()), nil)
		read(t, nc, wire("RES 3", ""))
		shortage = false
		time.Sleep(5 * time.Second)
		r.check(r.send(message("REQ 4"), to("10.0.0.2:1")), nil)
		read(t, l.next(t), wire("REQ 4", ""))
		r.check(named, nil)
		read(t, slow.next(t), wire("REQ 1", ""))
	})
}

// FAULTS 37: pools that lost the same peer at the same instant do not come back at the same instant.
func TestFault37Herd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const dead = "10.0.0.9:1"
		var pools []*rig
		for range 50 {
			r := start(t, newWorld(), pool.Config{})
			r.check(r.send(message("REQ 1"), to(dead)), syscall.ECONNREFUSED)
			pools = append(pools, r)
		}
		back := map[time.Duration]int{}
		seen := make([]bool, len(pools))
		for at := range 21 { // every pool has a message for the peer, all the time
			for i, r := range pools {
				r.send(message("REQ 2"), to(dead))
				synctest.Wait()
				if !seen[i] && r.world.dialled(dead) == 2 {
					seen[i] = true
					back[time.Duration(at)*50*time.Millisecond]++
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		total, most := 0, 0
		for _, n := range back {
			total, most = total+n, max(most, n)
		}
		if total != len(pools) || most > len(pools)/2 {
			t.Errorf("%d came back, at most %d at a time: %v", total, most, back)
		}
	})
}

// FAULTS 5 and 11: connections that come and go leave nothing.
func TestChurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		for i := range 2000 {
			nc, err := r.world.dialFrom(t.Context(), fmt.Sprintf("10.0.0.2:%d", i%60000+1), home)
			if err != nil {
				t.Fatal(err)
			}
			write(t, nc, wire(fmt.Sprint("REQ ", i), "")+"REQ half")
			if i%2 == 0 {
				_ = nc.(*memConn).SetLinger(0)
			}
			_ = nc.Close()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		s := r.pool.Stats()
		if s.Sockets != 1 || s.Requests != 0 || s.Accepted != 2000 || s.Received != 2000 {
			t.Errorf("stats %+v", s)
		}
		if n := r.engine.Stats().Open; n != 0 {
			t.Errorf("%d connections open", n)
		}
	})
}

// A message whose connection ended before anything of it was written goes by another one.
func TestStaleConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("10.0.0.2:1")
		r := start(t, w, pool.Config{})
		nc := r.peer("10.0.0.2:1")
		unstick := make(chan struct{})
		r.receive = func(pool.Message, pool.From) { <-unstick }
		write(t, nc, wire("REQ 1", "")+"garbage\r\n\r\n") // its connection is busy, and then at its end
		f := r.send(message("REQ 2"), to("10.0.0.2:1"))
		r.pending(f)
		close(unstick)
		r.check(f, nil)
		read(t, nc, "RES 400\r\nl: 0\r\n\r\n")
		read(t, l.next(t), wire("REQ 2", ""))
	})
}
