package session

import (
	"errors"
	"fmt"
	"net"
)

// ErrServerClosed is what [Server.Serve] returns after Shutdown or Close.
var ErrServerClosed = errors.New("session: server closed")

// ErrClosed ends the calls of a session that is over. It satisfies errors.Is(err, net.ErrClosed).
var ErrClosed error = closedError{}

type closedError struct{}

func (closedError) Error() string        { return "session: closed" }
func (closedError) Is(target error) bool { return target == net.ErrClosed }

// ErrSlowFrame garbles a stream: a frame was begun and did not arrive within the time the specification gives it.
var ErrSlowFrame = errors.New("session: frame did not arrive in time")

// ErrBusy refuses to post: the peer does not take what was posted before.
var ErrBusy = errors.New("session: too much is waiting to be sent")

// ErrAgain ends a session that a new connection with other settings may do better than: emitted Dial functions try that once.
var ErrAgain = errors.New("session: connect again")

// errNoCodec ends a session whose machine asks for a codec that there is not.
var errNoCodec = errors.New("session: the codec is not known")

// errHandlerExit ends a session whose handler called runtime.Goexit: nobody is left to answer.
var errHandlerExit = errors.New("session: handler ended its goroutine")

// EndedError says why a session is over; calls that were waiting end with it. It wraps [ErrClosed] and the cause.
type EndedError struct {
	Cause error // nil: the session came to its regular end
}

func (e *EndedError) Error() string {
	if e.Cause == nil {
		return "session: closed"
	}
	return "session: closed: " + e.Cause.Error()
}

// Unwrap gives errors.Is both ErrClosed and the cause.
func (e *EndedError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrClosed}
	}
	return []error{ErrClosed, e.Cause}
}

// StateError is an input that has no meaning in the state the machine is in: a call the state cannot take, which fails
// with it, or a hole in the specification, which ends the session.
type StateError struct {
	Machine string // the machine's name
	State   string // its state
	Input   string // what it was given
}

func (e *StateError) Error() string {
	return fmt.Sprintf("session: %s cannot take %s in state %s", e.Machine, e.Input, e.State)
}

// FailedError ends the calls that were waiting when the machine made a move that fails them.
type FailedError struct {
	Reason string // the specification's words
	Cause  error  // what was wrong with what the peer sent, or with the network; nil if nothing was
	Again  bool   // a new connection with other settings may do better: errors.Is(err, ErrAgain) holds
}

func (e *FailedError) Error() string {
	if e.Cause == nil {
		return "session: " + e.Reason
	}
	return "session: " + e.Reason + ": " + e.Cause.Error()
}

// Unwrap returns Cause.
func (e *FailedError) Unwrap() error { return e.Cause }

// Is matches [ErrAgain].
func (e *FailedError) Is(target error) bool { return target == ErrAgain && e.Again }

// PanicError is a handler that panicked. It ends its session and no other.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // where
}

func (e *PanicError) Error() string { return fmt.Sprintf("session: handler panicked: %v", e.Value) }

// UnexpectedReplyError is a reply that does not answer the request it came for: the peer broke the protocol.
type UnexpectedReplyError struct {
	Request string // name of the message sent
	Reply   string // name of the message received
}

func (e *UnexpectedReplyError) Error() string {
	return fmt.Sprintf("session: %s was answered by %s", e.Request, e.Reply)
}
