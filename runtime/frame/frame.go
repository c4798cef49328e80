package frame

import (
	"errors"
	"fmt"
)

// DefaultMax is the limit of a framing whose own is zero, in octets, header and terminator included.
const DefaultMax = 1 << 20

// ErrMore is what Next returns when the frame has not arrived in full: call again with more octets.
var ErrMore = errors.New("frame: more octets needed")

// A Framing is a way to tell frames apart in a stream.
type Framing interface {
	// Next finds the frame at the beginning of buf. It returns the payload, which is a part of buf unless it was compressed, and the
	// number of octets the frame takes, header and terminator included. The error is ErrMore, or an *Error after which the stream
	// cannot be understood any more. An empty buf needs more.
	Next(buf []byte) (payload []byte, n int, err error)

	// Append appends the frame of payload to dst. The error is an *Error, dst then is returned as it was: a payload that is
	// too long for the framing, or that holds what would end it.
	Append(dst, payload []byte) ([]byte, error)
}

// A Trailer is a Framing that may cut a frame before the last octet of its terminator has come. Whoever reads a stream asks after each
// frame that ends what has been read so far, and drops what Trailing returns if that is what comes next, even when the framing
// has changed since.
type Trailer interface {
	Framing

	// Trailing returns what, if it comes next, still belongs to frame: all octets of one that Next has cut, terminator included.
	// "" is nothing.
	Trailing(frame []byte) string
}

// A Kind says what is wrong with a frame.
type Kind uint8

// The kinds of errors.
const (
	TooLong   Kind = iota + 1 // over the limit, or over what the length field can say
	TooShort                  // under the limit, or shorter than its own header
	BadLength                 // the length is not written as it should be
	BadEnd                    // what follows the length, or ends the frame, is something else
	EndInside                 // a payload to be sent holds the terminator
	BadBody                   // a payload is not compressed as it should be
)

var kindNames = [...]string{"", "too long", "too short", "bad length", "bad end", "terminator inside", "bad body"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", k)
}

// An Error is a frame that cannot be read or made.
type Error struct {
	Kind  Kind
	Size  uint64 // the size of the whole frame in octets, as far as it is known: claimed by the peer, or asked for by us
	Limit uint64 // the limit it is over or under; 0 if the error is about something else
}

func (e *Error) Error() string {
	if e.Limit != 0 {
		return fmt.Sprintf("frame: %v: %d octets, limit %d", e.Kind, e.Size, e.Limit)
	}
	return "frame: " + e.Kind.String()
}

// Is makes errors.Is match an *Error by its Kind alone when the target has nothing else.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Size == 0 && t.Limit == 0
}

// limit is max, or the default for zero.
func limit(limit int) uint64 {
	if limit <= 0 {
		return DefaultMax
	}
	return uint64(limit)
}
