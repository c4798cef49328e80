package loop

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// Conditions that end a connection or refuse a call.
var (
	// ErrClosed is returned when the connection or the engine is closed. It satisfies errors.Is(err, net.ErrClosed).
	ErrClosed = fmt.Errorf("loop: %w", net.ErrClosed)
	// ErrAborted is the reason of a connection ended by Abort(nil).
	ErrAborted = errors.New("loop: connection aborted")
	// ErrStalled is the reason of a connection whose peer took no output for Config.WriteStall. It satisfies
	// errors.Is(err, os.ErrDeadlineExceeded).
	ErrStalled = fmt.Errorf("loop: peer takes no output: %w", os.ErrDeadlineExceeded)
	// ErrOverflow is the reason of a connection whose output queue went over Config.Ceiling.
	ErrOverflow = errors.New("loop: output queue over its ceiling")
	// ErrInput is the reason of a connection whose session left more than Config.InputLimit octets unconsumed.
	ErrInput = errors.New("loop: unconsumed input over its limit")
	// ErrInputBudget is the reason of a connection that kept more unconsumed input than its part of Config.InputBudget when that was used up.
	ErrInputBudget = errors.New("loop: unconsumed input over the engine's budget")
	// ErrPeerConns is why an accepted connection is refused whose peer has Config.MaxConnsPerPeer already.
	ErrPeerConns = errors.New("loop: too many connections of one peer")
	// ErrMemory is why an accepted connection is refused while more memory than Config.MemoryMark is in use.
	ErrMemory = errors.New("loop: memory in use over its mark")
	// ErrHalfOpen is the reason of a connection whose session did not close it within Config.HalfOpen after End.
	ErrHalfOpen = errors.New("loop: peer has ended, session has not")
	// ErrNoEpoll is returned by NewEpoll where there is no epoll.
	ErrNoEpoll = errors.New("loop: this system has no epoll")
	// errBudget is why accepting pauses above Config.OutputBudget.
	errBudget = errors.New("loop: queued output over its budget")
	// ErrBusy is returned by Post when Config.MaxPosts messages are waiting.
	ErrBusy = errors.New("loop: too many posted messages")
)

// A PanicError is the reason of a connection whose session panicked.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // of the goroutine that panicked
}

func (e *PanicError) Error() string { return fmt.Sprintf("loop: session panicked: %v", e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
