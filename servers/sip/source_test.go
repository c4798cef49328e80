package sip

import (
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Who sends datagrams leaves nothing behind, however many addresses he says are his: not by what is no message, nor by keep-alives, nor by requests that
// are refused.
func TestSourcesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPackets("192.0.2.1:5060")
		var answers atomic.Int32
		p.send = func([]byte, netip.AddrPort) { answers.Add(1) }
		s := onPackets(t, Config{}, p)
		binding, _ := stunRequest()
		noise := [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n"), []byte("\r\n\r\n"), binding, []byte("OPTIONS sip:x SIP/7.0\r\nVia: SIP/7.0/UDP a;rport\r\n\r\n")}
		flood := func(network byte) {
			for i := range 60000 {
				from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{network, byte(i >> 16), byte(i >> 8), byte(i)}), 5060)
				p.deliver(from, noise[i%len(noise)])
			}
			synctest.Wait()
		}
		flood(10) // buffers and pools grow to their size
		before := heap()
		flood(11)
		if grown := heap() - before; grown > 4<<20 {
			t.Errorf("the heap has grown by %d octets", grown)
		}
		if n := answers.Load(); n != 60000 || s.Stats().Transactions.Open != 0 {
			t.Errorf("%d answers, %+v", n, s.Stats())
		}
	})
}

// heap is how much is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
