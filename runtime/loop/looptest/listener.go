package looptest

import (
	"fmt"
	"net"
	"sync"
)

// A Listener accepts connections in memory. All methods may be called from any goroutine.
type Listener struct {
	// Window is how many octets each direction of a connection holds; 0 means DefaultWindow. Set it before the first Dial.
	Window int

	mu      sync.Mutex
	cond    sync.Cond
	waiting []*Conn
	errs    []error
	accepts int
	dialed  int
	closed  bool
}

var _ net.Listener = (*Listener)(nil)

// Listen makes a listener.
func Listen() *Listener {
	l := &Listener{}
	l.cond.L = &l.mu
	return l
}

// Dial connects. The connection waits to be accepted, and can be written to meanwhile.
func (l *Listener) Dial() (*Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: l.Addr(), Err: net.ErrClosed}
	}
	l.dialed++
	client, server := pipe(l.Window, Addr(fmt.Sprintf("client-%d", l.dialed)), "server")
	l.waiting = append(l.waiting, server)
	l.cond.Broadcast()
	return client, nil
}

// Fail makes the next calls of Accept return the errors, one each, before connections are accepted again.
func (l *Listener) Fail(errs ...error) {
	l.mu.Lock()
	l.errs = append(l.errs, errs...)
	l.cond.Broadcast()
	l.mu.Unlock()
}

// Accepts is the number of times Accept has returned.
func (l *Listener) Accepts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepts
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.closed && len(l.errs) == 0 && len(l.waiting) == 0 {
		l.cond.Wait()
	}
	l.accepts++
	if l.closed {
		return nil, l.opError(net.ErrClosed)
	}
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return nil, l.opError(err)
	}
	c := l.waiting[0]
	l.waiting = l.waiting[1:]
	return c, nil
}

func (l *Listener) opError(err error) error {
	return &net.OpError{Op: "accept", Net: "memory", Addr: l.Addr(), Err: err}
}

// Close implements net.Listener. Connections that were not accepted are reset.
func (l *Listener) Close() error {
	l.mu.Lock()
	waiting := l.waiting
	l.waiting, l.closed = nil, true
	l.cond.Broadcast()
	l.mu.Unlock()
	for _, c := range waiting {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	return nil
}

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return Addr("server") }
