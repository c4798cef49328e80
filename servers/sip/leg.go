package sip

import (
	"context"
	"net/netip"
	"strings"
	"sync"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A leg is one transport at one local address.
type leg struct {
	stack   *stack
	carrier carrier
	proto   pool.Proto
	local   netip.AddrPort // of the master; invalid without
	number  uint8
}

func (l *leg) reliable() bool { return l.proto != pool.UDP }

// transport is what a Via calls the leg's.
func (l *leg) transport() string { return strings.ToUpper(string(l.proto)) }

// secure reports whether a host's name is verified there.
func (l *leg) secure() bool { return l.proto == pool.TLS || l.proto == protoWSS }

// decoders read messages into memory that is used again.
var decoders = sync.Pool{New: func() any { return new(wire.Decoder) }}

// Receive implements pool.Handler.
func (l *leg) Receive(m pool.Message, from pool.From) {
	if isSTUN(m.Data) {
		l.stun(m.Data, from.Addr)
		return
	}
	d := decoders.Get().(*wire.Decoder)
	defer decoders.Put(d)
	msg, err := d.Decode(m.Data)
	if err != nil {
		l.stack.counters.unreadable.Add(1)
		return
	}
	link := transaction.Link{Reliable: l.reliable(), Transport: l.number, Flow: uint64(from.Flow)}
	link.SetAddr(from.Addr)
	switch msg := msg.(type) {
	case *Request:
		if l.proto == pool.TLS && len(msg.Via) > 0 {
			l.alias(&msg.Via[0], from)
		}
		l.request(msg, m.Data, link, from.Addr)
	case *Response:
		if err := msg.Validate(); err != nil { // there is nobody to tell
			l.stack.counters.unreadable.Add(1)
			return
		}
		l.stack.transactions.Receive(msg, m.Data, link)
	}
}

// request takes a request: it notes in the topmost Via where it came from, and gives it to its transaction.
func (l *leg) request(req *Request, octets []byte, link transaction.Link, from netip.AddrPort) {
	if len(req.Via) > 0 {
		l.mark(&req.Via[0], &link, from)
	}
	if req.Validate() != nil {
		if res := l.stack.config.Ability.Judge(req); res != nil {
			l.stack.refuse(req, link, res)
		}
		return
	}
	l.stack.transactions.Receive(req, octets, link)
}

// mark adds received and rport (RFC 3261 section 18.2.1, RFC 3581 section 4), and makes the link the way of the response (section 18.2.2): over UDP
// to maddr, or to the source address and, unless rport was asked for, to the port that the sender has named; over a stream by the same connection and,
// once that is gone, as over UDP without rport.
func (l *leg) mark(via *Via, link *transaction.Link, from netip.AddrPort) {
	rport := via.Params.Has("rport")
	if host, ok := parseAddr(via.Host); rport || !ok || host != from.Addr() {
		via.SetReceived(from.Addr().String())
	}
	if rport {
		via.SetRPort(from.Port())
	}
	to := from
	if maddr, ok := parseAddr(via.MAddr()); ok {
		to = netip.AddrPortFrom(maddr, from.Port())
	}
	if !rport || l.reliable() {
		to = netip.AddrPortFrom(to.Addr(), via.Port)
		if via.Port == 0 {
			to = netip.AddrPortFrom(to.Addr(), defaultPorts[l.proto])
		}
	}
	link.SetAddr(to)
}

// parseAddr reads a host that is an address, in brackets or not. Most are, or are empty: a name costs an error that nobody sees.
func parseAddr(host string) (netip.Addr, bool) {
	if host == "" {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return a.Unmap(), err == nil
}

// A delivery is a message on its way through a pool.
type delivery struct {
	stack *stack
	id    transaction.ID
	link  transaction.Link
	b     []byte
	told  func(pool.Flow, error) // its method, made once
}

var deliveries sync.Pool

func newDelivery() *delivery {
	if d, _ := deliveries.Get().(*delivery); d != nil {
		return d
	}
	d := &delivery{}
	d.told = d.done
	return d
}

// Send implements transaction.Transport.
func (s *stack) Send(b []byte, to transaction.Link, id transaction.ID) {
	d := newDelivery()
	d.stack, d.id, d.link, d.b = s, id, to, append(d.b[:0], b...)
	l := s.legs[to.Transport]
	m := pool.Message{Data: d.b}
	if l.reliable() {
		m.Kind, m.Transaction, _ = inspect(b)
	}
	r := pool.Route{To: pool.Destination{Addr: to.Addr(), Host: s.names.of(to.Name)}, Flow: pool.Flow(to.Flow), Batch: true}
	if to.Name == onlyFlow && l.reliable() {
		r.To = pool.Destination{} // another connection to the same address would not do
	}
	l.carrier.Send(context.Background(), m, r, d.told)
}

// done tells the transaction of a failure, or of the connection that was made for it.
func (d *delivery) done(flow pool.Flow, err error) {
	switch {
	case d.id == 0:
	case err != nil:
		d.stack.transactions.Failed(d.id, err)
	case flow != 0 && uint64(flow) != d.link.Flow:
		d.link.Flow = uint64(flow)
		d.stack.transactions.Linked(d.id, d.link)
	}
	if cap(d.b) <= 16<<10 {
		deliveries.Put(d)
	}
}

// names gives hosts numbers, which links can hold. It keeps those that the program sends to.
type names struct {
	mu      sync.Mutex
	numbers map[string]uint32
	hosts   []string
}

// maxNames is how many hosts have numbers; those beyond cannot be reached by name.
const maxNames = 1 << 16

func (n *names) number(host string) uint32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if i, ok := n.numbers[host]; ok || host == "" || len(n.hosts) >= maxNames {
		return i
	}
	if n.numbers == nil {
		n.numbers, n.hosts = map[string]uint32{}, []string{""}
	}
	i := uint32(len(n.hosts))
	n.numbers[host], n.hosts = i, append(n.hosts, host)
	return i
}

func (n *names) of(number uint32) string {
	if number == 0 || number == onlyFlow {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hosts[number]
}
