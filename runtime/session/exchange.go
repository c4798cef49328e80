package session

import (
	"slices"
	"sync"
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/tree"
)

// exchange is a message of the peer and what it is owed. It is open from the moment the message is cut from the stream
// until the machine has made its moves, no operation works for it, and its replies have left.
type exchange struct {
	message Message // what came; nil when broken is set, and when the machine itself began the exchange
	broken  error
	owed    bool // it keeps its place in the order of replies
	arrived time.Time
	out     []byte // frames that wait for the exchanges before this one
	ended   bool   // nothing will be added to out

	deferred bool
	offered  uint64 // the epoch in which a state deferred it

	// The operation that works for it.
	running   bool
	operation int
	request   Message
	result    Message
	framing   frame.Framing // that of the stream when the operation began
	codec     tree.Codec    // and its codec
	framings  int           // and how often it had been set
	encoded   *buffer       // result in its frame
}

// exchanges are those that nothing has happened to.
var exchanges = sync.Pool{New: func() any { return new(exchange) }}

// newExchange is an exchange that nothing has happened to.
func (s *Session) newExchange() *exchange {
	if e := s.spare; e != nil {
		s.spare = nil
		return e
	}
	return exchanges.Get().(*exchange)
}

// reuse keeps e, which is over, for the next message of the same read, or gives it back.
func (s *Session) reuse(e *exchange) {
	*e = exchange{}
	if len(s.rest) > 0 && s.spare == nil {
		s.spare = e
		return
	}
	exchanges.Put(e)
}

// freeSpare gives back the exchange that reuse has kept.
func (s *Session) freeSpare() {
	if s.spare != nil {
		exchanges.Put(s.spare)
		s.spare = nil
	}
}

// isRunning reports whether an operation works for the exchange.
func (e *exchange) isRunning() bool { return e.running }

// Defer keeps the message the machine has just been given until the state has changed. Loop only.
func (s *Session) Defer() {
	s.current.deferred = true
	s.current.offered = s.epoch
}

// Send sends m: as part of the answer to what the machine is taking when that is a message of the peer or the end of
// its operation, at once otherwise. A message that cannot be written is a defect and ends the session. Loop only.
func (s *Session) Send(m Message) {
	if c := s.calls.current; c != nil && c.message == m {
		s.sent(m)
		if c.posted != nil {
			s.sendPosted(c)
			return
		}
		s.write(c.frame)
		return
	}
	out, err := s.frame(m)
	if err != nil {
		s.fault("message cannot be written", err)
		return
	}
	defer out.free()
	s.sent(m)
	if e := s.current; e != nil && e.owed && !s.isNext(e) {
		e.out = append(e.out, out.b...)
		return
	}
	s.write(out.b)
}

// frame is m in its frame; the caller frees it.
func (s *Session) frame(m Message) (*buffer, error) {
	if e := s.current; e != nil && !e.running && e.encoded != nil && e.result == m && e.framings == s.framings {
		out := e.encoded
		e.encoded = nil
		return out, nil
	}
	return s.spec.frame(s.framing, s.codec, m)
}

// frame is m in a frame of its own; the caller frees it.
func (p *Spec) frame(f frame.Framing, codec tree.Codec, m Message) (*buffer, error) {
	out := newBuffer()
	var err error
	if p.AppendWith != nil {
		out.payload, err = p.AppendWith(codec, out.payload[:0], m)
	} else {
		out.payload, err = p.Append(out.payload[:0], m)
	}
	if err == nil {
		out.b, err = f.Append(out.b, out.payload)
	}
	if err != nil {
		out.free()
		return nil, err
	}
	return out, nil
}

// write gives bytes to the connection. It only refuses them when the connection is ending, which closed reports.
func (s *Session) write(b []byte) {
	if !s.shut {
		_, _ = s.conn.Write(b)
	}
}

// isNext reports whether what e sends may leave now: no exchange before it is still owed a reply.
func (s *Session) isNext(e *exchange) bool {
	if s.spec.AnyOrder {
		return true
	}
	for _, other := range s.exchanges {
		if other == e {
			return true
		}
		if other.owed {
			return false
		}
	}
	return true
}

// finish ends the exchange the machine has been given an input of, unless it still waits for something.
func (s *Session) finish(e *exchange) {
	s.current = nil
	if e.deferred || e.running || s.over {
		return
	}
	e.ended = true
	e.encoded.free()
	e.encoded = nil
	alive := !s.shut
	s.release()
	if hook := s.hooks.Answered; hook != nil && e.owed && alive {
		name := "broken"
		if e.broken == nil {
			name = s.spec.Name(e.message)
		}
		hook(Answered{Session: s.id, Request: name, Elapsed: time.Since(e.arrived)})
	}
	if len(e.out) == 0 && e != s.closer { // it has been released
		s.reuse(e)
	}
}

// release writes what need not wait any more and forgets the exchanges that are over. The session shuts down when the
// exchange that closed it is among them.
func (s *Session) release() {
	blocked := false
	s.exchanges = slices.DeleteFunc(s.exchanges, func(e *exchange) bool {
		if !blocked && len(e.out) > 0 {
			s.write(e.out)
			e.out = nil
		}
		if e.ended && len(e.out) == 0 {
			if s.closing && e == s.closer {
				s.shutdown()
			}
			return true
		}
		blocked = blocked || e.owed && !s.spec.AnyOrder
		return false
	})
}

// Close closes the connection once what was sent is written: nothing more is taken from the stream, and what was
// deferred is dropped. Loop only.
func (s *Session) Close() {
	if s.closing {
		return
	}
	s.closing, s.closer = true, s.current
	s.handle.note(s.wrong())
	if s.closer == nil {
		s.closer = nobody
	}
	s.dropDeferred()
	s.stopFrameTimer()
}

// dropDeferred forgets the messages that wait for another state.
func (s *Session) dropDeferred() {
	s.exchanges = slices.DeleteFunc(s.exchanges, func(e *exchange) bool { return e.deferred })
}

// nobody closes a session from a move that answers no message.
var nobody = new(exchange)
