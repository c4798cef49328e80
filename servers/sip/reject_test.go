package sip

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
)

// A refusal of an INVITE is acknowledged by the stack, once.
func TestRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPackets("192.0.2.1:5060"), newPackets("192.0.2.2:5060")
		var sent []string
		a.send = func(octets []byte, _ netip.AddrPort) {
			method, _, _ := strings.Cut(string(octets), " ")
			sent = append(sent, method)
			b.deliver(a.addr, octets)
		}
		b.send = func(octets []byte, _ netip.AddrPort) { a.deliver(b.addr, octets) }
		client, server := onPackets(t, Config{}, a), onPackets(t, Config{Handler: Methods{"INVITE": HandlerFunc(func(w *Responder, _ *Request) {
			_ = w.Reply(wire.CodeRinging)
			_ = w.Reply(wire.CodeBusyHere)
		})}}, b)
		req, err := NewRequest("INVITE", "sip:bob@192.0.2.2")
		if err != nil {
			t.Fatal(err)
		}
		res, err := (&Client{client}).Do(t.Context(), req)
		if err != nil || res.Status != wire.CodeBusyHere {
			t.Fatalf("%v, %v", res, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := strings.Join(sent, " "); got != "INVITE ACK" {
			t.Errorf("sent %s", got)
		}
		if st := server.Stats(); st.Unacknowledged != 0 || st.Transactions.Open != 0 {
			t.Errorf("stats %+v", st)
		}
	})
}
