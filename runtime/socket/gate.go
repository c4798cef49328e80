package socket

import "sync"

// A gate is open, paused or closed.
type gate struct {
	mu     sync.Mutex
	cond   sync.Cond
	paused bool
	closed bool
}

func (g *gate) init() { g.cond.L = &g.mu }

// wait waits while the gate is paused.
func (g *gate) wait() {
	g.mu.Lock()
	for g.paused && !g.closed {
		g.cond.Wait()
	}
	g.mu.Unlock()
}

func (g *gate) set(paused bool) {
	g.mu.Lock()
	g.paused = paused
	g.cond.Broadcast()
	g.mu.Unlock()
}

func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.cond.Broadcast()
	g.mu.Unlock()
}

func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}
