package loop

import (
	"io"
	"net"
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
	turn   int // the end of what may be read at a time, in the buffer
	from   int // its begin
	n      int
	err    error
	readFn func(fd uintptr) bool // tryRead, bound once: a method value allocates
}

func newSocketSource(w *wire, turn int) *socketSource {
	s := &socketSource{wire: w, turn: turn}
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
	n, err := readFD(fd, s.buf[s.from:s.turn])
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

// A tlsSource decrypts what another source has received.
type tlsSource struct {
	received source
	parked   *parked
	loan
}

func (s *tlsSource) next(rest []byte) (b []byte, owned bool, err error) {
	var received []byte
	if !s.parked.unsure { // else there may be something to decrypt already
		received, _, err = s.received.next(nil)
	}
	eof := err == io.EOF
	if err != nil && !eof {
		return nil, false, err
	}
	return s.parked.read(&s.loan, rest, received, eof)
}

func (s *tlsSource) done() {
	s.received.done()
	s.loan.done()
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
