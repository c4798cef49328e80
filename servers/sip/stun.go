package sip

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/protogen-go/protogen/runtime/pool"
)

// STUN over the port of SIP, as far as RFC 5626 section 4.4.2 needs it: a Binding request keeps a translator of addresses from forgetting the
// flow, and its response tells what it has made of the sender's address (RFC 5389).

// stunCookie is at the fifth octet of every STUN message, whose first two bits are zero: RFC 5389 section 6. No SIP message looks like that.
const stunCookie = "\x21\x12\xa4\x42"

// The types of messages and attributes.
const (
	stunBinding           = 0x0001
	stunBound             = 0x0101
	stunRefused           = 0x0111
	stunErrorCode         = 0x0009
	stunUnknownAttributes = 0x000a
	stunXORMappedAddress  = 0x0020
)

const stunHeader = 20

// stunUnderstood are the attributes that a request may have, although those about credentials are not looked at: nobody is asked for any.
var stunUnderstood = []uint16{0x0001, 0x0006, 0x0008, stunErrorCode, stunUnknownAttributes, 0x0014, 0x0015, stunXORMappedAddress}

// A stunID ties a response to its request.
type stunID [12]byte

func isSTUN(b []byte) bool {
	return len(b) >= stunHeader && b[0]&0xc0 == 0 && string(b[4:8]) == stunCookie
}

// stun takes a STUN message: a Binding request is answered, a response told to who waits for it, and all else dropped.
func (l *leg) stun(b []byte, from netip.AddrPort) {
	if int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return
	}
	switch binary.BigEndian.Uint16(b) {
	case stunBinding:
		r := pool.Route{To: pool.Destination{Addr: from}}
		l.carrier.Send(context.Background(), pool.Message{Data: stunAnswer(b, from), Kind: pool.KeepAlive}, r, nil)
	case stunBound:
		l.stack.flows.bound(stunID(b[8:stunHeader]), stunMapped(b))
	}
}

// stunRequest is a Binding request.
func stunRequest() ([]byte, stunID) {
	var id stunID
	_, _ = rand.Read(id[:])
	return stunMessage(stunBinding, id[:]), id
}

// stunAnswer answers a Binding request. One with attributes that must be understood, and are not, is refused (section 7.3.1).
func stunAnswer(request []byte, from netip.AddrPort) []byte {
	id := request[8:stunHeader]
	var unknown []byte
	for typ := range stunAttributes(request) {
		if typ < 0x8000 && !slices.Contains(stunUnderstood, typ) {
			unknown = binary.BigEndian.AppendUint16(unknown, typ)
		}
	}
	if unknown != nil {
		b := stunAttribute(stunMessage(stunRefused, id), stunErrorCode, append([]byte{0, 0, 4, 20}, "Unknown Attribute"...))
		return stunAttribute(b, stunUnknownAttributes, unknown)
	}
	mapped := append([]byte{0, 1}, 0, 0)
	binary.BigEndian.PutUint16(mapped[2:], from.Port())
	if from.Addr().Is6() {
		mapped[1] = 2
	}
	mapped = append(mapped, from.Addr().AsSlice()...)
	stunXOR(mapped, request[4:stunHeader])
	return stunAttribute(stunMessage(stunBound, id), stunXORMappedAddress, mapped)
}

// stunMapped is the address in a Binding response; invalid without.
func stunMapped(b []byte) netip.AddrPort {
	for typ, value := range stunAttributes(b) {
		if typ == stunXORMappedAddress && (len(value) == 8 || len(value) == 20) {
			v := append([]byte(nil), value...)
			stunXOR(v, b[4:stunHeader])
			addr, _ := netip.AddrFromSlice(v[4:])
			return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(v[2:]))
		}
	}
	return netip.AddrPort{}
}

// stunXOR turns an address into what stands in XOR-MAPPED-ADDRESS, and back: key is the cookie and the transaction (section 15.2).
func stunXOR(address, key []byte) {
	for i := range address[2:4] {
		address[2+i] ^= key[i]
	}
	for i := range address[4:] {
		address[4+i] ^= key[i]
	}
}

func stunMessage(typ uint16, id []byte) []byte {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 64), typ)
	b = append(append(b, 0, 0), stunCookie...)
	return append(b, id...)
}

// stunAttribute appends an attribute, padded to four octets, and counts it in.
func stunAttribute(b []byte, typ uint16, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, typ)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-stunHeader))
	return b
}

// stunAttributes yields the attributes, as far as they are whole.
func stunAttributes(b []byte) func(yield func(typ uint16, value []byte) bool) {
	return func(yield func(uint16, []byte) bool) {
		for b := b[stunHeader:]; len(b) >= 4; {
			typ, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
			if b = b[4:]; n > len(b) || !yield(typ, b[:n]) {
				return
			}
			b = b[min(len(b), (n+3)&^3):]
		}
	}
}

// awaitBinding makes c hear of the response to a Binding request.
func (f *flows) awaitBinding(id stunID, c chan<- netip.AddrPort) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bindings == nil {
		f.bindings = map[stunID]chan<- netip.AddrPort{}
	}
	f.bindings[id] = c
}

func (f *flows) forgetBinding(id stunID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.bindings, id)
}

// bound tells who waits for a response.
func (f *flows) bound(id stunID, mapped netip.AddrPort) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.bindings[id]; c != nil {
		select {
		case c <- mapped:
		default:
		}
	}
}
