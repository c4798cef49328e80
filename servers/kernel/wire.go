package kernel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
)

// ErrServerClosed is what Serve returns after Shutdown or Close.
var ErrServerClosed = ikc.ErrServerClosed

// handler is what the sessions of a kernel's connections tell it. Its methods are called on the loop and do not block.
type handler struct {
	kernel  *Kernel
	address string // what was dialled; "" for a connection that was accepted
}

var _ ikc.Handler = handler{}

// Opened implements [ikc.Handler]: the negotiation is over.
func (h handler) Opened(ctx context.Context) error {
	conn, known := ikc.ConnFromContext(ctx), ikc.SessionFromContext(ctx)
	pid, _ := strconv.Atoi(known.PID)
	names := announced(known.Peers, conn.Peer())
	if h.address != "" {
		names = added(names, h.address)
	}
	conn.SetValue(h.kernel.opened(conn, names, pid))
	return nil
}

// Deliver implements [ikc.Handler].
func (h handler) Deliver(ctx context.Context, m *ikc.Request) error {
	ikc.ConnFromContext(ctx).Value().(*peer).deliver(m)
	return nil
}

// Left implements [ikc.Handler].
func (h handler) Left(ctx context.Context) error {
	conn := ikc.ConnFromContext(ctx)
	conn.Value().(*peer).left(causeOf(conn.Err()))
	return nil
}

// announced are the names of a kernel: those it has announced and, where there is one, the address it is seen at.
func announced(names []string, at session.Peer) []string {
	all := make([]string, 0, len(names)+2)
	for _, name := range names {
		all = added(all, strings.Clone(name))
	}
	if _, ok := at.Addr.(*net.TCPAddr); ok || len(all) == 0 {
		all = added(all, at.Address())
	}
	return all
}

// added is names with one more, if that is not among them.
func added(names []string, name string) []string {
	for _, other := range names {
		if other == name {
			return names
		}
	}
	return append(names, name)
}

// causeOf is why a connection has ended; nil when the peer has ended it.
func causeOf(err error) error {
	var ended *session.EndedError
	if errors.As(err, &ended) {
		return ended.Cause
	}
	return err
}

// checkNames refuses names that no line can carry.
func checkNames(names []string) error {
	for _, name := range names {
		if name == "" || len(name) > maxName || !every(name, isAnnounced) {
			return fmt.Errorf("kernel: no kernel can be named %q", name)
		}
	}
	return nil
}

// maxName is how many octets a name may have that is announced.
const maxName = 255

// config is what is announced.
func (k *Kernel) config() ikc.Config {
	c := k.Config
	c.Names, c.PID = k.names, strconv.Itoa(k.local.pid)
	return c
}

// Check reports settings that no kernel can work with, as Serve and Connect do.
func (k *Kernel) Check() error {
	k.start()
	return checkNames(k.names)
}

// Serve takes connections from l until Shutdown or Close, and then returns [ErrServerClosed]; its error is never nil. It closes
// l. It may run for several listeners at the same time.
func (k *Kernel) Serve(l net.Listener) error {
	if err := k.Check(); err != nil {
		return errors.Join(err, l.Close())
	}
	return k.server.Serve(l)
}

// ListenAndServe listens at an address, "tcp" and ":603" say, or "unix" and a path, and serves; ctx bounds the listening only.
func (k *Kernel) ListenAndServe(ctx context.Context, network, address string) error {
	l, err := socket.Listen(ctx, network, address, socket.Options{})
	if err != nil {
		return err
	}
	return k.Serve(l)
}

// Connect connects to another kernel and waits until both know each other's names. ctx bounds that, not the connection.
func (k *Kernel) Connect(ctx context.Context, network, address string) (Peer, error) {
	if err := k.Check(); err != nil {
		return Peer{}, err
	}
	client, err := ikc.Dial(ctx, network, address, &ikc.ClientConfig{
		Handler: handler{k, address}, Config: k.config(), Logger: k.journal, Hooks: k.Hooks, Limits: k.Limits,
	})
	if err != nil {
		return Peer{}, err
	}
	p := client.Value().(*peer)
	if err := k.adopt(p, client); err != nil {
		return Peer{}, errors.Join(err, client.Close())
	}
	select {
	case <-p.ready.happening():
		return Peer{Names: p.names, PID: p.pid, Route: p}, nil
	case <-ctx.Done():
		return Peer{}, errors.Join(context.Cause(ctx), client.Close())
	}
}

// adopt has a connection that this kernel has made closed with it, unless either is over already.
func (k *Kernel) adopt(p *peer, client *ikc.Client) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closing.Load() {
		return ErrServerClosed
	}
	if _, connected := k.peers[p]; !connected {
		return &DisconnectedError{Kernel: p.id(), Cause: causeOf(client.Err())}
	}
	k.clients[p] = client
	k.background.run(func() {
		<-client.Done() // what was sent has left
		k.mu.Lock()
		delete(k.clients, p)
		k.mu.Unlock()
		_ = client.Close() // ends its engine
	})
	return nil
}

// Shutdown stops taking connections and events, lets the events that were taken be handled, and closes every connection when
// what was sent has left. When ctx ends first, what is left is cut as by Close and the context's error is returned. Monitors are told first.
func (k *Kernel) Shutdown(ctx context.Context) error {
	k.start()
	k.closing.Store(true)
	k.monitors.tell(Notice{Kind: NoticeShutdown, Kernel: Any})
	err := k.events.wait(ctx)
	for p := range k.connected() {
		_ = p.shutdown() // it has ended already
	}
	err = errors.Join(err, k.server.Shutdown(ctx), k.gone(ctx))
	return errors.Join(err, k.Close())
}

// gone waits until no connection is left that this kernel has made.
func (k *Kernel) gone(ctx context.Context) error {
	k.mu.Lock()
	clients := maps.Clone(k.clients)
	k.mu.Unlock()
	for _, client := range clients {
		select {
		case <-client.Done():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// ErrStuck is what Close returns when a handler does not let a connection end.
var ErrStuck = errors.New("kernel: a handler does not return")

// Close cuts every connection, ends the contexts of handlers, and waits until the connections are over. An [Inline] handler that does
// not return is left to itself after [Kernel.CloseWithin], with [ErrStuck]; so is a callback.
func (k *Kernel) Close() error {
	k.start()
	k.mu.Lock()
	k.closing.Store(true)
	clients := maps.Clone(k.clients)
	k.mu.Unlock()
	k.cancel(ErrServerClosed)
	over := make(chan error, 1)
	go func() {
		err := k.server.Close()
		for _, client := range clients {
			err = errors.Join(err, client.Close())
		}
		over <- errors.Join(err, k.background.wait(context.Background()))
	}()
	select {
	case err := <-over:
		return err
	case <-time.After(k.closeWithin()):
		return ErrStuck
	}
}

// Dial connects a [Lite] client. Networks are "tcp" and "unix"; ctx bounds connecting only.
func Dial(ctx context.Context, network, address string, config *LiteConfig) (*Lite, error) {
	l := newLite(config, func(ctx context.Context, l *Lite) (liteLink, error) {
		client, err := ikc.Dial(ctx, network, address, &ikc.ClientConfig{
			Handler: liteHandler{l}, Config: l.config.wire(), Logger: l.config.Logger,
		})
		if err != nil {
			return nil, err
		}
		return liteClient{client}, nil
	})
	if err := checkNames([]string{l.config.Name}); err != nil {
		return nil, err
	}
	ctx, cancel := l.within(ctx)
	defer cancel()
	if _, err := l.connected(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// wire is what a Lite client announces: its name alone.
func (c *LiteConfig) wire() ikc.Config {
	settings := c.Config
	settings.Names, settings.PID = []string{c.Name}, strconv.Itoa(os.Getpid())
	return settings
}

// liteClient is the connection of a Lite client.
type liteClient struct{ *ikc.Client }

// names implements liteLink.
func (c liteClient) names() []string { return c.Value().([]string) }

// liteHandler is what the connection tells a Lite client.
type liteHandler struct{ lite *Lite }

var _ ikc.Handler = liteHandler{}

// Opened implements [ikc.Handler].
func (h liteHandler) Opened(ctx context.Context) error {
	conn := ikc.ConnFromContext(ctx)
	conn.SetValue(announced(ikc.SessionFromContext(ctx).Peers, conn.Peer()))
	return nil
}

// Deliver implements [ikc.Handler].
func (h liteHandler) Deliver(_ context.Context, m *ikc.Request) error {
	h.lite.deliver(m)
	return nil
}

// Left implements [ikc.Handler].
func (h liteHandler) Left(context.Context) error { return nil }
