package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/strand"
)

// FailedError is a request that the router, or the publisher of a session, did not do.
type FailedError struct {
	Request string // publish, rescind, listing, subscribe or deliver
	Text    string // why, in the words of the other side
}

// Error implements error.
func (e *FailedError) Error() string { return fmt.Sprintf("router: %s: %s", e.Request, e.Text) }

// ErrClosed is what a client says whose connection is over.
var ErrClosed = fmt.Errorf("router: client is closed: %w", net.ErrClosed)

// ErrNoMethod is a call of a method that the session did not publish.
var ErrNoMethod = errors.New("router: the session has no such method")

// asking is the client's connection: requests and their results.
type asking interface {
	publish(ctx context.Context, alias, name string, methods tree.Value) (Outcome, error)
	rescind(ctx context.Context, alias string) (Outcome, error)
	listing(ctx context.Context) (Outcome, error)
	subscribe(ctx context.Context, alias string) (Outcome, error)
	deliver(ctx context.Context, to string, event []byte) (Outcome, error)
	Close() error
	Done() <-chan struct{}
	Err() error
}

// Client is a program that is connected to a router: it publishes sessions, and uses those of others. Its methods may be called
// from any goroutine. It does not reconnect.
type Client struct {
	asking asking
	logger *slog.Logger
	ctx    context.Context // of methods that are called; ends with the connection
	cancel context.CancelCauseFunc

	mu        sync.Mutex
	published map[string]*published // by name
}

func newClient(logger *slog.Logger) *Client {
	if logger == nil {
		logger = slog.Default()
	}
	c := &Client{logger: logger, published: map[string]*published{}}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// Publish offers a session under an alias that no other session has: the exported methods of value, by their names, or those of
// [Methods]. Events call them one after another, in the order they came. What a method returns goes back to the caller.
func (c *Client) Publish(ctx context.Context, alias string, value any) error {
	p, err := newPublished(alias, value)
	if err != nil {
		return err
	}
	c.mu.Lock()
	_, taken := c.published[alias]
	if !taken {
		c.published[alias] = p // events may come before the result does
	}
	c.mu.Unlock()
	if taken {
		return &FailedError{"publish", fmt.Sprintf("Session '%s' already exists", alias)}
	}
	out, err := c.asking.publish(ctx, alias, alias, p.describe())
	if _, err = contents("publish", out, err); err != nil {
		c.forget(alias)
	}
	return err
}

// Rescind takes back a session that this client has published.
func (c *Client) Rescind(ctx context.Context, alias string) error {
	out, err := c.asking.rescind(ctx, alias)
	if _, err = contents("rescind", out, err); err == nil {
		c.forget(alias)
	}
	return err
}

func (c *Client) forget(alias string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.published, alias)
}

// Listing gives the aliases of all sessions that the router knows.
func (c *Client) Listing(ctx context.Context) ([]string, error) {
	out, err := c.asking.listing(ctx)
	v, err := contents("listing", out, err)
	if err != nil {
		return nil, err
	}
	return tree.As[[]string](v)
}

// Subscribe learns what a session can do, and gives something to call it by.
func (c *Client) Subscribe(ctx context.Context, alias string) (*Proxy, error) {
	out, err := c.asking.subscribe(ctx, alias)
	v, err := contents("subscribe", out, err)
	if err != nil {
		return nil, err
	}
	return &Proxy{client: c, alias: alias, methods: readMethods(v.Get("methods"))}, nil
}

// Close closes the connection when what was sent has left, within 2 seconds. What this client has published goes with it, and
// methods that run learn it by their context.
func (c *Client) Close() error {
	c.cancel(ErrClosed)
	return c.asking.Close()
}

// Done is closed when the connection is over.
func (c *Client) Done() <-chan struct{} { return c.asking.Done() }

// Err is why the connection is over, nil while it is not.
func (c *Client) Err() error { return c.asking.Err() }

// delivered takes an event for a session of this client. It does not block.
func (c *Client) delivered(to string, event []byte, reply answer) {
	c.mu.Lock()
	p := c.published[to]
	c.mu.Unlock()
	if p == nil {
		reply(failure("Unknown recipient"))
		return
	}
	p.events.Post(strand.Func(func() {
		out := p.handle(c.ctx, event, c.logger)
		if !out.Success && c.ctx.Err() != nil {
			return // the client has left, and that is what the router says of its sessions
		}
		reply(out)
	}))
}

// contents is what an outcome carries, or the error that it is.
func contents(request string, out Outcome, err error) (tree.Value, error) {
	if err != nil {
		return tree.Value{}, err
	}
	var v tree.Value
	if len(out.Payload) > 0 {
		if v, err = storable.Network.Decode(out.Payload); err != nil {
			return v, fmt.Errorf("router: %s: result: %w", request, err)
		}
	}
	if v.Ref() != nil {
		v = v.Ref().Value()
	}
	if !out.Success {
		text, _ := v.Str()
		return tree.Value{}, &FailedError{request, text}
	}
	return v, nil
}

// Proxy stands for a session that somebody has published. Its methods may be called from any goroutine.
type Proxy struct {
	client  *Client
	alias   string
	methods []Method
}

// Alias is the session's alias.
func (p *Proxy) Alias() string { return p.alias }

// Methods are what its publisher has said of its methods, in order of their names.
func (p *Proxy) Methods() []Method { return p.methods }

// Call has the session called, and waits until its publisher has taken the event. A publisher of this package returns what the
// method returned; a Perl publisher always returns "". The error is [ErrNoMethod] or a [*FailedError], if it is not that of the
// connection or of ctx.
func (p *Proxy) Call(ctx context.Context, method string, args ...any) (tree.Value, error) {
	known := false
	for _, m := range p.methods {
		known = known || m.Name == method
	}
	if !known {
		return tree.Value{}, fmt.Errorf("%w: %s", ErrNoMethod, method)
	}
	list := new(tree.List)
	for i, arg := range args {
		v, err := tree.Of(arg)
		if err != nil {
			return tree.Value{}, fmt.Errorf("router: argument %d: %w", i, err)
		}
		list.Append(v)
	}
	event, err := storable.Network.Append(nil, tree.MapOf(tree.Pair("event", tree.String(method)), tree.Pair("args", list.Value())))
	if err != nil {
		return tree.Value{}, fmt.Errorf("router: %w", err)
	}
	out, err := p.client.asking.deliver(ctx, p.alias, event)
	return contents("deliver", out, err)
}
