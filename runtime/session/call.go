package session

import (
	"context"
	"errors"
	"net"
	"slices"
)

// Call is something the local program asks of its session: a message to send, as a rule one that wants a reply.
type Call struct {
	number  int
	name    string
	message Message
	payload []byte     // message as it stands in a frame
	frame   []byte     // payload in its frame, once the machine is to take the call
	framing int        // how often the framing had been set then
	done    chan reply // holds one

	offered uint64 // the epoch in which a state held it
	held    bool
	sent    bool

	// Of a call that was posted: its frame, and how that was written.
	posted *buffer
	wire   *wire
}

// Number is the number of the call in the specification.
func (c *Call) Number() int { return c.number }

// Message is what the program asks to send, nil for a call that sends nothing by itself.
func (c *Call) Message() Message { return c.message }

// reply is how a call ended.
type reply struct {
	message Message
	err     error
}

// calls is the program's side of a session: what it asks for and waits for.
type calls struct {
	held    []*Call  // asked and not taken by the machine, oldest first
	waiting []waiter // requests sent and not answered, oldest first
	current *Call    // the call the machine is taking

	isReady bool
	opening Message       // what it was taking when it first came to rest
	ready   chan struct{} // closed when the machine has come to rest for the first time; nil where nobody waits for that
}

// waiter is a request that has been sent and the call that waits for its reply: none when the machine sent it by itself
// or the caller has given up.
type waiter struct {
	call *Call
	key  any // of a machine whose spec has keys
}

// abandoned is posted when the caller of a call does not wait any more.
type abandoned struct{ call *Call }

// call asks the machine for something and waits for the end of it. Any goroutine but the loop's.
func (s *Session) call(ctx context.Context, number int, name string, m Message) (Message, error) {
	c := &Call{number: number, name: name, message: m, done: make(chan reply, 1)}
	if m != nil {
		var err error
		if c.payload, err = s.appendCall(m); err != nil {
			return nil, err
		}
	}
	if err := s.conn.Post(c); err != nil && !errors.Is(err, net.ErrClosed) {
		return nil, err // too much is posted
	}
	select {
	case r := <-c.done:
		return r.message, r.err
	case <-ctx.Done():
		_ = s.conn.Post(abandoned{c})
		return nil, context.Cause(ctx)
	case <-s.handle.Done():
	}
	select {
	case r := <-c.done:
		return r.message, r.err
	default:
		return nil, s.ended()
	}
}

// appendCall is m as it stands in a frame. Any goroutine.
func (s *Session) appendCall(m Message) ([]byte, error) {
	if s.spec.AppendWith == nil {
		return s.spec.Append(nil, m)
	}
	w := s.wire.Load()
	if w == nil || w.codec == nil {
		return nil, &StateError{Machine: s.spec.Machine, State: "before any message can be written", Input: s.spec.Name(m)}
	}
	return s.spec.AppendWith(w.codec, nil, m)
}

// takeCall offers the machine the oldest call that the present state has not held back yet, if the window has room.
func (s *Session) takeCall() bool {
	if s.closing || len(s.calls.held) == 0 || len(s.calls.waiting) >= s.window {
		return false
	}
	i := slices.IndexFunc(s.calls.held, func(c *Call) bool { return !c.held || c.offered != s.epoch })
	if i < 0 {
		return false
	}
	c := s.calls.held[i]
	c.held = false
	var err error
	if c.message != nil && (c.frame == nil || c.framing != s.framings) {
		c.framing = s.framings
		c.frame, err = s.framing.Append(nil, c.payload)
	}
	if err == nil {
		s.calls.current = c
		s.callee.Called(c)
		s.calls.current = nil
	}
	if c.held {
		return true
	}
	s.calls.held = slices.DeleteFunc(s.calls.held, func(other *Call) bool { return other == c })
	if !c.sent {
		c.end(nil, err) // nothing was sent that could be answered, or the call has ended already
	}
	return true
}

// Hold keeps the call the machine has just been given until the state has changed. Loop only.
func (s *Session) Hold() {
	s.calls.current.held = true
	s.calls.current.offered = s.epoch
}

// Reject ends the call the machine has just been given: no state that can take it will come by itself. Loop only.
func (s *Session) Reject(state string) {
	c := s.calls.current
	c.end(nil, &StateError{Machine: s.spec.Machine, State: state, Input: c.name})
}

// sent notes that m is on its way, so that its reply finds who waits for it.
func (s *Session) sent(m Message) {
	if s.spec.Posts || !s.spec.Request(m) {
		return
	}
	w := waiter{}
	if s.spec.Key != nil {
		w.key = s.spec.Key(m)
	}
	if c := s.calls.current; c != nil && c.message == m {
		w.call = c
		c.sent = true
	}
	s.calls.waiting = append(s.calls.waiting, w)
}

// Resolve gives a reply to the request that it answers: the one with its key, or else the oldest. Loop only.
func (s *Session) Resolve(m Message) {
	i := 0
	if s.spec.Key != nil {
		key := s.spec.Key(m)
		i = slices.IndexFunc(s.calls.waiting, func(w waiter) bool { return w.key == key })
	}
	if i < 0 || i >= len(s.calls.waiting) {
		s.logger().Debug("reply without a request", "reply", s.spec.Name(m))
		return
	}
	w := s.calls.waiting[i]
	s.calls.waiting = slices.Delete(s.calls.waiting, i, i+1)
	if w.call != nil {
		w.call.end(m, nil)
	}
}

// Fail ends every call that waits, and says why the session ends if it does. Loop only.
func (s *Session) Fail(reason string) { s.fail(&FailedError{Reason: reason}) }

// FailAgain is Fail where a new connection with other settings may do better: see [ErrAgain]. Loop only.
func (s *Session) FailAgain(reason string) { s.fail(&FailedError{Reason: reason, Again: true}) }

func (s *Session) fail(err *FailedError) {
	err.Cause = s.wrong()
	if e := s.handle.ending.Load(); e != nil && err.Cause == nil {
		err.Cause = e.Cause
	}
	s.handle.ending.Store(&EndedError{Cause: err})
	s.failCalls(err)
}

// wrong is what is wrong with the input that the machine is taking, nil if nothing is.
func (s *Session) wrong() error {
	if s.current != nil && s.current.broken != nil {
		return s.current.broken
	}
	return s.lost
}

// failCalls ends every call with err.
func (s *Session) failCalls(err error) {
	for _, w := range s.calls.waiting {
		if w.call != nil {
			w.call.end(nil, err)
		}
	}
	for _, c := range s.calls.held {
		c.end(nil, err)
	}
	s.calls.waiting, s.calls.held = nil, nil
}

// abandon forgets a call whose caller has gone. Its request, once sent, keeps its place: the reply will come, and must not be
// taken for that of another.
func (s *Session) abandon(c *Call) {
	s.calls.held = slices.DeleteFunc(s.calls.held, func(other *Call) bool { return other == c })
	for i := range s.calls.waiting {
		if s.calls.waiting[i].call == c {
			s.calls.waiting[i].call = nil
		}
	}
}

// endCalls ends what still waits when the connection has ended.
func (s *Session) endCalls() {
	s.failCalls(s.ended())
	s.discard()
}

// Ready says that the machine has come to a state in which it may rest or take calls. Loop only.
func (s *Session) Ready() {
	if !s.calls.isReady {
		s.calls.isReady = true
		if s.current != nil {
			s.calls.opening = s.current.message
		}
		if s.calls.ready != nil {
			close(s.calls.ready)
		}
	}
}

// end gives the caller its answer; the first one counts.
func (c *Call) end(m Message, err error) {
	select {
	case c.done <- reply{m, err}:
	default:
	}
}
