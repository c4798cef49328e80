package kernel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/tree"
)

// sessionLite is the session that a Lite client seems to have.
const sessionLite = "IKCLite"

// maxUnclaimed is how many messages a Lite client keeps that nobody has asked for yet.
const maxUnclaimed = 256

// lingerWithin is how long what was sent may take to leave when a client closes.
const lingerWithin = 2 * time.Second

// ErrClosed is what a client says that has been closed.
var ErrClosed = fmt.Errorf("kernel: client is closed: %w", net.ErrClosed)

// LiteConfig is how a [Lite] client connects. The zero value, and nil, mean the defaults.
type LiteConfig struct {
	// Name is what the client is called: Client and the number of the process.
	Name string
	// Timeout is how long anything may take whose context has no deadline, connecting included: 30 seconds.
	Timeout time.Duration
	// Config holds the protocol's settings. Names and PID in it are the client's to set.
	Config ikc.Config
	// Logger gets what an operator should know: slog.Default().
	Logger *slog.Logger
}

// Lite is a client without sessions of its own: it posts, calls and waits, like POE::Component::IKC::ClientLite. When it finds
// its connection broken as it wants to send, it connects again, once, and sends then; what has been sent is never sent again.
// Its methods may be called from any goroutine, any number at a time.
//
// Specifiers are those of [Kernel.Post]; session/state means the kernel that it is connected to.
type Lite struct {
	config  LiteConfig
	connect func(ctx context.Context, l *Lite) (liteLink, error)

	sending sync.Mutex // one connects at a time
	mu      sync.Mutex
	link    liteLink
	closed  bool
	last    uint64
	waiting map[string]*waiter // by state
	// What came for states that nobody waits for, oldest first.
	unclaimed []unclaimed
}

// liteLink is the connection of a Lite client.
type liteLink interface {
	Post(m *Message) error
	Room(ctx context.Context) error
	Shutdown() error
	Close() error
	Done() <-chan struct{}
	Err() error
	// names are what the other kernel has announced, its id first.
	names() []string
}

// waiter waits for a message to a state.
type waiter struct {
	number  uint64
	request string // how reports name what it has asked for; "" when they cannot
	link    liteLink
	answer  chan Answer
}

type unclaimed struct {
	state  string
	params tree.Value
}

// newLite makes a client; it is not connected.
func newLite(config *LiteConfig, connect func(context.Context, *Lite) (liteLink, error)) *Lite {
	l := &Lite{connect: connect, waiting: map[string]*waiter{}}
	if config != nil {
		l.config = *config
	}
	if l.config.Name == "" {
		l.config.Name = "Client" + strconv.Itoa(os.Getpid())
	}
	if l.config.Timeout <= 0 {
		l.config.Timeout = defaultCallTimeout
	}
	if l.config.Logger == nil {
		l.config.Logger = slog.Default()
	}
	return l
}

// within bounds what ctx does not.
func (l *Lite) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, l.config.Timeout)
}

// connected is a connection that stands, as far as one knows.
func (l *Lite) connected(ctx context.Context) (liteLink, error) {
	l.sending.Lock()
	defer l.sending.Unlock()
	l.mu.Lock()
	link, closed := l.link, l.closed
	l.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if link != nil {
		select {
		case <-link.Done():
		default:
			return link, nil
		}
	}
	link, err := l.connect(ctx, l)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errors.Join(ErrClosed, link.Close())
	}
	l.link = link
	return link, nil
}

// send sends what build makes for a connection, on a new one if the present one is broken.
func (l *Lite) send(ctx context.Context, build func(liteLink) (*Message, error)) (liteLink, error) {
	var err error
	for range 2 {
		link, failed := l.connected(ctx)
		if failed != nil {
			return nil, failed
		}
		m, failed := build(link)
		if failed != nil {
			return nil, failed
		}
		for err = link.Post(m); errors.Is(err, session.ErrBusy); err = link.Post(m) {
			if err = link.Room(ctx); err != nil {
				break
			}
		}
		if err == nil {
			return link, nil
		}
		if !errors.Is(err, net.ErrClosed) {
			return nil, err
		}
	}
	return nil, err
}

// Remote gives the names of the kernel that it is connected to, or was last, the id first.
func (l *Lite) Remote() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.link == nil {
		return nil
	}
	return l.link.names()
}

// Name is what the client is called.
func (l *Lite) Name() string { return l.config.Name }

// message makes a message to a specifier, and how reports name that.
func (l *Lite) message(link liteLink, spec string, params any) (*Message, string, error) {
	if !strings.HasPrefix(spec, "poe:") {
		if strings.Count(spec, "/") == 1 {
			spec = link.names()[0] + "/" + spec
		}
		spec = "poe://" + spec
	}
	s, err := ParseSpecifier(spec)
	if err != nil {
		return nil, "", err
	}
	if s.Session == "" || s.State == "" {
		return nil, "", fmt.Errorf("%w: %s", ErrIncomplete, s)
	}
	value, err := paramsOf(params)
	if err != nil {
		return nil, "", err
	}
	return &Message{Event: tree.String(spec), Params: value, From: l.from()}, s.String(), nil
}

// from says who sends. Without a state, answers come to the states they name.
func (l *Lite) from() tree.Value {
	return tree.MapOf(tree.Pair("kernel", tree.String(l.config.Name)), tree.Pair("session", tree.String(sessionLite)))
}

// Post sends params to a state and waits for nothing but the way out.
func (l *Lite) Post(ctx context.Context, spec string, params any) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	_, err := l.send(ctx, func(link liteLink) (*Message, error) {
		m, _, err := l.message(link, spec, params)
		return m, err
	})
	return err
}

// Call sends params to a state and waits for what it returns, a single value. A state that returns nothing never answers, and
// the time runs out. The error may be a [*RemoteError] or a [*DisconnectedError].
func (l *Lite) Call(ctx context.Context, spec string, params any) (tree.Value, error) {
	return l.call(ctx, spec, params, tree.String(""))
}

// CallList is Call of a state that returns a list.
func (l *Lite) CallList(ctx context.Context, spec string, params any) ([]tree.Value, error) {
	v, err := l.call(ctx, spec, params, tree.String("1"))
	if err != nil {
		return nil, err
	}
	return listOf(v), nil
}

func (l *Lite) call(ctx context.Context, spec string, params any, wantArray tree.Value) (tree.Value, error) {
	return l.ask(ctx, spec, func(m *Message, rsvp tree.Value) { m.RSVP, m.WantArray = rsvp, wantArray }, params)
}

// PostRespond posts [params, rsvp] to a state, and waits for what somebody posts to rsvp.
func (l *Lite) PostRespond(ctx context.Context, spec string, params any) (tree.Value, error) {
	return l.ask(ctx, spec, func(m *Message, rsvp tree.Value) { m.Params = tree.ListOf(m.Params, rsvp) }, params)
}

// Ping asks the kernel whether it is there.
func (l *Lite) Ping(ctx context.Context) error {
	_, err := l.Call(ctx, sessionIKC+"/"+statePing, nil)
	return err
}

// ask sends a message that says where its answer goes, and waits for that.
func (l *Lite) ask(ctx context.Context, spec string, where func(m *Message, rsvp tree.Value), params any) (tree.Value, error) {
	ctx, cancel := l.within(ctx)
	defer cancel()
	w, state := l.wait("")
	defer l.forget(state)
	rsvp := address(Specifier{Kernel: l.config.Name, Session: sessionLite, State: state})
	_, err := l.send(ctx, func(link liteLink) (*Message, error) {
		m, request, err := l.message(link, spec, params)
		if err != nil {
			return nil, err
		}
		where(m, rsvp)
		l.mu.Lock()
		w.request, w.link = request, link
		l.mu.Unlock()
		return m, nil
	})
	if err != nil {
		return tree.Value{}, err
	}
	return l.await(ctx, w, spec)
}

// Responded waits for a message to a state of this client, such as what [Event.Reply] sends, and gives its params. A message
// that has come before counts, if it is not too long ago. One goroutine at a time may wait for a state.
func (l *Lite) Responded(ctx context.Context, state string) (tree.Value, error) {
	ctx, cancel := l.within(ctx)
	defer cancel()
	w, _ := l.wait(state)
	defer l.forget(state)
	return l.await(ctx, w, state)
}

// wait begins to wait for a message to a state: to a new one if none is named.
func (l *Lite) wait(state string) (*waiter, string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &waiter{answer: make(chan Answer, 1), link: l.link}
	if state == "" {
		l.last++
		w.number, state = l.last, stateAnswer+strconv.FormatUint(l.last, 10)
	}
	for i, u := range l.unclaimed {
		if u.state == state {
			l.unclaimed = append(l.unclaimed[:i], l.unclaimed[i+1:]...)
			w.answer <- Answer{Value: u.params}
			return w, state
		}
	}
	l.waiting[state] = w
	return w, state
}

func (l *Lite) forget(state string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, state)
}

// await waits for the answer, the end of the connection, or that of ctx.
func (l *Lite) await(ctx context.Context, w *waiter, what string) (tree.Value, error) {
	l.mu.Lock()
	link := w.link
	l.mu.Unlock()
	var over <-chan struct{}
	if link != nil {
		over = link.Done()
	}
	select {
	case a := <-w.answer:
		return a.Value, a.Err
	case <-ctx.Done():
		return tree.Value{}, fmt.Errorf("kernel: %s: %w", what, context.Cause(ctx))
	case <-over:
	}
	select {
	case a := <-w.answer: // it came first
		return a.Value, a.Err
	default:
		return tree.Value{}, &DisconnectedError{Kernel: link.names()[0], Cause: link.Err()}
	}
}

// deliver takes a message of the other kernel. It does not block.
func (l *Lite) deliver(m *Message) {
	t := readTarget(m.Event)
	if t.Session == sessionIKC && t.State == stateRemoteError {
		l.fail(readReport(m.Params))
		return
	}
	params := m.Params
	if t.State == stateProxy {
		t.State, _ = m.Params.At(0).Str()
		params = m.Params.At(1)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.waiting[t.State]; w != nil {
		delete(l.waiting, t.State)
		w.answer <- Answer{Value: params}
		return
	}
	if len(l.unclaimed) == maxUnclaimed {
		l.config.Logger.Warn("message dropped that nobody asked for", "state", l.unclaimed[0].state)
		l.unclaimed = append(l.unclaimed[:0], l.unclaimed[1:]...)
	}
	l.unclaimed = append(l.unclaimed, unclaimed{t.State, params})
}

// fail ends the oldest request that a report can be about.
func (l *Lite) fail(why *RemoteError) {
	request := requestOf(why.Text)
	l.mu.Lock()
	defer l.mu.Unlock()
	var oldest *waiter
	var of string
	for state, w := range l.waiting {
		if w.request == request && request != "" && (oldest == nil || w.number < oldest.number) {
			oldest, of = w, state
		}
	}
	if oldest == nil {
		l.config.Logger.Warn("request failed", "err", why.Text)
		return
	}
	delete(l.waiting, of)
	oldest.answer <- Answer{Err: why}
}

// Close closes the connection when what was sent has left, or cuts it when the other kernel does not take that for 2 seconds.
// What waits ends.
func (l *Lite) Close() error {
	l.mu.Lock()
	l.closed = true
	link := l.link
	l.mu.Unlock()
	if link == nil {
		return nil
	}
	if link.Shutdown() == nil {
		select {
		case <-link.Done():
		case <-time.After(lingerWithin):
		}
	}
	return link.Close()
}
