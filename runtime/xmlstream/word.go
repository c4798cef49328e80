package xmlstream

import (
	"encoding/binary"
	"unsafe"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// load returns the eight bytes of s at i, the first in the low bits. The caller has made sure that they exist: that i is not
// negative and i+8 at most len(s). This is the one place where the package reads memory without a check of its own; the checks
// would be half of the work of the loops that read a document a word at a time.
func load(s string, i int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.StringData(s)), i))[:])
}

// zeros marks the zero bytes of w in their high bits; marks above the lowest one may be false.
func zeros(w uint64) uint64 { return (w - ones) &^ w & highs }
