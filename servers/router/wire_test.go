package router

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/generated/proxysession"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// patience is how long a test waits for anything before it takes it for lost.
const patience = time.Minute

// serve runs a router on a socket of its own until the test ends, and returns the address.
func serve(t *testing.T, r *Router, network string) string {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "router.sock")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(l) }()
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

func dial(t *testing.T, network, address string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), network, address, &ClientConfig{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestWire publishes, lists, subscribes, calls and rescinds through real sockets.
func TestWire(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
			t.Run(network+" "+engine, func(t *testing.T) {
				if _, err := loop.New(engine, loop.Config{}); err != nil {
					t.Skip(err)
				}
				address := serve(t, &Router{Engine: engine, Logger: quiet}, network)
				publisher, subscriber := dial(t, network, address), dial(t, network, address)
				if err := publisher.Publish(t.Context(), "clock", &clock{}); err != nil {
					t.Fatal(err)
				}
				if list, err := subscriber.Listing(t.Context()); err != nil || !cmp.Equal(list, []string{"clock"}) {
					t.Errorf("%v, %v", list, err)
				}
				p, err := subscriber.Subscribe(t.Context(), "clock")
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					if v, err := p.Call(t.Context(), "Tell", "time"); err != nil || !v.Equal(tree.String("told time")) {
						t.Errorf("%v, %v", v, err)
					}
				}
				if err := publisher.Rescind(t.Context(), "clock"); err != nil {
					t.Error(err)
				}
				var failed *FailedError
				if _, err := p.Call(t.Context(), "Tell", "time"); !errors.As(err, &failed) || failed.Text != "Session 'clock' doesn't exist" {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

// TestClose leaves the router in order: it sees the end of the stream, not a connection that is reset.
func TestClose(t *testing.T) {
	ended := make(chan error, 1)
	address := serve(t, &Router{Logger: quiet, Hooks: session.Hooks{Closed: func(_ uint64, cause error) { ended <- cause }}}, "tcp")
	c := dial(t, "tcp", address)
	if _, err := c.Listing(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if cause := <-ended; cause != nil {
		t.Errorf("the router sees %v", cause)
	}
	if err := c.Publish(t.Context(), "late", &clock{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed client publishes: %v", err)
	}
}

// TestConcurrentClients have many events under way through one publisher, under numbers that are the same on every connection.
func TestConcurrentClients(t *testing.T) {
	address := serve(t, &Router{Logger: quiet}, "tcp")
	publisher := dial(t, "tcp", address)
	if err := publisher.Publish(t.Context(), "echo", Methods{"echo": func(s string) string { return s }}); err != nil {
		t.Fatal(err)
	}
	const clients, calls = 8, 50
	errs := make(chan error, clients)
	for i := range clients {
		p, err := dial(t, "tcp", address).Subscribe(t.Context(), "echo")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for j := range calls {
				want := strconv.Itoa(i) + "/" + strconv.Itoa(j)
				v, err := p.Call(t.Context(), "echo", want)
				if got, _ := v.Str(); err == nil && got != want {
					err = errors.New(want + " gets the answer of " + got)
				}
				if err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range clients {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestPublisherDisconnects over the wire: who waits for it learns it, and its sessions go.
func TestPublisherDisconnects(t *testing.T) {
	address := serve(t, &Router{Logger: quiet}, "tcp")
	publisher, subscriber := dial(t, "tcp", address), dial(t, "tcp", address)
	asked := make(chan struct{})
	if err := publisher.Publish(t.Context(), "s", Methods{"wait": func(ctx context.Context) error {
		close(asked)
		<-ctx.Done()
		return context.Cause(ctx)
	}}); err != nil {
		t.Fatal(err)
	}
	p, err := subscriber.Subscribe(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-asked
		publisher.Close()
	}()
	var failed *FailedError
	if _, err := p.Call(t.Context(), "wait"); !errors.As(err, &failed) || failed.Text != "Session 's' has left" {
		t.Errorf("%v", err)
	}
	if list, err := subscriber.Listing(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
	if err := subscriber.Close(); err != nil {
		t.Error(err)
	}
	if _, err := subscriber.Listing(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed client asks: %v", err)
	}
}

// counted is a frame around an image.
func counted(image string) string { return strconv.Itoa(len(image)) + "\x00" + image }

// framed is a frame around the image of a map of Go values.
func framed(t *testing.T, pairs map[string]any) string {
	t.Helper()
	v, err := tree.Of(pairs)
	if err != nil {
		t.Fatal(err)
	}
	b, err := storable.Network.Append(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return counted(string(b))
}

// TestHostile sends what kills the original, one connection for each: it ends that connection at most, with an error that says
// why, and the router goes on.
func TestHostile(t *testing.T) {
	fine := string(image(tree.MapOf()))
	for name, c := range map[string]attack{
		"nothing":                  {"", false, nil},
		"a list for a hash":        {counted("\x05\x0b\x02\x00\x00\x00\x00"), true, unreadable(proxysession.MessageMalformed)},
		"no image":                 {counted("no image"), true, unreadable(proxysession.MessageMalformed)},
		"an empty frame":           {"0\x00", true, unreadable(proxysession.MessageMalformed)},
		"2^31 elements":            {counted("\x05\x0b\x02\x7f\xff\xff\xff"), true, unreadable(proxysession.MessageMalformed)},
		"100000 references":        {counted("\x05\x0b" + strings.Repeat("\x04", 100_000)), true, unreadable(proxysession.MessageMalformed)},
		"an extra key":             {framed(t, map[string]any{"id": 1, "type": "listing", "bogus": 1}), true, unreadable(proxysession.MessageInvalid)},
		"keys of no meaning":       {framed(t, map[string]any{"id": 1, "type": "listing", "to": "x", "success": 1, "payload": "y"}), false, nil},
		"no id":                    {framed(t, map[string]any{"type": "listing"}), true, unreadable(proxysession.MessageInvalid)},
		"no type":                  {framed(t, map[string]any{"id": 1}), true, as[*proxysession.MessageError]},
		"an id of another type":    {framed(t, map[string]any{"id": "x", "type": "listing"}), true, unreadable(proxysession.MessageInvalid)},
		"no payload":               {framed(t, map[string]any{"id": 1, "type": "publish"}), true, unreadable(proxysession.MessageInvalid)},
		"a payload of no image":    {framed(t, map[string]any{"id": 1, "type": "publish", "payload": "no image"}), true, unreadable(proxysession.MessageInvalid)},
		"a payload of hash":        {framed(t, map[string]any{"id": 1, "type": "publish", "payload": map[string]any{}}), true, unreadable(proxysession.MessageInvalid)},
		"a result of nothing":      {framed(t, map[string]any{"id": 1, "type": "result", "success": 1, "payload": fine}), false, nil},
		"a result without success": {framed(t, map[string]any{"id": 1, "type": "result", "payload": fine}), true, unreadable(proxysession.MessageInvalid)},
		"garbage before a length":  {"xx" + framed(t, map[string]any{"id": 1, "type": "listing"}), true, is(&frame.Error{Kind: frame.BadLength})},
		"a frame that is too long": {"99999999\x00", true, is(&frame.Error{Kind: frame.TooLong})},
		"a torn frame":             {"500\x00\x05\x0b", false, nil},
	} {
		for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel()
				if _, err := loop.New(engine, loop.Config{}); err != nil {
					t.Skip(err)
				}
				c.run(t, engine)
			})
		}
	}
}

// attack is what a hostile program sends, and what becomes of its connection.
type attack struct {
	send string
	ends bool             // the router closes the connection
	why  func(error) bool // because of that
}

func (a attack) run(t *testing.T, engine string) {
	ended := make(chan error, 10)
	r := &Router{Engine: engine, Logger: quiet, Hooks: session.Hooks{Closed: func(_ uint64, cause error) { ended <- cause }}}
	address := serve(t, r, "tcp")
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, a.send); err != nil {
		t.Fatal(err)
	}
	if a.ends {
		if _, err := io.Copy(io.Discard, nc); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("the connection stays: %v", err)
		}
		if cause := <-ended; !a.why(cause) {
			t.Errorf("it ended because of %v", cause)
		}
	}
	if list, err := dial(t, "tcp", address).Listing(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("the router answers %v, %v", list, err)
	}
}

// unreadable matches the error of a message that cannot be read.
func unreadable(kind proxysession.MessageErrorKind) func(error) bool {
	return func(err error) bool {
		var m *proxysession.MessageError
		return errors.As(err, &m) && m.Kind == kind
	}
}

// is matches an error.
func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

// as matches errors of a type.
func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// TestPipelined takes several requests of one write and answers all of them, each seeing what those before it have done.
func TestPipelined(t *testing.T) {
	nc, err := net.Dial("tcp", serve(t, &Router{Logger: quiet}, "tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	session := string(image(tree.MapOf(tree.Pair("session_alias", tree.String("S")), tree.Pair("session_name", tree.String("s")))))
	requests := framed(t, map[string]any{"id": 7, "type": "publish", "payload": session}) +
		framed(t, map[string]any{"id": 8, "type": "listing"}) +
		framed(t, map[string]any{"id": 9, "type": "bogus", "to": "S"})
	if _, err := io.WriteString(nc, requests); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(nc)
	got := map[int64]any{}
	for range 3 {
		v := readFrame(t, in)
		id, _ := v.Get("id").Int()
		payload, _ := v.Get("payload").Octets()
		_, got[id] = read(t, Outcome{Payload: []byte(payload)})
	}
	want := map[int64]any{7: "S", 8: []any{"S"}, 9: "Unknown message type 'bogus'"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestShutdown lets requests under way be answered.
func TestShutdown(t *testing.T) {
	r := &Router{Logger: quiet}
	address := serve(t, r, "tcp")
	working, work := make(chan struct{}), make(chan struct{})
	if err := r.Client().Publish(t.Context(), "s", Methods{"slow": func() string {
		close(working)
		<-work
		return "done"
	}}); err != nil {
		t.Fatal(err)
	}
	p, err := dial(t, "tcp", address).Subscribe(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		v, err := p.Call(t.Context(), "slow")
		if err == nil && !v.Equal(tree.String("done")) {
			err = errors.New("another answer")
		}
		answered <- err
	}()
	<-working
	stopped := make(chan error, 1)
	go func() { stopped <- r.Shutdown(t.Context()) }()
	close(work)
	if err := <-answered; err != nil {
		t.Errorf("the answer is lost: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// TestSlowPublisher has a publisher read late what it is sent: every event arrives.
func TestSlowPublisher(t *testing.T) {
	address := serve(t, &Router{Logger: quiet}, "tcp")
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(nc)
	session := string(image(tree.MapOf(tree.Pair("session_alias", tree.String("S")), tree.Pair("session_name", tree.String("s")),
		tree.Pair("methods", tree.MapOf(tree.Pair("big", tree.MapOf()))))))
	if _, err := io.WriteString(nc, framed(t, map[string]any{"id": 1, "type": "publish", "payload": session})); err != nil {
		t.Fatal(err)
	}
	readFrame(t, in)
	const events = 60
	big, answered := strings.Repeat("x", 200<<10), make(chan error, events)
	p, err := dial(t, "tcp", address).Subscribe(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	for range events {
		go func() {
			_, err := p.Call(t.Context(), "big", big)
			answered <- err
		}()
	}
	for range events {
		id, _ := readFrame(t, in).Get("id").Int()
		if _, err := io.WriteString(nc, framed(t, map[string]any{"id": id, "type": "result", "success": 1, "payload": string(image(tree.Ref(tree.String(""))))})); err != nil {
			t.Fatal(err)
		}
	}
	for range events {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
}

// readFrame reads a frame and what is in it.
func readFrame(t *testing.T, in *bufio.Reader) tree.Value {
	t.Helper()
	length, err := in.ReadString(0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, "\x00"))
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(in, body); err != nil {
		t.Fatal(err)
	}
	v, err := storable.Network.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
