package router

import (
	"context"
	"sync"

	"github.com/protogen-go/protogen/runtime/tree"
)

// local is a client's connection to a router of its own process: no socket, no frames.
type local struct {
	conn   *conn
	client *Client
	once   sync.Once
	done   chan struct{}
}

// Client is a program within the router's own process: what it publishes, programs elsewhere can use.
func (r *Router) Client() *Client {
	r.start()
	l := &local{client: newClient(r.logger()), done: make(chan struct{})}
	l.client.asking = l
	l.conn = r.opened(l)
	return l.client
}

// Deliver implements link.
func (l *local) Deliver(_ context.Context, id int64, to string, event []byte) error {
	l.client.delivered(to, event, func(o Outcome) { l.conn.settle(id, o) })
	return nil
}

// ask makes a request and waits for its outcome.
func (l *local) ask(ctx context.Context, request func(answer)) (Outcome, error) {
	out := make(chan Outcome, 1)
	request(func(o Outcome) { out <- o })
	select {
	case o := <-out:
		return o, nil
	case <-ctx.Done():
		return Outcome{}, context.Cause(ctx)
	case <-l.done:
		return Outcome{}, ErrClosed
	}
}

func (l *local) publish(ctx context.Context, alias, name string, methods tree.Value) (Outcome, error) {
	return l.ask(ctx, func(a answer) { l.conn.publish(tree.String(alias), tree.String(name), methods, a) })
}

func (l *local) rescind(ctx context.Context, alias string) (Outcome, error) {
	return l.ask(ctx, func(a answer) { l.conn.rescind(tree.String(alias), a) })
}

func (l *local) listing(ctx context.Context) (Outcome, error) { return l.ask(ctx, l.conn.listing) }

func (l *local) subscribe(ctx context.Context, alias string) (Outcome, error) {
	return l.ask(ctx, func(a answer) { l.conn.subscribe(alias, a) })
}

func (l *local) deliver(ctx context.Context, to string, event []byte) (Outcome, error) {
	return l.ask(ctx, func(a answer) { l.conn.deliver(to, event, a) })
}

// Close ends the connection.
func (l *local) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.conn.left()
	})
	return nil
}

// Done is closed when the connection is over.
func (l *local) Done() <-chan struct{} { return l.done }

// Err is why it is over.
func (l *local) Err() error {
	select {
	case <-l.done:
		return ErrClosed
	default:
		return nil
	}
}
