package kernel

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/strand"
)

// wire is one end of a connection between two kernels of a test: messages pass as they are.
type wire struct {
	far, near *peer
	strand    strand.Strand

	mu     sync.Mutex
	closed bool
}

func (w *wire) Post(m *Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return net.ErrClosed
	}
	passing := *m
	w.strand.Post(strand.Func(func() { w.far.deliver(&passing) }))
	return nil
}

func (w *wire) Shutdown() error {
	w.Abort(nil)
	return nil
}

func (w *wire) Abort(err error) {
	other := w.far.link.(*wire)
	for _, end := range []*wire{w, other} {
		end.mu.Lock()
		end.closed = true
		end.mu.Unlock()
	}
	w.strand.Post(strand.Func(func() { w.far.left(nil) }))
	other.strand.Post(strand.Func(func() { w.near.left(err) }))
}

func (w *wire) Room(context.Context) error { return nil }

func (w *wire) Pause()  {}
func (w *wire) Resume() {}

// quiet is a log that nobody reads.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// join connects two kernels.
func join(t *testing.T, a, b *Kernel) (toB, toA *peer) {
	t.Helper()
	a.start()
	b.start()
	aw, bw := &wire{}, &wire{}
	toB = a.opened(aw, b.names, 7)
	toA = b.opened(bw, a.names, 8)
	aw.far, bw.far = toA, toB
	aw.near, bw.near = toB, toA
	<-toB.ready.happening()
	<-toA.ready.happening()
	return toB, toA
}

// raw is a peer that a test plays: it keeps what it is sent.
type raw struct {
	peer   *peer
	known  chan struct{} // closed when peer is set
	got    chan Message
	pauses chan bool // true for a pause, false for its end
}

// newRaw connects a raw peer with names to a kernel.
func newRaw(k *Kernel, pid int, names ...string) *raw {
	k.start()
	r := &raw{known: make(chan struct{}), got: make(chan Message, 100), pauses: make(chan bool, 100)}
	r.peer = k.opened(r, names, pid)
	close(r.known)
	return r
}

// play connects a raw peer and waits until it has joined.
func play(t *testing.T, k *Kernel, names ...string) *raw {
	t.Helper()
	r := newRaw(k, 0, names...)
	<-r.peer.ready.happening()
	<-r.pauses // while it joins
	<-r.pauses
	return r
}

func (r *raw) Post(m *Message) error {
	r.got <- *m
	return nil
}

func (r *raw) Room(context.Context) error { return nil }

func (r *raw) Shutdown() error {
	r.Abort(nil)
	return nil
}

func (r *raw) Abort(err error) {
	<-r.known
	r.peer.left(err)
}

func (r *raw) Pause()  { r.pauses <- true }
func (r *raw) Resume() { r.pauses <- false }

// spec is a specifier in map form.
func spec(kernel, session, state string) tree.Value {
	return address(Specifier{Kernel: kernel, Session: session, State: state})
}

// value makes a value of a Go value.
func value(t *testing.T, x any) tree.Value {
	t.Helper()
	v, err := tree.Of(x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// plain is a value as Go values.
func plain(t *testing.T, v tree.Value) any {
	t.Helper()
	x, err := tree.As[any](v)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// seen collects what monitors are told.
type seen struct {
	mu  sync.Mutex
	all []Notice
}

func watch(k *Kernel, name string) *seen {
	s := &seen{}
	k.Monitor(name, func(n Notice) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all = append(s.all, n)
	})
	return s
}

func (s *seen) take() []Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}

var errTest = errors.New("test")

// demo publishes the session test.
func demo(t *testing.T, k *Kernel) {
	t.Helper()
	if err := k.Publish(t.Context(), "test", demoStates()); err != nil {
		t.Fatal(err)
	}
}

// demoStates are the states of the session test.
func demoStates() States {
	return States{
		"echo": Func(func(v tree.Value) tree.Value { return v }),
		"add":  Func(func(_ context.Context, a, b int) (int, error) { return a + b, nil }),
		"list": HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) {
			return e.List(tree.Int(1), tree.String("two"), tree.MapOf(tree.Pair("three", tree.Int(3))))
		}),
		"noreturn": HandlerFunc(func(context.Context, *Event) (tree.Value, error) { return tree.Value{}, nil }),
		"refuse":   Func(func() error { return Refuse("no such luck") }),
		"fail":     Func(func() error { return errTest }),
		"die":      Func(func() { panic("test") }),
		"back": HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) {
			return tree.Value{}, e.Reply("answer", "for", e.Arg(0))
		}),
	}
}
