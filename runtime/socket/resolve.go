package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
)

// maxAddresses is how many addresses of one name Dial tries.
const maxAddresses = 32

// A Resolver looks up hosts and services, as *net.Resolver does. Both methods return when the context ends.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) // network is "ip", "ip4" or "ip6"
	LookupPort(ctx context.Context, network, service string) (int, error)        // network is "tcp" or "udp"
}

// An endpoint is one address of the Internet to bind or to connect to. Without a valid IP it is the wildcard of both families.
type endpoint struct {
	ip   netip.Addr
	port uint16
}

func (e endpoint) family() byte {
	switch {
	case !e.ip.IsValid():
		return anyFamily
	case e.ip.Is4():
		return family4
	}
	return family6
}

func (e endpoint) String() string {
	if !e.ip.IsValid() {
		return (&net.TCPAddr{Port: int(e.port)}).String()
	}
	return netip.AddrPortFrom(e.ip, e.port).String()
}

// resolve returns the endpoints of an address, one at least, in the resolver's order.
func (o *Options) resolve(ctx context.Context, n network, address string) ([]endpoint, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := o.Resolver.LookupPort(ctx, n.base, service)
	switch {
	case isAddressError(err):
		return nil, err
	case err != nil:
		return nil, newError(OpService, n.system(), address, err)
	case host == "":
		return []endpoint{{port: uint16(port)}}, nil
	}
	ips, err := o.lookup(ctx, n, host)
	if err != nil {
		return nil, err
	}
	endpoints := make([]endpoint, len(ips))
	for i, ip := range ips {
		endpoints[i] = endpoint{ip.Unmap(), uint16(port)}
	}
	endpoints = slices.DeleteFunc(endpoints, func(e endpoint) bool { return n.family != anyFamily && e.family() != n.family })
	if len(endpoints) == 0 {
		return nil, &net.AddrError{Err: "no address of the network's family", Addr: host}
	}
	return endpoints, nil
}

func (o *Options) lookup(ctx context.Context, n network, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	kind := "ip"
	if n.family != anyFamily {
		kind += string(n.family)
	}
	ips, err := o.Resolver.LookupNetIP(ctx, kind, host)
	if err == nil && len(ips) == 0 {
		err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	if err != nil {
		return nil, newError(OpResolve, n.system(), host, err)
	}
	return ips, nil
}

// resolveBound is resolve for an address to bind to, which is one: of a name, the first of IPv4 if there is any, as package net does.
func (o *Options) resolveBound(ctx context.Context, n network, address string) (endpoint, error) {
	endpoints, err := o.resolve(ctx, n, address)
	if err != nil {
		return endpoint{}, err
	}
	if i := slices.IndexFunc(endpoints, func(e endpoint) bool { return e.family() == family4 }); i >= 0 {
		return endpoints[i], nil
	}
	return endpoints[0], nil
}

// resolvePeers is resolve for an address to connect to: as many as are worth a try from the local endpoint, families in turn (RFC
// 8305 section 4).
func (o *Options) resolvePeers(ctx context.Context, n network, address string, local endpoint) ([]endpoint, error) {
	endpoints, err := o.resolve(ctx, n, address)
	if err != nil {
		return nil, err
	}
	switch {
	case endpoints[0].port == 0:
		return nil, &net.AddrError{Err: "no port to connect to", Addr: address}
	case !endpoints[0].ip.IsValid():
		return nil, &net.AddrError{Err: "no host to connect to", Addr: address}
	}
	if f := local.family(); f != anyFamily {
		endpoints = slices.DeleteFunc(endpoints, func(e endpoint) bool { return e.family() != f })
	}
	if len(endpoints) == 0 {
		return nil, &net.AddrError{Err: "no address of the local one's family", Addr: address}
	}
	return interleave(endpoints)[:min(len(endpoints), maxAddresses)], nil
}

// interleave takes the families in turn, beginning with the first address's, and keeps the order within each.
func interleave(endpoints []endpoint) []endpoint {
	first := endpoints[0].family()
	var same, other []endpoint
	for _, e := range endpoints {
		if e.family() == first {
			same = append(same, e)
		} else {
			other = append(other, e)
		}
	}
	mixed := make([]endpoint, 0, len(endpoints))
	for i := range max(len(same), len(other)) {
		if i < len(same) {
			mixed = append(mixed, same[i])
		}
		if i < len(other) {
			mixed = append(mixed, other[i])
		}
	}
	return mixed
}

// isAddressError says that an address or a network could not even be read.
func isAddressError(err error) bool {
	var addr *net.AddrError
	var parse *net.ParseError
	var unknown net.UnknownNetworkError
	var invalid net.InvalidAddrError
	return errors.As(err, &addr) || errors.As(err, &parse) || errors.As(err, &unknown) || errors.As(err, &invalid)
}
