package frame

import (
	"bytes"
	"strconv"
)

// DefaultDigits is the number of digits a Counted frame's length may have when Counted.Digits is zero.
const DefaultDigits = 10

// Counted is the framing with a length in decimal digits, a terminator, and then so many octets of payload, such as that of
// POE::Filter::Reference:
//
//	frame.Counted{End: "\x00", Max: 16 << 20}
//
// Leading zeros are understood and never written.
type Counted struct {
	Digits int    // the most digits; 0 means DefaultDigits; at most 18
	End    string // what follows the digits; must begin with something else than a digit
	Max    int    // octets of the largest frame, digits and terminator included; 0 means DefaultMax
}

func (c Counted) digits() int {
	if c.Digits <= 0 {
		return DefaultDigits
	}
	return min(c.Digits, 18)
}

// Next implements Framing. A frame is refused at its first wrong octet, and at its length.
func (c Counted) Next(buf []byte) ([]byte, int, error) {
	var count uint64
	i := 0
	for i < len(buf) && isDigit(buf[i]) {
		if i == c.digits() {
			return nil, 0, &Error{Kind: BadLength}
		}
		count = count*10 + uint64(buf[i]-'0')
		i++
	}
	if i == len(buf) {
		return nil, 0, ErrMore
	}
	if i == 0 {
		return nil, 0, &Error{Kind: BadLength}
	}
	end := buf[i:min(len(buf), i+len(c.End))]
	if !bytes.HasPrefix([]byte(c.End), end) {
		return nil, 0, &Error{Kind: BadEnd}
	}
	head := uint64(i + len(c.End))
	size := head + count
	if most := limit(c.Max); size > most {
		return nil, 0, &Error{Kind: TooLong, Size: size, Limit: most}
	}
	if uint64(len(buf)) < size {
		return nil, 0, ErrMore
	}
	return buf[head:size:size], int(size), nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Append implements Framing.
func (c Counted) Append(dst, payload []byte) ([]byte, error) {
	begin := len(dst)
	dst = strconv.AppendInt(dst, int64(len(payload)), 10)
	digits := len(dst) - begin
	size, most := uint64(digits+len(c.End)+len(payload)), limit(c.Max)
	switch {
	case size > most:
		return dst[:begin], &Error{Kind: TooLong, Size: size, Limit: most}
	case digits > c.digits():
		return dst[:begin], &Error{Kind: TooLong, Size: size}
	}
	dst = append(dst, c.End...)
	return append(dst, payload...), nil
}
