package router

import (
	"context"
	"errors"

	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/strand"
)

// link is one connection as the router needs it.
type link interface {
	// Deliver sends an event to the publisher at the other end, under a number and the publisher's own name of the session. While
	// the publisher does not read what it is sent, it waits. Any goroutine but a connection's loop.
	Deliver(ctx context.Context, id int64, to string, event []byte) error
}

// conn is one connection. Its requests are taken one after another, so that each sees what those before it have done.
type conn struct {
	router     *Router
	owner      Owner
	link       link
	requests   strand.Strand
	deliveries deliveries
	published  map[string]struct{} // aliases; of the strand alone

	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
}

// answer is how a request is answered, once and by any goroutine.
type answer func(Outcome)

// opened takes a new connection.
func (r *Router) opened(l link) *conn {
	r.start()
	c := &conn{router: r, link: l, owner: Owner{r.name, r.last.Add(1)}, published: map[string]struct{}{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[c.owner.Conn] = c
	return c
}

// left takes the end of the connection: its sessions go, and those who wait for it learn that.
func (c *conn) left() {
	r := c.router
	c.cancel()
	r.mu.Lock()
	delete(r.conns, c.owner.Conn)
	r.mu.Unlock()
	c.requests.Post(strand.Func(func() {
		ctx, cancel := context.WithTimeout(context.Background(), directoryWithin)
		defer cancel()
		if err := r.directory().Leave(ctx, c.owner); err != nil {
			r.logger().Error("sessions of a lost connection remain", "router", r.name, "conn", c.owner.Conn, "err", err)
		}
		c.deliveries.fail()
	}))
}

// publish enters a session.
func (c *conn) publish(alias, name, methods tree.Value, reply answer) {
	c.requests.Post(strand.Func(func() { reply(c.enter(alias, name, methods)) }))
}

// enter judges in the order of the original: the alias, whether it is taken, the name.
func (c *conn) enter(alias, name, methods tree.Value) Outcome {
	if !alias.Truth() {
		return failure("Session alias must be defined")
	}
	p := Publication{Methods: methods, Owner: c.owner}
	p.Alias, _ = alias.Str()
	p.Name, _ = name.Str()
	directory := c.router.directory()
	if !name.Truth() || p.Name == "" || p.Alias == "" {
		if _, err := directory.Lookup(c.ctx, p.Alias); err == nil {
			return failure("Session '%s' already exists", p.Alias)
		}
		return failure("Session name is required")
	}
	if len(c.published) >= c.router.maxSessions() {
		return failure("Session '%s' is one too many", p.Alias)
	}
	switch err := directory.Publish(c.ctx, p); {
	case errors.Is(err, ErrExists):
		return failure("Session '%s' already exists", p.Alias)
	case err != nil:
		return c.failed("publish", err)
	}
	c.published[p.Alias] = struct{}{}
	return success(tree.Ref(tree.String(p.Alias)))
}

// rescind removes a session.
func (c *conn) rescind(alias tree.Value, reply answer) {
	c.requests.Post(strand.Func(func() { reply(c.remove(alias)) }))
}

func (c *conn) remove(alias tree.Value) Outcome {
	name, _ := alias.Str()
	if !alias.Truth() || name == "" {
		return failure("Session alias is required")
	}
	by := &c.owner
	if c.router.Compatible {
		by = nil
	}
	switch err := c.router.directory().Rescind(c.ctx, name, by); {
	case errors.Is(err, ErrUnknown):
		return failure("Session '%s' doesn't exist", name)
	case errors.Is(err, ErrNotOwner):
		return failure("Session '%s' belongs to another connection", name)
	case err != nil:
		return c.failed("rescind", err)
	}
	delete(c.published, name)
	return Outcome{Success: true}
}

// listing gives the aliases of all sessions.
func (c *conn) listing(reply answer) {
	c.requests.Post(strand.Func(func() {
		aliases, err := c.router.directory().List(c.ctx)
		if err != nil {
			reply(c.failed("listing", err))
			return
		}
		list := new(tree.List)
		for _, alias := range aliases {
			list.Append(tree.String(alias))
		}
		reply(success(list.Value()))
	}))
}

// subscribe gives the methods of a session.
func (c *conn) subscribe(to string, reply answer) {
	c.requests.Post(strand.Func(func() {
		p, out, ok := c.lookup(to)
		if !ok {
			reply(out)
			return
		}
		reply(success(tree.MapOf(tree.Pair("session", tree.String(p.Alias)), tree.Pair("methods", p.Methods))))
	}))
}

// deliver brings an event to the publisher of a session. The result answers.
func (c *conn) deliver(to string, event []byte, reply answer) {
	c.requests.Post(strand.Func(func() {
		p, out, ok := c.lookup(to)
		if !ok {
			reply(out)
			return
		}
		c.router.delivery().Deliver(c.ctx, p, event, reply)
	}))
}

// lookup finds a session, or what to say instead.
func (c *conn) lookup(alias string) (Publication, Outcome, bool) {
	p, err := c.router.directory().Lookup(c.ctx, alias)
	switch {
	case errors.Is(err, ErrUnknown):
		return p, failure("Session '%s' doesn't exist", alias), false
	case err != nil:
		return p, c.failed("lookup", err), false
	}
	return p, Outcome{}, true
}

// refuse answers a request of a kind that does not exist.
func (c *conn) refuse(kind string, reply answer) {
	c.requests.Post(strand.Func(func() { reply(failure("Unknown message type '%s'", kind)) }))
}

// settle takes the result of an event that was delivered here. One that nobody waits for is late, or was never asked for.
func (c *conn) settle(id int64, out Outcome) {
	if !c.deliveries.end(id, out) {
		c.router.logger().Debug("result that nobody waits for", "router", c.router.name, "conn", c.owner.Conn)
	}
}

// failed answers a request when the directory has failed: the reason is not for the program.
func (c *conn) failed(request string, err error) Outcome {
	if c.ctx.Err() == nil {
		c.router.logger().Error("directory failed", "request", request, "err", err)
	}
	return failure("The router cannot %s now", request)
}
