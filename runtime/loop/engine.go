package loop

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/protogen-go/protogen/runtime/socket"
)

// An Engine runs sessions over connections. All methods may be called from any goroutine.
type Engine interface {
	// Serve accepts connections from l until the engine is drained or closed, and then returns ErrClosed; it
	// closes l before it returns. Shortage of descriptors or memory makes it pause, not return. Another error of Accept that
	// cannot pass is returned. Serve may run for several listeners at the same time.
	Serve(l net.Listener, s Service) error

	// Attach runs s over a connection that is already there and belongs to the engine from now on; an error means it has
	// been closed, and s got no event. With a config the TLS client handshake comes first, bounded by ctx and
	// Config.HandshakeTimeout. ctx does not matter after Attach returns.
	Attach(ctx context.Context, nc net.Conn, config *tls.Config, s Session) (*Conn, error)

	// AttachPackets runs s over a socket of datagrams, which belongs to the engine from now on; an error means it has been
	// closed, and s got no event. A *net.UDPConn, connected or not, is served in batches when loaded; another PacketConn needs addresses
	// of the kind "192.0.2.1:5060". Sockets of unix datagrams are for a NamedPacketSession.
	AttachPackets(pc net.PacketConn, s PacketSession) (*PacketConn, error)

	// Drain stops accepting, asks every session to take its leave (see Drainer), no more in a second than Config.DrainRate, and waits until
	// all connections are gone; packet sockets go last. When ctx
	// ends first, the remaining connections are cut, and the context's error is returned without waiting for their Closed
	// events. The engine accepts nothing afterwards.
	Drain(ctx context.Context) error

	// Close stops accepting, cuts every connection with ErrClosed, and waits for their Closed events. It must not be called
	// from an event, and may follow Drain.
	Close() error

	// Stats reports the engine's counters.
	Stats() Stats
}

// A Service says what runs over the connections of a listener.
type Service struct {
	// New makes the session of a connection. It is called on a goroutine of the connection's own, after the handshake. Required.
	New func() Session
	// TLS, when not nil, makes the engine do the server's side of a TLS handshake on every connection. That is better than
	// a listener of package crypto/tls: handshakes are bounded by Config.HandshakeWorkers, and idle connections hold less memory.
	TLS *tls.Config
	// Busy makes the session of a connection that is refused, after the handshake: one that says so in the words of the protocol, and closes. It gets
	// ErrPeerConns or ErrMemory. It should want little; what the session has not said within Config.HandshakeTimeout is not heard. When Busy is nil, or returns
	// nil, such a connection is closed without a word, and without a handshake if Busy is nil.
	Busy func(why error) Session
}

// Dial connects to an address and attaches s. The networks are those of [socket.Dial] that carry streams: "tcp", "tcp4",
// "tcp6", "unix", and "tls", which is "tcp" with a handshake; config applies to "tls" only, and nil means
// the zero config. The server's name is taken from the address if config has none. A failure to connect is a *socket.Error.
func Dial(ctx context.Context, e Engine, network, address string, config *tls.Config, s Session) (*Conn, error) {
	if network == "tls" {
		network, config = "tcp", socket.ClientTLS(config, address)
	} else {
		config = nil
	}
	nc, err := socket.Dial(ctx, network, address, socket.Options{})
	if err != nil {
		return nil, err
	}
	return e.Attach(ctx, nc, config, s)
}

// Stats counts what an engine has done since it was made.
type Stats struct {
	Accepted        uint64 // connections taken from listeners
	Attached        uint64 // connections given by Attach or Dial
	Open            uint64 // connections that are there now, handshakes and lingering ones included
	Queued          int64  // output octets that no system has taken, of all connections, now
	Kept            int64  // octets of memory that hold input no session has consumed, of all connections, now
	HandshakeErrors uint64 // TLS handshakes that failed
	AcceptErrors    uint64 // failures of Accept that made the engine pause
	HandshakeQueues uint64 // times that the engine paused because Config.HandshakeQueue handshakes waited
	PeerRefused     uint64 // connections refused with ErrPeerConns
	MemoryRefused   uint64 // connections refused with ErrMemory
	Panics          uint64 // events that panicked
	Stalls          uint64 // connections cut with ErrStalled
	Overflows       uint64 // connections cut with ErrOverflow
	InputRefused    uint64 // connections ended with ErrInputBudget
	Handovers       uint64 // events that ran so long that the loop they ran on was handed over (epoll engine)
	PacketDrops     uint64 // datagrams for peers that the system did not take
	PacketOverruns  uint64 // datagrams from peers that the system threw away because a socket's queue was full
	LogDropped      uint64 // records for Config.Logger that found its queue full
}
