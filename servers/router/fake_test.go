package router

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// quiet is a log that nobody reads.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// asked is an event that the router has delivered to a program of a test.
type asked struct {
	id    int64
	to    string
	event []byte
}

// program is a connection that a test plays the program of: it keeps the events that it gets.
type program struct {
	t    *testing.T
	conn *conn
	got  chan asked
}

func play(t *testing.T, r *Router) *program {
	p := &program{t: t, got: make(chan asked, 100)}
	p.conn = r.opened(p)
	return p
}

func (p *program) Deliver(_ context.Context, id int64, to string, event []byte) error {
	p.got <- asked{id, to, event}
	return nil
}

// said waits for an outcome and gives its success and contents.
func said(t *testing.T, ask func(answer)) (bool, any) {
	t.Helper()
	out := make(chan Outcome, 1)
	ask(func(o Outcome) { out <- o })
	return read(t, <-out)
}

func read(t *testing.T, o Outcome) (bool, any) {
	t.Helper()
	if o.Payload == nil {
		return o.Success, nil
	}
	v, err := storable.Network.Decode(o.Payload)
	if err != nil {
		t.Fatal(err)
	}
	x, err := tree.As[any](v)
	if err != nil {
		t.Fatal(err)
	}
	return o.Success, x
}

// publish publishes a session of the program.
func (p *program) publish(alias, name string) (bool, any) {
	p.t.Helper()
	return said(p.t, func(a answer) { p.conn.publish(tree.String(alias), tree.String(name), tree.MapOf(), a) })
}

// connect makes a client of a router.
func connect(t *testing.T, r *Router) *Client {
	t.Helper()
	c := r.Client()
	t.Cleanup(func() { c.Close() })
	return c
}
