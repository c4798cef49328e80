package loop

import (
	"math"
	"net"
	"net/netip"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
)

// A standing says as what a member is counted while it is there.
type standing struct {
	peer    netip.Addr // in peers; the zero Addr when it does not count there
	refused bool       // in refusals
}

// An admission decides about accepted connections: who comes in, and who is told that the engine is busy. Its fields are guarded by the core's mu,
// but for memory.
type admission struct {
	peers    map[netip.Addr]int // connections by their peer's network, when there is a limit
	refusals int                // refused connections that are being told so
	memory   memoryGauge
}

// admit decides about an accepted connection. The error says why it is refused.
func (e *core) admit(st *stream) error {
	if e.admission.memory.high() {
		e.counters.memoryRefused.Add(1)
		return ErrMemory
	}
	limit := e.config.MaxConnsPerPeer
	if limit <= 0 {
		return nil
	}
	peer := peerNetwork(st.wire.Conn.RemoteAddr())
	if !peer.IsValid() {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.admission.peers[peer] >= limit {
		e.counters.peerRefused.Add(1)
		return ErrPeerConns
	}
	if e.admission.peers == nil {
		e.admission.peers = make(map[netip.Addr]int)
	}
	e.admission.peers[peer]++
	st.as.peer = peer
	return nil
}

// mayRefuse says whether a refused connection may be told so, and counts it.
func (e *core) mayRefuse(st *stream) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.admission.refusals >= e.config.MaxRefusals {
		return false
	}
	e.admission.refusals++
	st.as.refused = true
	return true
}

// dismissLocked undoes what admit and mayRefuse have counted.
func (a *admission) dismissLocked(s standing) {
	if s.refused {
		a.refusals--
	}
	if !s.peer.IsValid() {
		return
	}
	if a.peers[s.peer]--; a.peers[s.peer] == 0 {
		delete(a.peers, s.peer)
	}
}

// networkBits is the part of an IPv6 address that says whose it is: a customer has all addresses that begin with it (RFC 4291 section 2.5.4).
const networkBits = 64

// peerNetwork is what connections of the same peer have in common; the zero Addr if the address is not one of IP.
func peerNetwork(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	if ip.Is4() || ip.IsLinkLocalUnicast() { // all neighbours of a link have the same network
		return ip
	}
	network, _ := ip.WithZone("").Prefix(networkBits)
	return network.Addr()
}

// A memoryGauge tells when memory runs short. What counts is what a collection could not give back: the whole of the process grows to its limit
// whatever it needs.
type memoryGauge struct {
	mark uint64 // 0 is none

	mu         sync.Mutex
	samples    [3]metrics.Sample
	cycles     uint64    // collections when high was last true
	since      time.Time // when that number was seen first
	collecting bool
}

// freshness is how old the outcome of a collection may be that new connections are refused for.
const freshness = time.Second

// setMark takes Config.MemoryMark.
func (g *memoryGauge) setMark(mark int64) {
	if limit := memoryLimit(); mark == 0 && limit < math.MaxInt64 {
		mark = limit / 8 * 7
	}
	if mark <= 0 {
		return
	}
	g.mark = uint64(mark)
	for i, name := range []string{"/gc/heap/live:bytes", "/memory/classes/heap/stacks:bytes", "/gc/cycles/total:gc-cycles"} {
		g.samples[i].Name = name
	}
}

// high says whether the memory in use is above the mark. A process that has come to rest collects nothing, and would not learn that it has
// memory again: so a new collection is asked for when the last one is old.
func (g *memoryGauge) high() bool {
	if g.mark == 0 {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	metrics.Read(g.samples[:])
	if g.samples[0].Value.Uint64()+g.samples[1].Value.Uint64() <= g.mark {
		return false
	}
	now := time.Now()
	if cycles := g.samples[2].Value.Uint64(); cycles != g.cycles {
		g.cycles, g.since = cycles, now
	}
	if now.Sub(g.since) >= freshness && !g.collecting {
		g.collecting = true
		go g.collect()
	}
	return true
}

func (g *memoryGauge) collect() {
	runtime.GC()
	g.mu.Lock()
	g.collecting = false
	g.mu.Unlock()
}
