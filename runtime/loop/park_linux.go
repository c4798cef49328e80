package loop

import (
	"crypto/tls"
	"errors"
	"os"
	"slices"
)

// A parked is the TLS of a polled connection: no goroutine waits in it.
//
// What it relies on in crypto/tls, after the handshake: a Read that fails with a temporary error can be repeated; a Write that succeeds
// always is never in doubt; and the underlying connection is asked for nothing but Read, Write and deadlines. park_test.go
// sees to it that this stays so.
type parked struct {
	conn   *tls.Conn
	memory memory
}

// park takes a TLS connection, whose handshake is over, from its wire: crypto/tls keeps the wire, which keeps nothing else.
func park(w *wire, tc *tls.Conn) *parked {
	t := &parked{conn: tc}
	w.memory = &t.memory
	w.raw, w.drained, w.writeFn = nil, nil, nil
	return t
}

const (
	// readTLS asks for so much at a time that what comes out, with the record that was incomplete before and what the session left, fits a pooled buffer.
	cipherTurn = 32 << 10
	tlsRecord  = 16 << 10
)

// readTLS returns what was left over and what could be decrypted behind it. An error may come with octets.
func (p *polled) readTLS(l *loan) (b []byte, owned bool, err error) {
	t := p.parked
	var cipher loan
	cipher.take()
	defer cipher.done()
	n, err := readFD(uintptr(p.fd), cipher.buf[:cipherTurn])
	switch {
	case err != nil && !wouldBlock(err):
		return nil, false, p.opError("read", err)
	case err == nil && n == 0:
		t.memory.eof = true
	}
	t.memory.in = cipher.buf[:n]
	l.take()
	b = l.buf[:0]
	if owned = len(p.rest) > readSize-cipherTurn-tlsRecord; !owned {
		b = append(b, p.rest...)
	}
	before := len(b)
	b, err = t.decrypt(b)
	switch {
	case len(b) == before:
		b = nil
	case owned:
		b = extend(p.rest, b)
	}
	if e := p.flushTLS(); err == nil { // crypto/tls answers some of what it reads
		err = e
	}
	return b, owned, err
}

// decrypt appends what can be read now.
func (t *parked) decrypt(b []byte) ([]byte, error) {
	for {
		if len(b) == cap(b) {
			b = slices.Grow(b, tlsRecord)
		}
		n, err := t.conn.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return b, nil
		}
		if err != nil {
			return b, err
		}
	}
}

func (p *polled) pushTLS(b []byte) error {
	_, err := p.parked.conn.Write(b)
	if e := p.flushTLS(); err == nil {
		err = e
	}
	return err
}

func (p *polled) shutTLS() {
	_ = p.parked.conn.CloseWrite()
	if err := p.flushTLS(); err != nil {
		p.Abort(err)
	}
}

// flushTLS sends what crypto/tls has written.
func (p *polled) flushTLS() error {
	m := &p.parked.memory
	if m.out == nil {
		return nil
	}
	err := p.pushRaw(m.out.b)
	m.out.put()
	m.out = nil
	return err
}
