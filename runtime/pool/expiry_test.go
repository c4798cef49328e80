package pool_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/pool"
)

// stays wants a connection to be open until d from now, and closed at once after.
func stays(t *testing.T, nc net.Conn, d time.Duration) {
	t.Helper()
	time.Sleep(d - instant)
	synctest.Wait()
	if !open(t, nc) {
		t.Errorf("closed within %v", d)
	}
	time.Sleep(instant)
	synctest.Wait()
	if open(t, nc) {
		t.Errorf("open after %v", d)
	}
}

// The clock of idleness starts anew with an accepted or made connection, each message, each keep-alive, each write; not with parts of a
// message.
func testIdleStamp(t *testing.T) {
	for _, tt := range []struct {
		name    string
		do      func(r *rig, nc net.Conn)
		counted bool
	}{
		{"accept", func(*rig, net.Conn) {}, false},
		{"part of a message", func(r *rig, nc net.Conn) { write(r.t, nc, "REQ 1\r\nl: 1") }, false},
		{"message", func(r *rig, nc net.Conn) { write(r.t, nc, wire("REQ 1", "")) }, true},
		{"rest of a message", func(r *rig, nc net.Conn) { write(r.t, nc, "REQ 1\r\nl: 1\r\n\r\n"); write(r.t, nc, "b") }, true},
		{"keep-alive", func(r *rig, nc net.Conn) { write(r.t, nc, "\r\n\r\n"); read(r.t, nc, "\r\n") }, true},
		{"write", func(r *rig, nc net.Conn) {
			r.send(message("REQ 1"), to("10.0.0.2:1"))
			read(r.t, nc, wire("REQ 1", ""))
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, newWorld(), pool.Config{})
				nc := r.peer("10.0.0.2:1")
				time.Sleep(time.Minute)
				tt.do(r, nc)
				if tt.counted {
					stays(t, nc, 2*time.Minute)
				} else {
					stays(t, nc, time.Minute)
				}
			})
		})
	}
	t.Run("made", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			l := w.listen("10.0.0.2:1")
			r := start(t, w, pool.Config{})
			r.send(message("REQ 1"), to("10.0.0.2:1"))
			nc := l.next(t)
			read(t, nc, wire("REQ 1", ""))
			stays(t, nc, 2*time.Minute)
		})
	})
}

func testExpiryFormula(t *testing.T) {
	for n, want := range map[int]time.Duration{
		2: 120 * time.Second, 3: 67500 * time.Millisecond, 8: 30 * time.Second, 22: 20 * time.Second,
		107: 15*time.Second + 105*time.Second/106, 1000: 15*time.Second + 105*time.Second/999,
	} {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{})
			var last net.Conn
			for i := range n - 1 {
				nc, err := r.world.dialFrom(t.Context(), fmt.Sprintf("10.0.%d.2:1", i/100), home)
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				last = nc
			}
			synctest.Wait()
			if got := r.pool.Stats().Sockets; got != n {
				t.Fatalf("%d sockets, want %d", got, n)
			}
			if got := r.pool.Expiry(); got != want {
				t.Errorf("%d sockets: %v, want %v", n, got, want)
			}
			stays(t, last, want)
			if s := r.pool.Stats(); s.Expired != uint64(n-1) || s.Sockets != 1 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// The clock is exact (the seed's went in steps of eight seconds): it follows every change of n, and jitter is on top.
func testExpiryTimer(t *testing.T) {
	t.Run("n grows", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{})
			first := r.peer("10.0.0.2:1")
			time.Sleep(time.Minute)
			second := r.peer("10.0.0.2:2")
			stays(t, first, 7500*time.Millisecond)                        // 67.5 s in all
			stays(t, second, 2*time.Minute-7500*time.Millisecond-instant) // alone again
		})
	})
	t.Run("n shrinks", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{})
			first, second := r.peer("10.0.0.2:1"), r.peer("10.0.0.2:2")
			time.Sleep(time.Minute)
			_ = second.Close()
			stays(t, first, time.Minute)
		})
	})
	t.Run("an attempt counts", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			w.hang["10.0.0.3:1"] = true
			r := start(t, w, pool.Config{})
			nc := r.peer("10.0.0.2:1")
			time.Sleep(65 * time.Second)
			f := r.send(message("REQ 1"), to("10.0.0.3:1"))
			stays(t, nc, 2500*time.Millisecond)
			time.Sleep(10 * time.Second)
			r.check(f, pool.ErrConnectTimeout)
		})
	})
	t.Run("jitter", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{Limits: pool.Limits{MinExpire: time.Minute, MaxExpire: time.Minute, ExpireJitter: time.Minute}})
			for i := range 200 {
				r.peer(fmt.Sprintf("10.0.0.2:%d", i+1))
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			if n := r.pool.Stats().Expired; n != 0 {
				t.Errorf("%d expired before their time", n)
			}
			time.Sleep(30 * time.Second)
			synctest.Wait()
			if n := r.pool.Stats().Expired; n < 50 || n > 150 {
				t.Errorf("%d of 200 expired after half of the jitter", n)
			}
			time.Sleep(30*time.Second + instant)
			synctest.Wait()
			if n := r.pool.Stats().Expired; n != 200 {
				t.Errorf("%d expired at the end", n)
			}
		})
	})
}

// The seed dropped what was queued, said no goodbye and called nobody.
func testCloseOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{Limits: pool.Limits{MinExpire: time.Second, MaxExpire: time.Second}})
		nc := r.peer("10.0.0.2:1")
		write(t, nc, wire("REQ 1", ""))
		flow := r.one().from.Flow
		data := make([]byte, 10<<10)
		f := r.send(pool.Message{Data: data}, pool.Route{Flow: flow})
		time.Sleep(2 * time.Second) // it expires with output queued
		synctest.Wait()
		if n := r.pool.Stats().Expired; n != 1 {
			t.Errorf("%d expired", n)
		}
		read(t, nc, string(data))
		readEnd(t, nc)
		r.check(f, nil)
		if why := r.ends(flow); len(why) != 1 || !errors.Is(why[0], pool.ErrExpired) {
			t.Errorf("ended with %v", why)
		}
		if s := r.pool.Stats(); s.Requests != 0 || s.Sockets != 1 {
			t.Errorf("left: %+v", s)
		}
	})
}

func testConnectionLimits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		w.listen("10.0.0.9:1")
		r := start(t, w, pool.Config{Limits: pool.Limits{MaxConns: 4, MaxConnsPerPeer: 2}})
		a, b := r.peer("10.0.0.2:1"), r.peer("10.0.0.2:2")
		readEnd(t, r.peer("10.0.0.2:3")) // one too many of this peer
		c := r.peer("10.0.0.3:1")
		r.check(r.send(message("REQ 1"), to("10.0.0.9:1")), nil)
		readEnd(t, r.peer("10.0.0.4:1")) // one too many of all
		r.check(r.send(message("REQ 2"), to("10.0.0.5:1")), pool.ErrLimit)
		for _, nc := range []net.Conn{a, b, c} {
			if !open(t, nc) {
				t.Error("closed")
			}
		}
		if n := r.pool.Stats().OverLimit; n != 3 {
			t.Errorf("%d over the limit", n)
		}
		_ = a.Close()
		synctest.Wait()
		if nc := r.peer("10.0.0.2:4"); !open(t, nc) {
			t.Error("there is room again")
		}
	})
}

// FAULTS 7: a peer that has ended its side gets the replies it is owed, and the connection is closed then.
func TestHalfClose(t *testing.T) {
	half := func(t *testing.T, r *rig, in string) (net.Conn, pool.Flow) {
		nc := r.peer("10.0.0.2:1")
		write(t, nc, in)
		flow := r.one().from.Flow
		if err := nc.(*memConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		return nc, flow
	}
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc, flow := half(t, r, wire("REQ 1", ""))
		time.Sleep(5 * time.Second)
		r.check(r.send(message("PRV 1"), pool.Route{Flow: flow}), nil)
		r.check(r.send(message("REQ 2"), pool.Route{Flow: flow, NoDial: true}), errAny) // no answer could come
		r.check(r.send(message("RES 1"), pool.Route{Flow: flow}), nil)
		read(t, nc, wire("PRV 1", "")+wire("RES 1", ""))
		readEnd(t, nc)
		if why := r.ends(flow); len(why) != 1 || !errors.Is(why[0], io.EOF) {
			t.Errorf("ended with %v", why)
		}
	})
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc, _ := half(t, r, wire("REQ 1", ""))
		stays(t, nc, 10*time.Second-instant) // a timer of the loop comes at its instant, not after
	})
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{Limits: pool.Limits{HalfClose: -1}})
		nc, _ := half(t, r, wire("REQ 1", ""))
		time.Sleep(2 * instant)
		readEnd(t, nc)
	})
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc, _ := half(t, r, wire("RES 1", ""))
		readEnd(t, nc) // nothing is owed
	})
}
