package transaction

import (
	"net/netip"
	"strconv"
)

// Link is the way to a peer: what a transport needs to send there again, without pointers.
type Link struct {
	Reliable  bool   // it neither loses nor reorders
	Transport uint8  // which of the program's transports
	Port      uint16 // of the peer
	Zone      uint32 // of an IPv6 address: the number of the interface
	Name      uint32 // a name of the transport's choosing: the host that the connection was, or is to be, made to; 0 is none
	Flow      uint64 // the connection; 0 is none
	IP        [16]byte
}

// SetAddr sets the peer's address. A zone that is no number is left out.
func (l *Link) SetAddr(a netip.AddrPort) {
	l.IP, l.Port, l.Zone = a.Addr().As16(), a.Port(), 0
	if zone := a.Addr().Zone(); zone != "" {
		if z, err := strconv.ParseUint(zone, 10, 32); err == nil {
			l.Zone = uint32(z)
		}
	}
}

// Addr is the peer's address, an IPv4 one as such; it is the zero AddrPort if none was set.
func (l *Link) Addr() netip.AddrPort {
	if l.IP == [16]byte{} && l.Port == 0 {
		return netip.AddrPort{}
	}
	a := netip.AddrFrom16(l.IP).Unmap()
	if l.Zone != 0 && a.Is6() {
		a = a.WithZone(strconv.FormatUint(uint64(l.Zone), 10))
	}
	return netip.AddrPortFrom(a, l.Port)
}

// Transport carries octets for an engine.
type Transport interface {
	// Send sends b, which is valid during the call only. When that fails, now or later, the transport says so by [Engine.Failed]; when a
	// connection was made for it, by [Engine.Linked]. It must not block. id may be 0: nobody is to be told.
	Send(b []byte, to Link, id ID)
}
