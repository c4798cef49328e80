package sip

import (
	"context"
	"net"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
)

// A carrier moves the octets of a leg: a pool, or WebSockets.
type carrier interface {
	// Attach begins to read.
	Attach(e loop.Engine, h pool.Handler) error
	// Master is the local address, if there is one to connect to.
	Master() (net.Addr, error)
	// Send sends as pool.Pool does.
	Send(ctx context.Context, m pool.Message, r pool.Route, done func(pool.Flow, error))
	// Alive reports whether a connection is there.
	Alive(f pool.Flow) bool
	// Hangup ends a connection.
	Hangup(f pool.Flow, why error)
	Close() error
}

// The transports of RFC 7118.
const (
	protoWS  pool.Proto = "ws"
	protoWSS pool.Proto = "wss"
)

// defaultPorts are those of addresses and URIs that name none.
var defaultPorts = map[pool.Proto]uint16{pool.UDP: 5060, pool.TCP: 5060, pool.TLS: 5061, protoWS: 80, protoWSS: 443}
