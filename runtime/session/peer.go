package session

import (
	"context"
	"crypto/tls"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Peer is who is at the other end of a session.
type Peer struct {
	Addr     net.Addr             // its address; nil in push mode unless given
	Local    net.Addr             // the address of our end; nil in push mode unless given
	TLS      *tls.ConnectionState // nil when the connection is not TLS
	Verified bool                 // it showed a certificate that verified against the configured authorities
}

// Address is the peer's address as text, empty when there is none.
func (p Peer) Address() string {
	if p.Addr == nil {
		return ""
	}
	return p.Addr.String()
}

// newPeer describes the other end of a connection.
func newPeer(local, addr net.Addr, state *tls.ConnectionState) Peer {
	return Peer{Addr: addr, Local: local, TLS: state, Verified: state != nil && len(state.VerifiedChains) > 0}
}

// linkName is a name for our end of the connection; see [Session.LinkName].
func (p Peer) linkName(id uint64) string {
	if p.Local == nil {
		return ""
	}
	name := p.Local.String()
	if p.Local.Network() == "unix" {
		if (name == "" || name == "@") && p.Addr != nil {
			name = p.Addr.String() + ":" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatUint(id, 10)
		}
		name = "unix:" + name
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("_-.:", r):
			return r
		}
		return '_'
	}, name)
}

// handlerContext is the context of one operation: the connection's, and what the handler may ask of its session. One
// allocation instead of one per value, and none for handlers that run on the loop, which share one that asks the connection for
// its context when somebody waits for the end.
type handlerContext struct {
	context.Context // nil for handlers that run on the loop
	session         *Session
	view            any
	inline          bool      // the view is made when it is asked for
	later           *exchange // of a handler that answers later
}

// Deadline implements [context.Context].
func (c *handlerContext) Deadline() (time.Time, bool) { return c.whole().Deadline() }

// Done implements [context.Context].
func (c *handlerContext) Done() <-chan struct{} { return c.whole().Done() }

// Err implements [context.Context].
func (c *handlerContext) Err() error { return c.whole().Err() }

// whole is the context of the connection.
func (c *handlerContext) whole() context.Context {
	if c.Context == nil {
		return c.session.conn.Context()
	}
	return c.Context
}

type contextKey struct{}

// Value implements [context.Context].
func (c *handlerContext) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.whole().Value(key)
}

// PeerFromContext is the peer of the session a handler runs for, and whether ctx is a handler's context at all.
func PeerFromContext(ctx context.Context) (Peer, bool) {
	c, ok := ctx.Value(contextKey{}).(*handlerContext)
	if !ok {
		return Peer{}, false
	}
	return c.session.peer, true
}

// ID is the number of the session a handler runs for: unique in the process, from 1. It is 0 when ctx is not a handler's.
func ID(ctx context.Context) uint64 {
	c, ok := ctx.Value(contextKey{}).(*handlerContext)
	if !ok {
		return 0
	}
	return c.session.id
}

// View is the copy of the session's variables made when the operation of ctx began, nil when ctx is not a handler's. A handler
// that runs on the loop must ask before it returns.
// Emitted packages give it its type.
func View(ctx context.Context) any {
	c, ok := ctx.Value(contextKey{}).(*handlerContext)
	if !ok {
		return nil
	}
	if c.inline {
		return c.session.operator.View()
	}
	return c.view
}

// Context is the context of the whole session a handler runs for: it ends, with a cause, when the connection does, while
// the handler's own may end before. It is ctx itself when ctx is not a handler's.
func Context(ctx context.Context) context.Context {
	c, ok := ctx.Value(contextKey{}).(*handlerContext)
	if !ok {
		return ctx
	}
	return c.whole()
}

// Serial is a new text that no other session and no other run of the process gives: what transaction identifiers are made
// of. It is empty when ctx is not a handler's.
func Serial(ctx context.Context) string {
	c, ok := ctx.Value(contextKey{}).(*handlerContext)
	if !ok {
		return ""
	}
	return c.session.Serial()
}
