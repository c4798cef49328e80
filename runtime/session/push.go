package session

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"time"
)

// Push drives a session by octets alone: what the peer sent goes in, what the session sends comes out. Handlers run
// inside the call, and time passes when the caller says so: a test by [Push.Advance] or [Push.Expire], an event loop by
// setting its own timer for [Push.Next] and then calling Advance. It is for tests, fuzzers and other people's event loops;
// one goroutine at a time may use it. A handler that panics ends the session; a machine that does panics through the call.
//
// A [loop.Feed] drives any session of a loop without a socket, too, but on the program's clock and with handlers on goroutines of their own, as the
// engines do. A Push stands in the loop's place: nothing happens in it that its caller has not asked for, so that a run can be repeated.
type Push struct {
	session *Session
	addr    net.Addr
	local   net.Addr
	tls     *tls.ConnectionState
	ctx     context.Context
	cancel  context.CancelCauseFunc
	out     []byte
	kept    []byte                // input that has not been cut yet
	now     time.Duration         // since the session was made
	armed   map[int]time.Duration // when the timers run out, by their number
	paused  bool
	mu      sync.Mutex
	posts   []any // posted, and not given to the session
	closing bool  // nothing more is written
	ended   bool  // the session has been told
	err     error // why the session ended
}

// NewPush makes a session that nothing has happened to yet; [Push.Open] begins it.
func NewPush(service Service) *Push {
	p := &Push{armed: map[int]time.Duration{}}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.session = newSession(service)
	p.session.inline = true
	return p
}

// SetPeer says who the peer is; before Open.
func (p *Push) SetPeer(addr net.Addr, state *tls.ConnectionState) { p.addr, p.tls = addr, state }

// SetLocal says what the address of our end is; before Open.
func (p *Push) SetLocal(addr net.Addr) { p.local = addr }

// Handle is the session as the program may hold it. What is posted leaves with the next call of a method that returns octets.
func (p *Push) Handle() *Handle { return &p.session.handle }

// Open begins the session and returns what it sends by itself.
func (p *Push) Open() []byte {
	p.session.open((*pushLink)(p))
	return p.take()
}

// Receive gives the session octets of the peer, cut anywhere, and returns what it sends. The result is valid until the
// next call. After the end of the session nothing is taken and nothing comes.
func (p *Push) Receive(b []byte) []byte {
	if !p.closing {
		p.kept = append(p.kept, b...)
		p.feed()
	}
	return p.take()
}

// feed offers what has not been cut for as long as the session cuts some of it.
func (p *Push) feed() {
	for len(p.kept) > 0 && !p.paused && !p.closing {
		n := p.session.data(p.kept)
		p.kept = slices.Delete(p.kept, 0, n)
		if n == 0 {
			return
		}
	}
}

// End says that the peer sends nothing more, and returns what the session sends before it ends itself.
func (p *Push) End() []byte {
	if !p.closing {
		p.session.end(p.kept)
	}
	return p.take()
}

// Armed lists the timers that run, by the specification's names, sorted.
func (p *Push) Armed() []string {
	var names []string
	for id := range p.armed {
		if id != frameTimer {
			names = append(names, p.session.spec.Timers[id-1])
		}
	}
	slices.Sort(names)
	return names
}

// Expire lets a timer run out and returns what the session sends. A timer that does not run is left alone.
func (p *Push) Expire(timer string) []byte {
	id := slices.Index(p.session.spec.Timers, timer) + 1
	if _, ok := p.armed[id]; ok && id != frameTimer {
		delete(p.armed, id)
		p.session.expired(id)
	}
	return p.take()
}

// Next is how long it takes until the next timer runs out, the engine's own for the arrival of a frame included, and whether
// any runs.
func (p *Push) Next() (time.Duration, bool) {
	_, at, ok := p.earliest()
	if !ok {
		return 0, false
	}
	return at - p.now, true
}

// Advance lets time pass and returns what the session sends meanwhile. Timers that run out do so in the order of their
// time, those that are armed on the way too.
func (p *Push) Advance(d time.Duration) []byte {
	until := p.now + max(d, 0)
	for !p.closing {
		id, at, ok := p.earliest()
		if !ok || at > until {
			break
		}
		p.now = at
		delete(p.armed, id)
		p.session.expired(id)
		p.feed()
	}
	p.now = until
	return p.take()
}

// earliest is the timer that runs out next, the one with the lowest number if there are several.
func (p *Push) earliest() (id int, at time.Duration, ok bool) {
	for i, t := range p.armed {
		if !ok || t < at || t == at && i < id {
			id, at, ok = i, t, true
		}
	}
	return id, at, ok
}

// Drain asks the session to take its leave, as [Server.Shutdown] does, and returns what it still sends.
func (p *Push) Drain() []byte {
	if !p.closing {
		p.session.drain()
	}
	return p.take()
}

// Ended reports whether the session is over, and why; nil at a regular end.
func (p *Push) Ended() (bool, error) { return p.ended, p.err }

// take is the output since the last call, and the session's end when it has asked for it.
func (p *Push) take() []byte {
	p.feed() // reading may go on since
	for m, ok := p.nextPost(); ok; m, ok = p.nextPost() {
		p.session.posted(m)
		p.feed()
	}
	if p.closing && !p.ended {
		p.ended = true
		clear(p.armed)
		p.cancel(cmp.Or(p.err, ErrClosed))
		p.session.closed(p.err)
	}
	out := p.out
	p.out = p.out[len(p.out):]
	return out
}

// nextPost is what was posted first.
func (p *Push) nextPost() (m any, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.posts) == 0 {
		return nil, false
	}
	m = p.posts[0]
	p.posts = slices.Delete(p.posts, 0, 1)
	return m, true
}

// pushLink is a Push as its session sees it.
type pushLink Push

func (p *pushLink) Write(b []byte) (int, error) {
	p.out = append(p.out, b...)
	return len(b), nil
}
func (p *pushLink) Full() bool                    { return false }
func (p *pushLink) Pending() int                  { return 0 }
func (p *pushLink) PauseRead()                    { p.paused = true }
func (p *pushLink) ResumeRead()                   { p.paused = false }
func (p *pushLink) CloseAfterFlush()              { p.closing = true }
func (p *pushLink) After(id int, d time.Duration) { p.armed[id] = p.now + d }
func (p *pushLink) Cancel(id int)                 { delete(p.armed, id) }
func (p *pushLink) LocalAddr() net.Addr           { return p.local }
func (p *pushLink) RemoteAddr() net.Addr          { return p.addr }
func (p *pushLink) TLS() *tls.ConnectionState     { return p.tls }
func (p *pushLink) Context() context.Context      { return p.ctx }

func (p *pushLink) Abort(err error) {
	p.closing = true
	p.err = err
}

// Post keeps m until the session has taken what it is taking now; handlers may call it from other goroutines.
func (p *pushLink) Post(m any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.posts = append(p.posts, m)
	return nil
}
func (p *pushLink) Deliver(m any) error { return p.Post(m) }
