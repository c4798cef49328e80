package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// Defaults of Config.
const (
	DefaultMaxHandlers = 10000
	DefaultRetryAfter  = 5 * time.Second
	DefaultSwitchSize  = 1300 // octets: RFC 3261 section 18.1.1
	DefaultReadBuffer  = 4 << 20
)

// Config is what a stack is made of. Listen and NewClient copy it. In each field zero means the default.
type Config struct {
	// Listen are the local addresses: "udp://192.0.2.1:5060", "tcp://:5060", "tls://[2001:db8::1]:5061", "ws://:8080", "wss://:8443". The port may be
	// left out, which is the transport's own or, where that is taken, one of 5062 to 5100 or any; 0 is any.
	Listen []string
	// Pools are further legs, for those who want more of a pool than Listen says: a connected socket, a restriction to one peer, certificates of clients. Framer
	// and Outgoing are set, and Limits and Logger where they are zero. The pools own the sockets once Listen or NewClient has succeeded.
	Pools []pool.Config
	// Handler answers requests; nil refuses all of them.
	Handler Handler
	// Inline runs the handler where requests are read, without a copy of them: it must not block, and the request is valid until it returns.
	// That is the fastest, and keeps the order of requests; otherwise handlers of two requests run at the same time.
	Inline bool
	// Host is what we call ourselves in Via and Contact where a leg listens on all addresses; empty is the address we reach the peer from.
	Host string
	// Name is our User-Agent and Server field; empty is none.
	Name string
	// Ability is what requests may ask for; others are refused without asking the handler. Its methods, unless given, are those of a
	// Handler that is Methods.
	Ability ability.Set

	TLS    *tls.Config // of tls legs, both directions
	Timers Timers      // T1, T2, T4 and the rest of the specification's settings
	Limits pool.Limits // of each leg

	MaxTransactions int           // see transaction.Config
	MaxKept         int64         // octets; see transaction.Config
	MaxHandlers     int           // handlers at work, beyond which requests get 503; the last eighth is for peers that have no more than an eighth
	RetryAfter      time.Duration // of a 503
	SwitchSize      int           // a request of more octets leaves by TCP rather than UDP, where there is such a leg; negative: never
	ReadBuffer      int           // octets that the system keeps for a UDP socket, as far as it lets us

	Resolver Resolver // finds targets (RFC 3263); nil asks the system's name servers

	Engine loop.Engine  // carries the connections; nil makes one of goroutines, which ends with the stack
	Logger *slog.Logger // nil means slog.Default()
}

// withDefaults returns a copy whose zero fields are filled.
func (c Config) withDefaults() Config {
	fill(&c.MaxHandlers, DefaultMaxHandlers)
	fill(&c.RetryAfter, DefaultRetryAfter)
	fill(&c.SwitchSize, DefaultSwitchSize)
	fill(&c.ReadBuffer, DefaultReadBuffer)
	fill(&c.Timers.T1, 500*time.Millisecond)
	fill(&c.Timers.T2, 4*time.Second)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Resolver == nil {
		c.Resolver = &systemResolver{Resolver: net.DefaultResolver}
	}
	if c.Handler == nil {
		c.Handler = Methods{}
	}
	if m, ok := c.Handler.(Methods); ok && c.Ability.Methods == nil {
		c.Ability.Methods = m.Allow()
		if has(c.Ability.Extensions, reliableTag) {
			c.Ability.Methods = append(c.Ability.Methods, wire.MethodPRACK)
		}
	}
	return c
}

func fill[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// A listenAddress is one of Config.Listen, read.
type listenAddress struct {
	proto pool.Proto
	host  string
	ports []uint16 // the first that is free is taken; 0 is any
}

// parseListen reads an address to listen on.
func parseListen(s string) (listenAddress, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	a := listenAddress{proto: pool.Proto(scheme)}
	own := defaultPorts[a.proto]
	switch {
	case !ok:
		return a, fmt.Errorf("sip: listen address %q has no transport; want udp://, tcp://, tls://, ws:// or wss://", s)
	case own == 0:
		return a, fmt.Errorf("sip: listen address %q: no transport %q", s, scheme)
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		a.host, a.ports = strings.Trim(rest, "[]"), []uint16{own}
		if own == 5060 || own == 5061 {
			a.ports = pool.Ports(own, 5062, 5100)
		}
		return a, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return a, fmt.Errorf("sip: listen address %q: %w", s, err)
	}
	a.host, a.ports = host, []uint16{uint16(n)}
	return a, nil
}

// openLeg makes the leg of an address.
func (s *stack) openLeg(ctx context.Context, a listenAddress) error {
	if a.proto == protoWS || a.proto == protoWSS {
		w, err := listenWebSockets(ctx, a.proto, net.JoinHostPort(a.host, strconv.Itoa(int(a.ports[0]))), s.config.TLS, s.config.Limits)
		if err != nil {
			return fmt.Errorf("sip: %w", err)
		}
		s.carry(a.proto, w)
		return nil
	}
	pc := pool.Config{Proto: a.proto}
	if a.proto == pool.TLS {
		if pc.TLS = s.config.TLS; pc.TLS == nil {
			return errors.New("sip: a tls leg needs Config.TLS")
		}
	}
	if err := pc.Listen(ctx, a.host, a.ports...); err != nil {
		return fmt.Errorf("sip: %w", err)
	}
	if udp, ok := pc.Packet.(interface{ SetReadBuffer(int) error }); ok {
		_ = udp.SetReadBuffer(s.config.ReadBuffer)
	}
	return s.addLeg(pc)
}

// addLeg makes a leg of a pool's config.
func (s *stack) addLeg(pc pool.Config) error {
	pc.Framer, pc.Outgoing = framer{}, outgoingFramer{}
	if pc.Limits == (pool.Limits{}) {
		pc.Limits = s.config.Limits
	}
	if pc.Logger == nil {
		pc.Logger = s.config.Logger
	}
	p, err := pool.New(pc)
	if err != nil {
		return fmt.Errorf("sip: %w", err)
	}
	s.carry(pc.Proto, p)
	return nil
}

// carry makes a leg of a carrier.
func (s *stack) carry(proto pool.Proto, c carrier) {
	l := &leg{stack: s, carrier: c, proto: proto, number: uint8(len(s.legs))}
	if master, err := c.Master(); err == nil {
		l.local, _ = netip.ParseAddrPort(master.String())
	}
	s.legs = append(s.legs, l)
}
