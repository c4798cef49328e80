package ability_test

import (
	"errors"
	"testing"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
)

// TestConditions: a field that does not meet what its specification says is told by name, with the code it earns; one that does is not.
func TestConditions(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(*sip.Request)
		want header.Fault
	}{
		{"q of 1.001", func(m *sip.Request) { m.Contact = append(m.Contact, sip.Contact{Params: ";q=1.001"}) }, header.Fault{Field: "Contact", Rule: "RFC 3261 25.1", Code: 400, Text: "a q is 0 to 1 with up to three digits"}},
		{"q without a value", func(m *sip.Request) { m.Contact = append(m.Contact, sip.Contact{Params: ";q"}) }, header.Fault{Field: "Contact", Rule: "RFC 3261 25.1", Code: 400, Text: "a q is 0 to 1 with up to three digits"}},
		{"q of 0.123", func(m *sip.Request) { m.Contact = append(m.Contact, sip.Contact{Params: ";q=0.123"}) }, header.Fault{}},
		{"no q", func(m *sip.Request) { m.Contact = append(m.Contact, sip.Contact{Params: ";a=b"}) }, header.Fault{}},
		{"RSeq of 0", func(m *sip.Request) { m.RSeq = header.Some[uint32](0) }, header.Fault{Field: "RSeq", Rule: "RFC 3262 7.1", Code: 400, Text: "an RSeq begins at 1"}},
		{"RSeq of 1", func(m *sip.Request) { m.RSeq = header.Some[uint32](1) }, header.Fault{}},
		{"Replaces with one tag", func(m *sip.Request) { m.Replaces = sip.Replaces{CallID: "a", Params: ";to-tag=1"} }, header.Fault{Field: "Replaces", Rule: "RFC 3891 6.1", Code: 400, Text: "a Replaces names a dialog by both its tags"}},
		{"Replaces with both", func(m *sip.Request) { m.Replaces = sip.Replaces{CallID: "a", Params: ";to-tag=1;from-tag=2"} }, header.Fault{}},
		{"refresher", func(m *sip.Request) { m.SessionExpires = header.Some(sip.SessionExpires{Params: ";refresher=me"}) }, header.Fault{Field: "Session-Expires", Rule: "RFC 4028 4", Code: 400, Text: "the refresher is uac or uas"}},
		{"refresher in capitals", func(m *sip.Request) { m.SessionExpires = header.Some(sip.SessionExpires{Params: ";refresher=UAC"}) }, header.Fault{}},
		{"Warning 99", func(m *sip.Request) { m.Warning = []sip.Warning{{Code: 99, Agent: "a", Text: "b"}} }, header.Fault{Field: "Warning", Rule: "RFC 3261 20.43", Code: 400, Text: "a code has three digits"}},
		{"CSeq of 2^31", func(m *sip.Request) { m.CSeq.Number = 1 << 31 }, header.Fault{Field: "CSeq", Rule: "rule", Code: 400, Text: "number: not of the type sequence"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := request(t, "ipv6")
			test.set(m)
			err := m.Validate()
			if test.want == (header.Fault{}) {
				if err != nil {
					t.Error(err)
				}
				return
			}
			invalid, ok := errors.AsType[*header.ValidationError](err)
			if !ok || len(invalid.Faults) != 1 {
				t.Fatalf("%v", err)
			}
			got := invalid.Faults[0]
			got.Line, got.Column = 0, 0
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}
