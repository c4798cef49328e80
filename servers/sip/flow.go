package sip

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"net/netip"
	"sync"

	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A flow is a way to a peer that need not be one back: a connection the peer has made, or an address and a port that a translator of addresses holds
// open (RFC 5626 section 3.1). Links of flows have onlyFlow for a name.

// onlyFlow is what a link has in place of a host's number when nothing but its connection will do.
const onlyFlow = math.MaxUint32

// flowProof is how many octets of a token prove that it is ours: RFC 5626 section 5.2 wants 80 bits.
const flowProof = 10

// FlowToken names the way by which this request has come, as the user of a URI: RFC 5626 section 5.2. Client.Flow reads it, as long as
// this stack runs.
func (w *Responder) FlowToken() string { return w.stack.flowToken(w.link) }

// Flow is the way that a token names. It is false for what is no token of this stack, and for a connection that has ended.
func (c *Client) Flow(token string) (transaction.Link, bool) {
	s := c.stack
	link, ok := s.readFlowToken(token)
	return link, ok && (!link.Reliable || s.legs[link.Transport].carrier.Alive(pool.Flow(link.Flow)))
}

func (s *stack) flowToken(link transaction.Link) string {
	b := append(make([]byte, 0, 64), link.Transport)
	b = binary.BigEndian.AppendUint64(b, link.Flow)
	b = binary.BigEndian.AppendUint32(b, link.Zone)
	b = binary.BigEndian.AppendUint16(b, link.Port)
	b = append(b, link.IP[:]...)
	return base64.RawURLEncoding.EncodeToString(append(b, s.flowProof(b)...))
}

func (s *stack) readFlowToken(token string) (link transaction.Link, ok bool) {
	const size = 1 + 8 + 4 + 2 + len(link.IP)
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != size+flowProof || !hmac.Equal(b[size:], s.flowProof(b[:size])) {
		return link, false
	}
	link = transaction.Link{
		Transport: b[0], Flow: binary.BigEndian.Uint64(b[1:]), Zone: binary.BigEndian.Uint32(b[9:]), Port: binary.BigEndian.Uint16(b[13:]),
		IP: [16]byte(b[15:]), Name: onlyFlow,
	}
	link.Reliable = s.legs[link.Transport].reliable()
	return link, true
}

func (s *stack) flowProof(b []byte) []byte {
	proof := hmac.New(sha256.New, s.secret[:])
	proof.Write(b)
	return proof.Sum(nil)[:flowProof]
}

// flows are those that somebody here keeps alive.
type flows struct {
	mu       sync.Mutex
	watches  map[flowKey]*watch
	bindings map[stunID]chan<- netip.AddrPort // of STUN, that wait for a response
}

// A flowKey names a connection of a leg.
type flowKey struct {
	leg  uint8
	flow pool.Flow
}

// A watch is told what becomes of a flow.
type watch struct {
	pong chan struct{} // holds one
	gone chan struct{} // closed
}

// watch begins to watch a connection. One that has ended meanwhile is gone at once.
func (s *stack) watch(leg uint8, flow pool.Flow) *watch {
	w := &watch{pong: make(chan struct{}, 1), gone: make(chan struct{})}
	f := &s.flows
	f.mu.Lock()
	if f.watches == nil {
		f.watches = map[flowKey]*watch{}
	}
	f.watches[flowKey{leg, flow}] = w
	f.mu.Unlock()
	if !s.legs[leg].carrier.Alive(flow) {
		f.closed(flowKey{leg, flow})
	}
	return w
}

// unwatch ends a watch.
func (f *flows) unwatch(k flowKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watches, k)
}

// closed says that a connection has ended.
func (f *flows) closed(k flowKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.watches[k]; w != nil {
		close(w.gone)
		delete(f.watches, k)
	}
}

// kept says that a peer is there.
func (f *flows) kept(k flowKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.watches[k]; w != nil {
		select {
		case w.pong <- struct{}{}:
		default:
		}
	}
}

// KeptAlive implements pool.KeepAliveHandler.
func (l *leg) KeptAlive(f pool.Flow) { l.stack.flows.kept(flowKey{l.number, f}) }

// FlowClosed implements pool.FlowHandler: what waits for a response that cannot come fails.
func (l *leg) FlowClosed(f pool.Flow, why error) {
	k := flowKey{l.number, f}
	l.stack.flows.closed(k)
	for _, id := range l.stack.calls.on(k) {
		l.stack.transactions.Failed(id, why)
	}
}

// The keep-alives of streams: RFC 5626 section 3.5.1.
const (
	ping = "\r\n\r\n"
	pong = "\r\n"
)
