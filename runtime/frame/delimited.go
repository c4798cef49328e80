package frame

import "bytes"

// Delimited is the framing with a terminator behind the payload, such as lines:
//
//	frame.Delimited{Ends: []string{"\r\n", "\n"}, Max: 4096}
type Delimited struct {
	// Ends are the terminators that are understood, none of them empty. The first is the one that is written. The frame ends at the
	// earliest terminator in the stream; of two that begin at the same octet, the longer one counts.
	Ends []string
	Max  int // octets of the largest frame, terminator included; 0 means DefaultMax

	// Split says that a peer may write a terminator in two pieces and wait in between. A terminator with which a longer one
	// begins ends the frame at once; should the rest of the longer one follow, it belongs to the same frame: see [Trailer].
	// The longer one must be longer by one octet.
	Split bool
}

// Next implements Framing. It looks at all of buf each time: a frame that arrives octet by octet costs the square of its size, which Max
// keeps small.
func (d Delimited) Next(buf []byte) ([]byte, int, error) {
	most := limit(d.Max)
	at, end := d.find(buf)
	switch {
	case at >= 0 && !d.Split && d.ambiguous(buf, at, end):
		return nil, 0, ErrMore
	case at >= 0 && uint64(at+end) > most:
		return nil, 0, &Error{Kind: TooLong, Size: uint64(at + end), Limit: most}
	case at >= 0:
		return buf[:at:at], at + end, nil
	case uint64(len(buf)) >= most:
		return nil, 0, &Error{Kind: TooLong, Size: uint64(len(buf)), Limit: most}
	}
	return nil, 0, ErrMore
}

// find returns where the first terminator begins, -1 when there is none, and its length.
func (d Delimited) find(buf []byte) (at, size int) {
	at = -1
	for _, end := range d.Ends {
		window := buf
		if at >= 0 {
			window = buf[:min(len(buf), at+len(end))] // nothing later matters
		}
		i := bytes.Index(window, []byte(end))
		if i >= 0 && (at < 0 || i < at || i == at && len(end) > size) {
			at, size = i, len(end)
		}
	}
	return at, size
}

// ambiguous says that an earlier or longer terminator may be on its way: the end of buf is the beginning of one that would
// win over the terminator found at at.
func (d Delimited) ambiguous(buf []byte, at, size int) bool {
	for _, end := range d.Ends {
		for i := max(0, len(buf)-len(end)+1); i <= at; i++ {
			if (i < at || len(end) > size) && bytes.HasPrefix([]byte(end), buf[i:]) {
				return true
			}
		}
	}
	return false
}

// Trailing implements Trailer.
func (d Delimited) Trailing(frame []byte) string {
	if !d.Split {
		return ""
	}
	_, size := d.find(frame)
	for _, end := range d.Ends {
		if size > 0 && len(end) == size+1 && end[:size] == string(frame[len(frame)-size:]) {
			return end[size:]
		}
	}
	return ""
}

// Append implements Framing. A payload that holds a terminator, or makes one together with the first octets of its own, is refused: it would
// be read as several frames.
func (d Delimited) Append(dst, payload []byte) ([]byte, error) {
	begin := len(dst)
	dst = append(dst, payload...)
	dst = append(dst, d.Ends[0]...)
	size, most := len(dst)-begin, limit(d.Max)
	if uint64(size) > most {
		return dst[:begin], &Error{Kind: TooLong, Size: uint64(size), Limit: most}
	}
	if at, _ := d.find(dst[begin:]); at != len(payload) {
		return dst[:begin], &Error{Kind: EndInside, Size: uint64(size)}
	}
	return dst, nil
}
