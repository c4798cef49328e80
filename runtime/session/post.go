package session

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/tree"
)

// MaxPosted is how many octets of posted messages may wait to be sent; above it, posting fails with [ErrBusy]. A single
// message may be larger.
const MaxPosted = 1 << 20

// wire is how messages are written down at a time. It never changes.
type wire struct {
	codec   tree.Codec
	framing frame.Framing
}

// rewire notes how messages are written down from now on.
func (s *Session) rewire() {
	if s.callee != nil {
		s.wire.Store(&wire{s.codec, s.framing})
	}
}

// outbox is what other goroutines have for the session and the loop has not taken yet. The loop is told once for all that is
// in it.
type outbox struct {
	mu     sync.Mutex
	calls  []*Call
	done   []*exchange // whose answers came later than their handlers returned
	octets int         // of calls, those that the loop has taken and not sent included
	told   bool
	over   bool
	room   chan struct{} // closed when there is room again, or never will be; nil while nobody waits for it
}

// mail is posted to say that the outbox is not empty.
type mail struct{}

// Post asks the machine of h's session to take a call that nobody waits for the end of. It never blocks: m is written down at
// once and may be used again. Calls are taken in the order in which they were posted, and those that are posted together
// leave in one write. The error is that of writing m down, [ErrBusy], an [*EndedError], or a [*StateError] when no message can
// be written yet. A call that its state cannot take is dropped. Any goroutine, handlers included.
func Post(h *Handle, number int, name string, m Message) error {
	s := h.session
	c := postedCalls.Get().(*Call)
	c.number, c.name, c.message, c.wire = number, name, m, s.wire.Load()
	var err error
	if m != nil {
		err = s.writeDown(c)
	}
	if err == nil {
		err = s.mailCall(c)
	}
	if err != nil {
		c.free()
	}
	return err
}

// writeDown makes the frame of a posted call.
func (s *Session) writeDown(c *Call) (err error) {
	if c.wire == nil || s.spec.AppendWith != nil && c.wire.codec == nil {
		return &StateError{Machine: s.spec.Machine, State: "before any message can be written", Input: c.name}
	}
	c.posted, err = s.spec.frame(c.wire.framing, c.wire.codec, c.message)
	return err
}

var postedCalls = sync.Pool{New: func() any { return new(Call) }}

// free gives a posted call back.
func (c *Call) free() {
	c.posted.free()
	*c = Call{}
	postedCalls.Put(c)
}

// mailCall puts c into the outbox.
func (s *Session) mailCall(c *Call) error {
	o := &s.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.over || s.handle.Err() != nil:
		return s.ended()
	case o.octets >= MaxPosted:
		return ErrBusy
	}
	if err := s.tell(); err != nil {
		return err
	}
	o.calls = append(o.calls, c)
	o.octets += c.posted.len()
	return nil
}

// Room waits until something can be posted again after [ErrBusy]. The error is the cause of ctx, or an [*EndedError]. Any
// goroutine but the loop's: a handler that runs on the loop would wait for itself.
func (h *Handle) Room(ctx context.Context) error {
	o := &h.session.outbox
	for {
		o.mu.Lock()
		switch {
		case o.over:
			o.mu.Unlock()
			return h.session.ended()
		case o.octets < MaxPosted:
			o.mu.Unlock()
			return nil
		case o.room == nil:
			o.room = make(chan struct{})
		}
		room := o.room
		o.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// makeRoom tells those who wait for room, with the outbox's lock held.
func (o *outbox) makeRoom() {
	if o.room != nil && (o.over || o.octets < MaxPosted) {
		close(o.room)
		o.room = nil
	}
}

// mailDone puts the end of an exchange into the outbox.
func (s *Session) mailDone(e *exchange) {
	o := &s.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return
	}
	if err := s.tell(); err != nil { // the end of an operation must not be lost
		s.conn.Abort(err)
		return
	}
	o.done = append(o.done, e)
}

// tell makes the loop look into the outbox, whose lock the caller holds.
func (s *Session) tell() error {
	if s.outbox.told {
		return nil
	}
	switch err := s.conn.Post(mail{}); {
	case errors.Is(err, loop.ErrBusy):
		return ErrBusy
	case errors.Is(err, net.ErrClosed):
		return s.ended()
	case err != nil:
		return err
	}
	s.outbox.told = true
	return nil
}

// ended is why nothing can be posted.
func (s *Session) ended() error {
	if err := s.handle.Err(); err != nil {
		return err
	}
	return &EndedError{}
}

// collect takes what is in the outbox.
func (s *Session) collect() {
	o := &s.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = false
	s.ready = append(s.ready, o.done...)
	clear(o.done)
	o.done = o.done[:0]
	if s.next == len(s.mailed) {
		if cap(s.mailed) > keptCalls {
			s.mailed = nil // one busy moment must not pin its memory
		}
		s.mailed, o.calls, s.next = o.calls, s.mailed[:0], 0
		return
	}
	s.mailed = append(slices.Delete(s.mailed, 0, s.next), o.calls...)
	s.next = 0
	clear(o.calls)
	o.calls = o.calls[:0]
}

// keptCalls is the capacity of a list of posted calls that a session keeps.
const keptCalls = 64

// takePosted gives the machine the oldest posted call, unless the present state has held it back already or the peer does not
// take what was sent.
func (s *Session) takePosted() bool {
	if s.next == len(s.mailed) || s.closing || s.conn.Full() {
		return false
	}
	c := s.mailed[s.next]
	if c.held && c.offered == s.epoch {
		return false
	}
	c.held = false
	s.calls.current = c
	s.callee.Called(c)
	s.calls.current = nil
	if c.held {
		return true
	}
	s.mailed[s.next] = nil
	s.next++
	s.outbox.mu.Lock()
	s.outbox.octets -= c.posted.len()
	s.outbox.makeRoom()
	s.outbox.mu.Unlock()
	c.free()
	return true
}

// isPosting reports whether something that was posted waits for nothing but the peer to read.
func (s *Session) isPosting() bool {
	if s.next == len(s.mailed) {
		return false
	}
	c := s.mailed[s.next]
	return !c.held || c.offered != s.epoch
}

// sendPosted writes the message of a posted call.
func (s *Session) sendPosted(c *Call) {
	if c.wire == s.wire.Load() {
		s.write(c.posted.b)
		return
	}
	payload, _, err := c.wire.framing.Next(c.posted.b) // the framing has changed since
	out := newBuffer()
	defer out.free()
	if err == nil {
		out.b, err = s.framing.Append(out.b, payload)
	}
	if err != nil {
		s.logger().Error("posted message cannot be written", "err", err)
		return
	}
	s.write(out.b)
}

// discard forgets what was posted and is not sent.
func (s *Session) discard() {
	o := &s.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.makeRoom()
	o.calls, o.done = nil, nil
	s.mailed, s.next = nil, 0
}
