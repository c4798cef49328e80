package session

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/protogen-go/protogen/runtime/loop"
)

// Client is a session on a connection that this side made. Emitted packages wrap it in a Client of their own. All methods
// may be called from any goroutine.
type Client struct {
	session *Session
	engine  loop.Engine
	conn    *loop.Conn
}

// Dial connects, runs service on the connection and waits until its machine has come to rest for the first time: until
// calls can be made. Networks are those of [loop.Dial]; config is for "tls" only. ctx bounds all of it.
func Dial(ctx context.Context, network, address string, config *tls.Config, limits loop.Config, service Service) (*Client, error) {
	return connect(ctx, limits, service, func(e loop.Engine, s loop.Session) (*loop.Conn, error) {
		return loop.Dial(ctx, e, network, address, config, s)
	})
}

// NewClient is [Dial] on a connection that is already there and belongs to the client from now on.
func NewClient(ctx context.Context, nc net.Conn, config *tls.Config, limits loop.Config, service Service) (*Client, error) {
	return connect(ctx, limits, service, func(e loop.Engine, s loop.Session) (*loop.Conn, error) {
		return e.Attach(ctx, nc, config, s)
	})
}

func connect(ctx context.Context, limits loop.Config, service Service, attach func(loop.Engine, loop.Session) (*loop.Conn, error)) (*Client, error) {
	if limits.Logger == nil {
		limits.Logger = service.Logger
	}
	c := &Client{session: newSession(service), engine: loop.NewGoroutines(limits)}
	c.session.calls.ready = make(chan struct{})
	var err error
	if c.conn, err = attach(c.engine, strand{c.session}); err != nil {
		_ = c.engine.Close()
		return nil, err
	}
	select {
	case <-c.session.calls.ready:
		return c, nil
	case <-c.session.handle.Done():
		err = c.session.ended()
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	_ = c.engine.Close()
	return nil, err
}

// Call asks the session for something, by the number and name of the call, and waits for the end of it: the reply, or nil
// for a call that has none. When ctx ends first, its cause is returned, and a reply that comes later is dropped.
func (c *Client) Call(ctx context.Context, number int, name string, m Message) (Message, error) {
	return c.session.call(ctx, number, name, m)
}

// Done is closed when the session is over.
func (c *Client) Done() <-chan struct{} { return c.session.handle.Done() }

// Err is why the session is over: an [*EndedError], nil while it is not.
func (c *Client) Err() error {
	select {
	case <-c.session.handle.Done():
		return c.session.ended()
	default:
		return nil
	}
}

// Close cuts the connection and waits until the session is over. Calls that wait end with [ErrClosed]. Hooks and machines must
// not call it.
func (c *Client) Close() error { return c.engine.Close() }

// Handle is the session as the program may hold it.
func (c *Client) Handle() *Handle { return &c.session.handle }

// Bound is what the machine gave to [Session.Bind].
func (c *Client) Bound() any { return c.session.wrapper }

// Number is a whole number that no other message of the session has had, from 0 on.
func (c *Client) Number() int64 { return c.session.Number() }

// Opening is the message that brought the machine to rest for the first time, nil if it was none.
func (c *Client) Opening() Message { return c.session.calls.opening }
