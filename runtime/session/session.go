package session

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/tree"
)

// link is what a session needs of a connection. [loop.Conn] is one, [Push] another.
type link interface {
	Write(p []byte) (int, error)
	Full() bool
	Pending() int
	PauseRead()
	ResumeRead()
	CloseAfterFlush()
	Abort(err error)
	After(id int, d time.Duration)
	Cancel(id int)
	Post(m any) error
	Deliver(m any) error
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
	TLS() *tls.ConnectionState
	Context() context.Context
}

// frameTimer is the link's timer for the arrival of a begun frame; the machine's timers follow it.
const frameTimer = 0

// DefaultWindow is how many exchanges may be open when the specification does not say.
const DefaultWindow = 16

// lastID numbers the sessions of the process.
var lastID atomic.Uint64

// Session runs one machine on one connection. It is owned by the connection's strand: unless a method says otherwise, it
// is loop only and for the emitted machine alone.
type Session struct {
	spec     *Spec
	machine  Machine
	operator Operator // machine, if it is one
	callee   Callee   // machine, if it is one
	hooks    Hooks
	id       uint64
	conn     link
	peer     Peer
	inline   bool // handlers run on the loop

	base    *slog.Logger
	log     *slog.Logger
	logOnce sync.Once

	// What the program holds of it.
	handle  Handle
	wrapper any
	number  atomic.Int64
	outbox  outbox
	wire    atomic.Pointer[wire]

	// The stream.
	codec    tree.Codec // nil until the machine has chosen one
	framing  frame.Framing
	framings int           // how often it has been set
	within   time.Duration // how long a begun frame may take to arrive; 0 for ever
	rest     []byte        // during a Data event: what has not been cut yet
	trailing string        // octets that belong to the frame cut last, if they come next
	partial  bool          // a frame has begun and is not there yet
	recut    bool          // the framing has changed under it: it must be offered again
	timing   bool          // frameTimer runs
	paused   bool          // reading is paused
	eof      bool          // the peer has ended the stream
	lost     error         // why nothing more can be cut, until the machine has been told

	// What has been received and not finished, oldest first, and what is being taken now.
	window    int
	exchanges []*exchange
	current   *exchange // whose input the machine is taking; nil when it is a timer, a call or the start
	ready     []*exchange
	spare     *exchange      // of the read that is being cut, nil between reads
	informed  handlerContext // of the handlers that run on the loop
	epoch     uint64         // changes of state so far
	serial    atomic.Uint64

	// What the program has asked for, see call.go, and what it has posted, see post.go.
	calls  calls
	mailed []*Call // taken from the outbox, from next on not given to the machine
	next   int

	// The end.
	closing  bool      // nothing more is taken from the peer; the connection closes when closer has ended
	closer   *exchange // nobody: close at once
	draining bool      // asked to take its leave when nothing is open
	shut     bool      // CloseAfterFlush or Abort has been called
	refused  bool      // the connection is one too many
	over     bool      // Closed has been called
}

// newSession makes a session and its machine.
func newSession(service Service) *Session {
	s := &Session{
		spec: service.Spec, hooks: service.Hooks, base: service.Logger,
		id: lastID.Add(1), window: DefaultWindow,
	}
	s.handle.session = s
	s.machine = service.New(s)
	s.operator, _ = s.machine.(Operator)
	s.callee, _ = s.machine.(Callee)
	s.informed = handlerContext{session: s, inline: true}
	return s
}

// Refused reports whether the connection is refused, because its peer has too many or memory is short: all that is left to the machine
// is to say so and close. It holds from the start of the session or not at all.
func (s *Session) Refused() bool { return s.refused }

// open binds the session to its connection and starts the machine.
func (s *Session) open(conn link) {
	s.conn = conn
	s.peer = newPeer(conn.LocalAddr(), conn.RemoteAddr(), conn.TLS())
	if hook := s.hooks.Opened; hook != nil {
		hook(s.id, s.peer)
	}
	s.machine.Start()
	s.pump()
}

// data takes octets of the peer and returns how many of them were cut into frames. It keeps nothing of b.
func (s *Session) data(b []byte) int {
	s.rest = b
	s.pump()
	n := len(b) - len(s.rest)
	if s.closing || s.lost != nil {
		n = len(b)
	}
	s.rest = nil
	s.freeSpare()
	return n
}

// end takes the peer's end of the stream, with what is left of it.
func (s *Session) end(rest []byte) {
	s.eof = true
	s.stopFrameTimer()
	if len(rest) > 0 {
		s.logger().Debug("stream ended within a frame", "octets", len(rest))
	}
	s.pump()
}

// expired takes the end of a timer of the link.
func (s *Session) expired(id int) {
	switch {
	case id == frameTimer:
		s.timing = false
		if s.conn.Pending() == 0 { // else it may be us who do not read, until the peer does; a stalled one is the loop's to cut
			s.lose(ErrSlowFrame)
		}
	case !s.closing:
		s.machine.Expired(id - 1)
	}
	s.pump()
}

// posted takes what other goroutines have to say.
func (s *Session) posted(m any) {
	switch m := m.(type) {
	case *exchange:
		s.ready = append(s.ready, m)
	case *Call:
		s.calls.held = append(s.calls.held, m)
	case abandoned:
		s.abandon(m.call)
	case mail:
		s.collect()
	case wake: // the pump looks whether the session is paused
	}
	s.pump()
}

// drain takes the program's wish to stop: what is open is finished and nothing more is taken.
func (s *Session) drain() {
	s.draining = true
	s.pump()
}

// closed takes the end of the connection: nothing follows it. Whoever waits for it is told even if the machine panics.
func (s *Session) closed(why error) {
	s.shut = true
	s.handle.note(why)
	defer s.finalize(why)
	if !s.closing {
		s.closing = true
		s.machine.Closed()
	}
}

// finalize ends what waits for the end of the session.
func (s *Session) finalize(why error) {
	s.over = true
	s.exchanges, s.ready, s.current = nil, nil, nil
	if s.callee != nil {
		s.endCalls()
	}
	s.handle.close()
	if hook := s.hooks.Closed; hook != nil {
		if e := s.handle.ending.Load(); why == nil && e != nil {
			why = e.Cause // we have ended it, because of what the peer sent
		}
		hook(s.id, why)
	}
}

// pump takes every input that can be taken now, one at a time and each to completion, until nothing is left or the
// session has to wait. Work that is done comes first, new messages after those that were deferred, and the end of the
// stream last.
func (s *Session) pump() {
	for !s.shut {
		if s.closing && s.closer == nobody {
			s.shutdown()
			return
		}
		if !(s.takeDone() || s.takeDeferred() || s.takePosted() || s.takeCall() || s.takeFrame() || s.takeEnd()) {
			s.settle()
			return
		}
	}
}

// takeDone gives the machine the end of an operation. A machine that has closed has no say any more: the operation's reply
// leaves as it is, before the one that closed.
func (s *Session) takeDone() bool {
	if len(s.ready) == 0 {
		return false
	}
	e := s.ready[0]
	s.ready = append(s.ready[:0], s.ready[1:]...)
	e.running = false
	s.current = e
	switch {
	case s.spec.Operations[e.operation].Silent:
	case !s.closing:
		s.operator.Done(e.operation, e.request, e.result)
	case e.owed:
		s.Send(e.result)
	}
	s.finish(e)
	return true
}

// takeDeferred offers the oldest deferred message that the present state has not refused yet.
func (s *Session) takeDeferred() bool {
	if s.closing {
		return false
	}
	for _, e := range s.exchanges {
		if e.deferred && e.offered != s.epoch {
			s.deliver(e)
			return true
		}
	}
	return false
}

// takeFrame cuts the next frame out of the stream and gives the machine its message.
func (s *Session) takeFrame() bool {
	if len(s.rest) == 0 || s.closing || s.draining || s.lost != nil || len(s.exchanges) >= s.window || s.handle.paused.Load() || s.conn.Full() {
		return false
	}
	if s.dropTrailing(); len(s.rest) == 0 {
		return false
	}
	payload, n, err := s.framing.Next(s.rest)
	if s.partial = err == frame.ErrMore; s.partial {
		return false
	}
	if err != nil {
		s.lose(err)
		return true
	}
	e := s.newExchange()
	if s.hooks.Answered != nil {
		e.arrived = time.Now()
	}
	e.message, e.broken = s.decode(payload)
	e.owed = e.broken != nil || s.spec.Request(e.message)
	if t, ok := s.framing.(interface{ Trailing(frame []byte) string }); ok && n == len(s.rest) {
		s.trailing = t.Trailing(s.rest)
	}
	s.rest = s.rest[n:]
	s.stopFrameTimer()
	s.exchanges = append(s.exchanges, e)
	s.deliver(e)
	return true
}

// dropTrailing drops the octet that belongs to the frame cut before, whose end it was taken without.
func (s *Session) dropTrailing() {
	if s.trailing != "" && s.rest[0] == s.trailing[0] {
		s.rest = s.rest[1:]
	}
	s.trailing = ""
}

// decode reads the message in a frame.
func (s *Session) decode(payload []byte) (Message, error) {
	if s.spec.DecodeWith != nil {
		return s.spec.DecodeWith(s.codec, payload)
	}
	return s.spec.Decode(payload)
}

// takeEnd gives the machine the end of the stream, be it the peer's or ours, once everything before it has been answered.
// A message that is still deferred when no operation runs would wait for another message, and none will come.
func (s *Session) takeEnd() bool {
	if s.closing || !(s.lost != nil || s.eof || s.draining) || slices.ContainsFunc(s.exchanges, (*exchange).isRunning) {
		return false
	}
	if s.lost == nil && s.isPosting() {
		return false
	}
	s.closing, s.closer = true, nobody // whatever the machine does, nothing follows
	s.handle.note(s.lost)
	s.dropDeferred()
	s.release()
	if s.lost != nil {
		s.machine.Garbled(s.lost)
	} else {
		s.machine.Closed()
	}
	return true
}

// settle leaves the stream as it must be between events: reading paused while the window is full, and a begun frame timed,
// but only while it may arrive.
func (s *Session) settle() {
	full := len(s.exchanges) >= s.window || s.closing || s.draining || s.handle.paused.Load()
	switch {
	case full:
		s.stopFrameTimer()
	case s.partial && s.within > 0 && !s.timing:
		s.timing = true
		s.conn.After(frameTimer, s.within)
	}
	switch {
	case full && !s.paused:
		s.conn.PauseRead()
	case !full && s.paused:
		s.conn.ResumeRead()
	case !full && s.recut:
		s.conn.PauseRead()
		s.conn.ResumeRead() // offers what is left of the stream again
	}
	s.paused, s.recut = full, false
}

// deliver gives the machine the message of e, and ends e if that was all.
func (s *Session) deliver(e *exchange) {
	e.deferred = false
	s.current = e
	if e.broken != nil {
		s.machine.Broken(e.broken)
	} else {
		s.machine.Receive(e.message)
	}
	s.finish(e)
}

// lose gives up cutting frames.
func (s *Session) lose(err error) {
	s.lost = err
	s.stopFrameTimer()
}

func (s *Session) stopFrameTimer() {
	if s.timing {
		s.timing = false
		s.conn.Cancel(frameTimer)
	}
}

// shutdown lets what was sent leave and closes the connection.
func (s *Session) shutdown() {
	if !s.shut {
		s.shut = true
		s.stopFrameTimer()
		s.conn.CloseAfterFlush()
	}
}

// fault ends the session at once because of a defect on our side.
func (s *Session) fault(msg string, err error) {
	if s.shut {
		return
	}
	s.logger().Error(msg, "err", err)
	s.shut = true
	s.conn.Abort(err)
}

// logger is the session's logger, made when it is first needed: most sessions never log. Any goroutine.
func (s *Session) logger() *slog.Logger {
	s.logOnce.Do(func() {
		if s.base == nil {
			s.base = slog.Default()
		}
		s.log = s.base.With("session", s.id, "peer", s.peer.Address())
	})
	return s.log
}

// origin tells the serial numbers of one run of the process from those of another.
var origin = strconv.FormatInt(time.Now().UnixMilli(), 36)

// Serial is a new text that no other session and no other run of the process gives: what transaction identifiers are
// made of. Any goroutine.
func (s *Session) Serial() string {
	b := make([]byte, 0, 32)
	b = append(append(b, origin...), '-')
	b = strconv.AppendUint(b, s.id, 36)
	b = strconv.AppendUint(append(b, '-'), s.serial.Add(1), 36)
	return string(b)
}

// Peer is who is at the other end. Any goroutine.
func (s *Session) Peer() Peer { return s.peer }

// Number is a whole number that this method has not returned before, from 0 on. Any goroutine.
func (s *Session) Number() int64 { return s.number.Add(1) - 1 }

// LinkName is a name for our end of the connection, made of letters, digits, "_", "-", "." and ":": the address of our socket
// such as 192.0.2.1:603, the path of a Unix socket as unix:_run_kernel.sock, and for the nameless end of one the path that it is
// connected to with the numbers of the process and the session. It is empty when there is no address. Any goroutine.
func (s *Session) LinkName() string { return s.peer.linkName(s.id) }

// ID is the session's number, unique in the process. Any goroutine.
func (s *Session) ID() uint64 { return s.id }
