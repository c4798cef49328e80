package header

import (
	"bytes"

	"github.com/protogen-go/protogen/runtime/frame"
)

// crlf ends lines, and between messages keeps a connection alive.
var crlf = []byte("\r\n")

// Framing finds messages in a stream: a head, an empty line, and as many octets as a header field says. It is a
// [frame.Framing]:
//
//	header.Framing{Length: "Content-Length", Short: "l"}
//
// CRLF before a start line is a frame of its own, with itself as payload: RFC 5626 section 3.5.1 keeps connections alive by
// it. [KeepAlive] tells which of them are answered. Lines end as they do for a [Reader].
//
// The length must stand in the head, once or several times the same, and in one line: what others might read as another
// length is refused, as is none at all.
type Framing struct {
	Length  string // the name of the header field
	Short   string // its compact name; none if empty
	MaxHead int    // octets of a head, with the empty line; 0 means DefaultMaxHead
	MaxBody int    // octets of a body; 0 means DefaultMaxBody
}

func (f Framing) maxHead() int { return Limits{Head: f.MaxHead}.filled().Head }
func (f Framing) maxBody() int { return Limits{Body: f.MaxBody}.filled().Body }

// Next implements frame.Framing. With an error the payload is what can be read of the message all the same, at least the beginning of its
// head: enough to answer it before the stream is given up. A [frame.TooLong] deserves [StatusTooLarge], other kinds
// [StatusBadRequest].
//
// It looks at the head each time it is called: a head that arrives octet by octet costs the square of its size, which MaxHead
// keeps small.
func (f Framing) Next(buf []byte) (payload []byte, n int, err error) {
	switch {
	case len(buf) == 0 || len(buf) == 1 && buf[0] == '\r':
		return nil, 0, frame.ErrMore
	case bytes.HasPrefix(buf, crlf):
		return buf[:2:2], 2, nil
	}
	head, length, err := f.head(buf)
	if err != nil {
		if err != frame.ErrMore {
			payload = buf[:min(len(buf), max(head, 0), f.maxHead())]
		}
		return payload, 0, err
	}
	if most := f.maxBody(); length > most {
		return buf[:head:head], 0, &frame.Error{Kind: frame.TooLong, Size: uint64(head + length), Limit: uint64(head + most)}
	}
	if len(buf) < head+length {
		return nil, 0, frame.ErrMore
	}
	return buf[: head+length : head+length], head + length, nil
}

// head returns the sizes of the head and of the body. With an error about the body's, head is known; with another it is what
// was looked at.
func (f Framing) head(buf []byte) (head, length int, err error) {
	length = -1
	most := f.maxHead()
	conflict := false
	for at := 0; ; {
		size := bytes.IndexByte(buf[at:min(len(buf), most)], '\n')
		if size < 0 {
			if len(buf) >= most {
				return most, 0, &frame.Error{Kind: frame.TooLong, Size: uint64(len(buf)), Limit: uint64(most)}
			}
			return at, 0, frame.ErrMore
		}
		line := bytes.TrimSuffix(buf[at:at+size], crlf[:1])
		first := at == 0
		at += size + 1
		if len(line) == 0 && !first {
			if length < 0 || conflict {
				return at, 0, &frame.Error{Kind: frame.BadLength}
			}
			return at, length, nil
		}
		if !f.isLength(line) {
			continue
		}
		n, ok := f.value(line)
		if folded := at < len(buf) && isSpace(buf[at]); folded || !ok || length >= 0 && n != length {
			conflict = true
		}
		length = n
	}
}

// isLength reports whether a line is the header field with the length.
func (f Framing) isLength(line []byte) bool {
	end := 0
	for end < len(line) && classes[line[end]]&tokenChar != 0 {
		end++
	}
	name := line[:end]
	for end < len(line) && isSpace(line[end]) {
		end++
	}
	return end < len(line) && line[end] == ':' && (foldBytes(name, f.Length) || f.Short != "" && foldBytes(name, f.Short))
}

func foldBytes(a []byte, b string) bool {
	return len(a) == len(b) && EqualFold(string(a), b)
}

// value is the number in the line of the length, which is no more than one over the limit of the body if it is greater.
func (f Framing) value(line []byte) (n int, ok bool) {
	digits := bytes.Trim(line[bytes.IndexByte(line, ':')+1:], " \t")
	for _, c := range digits {
		if classes[c]&digitChar == 0 {
			return 0, false
		}
		n = min(n*10+int(c-'0'), f.maxBody()+1)
	}
	return n, len(digits) > 0
}

// Append implements frame.Framing. A payload that is not one message, or CRLF, is refused.
func (f Framing) Append(dst, payload []byte) ([]byte, error) {
	_, n, err := f.Next(payload)
	switch {
	case err == frame.ErrMore, err == nil && n != len(payload):
		return dst, &frame.Error{Kind: frame.BadLength, Size: uint64(len(payload))}
	case err != nil:
		return dst, err
	}
	return append(dst, payload...), nil
}

// IsKeepAlive reports whether a frame or a datagram is made of CRLF alone.
func IsKeepAlive(payload []byte) bool {
	return len(payload) > 0 && len(payload)%2 == 0 && len(bytes.ReplaceAll(payload, crlf, nil)) == 0
}

// KeepAlive tells pings among the frames of a stream: two CRLF one after the other. The zero KeepAlive has seen nothing. It is
// for one stream, and not for concurrent use.
type KeepAlive struct{ odd bool }

// Ping takes the payload of the next frame and reports whether it completes a ping, which is answered with one CRLF.
func (k *KeepAlive) Ping(payload []byte) bool {
	if !bytes.Equal(payload, crlf) {
		k.odd = false
		return false
	}
	k.odd = !k.odd
	return !k.odd
}
