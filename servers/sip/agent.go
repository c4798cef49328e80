package sip

import (
	"context"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header/uri"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// Contact is where the peer of this request reaches us: our address on the leg it came in on.
func (w *Responder) Contact() Contact { return w.stack.contact(w.link) }

// ContactAt is Contact for a peer at the end of another link.
func (w *Responder) ContactAt(link transaction.Link) Contact { return w.stack.contact(link) }

func (s *stack) contact(link transaction.Link) Contact {
	l := s.legs[link.Transport]
	u := uri.URI{Scheme: "sip", Host: s.hostFor(l, link.Addr().Addr()), Port: l.local.Port()}
	switch l.proto {
	case pool.TCP:
		u.Params = ";transport=tcp"
	case pool.TLS:
		u.Scheme = "sips"
	case protoWS:
		u.Params = ";transport=ws"
	case protoWSS:
		u.Scheme, u.Params = "sips", ";transport=ws"
	}
	return Contact{URI: u}
}

// Answerer is a plain user agent server, for tests and for trying things: it answers INVITE with 180 and 200, and BYE, OPTIONS, REGISTER
// and MESSAGE with 200.
type Answerer struct {
	// Session is the description that answers an INVITE, of the type application/sdp; empty is DefaultSession.
	Session string
}

// DefaultSession is a session without a medium that anybody would use.
const DefaultSession = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"

// Methods is the handler.
func (a Answerer) Methods() Methods {
	ok := HandlerFunc(func(w *Responder, _ *Request) { _ = w.Reply(wire.CodeOK) })
	m := Methods{"INVITE": HandlerFunc(a.invited), "BYE": ok, "REGISTER": ok, "MESSAGE": ok}
	m["OPTIONS"] = HandlerFunc(func(w *Responder, r *Request) {
		res := NewResponse(r, wire.CodeOK)
		res.Allow = m.Allow()
		res.Accept = []wire.MediaType{{Type: "application", Subtype: "sdp"}}
		_ = w.Respond(res)
	})
	return m
}

func (a Answerer) invited(w *Responder, r *Request) {
	_ = w.Reply(wire.CodeRinging)
	res := responses.Get().(*Response)
	defer responses.Put(res)
	res.Answer(r, wire.CodeOK)
	res.Contact = append(res.Contact[:0], w.Contact())
	res.ContentType = wire.MediaType{Type: "application", Subtype: "sdp"}
	session := a.Session
	if session == "" {
		session = DefaultSession
	}
	res.Body = append(res.Body[:0], session...)
	_ = w.Respond(res)
}

// Contact is where the target of a request reaches this client.
func (c *Client) Contact(ctx context.Context, req *Request) (Contact, error) {
	links, err := c.stack.targets(ctx, req)
	if err != nil {
		return Contact{}, err
	}
	return c.stack.contact(c.stack.fit(req, links[0])), nil
}
