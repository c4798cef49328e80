package loop

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A wire writes to a net.Conn without blocking. What a socket does not take at once is kept, and a goroutine, which lives no longer than
// there is something to write, brings it out. Other connections than sockets are always written to by that goroutine.
//
// A wire is also the net.Conn that a tls.Conn stands on. Then Write never blocks nor fails halfway, which crypto/tls would not forgive,
// and Read never waits.
type wire struct {
	net.Conn                 // deadlines are set on it directly; the wire's own methods of that name do nothing
	raw      syscall.RawConn // nil when the connection is no socket of the system
	stall    time.Duration
	drained  func() // called by the writing goroutine when the queue has fallen to low, and when it is empty
	low      int
	left     atomic.Int64  // changed under mu
	total    *atomic.Int64 // octets in the queues of all connections

	greeting *greeting // not nil during a TLS handshake: reads and writes pass through
	parked   *parked   // where Read finds its octets after it; nil without TLS

	mu      sync.Mutex
	queue   []byte  // what the socket has not taken; left is its length
	cork    *buffer // not nil: Write collects here
	writing bool    // the writing goroutine runs
	err     error   // of the first write that failed

	// Of tryWrite, under mu.
	chunk    []byte
	wrote    int
	writeErr error
	writeFn  func(fd uintptr) bool // tryWrite, bound once: a method value allocates
}

func newWire(nc net.Conn, config *Config, total *atomic.Int64, drained func()) *wire {
	w := &wire{Conn: nc, raw: rawConn(nc), stall: config.WriteStall, low: config.LowWater, total: total, drained: drained}
	w.writeFn = w.tryWrite
	return w
}

// push takes all of b, of which counted octets are in total already.
func (w *wire) push(b []byte, counted int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pushLocked(b, counted)
}

func (w *wire) pushLocked(b []byte, counted int) error {
	if w.raw != nil && !w.writing && w.err == nil {
		n, err := w.writeNow(b)
		b, w.err = b[n:], err
	}
	if w.err != nil {
		b = nil
	}
	w.queue = append(w.queue, b...)
	w.count(len(b), counted)
	if len(b) > 0 && !w.writing {
		w.writing = true
		go w.drain()
	}
	return w.err
}

// writeNow writes what the socket takes without waiting.
func (w *wire) writeNow(b []byte) (int, error) {
	w.chunk, w.wrote, w.writeErr = b, 0, nil
	err := w.raw.Write(w.writeFn)
	w.chunk = nil
	if err == nil && w.writeErr != nil {
		err = w.opError("write", w.writeErr)
	}
	return w.wrote, err
}

// opError is what package net would make of a failed system call.
func (w *wire) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: w.LocalAddr().Network(), Source: w.LocalAddr(), Addr: w.RemoteAddr(), Err: os.NewSyscallError(op, err)}
}

// tryWrite is called by the system's poller. It always reports true: it does not wait.
func (w *wire) tryWrite(fd uintptr) bool {
	n, err := writeFD(fd, w.chunk)
	switch {
	case err == nil:
		w.wrote = n
	case !wouldBlock(err):
		w.writeErr = err
	}
	return true
}

// drain is the writing goroutine.
func (w *wire) drain() {
	for {
		chunk := w.next()
		if chunk == nil {
			w.drained()
			return
		}
		_ = w.Conn.SetWriteDeadline(time.Now().Add(w.stall)) // a connection without deadlines cannot stall either
		n, err := w.writeSome(chunk)
		if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil // slow, but not stalled
		}
		if w.took(n, err) {
			w.drained()
		}
	}
}

// writeSome waits until the peer takes something, or the deadline.
func (w *wire) writeSome(chunk []byte) (n int, err error) {
	if w.raw == nil {
		return w.Conn.Write(chunk) // which waits until all is taken, or the deadline
	}
	var failed error
	err = w.raw.Write(func(fd uintptr) bool {
		n, failed = writeFD(fd, chunk)
		return !wouldBlock(failed)
	})
	if err == nil && failed != nil {
		err = w.opError("write", failed)
	}
	return n, err
}

// next returns what to write; nil ends the goroutine.
func (w *wire) next() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && len(w.queue) > 0 {
		return w.queue[:min(len(w.queue), readSize)]
	}
	_ = w.Conn.SetWriteDeadline(time.Time{})
	w.writing = false
	if w.err == nil {
		w.queue = nil // else what is left says that output was lost
	}
	return nil
}

// took records the outcome of a write, and reports whether the queue has just fallen to the low mark.
func (w *wire) took(n int, err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(w.queue)
	n = min(n, before) // nothing is left after discard
	w.queue = w.queue[n:]
	w.count(-n, 0)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrStalled
	}
	if w.err == nil {
		w.err = err
	}
	return before > w.low && len(w.queue) <= w.low
}

// discard gives up what is queued; nothing is written afterwards.
func (w *wire) discard() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = ErrClosed
	}
	w.count(-len(w.queue), 0)
	w.queue = nil
}

// count records that the queue has grown by n octets, of which counted are in total already.
func (w *wire) count(n, counted int) {
	if n != 0 {
		w.left.Add(int64(n))
	}
	if n != counted {
		w.total.Add(int64(n - counted))
	}
}

// queued is the number of octets that are kept.
func (w *wire) queued() int { return int(w.left.Load()) }

// failure is the error of the first write that failed.
func (w *wire) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
