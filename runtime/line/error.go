package line

import "fmt"

// A Fault says what is wrong with a line, or with a value that is to be written.
type Fault uint8

// The faults.
const (
	Strange    Fault = iota + 1 // the line begins as no message does
	BadOctet                    // an octet that the field cannot have
	TooShort                    // a word of fewer octets than its token has, such as none
	TooLong                     // a word of more
	BadForm                     // a word that is not of the form of its token
	BadNumber                   // a number that is not written in digits, or out of bounds
	Missing                     // a parameter that must be there is not
	UnknownKey                  // a parameter that the message does not have
	Unexpected                  // something stands where a literal or the end should be
)

var faultNames = [...]string{
	"", "no message begins like this", "an octet it cannot have", "too short", "too long", "not of its form", "no such number", "missing", "unknown parameter", "unexpected text",
}

func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return fmt.Sprintf("Fault(%d)", uint8(f))
}

// An Error is a line that cannot be read, or a message that cannot be written.
type Error struct {
	Message string // the name of the message, or of the one that the line begins like; "" if there is none
	Field   string // the name of the field; "" if the fault is in none
	Fault   Fault
	Offset  int // octets of the line before what is wrong
}

func (e *Error) Error() string {
	text := e.Fault.String()
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Message != "" {
		text = e.Message + ": " + text
	}
	return fmt.Sprintf("%s, at octet %d", text, e.Offset)
}

// Is makes errors.Is match an *Error by its Fault alone when the target has nothing else.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && *t == Error{Fault: e.Fault}
}
