package router

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/protogen-go/protogen/generated/proxysession"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
	"github.com/protogen-go/protogen/runtime/tree"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = proxysession.ErrServerClosed

// wire is a connection with a program elsewhere.
type wire struct {
	*proxysession.Conn
	patience time.Duration // for a program that does not read what it is sent
}

// Deliver implements link.
func (w wire) Deliver(ctx context.Context, id int64, to string, event []byte) error {
	m := &proxysession.Deliver{ID: id, To: to, Payload: event}
	err := w.Conn.Deliver(m)
	if !errors.Is(err, session.ErrBusy) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	for errors.Is(err, session.ErrBusy) {
		if err = w.Room(ctx); err == nil {
			err = w.Conn.Deliver(m)
		}
	}
	return err
}

// handler is what the sessions of a router's connections tell it. Its methods are called on the loop and do not block.
type handler struct{ router *Router }

var _ proxysession.ServerHandler = handler{}

// of is the connection that a context belongs to.
func of(ctx context.Context) *conn { return proxysession.ConnFromContext(ctx).Value().(*conn) }

// with gives an outcome to who waits for a message.
func with(reply func(*proxysession.Result, error)) answer {
	return func(o Outcome) { reply(message(o), nil) }
}

// message is the message that an outcome is.
func message(o Outcome) *proxysession.Result {
	return &proxysession.Result{Success: o.Success, Payload: o.Payload}
}

// Opened implements [proxysession.ServerHandler].
func (h handler) Opened(ctx context.Context) error {
	c := proxysession.ConnFromContext(ctx)
	c.SetValue(h.router.opened(wire{c, h.router.answerWithin()}))
	return nil
}

// Left implements [proxysession.ServerHandler].
func (h handler) Left(ctx context.Context) error {
	of(ctx).left()
	return nil
}

// Publish implements [proxysession.ServerHandler].
func (h handler) Publish(ctx context.Context, m *proxysession.Publish, reply func(*proxysession.Result, error)) {
	of(ctx).publish(m.Payload.Alias, m.Payload.Session, m.Payload.Methods, with(reply))
}

// Rescind implements [proxysession.ServerHandler].
func (h handler) Rescind(ctx context.Context, m *proxysession.Rescind, reply func(*proxysession.Result, error)) {
	of(ctx).rescind(m.Payload.Alias, with(reply))
}

// Listing implements [proxysession.ServerHandler].
func (h handler) Listing(ctx context.Context, _ *proxysession.Listing, reply func(*proxysession.Result, error)) {
	of(ctx).listing(with(reply))
}

// Subscribe implements [proxysession.ServerHandler].
func (h handler) Subscribe(ctx context.Context, m *proxysession.Subscribe, reply func(*proxysession.Result, error)) {
	of(ctx).subscribe(m.To, with(reply))
}

// Route implements [proxysession.ServerHandler].
func (h handler) Route(ctx context.Context, m *proxysession.Deliver, reply func(*proxysession.Result, error)) {
	of(ctx).deliver(m.To, m.Payload, with(reply))
}

// Refuse implements [proxysession.ServerHandler].
func (h handler) Refuse(ctx context.Context, m *proxysession.Other, reply func(*proxysession.Result, error)) {
	of(ctx).refuse(m.Type, with(reply))
}

// Settle implements [proxysession.ServerHandler].
func (h handler) Settle(ctx context.Context, m *proxysession.Result) error {
	of(ctx).settle(m.ID, Outcome{Success: m.Success, Payload: m.Payload})
	return nil
}

// Serve takes connections from l until Shutdown or Close, and then returns [ErrServerClosed]; its error is never nil. It closes
// l. It may run for several listeners at the same time.
func (r *Router) Serve(l net.Listener) error {
	r.start()
	return r.server.Serve(l)
}

// ListenAndServe listens at an address, "tcp" and ":56789" say, and serves; ctx bounds the listening only.
func (r *Router) ListenAndServe(ctx context.Context, network, address string) error {
	l, err := socket.Listen(ctx, network, address, socket.Options{})
	if err != nil {
		return err
	}
	return r.Serve(l)
}

// Shutdown stops accepting, lets every connection finish the requests it has made, and waits until all are over. When ctx ends
// first, the others are cut and its error is returned.
func (r *Router) Shutdown(ctx context.Context) error {
	r.start()
	return r.server.Shutdown(ctx)
}

// Close cuts every connection.
func (r *Router) Close() error {
	r.start()
	return r.server.Close()
}

// ClientConfig is how a [Client] connects. The zero value, and nil, mean the defaults.
type ClientConfig struct {
	// Config holds the protocol's settings.
	Config proxysession.Config
	// Logger gets what an operator should know, never the content of messages: slog.Default().
	Logger *slog.Logger
	// Hooks report what the session does.
	Hooks session.Hooks
	// Limits bound the connection's buffers.
	Limits loop.Config
}

// Dial connects to a router. Networks are "tcp" and "unix"; ctx bounds connecting only.
func Dial(ctx context.Context, network, address string, config *ClientConfig) (*Client, error) {
	if config == nil {
		config = &ClientConfig{}
	}
	c := newClient(config.Logger)
	connected, err := proxysession.Dial(ctx, network, address, &proxysession.ClientConfig{
		Handler: clientHandler{c}, Config: config.Config, Logger: config.Logger, Hooks: config.Hooks, Limits: config.Limits,
	})
	if err != nil {
		return nil, err
	}
	c.asking = remote{connected}
	go func() {
		<-connected.Done()
		c.cancel(connected.Err())
	}()
	return c, nil
}

// clientHandler is what the connection tells a client.
type clientHandler struct{ client *Client }

var _ proxysession.ClientHandler = clientHandler{}

// Deliver implements [proxysession.ClientHandler].
func (h clientHandler) Deliver(_ context.Context, m *proxysession.Deliver, reply func(*proxysession.Result, error)) {
	h.client.delivered(m.To, m.Payload, with(reply))
}

// remote is a client's connection with a router elsewhere.
type remote struct{ *proxysession.Client }

// lingerWithin is how long what was sent may take to leave when a client closes.
const lingerWithin = 2 * time.Second

// Close closes the connection when what was sent has left, or cuts it when the router does not take that.
func (r remote) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lingerWithin)
	defer cancel()
	if r.Client.Shutdown(ctx) == nil {
		select {
		case <-r.Done():
		case <-ctx.Done():
		}
	}
	return r.Client.Close()
}

// outcome is what a message says.
func outcome(m *proxysession.Result, err error) (Outcome, error) {
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Success: m.Success, Payload: m.Payload}, nil
}

func (r remote) publish(ctx context.Context, alias, name string, methods tree.Value) (Outcome, error) {
	return outcome(r.Client.Publish(ctx, &proxysession.Publish{Payload: proxysession.Publication{
		Alias: tree.String(alias), Session: tree.String(name), Methods: methods,
	}}))
}

func (r remote) rescind(ctx context.Context, alias string) (Outcome, error) {
	return outcome(r.Client.Rescind(ctx, &proxysession.Rescind{Payload: proxysession.Rescission{Alias: tree.String(alias)}}))
}

func (r remote) listing(ctx context.Context) (Outcome, error) {
	return outcome(r.Client.Listing(ctx, &proxysession.Listing{}))
}

func (r remote) subscribe(ctx context.Context, alias string) (Outcome, error) {
	return outcome(r.Client.Subscribe(ctx, &proxysession.Subscribe{To: alias}))
}

func (r remote) deliver(ctx context.Context, to string, event []byte) (Outcome, error) {
	return outcome(r.Client.Deliver(ctx, &proxysession.Deliver{To: to, Payload: event}))
}
