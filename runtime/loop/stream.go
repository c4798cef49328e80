package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A stream carries a connection of the goroutine engine.
type stream struct {
	conn   *Conn
	engine *core
	wire   *wire
	tls    *tls.Conn // nil without
	source source
	end    error     // io.EOF, when it has been read; of the reading goroutine
	wake   sync.Cond // the reading goroutine waits here, under conn.mu
	use    atomic.Uint32
	as     standing
	index  int32 // see position

	// Under conn.mu.
	renew bool // the reading goroutine is to start its successor
	ended bool // it has read all there was
}

// A source reads. One goroutine, the reading goroutine, uses it.
type source interface {
	// next waits for input, holding no buffer where that is possible, and returns rest and what has come behind it. What it
	// returns is valid until done, or for good if it is owned. An error may come with octets.
	next(rest []byte) (b []byte, owned bool, err error)
	done()
}

// newStream makes a connection of nc. Nothing happens on it until serve.
func newStream(e *core, nc net.Conn) *stream {
	st := &stream{engine: e}
	st.wire = newWire(nc, &e.config, &e.counters.queued, func() { st.drained() })
	return st
}

// adopt gives the stream its session; tc is nil without TLS.
func (st *stream) adopt(s Session, tc *tls.Conn) *Conn {
	st.tls = tc
	turn := readSize
	if tc != nil {
		turn = cipherTurn
	}
	if st.wire.raw != nil {
		st.source = newSocketSource(st.wire, turn)
	} else {
		st.source = &plainSource{conn: st.wire.Conn}
	}
	if tc != nil {
		st.source = &tlsSource{received: st.source, parked: st.wire.parked}
	}
	st.conn = newConn(s, st.engine.env, st)
	st.wake.L = &st.conn.mu
	return st.conn
}

func (st *stream) strand() *Conn { return st.conn }

func (st *stream) standing() standing { return st.as }

func (st *stream) position() *int32 { return &st.index }

func (st *stream) sever() { _ = st.wire.Conn.Close() }

// serve is the reading goroutine: the life of the connection.
func (st *stream) serve() {
	st.conn.run()
	st.goOn()
}

// goOn is the reading goroutine, or one of its successors.
func (st *stream) goOn() {
	c := st.conn
	err := st.read()
	switch err {
	case errRenew:
		go st.goOn()
		return
	case nil:
	case io.EOF:
		c.do(event{kind: eventEnd})
	default:
		c.Abort(err)
	}
	st.awaitOver()
	c.keep(nil, 0, false)
	if err == nil {
		st.linger()
	}
	_ = st.wire.Conn.Close()
	st.source = nil
	st.idle()
	st.engine.forget(st)
}

// errRenew ends a reading goroutine, not the connection.
var errRenew = errors.New("loop: reading goroutine is renewed")

// read feeds the session until the connection is over (nil), the peer has ended its output (io.EOF), or an error.
func (st *stream) read() error {
	c := st.conn
	for {
		switch st.awaitInput() {
		case turnOver:
			return nil
		case turnOffer:
			c.offer()
		case turnRead:
			if st.end != nil { // and nothing is left that is to be offered before it
				return st.end
			}
			b, owned, err := st.source.next(c.rest)
			if len(b) > 0 {
				st.touch()
				c.input(b, owned)
			}
			st.source.done()
			if len(b) > 0 {
				st.engine.crowd.giveWay()
			}
			switch {
			case err == nil:
			case errors.Is(err, os.ErrDeadlineExceeded) && st.renewed():
				return errRenew
			case err == io.EOF:
				st.end = err
			default:
				return err
			}
		}
	}
}

// A turn is what the reading goroutine does next.
type turn uint8

const (
	turnRead turn = iota
	turnOffer
	turnOver
)

// awaitInput waits until input may be read, rest must be offered, or the connection is over. Nothing but a goroutine is held meanwhile.
// A connection that is closing goes on reading, to throw the input away: a peer that writes before it reads must get unstuck.
func (st *stream) awaitInput() turn {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.state() >= phaseDoomed:
			return turnOver
		case c.offered:
		case c.state() == phaseClosing:
			return turnRead
		case c.paused || c.choked:
			st.touch() // to be looked after while nobody reads
		case c.again:
			c.again = false
			if len(c.rest) > 0 {
				return turnOffer
			}
			continue
		default:
			return turnRead
		}
		st.wake.Wait()
	}
}

// awaitOver waits until Closed has been called and the carrier released.
func (st *stream) awaitOver() {
	c := st.conn
	c.mu.Lock()
	st.ended = true
	st.touch()
	for !c.released {
		st.wake.Wait()
	}
	c.mu.Unlock()
}

// linger reads and throws away until the peer is done or the deadline set by release has come. Closing a socket with unread input
// would reset the connection, and could destroy our last octets before the peer has read them.
func (st *stream) linger() {
	_, _ = io.Copy(io.Discard, readerOnly{st.wire.Conn})
}

// readerOnly hides a connection's other methods, so that io.Copy uses its pooled buffer and nothing of the system's.
type readerOnly struct{ io.Reader }

// drained is called by the writing goroutine.
func (st *stream) drained() {
	if err := st.wire.failure(); err != nil {
		if err == ErrStalled {
			st.engine.counters.stalls.Add(1)
		}
		st.conn.Abort(err)
		return
	}
	st.conn.do(event{kind: eventSettle})
}

func (st *stream) push(b []byte, counted int) error {
	if st.tls == nil {
		return st.wire.push(b, counted)
	}
	st.wire.collect()
	_, err := st.tls.Write(b)
	if e := st.wire.uncork(counted); err == nil {
		err = e
	}
	return err
}

func (st *stream) queued() int { return st.wire.queued() }

func (st *stream) shut() {
	if st.tls != nil {
		_ = st.tls.CloseWrite() // a failure to write shows as the wire's
	}
}

func (st *stream) release(gently bool) {
	st.wire.discard()
	nc := st.wire.Conn
	if !gently {
		if tc, ok := nc.(*tls.Conn); ok {
			nc = tc.NetConn() // whose Close says no goodbye, for which it might wait
		}
		if l, ok := nc.(interface{ SetLinger(sec int) error }); ok {
			_ = l.SetLinger(0)
		}
		_ = nc.Close()
		return
	}
	half, ok := nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || nc.SetReadDeadline(time.Now().Add(st.engine.config.Linger)) != nil {
		_ = nc.Close()
	}
}

// nudge implements carrier.
func (st *stream) nudge() bool {
	st.wake.Signal()
	return true
}

func (st *stream) clock(f func()) clock { return time.AfterFunc(time.Hour, f) }

func (st *stream) addresses() (local, remote net.Addr) {
	return st.wire.Conn.LocalAddr(), st.wire.Conn.RemoteAddr()
}

func (st *stream) tlsState() *tls.ConnectionState {
	if st.tls != nil {
		state := st.tls.ConnectionState()
		return &state
	}
	if tc, ok := st.wire.Conn.(*tls.Conn); ok {
		state := tc.ConnectionState()
		return &state
	}
	return nil
}
