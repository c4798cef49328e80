package loop

import (
	"sync/atomic"
	"syscall"
	"time"
)

// sweepEvery is how often the connections of goroutines are looked at while some have been in use: one that was not in use for a whole period
// gets a new reading goroutine, and a broken one that nobody reads is found.
const sweepEvery = 2 * time.Second

// A sweeper keeps idle connections small. The stack of a reading goroutine grows with the first Data and does not shrink again to what waiting
// needs, because the collector halves stacks no further; a new goroutine has a small one. That is 2 KB for a connection.
type sweeper struct {
	busy     atomic.Int64 // streams whose use is not none
	sweeping atomic.Bool  // the timer is set, or the sweep is going on
}

// How a stream was used lately.
const (
	unused uint32 = iota
	usedBefore
	usedNow
)

// touch notes that the stream is in use.
func (st *stream) touch() {
	if st.use.Load() != usedNow && st.use.Swap(usedNow) == unused {
		st.engine.busy.Add(1)
		st.engine.sweepSoon()
	}
}

// idle notes that the stream needs no more sweeps.
func (st *stream) idle() {
	if st.use.Swap(unused) != unused {
		st.engine.busy.Add(-1)
	}
}

func (e *core) sweepSoon() {
	if e.sweeping.CompareAndSwap(false, true) {
		time.AfterFunc(sweepEvery, e.sweep)
	}
}

func (e *core) sweep() {
	for _, st := range e.quietStreams() {
		st.sweep()
	}
	e.sweeping.Store(false)
	if e.busy.Load() > 0 {
		e.sweepSoon()
	}
}

// quietStreams returns those that have been used before, but not since the last sweep.
func (e *core) quietStreams() (quiet []*stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.members.list {
		if st, ok := m.(*stream); ok && st.conn != nil && !st.use.CompareAndSwap(usedNow, usedBefore) && st.use.Load() == usedBefore {
			quiet = append(quiet, st)
		}
	}
	return quiet
}

// sweep deals with a stream that has been quiet.
func (st *stream) sweep() {
	c := st.conn
	c.mu.Lock()
	unread := st.ended || c.state() == phaseOpen && (c.paused || c.choked)
	over := c.state() == phaseOver
	if !unread && !over {
		// The reading goroutine, woken up, starts its successor.
		st.renew = st.wire.Conn.SetReadDeadline(time.Unix(1, 0)) == nil
	}
	c.mu.Unlock()
	if !unread || over {
		st.idle()
		return
	}
	if err := st.wire.pendingError(); err != nil {
		c.Abort(err)
	}
}

// renewed undoes what sweep did, and reports whether it had.
func (st *stream) renewed() bool {
	c := st.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if !st.renew {
		return false
	}
	st.renew = false
	if c.state() != phaseOver { // then the deadline is that of the linger
		_ = st.wire.Conn.SetReadDeadline(time.Time{})
	}
	return true
}

// pendingError is what the system knows of a connection that nobody reads: that the peer has reset it, say.
func (w *wire) pendingError() error {
	if w.raw == nil {
		return nil
	}
	var errno int
	_ = w.raw.Control(func(fd uintptr) { errno = socketError(fd) })
	if errno == 0 {
		return nil
	}
	return w.opError("read", syscall.Errno(errno))
}
