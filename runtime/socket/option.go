package socket

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"os"
	"time"
)

// Defaults of Options.
const (
	DefaultTimeout      = 30 * time.Second // to connect, all addresses of a name together
	DefaultAttemptDelay = 250 * time.Millisecond
	DefaultKeepAlive    = 15 * time.Second
	DefaultUserTimeout  = 2 * time.Minute // a silent peer must not hold unacknowledged octets for Linux's 15 minutes
)

// A Switch is an option whose default depends on the socket.
type Switch uint8

// The positions of a Switch.
const (
	Auto Switch = iota
	On
	Off
)

// Options refine Dial, Listen and ListenPacket. The zero value is good. What has no meaning for the call, the network or the address
// is refused, with OpConfig, rather than ignored.
type Options struct {
	// TLS is the config of the networks "tls", "tls4" and "tls6". Listen needs one with a certificate; for Dial nil means the zero config.
	TLS *tls.Config
	// Resolver looks names up; nil means net.DefaultResolver.
	Resolver Resolver
	// Timeout bounds Dial, with name resolution and TLS handshake, and the name resolution of Listen. The context does so too.
	Timeout time.Duration

	// Local is the address to connect from: "host:port", ":port" or "host:0" for the Internet, a path for unix, whose file Close
	// removes. Dial only.
	Local string
	// AttemptDelay is how long Dial waits for one address of a name before it tries the next one beside it (RFC 8305 section 5);
	// negative means until the one before has failed. Dial of Internet streams only.
	AttemptDelay time.Duration
	// Preface is sent before everything else, TLS included: the header of a proxy. Dial of streams only.
	Preface []byte

	// Mode are the permission bits of a unix socket's file, from the moment it exists; zero leaves what umask gives. Owner and group are
	// the process's. Listen and ListenPacket only.
	Mode os.FileMode
	// Credentials makes the system attach the sender's to every datagram, for Unixgram.ReadCredentials. Linux has it.
	Credentials bool
	// V6Only makes a wildcard listener refuse IPv4. The networks that end in 6 do it always.
	V6Only bool
	// Backlog is how many connections may wait for Accept; zero means as many as the system lets. Listen only.
	Backlog int
	// ReuseAddr lets a socket bind to an address of which old connections remain: Auto is on for listeners and off for everything
	// else. On a datagram socket of Linux it also lets two sockets share a port. With Dial it needs Local.
	ReuseAddr Switch
	// ReusePort lets several sockets bind to the same address, where the system can. With Dial it needs Local.
	ReusePort bool

	// KeepAlive is the time of silence before, and between, probes; negative means none. Networks of tcp and tls only.
	KeepAlive time.Duration
	// UserTimeout is how long sent octets may stay unacknowledged before the connection breaks, where the system can; negative
	// means as long as the system likes. Networks of tcp and tls only.
	UserTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.AttemptDelay == 0 {
		o.AttemptDelay = DefaultAttemptDelay
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = DefaultKeepAlive
	}
	if o.UserTimeout == 0 {
		o.UserTimeout = DefaultUserTimeout
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return o
}

// A purpose is what options are for.
type purpose uint8

const (
	toConnect purpose = iota
	toAccept
	toReceive
	toInherit
)

// A rule is something that options may not say.
type rule struct {
	broken bool
	text   string
}

func firstBroken(rules []rule) error {
	for _, r := range rules {
		if r.broken {
			return errors.New(r.text)
		}
	}
	return nil
}

// prepare reads the name of the network and returns the options with their defaults, if they agree with it, the address and the purpose.
func (o Options) prepare(name, address string, p purpose) (network, Options, error) {
	n, err := parseNetwork(name)
	if err == nil {
		err = firstBroken(o.purposeRules(n, p))
	}
	if err == nil {
		err = firstBroken(o.networkRules(n, address))
	}
	if err == nil && !n.internet() && p != toInherit {
		err = checkUnixPath(address)
	}
	if err != nil {
		return network{}, Options{}, &Error{Op: OpConfig, Addr: name + " " + address, Err: err}
	}
	return n, o.withDefaults(), nil
}

// purposeRules are about what the socket is for.
func (o *Options) purposeRules(n network, p purpose) []rule {
	connect, accept, local := p == toConnect, p == toAccept, o.Local != ""
	sharing := o.ReusePort || o.ReuseAddr != Auto
	return []rule{
		{accept && !n.stream(), "datagrams have no connections to accept: ListenPacket receives them"},
		{p == toReceive && n.stream(), "a stream has no datagrams: Listen accepts connections"},
		{!connect && local, "Local is for Dial"},
		{!connect && o.AttemptDelay != 0, "AttemptDelay is for Dial"},
		{!connect && o.Preface != nil, "Preface is for Dial"},
		{!accept && p != toInherit && o.Backlog != 0, "Backlog is for Listen"},
		{connect && o.Mode != 0, "Mode is for Listen and ListenPacket"},
		{connect && o.Credentials, "Credentials is for ListenPacket"},
		{connect && o.V6Only, "V6Only is for Listen and ListenPacket: Dial has networks that end in 6"},
		{connect && !local && sharing, "ReuseAddr and ReusePort need an address to bind to: Local"},
		{p == toInherit && (sharing || o.V6Only || o.Mode != 0), "the socket is bound: ReuseAddr, ReusePort, V6Only and Mode come late"},
		{accept && n.tls && o.TLS == nil, "no TLS config"},
	}
}

// networkRules are about the kind of socket, and values that mean nothing anywhere.
func (o *Options) networkRules(n network, address string) []rule {
	tcp, unix := n.base == "tcp", !n.internet()
	return []rule{
		{o.Timeout < 0, "a negative Timeout"},
		{o.Backlog < 0, "a negative Backlog"},
		{o.ReuseAddr > Off, "ReuseAddr is neither Auto, On nor Off"},
		{o.Mode&^fs.ModePerm != 0, "Mode has more than permission bits"},
		{o.TLS != nil && !n.tls, "TLS is for the networks of tls"},
		{o.Preface != nil && !n.stream(), "Preface is for streams"},
		{o.AttemptDelay != 0 && !tcp, "AttemptDelay is for tcp and tls"},
		{o.KeepAlive > 0 && !tcp, "KeepAlive is for tcp and tls"},
		{o.UserTimeout > 0 && !tcp, "UserTimeout is for tcp and tls"},
		{o.Resolver != nil && unix, "a path needs no Resolver"},
		{o.ReusePort && unix, "ReusePort is for the Internet"},
		{o.ReuseAddr != Auto && unix, "ReuseAddr is for the Internet: the file of a dead unix listener is replaced anyway"},
		{o.Mode != 0 && (!unix || isAbstract(address)), "Mode is for the file of a unix socket"},
		{o.Credentials && n.base != "unixgram", "Credentials is for unixgram: streams have PeerCredentials"},
		{o.V6Only && (unix || n.family == family4), "V6Only is for IPv6"},
	}
}
