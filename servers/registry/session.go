package registry

import (
	"context"
	"net/netip"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// Login implements [epp.Handler]. What the specification can say of a login (order, language, services, number of failures)
// the session has checked.
func (h *handler) Login(ctx context.Context, req *epp.LoginRequest) (*epp.Response, error) {
	if err := plain(&req.CommandHead); err != nil {
		return nil, err
	}
	if err := h.repo.Authenticate(ctx, credentials(ctx, req)); err != nil {
		return nil, refusal(err)
	}
	if !h.sessions.begin(req.ClID) {
		return nil, &epp.ResultError{Code: epp.CodeSessionLimit}
	}
	if req.NewPW != "" {
		if err := h.repo.SetPassword(ctx, req.ClID, req.NewPW); err != nil {
			h.sessions.end(req.ClID)
			return nil, refusal(err)
		}
	}
	context.AfterFunc(session.Context(ctx), func() { h.sessions.end(req.ClID) })
	return &epp.Response{}, nil
}

// credentials are what a login gives, and what the connection tells of who gives it.
func credentials(ctx context.Context, req *epp.LoginRequest) repository.Credentials {
	peer, _ := session.PeerFromContext(ctx)
	c := repository.Credentials{ID: req.ClID, Password: req.PW, Source: source(peer.Address())}
	if peer.TLS != nil && len(peer.TLS.PeerCertificates) > 0 {
		c.Certificate, c.Verified = peer.TLS.PeerCertificates[0], peer.Verified
	}
	return c
}

// subscriber is how many bits of an IPv6 address are given to one subscriber, who has the others to play with (RFC 6177).
const subscriber = 64

// source is who stands behind an address with a port: the IPv4 address, or the network of the IPv6 address. It is "" for
// what is no such address.
func source(address string) string {
	from, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	ip := from.Addr().Unmap()
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.Prefix(subscriber) // 64 bits are not too many
	return network.String()
}
