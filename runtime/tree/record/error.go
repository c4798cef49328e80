package record

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/tree"
)

// A Fault says what is wrong with a map that is to be a message.
type Fault uint8

// The faults.
const (
	NotMap     Fault = iota + 1 // the value is something else than a map
	Strange                     // the map is none of the protocol's messages
	Missing                     // a key that must be there is not
	BadKind                     // a value is of another type than its field
	BadValue                    // a value of the right type is none that the field can have
	BadImage                    // octets that should be an image in the image are none; Err says why
	UnknownKey                  // a key that no field has
)

var faultNames = [...]string{
	"", "not a map", "no message has these keys", "missing", "of another type", "not a value it can have", "not an image", "unknown key",
}

func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return fmt.Sprintf("Fault(%d)", uint8(f))
}

// An Error is a map that cannot be read as a message, or a message that cannot be written.
type Error struct {
	Message string // the name of the message; "" if it could not be told
	Key     string // the way to the value: "payload.session_alias"; "" for the map as a whole
	Fault   Fault
	Found   tree.Kind // of BadKind and NotMap: what the value is instead
	Offset  int       // where in the image the value begins, or the map that lacks it; 0 if the codec cannot tell
	Err     error     // of BadImage: the *tree.Error, of the image inside the image; nil otherwise

	keys []string // what Key is made of
}

func (e *Error) Error() string {
	text := e.Fault.String()
	if e.Offset > 0 {
		text += fmt.Sprintf(" at octet %d", e.Offset)
	}
	switch {
	case e.Err != nil:
		text += ": " + e.Err.Error()
	case e.Fault == BadKind || e.Fault == NotMap:
		text += ": " + e.Found.String()
	}
	if e.Key != "" {
		text = e.Key + ": " + text
	}
	if e.Message != "" {
		text = e.Message + ": " + text
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is match an *Error by its Fault alone when the target has nothing else.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Fault == e.Fault && t.Message == "" && t.Key == "" && t.Found == 0 && t.Offset == 0 && t.Err == nil
}
