package kernel

import "sync"

// latch is something that happens once and can be waited for. Its zero value has not happened; it takes a channel only when
// somebody waits, since most connections are never waited for.
type latch struct {
	mu       sync.Mutex
	happened bool
	waited   chan struct{}
}

// open says that it has happened.
func (l *latch) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.happened = true
	if l.waited != nil {
		close(l.waited)
		l.waited = nil
	}
}

// happening is closed when it has happened.
func (l *latch) happening() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.happened {
		return closed
	}
	if l.waited == nil {
		l.waited = make(chan struct{})
	}
	return l.waited
}

// closed is a channel that is closed.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
