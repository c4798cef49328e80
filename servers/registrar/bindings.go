package registrar

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
	"github.com/protogen-go/protogen/servers/sip"
)

// Refusals of a REGISTER.
var (
	errTooBrief = errors.New("registrar: interval too brief")
	errStale    = errors.New("registrar: older than what is known")
	errTooMany  = errors.New("registrar: too many bindings")
	errFirstHop = errors.New("registrar: the first hop keeps no flows")
)

// register answers a REGISTER: RFC 3261 section 10.3.
func (s *Server) register(w *sip.Responder, r *sip.Request) {
	if !s.mayRegister(w, r) {
		return
	}
	name, now, from := user(&r.To.URI), time.Now(), s.originOf(w, r)
	var left []Binding
	err := s.config.Directory.Update(w.Context(), name, func(list []Binding) ([]Binding, error) {
		var err error
		left, err = s.change(r, from, list, now)
		return left, err
	})
	res := sip.NewResponse(r, wire.CodeOK)
	switch {
	case errors.Is(err, errTooBrief):
		res.Status = wire.CodeIntervalTooBrief
		res.MinExpires = header.Some(uint32(s.config.MinExpires / time.Second))
	case errors.Is(err, errStale):
		res.Status = wire.CodeServerInternalError
	case errors.Is(err, errFirstHop):
		res.Status = wire.CodeFirstHopLacksOutboundSupport
	case errors.Is(err, errTooMany):
		res.Status = wire.CodeForbidden
	case err != nil:
		res.Status = wire.CodeServerInternalError
	default:
		for _, b := range left {
			params := b.Params.With("expires", strconv.Itoa(int(b.Deadline.Sub(now)/time.Second)))
			res.Contact = append(res.Contact, sip.Contact{URI: b.URI, Params: params})
		}
		if len(r.Path) > 0 {
			res.Path = r.Path
		}
		res.Date = now.UTC()
		res.Supported = extensions
		if from.outbound {
			res.Require = []string{"outbound"}
			res.FlowTimer = header.Some(uint32(s.config.FlowTimer / time.Second))
		}
	}
	_ = w.Respond(res)
}

// mayRegister reports whether a REGISTER is for a user of ours, and comes from him. Otherwise it has been answered.
func (s *Server) mayRegister(w *sip.Responder, r *sip.Request) bool {
	if !s.owns(&r.To.URI) {
		_ = w.Reply(wire.CodeNotFound)
		return false
	}
	if unknown := slices.DeleteFunc(slices.Clone(r.Require), func(tag string) bool { return slices.Contains(extensions, strings.ToLower(tag)) }); len(unknown) > 0 {
		res := sip.NewResponse(r, wire.CodeBadExtension)
		res.Unsupported = unknown
		_ = w.Respond(res)
		return false
	}
	if s.accounts == nil {
		return true
	}
	account, ok := s.accounts.Authenticate(w, r)
	if ok && account != uri.Unescape(r.To.URI.User) {
		_ = w.Reply(wire.CodeForbidden)
		return false
	}
	return ok
}

// extensions are those that the registrar knows.
var extensions = []string{"path", "outbound"}

// An origin is how a REGISTER has come.
type origin struct {
	flow     string // by which requests go back; empty for none
	only     bool   // nothing else leads there
	outbound bool   // the user agent keeps flows: RFC 5626 section 6
	firstHop bool   // it does, but its first hop does not
}

func (s *Server) originOf(w *sip.Responder, r *sip.Request) origin {
	direct, transport := len(r.Via) == 1 && len(r.Path) == 0, w.Transport()
	web := transport == "ws" || transport == "wss" // whose Contacts lead nowhere: RFC 7118 section 5
	o := origin{outbound: slices.ContainsFunc(r.Contact, func(c sip.Contact) bool { return keepsFlows(r, &c) })}
	if o.outbound && !direct && (len(r.Path) == 0 || !r.Path[len(r.Path)-1].URI.Params.Has("ob")) {
		o.outbound, o.firstHop = false, true
	}
	if direct && (o.outbound || transport != "udp") {
		o.flow, o.only = w.FlowToken(), o.outbound || web
	}
	return o
}

// keepsFlows reports whether a Contact is one of several flows of a user agent.
func keepsFlows(r *sip.Request, c *sip.Contact) bool {
	_, numbered := header.Number[uint32](c.Params, "reg-id")
	return numbered && c.Params.Has("+sip.instance") && slices.ContainsFunc(r.Supported, func(tag string) bool { return strings.EqualFold(tag, "outbound") })
}

// change is what a REGISTER makes of a user's bindings; all of it, or nothing.
func (s *Server) change(r *sip.Request, from origin, list []Binding, now time.Time) ([]Binding, error) {
	if from.firstHop {
		return nil, errFirstHop
	}
	list = slices.DeleteFunc(list, func(b Binding) bool { return !b.Deadline.After(now) })
	if len(r.Contact) == 1 && r.Contact[0].URI.Opaque == "*" {
		for i := range list {
			if stale(r, &list[i]) {
				return nil, errStale
			}
		}
		return nil, nil
	}
	for i := range r.Contact {
		var err error
		if list, err = s.bind(r, &r.Contact[i], from, list, now); err != nil {
			return nil, err
		}
	}
	if len(list) > s.config.MaxBindings {
		return nil, errTooMany
	}
	return list, nil
}

// stale reports whether a REGISTER is not newer than the one that made a binding.
func stale(r *sip.Request, b *Binding) bool { return r.CallID == b.CallID && r.CSeq.Number <= b.CSeq }

// bind adds, renews or removes one binding. The one that is renewed last stands last.
func (s *Server) bind(r *sip.Request, c *sip.Contact, from origin, list []Binding, now time.Time) ([]Binding, error) {
	life := s.lifeOf(r, c)
	if life > 0 && life < s.config.MinExpires {
		return nil, errTooBrief
	}
	b := Binding{
		URI: c.URI, Params: c.Params.Without("expires"), CallID: r.CallID, CSeq: r.CSeq.Number, Path: r.Path,
		Flow: from.flow, Only: from.only, Deadline: now.Add(min(life, s.config.MaxExpires)),
	}
	if from.outbound && keepsFlows(r, c) {
		b.Instance = c.Params.Value("+sip.instance")
		b.RegID, _ = header.Number[uint32](c.Params, "reg-id")
	}
	if at := slices.IndexFunc(list, b.replaces); at >= 0 {
		if stale(r, &list[at]) {
			return nil, errStale
		}
		list = slices.Delete(list, at, at+1)
	}
	if life == 0 {
		return list, nil
	}
	return append(list, b), nil
}

// lifeOf is how long a binding is to be.
func (s *Server) lifeOf(r *sip.Request, c *sip.Contact) time.Duration {
	if text, ok := c.Params.Get("expires"); ok {
		if n, err := strconv.ParseUint(text, 10, 32); err == nil {
			return time.Duration(n) * time.Second
		}
	}
	if r.Expires.Present {
		return time.Duration(r.Expires.Value) * time.Second
	}
	return s.config.Expires
}

// replaces reports whether b is another state of a: the same flow of a user agent, or else the same address.
func (b *Binding) replaces(a Binding) bool {
	if b.Instance != "" {
		return a.Instance == b.Instance && a.RegID == b.RegID
	}
	return a.Instance == "" && a.URI.Equal(&b.URI)
}
