package sip

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
)

// A sink is a carrier that takes everything, and remembers the tag of the last To.
type sink struct {
	tag   []byte
	codes []string // of responses, if it is not nil
}

func (*sink) Attach(loop.Engine, pool.Handler) error { return nil }
func (*sink) Master() (net.Addr, error) {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:5060")), nil
}
func (*sink) Alive(pool.Flow) bool    { return false }
func (*sink) Hangup(pool.Flow, error) {}
func (*sink) Close() error            { return nil }
func (s *sink) Send(_ context.Context, m pool.Message, _ pool.Route, done func(pool.Flow, error)) {
	if _, to, ok := bytes.Cut(m.Data, []byte("\nTo: ")); ok {
		line, _, _ := bytes.Cut(to, []byte("\r\n"))
		_, tag, _ := bytes.Cut(line, []byte(";tag="))
		s.tag = append(s.tag[:0], tag...)
	}
	if s.codes != nil {
		s.codes = append(s.codes, string(m.Data[len("SIP/2.0 "):][:3]))
	}
	done(0, nil)
}

// A caller makes the messages of calls, each time for another one.
type caller struct {
	invite, ack, ackRest, bye []byte   // an ACK has the tag of the 2xx between its two parts
	places                    [][]byte // of the number in the messages
}

const callNumber = "0000000000"

func newCaller() *caller {
	message := func(method string, cseq int, branch, to, rest string) []byte {
		if rest == "" {
			rest = "Content-Length: 0\r\n\r\n"
		}
		return fmt.Appendf(nil, "%s sip:service@192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5061;branch=z9hG4bK-%s-%s\r\n"+
			"From: sipp <sip:sipp@192.0.2.2:5061>;tag=7%s\r\nTo: service <sip:service@192.0.2.1:5060>%s\r\nCall-ID: %s-29001@192.0.2.2\r\nCSeq: %d %s\r\n"+
			"Contact: sip:sipp@192.0.2.2:5061\r\nMax-Forwards: 70\r\nSubject: Performance Test\r\n%s",
			method, callNumber, branch, callNumber, to, callNumber, cseq, method, rest)
	}
	c := &caller{
		invite: message("INVITE", 1, "0", "", fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(DefaultSession), DefaultSession)),
		bye:    message("BYE", 2, "7", ";tag=1", ""),
	}
	c.ack, c.ackRest, _ = bytes.Cut(message("ACK", 1, "5", ";tag=TAG", ""), []byte("TAG"))
	for _, b := range [][]byte{c.invite, c.ack, c.ackRest, c.bye} {
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(callNumber))
			if i < 0 {
				break
			}
			at += i + len(callNumber)
			c.places = append(c.places, b[at-len(callNumber):at])
		}
	}
	return c
}

// number makes the messages those of the n-th call.
func (c *caller) number(n int) {
	for _, place := range c.places {
		for i, rest := len(place)-1, n; i >= 0; i, rest = i-1, rest/10 {
			place[i] = byte('0' + rest%10)
		}
	}
}

// BenchmarkCall is what a user agent server does for a call, INVITE, ACK and BYE, apart from moving octets.
func BenchmarkCall(b *testing.B) {
	s, err := makeStack(Config{Handler: Answerer{}.Methods(), Inline: true, Timers: Timers{T1: 5 * time.Millisecond}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		b.Fatal(err)
	}
	defer s.close()
	taken := &sink{}
	s.carry(pool.UDP, taken)
	l, c := s.legs[0], newCaller()
	from := pool.From{Proto: pool.UDP, Addr: netip.MustParseAddrPort("192.0.2.2:5061")}
	b.ReportAllocs()
	n := 0
	var ack []byte
	for b.Loop() {
		n++
		c.number(n)
		l.Receive(pool.Message{Data: c.invite}, from)
		ack = append(append(append(ack[:0], c.ack...), taken.tag...), c.ackRest...)
		l.Receive(pool.Message{Data: ack}, from)
		l.Receive(pool.Message{Data: c.bye}, from)
	}
	b.StopTimer()
	if st := s.Stats(); st.Transactions.Full+st.Unreadable+st.Refused+st.Unacknowledged > 0 || st.Transactions.Begun != uint64(2*n) || st.Repeating > 0 {
		b.Fatalf("%+v", st)
	}
}
