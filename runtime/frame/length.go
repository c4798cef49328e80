package frame

import "math"

// Length is the framing with a binary length in front, such as that of RFC 5734 section 4 ("total length"):
//
//	frame.Length{Width: 4, All: true, Max: 1 << 20}
type Length struct {
	Width  int  // octets of the length field: 1 to 8
	Little bool // least significant octet first
	All    bool // the length counts itself; else what follows it
	Min    int  // octets of the smallest payload
	Max    int  // octets of the largest frame, length field included; 0 means DefaultMax
}

// Next implements Framing. A frame is refused as soon as its length field is there.
func (l Length) Next(buf []byte) ([]byte, int, error) {
	if len(buf) < l.Width {
		return nil, 0, ErrMore
	}
	size, err := l.size(l.get(buf))
	if err != nil {
		return nil, 0, err
	}
	if uint64(len(buf)) < size {
		return nil, 0, ErrMore
	}
	return buf[l.Width:size:size], int(size), nil
}

// size is the number of octets of the frame whose length field says v.
func (l Length) size(v uint64) (uint64, error) {
	width := uint64(l.Width)
	if !l.All {
		if v > math.MaxUint64-width {
			return 0, &Error{Kind: TooLong, Size: v, Limit: limit(l.Max)}
		}
		v += width
	}
	return v, l.check(v)
}

// check compares the size of a frame with the limits.
func (l Length) check(size uint64) error {
	least := uint64(l.Width) + uint64(max(l.Min, 0))
	if size < least {
		return &Error{Kind: TooShort, Size: size, Limit: least}
	}
	if most := limit(l.Max); size > most {
		return &Error{Kind: TooLong, Size: size, Limit: most}
	}
	return nil
}

// Append implements Framing.
func (l Length) Append(dst, payload []byte) ([]byte, error) {
	size := uint64(l.Width) + uint64(len(payload))
	if err := l.check(size); err != nil {
		return dst, err
	}
	v := size
	if !l.All {
		v -= uint64(l.Width)
	}
	if l.Width < 8 && v>>(8*l.Width) != 0 {
		return dst, &Error{Kind: TooLong, Size: size, Limit: 1<<(8*l.Width) - 1}
	}
	return append(l.put(dst, v), payload...), nil
}

// get reads the length field.
func (l Length) get(buf []byte) uint64 {
	var v uint64
	for i := range l.Width {
		if l.Little {
			v |= uint64(buf[i]) << (8 * i)
		} else {
			v = v<<8 | uint64(buf[i])
		}
	}
	return v
}

// put appends a length field.
func (l Length) put(dst []byte, v uint64) []byte {
	for i := range l.Width {
		if !l.Little {
			i = l.Width - 1 - i
		}
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}
