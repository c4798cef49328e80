package pool

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/protogen-go/protogen/runtime/socket"
)

// Defaults of Limits. The first seven are those of Net::SIP::SocketPool, under its names.
const (
	DefaultMaxHeader      = 1 << 14           // MAX_SIP_HEADER
	DefaultMaxBody        = 1 << 16           // MAX_SIP_BODY
	DefaultMaxTIDList     = 30                // MAX_TIDLIST
	DefaultMinExpire      = 15 * time.Second  // MIN_EXPIRE
	DefaultMaxExpire      = 120 * time.Second // MAX_EXPIRE
	DefaultConnectTimeout = 10 * time.Second  // CONNECT_TIMEOUT
	DefaultReadSize       = 1 << 16           // TCP_READSIZE

	DefaultMaxConns        = 16384
	DefaultMaxConnsPerPeer = 1024      // a proxy, or a network behind one address, may have many
	DefaultMaxWaiting      = 1024      // messages for one connection in the making
	DefaultMaxQueued       = 256 << 10 // octets
	DefaultMaxTransaction  = 512       // octets
	DefaultRetryMin        = 1 * time.Second
	DefaultRetryMax        = 5 * time.Second
	DefaultMaxFailed       = 4096
	DefaultHalfClose       = 10 * time.Second
)

// Limits bound what a pool does and holds. In each field zero means the default.
type Limits struct {
	MaxHeader      int           // octets of a message's header, the empty line included
	MaxBody        int           // octets of a message's body
	MaxTIDList     int           // transactions remembered for a connection; the one that was quiet for the longest is forgotten
	MinExpire      time.Duration // how long a connection of a full pool may be idle
	MaxExpire      time.Duration // how long the only connection may be idle
	ConnectTimeout time.Duration // to connect, name resolution and TLS handshake included
	ReadSize       int           // octets of messages handled at a time before others get their turn; the largest datagram

	ExpireJitter    time.Duration // up to so much is added, by chance, to what a connection may be idle; 0 means nothing is
	MaxConns        int           // connections of the pool, those in the making included
	MaxConnsPerPeer int           // those of one address
	MaxTransaction  int           // octets of a transaction that is remembered; a longer one is not
	MaxWaiting      int           // messages that wait for one connection in the making
	MaxQueued       int           // octets that wait for one peer to read; a message over this alone is still taken
	RetryMin        time.Duration // a destination that failed is not tried again for so long at least; negative: it is tried at once
	RetryMax        time.Duration // the most, after several failures; the time is drawn by chance from between
	MaxFailed       int           // destinations whose failure is remembered
	HalfClose       time.Duration // how long requests may be answered after the peer has ended its side; negative: not at all
}

// Set sets one limit by name, as a line of a configuration file does: the name is that of the field in Net::SIP's manner
// (MAX_SIP_HEADER, MAX_SIP_BODY, MAX_TIDLIST, MIN_EXPIRE, MAX_EXPIRE, CONNECT_TIMEOUT, TCP_READSIZE, and the others accordingly:
// EXPIRE_JITTER, MAX_CONNS...). A time is a number of seconds or a Go duration. An unknown name is an error.
func (l *Limits) Set(name, value string) error {
	if n, ok := l.numbers()[name]; ok {
		v, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("pool: %s: %w", name, err)
		}
		*n = v
		return nil
	}
	d, ok := l.times()[name]
	if !ok {
		return fmt.Errorf("pool: no such limit: %s", name)
	}
	v, err := time.ParseDuration(value)
	if seconds, e := strconv.ParseFloat(value, 64); e == nil && math.Abs(seconds) < math.MaxInt32 {
		v, err = time.Duration(seconds*float64(time.Second)), nil
	}
	if err != nil {
		return fmt.Errorf("pool: %s: %w", name, err)
	}
	*d = v
	return nil
}

func (l *Limits) numbers() map[string]*int {
	return map[string]*int{
		"MAX_SIP_HEADER": &l.MaxHeader, "MAX_SIP_BODY": &l.MaxBody, "MAX_TIDLIST": &l.MaxTIDList, "TCP_READSIZE": &l.ReadSize,
		"MAX_CONNS": &l.MaxConns, "MAX_CONNS_PER_PEER": &l.MaxConnsPerPeer, "MAX_WAITING": &l.MaxWaiting,
		"MAX_QUEUED": &l.MaxQueued, "MAX_TRANSACTION": &l.MaxTransaction, "MAX_FAILED": &l.MaxFailed,
	}
}

func (l *Limits) times() map[string]*time.Duration {
	return map[string]*time.Duration{
		"MIN_EXPIRE": &l.MinExpire, "MAX_EXPIRE": &l.MaxExpire, "CONNECT_TIMEOUT": &l.ConnectTimeout,
		"EXPIRE_JITTER": &l.ExpireJitter, "RETRY_MIN": &l.RetryMin, "RETRY_MAX": &l.RetryMax, "HALF_CLOSE": &l.HalfClose,
	}
}

// withDefaults returns a copy whose zero fields are filled.
func (l Limits) withDefaults() Limits {
	fill(&l.MaxHeader, DefaultMaxHeader)
	fill(&l.MaxBody, DefaultMaxBody)
	fill(&l.MaxTIDList, DefaultMaxTIDList)
	fill(&l.MinExpire, DefaultMinExpire)
	fill(&l.MaxExpire, max(DefaultMaxExpire, l.MinExpire))
	fill(&l.ConnectTimeout, DefaultConnectTimeout)
	fill(&l.ReadSize, DefaultReadSize)
	fill(&l.MaxConns, DefaultMaxConns)
	fill(&l.MaxConnsPerPeer, DefaultMaxConnsPerPeer)
	fill(&l.MaxTransaction, DefaultMaxTransaction)
	fill(&l.MaxWaiting, DefaultMaxWaiting)
	fill(&l.MaxQueued, DefaultMaxQueued)
	fill(&l.RetryMin, DefaultRetryMin)
	fill(&l.RetryMax, max(DefaultRetryMax, l.RetryMin))
	fill(&l.MaxFailed, DefaultMaxFailed)
	fill(&l.HalfClose, DefaultHalfClose)
	return l
}

func fill[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// check refuses limits that make no sense. The defaults have been filled in.
func (l *Limits) check() error {
	for name, n := range l.numbers() {
		if *n < 0 {
			return fmt.Errorf("pool: %s is %d", name, *n)
		}
	}
	for name, d := range l.times() {
		if *d < 0 && name != "RETRY_MIN" && name != "HALF_CLOSE" {
			return fmt.Errorf("pool: %s is %v", name, *d)
		}
	}
	if l.MaxExpire < l.MinExpire {
		return fmt.Errorf("pool: MAX_EXPIRE %v is under MIN_EXPIRE %v", l.MaxExpire, l.MinExpire)
	}
	if l.RetryMax < l.RetryMin {
		return fmt.Errorf("pool: RETRY_MAX %v is under RETRY_MIN %v", l.RetryMax, l.RetryMin)
	}
	return nil
}

// Config says what a pool is made of. New copies it, and owns its sockets from then on.
type Config struct {
	// Proto is the transport. Required.
	Proto Proto

	// One of the following is the master socket. A pool of TCP or TLS may have none: then it accepts nothing and
	// only makes connections.

	Packet   net.PacketConn // of UDP; required there. A *net.UDPConn is served best
	Listener net.Listener   // of TCP and TLS; for TLS a plain one, because the loop makes the handshakes
	Stream   net.Conn       // of TCP and TLS: a connection that is there already, over which everything goes. It never expires

	// Connected says that Packet is connected to its peer: the system drops what others send, and all messages go there.
	Connected bool
	// Restrict, when its address is valid, is the only peer: messages go there wherever they were sent, and what
	// comes from elsewhere is dropped. A zero port restricts the address alone.
	Restrict netip.AddrPort

	// Framer cuts input into messages. Required.
	Framer Framer
	// Outgoing is the Framer of the connections that the pool makes, where their peers use keep-alives otherwise; nil means Framer.
	Outgoing Framer

	// TLS serves both directions: its certificates are shown to servers as well as to clients, and its RootCAs, where there are
	// no ClientCAs, verify both. Required for TLS.
	TLS *tls.Config
	// VerifyClient is what is asked of the peers that connect to us; empty leaves TLS.ClientAuth as it is.
	VerifyClient socket.ClientCert
	// ExactNames refuses servers whose certificate holds the name only as a wildcard (RFC 5922 section 7.2).
	ExactNames bool

	Limits Limits

	// Dial makes a connection without TLS; nil means socket.Dial from the local address of Listener. Tests and proxies use it.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Logger gets what an operator should know; nil means slog.Default().
	Logger *slog.Logger
}

// check refuses a config that is incomplete or contradicts itself.
func (c *Config) check() error {
	switch {
	case c.Proto == "":
		return errors.New("pool: no protocol given")
	case c.Proto != UDP && c.Proto != TCP && c.Proto != TLS:
		return fmt.Errorf("pool: unknown protocol %q", c.Proto)
	case c.Framer == nil:
		return errors.New("pool: no framer")
	case c.Connected && c.Restrict.Addr().IsValid():
		return errors.New("pool: a connected socket needs no restriction")
	case c.Connected && c.Packet == nil:
		return errors.New("pool: Connected goes with Packet")
	}
	if _, udp := c.Packet.(packetConn); c.Connected && !udp {
		return errors.New("pool: Connected goes with a *net.UDPConn")
	}
	if c.Proto == UDP {
		if c.Packet == nil || c.Listener != nil || c.Stream != nil {
			return errors.New("pool: UDP needs Packet and nothing else")
		}
		return c.checkNoTLS()
	}
	if c.Packet != nil || c.Listener != nil && c.Stream != nil {
		return fmt.Errorf("pool: %s needs at most one of Listener and Stream", c.Proto)
	}
	if c.Proto == TCP {
		return c.checkNoTLS()
	}
	return nil
}

func (c *Config) checkNoTLS() error {
	if c.TLS != nil || c.VerifyClient != "" || c.ExactNames {
		return fmt.Errorf("pool: TLS settings for %s", c.Proto)
	}
	return nil
}
