package session

import (
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/tree"
)

// Moved says that the machine goes from one state to another because of input; names are the specification's. What was
// deferred or held back is offered again when the move is complete. Loop only.
func (s *Session) Moved(from, input, to string) {
	s.epoch++
	if hook := s.hooks.Transition; hook != nil {
		hook(Transition{Session: s.id, Machine: s.spec.Machine, From: from, To: to, Input: input})
	}
}

// Unexpected ends the session: the machine has no move for input, which its checked specification rules out. Loop only.
func (s *Session) Unexpected(state, input string) {
	s.fault("input without a move", &StateError{Machine: s.spec.Machine, State: state, Input: input})
}

// StartTimer lets the machine's timer run from now on, whether it ran before or not; it fires after d. A d of 0 or less
// stops it. Loop only.
func (s *Session) StartTimer(timer int, d time.Duration) {
	if d <= 0 {
		s.StopTimer(timer)
		return
	}
	s.conn.After(timer+1, d)
}

// StopTimer stops the machine's timer. Loop only.
func (s *Session) StopTimer(timer int) { s.conn.Cancel(timer + 1) }

// SetFraming says how the stream is cut from the next octet on, and how long a frame may take to arrive once it has
// begun; 0 gives it for ever. Octets that have arrived already are cut the new way too, unless they belong to a message
// that has been received: a machine whose operation is to change the framing must have a window of 1 meanwhile. Loop only.
func (s *Session) SetFraming(f frame.Framing, within time.Duration) {
	s.framing, s.within = f, within
	s.framings++
	s.rewire()
	s.recut = s.recut || s.partial
	s.partial = false
	s.stopFrameTimer()
}

// SetCodec chooses how trees are written down from now on; nil, for a name that nobody knows, ends the session. Loop only.
func (s *Session) SetCodec(codec tree.Codec) {
	if codec == nil {
		s.fault("no such codec", errNoCodec)
		return
	}
	s.codec = codec
	s.rewire()
}

// SetWindow sets how many exchanges may be open, and how many calls may wait for their replies. Loop only; values below 1
// count as 1.
func (s *Session) SetWindow(n int) { s.window = max(n, 1) }
