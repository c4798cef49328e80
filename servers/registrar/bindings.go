package registrar

import (
	"errors"
	"slices"
	"strconv"
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
)

// register answers a REGISTER: RFC 3261 section 10.3.
func (s *Server) register(w *sip.Responder, r *sip.Request) {
	name := user(&r.To.URI)
	if !s.owns(&r.To.URI) {
		_ = w.Reply(wire.CodeNotFound)
		return
	}
	if s.accounts != nil {
		account, ok := s.accounts.Authenticate(w, r)
		if !ok {
			return
		}
		if account != uri.Unescape(r.To.URI.User) {
			_ = w.Reply(wire.CodeForbidden)
			return
		}
	}
	now := time.Now()
	var left []Binding
	err := s.config.Directory.Update(w.Context(), name, func(list []Binding) ([]Binding, error) {
		var err error
		left, err = s.change(r, list, now)
		return left, err
	})
	res := sip.NewResponse(r, wire.CodeOK)
	switch {
	case errors.Is(err, errTooBrief):
		res.Status = wire.CodeIntervalTooBrief
		res.MinExpires = header.Some(uint32(s.config.MinExpires / time.Second))
	case errors.Is(err, errStale):
		res.Status = wire.CodeServerInternalError
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
	}
	_ = w.Respond(res)
}

// change is what a REGISTER makes of a user's bindings; all of it, or nothing.
func (s *Server) change(r *sip.Request, list []Binding, now time.Time) ([]Binding, error) {
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
		if list, err = s.bind(r, &r.Contact[i], list, now); err != nil {
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

// bind adds, renews or removes one binding.
func (s *Server) bind(r *sip.Request, c *sip.Contact, list []Binding, now time.Time) ([]Binding, error) {
	life := s.config.Expires
	if r.Expires.Present {
		life = time.Duration(r.Expires.Value) * time.Second
	}
	if text, ok := c.Params.Get("expires"); ok {
		if n, err := strconv.ParseUint(text, 10, 32); err == nil {
			life = time.Duration(n) * time.Second
		}
	}
	if life > 0 && life < s.config.MinExpires {
		return nil, errTooBrief
	}
	at := slices.IndexFunc(list, func(b Binding) bool { return b.URI.Equal(&c.URI) })
	if at >= 0 && stale(r, &list[at]) {
		return nil, errStale
	}
	if life == 0 {
		if at >= 0 {
			list = slices.Delete(list, at, at+1)
		}
		return list, nil
	}
	b := Binding{
		URI: c.URI, Params: c.Params.Without("expires"), CallID: r.CallID, CSeq: r.CSeq.Number, Path: r.Path,
		Deadline: now.Add(min(life, s.config.MaxExpires)),
	}
	if at >= 0 {
		list[at] = b
		return list, nil
	}
	return append(list, b), nil
}
