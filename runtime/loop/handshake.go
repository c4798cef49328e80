package loop

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"time"
)

// A greeting is a TLS handshake that is going on. It holds one of the engine's slots while it computes, and none while it waits for
// the peer: so silent peers cannot keep others from their handshakes.
type greeting struct{ slots chan struct{} }

func (g *greeting) enter() { g.slots <- struct{}{} }
func (g *greeting) leave() { <-g.slots }

// handshake makes w's connection a TLS one. server says which side we are. The handshake is over by the deadline, or has failed.
func (w *wire) handshake(config *tls.Config, server bool, slots chan struct{}, deadline time.Time) (*tls.Conn, error) {
	if err := w.Conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	w.greeting = &greeting{slots}
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
	return tc, w.Conn.SetDeadline(time.Time{})
}

// Read is for package crypto/tls.
func (w *wire) Read(p []byte) (int, error) {
	if w.impatient {
		return 0, os.ErrDeadlineExceeded // which crypto/tls does not remember, because it is temporary
	}
	if w.memory != nil {
		return w.memory.read(p)
	}
	if w.greeting == nil {
		return w.Conn.Read(p)
	}
	w.greeting.leave()
	n, err := w.Conn.Read(p)
	w.greeting.enter()
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
	if w.memory != nil {
		return w.memory.write(p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cork != nil {
		w.cork.b = append(w.cork.b, p...)
		return len(p), w.err
	}
	return len(p), w.pushLocked(p)
}

// A memory stands in for the connection below a tls.Conn whose octets others move: it hands over what has been received, and keeps what is to
// be sent.
type memory struct {
	in  []byte // valid as long as the call that put it there
	eof bool   // nothing follows in
	out *buffer
}

// read never waits: the error for "nothing yet" is one that crypto/tls does not remember, because it is temporary.
func (m *memory) read(p []byte) (int, error) {
	switch {
	case len(m.in) > 0:
		n := copy(p, m.in)
		m.in = m.in[n:]
		return n, nil
	case m.eof:
		return 0, io.EOF
	}
	return 0, os.ErrDeadlineExceeded
}

// write takes everything: to refuse would break the connection for good.
func (m *memory) write(p []byte) (int, error) {
	if m.out == nil {
		m.out = getBuffer()
	}
	m.out.b = append(m.out.b, p...)
	return len(p), nil
}

// collect makes Write collect its octets until uncork pushes them, so that many records leave in one piece.
func (w *wire) collect() {
	w.mu.Lock()
	w.cork = getBuffer()
	w.mu.Unlock()
}

func (w *wire) uncork() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	cork := w.cork
	w.cork = nil
	err := w.pushLocked(cork.b)
	cork.put()
	return err
}

// SetDeadline and its kin do nothing: crypto/tls, which sets a deadline to say goodbye, would cut what is still queued.

func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

var _ net.Conn = (*wire)(nil)
