package pool

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// An attempt is a connection in the making. There is one at a time for each destination, and all that goes there waits for it.
type attempt struct {
	to      Destination
	key     key
	engine  loop.Engine
	waiters []*outgoing
	over    bool // it has come to an end, one way or the other
}

// awaitLocked makes a message wait for a connection to its destination, and begins one if nobody has.
func (p *Pool) awaitLocked(ctx context.Context, o *outgoing) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k := p.keyOf(o.to)
	a := p.attempts[k]
	switch {
	case a == nil:
		var err error
		if a, err = p.beginLocked(k, o.to); err != nil {
			return err
		}
	case len(a.waiters) >= p.limits.MaxWaiting:
		return ErrLimit
	}
	a.waiters = append(a.waiters, o)
	o.waits = a
	if ctx.Done() != nil {
		o.stop = context.AfterFunc(ctx, func() { p.giveUp(o, context.Cause(ctx)) })
	}
	return nil
}

// beginLocked begins an attempt, unless something is against it.
func (p *Pool) beginLocked(k key, to Destination) (*attempt, error) {
	at := p.attached.Load()
	if at == nil {
		return nil, ErrDetached
	}
	if err := p.recentLocked(k); err != nil {
		p.counters.recentFailures.Add(1)
		return nil, err
	}
	if !p.roomLocked(to.Addr.Addr()) {
		p.counters.overLimit.Add(1)
		return nil, ErrLimit
	}
	a := &attempt{to: to, key: k, engine: at.engine}
	p.attempts[k] = a
	p.crowd[to.Addr.Addr()]++
	p.live.Add(1)
	p.armLocked() // one more socket makes the others expire sooner
	go p.connect(a)
	return a, nil
}

// giveUp takes a message whose caller's context has ended out of those that wait.
func (p *Pool) giveUp(o *outgoing, why error) {
	p.mu.Lock()
	a := o.waits
	if a != nil {
		o.waits = nil
		i := slices.Index(a.waiters, o)
		a.waiters = slices.Delete(a.waiters, i, i+1)
	}
	p.mu.Unlock()
	if a != nil {
		p.counters.sendErrors.Add(1)
		p.done(o, 0, p.fail(socket.OpConnect, o.to, why))
	}
}

// connect is the goroutine of an attempt. When it succeeds, the new connection's Open takes over.
func (p *Pool) connect(a *attempt) {
	ctx, cancel := context.WithTimeoutCause(p.ctx, p.limits.ConnectTimeout, ErrConnectTimeout)
	defer cancel()
	op := socket.OpConnect
	nc, err := p.dial(ctx, a.to)
	if err == nil {
		op = socket.OpHandshake
		_, err = a.engine.Attach(ctx, nc, p.clientTLS(a.to), &conn{pool: p, attempt: a})
	}
	if err == nil {
		return
	}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded): // of the socket, or the loop
		err = ErrConnectTimeout
	}
	defer p.live.Done()
	p.mu.Lock()
	if p.closed {
		err = ErrClosed
	}
	waiters := p.concludeLocked(a)
	a.waiters = nil
	for _, o := range waiters {
		o.letGo()
	}
	if !errors.Is(err, net.ErrClosed) {
		p.failedLocked(a.key, err)
	}
	p.mu.Unlock()
	p.counters.dialErrors.Add(1)
	if errors.Is(err, ErrConnectTimeout) {
		p.counters.dialTimeouts.Add(1)
	}
	p.counters.sendErrors.Add(uint64(len(waiters)))
	for _, o := range waiters {
		p.done(o, 0, p.fail(op, o.to, err))
	}
}

// dial makes the connection itself. It leaves by the address the pool listens on, where that is a single one.
func (p *Pool) dial(ctx context.Context, to Destination) (net.Conn, error) {
	if p.dialer != nil {
		return p.dialer(ctx, to.String())
	}
	o := socket.Options{Timeout: p.limits.ConnectTimeout}
	if p.listener != nil {
		o.Local = localFor(addrPort(p.listener.Addr()).Addr(), to.Addr.Addr())
	}
	return socket.Dial(ctx, "tcp", to.String(), o)
}

// localFor is the address to connect from, with any port: the listener's, unless it is a wildcard or of the other family. Empty lets
// the system choose.
func localFor(local, to netip.Addr) string {
	if !local.IsValid() || local.IsUnspecified() || !to.IsValid() || local.Is4() != to.Is4() || local.IsLoopback() != to.IsLoopback() {
		return ""
	}
	return net.JoinHostPort(local.String(), strconv.Itoa(0))
}

// concludeLocked ends an attempt and returns what waited for it. The next message to the destination may begin another one.
func (p *Pool) concludeLocked(a *attempt) []*outgoing {
	if a.over {
		return nil
	}
	a.over = true
	delete(p.attempts, a.key)
	p.leaveCrowdLocked(a.to.Addr.Addr())
	return a.waiters
}

// abandonLocked takes away all that waits, because the pool closes.
func (p *Pool) abandonLocked() []*outgoing {
	var all []*outgoing
	for _, a := range p.attempts {
		for _, o := range p.concludeLocked(a) {
			o.letGo()
			all = append(all, o)
		}
		a.waiters = nil
	}
	return all
}

// letGo ends a message's waiting. The pool's mutex is held.
func (o *outgoing) letGo() {
	o.waits = nil
	if o.stop != nil {
		o.stop()
	}
}
