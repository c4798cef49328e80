package sip

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/protogen-go/protogen/runtime/header/uri"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A Resolver answers the questions of RFC 3263. The system's is used where there is none.
type Resolver interface {
	pool.Resolver
	// LookupNAPTR returns the records of a domain in any order; none is no error.
	LookupNAPTR(ctx context.Context, domain string) ([]NAPTR, error)
}

// NAPTR is a record of RFC 3403, as far as SIP uses it.
type NAPTR struct {
	Order, Preference uint16
	Flags, Service    string // "s", "SIP+D2U"
	Replacement       string // the name of the SRV records
}

// maxNAPTR is how many records of a domain are followed.
const maxNAPTR = 8

// systemResolver asks the name servers of the system: by package net, and for NAPTR itself.
type systemResolver struct {
	*net.Resolver
	once   sync.Once
	config *dns.ClientConfig
}

// resolvConf names the system's name servers.
const resolvConf = "/etc/resolv.conf"

// LookupNAPTR implements Resolver.
func (r *systemResolver) LookupNAPTR(ctx context.Context, domain string) ([]NAPTR, error) {
	r.once.Do(func() { r.config, _ = dns.ClientConfigFromFile(resolvConf) })
	if r.config == nil {
		return nil, nil
	}
	return askNAPTR(ctx, r.config, domain)
}

// askNAPTR asks one name server after the other; over TCP when an answer is too long for UDP.
func askNAPTR(ctx context.Context, config *dns.ClientConfig, domain string) ([]NAPTR, error) {
	m := new(dns.Msg).SetQuestion(dns.Fqdn(domain), dns.TypeNAPTR)
	client := dns.Client{Timeout: time.Duration(max(config.Timeout, 1)) * time.Second}
	last := errors.New("sip: no name server")
	for _, server := range config.Servers {
		address := net.JoinHostPort(server, config.Port)
		in, _, err := client.ExchangeContext(ctx, m, address)
		if err == nil && in.Truncated {
			client.Net = "tcp"
			in, _, err = client.ExchangeContext(ctx, m, address)
		}
		if err == nil && (in.Rcode == dns.RcodeSuccess || in.Rcode == dns.RcodeNameError) {
			return recordsOf(in), nil
		}
		last = cmp.Or(err, last)
	}
	return nil, last
}

func recordsOf(m *dns.Msg) []NAPTR {
	var list []NAPTR
	for _, rr := range m.Answer {
		if n, ok := rr.(*dns.NAPTR); ok {
			list = append(list, NAPTR{n.Order, n.Preference, n.Flags, n.Service, n.Replacement})
		}
	}
	return list
}

// services are what NAPTR records call the transports that we have.
var services = map[string]pool.Proto{"sip+d2u": pool.UDP, "sip+d2t": pool.TCP, "sips+d2t": pool.TLS}

// targets are where a request goes: RFC 3263 section 4, the best first.
func (s *stack) targets(ctx context.Context, req *Request) ([]transaction.Link, error) {
	u := &req.URI
	if len(req.Route) > 0 {
		u = &req.Route[0].URI
	}
	if !u.IsSIP() {
		return nil, ErrNoTransport
	}
	transports := s.transportsFor(u)
	if len(transports) == 0 {
		return nil, ErrNoTransport
	}
	host := strings.Trim(cmp.Or(u.Params.Value("maddr"), u.Host), "[]")
	found := s.byNAPTR(ctx, host, u, transports)
	if len(found) == 0 {
		var err error
		if found, err = pool.Resolve(ctx, s.config.Resolver, host, u.Port, transports...); err != nil {
			return nil, err
		}
	}
	var links []transaction.Link
	for _, t := range found {
		if l := s.legOf(t.Proto, t.Destination.Addr.Addr()); l != nil {
			links = append(links, s.linkTo(l, t.Destination))
		}
	}
	if len(links) == 0 {
		return nil, ErrNoTransport
	}
	return s.rests.awake(req, links)
}

func (s *stack) linkTo(l *leg, to pool.Destination) transaction.Link {
	link := transaction.Link{Reliable: l.reliable(), Transport: l.number}
	link.SetAddr(to.Addr)
	if l.secure() {
		link.Name = s.names.number(to.Host)
	}
	return link
}

// byNAPTR finds targets by the domain's own choice of transports; none if the URI leaves nothing to choose, or the domain says nothing.
func (s *stack) byNAPTR(ctx context.Context, host string, u *uri.URI, transports []pool.Transport) []pool.Target {
	if _, err := netip.ParseAddr(host); err == nil || u.Port != 0 || u.Params.Has("transport") {
		return nil
	}
	records, err := s.config.Resolver.LookupNAPTR(ctx, host)
	if err != nil {
		s.config.Logger.Debug("NAPTR lookup failed", "domain", host, "err", err)
		return nil
	}
	slices.SortStableFunc(records, func(a, b NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var found []pool.Target
	for _, n := range records[:min(len(records), maxNAPTR)] {
		proto := services[strings.ToLower(n.Service)]
		able := slices.ContainsFunc(transports, func(t pool.Transport) bool { return t.Proto == proto })
		if able && strings.EqualFold(n.Flags, "s") {
			found = append(found, s.bySRV(ctx, proto, host, n.Replacement)...)
		}
	}
	return found
}

// bySRV follows the SRV records of a name. Over TLS it is the domain that the certificate must hold (RFC 5922 section 4).
func (s *stack) bySRV(ctx context.Context, proto pool.Proto, host, name string) []pool.Target {
	_, records, err := s.config.Resolver.LookupSRV(ctx, "", "", name)
	if err != nil {
		return nil
	}
	var found []pool.Target
	for _, r := range records[:min(len(records), pool.MaxTargets)] {
		addrs, err := s.config.Resolver.LookupNetIP(ctx, "ip", strings.TrimSuffix(r.Target, "."))
		if err != nil {
			continue
		}
		for _, a := range addrs {
			found = append(found, pool.Target{Proto: proto, Destination: pool.Destination{Addr: netip.AddrPortFrom(a.Unmap(), r.Port), Host: host}})
		}
	}
	return found[:min(len(found), pool.MaxTargets)]
}

// transportsFor are the transports that a URI allows and the stack has, the preferred first: RFC 3263 section 4.1.
func (s *stack) transportsFor(u *uri.URI) []pool.Transport {
	all := []pool.Transport{
		{Proto: pool.UDP, Service: "sip", Name: "udp", Port: defaultPorts[pool.UDP]},
		{Proto: pool.TCP, Service: "sip", Name: "tcp", Port: defaultPorts[pool.TCP]},
		{Proto: pool.TLS, Service: "sips", Name: "tcp", Port: defaultPorts[pool.TLS]},
		{Proto: protoWS, Port: defaultPorts[protoWS]},
		{Proto: protoWSS, Port: defaultPorts[protoWSS]},
	}
	want := strings.ToLower(u.Params.Value("transport"))
	var list []pool.Transport
	for _, t := range all {
		web := t.Proto == protoWS || t.Proto == protoWSS
		switch {
		case u.Secure() && t.Proto != pool.TLS && t.Proto != protoWSS, web && !strings.HasPrefix(want, "ws"):
			continue
		case want != "" && string(t.Proto) != want && !(u.Secure() && (want == "tcp" && t.Proto == pool.TLS || want == "ws" && t.Proto == protoWSS)):
			continue
		}
		if s.legOf(t.Proto, netip.Addr{}) != nil {
			list = append(list, t)
		}
	}
	return list
}

// legOf is a leg of a transport that leads to an address; any if that is not valid.
func (s *stack) legOf(proto pool.Proto, to netip.Addr) *leg {
	for _, l := range s.legs {
		local := l.local.Addr()
		fits := !to.IsValid() || !local.IsValid() || local.IsUnspecified() || local.Unmap().Is4() == to.Unmap().Is4()
		if l.proto == proto && fits {
			return l
		}
	}
	return nil
}
