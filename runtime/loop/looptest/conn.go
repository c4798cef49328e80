package looptest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// DefaultWindow is how many octets a connection holds in one direction before Write waits for the reader.
const DefaultWindow = 64 << 10

// A Conn is one end of a connection in memory. It behaves as a TCP socket does in what tests are about:
//
//   - Write copies into the peer's window and waits when that is full.
//   - Close with unread input, a write that reaches a closed end, and SetLinger(0) before Close reset the connection: what
//     the peer has not read is lost, and its calls fail with ECONNRESET.
//   - CloseWrite ends one direction.
//
// All methods may be called from any goroutine.
type Conn struct {
	name, peerName Addr
	in, out        *half
	mu             sync.Mutex
	abrupt         bool // Close resets
}

var _ net.Conn = (*Conn)(nil)

// Pipe returns the two ends of a connection whose directions hold window octets each; 0 means DefaultWindow.
func Pipe(window int) (*Conn, *Conn) { return pipe(window, "a", "b") }

func pipe(window int, a, b Addr) (*Conn, *Conn) {
	if window == 0 {
		window = DefaultWindow
	}
	ab, ba := newHalf(window), newHalf(window)
	return &Conn{name: a, peerName: b, in: ba, out: ab}, &Conn{name: b, peerName: a, in: ab, out: ba}
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	return n, c.opError("read", err)
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	if err == syscall.ECONNRESET {
		c.in.reset() // our answer to a reset is that nothing can be read either
	}
	return n, c.opError("write", err)
}

// Unread is the number of octets that have arrived and were not read.
func (c *Conn) Unread() int {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	return len(c.in.buf)
}

// CloseWrite says that nothing more will be written.
func (c *Conn) CloseWrite() error {
	c.out.end()
	return nil
}

// SetLinger with 0 makes Close reset the connection.
func (c *Conn) SetLinger(sec int) error {
	c.mu.Lock()
	c.abrupt = sec == 0
	c.mu.Unlock()
	return nil
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	c.mu.Lock()
	abrupt := c.abrupt
	c.mu.Unlock()
	if unread := c.in.closeReader(); unread || abrupt {
		c.out.reset()
		return nil
	}
	c.out.closeWriter()
	return nil
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.name }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.peerName }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.readBy.set(c.in, t)
	c.out.writeBy.set(c.out, t)
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.readBy.set(c.in, t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.writeBy.set(c.out, t)
	return nil
}

func (c *Conn) opError(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: c.name.Network(), Source: c.name, Addr: c.peerName, Err: err}
}

// Addr is the address of an end in memory: a name.
type Addr string

// Network is "memory".
func (Addr) Network() string { return "memory" }

func (a Addr) String() string { return string(a) }

// A half is one direction.
type half struct {
	mu      sync.Mutex
	cond    sync.Cond
	buf     []byte
	window  int
	ended   bool  // no more writes: the reader gets io.EOF after buf
	readErr error // of every read
	wrErr   error // of every write
	readBy  deadline
	writeBy deadline
}

func newHalf(window int) *half {
	h := &half{window: window}
	h.cond.L = &h.mu
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.readErr != nil:
			return 0, h.readErr
		case h.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(h.buf) > 0:
			n := copy(p, h.buf)
			h.buf = h.buf[n:]
			h.cond.Broadcast()
			return n, nil
		case h.ended:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		h.cond.Wait()
	}
}

func (h *half) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.wrErr != nil:
			return n, h.wrErr
		case h.ended:
			return n, syscall.EPIPE
		case h.writeBy.passed:
			return n, os.ErrDeadlineExceeded
		case n == len(p):
			return n, nil
		}
		if room := h.window - len(h.buf); room > 0 {
			part := p[n:min(len(p), n+room)]
			h.buf = append(h.buf, part...)
			n += len(part)
			h.cond.Broadcast()
			continue
		}
		h.cond.Wait()
	}
}

// end is the writer's half close.
func (h *half) end() {
	h.mu.Lock()
	h.ended = true
	h.cond.Broadcast()
	h.mu.Unlock()
}

// closeWriter is the writer's Close: what is in the buffer can still be read.
func (h *half) closeWriter() {
	h.mu.Lock()
	h.ended = true
	if h.wrErr == nil {
		h.wrErr = net.ErrClosed
	}
	h.cond.Broadcast()
	h.mu.Unlock()
}

// closeReader is the reader's Close. It reports whether octets were left.
func (h *half) closeReader() (unread bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	unread = len(h.buf) > 0 && h.readErr == nil
	h.buf = nil
	h.readErr = net.ErrClosed
	if h.wrErr == nil && !h.ended {
		h.wrErr = syscall.ECONNRESET
	}
	h.cond.Broadcast()
	return unread
}

// reset breaks the direction and loses what it holds.
func (h *half) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buf = nil
	if h.readErr == nil {
		h.readErr = syscall.ECONNRESET
	}
	if h.wrErr == nil {
		h.wrErr = syscall.ECONNRESET
	}
	h.cond.Broadcast()
}

// A deadline of one direction of one half. Guarded by the half's mutex.
type deadline struct {
	timer  *time.Timer
	passed bool
	turn   int // tells a timer that fires late from the one that counts
}

func (d *deadline) set(h *half, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.turn++
	d.passed = !t.IsZero() && !t.After(time.Now())
	h.cond.Broadcast()
	if t.IsZero() || d.passed {
		return
	}
	turn := d.turn
	d.timer = time.AfterFunc(time.Until(t), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if d.turn == turn {
			d.passed = true
			h.cond.Broadcast()
		}
	})
}
