package kernel

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/internal/strand"
)

// registerWithin is how long a registry may take to register a kernel, or to forget one.
const registerWithin = 10 * time.Second

// link is a connection past its negotiation. Its methods may be called from any goroutine and do not block.
type link interface {
	// Post encodes and queues a message, in the order of the calls. The error is session.ErrBusy when too much waits to leave.
	Post(m *Message) error
	// Room waits until there is room again. It blocks, unlike the others.
	Room(ctx context.Context) error
	// Shutdown closes the connection when everything posted has left.
	Shutdown() error
	// Abort cuts it.
	Abort(err error)
	// Pause stops the arrival of messages, Resume lets them come again.
	Pause()
	Resume()
}

// peer is a kernel at the other end of a link, or this kernel itself.
type peer struct {
	kernel *Kernel
	link   link
	number uint64
	names  []string // the id first
	pid    int

	mu         sync.Mutex
	joined     bool       // it is registered, as far as it can be
	backlog    []*Message // what came before
	pauses     int        // who wants no messages
	registered bool       // messages for its id come here
	leaving    bool       // we have ended it

	last   atomic.Pointer[lastTarget] // what its last event was for; nil before the first
	late   strand.Strand              // what waits: for room, or for the registry
	behind atomic.Int64               // how many
	fast   atomic.Bool                // joined, and no backlog
	ready  latch                      // it has joined
	over   latch                      // it has left
}

var _ Route = (*peer)(nil)

// id is what other kernels know it by.
func (p *peer) id() string { return p.names[0] }

// route is how the kernel is reached: by its connection, if it is not one of another process.
func (p *peer) route() Route {
	if far, ok := p.link.(farLink); ok {
		return far.route
	}
	return p
}

// called reports whether the kernel has a name.
func (p *peer) called(name string) bool { return slices.Contains(p.names, name) }

// Send implements [Route]. When the kernel does not read what it is sent, Send waits for that.
func (p *peer) Send(ctx context.Context, m *Message) error {
	for {
		err := p.link.Post(m)
		if !errors.Is(err, session.ErrBusy) {
			return err
		}
		if err := p.link.Room(ctx); err != nil {
			return err
		}
	}
}

// queue sends a message and does not block: when the kernel does not read what it is sent, the message waits, and so do those
// behind it, and nothing more is read from there until they have left.
func (p *peer) queue(m *Message) error {
	if p.behind.Load() == 0 {
		if err := p.link.Post(m); !errors.Is(err, session.ErrBusy) {
			return err
		}
	}
	p.later(func() { p.note(p.Send(p.kernel.ctx, m)) })
	return nil
}

// later has something done that may wait, behind whatever else waits. Nothing is read from the kernel meanwhile.
func (p *peer) later(do func()) {
	p.behind.Add(1)
	p.pause()
	p.late.Post(strand.Func(func() {
		do()
		p.behind.Add(-1)
		p.resume()
	}))
}

// reply queues a message that nobody waits for.
func (p *peer) reply(m *Message) { p.note(p.queue(m)) }

// note logs what could not be sent and nobody waits for. That a kernel has gone is nothing to wonder at.
func (p *peer) note(err error) {
	level := slog.LevelWarn
	switch {
	case err == nil:
		return
	case errors.Is(err, net.ErrClosed):
		level = slog.LevelDebug
	}
	p.kernel.logger().Log(p.kernel.ctx, level, "message not sent", "kernel", p.id(), "channel", p.number, "err", err)
}

// pause stops reading until resume has been called as often.
func (p *peer) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pauses++; p.pauses == 1 {
		p.link.Pause()
	}
}

func (p *peer) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pauses--; p.pauses == 0 {
		p.link.Resume()
	}
}

// opened makes a peer of a connection whose negotiation has ended. It does not block: the registry is asked meanwhile, and
// messages wait for that.
func (k *Kernel) opened(l link, names []string, pid int) *peer {
	p := &peer{kernel: k, link: l, number: k.numbers.Add(1), names: names, pid: pid}
	k.mu.Lock()
	k.peers[p] = struct{}{}
	k.mu.Unlock()
	p.pause()
	k.background.run(p.join)
	return p
}

// join registers the peer, tells the monitors, and takes what has come meanwhile.
func (p *peer) join() {
	k := p.kernel
	ctx, cancel := context.WithTimeout(k.ctx, registerWithin)
	defer cancel()
	taken, err := k.registry().Register(ctx, Peer{Names: p.names, PID: p.pid, Route: p})
	if err != nil {
		k.logger().Error("kernel not registered", "kernel", p.id(), "err", err)
		p.link.Abort(err)
	}
	p.registered = err == nil && !slices.Contains(taken, p.id())
	if len(taken) > 0 {
		k.logger().Warn("kernel has names of another", "kernel", p.id(), "names", taken)
	}
	k.monitors.tellAll(p.names, Notice{Kind: NoticeRegister, PID: p.pid})
	if k.OnConnect != nil {
		k.OnConnect(Peer{Names: p.names, PID: p.pid, Route: p})
	}
	k.monitors.tellAll(p.names, Notice{Kind: NoticeChannel, State: ChannelReady, Channel: p.number})
	p.catchUp()
	p.ready.open()
	p.resume()
}

// catchUp takes the backlog until there is none, and lets messages pass from then on.
func (p *peer) catchUp() {
	for {
		p.mu.Lock()
		backlog := p.backlog
		p.backlog = nil
		if len(backlog) == 0 {
			p.joined = true
			p.fast.Store(true)
		}
		p.mu.Unlock()
		if len(backlog) == 0 {
			return
		}
		for _, m := range backlog {
			p.kernel.receive(p, m)
		}
	}
}

// deliver takes a message of the peer, which belongs to the kernel from then on. It does not block.
func (p *peer) deliver(m *Message) {
	if !p.fast.Load() {
		p.mu.Lock()
		if !p.joined {
			p.backlog = append(p.backlog, m)
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
	p.kernel.receive(p, m)
}

// A lastTarget is the text that a peer's last event was for, and what it means.
type lastTarget struct {
	text string
	target
}

// maxLastTarget is how many octets of text are remembered.
const maxLastTarget = 128

// target is readTarget for the event of a message. Peers mostly say what they have said before: that text is not read again.
func (p *peer) target(v tree.Value) target {
	k := v.Kind()
	text, _ := v.Str()
	if k != tree.KindBytes && k != tree.KindText || len(text) > maxLastTarget {
		return readTarget(v)
	}
	last := p.last.Load()
	if last == nil || last.text != text {
		text = strings.Clone(text) // not the whole message with it
		last = &lastTarget{text, textTarget(text)}
		p.last.Store(last)
	}
	return last.target
}

// left takes the end of the connection; why is nil when the peer ended it. It does not block.
func (p *peer) left(why error) {
	p.kernel.background.run(func() { p.leave(why) })
}

// leave forgets the peer and tells those who wait for it.
func (p *peer) leave(why error) {
	k := p.kernel
	<-p.ready.happening()
	defer p.over.open()
	k.mu.Lock()
	delete(k.peers, p)
	k.mu.Unlock()
	p.mu.Lock()
	leaving := p.leaving
	p.mu.Unlock()
	if p.registered {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(k.ctx), registerWithin)
		defer cancel()
		if err := k.registry().Unregister(ctx, p.id()); err != nil {
			k.logger().Error("kernel not unregistered", "kernel", p.id(), "err", err)
		}
	}
	k.calls.disconnect(p, &DisconnectedError{Kernel: p.id(), Cause: why})
	k.dropProxies(p)
	if !leaving {
		k.monitors.tellAll(p.names, Notice{Kind: NoticeError, Op: "channel-read", Text: channelText(why)})
	}
	k.monitors.tellAll(p.names, Notice{Kind: NoticeChannel, State: ChannelClose, Channel: p.number})
	k.monitors.tellAll(p.names, Notice{Kind: NoticeUnregister})
	if k.OnDisconnect != nil {
		k.OnDisconnect(Peer{Names: p.names, PID: p.pid, Route: p}, why)
	}
}

// shutdown ends the connection when everything sent has left.
func (p *peer) shutdown() error {
	p.mu.Lock()
	p.leaving = true
	p.mu.Unlock()
	return p.link.Shutdown()
}

// Deliver takes a message that has come to this kernel by another way than a connection of its own: a [Registry] that several
// processes share brings messages of their peers so. p is who sent it, as the registry knows it; its Route, which must be
// comparable, takes what is answered, and answers of kernels that were called by that Route count as theirs. It does not block.
func (k *Kernel) Deliver(p Peer, m *Message) {
	k.start()
	far := &peer{kernel: k, names: p.Names, pid: p.PID}
	far.link = farLink{k, p.Route}
	k.receive(far, m)
}

// farLink is the way to a kernel that is connected to another process.
type farLink struct {
	kernel *Kernel
	route  Route
}

// errFar is what cannot be sent to kernels of other processes because too much waits for that.
var errFar = errors.New("kernel: too many messages wait for the registry's routes")

// Post implements link: routes may block.
func (l farLink) Post(m *Message) error {
	posted := *m
	_, ok := l.kernel.far.Post(strand.Func(func() {
		if err := l.route.Send(l.kernel.ctx, &posted); err != nil {
			l.kernel.logger().Warn("message not sent", "err", err)
		}
	}))
	if !ok {
		return errFar
	}
	return nil
}

// Room implements link.
func (farLink) Room(context.Context) error { return nil }

// Shutdown implements link.
func (farLink) Shutdown() error { return nil }

// Abort implements link.
func (farLink) Abort(error) {}

// Pause implements link: who brings messages by [Kernel.Deliver] is not held up.
func (farLink) Pause() {}

// Resume implements link.
func (farLink) Resume() {}

// loopback is the link of a kernel with itself.
type loopback struct{ peer *peer }

// Room implements link.
func (loopback) Room(context.Context) error { return nil }

// Post implements link: the kernel receives what it sends.
func (l loopback) Post(m *Message) error {
	received := *m
	l.peer.kernel.receive(l.peer, &received)
	return nil
}

// Shutdown implements link.
func (loopback) Shutdown() error { return nil }

// Abort implements link.
func (loopback) Abort(error) {}

// Pause implements link.
func (loopback) Pause() {}

// Resume implements link.
func (loopback) Resume() {}

// fromOf says who sends: a session of this kernel, by one of its names, if it has published anything.
func (k *Kernel) fromOf(name string, s *localSession) tree.Value {
	if !s.offers.Load() {
		return tree.Value{}
	}
	if from := s.from.Load(); from != nil && from.name == name {
		return from.value
	}
	from := &namedFrom{name, address(Specifier{Kernel: k.id, Session: name, State: stateProxy})}
	s.from.Store(from)
	return from.value
}

// namedFrom is how a session gives its address under one of its names.
type namedFrom struct {
	name  string
	value tree.Value
}
