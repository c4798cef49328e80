package registrar

import (
	"context"
	"errors"

	"github.com/protogen-go/protogen/runtime/transaction"
	"github.com/protogen-go/protogen/servers/sip"
)

// A target is where a request may go next.
type target struct {
	r    *sip.Request // as it goes there, but for what depends on the way: Via and Record-Route
	flow string       // the token of a flow, which is the way while it is there; empty for none
	only bool         // there is no other way
	lost func()       // forgets the binding that has led here; nil without
}

// errFlowFailed says that a flow is there no more: 430.
var errFlowFailed = errors.New("registrar: flow failed")

// links are the ways to a target, the best first.
func (s *Server) links(ctx context.Context, t *target) ([]transaction.Link, error) {
	if t.flow == "" {
		return s.client.Targets(ctx, t.r)
	}
	if link, ok := s.client.Flow(t.flow); ok {
		return []transaction.Link{link}, nil
	}
	if t.only {
		return nil, errFlowFailed
	}
	return s.client.Targets(ctx, t.r)
}

// The parameters of our URIs in Record-Route that hold the tag of the dialog's caller: of the one on the caller's side, and on the callee's.
const (
	callerSide = "uac"
	calleeSide = "uas"
)

// unroute removes the Routes that name us: RFC 3261 section 16.4. A strict router has put our URI where the target was, which stands last then.
// flow is where the last of them leads: a flow towards the peer, be it of a Path or of a dialog (RFC 5626 section 5.3).
func (s *Server) unroute(r *sip.Request) (flow target) {
	if r.URI.Params.Has("lr") && s.owns(&r.URI) && len(r.Route) > 0 {
		last := len(r.Route) - 1
		target := r.Route[last].URI
		r.Route = append([]sip.Route{{URI: r.URI}}, r.Route[:last]...)
		r.URI = target
	}
	for len(r.Route) > 0 && s.owns(&r.Route[0].URI) {
		u := &r.Route[0].URI
		caller, fromCaller := u.Params.Get(callerSide)
		callee, fromCallee := u.Params.Get(calleeSide)
		towards := !fromCaller && !fromCallee || fromCaller && r.From.Tag() != caller || fromCallee && r.From.Tag() == callee
		if u.User != "" && towards {
			flow.flow, flow.only = u.User, u.Params.Has("ob")
		}
		r.Route = r.Route[1:]
	}
	return flow
}

// recordRoute puts us into the path of the dialog that a request begins (RFC 3261 section 16.6, step 4): once for both sides when they are on one
// transport and at addresses of their own, and once for each otherwise (RFC 5658), with the flow that leads to a side that has no other way.
func (s *Server) recordRoute(w *sip.Responder, r *sip.Request, t *target, link transaction.Link) {
	here, there := s.sideOf(w, r), w.ContactAt(link).URI
	there.Params = there.Params.With("lr", "")
	if t.flow != "" {
		there.User = t.flow
		there.Params = there.Params.With(calleeSide, r.From.Tag())
		if t.only {
			there.Params = there.Params.With("ob", "")
		}
	}
	r.RecordRoute = append([]sip.Route{here}, r.RecordRoute...)
	if here.URI.User != "" || !there.Equal(&here.URI) {
		r.RecordRoute = append([]sip.Route{{URI: there}}, r.RecordRoute...)
	}
}

// sideOf is our Record-Route towards where a request has come from.
func (s *Server) sideOf(w *sip.Responder, r *sip.Request) sip.Route {
	u := w.Contact().URI
	u.Params = u.Params.With("lr", "")
	transport := w.Transport()
	web := transport == "ws" || transport == "wss"
	outbound := len(r.Contact) == 1 && r.Contact[0].URI.Params.Has("ob")
	if len(r.Via) == 1 && (outbound || web) {
		u.User = w.FlowToken()
		u.Params = u.Params.With(callerSide, r.From.Tag()).With("ob", "")
	}
	return sip.Route{URI: u}
}

// path puts us into the way back to a user agent that registers elsewhere through us: RFC 3327, RFC 5626 section 5.1.
func (s *Server) path(w *sip.Responder, r *sip.Request) {
	if len(r.Via) > 1 {
		return // another proxy stands nearer
	}
	u := w.Contact().URI
	u.User = w.FlowToken()
	u.Params = u.Params.With("lr", "").With("ob", "")
	r.Path = append([]sip.Route{{URI: u}}, r.Path...)
}
