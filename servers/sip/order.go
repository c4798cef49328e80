package sip

import "sync"

// acks keeps what follows an ACK behind it: handlers have goroutines of their own, and a proxy that passed on a BYE before the ACK
// that came before it would end a call that its callee does not know to be established.
type acks struct {
	mu   sync.Mutex
	last map[string]chan struct{} // by Call-ID, the newest ACK that is being handled; closed when it has been
}

// after is what a request that comes now must wait for; nil for nothing.
func (a *acks) after(callID string) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c, ok := a.last[callID]; ok {
		return c
	}
	return nil
}

// begin says that an ACK is being handled from now on; the function it returns says that it has been.
func (a *acks) begin(callID string) (end func()) {
	c := make(chan struct{})
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last == nil {
		a.last = map[string]chan struct{}{}
	}
	a.last[callID] = c
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		close(c)
		if a.last[callID] == c {
			delete(a.last, callID)
		}
	}
}
