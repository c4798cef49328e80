package pool

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// A Proto is a transport.
type Proto string

// The transports.
const (
	UDP Proto = "udp"
	TCP Proto = "tcp"
	TLS Proto = "tls" // over TCP
)

// A Destination is where a message goes: an address, or for TCP and TLS a name to be resolved, and a port.
type Destination struct {
	// Addr is the address and the port. Its Addr may be invalid if there is a Host. An IPv4 address mapped into IPv6 is the
	// same destination as the IPv4 address.
	Addr netip.AddrPort
	// Host is the name the peer's certificate must hold, and the server name it is told, over TLS; empty means the
	// address. It is resolved when there is no address.
	Host string
}

// ParseDestination reads "192.0.2.1:5060", "[2001:db8::1]:5060" or "host.example:5060".
func ParseDestination(s string) (Destination, error) {
	host, service, err := net.SplitHostPort(s)
	if err != nil {
		return Destination{}, fmt.Errorf("pool: destination %q: %w", s, err)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return Destination{}, fmt.Errorf("pool: destination %q: %w", s, err)
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return Destination{Addr: netip.AddrPortFrom(addr, uint16(port))}, nil
	}
	if host == "" {
		return Destination{}, fmt.Errorf("pool: destination %q has no host", s)
	}
	return Destination{Host: host, Addr: netip.AddrPortFrom(netip.Addr{}, uint16(port))}, nil
}

// String is what ParseDestination reads, with the address if there is one.
func (d Destination) String() string {
	if d.Addr.Addr().IsValid() {
		return d.Addr.String()
	}
	return net.JoinHostPort(d.Host, strconv.Itoa(int(d.Addr.Port())))
}

// canonical returns d with its address in the one form addresses are compared in.
func (d Destination) canonical() Destination {
	d.Addr = unmap(d.Addr)
	return d
}

// serverName is what TLS verifies.
func (d Destination) serverName() string {
	if d.Host != "" {
		return d.Host
	}
	return d.Addr.Addr().WithZone("").String()
}

// A key tells destinations apart: over TLS a connection that was verified for one name does not serve another.
type key struct {
	addr netip.AddrPort
	host string
}

// keyOf makes the key of a canonical destination.
func (p *Pool) keyOf(d Destination) key {
	if p.proto == TLS || !d.Addr.Addr().IsValid() {
		return key{addr: d.Addr, host: d.Host}
	}
	return key{addr: d.Addr}
}

// unmap makes an IPv4 address of one that is mapped into IPv6.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// addrPort reads the address of a connection; it is invalid for one that is not of the Internet, such as one in memory.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case nil:
		return netip.AddrPort{}
	}
	parsed, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return unmap(parsed)
}
