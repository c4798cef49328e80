package loop

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

// An accepter takes connections from one listener.
type accepter struct {
	engine   *core
	listener net.Listener
	service  Service
	logged   time.Time   // of the last record about a shortage
	logging  atomic.Bool // a record is being written
}

// run accepts until the engine stops or the listener is beyond repair.
func (a *accepter) run() error {
	for {
		if err := a.awaitRoom(); err != nil {
			return err
		}
		if a.engine.counters.queued.Load() > int64(a.engine.config.OutputBudget) {
			a.pause(errBudget)
			continue
		}
		nc, err := a.listener.Accept()
		switch {
		case err == nil:
			a.engine.counters.accepted.Add(1)
			st := newStream(a.engine, nc)
			if !a.engine.register(st) {
				_ = nc.Close()
				return ErrClosed
			}
			go a.greet(st)
			runtime.Gosched() // let it begin: else a burst of connections is a crowd of goroutines, whose memory stays
		case a.engine.isStopped():
			return ErrClosed
		case passing(err):
			a.pause(err)
		default:
			return err
		}
	}
}

// awaitRoom waits while the engine has as many connections as it may have, or handshakes queue up.
func (a *accepter) awaitRoom() error {
	e := a.engine
	for queued := false; ; {
		e.mu.Lock()
		stopped, n, changed := e.stopped, e.members.len(), e.changed
		e.mu.Unlock()
		switch {
		case stopped:
			return ErrClosed
		case n >= e.config.MaxConns:
			<-changed
		case e.crypt.waiting.Load() >= int64(e.config.HandshakeQueue):
			if !queued {
				e.counters.handshakeQueues.Add(1)
				queued = true
			}
			wait(changed, handshakePause)
		default:
			return nil
		}
	}
}

// handshakePause is how often the queue of handshakes is looked at while it is full: it takes some ten times as long to work it off.
const handshakePause = 5 * time.Millisecond

// wait waits until an event, but no longer than d.
func wait(event <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-event:
	}
}

func (e *core) isStopped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.stopped
}

// passing says whether an error of Accept is about the moment (a shortage, a connection that broke in the queue) and not about the listener.
func passing(err error) bool {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno != syscall.EBADF && errno != syscall.EINVAL
	}
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// pause rests after a failure: until some connection ends, which may have given back what was short, or for AcceptPause.
func (a *accepter) pause(err error) {
	e := a.engine
	e.counters.acceptErrors.Add(1)
	if now := time.Now(); now.Sub(a.logged) >= e.config.LogEvery && a.logging.CompareAndSwap(false, true) {
		a.logged = now
		go func() { // a log that blocks stops nobody from coming in
			defer a.logging.Store(false)
			e.config.Logger.Error("accepting pauses", "listen", a.listener.Addr(), "pause", e.config.AcceptPause, "error", err)
		}()
	}
	e.mu.Lock()
	changed := e.changed
	e.mu.Unlock()
	wait(changed, e.config.AcceptPause)
}

// greet does what comes before the session. It has a goroutine of its own, whose stack a handshake makes large and which therefore
// does not become the connection's.
func (a *accepter) greet(st *stream) {
	e := a.engine
	why := e.admit(st)
	if why != nil && (a.service.Busy == nil || !e.mayRefuse(st)) {
		a.giveUp(st)
		return
	}
	tc, err := a.handshake(st)
	if err != nil {
		e.counters.handshakeErrors.Add(1)
		e.config.Logger.Debug("TLS handshake failed", "peer", st.wire.Conn.RemoteAddr(), "error", err)
		a.giveUp(st)
		return
	}
	session := a.newSession(why)
	if session == nil {
		a.giveUp(st)
		return
	}
	c, serve, err := e.start(st, session, tc)
	switch {
	case err != nil:
		return
	case why != nil:
		late := time.AfterFunc(e.config.HandshakeTimeout, func() { c.close(phaseClosing, why) })
		context.AfterFunc(c.Context(), func() { late.Stop() })
	}
	if tc != nil {
		go serve()
	} else {
		serve()
	}
}

// giveUp closes a connection that has no session.
func (a *accepter) giveUp(st *stream) {
	_ = st.wire.Conn.Close()
	a.engine.forget(st)
}

// newSession calls the service; why is the reason of a refusal. It returns nil when there is nothing to be said, or the service has panicked.
func (a *accepter) newSession(why error) (s Session) {
	defer func() {
		if v := recover(); v != nil {
			a.engine.counters.panics.Add(1)
			a.engine.config.Logger.Error("session could not be made", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	if why != nil {
		return a.service.Busy(why)
	}
	return a.service.New()
}

// handshake does the server's side of TLS, if there is any.
func (a *accepter) handshake(st *stream) (*tls.Conn, error) {
	e := a.engine
	deadline := time.Now().Add(e.config.HandshakeTimeout)
	if a.service.TLS != nil {
		return st.wire.handshake(a.service.TLS, true, &e.crypt, deadline)
	}
	tc, ok := st.wire.Conn.(*tls.Conn)
	if !ok {
		return nil, nil
	}
	if err := tc.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if err := tc.Handshake(); err != nil {
		return nil, err
	}
	return nil, tc.SetDeadline(time.Time{})
}
