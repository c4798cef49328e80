package pool

import (
	"bytes"
	"strconv"
	"strings"
)

// DefaultMinDatagram is the default of Text.MinDatagram: that of Net::SIP, below which no SIP message can be.
const DefaultMinDatagram = 13

// Text is the Framer of protocols whose messages are header lines, an empty line, and a body sized by one of the header fields: SIP
// (RFC 3261 section 18.3), RTSP. Lines end in CRLF. Empty lines before a message are keep-alives (RFC 5626 section 3.5.1).
type Text struct {
	// Length are the names of the field that holds the body's size, in any case: "Content-Length", "l". On a stream it must be
	// there; in a datagram, without it, the body is the rest.
	Length []string
	// Inspect says what a whole message is; an error ends the connection, or drops the datagram. Nil makes every message a
	// Request without a transaction.
	Inspect func(message []byte) (kind Kind, transaction string, err error)
	// Refuse makes the answer to input that ends a connection, where the protocol has one; nil means that there is none. header is
	// the header as far as it has arrived and is valid during the call. Responses should not be answered.
	Refuse func(header []byte, fault *FrameError) []byte
	// Pong answers each ping (two empty lines) with an empty line.
	Pong bool
	// Pinging makes every empty line a pong, and a keep-alive by itself: it is for the side that pings.
	Pinging bool
	// MinDatagram is the size under which a datagram is a keep-alive; 0 means DefaultMinDatagram, negative that every one is a message.
	MinDatagram int
}

const crlf = "\r\n"

var emptyLine = []byte(crlf + crlf)

// Cut implements Framer.
func (t *Text) Cut(b []byte, seen int, l *Limits) (Cut, error) {
	if b[0] == '\r' || b[0] == '\n' {
		return t.keepAlive(b), nil
	}
	from := max(0, seen-len(emptyLine)+1)
	end := bytes.Index(b[from:], emptyLine)
	header := len(b)
	if end >= 0 {
		header = from + end + len(emptyLine)
	}
	if header > l.MaxHeader {
		return Cut{}, t.refuse(b[:l.MaxHeader], &FrameError{Fault: HeaderTooLong, Size: header, Limit: l.MaxHeader})
	}
	if end < 0 {
		return Cut{}, nil
	}
	body, found, fault := t.length(b[:header])
	switch {
	case fault != nil:
		return Cut{}, t.refuse(b[:header], fault)
	case !found:
		return Cut{}, t.refuse(b[:header], &FrameError{Fault: NoLength})
	case body > l.MaxBody:
		return Cut{}, t.refuse(b[:header], &FrameError{Fault: BodyTooLong, Size: body, Limit: l.MaxBody})
	case len(b) < header+body:
		return Cut{Need: header + body}, nil
	}
	cut, err := t.inspect(b[:header+body])
	if err != nil {
		return Cut{}, t.refuse(b[:header], &FrameError{Fault: Malformed, Err: err})
	}
	cut.Size = header + body
	return cut, nil
}

// keepAlive consumes the empty lines in front of a message, one CR or LF without the other too. A single one at the end may be
// half a ping and waits, as a CR does.
func (t *Text) keepAlive(b []byte) Cut {
	n, pings := 0, 0
	for n < len(b) && (b[n] == '\r' || b[n] == '\n') {
		switch rest := b[n:]; {
		case t.Pinging && bytes.HasPrefix(rest, emptyLine[:len(crlf)]):
			n += len(crlf)
		case bytes.HasPrefix(rest, emptyLine):
			pings++
			n += len(emptyLine)
		case bytes.HasPrefix(emptyLine, rest):
			return t.pong(n, pings)
		default:
			n++
		}
	}
	return t.pong(n, pings)
}

func (t *Text) pong(n, pings int) Cut {
	cut := Cut{Size: n, Kind: KeepAlive}
	if t.Pong && pings > 0 {
		cut.Answer = bytes.Repeat(emptyLine[:len(crlf)], pings)
	}
	return cut
}

// Datagram implements Framer. Octets behind the body are ignored (RFC 3261 section 18.3); a body shorter than announced is a fault.
func (t *Text) Datagram(b []byte, l *Limits) (Cut, error) {
	smallest := t.MinDatagram
	if smallest == 0 {
		smallest = DefaultMinDatagram
	}
	if len(b) < smallest {
		return Cut{Kind: KeepAlive}, nil
	}
	b = bytes.TrimLeft(b, crlf)
	end := bytes.Index(b, emptyLine)
	if end < 0 {
		return Cut{}, &FrameError{Fault: Malformed}
	}
	header := end + len(emptyLine)
	if header > l.MaxHeader {
		return Cut{}, &FrameError{Fault: HeaderTooLong, Size: header, Limit: l.MaxHeader}
	}
	body, found, fault := t.length(b[:header])
	switch {
	case fault != nil:
		return Cut{}, fault
	case !found:
		body = len(b) - header
	}
	switch {
	case body > l.MaxBody:
		return Cut{}, &FrameError{Fault: BodyTooLong, Size: body, Limit: l.MaxBody}
	case body > len(b)-header:
		return Cut{}, &FrameError{Fault: BadLength}
	}
	cut, err := t.inspect(b[:header+body])
	if err != nil {
		return Cut{}, &FrameError{Fault: Malformed, Err: err}
	}
	return cut, nil
}

func (t *Text) inspect(message []byte) (Cut, error) {
	cut := Cut{Message: message}
	if t.Inspect == nil {
		return cut, nil
	}
	var err error
	cut.Kind, cut.Transaction, err = t.Inspect(message)
	return cut, err
}

func (t *Text) refuse(header []byte, fault *FrameError) error {
	if t.Refuse != nil {
		fault.Answer = t.Refuse(header, fault)
	}
	return fault
}

// length finds the body's size in a complete header. The field may be folded, and have white space before its colon. It may
// come twice if both say the same.
func (t *Text) length(header []byte) (n int, found bool, fault *FrameError) {
	for line, rest := cutField(header); len(line) > 0; line, rest = cutField(rest) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !t.isLength(bytes.TrimRight(name, " \t")) {
			continue
		}
		v, ok := number(bytes.Trim(value, " \t\r\n"))
		if !ok || found && v != n {
			return 0, false, &FrameError{Fault: BadLength}
		}
		n, found = v, true
	}
	return n, found, nil
}

func (t *Text) isLength(name []byte) bool {
	for _, known := range t.Length {
		if len(name) == len(known) && strings.EqualFold(string(name), known) {
			return true
		}
	}
	return false
}

// cutField cuts the first line off a header, with those that continue it. The line is empty at the header's end.
func cutField(header []byte) (line, rest []byte) {
	n := 0
	for {
		i := bytes.Index(header[n:], emptyLine[:len(crlf)])
		if i < 0 {
			return header, nil
		}
		line, n = header[:n+i], n+i+len(crlf)
		if n == len(header) || header[n] != ' ' && header[n] != '\t' {
			return line, header[n:]
		}
	}
}

// number reads decimal digits and nothing else; what no int holds is the largest one.
func number(b []byte) (int, bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return int(^uint(0) >> 1), true
	}
	return n, true
}
