package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"slices"
)

// A parked is the TLS of a connection whose octets others move: no goroutine waits in it, so that an idle connection holds neither a buffer nor the
// deep stack of a Read. It stands between crypto/tls and what has been received.
//
// What it relies on in crypto/tls, after the handshake: a Read that fails with a temporary error can be repeated; a Write that succeeds
// always is never in doubt; and the underlying connection is asked for nothing but Read, Write and deadlines. park_test.go
// sees to it that this stays so.
type parked struct {
	conn *tls.Conn
	in   []byte  // received and not yet taken by crypto/tls; valid during read
	out  *buffer // written by crypto/tls, for those that have no other place for it

	// A Read that finds nothing costs an allocation in crypto/tls, so one that would is not tried: a data record gives its octets in
	// one Read that asks for more than there are.
	ends    recordEnds
	records int32 // at most so many complete records are with crypto/tls; exact unless some of them carried no data
	unsure  bool  // there may be more: the handshake has left something, perhaps
	eof     bool  // nothing follows in
}

const (
	// cipherTurn is what is received at a time: what comes out of it, with the record that was incomplete before and what the session left, fits a pooled
	// buffer.
	cipherTurn = 32 << 10
	tlsRecord  = 16 << 10
)

// read decrypts what has been received, and returns it behind rest; it is in l's buffer unless it is owned. An error may come with octets.
func (t *parked) read(l *loan, rest, received []byte, eof bool) (b []byte, owned bool, err error) {
	t.in, t.eof = received, eof
	t.records += t.ends.pass(received)
	l.take()
	b = l.buf[:0]
	if owned = len(rest) > readSize-cipherTurn-tlsRecord; !owned {
		b = append(b, rest...)
	}
	before := len(b)
	b, err = t.decrypt(b)
	t.in = nil
	switch {
	case len(b) == before:
		b = nil
	case owned:
		b = extend(rest, b)
	}
	return b, owned, err
}

// decrypt appends what can be read now.
func (t *parked) decrypt(b []byte) ([]byte, error) {
	for t.records > 0 || len(t.in) > 0 || t.eof || t.unsure {
		if len(b) == cap(b) {
			b = slices.Grow(b, tlsRecord)
		}
		n, err := t.conn.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.records, t.unsure = 0, false
			return b, nil
		case err != nil:
			return b, err
		case len(b) < cap(b):
			t.records--
		}
	}
	return b, nil
}

// handOver is Read for crypto/tls. It never waits: the error for "nothing yet" is one that crypto/tls does not remember, because it is temporary.
func (t *parked) handOver(p []byte) (int, error) {
	switch {
	case len(t.in) > 0:
		n := copy(p, t.in)
		t.in = t.in[n:]
		return n, nil
	case t.eof:
		return 0, io.EOF
	}
	return 0, os.ErrDeadlineExceeded
}

// collect is Write for crypto/tls. It takes everything: to refuse would break the connection for good.
func (t *parked) collect(p []byte) (int, error) {
	if t.out == nil {
		t.out = getBuffer()
	}
	t.out.b = append(t.out.b, p...)
	return len(p), nil
}

// recordEnds finds where the records of a TLS stream end (RFC 8446 section 5.1: a type, a version, a length of two octets).
type recordEnds struct {
	left int32 // octets of the present record's body to come
	have uint8 // octets of the present header
	high uint8 // the first octet of the length in it
}

const recordHeader = 5

// pass takes the next octets of the stream, and returns how many records end in them.
func (e *recordEnds) pass(b []byte) (complete int32) {
	for len(b) > 0 {
		if e.left > 0 {
			n := min(int(e.left), len(b))
			b = b[n:]
			if e.left -= int32(n); e.left == 0 {
				complete++
			}
			continue
		}
		switch e.have++; e.have {
		case recordHeader - 1:
			e.high = b[0]
		case recordHeader:
			e.have, e.left = 0, int32(e.high)<<8|int32(b[0])
			if e.left == 0 {
				complete++
			}
		}
		b = b[1:]
	}
	return complete
}
