package pool

import (
	"errors"
	"fmt"

	"github.com/protogen-go/protogen/runtime/frame"
)

// A Framer cuts messages out of what peers send. It is shared by all connections of a pool and must keep no state.
type Framer interface {
	// Cut finds the message, or the keep-alive, at the beginning of a stream's input b, which is not empty. seen is how many octets of b the
	// previous call has looked at, when it found the message incomplete and could not tell its size; else it is 0. An error ends the connection, once
	// what a *FrameError has to say has been sent.
	Cut(b []byte, seen int, l *Limits) (Cut, error)
	// Datagram reads one datagram, which may be empty. After an error it is dropped.
	Datagram(b []byte, l *Limits) (Cut, error)
}

// A Cut is what a Framer has found.
type Cut struct {
	// Size is the number of octets to be consumed; 0 means that the message is not complete. Of a datagram it does not matter.
	Size int
	// Need is, for an incomplete message, the number of octets without which asking again is of no use; 0 means that any more will do.
	Need int
	// Message is what is delivered: a part of the input. Of a KeepAlive it does not matter.
	Message []byte
	Kind    Kind
	// Transaction is Message.Transaction. It is kept, and must not alias the input.
	Transaction string
	// Answer is sent to the peer at once: what a KeepAlive asks for.
	Answer []byte
}

// A FrameFault says what is wrong with input.
type FrameFault uint8

// The faults.
const (
	HeaderTooLong FrameFault = iota + 1 // over Limits.MaxHeader, or no end in sight
	BodyTooLong                         // over Limits.MaxBody
	NoLength                            // nothing says where the body ends
	BadLength                           // the length is no number, or there are two that differ
	Malformed                           // the message cannot be read
)

var faultTexts = [...]string{"", "header too long", "body too long", "no body length", "bad body length", "malformed message"}

func (f FrameFault) String() string {
	if int(f) < len(faultTexts) {
		return faultTexts[f]
	}
	return fmt.Sprintf("FrameFault(%d)", f)
}

// A FrameError is input that cannot be understood, after which a stream is lost.
type FrameError struct {
	Fault       FrameFault
	Size, Limit int    // octets, for what is too long; what the peer claims counts
	Err         error  // the cause, if there is one
	Answer      []byte // sent before the connection is closed; nil means nothing
}

func (e *FrameError) Error() string {
	switch {
	case e.Limit != 0:
		return fmt.Sprintf("pool: %v: %d octets, limit %d", e.Fault, e.Size, e.Limit)
	case e.Err != nil:
		return fmt.Sprintf("pool: %v: %v", e.Fault, e.Err)
	}
	return "pool: " + e.Fault.String()
}

// Unwrap returns the cause.
func (e *FrameError) Unwrap() error { return e.Err }

// Frames is the Framer of a framing of package frame: each payload is a message, and so is each datagram. The framing's own limit
// holds, and Limits.MaxHeader plus MaxBody over it.
type Frames struct {
	Framing frame.Framing
	// Inspect says what a payload is; an error ends the connection. Nil makes every payload a Request without a transaction.
	Inspect func(payload []byte) (kind Kind, transaction string, err error)
}

// Cut implements Framer.
func (f Frames) Cut(b []byte, _ int, l *Limits) (Cut, error) {
	payload, n, err := f.Framing.Next(b)
	limit := l.MaxHeader + l.MaxBody
	switch {
	case errors.Is(err, frame.ErrMore) && len(b) <= limit:
		return Cut{}, nil
	case errors.Is(err, frame.ErrMore), err == nil && n > limit:
		return Cut{}, &FrameError{Fault: BodyTooLong, Size: max(len(b), n), Limit: limit}
	case err != nil:
		return Cut{}, &FrameError{Fault: BadLength, Err: err}
	}
	cut, err := f.Datagram(payload, l)
	cut.Size = n
	return cut, err
}

// Datagram implements Framer.
func (f Frames) Datagram(b []byte, l *Limits) (Cut, error) {
	if limit := l.MaxHeader + l.MaxBody; len(b) > limit {
		return Cut{}, &FrameError{Fault: BodyTooLong, Size: len(b), Limit: limit}
	}
	cut := Cut{Message: b}
	if f.Inspect == nil {
		return cut, nil
	}
	var err error
	if cut.Kind, cut.Transaction, err = f.Inspect(b); err != nil {
		return Cut{}, &FrameError{Fault: Malformed, Err: err}
	}
	return cut, nil
}
