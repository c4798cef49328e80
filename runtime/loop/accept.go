package loop

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
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
		case a.engine.isStopped():
			return ErrClosed
		case passing(err):
			a.pause(err)
		default:
			return err
		}
	}
}

// awaitRoom waits while the engine has as many connections as it may have.
func (a *accepter) awaitRoom() error {
	e := a.engine
	for {
		e.mu.Lock()
		stopped, n, changed := e.stopped, len(e.members), e.changed
		e.mu.Unlock()
		if stopped {
			return ErrClosed
		}
		if n < e.config.MaxConns {
			return nil
		}
		<-changed
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
	t := time.NewTimer(e.config.AcceptPause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	}
}

// greet does what comes before the session. It has a goroutine of its own, whose stack a handshake makes large and which therefore
// does not become the connection's.
func (a *accepter) greet(st *stream) {
	e := a.engine
	tc, err := a.handshake(st)
	if err != nil {
		e.counters.handshakeErrors.Add(1)
		e.config.Logger.Debug("TLS handshake failed", "peer", st.wire.RemoteAddr(), "error", err)
		_ = st.wire.Conn.Close()
		e.forget(st)
		return
	}
	session := a.newSession()
	if session == nil {
		_ = st.wire.Conn.Close()
		e.forget(st)
		return
	}
	switch _, serve, err := e.start(st, session, tc); {
	case err != nil:
	case tc != nil:
		go serve()
	default:
		serve()
	}
}

// newSession calls the service; nil means that it panicked.
func (a *accepter) newSession() (s Session) {
	defer func() {
		if v := recover(); v != nil {
			a.engine.counters.panics.Add(1)
			a.engine.config.Logger.Error("session could not be made", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	return a.service.New()
}

// handshake does the server's side of TLS, if there is any.
func (a *accepter) handshake(st *stream) (*tls.Conn, error) {
	e := a.engine
	deadline := time.Now().Add(e.config.HandshakeTimeout)
	if a.service.TLS != nil {
		return st.wire.handshake(a.service.TLS, true, e.slots, deadline)
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
