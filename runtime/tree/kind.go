package tree

import "fmt"

// A Kind says what a Value is.
type Kind uint8

// The kinds of values. Integers over the largest int64 are KindUint, all others KindInt.
const (
	KindUndef Kind = iota // no value; the zero Value
	KindBool              // true or false
	KindInt               // an int64
	KindUint              // a uint64 of 2^63 and above
	KindFloat             // a float64
	KindBytes             // octets, a Perl string without the UTF-8 flag
	KindText              // characters, a Perl string with the UTF-8 flag
	KindList              // a reference to a List
	KindMap               // a reference to a Map
	KindRef               // a reference to a Scalar

	kindShared // not a value: a slot that is a Scalar others refer to as well; accessors look through it
)

var kindNames = [...]string{"undef", "bool", "int", "uint", "float", "bytes", "text", "list", "map", "ref", "shared"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}
