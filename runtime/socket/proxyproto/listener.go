package proxyproto

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/socket"
)

// A Listener accepts connections of which the header has been read: its Accept does not wait for any one of them, so that a slow or
// silent peer delays nobody else. All methods are for any goroutine.
type Listener struct {
	net.Listener
	config   Config
	begin    sync.Once
	room     chan struct{} // a place for each pending connection
	accepted chan outcome
	done     chan struct{} // closed by Close

	mu      sync.Mutex
	closed  bool
	pending map[net.Conn]struct{} // headers awaited
}

// An outcome is what Accept returns.
type outcome struct {
	conn net.Conn
	err  error
}

// NewListener reads headers from the connections of l, which it owns from now on: Close closes it. Connections are taken from l from the
// first Accept on, before they are asked for: up to Config.MaxPending. The error is a *socket.Error.
func NewListener(l net.Listener, c Config) (*Listener, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, &socket.Error{Op: socket.OpConfig, Addr: l.Addr().Network() + " " + l.Addr().String(), Err: err}
	}
	return &Listener{
		Listener: l,
		config:   c,
		room:     make(chan struct{}, c.MaxPending),
		accepted: make(chan outcome),
		done:     make(chan struct{}),
		pending:  map[net.Conn]struct{}{},
	}, nil
}

// Accept waits for a connection with a header: a *Conn, or one of a peer that is not trusted and served directly, as it is. The errors
// are the listener's below; after Close a *socket.Error that unwraps to net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	l.begin.Do(func() { go l.run() })
	select {
	case <-l.done:
	default:
		select {
		case o := <-l.accepted:
			return o.conn, o.err
		case <-l.done:
		}
	}
	return nil, &socket.Error{Op: socket.OpAccept, Addr: l.Addr().Network() + " " + l.Addr().String(), Err: net.ErrClosed}
}

// Close stops listening, and closes the connections whose headers are awaited.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.done)
	}
	for nc := range l.pending {
		_ = nc.Close()
	}
	return l.Listener.Close()
}

// run takes connections until the listener is closed. An error waits for Accept, whose caller decides how long to rest.
func (l *Listener) run() {
	for {
		select {
		case l.room <- struct{}{}:
		case <-l.done:
			return
		}
		nc, err := l.Listener.Accept()
		if err != nil {
			<-l.room
			if !l.deliver(nil, err) {
				return
			}
			if errors.Is(err, net.ErrClosed) { // by somebody else
				_ = l.Close()
				return
			}
			continue
		}
		go l.receive(nc)
	}
}

// receive reads the header of a connection and delivers it.
func (l *Listener) receive(nc net.Conn) {
	defer func() { <-l.room }()
	peer := nc.RemoteAddr()
	if !l.config.trusts(peer) {
		if !l.config.Direct {
			l.refuse(nc, peer, errors.New("no trusted proxy"))
		} else if !l.deliver(nc, nil) {
			_ = nc.Close()
		}
		return
	}
	if !l.track(nc) {
		_ = nc.Close()
		return
	}
	c, err := l.read(nc)
	l.forget(nc)
	switch {
	case err != nil:
		l.refuse(nc, peer, err)
	case !l.deliver(c, nil):
		_ = nc.Close()
	}
}

func (l *Listener) read(nc net.Conn) (*Conn, error) {
	if err := nc.SetReadDeadline(time.Now().Add(l.config.HeaderTimeout)); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(nc, bufferSize)
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	rest, err := r.Peek(r.Buffered())
	if err != nil {
		return nil, err
	}
	return newConn(nc, h, bytes.Clone(rest)), nc.SetReadDeadline(time.Time{})
}

func (l *Listener) refuse(nc net.Conn, peer net.Addr, err error) {
	_ = nc.Close()
	l.config.Refused(peer, &socket.Error{Op: socket.OpPreface, Addr: peer.Network() + " " + peer.String(), Err: err})
}

// deliver hands a connection or an error to Accept. It reports false if the listener is closed first.
func (l *Listener) deliver(nc net.Conn, err error) bool {
	select {
	case l.accepted <- outcome{nc, err}:
		return true
	case <-l.done:
		return false
	}
}

// track makes Close close a connection, unless it has done so already: false.
func (l *Listener) track(nc net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.pending[nc] = struct{}{}
	}
	return !l.closed
}

func (l *Listener) forget(nc net.Conn) {
	l.mu.Lock()
	delete(l.pending, nc)
	l.mu.Unlock()
}
