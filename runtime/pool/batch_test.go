package pool_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
)

func batched(r pool.Route) pool.Route {
	r.Batch = true
	return r
}

// What is sent because of a datagram leaves when those at hand have been delivered, and each message is told its own outcome.
func TestDatagramBatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		master, peer, other := w.udp(home), w.udp("10.0.0.2:1"), w.udp("10.0.0.3:1")
		r := start(t, w, pool.Config{Proto: pool.UDP, Packet: master})
		var reply, onward *fate
		var kept pool.From
		r.receive = func(_ pool.Message, from pool.From) {
			kept = from
			reply = r.send(message("RES 1"), batched(from.Route()))
			onward = r.send(message("REQ on"), batched(to("10.0.0.3:1")))
			if reply.calls != 0 || onward.calls != 0 {
				t.Error("told before the messages can have left")
			}
		}
		_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 1", "")), master.addr)
		r.one()
		r.check(reply, nil)
		r.check(onward, nil)
		if got, _ := peer.next(t); got != wire("RES 1", "") {
			t.Errorf("got %q", got)
		}
		if got, _ := other.next(t); got != wire("REQ on", "") {
			t.Errorf("got %q", got)
		}
		r.check(r.send(message("RES 1"), batched(kept.Route())), nil) // late: at once
		if got, _ := peer.next(t); got != wire("RES 1", "") {
			t.Errorf("got %q", got)
		}
		master.mu.Lock()
		master.fail = os.NewSyscallError("sendto", syscall.EMSGSIZE)
		master.mu.Unlock()
		_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 2", "")), master.addr)
		r.one()
		r.check(reply, syscall.EMSGSIZE)
		r.check(onward, syscall.EMSGSIZE)
	})
}

// Messages leave in the order they were sent in, and those that a batch cannot hold fail: they do not overtake it.
func TestDatagramBatchOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const room, more = 4096, 10
		w := newWorld()
		r := start(t, w, pool.Config{Proto: pool.UDP})
		peer := w.udp("10.0.0.2:1")
		var fates []*fate
		r.receive = func(_ pool.Message, from pool.From) {
			for i := range room + more {
				fates = append(fates, r.send(message(fmt.Sprint("RES ", i)), batched(from.Route())))
			}
		}
		got := make(chan string, room+more)
		go func() {
			for range room {
				got <- string((<-peer.ch).b)
			}
		}()
		_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 1", "")), netip.MustParseAddrPort(home))
		synctest.Wait()
		for i, f := range fates {
			if i >= room {
				r.check(f, pool.ErrFull)
			} else if m := <-got; m != wire(fmt.Sprint("RES ", i), "") {
				t.Fatalf("message %d is %q", i, m)
			}
		}
	})
}

// A loop that ends with a batch in hand.
func TestDatagramBatchEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		r := start(t, w, pool.Config{Proto: pool.UDP})
		peer := w.udp("10.0.0.2:1")
		var fates []*fate
		r.receive = func(_ pool.Message, from pool.From) {
			for range 300 {
				fates = append(fates, r.send(message("RES 1"), batched(from.Route())))
			}
		}
		request := func() {
			_, _ = peer.WriteToUDPAddrPort([]byte(wire("REQ 1", "")), netip.MustParseAddrPort(home))
			synctest.Wait()
		}
		request()
		for _, f := range fates {
			r.check(f, nil)
		}
		for range 300 {
			peer.next(t)
		}
		fates = nil
		release := make(chan struct{})
		r.receive = func(_ pool.Message, from pool.From) {
			fates = append(fates, r.send(message("RES 1"), batched(from.Route())))
			<-release
		}
		request()
		go func() { _ = r.pool.Close() }()
		synctest.Wait()
		close(release)
		r.check(fates[0], errAny)
	})
}

// The batch of the system: one datagram that is refused does not hold up the others.
func TestBatchOfTheSystem(t *testing.T) {
	onEngines(t, func(t *testing.T, e loop.Engine) {
		sock, peer := loopback(t), loopback(t)
		p := packetPool(t, pool.Config{Packet: sock})
		errs := make(chan error, 3)
		answer := pool.HandlerFunc(func(_ pool.Message, from pool.From) {
			outcome := func(_ pool.Flow, err error) { errs <- err }
			for _, m := range []pool.Message{message("RES 1"), {Data: make([]byte, 1<<16)}, message("RES 1")} {
				p.Send(t.Context(), m, batched(from.Route()), outcome)
			}
		})
		if err := p.Attach(e, answer); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.WriteToUDPAddrPort([]byte(wire("REQ 1", "")), sock.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		for range 2 {
			if n, _, err := peer.ReadFromUDPAddrPort(b); err != nil || string(b[:n]) != wire("RES 1", "") {
				t.Fatalf("%q, %v", b[:n], err)
			}
		}
		var failed []error
		for range 3 {
			if err := <-errs; err != nil {
				failed = append(failed, err)
			}
		}
		if len(failed) != 1 || !errors.Is(failed[0], syscall.EMSGSIZE) {
			t.Errorf("failed: %v", failed)
		}
	})
}
