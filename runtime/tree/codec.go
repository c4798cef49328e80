package tree

import "fmt"

// A Codec is a serializer: it makes images of values and values of images. Codecs are values without state and may be shared by goroutines.
type Codec interface {
	// Name returns the name peers know the serializer by, such as "Storable".
	Name() string

	// Append appends the image of v to b. On an error, an *Error, b is returned as it was. What cannot be said in the format is refused: nothing
	// is left out.
	Append(b []byte, v Value) ([]byte, error)

	// Decode returns the value of an image, all of b. The value does not refer to b. The error is an *Error. Decode keeps the codec's
	// limits before it allocates, whatever a length in b claims, and runs nothing b asks for.
	Decode(b []byte) (Value, error)
}

// A Locator is a Codec that can tell where in an image something stands.
type Locator interface {
	Codec

	// Locate returns the offset in b, an image that Decode reads, of the value that keys lead to, from map to map. Where they lead no
	// further it is that of the last value on the way; without keys, of the whole value.
	Locate(b []byte, keys ...string) int
}

// The defaults of Limits.
const (
	DefaultMaxDepth    = 512      // lists, maps and references inside one another; Perl's own writer stops here
	DefaultMaxElements = 1 << 20  // elements and pairs of one image
	DefaultMaxMemory   = 32 << 20 // octets of what is built from one image, strings included
)

// Limits bound what a Codec builds of one image. A zero field means the default.
type Limits struct {
	MaxDepth    int // levels of lists, maps and references inside one another
	MaxElements int // elements of lists and pairs of maps, all together
	MaxMemory   int // octets allocated for the value, and for what decoding it needs
}

// OrDefault returns l with the defaults in place of zeros.
func (l Limits) OrDefault() Limits {
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultMaxDepth
	}
	if l.MaxElements <= 0 {
		l.MaxElements = DefaultMaxElements
	}
	if l.MaxMemory <= 0 {
		l.MaxMemory = DefaultMaxMemory
	}
	return l
}

// A Fault says what is wrong with an image or with a value to be made one.
type Fault uint8

// The faults.
const (
	Truncated   Fault = iota + 1 // the image ends before the value does, or before a length it claims
	BadHeader                    // not an image of this format
	BadVersion                   // a version, or a machine's form, that is not read
	BadType                      // a type code that does not exist, or cannot be where it is
	BadLength                    // a negative length
	BadTag                       // a reference to something that was not seen
	BadClass                     // a class name that was not seen
	BadText                      // what should be a number or a text is not
	Refused                      // what would run code or load it: code, tied variables, hooks, regular expressions
	Unsupported                  // what no peer sends: objects over 2 GiB, keys that are objects
	TooDeep                      // over Limits.MaxDepth
	TooMany                      // over Limits.MaxElements
	TooLarge                     // over Limits.MaxMemory, or a string that is too long for the format
	Trailing                     // octets behind the value
	Unwritable                   // a value the format has no form for
)

var faultNames = [...]string{
	"", "truncated", "bad header", "bad version", "bad type", "bad length", "bad tag", "bad class", "bad text", "refused",
	"unsupported", "too deep", "too many elements", "too large", "trailing octets", "cannot be written",
}

func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return fmt.Sprintf("Fault(%d)", uint8(f))
}

// An Error is an image that cannot be read or a value that cannot be written.
type Error struct {
	Codec  string // the name of the codec
	Fault  Fault
	Offset int    // where in the image; of a value to be written, how much of its image was there
	Detail string // what was found; may be empty
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %v at octet %d", e.Codec, e.Fault, e.Offset)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Is makes errors.Is match an *Error by its Fault alone when the target has nothing else.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && *t == Error{Fault: e.Fault}
}
