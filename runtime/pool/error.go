package pool

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/protogen-go/protogen/runtime/socket"
)

// Conditions that callers branch on. Most come wrapped in an *Error.
var (
	// ErrClosed is returned when the pool is closed. It satisfies errors.Is(err, net.ErrClosed).
	ErrClosed = fmt.Errorf("pool: %w", net.ErrClosed)
	// ErrDetached is returned when a new connection is needed and the pool is attached to no loop.
	ErrDetached = errors.New("pool: attached to no loop")
	// ErrConnectTimeout is a connection that did not come about within Limits.ConnectTimeout, handshake included. It satisfies
	// errors.Is for both syscall.ETIMEDOUT and os.ErrDeadlineExceeded.
	ErrConnectTimeout = fmt.Errorf("pool: no connection in time: %w (%w)", syscall.ETIMEDOUT, os.ErrDeadlineExceeded)
	// ErrRecentFailure is an attempt that was not made, because the one before failed a moment ago. The cause is in the chain as well.
	ErrRecentFailure = errors.New("pool: destination has just failed")
	// ErrNoConnection is a message that may not open a connection (Route.NoDial) and found none.
	ErrNoConnection = errors.New("pool: no connection to the destination")
	// ErrNoMaster is what a pool says that has none: it was made without, or the connected one has ended.
	ErrNoMaster = errors.New("pool: no master socket")
	// ErrRestricted is a destination other than the one the pool is restricted to.
	ErrRestricted = errors.New("pool: restricted to another peer")
	// ErrLimit is a connection, or a waiting message, over one of the pool's limits.
	ErrLimit = errors.New("pool: limit reached")
	// ErrFull is a message that found Limits.MaxQueued octets waiting for its peer; over UDP, some thousands of others waiting to leave.
	ErrFull = errors.New("pool: peer takes no more output")
	// ErrExpired is why a connection ended that was idle.
	ErrExpired = errors.New("pool: connection idle")
)

// What a pool was doing when it failed, beside the steps of package socket.
const (
	OpRoute socket.Op = "route" // finding the socket for a message
	OpSend  socket.Op = "send"  // writing a message
)

// An Error is a message that did not leave. It unwraps to its cause.
type Error struct {
	Op    socket.Op // OpRoute, OpSend, or the step of making a connection that failed
	Proto Proto
	To    Destination
	Err   error
	Retry bool // the same message may get through later
}

func (e *Error) Error() string {
	return fmt.Sprintf("pool: %s %s %s: %v", e.Op, e.Proto, e.To, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether the cause was a deadline.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.Is(e.Err, os.ErrDeadlineExceeded) || errors.As(e.Err, &t) && t.Timeout()
}

// fail makes an Error.
func (p *Pool) fail(op socket.Op, to Destination, err error) *Error {
	e := &Error{Op: op, Proto: p.proto, To: to, Err: err}
	var made *socket.Error
	switch {
	case errors.As(err, &made):
		e.Op, e.Err, e.Retry = made.Op, made.Err, made.Retry
	case op == OpRoute:
		e.Retry = !errors.Is(err, ErrClosed) && !errors.Is(err, ErrRestricted) && err != errNoDestination
	case op == socket.OpHandshake:
		e.Retry = e.Timeout()
	default:
		e.Retry = !errors.Is(err, ErrClosed)
	}
	return e
}
