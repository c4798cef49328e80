package session

import (
	"context"

	"github.com/protogen-go/protogen/runtime/tree"
)

// Message is a message of the protocol: a pointer to one of the structs of an emitted package.
type Message any

// Machine is one emitted session machine: the behaviour of one role on one connection. A machine that runs operations is
// an [Operator] too, one that takes calls of the local program a [Callee]. Methods are loop only unless they say otherwise.
//
// For every input the machine makes the moves its state names. A state that defers a message calls [Session.Defer], one
// that cannot take a call now [Session.Hold] or [Session.Reject]; an input the specification gives no meaning in the
// state ends the session with [Session.Unexpected].
type Machine interface {
	// Start enters the initial state: the connection stands.
	Start()
	// Receive takes a message of the peer.
	Receive(m Message)
	// Broken takes a whole frame whose message cannot be read; err is the error of [Spec.Decode].
	Broken(err error)
	// Garbled takes the loss of the stream: a frame that cannot be cut or did not arrive in time. Nothing follows it.
	Garbled(err error)
	// Closed takes the peer's end of the stream. Nothing follows it.
	Closed()
	// Expired takes the end of a timer.
	Expired(timer int)
}

// Operator is a machine that runs operations: work that the program's handlers do.
type Operator interface {
	Machine
	// Done takes the end of an operation that ran for req; res is never nil. It is not called for silent operations.
	Done(operation int, req, res Message)
	// View is a copy of the session's variables for the handler about to run; see the function [View]. For an inline
	// operation it is called when the handler asks.
	View() any
	// Perform runs an operation: it calls the program's handler. Any goroutine; it must not touch the machine's state.
	Perform(ctx context.Context, operation int, req Message) (Message, error)
	// Refuse is the message that answers req when its operation failed with err, and whether err is one of the
	// protocol's own refusals; any other error is logged in full and must not be shown to the peer. A nil message ends the
	// session: the protocol has no words for the failure. Any goroutine.
	Refuse(req Message, err error) (res Message, refusal bool)
}

// Callee is a machine that takes calls of the local program.
type Callee interface {
	Machine
	// Called takes a call.
	Called(c *Call)
}

// Spec is what the engine needs to know of a machine and its protocol. An emitted package has one per machine, as a
// package-level value that nobody changes.
type Spec struct {
	Machine    string      // the machine's name in the specification
	Timers     []string    // names, by number
	Operations []Operation // by number
	AnyOrder   bool        // replies need not leave in the order of the requests
	Refuses    bool        // the machine has words for a connection that is refused: see [Session.Refused]
	Posts      bool        // what the machine sends is posted: nobody waits for a reply

	// Decode reads the message in a frame. The frame is only valid during the call; the message must not refer to it.
	Decode func(frame []byte) (Message, error)
	// Append appends a message as it stands in a frame, or fails when the message cannot be written.
	Append func(b []byte, m Message) ([]byte, error)
	// DecodeWith and AppendWith are Decode and Append of a machine that chooses a codec: nil until it has.
	DecodeWith func(codec tree.Codec, frame []byte) (Message, error)
	AppendWith func(codec tree.Codec, b []byte, m Message) ([]byte, error)
	// Name is the name the specification gives the message.
	Name func(m Message) string
	// Request reports whether the message asks for a reply.
	Request func(m Message) bool
	// Key is what a request and its reply have in common. Without it, replies answer the oldest request.
	Key func(m Message) any
}

// Operation is work that the program does for the session.
type Operation struct {
	Name   string
	Inline bool // it never blocks and runs on the loop
	Silent bool // the machine is not told of its end
	Later  bool // its handler returns at once, and the end comes by the function of [Later]
}

// Answer turns what a handler returned into a message: a nil reply without an error is the empty reply.
func Answer[T any](res *T, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	if res == nil {
		res = new(T)
	}
	return res, nil
}
