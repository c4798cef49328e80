package loop

import (
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"
)

// A greeting is a TLS handshake that is going on. It holds one of the engine's slots while it computes, and none while it waits for
// the peer: so silent peers cannot keep others from their handshakes.
type greeting struct{ *crypt }

// A crypt bounds the handshakes of an engine.
type crypt struct {
	slots   chan struct{} // of those that compute
	waiting atomic.Int64  // for a slot
}

func (c *crypt) enter() {
	select {
	case c.slots <- struct{}{}:
	default:
		c.waiting.Add(1)
		c.slots <- struct{}{}
		c.waiting.Add(-1)
	}
}

func (c *crypt) leave() { <-c.slots }

// handshake makes w's connection a TLS one. server says which side we are. The handshake is over by the deadline, or has failed.
func (w *wire) handshake(config *tls.Config, server bool, c *crypt, deadline time.Time) (*tls.Conn, error) {
	if err := w.Conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	w.greeting, w.parked = &greeting{c}, &parked{unsure: true}
	side := tls.Client
	if server {
		side = tls.Server
	}
	tc := side(w, config)
	w.greeting.enter()
	err := tc.Handshake()
	w.greeting.leave()
	w.greeting = nil
	if err != nil {
		return nil, err
	}
	w.parked.conn = tc
	return tc, w.Conn.SetDeadline(time.Time{})
}

// Read is for package crypto/tls. After the handshake it never waits.
func (w *wire) Read(p []byte) (int, error) {
	if w.greeting == nil {
		return w.parked.handOver(p)
	}
	w.greeting.leave()
	n, err := w.Conn.Read(p)
	w.greeting.enter()
	w.parked.ends.pass(p[:n])
	return n, err
}

// Write is for package crypto/tls, which calls it for each record. After the handshake it takes everything.
func (w *wire) Write(p []byte) (int, error) {
	if w.greeting != nil {
		w.greeting.leave()
		n, err := w.Conn.Write(p)
		w.greeting.enter()
		return n, err
	}
	if w.Conn == nil { // it has been taken over by a loop
		return w.parked.collect(p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cork != nil {
		w.cork.b = append(w.cork.b, p...)
		return len(p), w.err
	}
	return len(p), w.pushLocked(p, 0)
}

// collect makes Write collect its octets until uncork pushes them, so that many records leave in one piece.
func (w *wire) collect() {
	w.mu.Lock()
	w.cork = getBuffer()
	w.mu.Unlock()
}

func (w *wire) uncork(counted int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	cork := w.cork
	w.cork = nil
	err := w.pushLocked(cork.b, counted)
	cork.put()
	return err
}

// SetDeadline and its kin do nothing: crypto/tls, which sets a deadline to say goodbye, would cut what is still queued.

func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

var _ net.Conn = (*wire)(nil)
