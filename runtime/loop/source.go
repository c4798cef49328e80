package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
)

// A loan is a pooled buffer, while a source has one.
type loan struct{ buf *[readSize]byte }

func (l *loan) take() {
	if l.buf == nil {
		l.buf = readBuffers.Get().(*[readSize]byte)
	}
}

func (l *loan) done() {
	if l.buf != nil {
		readBuffers.Put(l.buf)
		l.buf = nil
	}
}

// fits says whether rest and a fair amount of news fit a pooled buffer. Larger rests have a growing buffer of their own, to which is added what
// a pooled buffer has brought: so nobody waits with room for more than has arrived.
func fits(rest []byte) bool { return len(rest) <= readSize/2 }

// extend adds news to a large rest. It makes room for a quarter more, so that long rests are not copied with every read.
func extend(rest, news []byte) []byte {
	if n := len(rest) + len(news); n > cap(rest) {
		rest = append(make([]byte, 0, n+n/4), rest...)
	}
	return append(rest, news...)
}

// A socketSource reads a socket of the system. It takes its buffer when there is something to read.
type socketSource struct {
	wire *wire
	loan
	from   int // where in the buffer
	n      int
	err    error
	readFn func(fd uintptr) bool // tryRead, bound once: a method value allocates
}

func newSocketSource(w *wire) *socketSource {
	s := &socketSource{wire: w}
	s.readFn = s.tryRead
	return s
}

func (s *socketSource) next(rest []byte) (b []byte, owned bool, err error) {
	large := !fits(rest)
	s.from, s.n, s.err = len(rest), 0, nil
	if large {
		s.from = 0
	}
	err = s.wire.raw.Read(s.readFn)
	if err == nil && s.err != nil {
		err = s.wire.opError("read", s.err)
	}
	switch {
	case err != nil:
		return nil, false, err
	case s.n == 0:
		return nil, false, io.EOF
	case large:
		return extend(rest, s.buf[:s.n]), true, nil
	}
	copy(s.buf[:], rest)
	return s.buf[:len(rest)+s.n], false, nil
}

// tryRead is called by the system's poller, at once and whenever the socket becomes readable. It reports false to wait.
func (s *socketSource) tryRead(fd uintptr) bool {
	s.take()
	n, err := readFD(fd, s.buf[s.from:])
	switch {
	case err == nil:
		s.n = n
	case wouldBlock(err):
		s.done()
		return false
	default:
		s.err = err
	}
	return true
}

// A tlsSource reads a TLS connection over a wire. It waits for a single octet, and takes its buffer when a record has been decrypted.
type tlsSource struct {
	wire *wire
	tls  *tls.Conn
	loan
	one [1]byte
}

func (s *tlsSource) next(rest []byte) (b []byte, owned bool, err error) {
	if n, err := s.tls.Read(s.one[:]); n == 0 {
		return nil, false, err
	}
	s.take()
	b = s.buf[:0]
	if owned = !fits(rest); owned {
		defer func() { b = extend(rest, b) }()
	} else {
		b = append(b, rest...)
	}
	b = append(b, s.one[0])
	// What has been received is decrypted; there is no waiting for more with a buffer in hand.
	s.wire.impatient = true
	defer func() { s.wire.impatient = false }()
	for len(b) < cap(b) {
		n, err := s.tls.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return b, owned, err
		}
	}
	return b, owned, nil
}

// A plainSource reads any other net.Conn, of which nothing is known: it keeps a small buffer of its own.
type plainSource struct {
	conn net.Conn
	buf  [minRead]byte
}

func (s *plainSource) next(rest []byte) (b []byte, owned bool, err error) {
	n, err := s.conn.Read(s.buf[:])
	if n == 0 || len(rest) == 0 {
		return s.buf[:n], false, err
	}
	return append(rest, s.buf[:n]...), true, err
}

func (s *plainSource) done() {}
