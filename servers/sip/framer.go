package sip

import (
	"bytes"

	"github.com/protogen-go/protogen/runtime/pool"
)

// framer cuts messages out of streams, and takes datagrams as they are: what is wrong with one, its answer says.
type framer struct{}

var (
	streams = pool.Text{Length: lengthNames, Inspect: inspect, Pong: true, Refuse: refuseFrame}
	pings   = pool.Text{Length: lengthNames, Inspect: inspect, Pinging: true, Refuse: refuseFrame} // we ping there, if anybody does

	lengthNames = []string{"Content-Length", "l"}
)

// Cut implements pool.Framer.
func (framer) Cut(b []byte, seen int, l *pool.Limits) (pool.Cut, error) {
	return streams.Cut(b, seen, l)
}

// outgoingFramer is framer for connections that we make.
type outgoingFramer struct{ framer }

// Cut implements pool.Framer.
func (outgoingFramer) Cut(b []byte, seen int, l *pool.Limits) (pool.Cut, error) {
	return pings.Cut(b, seen, l)
}

// minDatagram is the size under which a datagram is a keep-alive: no message is that short.
const minDatagram = 13

// Datagram implements pool.Framer.
func (framer) Datagram(b []byte, _ *pool.Limits) (pool.Cut, error) {
	switch {
	case len(b) < minDatagram:
		return pool.Cut{Kind: pool.KeepAlive}, nil
	case isSTUN(b):
		return pool.Cut{Message: b}, nil
	}
	return pool.Cut{Message: bytes.TrimLeft(b, "\r\n")}, nil
}

// inspect says what a message is to a pool: responses belong to the request of the same Call-ID and CSeq number.
func inspect(b []byte) (pool.Kind, string, error) {
	switch {
	case !bytes.HasPrefix(b, []byte("SIP/2.0 ")):
		if bytes.HasPrefix(b, []byte("ACK ")) {
			return pool.Request, "", nil // nobody answers it
		}
		return pool.Request, transactionOf(b), nil
	case len(b) > 8 && b[8] == '1':
		return pool.Provisional, transactionOf(b), nil
	}
	return pool.Response, transactionOf(b), nil
}

// transactionOf is "Call-ID SP CSeq-number"; empty when one of them is not found at the beginning of a line.
func transactionOf(b []byte) string {
	var callID, number []byte
	for len(b) > 0 && (callID == nil || number == nil) {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte("\r\n"))
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name, value = bytes.TrimRight(name, " \t"), bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Call-ID")) || len(name) == 1 && name[0]|0x20 == 'i':
			callID = value
		case bytes.EqualFold(name, []byte("CSeq")):
			number, _, _ = bytes.Cut(value, []byte(" "))
		}
	}
	if len(callID) == 0 || len(number) == 0 {
		return ""
	}
	return string(callID) + " " + string(number)
}
