package session

import (
	"context"
	"sync"
	"sync/atomic"
)

// Handle is a session as the program around it may hold it, whichever end made the connection. Emitted packages wrap it in a
// type of their own that posts the protocol's messages. Methods may be called from any goroutine, also after the end.
type Handle struct {
	session *Session
	value   atomic.Pointer[any]
	paused  atomic.Bool
	ending  atomic.Pointer[EndedError]

	mu     sync.Mutex
	over   chan struct{} // made when somebody asks for it
	isOver bool
}

// ID is the session's number, unique in the process.
func (h *Handle) ID() uint64 { return h.session.id }

// Peer is who is at the other end.
func (h *Handle) Peer() Peer { return h.session.peer }

// SetValue keeps a value of the program's with the session.
func (h *Handle) SetValue(v any) { h.value.Store(&v) }

// Value is what SetValue was given last, nil before.
func (h *Handle) Value() any {
	if v := h.value.Load(); v != nil {
		return *v
	}
	return nil
}

// Done is closed when the session is over.
func (h *Handle) Done() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over == nil {
		h.over = make(chan struct{})
		if h.isOver {
			close(h.over)
		}
	}
	return h.over
}

// close says that the session is over.
func (h *Handle) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.isOver = true
	if h.over != nil {
		close(h.over)
	}
}

// Err is why the session is over, or about to be: an [*EndedError], nil while it stands.
func (h *Handle) Err() error {
	if e := h.ending.Load(); e != nil {
		return e
	}
	return nil
}

// Abort cuts the connection; err is the reason that [Handle.Err] gives. What has not been written is lost.
func (h *Handle) Abort(err error) { h.session.conn.Abort(err) }

// Pause takes no more messages from the peer until Resume; the window of the network does the rest. It may be called from a
// handler, and takes hold before the next message. Calls are not counted.
func (h *Handle) Pause() {
	if !h.paused.Swap(true) {
		_ = h.session.conn.Post(wake{}) // fails at the end only, when nothing comes any more
	}
}

// Resume undoes Pause.
func (h *Handle) Resume() {
	if h.paused.Swap(false) {
		_ = h.session.conn.Post(wake{})
	}
}

// wake is posted to have the session look again at what it may take.
type wake struct{}

// note keeps why the session is ending; the first reason counts, but any counts more than none. Loop only.
func (h *Handle) note(cause error) {
	if e := h.ending.Load(); e == nil || e.Cause == nil && cause != nil {
		h.ending.Store(&EndedError{Cause: cause})
	}
}

// Bind keeps what an emitted package wraps the session's handle in, for [Bound]. Loop only, before the machine starts.
func (s *Session) Bind(wrapper any) { s.wrapper = wrapper }

// Handle is the session as the program may hold it. Any goroutine.
func (s *Session) Handle() *Handle { return &s.handle }

// Bound is what the emitted package gave to [Session.Bind] for the session a handler works for, nil when ctx is not a
// handler's.
func Bound(ctx context.Context) any {
	c, ok := ctx.Value(contextKey{}).(*handlerContext)
	if !ok {
		return nil
	}
	return c.session.wrapper
}
