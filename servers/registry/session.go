package registry

import (
	"context"

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
	credentials := repository.Credentials{ID: req.ClID, Password: req.PW}
	if peer, _ := session.PeerFromContext(ctx); peer.TLS != nil && len(peer.TLS.PeerCertificates) > 0 {
		credentials.Certificate, credentials.Verified = peer.TLS.PeerCertificates[0], peer.Verified
	}
	if err := h.repo.Authenticate(ctx, credentials); err != nil {
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
