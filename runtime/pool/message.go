package pool

import (
	"crypto/tls"
	"net"
	"net/netip"
)

// A Kind says what a message is to the pool.
type Kind uint8

// The kinds of messages.
const (
	Request     Kind = iota // its transaction is remembered, so that responses find the way back
	Response                // goes the way its request came; the last one of its transaction
	Provisional             // as Response, but more are to come
	KeepAlive               // no message: octets that only say that the peer is there. Never delivered
)

// A Message is one message as it stands on the wire.
type Message struct {
	// Data are the octets, framing included where it is sent. What Receive gets is valid during the call and must not be
	// written to; what Send gets must not change until the message is done with.
	Data []byte
	Kind Kind
	// Transaction ties a response to its request: for SIP "Call-ID SP CSeq-number". Empty means that nothing does.
	Transaction string
}

// A Flow names a connection of a pool: no other one has had or will have the same name. Zero is none.
type Flow uint64

// From says where a message came from.
type From struct {
	Proto Proto
	Addr  netip.AddrPort // of the peer; Addr().Is4() and Is6() tell the family. Never an IPv4 address mapped into IPv6
	Host  string         // the name the connection was made to, if we made it to a name
	Local net.Addr       // the local address
	Flow  Flow           // the connection; zero over UDP
	TLS   *tls.ConnectionState
}

// Route is the way back, for responses: by the same connection, and to the source address if that is gone.
func (f From) Route() Route {
	return Route{To: Destination{Addr: f.Addr, Host: f.Host}, Flow: f.Flow}
}

// A Handler gets what peers send. The messages of one connection come one at a time and in order; those of different
// connections, in parallel. A Handler should not block: over UDP, and for the connection concerned, nothing is read meanwhile.
type Handler interface {
	Receive(m Message, from From)
}

// HandlerFunc makes a function a Handler.
type HandlerFunc func(m Message, from From)

// Receive implements Handler.
func (f HandlerFunc) Receive(m Message, from From) { f(m, from) }

// A FlowHandler is a Handler that wants to know when connections end, because it has transactions going on there.
type FlowHandler interface {
	Handler
	// FlowClosed comes exactly once for every connection, after its last Receive. The error is never nil: ErrExpired, io.EOF
	// when the peer ended it, ErrClosed, or what broke it.
	FlowClosed(f Flow, why error)
}
