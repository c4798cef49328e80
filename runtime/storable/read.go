package storable

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"github.com/protogen-go/protogen/runtime/tree"
)

// The reading methods of a decoder return zeros once it has failed; the first error counts.

// fail ends the reading.
func (d *decoder) fail(fault tree.Fault, at int, format string, args ...any) {
	if d.err == nil {
		d.err = &tree.Error{Codec: name, Fault: fault, Offset: at, Detail: fmt.Sprintf(format, args...)}
	}
}

// truncated fails because the image ends before n more octets.
func (d *decoder) truncated(n int) {
	d.fail(tree.Truncated, d.at, "%d octets of %d", len(d.src)-d.at, n)
}

// charge accounts for n octets of memory that are about to be allocated, and reports whether they may be.
func (d *decoder) charge(n int) bool {
	d.spent += n
	if d.spent > d.limits.MaxMemory {
		d.fail(tree.TooLarge, d.at, "over %d octets of memory", d.limits.MaxMemory)
	}
	return d.err == nil
}

// octet reads one octet.
func (d *decoder) octet() byte {
	if d.at < len(d.src) {
		d.at++
		return d.src[d.at-1]
	}
	d.truncated(1)
	return 0
}

// code reads a type code. After an error it is undef, which asks for nothing more.
func (d *decoder) code() code {
	return code(d.octet())
}

// take reads n octets.
func (d *decoder) take(n int) string {
	if n > len(d.src)-d.at {
		d.truncated(n)
		return ""
	}
	d.at += n
	return d.src[d.at-n : d.at]
}

// word reads 32 bits, big endian.
func (d *decoder) word() uint32 {
	if len(d.src)-d.at < 4 {
		d.truncated(4)
		return 0
	}
	s := d.src[d.at : d.at+4]
	d.at += 4
	return uint32(s[3]) | uint32(s[2])<<8 | uint32(s[1])<<16 | uint32(s[0])<<24
}

// eight reads 64 bits, little endian.
func (d *decoder) eight() uint64 {
	var b [8]byte
	copy(b[:], d.take(len(b)))
	return binary.LittleEndian.Uint64(b[:])
}

// length reads a length of 32 bits in the order of the image.
func (d *decoder) length() int {
	if len(d.src)-d.at < 4 {
		d.truncated(4)
		return 0
	}
	s := d.src[d.at : d.at+4]
	d.at += 4
	n := uint32(s[3]) | uint32(s[2])<<8 | uint32(s[1])<<16 | uint32(s[0])<<24
	if d.little {
		n = bits.ReverseBytes32(n)
	}
	if n > math.MaxInt32 {
		d.fail(tree.BadLength, d.at-4, "%d", int32(n))
		return 0
	}
	return int(n)
}

// long reads a string with its length in 32 bits.
func (d *decoder) long() string {
	if rest := d.src[d.at:]; len(rest) >= 4 && !d.little { // as length does, and faster
		n := uint32(rest[3]) | uint32(rest[2])<<8 | uint32(rest[1])<<16 | uint32(rest[0])<<24
		if uint64(n) <= uint64(len(rest)-4) {
			d.at += 4 + int(n)
			return rest[4 : 4+n]
		}
	}
	n := d.length()
	if n > len(d.src)-d.at {
		d.truncated(n)
		return ""
	}
	d.at += n
	return d.src[d.at-n : d.at]
}

// short reads a string with its length in 8 bits.
func (d *decoder) short() string {
	if d.at >= len(d.src) {
		d.truncated(1)
		return ""
	}
	begin := d.at + 1
	end := begin + int(d.src[d.at])
	d.at = begin
	if end > len(d.src) {
		d.truncated(end - begin)
		return ""
	}
	d.at = end
	return d.src[begin:end]
}

// classLength reads the length or the number of a class: 8 bits, or 32 behind a mark.
func (d *decoder) classLength() int {
	n := d.octet()
	if n&longForm != 0 {
		return d.length()
	}
	return int(n)
}
