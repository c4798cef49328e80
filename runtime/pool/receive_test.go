package pool_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/pool"
)

func testDelivery(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("10.0.0.9:5060")
		r := start(t, w, pool.Config{})
		nc := r.peer("[::ffff:10.0.0.2]:1") // as a dual-stack listener sees it
		write(t, nc, wire("REQ 1", "body"))
		got := r.one()
		if got.text != wire("REQ 1", "body") {
			t.Errorf("got %q", got.text)
		}
		f := got.from
		if f.Proto != pool.TCP || f.Addr.String() != "10.0.0.2:1" || !f.Addr.Addr().Is4() || f.Local.String() != home || f.Flow == 0 || f.TLS != nil || f.Host != "" {
			t.Errorf("from %+v", f)
		}
		// The way back is that connection, and the name of one we have made.
		r.check(r.send(pool.Message{Data: []byte("x"), Kind: pool.Response}, f.Route()), nil)
		read(t, nc, "x")
		d := to("10.0.0.9:5060")
		d.To.Host = "host.example"
		r.check(r.send(message("REQ 2"), d), nil)
		write(t, l.next(t), wire("RES 2", ""))
		if got := r.one().from; got.Host != "host.example" || got.Route().To != d.To {
			t.Errorf("from %+v", got)
		}
	})
	// A function serves as well.
	bubble(t, func(t *testing.T) {
		r := prepare(t, newWorld(), pool.Config{})
		if err := r.pool.Attach(r.engine, pool.HandlerFunc(r.Receive)); err != nil {
			t.Fatal(err)
		}
		nc := r.peer("10.0.0.2:1")
		write(t, nc, wire("REQ 1", ""))
		r.one()
	})
}

// TCP_READSIZE bounds datagrams too.
func TestDatagramTooLarge(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{Proto: pool.UDP, Limits: pool.Limits{ReadSize: 100}})
		peer := w.udp("10.0.0.2:1")
		fits := wire("REQ 1", strings.Repeat("b", 100-len(wire("REQ 1", ""))-1)) // the length has another digit
		for _, s := range []string{fits + " ", fits} {
			_, _ = peer.WriteToUDPAddrPort([]byte(s), netip.MustParseAddrPort(home))
		}
		if got := r.one(); got.text != fits || len(fits) != 100 {
			t.Errorf("got %q", got.text)
		}
		if n := r.pool.Stats().FrameErrors; n != 1 {
			t.Errorf("%d faults", n)
		}
	})
}

func testReceiveUDP(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{Proto: pool.UDP, Limits: pool.Limits{MaxBody: 70000}})
		peer := w.udp("10.0.0.2:1")
		send := func(s string) {
			t.Helper()
			if _, err := peer.WriteToUDPAddrPort([]byte(s), netip.MustParseAddrPort(home)); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range []string{"", "x", "\r\n\r\n", "twelve octet"} {
			send(s)
		}
		if got := r.take(); len(got) != 0 {
			t.Errorf("keep-alives delivered: %v", got)
		}
		for _, s := range []string{
			"thirteen octs", wire("XXX 1", ""), "REQ 1\r\nl: 5\r\n\r\nfour", "REQ 1\r\nl: x\r\n\r\n", "REQ 1\r\nl: 1\r\nl: 2\r\n\r\nab",
			"REQ 1\r\nl: 70001\r\n\r\n", strings.Repeat("x", 20000) + "\r\n\r\n",
		} {
			send(s)
		}
		if got := r.take(); len(got) != 0 {
			t.Errorf("garbage delivered: %v", got)
		}
		if s := r.pool.Stats(); s.KeepAlives != 4 || s.FrameErrors != 7 {
			t.Errorf("stats %+v", s)
		}
		peer.silent(t) // nothing is answered
		large := wire("REQ 1", strings.Repeat("b", 65507-20))
		for in, want := range map[string]string{
			large:                               large,
			"\r\n" + wire("REQ 2", "b"):         wire("REQ 2", "b"),
			wire("REQ 3", "b") + " and more":    wire("REQ 3", "b"),
			"REQ 4\r\n\r\nthe rest is the body": "REQ 4\r\n\r\nthe rest is the body",
		} {
			send(in)
			if got := r.one(); got.text != want || got.from.Proto != pool.UDP || got.from.Flow != 0 || got.from.Addr != peer.addr {
				t.Errorf("%q: got %q from %+v", in[:10], got.text, got.from)
			}
		}
		// What the system says of peers that are not there is nobody's end.
		master := w.packets[netip.MustParseAddrPort(home)]
		for range 20 {
			master.ch <- datagram{err: os.NewSyscallError("recvfrom", syscall.ECONNREFUSED)}
		}
		send(wire("REQ 5", ""))
		r.one()
		if n := r.pool.Stats().Requests; n != 0 {
			t.Errorf("%d sources remembered", n)
		}
		r.receive = func(pool.Message, pool.From) { panic("handler") }
		send(wire("REQ 6", ""))
		r.one()
		r.receive = nil
		send(wire("REQ 7", ""))
		r.one()
	})
}

func testAccept(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		for i := range 100 { // several at once
			nc := r.peer(fmt.Sprintf("10.0.0.2:%d", i+1))
			write(t, nc, wire("REQ 1", ""))
		}
		if n := len(r.take()); n != 100 {
			t.Errorf("%d messages", n)
		}
		if s := r.pool.Stats(); s.Accepted != 100 || s.Sockets != 101 {
			t.Errorf("stats %+v", s)
		}
	})
}

func testRead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc := r.peer("10.0.0.2:1")
		for _, b := range []byte(wire("REQ 1", "body")) { // one octet at a time
			write(t, nc, string(b))
		}
		flow := r.one().from.Flow
		r.check(r.send(message("RES 1"), pool.Route{Flow: flow}), nil)
		read(t, nc, wire("RES 1", ""))
		_ = nc.Close() // an idle connection goes silently
		if diff := cmp.Diff([]error{io.EOF}, r.ends(flow), cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
			t.Error(diff)
		}
		if n := r.pool.Stats().Sockets; n != 1 {
			t.Errorf("%d sockets", n)
		}
		reset := r.peer("10.0.0.2:2")
		write(t, reset, wire("REQ 2", "")+"REQ")
		flow = r.one().from.Flow
		_ = reset.(*memConn).SetLinger(0)
		_ = reset.Close()
		if why := r.ends(flow); len(why) != 1 || !errors.Is(why[0], syscall.ECONNRESET) {
			t.Errorf("ended with %v", why)
		}
		cut := r.peer("10.0.0.2:3")
		write(t, cut, wire("RES 3", "")+"REQ")
		flow = r.one().from.Flow
		_ = cut.Close()
		if why := r.ends(flow); len(why) != 1 || !errors.Is(why[0], io.ErrUnexpectedEOF) {
			t.Errorf("ended with %v", why)
		}
	})
	// ReadSize lets other events of the connection in between: here a message that is sent.
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{Limits: pool.Limits{ReadSize: 1}})
		nc := r.peer("10.0.0.2:1")
		unread := map[string]int{} // octets that had left when a message came
		r.receive = func(m pool.Message, from pool.From) {
			time.Sleep(instant)
			unread[m.Transaction] = nc.(*memConn).Unread()
			if m.Transaction == "1" {
				r.pool.Send(t.Context(), message("REQ out"), from.Route(), nil)
			}
		}
		write(t, nc, wire("REQ 1", "")+wire("REQ 2", "")+wire("REQ 3", ""))
		time.Sleep(time.Second)
		if len(r.take()) != 3 || unread["1"] != 0 || unread["3"] == 0 {
			t.Errorf("octets that had left at each message: %v", unread)
		}
	})
}

func testReassembly(t *testing.T) {
	header := func(n int) string { // a message whose header has n octets
		m := "REQ 1\r\nl: 0\r\nx: \r\n\r\n"
		return strings.Replace(m, "x: ", "x: "+strings.Repeat("y", n-len(m)), 1)
	}
	const bad, large = "RES 400\r\nl: 0\r\n\r\n", "RES 513\r\nl: 0\r\n\r\n"
	for _, tt := range []struct {
		name, in string
		want     int    // messages delivered
		answer   string // before the connection is closed; empty: it is not
	}{
		{"empty lines before", "\r\n\r\n\r\n" + wire("REQ 1", ""), 1, ""},
		{"two messages", wire("REQ 1", "a") + wire("REQ 2", "bc"), 2, ""},
		{"header of 16,000", header(16000), 1, ""},
		{"header of the limit", header(16384), 1, ""},
		{"header over the limit", header(16385), 0, bad},
		{"header of 20,000", header(20000), 0, bad},
		{"endless line", strings.Repeat("x", 16385), 0, bad},
		{"body of 60,000", wire("REQ 1", strings.Repeat("b", 60000)), 1, ""},
		{"body of the limit", wire("REQ 1", strings.Repeat("b", 65536)), 1, ""},
		{"body over the limit", "REQ 1\r\nl: 65537\r\n\r\n", 0, large},
		{"body beyond any number", "REQ 1\r\nl: 99999999999999999999999999\r\n\r\n", 0, large},
		{"no length", "REQ 1\r\n\r\n", 0, bad},
		{"other case", "REQ 1\r\nCONTENT-length:1\r\n\r\nb", 1, ""},
		{"space before the colon", "REQ 1\r\nContent-Length : 1\r\n\r\nb", 1, ""}, // the seed closed here
		{"folded", "REQ 1\r\nContent-Length:\r\n 1\r\n\r\nb", 1, ""},              // and here
		{"name that begins alike", "REQ 1\r\nlx: 5\r\nl: 1\r\n\r\nb", 1, ""},
		{"twice the same", "REQ 1\r\nl: 1\r\nl: 1\r\n\r\nb", 1, ""},
		{"twice, different", "REQ 1\r\nl: 1\r\nContent-Length: 2\r\n\r\nb", 0, bad},
		{"no number", "REQ 1\r\nl: 1a\r\n\r\nb", 0, bad},
		{"negative", "REQ 1\r\nl: -1\r\n\r\nb", 0, bad},
		{"empty length", "REQ 1\r\nl:\r\n\r\nb", 0, bad},
		{"unreadable", wire("XXX 1", ""), 0, bad},
		{"good, then bad", wire("REQ 1", "") + wire("XXX", ""), 1, bad},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t, newWorld(), pool.Config{})
				nc := r.peer("10.0.0.2:1")
				go func() { _, _ = io.WriteString(nc, tt.in) }()
				if got := r.take(); len(got) != tt.want {
					t.Errorf("%d messages, want %d", len(got), tt.want)
				}
				if strings.HasPrefix(tt.in, "\r\n\r\n") {
					read(t, nc, "\r\n")
				}
				if tt.answer == "" {
					if !open(t, nc) {
						t.Error("closed")
					}
					return
				}
				read(t, nc, tt.answer)
				readEnd(t, nc)
				if n := r.pool.Stats().FrameErrors; n != 1 {
					t.Errorf("%d errors counted", n)
				}
			})
		})
	}
}

// What the seed remembered of requests went wrong when one came twice, or on two connections.
func testRequestMemory(t *testing.T) {
	t.Run("bounded", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{})
			nc := r.peer("10.0.0.2:1")
			for i := range 100 {
				write(t, nc, wire(fmt.Sprint("REQ ", i), ""))
			}
			if s := r.pool.Stats(); s.Requests != 30 || s.Forgotten != 70 {
				t.Errorf("stats %+v", s)
			}
			elsewhere := pool.Route{To: to("10.0.0.3:1").To, NoDial: true}
			r.check(r.send(message("RES 69"), elsewhere), pool.ErrNoConnection)
			r.check(r.send(message("RES 70"), elsewhere), nil)
			long := strings.Repeat("t", 513) // too long to be remembered
			write(t, nc, wire("REQ "+long, ""))
			r.check(r.send(message("RES "+long), elsewhere), pool.ErrNoConnection)
			// Where memory ends, the destination serves.
			r.check(r.send(message("RES 69"), to("10.0.0.2:1")), nil)
			read(t, nc, wire("RES 70", "")+wire("RES 69", ""))
		})
	})
	t.Run("retransmissions", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := start(t, newWorld(), pool.Config{Limits: pool.Limits{MaxTIDList: 3}})
			nc := r.peer("10.0.0.2:1")
			write(t, nc, wire("REQ 1", "")+wire("REQ 2", ""))
			for range 10 {
				write(t, nc, wire("REQ 1", "")+wire("ACK 1", ""))
			}
			write(t, nc, wire("REQ 3", ""))
			if s := r.pool.Stats(); s.Requests != 3 || s.Forgotten != 0 {
				t.Errorf("stats %+v", s)
			}
			write(t, nc, wire("REQ 4", "")) // 2 was quiet for the longest
			elsewhere := pool.Route{To: to("10.0.0.3:1").To, NoDial: true}
			r.check(r.send(message("RES 1"), elsewhere), nil)
			r.check(r.send(message("RES 2"), elsewhere), pool.ErrNoConnection)
		})
	})
	t.Run("two connections", func(t *testing.T) {
		for _, closed := range []int{0, 1} {
			bubble(t, func(t *testing.T) {
				r := start(t, newWorld(), pool.Config{})
				elsewhere := pool.Route{To: to("10.0.0.9:1").To, NoDial: true}
				nc := []io.ReadWriteCloser{r.peer("10.0.0.2:1"), r.peer("10.0.0.2:2")}
				write(t, r.peer("10.0.0.2:3"), wire("RES other", ""))
				for _, c := range nc {
					_, _ = io.WriteString(c, wire("REQ 1", ""))
					synctest.Wait()
				}
				r.check(r.send(message("PRV 1"), elsewhere), nil)
				b := make([]byte, len(wire("PRV 1", "")))
				if _, err := io.ReadFull(nc[1], b); err != nil { // the latest
					t.Fatal(err)
				}
				_ = nc[closed].Close()
				synctest.Wait()
				time.Sleep(11 * time.Second) // it was owed a response
				r.check(r.send(message("RES 1"), elsewhere), nil)
				if _, err := io.ReadFull(nc[1-closed], b); err != nil || string(b) != wire("RES 1", "") {
					t.Errorf("read %q, %v", b, err)
				}
			})
		}
	})
}

func testKeepAlive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		nc := r.peer("10.0.0.2:1")
		write(t, nc, "\r\n\r\n")
		read(t, nc, "\r\n")
		write(t, nc, "\r\n") // half a ping
		if !open(t, nc) {
			t.Fatal("closed")
		}
		write(t, nc, "\r\n")
		read(t, nc, "\r\n")
		write(t, nc, strings.Repeat("\r\n\r\n", 3)+wire("REQ 1", ""))
		read(t, nc, "\r\n\r\n\r\n")
		r.one()
		write(t, nc, "\r\n"+wire("REQ 2", "")) // a single empty line asks for nothing
		r.one()
		write(t, nc, wire("REQ 3", "\r\n\r\n\r\n\r\n")) // in a body they are nothing special
		r.one()
		if !open(t, nc) {
			t.Fatal("closed")
		}
		// The seed closed a connection that did nothing but ping.
		for range 600 {
			time.Sleep(time.Second)
			write(t, nc, "\r\n\r\n")
			read(t, nc, "\r\n")
		}
		if n := r.pool.Stats().KeepAlives; n != 604 {
			t.Errorf("%d keep-alives", n)
		}
	})
}

// Before a connection is closed because of its input, the peer hears why.
func testRefusalsBeforeClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, newWorld(), pool.Config{})
		for in, want := range map[string]string{
			"REQ 1\r\nl: 999999\r\n\r\n": "RES 513\r\nl: 0\r\n\r\n",
			"GET / HTTP/1.1\r\n\r\n":     "RES 400\r\nl: 0\r\n\r\n",
		} {
			nc := r.peer("")
			go func() { _, _ = io.WriteString(nc, in+strings.Repeat("more", 10000)) }() // and it goes on talking
			read(t, nc, want)
			readEnd(t, nc)
		}
	})
}

// The way back for a response is its source address, whatever the message says of it.
func testReplyToSource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{Proto: pool.UDP})
		peer := w.udp("10.0.0.2:40404")
		_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 1", "")), netip.MustParseAddrPort(home))
		r.check(r.send(message("RES 1"), r.one().from.Route()), nil)
		peer.next(t)
	})
	bubble(t, func(t *testing.T) {
		w := newWorld()
		l := w.listen("10.0.0.2:40404")
		r := start(t, w, pool.Config{})
		nc := r.peer("10.0.0.2:40404")
		write(t, nc, wire("REQ 1", ""))
		from := r.one().from
		r.check(r.send(message("RES 1"), from.Route()), nil)
		read(t, nc, wire("RES 1", ""))
		_ = nc.Close() // when the connection is gone, a new one to the source
		synctest.Wait()
		r.check(r.send(message("RES 1"), from.Route()), nil)
		read(t, l.next(t), wire("RES 1", ""))
	})
}
