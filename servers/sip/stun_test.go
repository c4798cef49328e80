package sip

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A Binding request over the port of SIP is answered with the address it came from, as in RFC 5769 section 2.2 and 2.3.
func TestSTUNAnswer(t *testing.T) {
	request, id := stunRequest()
	for _, from := range []string{"192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"} {
		answer := stunAnswer(request, netip.MustParseAddrPort(from))
		if !isSTUN(answer) || stunID(answer[8:20]) != id || stunMapped(answer).String() != from {
			t.Errorf("%s: % x", from, answer)
		}
	}
	vector := []byte("\x01\x01\x00\x0c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43")
	if got := stunMapped(vector).String(); got != "192.0.2.1:32853" {
		t.Errorf("the vector of RFC 5769 is %s", got)
	}
	asks := stunAttribute(request, 0x0003, make([]byte, 4)) // CHANGE-REQUEST
	got := map[uint16][]byte{}
	for typ, value := range stunAttributes(stunAnswer(asks, netip.MustParseAddrPort("192.0.2.1:1"))) {
		got[typ] = value
	}
	if diff := cmp.Diff(map[uint16][]byte{stunErrorCode: []byte("\x00\x00\x04\x14Unknown Attribute"), stunUnknownAttributes: {0, 3}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Whatever comes, STUN answers it or not, and answers no more than a little.
func FuzzSTUN(f *testing.F) {
	request, _ := stunRequest()
	f.Add(request)
	f.Add(stunAttribute(request, 0x0003, []byte{0, 0, 0, 6}))
	f.Add(stunAnswer(request, netip.MustParseAddrPort("[2001:db8::1]:5060")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !isSTUN(b) {
			return
		}
		_ = stunMapped(b)
		if answer := stunAnswer(b, netip.MustParseAddrPort("192.0.2.1:5060")); !isSTUN(answer) || len(answer) > 64+len(b) {
			t.Errorf("% x", answer)
		}
	})
}
