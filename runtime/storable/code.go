package storable

import "fmt"

// A code is the first octet of an object: what it is.
type code uint8

// The type codes of format 2.11, and two of 2.12.
const (
	object       code = iota // an object that was there before: its tag
	lscalar                  // octets: 32-bit length
	array                    // length, elements
	hash                     // length, pairs of a value and a key
	ref                      // a scalar that refers to the object behind
	undef                    // a scalar of its own that is undef
	integer                  // 8 octets of the machine
	double                   // 8 octets of the machine
	smallInt                 // 1 octet, less 128 (SX_BYTE)
	netint                   // 4 octets, big endian
	scalar                   // octets: 8-bit length
	tiedArray                // refused, as are the next two
	tiedHash                 //
	tiedScalar               //
	svUndef                  // the one undef that Perl shares; in a list, an element that was never assigned
	svYes                    // true
	svNo                     // false
	bless                    // class name, then the object
	ixBless                  // number of a class seen before, then the object
	hook                     // refused: made by a class's own code
	overload                 // as ref, to an object whose class overloads operators
	tiedKey                  // refused, as is the next
	tiedIdx                  //
	utf8str                  // text: 8-bit length
	lutf8str                 // text: 32-bit length
	flagHash                 // hash whose keys have flags
	sourceCode               // refused (SX_CODE)
	weakref                  // as ref, weak
	weakOverload             // as overload, weak
	vstring                  // literal of a version with 8-bit length, then the scalar
	lvstring                 // the same with 32-bit length
	svundefElem              // the shared undef as an element of a list
	regexpCode               // refused (SX_REGEXP)
	lobject                  // an object over 2 GiB
	booleanTrue              // 2.12: true
	booleanFalse             // 2.12: false
)

var codeNames = [...]string{
	object: "SX_OBJECT", lscalar: "SX_LSCALAR", array: "SX_ARRAY", hash: "SX_HASH", ref: "SX_REF", undef: "SX_UNDEF", integer: "SX_INTEGER",
	double: "SX_DOUBLE", smallInt: "SX_BYTE", netint: "SX_NETINT", scalar: "SX_SCALAR", tiedArray: "SX_TIED_ARRAY", tiedHash: "SX_TIED_HASH",
	tiedScalar: "SX_TIED_SCALAR", svUndef: "SX_SV_UNDEF", svYes: "SX_SV_YES", svNo: "SX_SV_NO", bless: "SX_BLESS", ixBless: "SX_IX_BLESS",
	hook: "SX_HOOK", overload: "SX_OVERLOAD", tiedKey: "SX_TIED_KEY", tiedIdx: "SX_TIED_IDX", utf8str: "SX_UTF8STR", lutf8str: "SX_LUTF8STR",
	flagHash: "SX_FLAG_HASH", sourceCode: "SX_CODE", weakref: "SX_WEAKREF", weakOverload: "SX_WEAKOVERLOAD", vstring: "SX_VSTRING",
	lvstring: "SX_LVSTRING", svundefElem: "SX_SVUNDEF_ELEM", regexpCode: "SX_REGEXP", lobject: "SX_LOBJECT",
	booleanTrue: "SX_BOOLEAN_TRUE", booleanFalse: "SX_BOOLEAN_FALSE",
}

// String returns the name Storable has for c.
func (c code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return fmt.Sprintf("type %d", uint8(c))
}

// The flags of a hash and of its keys.
const (
	hashRestricted = 0x01

	keyUTF8        = 0x01 // the key is UTF-8
	keyWasUTF8     = 0x02 // the key is Latin-1 and was text
	keyLocked      = 0x04 // the value is read-only
	keyIsObject    = 0x08 // the key is an object
	keyPlaceholder = 0x10 // the key is allowed and absent
)

// longForm is the bit in an 8-bit class length or number that says that 32 bits follow instead.
const longForm = 0x80

// The heads of images: version 2.11, then, in native ones, byte order and sizes of int, long, pointer and double.
const (
	major        = 2
	netOrder     = 1
	networkHead  = "\x05\x0b"
	nativeHead   = "\x04\x0b" + nativeLayout
	nativeLayout = "\x08" + "12345678" + "\x04\x08\x08" + "\x08"
)
