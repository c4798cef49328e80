package proxyproto

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Defaults of Config.
const (
	DefaultHeaderTimeout = 5 * time.Second
	DefaultMaxPending    = 1024
)

// A Config says who may speak for others. The zero value is good for a proxy on the same machine.
type Config struct {
	// Trusted are the addresses of the proxies. Each of their connections must begin with a header: the protocol forbids guessing. nil
	// means the loopback addresses. Peers on a unix socket are always trusted: the file's permissions say who may connect.
	Trusted []netip.Prefix
	// Direct serves the connections of everybody else as their own, without a header. Otherwise they are closed.
	Direct bool

	// HeaderTimeout is how long a header may take to arrive, all of it.
	HeaderTimeout time.Duration
	// MaxPending is how many connections may be between the system's queue and Accept: waiting for their headers, or to be accepted.
	MaxPending int
	// Refused is told of every connection that is closed for its header, or for want of trust. It is called from several goroutines and
	// must not block. nil means nobody is told.
	Refused func(peer net.Addr, err error)
}

// loopback are the addresses of this machine.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func (c Config) withDefaults() (Config, error) {
	if c.HeaderTimeout < 0 || c.MaxPending < 0 {
		return Config{}, errors.New("negative HeaderTimeout or MaxPending")
	}
	if c.Trusted == nil {
		c.Trusted = loopback
	}
	for _, p := range c.Trusted {
		if !p.IsValid() {
			return Config{}, errors.New("an invalid prefix in Trusted")
		}
	}
	c.Trusted = slices.Clone(c.Trusted)
	if c.HeaderTimeout == 0 {
		c.HeaderTimeout = DefaultHeaderTimeout
	}
	if c.MaxPending == 0 {
		c.MaxPending = DefaultMaxPending
	}
	if c.Refused == nil {
		c.Refused = func(net.Addr, error) {}
	}
	return c, nil
}

// trusts reports whether a peer may speak for others.
func (c *Config) trusts(peer net.Addr) bool {
	if _, ok := peer.(*net.UnixAddr); ok {
		return true
	}
	a, err := netip.ParseAddrPort(peer.String())
	if err != nil {
		return false
	}
	ip := a.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(c.Trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
}
