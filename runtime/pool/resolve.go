package pool

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// MaxTargets is how many destinations Resolve returns at most.
const MaxTargets = 32

// A Resolver answers questions to the DNS; a *net.Resolver is one. LookupSRV returns records by priority, and among those of one
// priority by chance and weight (RFC 2782).
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// A Transport is a way to reach a service.
type Transport struct {
	Proto         Proto
	Service, Name string // of the SRV record "_service._name.host"; an empty Service means that there is none
	Port          uint16 // without an SRV record
}

// A Target is a destination, and the transport (that is, the pool) that leads there.
type Target struct {
	Proto       Proto
	Destination Destination
}

// Resolve finds where a service of host can be reached, the best destination first: by SRV records, one transport after the other,
// or else by the host's addresses and the port. A port that is not 0, and a host that is an address, leave nothing to ask SRV for
// (RFC 3263 section 4.2); they and hosts without records are reached by the first transport. The targets keep host as the name TLS verifies.
// NAPTR records are not asked for.
func Resolve(ctx context.Context, r Resolver, host string, port uint16, transports ...Transport) ([]Target, error) {
	if len(transports) == 0 {
		return nil, errors.New("pool: resolve: no transport")
	}
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		t := transports[0]
		return []Target{{t.Proto, Destination{Addr: netip.AddrPortFrom(addr.Unmap(), portOr(port, t.Port))}}}, nil
	}
	var targets []Target
	if port == 0 {
		for _, t := range transports {
			targets = append(targets, resolveSRV(ctx, r, host, t)...)
		}
	}
	if len(targets) == 0 {
		t := transports[0]
		addrs, err := r.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return nil, fmt.Errorf("pool: resolve: %w", err)
		}
		targets = targetsOf(t.Proto, host, addrs, portOr(port, t.Port))
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("pool: resolve: %w", err)
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("pool: resolve: %s has no address", host)
	}
	return targets[:min(len(targets), MaxTargets)], nil
}

// resolveSRV asks for one transport. Records whose host is unknown are left out; a sole "." says that there is no such service.
func resolveSRV(ctx context.Context, r Resolver, host string, t Transport) []Target {
	if t.Service == "" {
		return nil
	}
	_, records, err := r.LookupSRV(ctx, t.Service, t.Name, host)
	if err != nil {
		return nil
	}
	var targets []Target
	for _, record := range records[:min(len(records), MaxTargets)] {
		if record.Target == "." {
			continue
		}
		addrs, err := r.LookupNetIP(ctx, "ip", strings.TrimSuffix(record.Target, "."))
		if err == nil {
			targets = append(targets, targetsOf(t.Proto, host, addrs, record.Port)...)
		}
	}
	return targets
}

func targetsOf(proto Proto, host string, addrs []netip.Addr, port uint16) []Target {
	var targets []Target
	for _, a := range addrs {
		targets = append(targets, Target{proto, Destination{Addr: netip.AddrPortFrom(a.Unmap(), port), Host: host}})
	}
	return targets
}

func portOr(port, otherwise uint16) uint16 {
	if port != 0 {
		return port
	}
	return otherwise
}
