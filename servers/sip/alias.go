package sip

import (
	"net/netip"
	"strings"

	"github.com/protogen-go/protogen/runtime/pool"
)

// aliasParam in the Via of a request says that its connection may be used for requests the other way: RFC 5923.
const aliasParam = "alias"

// alias takes the word of a peer that its connection leads to where it listens: over TLS alone, and from one whose certificate we have verified and
// which holds the host that its Via names (RFC 5923 section 9).
func (l *leg) alias(via *Via, from pool.From) {
	p, ok := l.carrier.(*pool.Pool)
	if !ok || from.TLS == nil || len(from.TLS.VerifiedChains) == 0 || !via.Params.Has(aliasParam) {
		return
	}
	host := strings.Trim(via.Host, "[]")
	if from.TLS.PeerCertificates[0].VerifyHostname(host) != nil {
		return
	}
	port := via.Port
	if port == 0 {
		port = defaultPorts[l.proto]
	}
	if _, numeric := parseAddr(host); numeric {
		host = "" // the address says it all
	}
	p.Alias(from.Flow, pool.Destination{Addr: netip.AddrPortFrom(from.Addr.Addr(), port), Host: host})
}

// offersAlias reports whether requests that leave by a leg offer their connections: those that go where we listen, with a certificate.
func (s *stack) offersAlias(l *leg) bool {
	return l.proto == pool.TLS && l.local.IsValid() && s.config.TLS != nil && len(s.config.TLS.Certificates) > 0
}
