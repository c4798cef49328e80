package sip

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/pool"
)

// The room of the server that the storms meet.
const (
	stormTransactions = 800
	stormKept         = 2 << 20
)

// A peer of a storm is an address that calls.
type stormPeer struct {
	leg   *leg
	from  pool.From
	taken *sink
	*caller
}

func newStormPeer(l *leg, taken *sink, address string) *stormPeer {
	return &stormPeer{leg: l, taken: taken, from: pool.From{Proto: pool.UDP, Addr: netip.MustParseAddrPort(address)}, caller: newCaller()}
}

// ask sends a message and returns the status codes of what comes back.
func (p *stormPeer) ask(b []byte) string {
	p.taken.codes = []string{}
	p.leg.Receive(pool.Message{Data: b}, p.from)
	return strings.Join(p.taken.codes, " ")
}

// call makes a whole call.
func (p *stormPeer) call(n int) string {
	p.number(n)
	invited := p.ask(p.invite)
	ack := fmt.Appendf(nil, "%s%s%s", p.ack, p.taken.tag, p.ackRest)
	return fmt.Sprintf("%s, %s, %s", invited, p.ask(ack), p.ask(p.bye))
}

// cancel is the CANCEL of the INVITE.
func (p *stormPeer) cancel() []byte {
	head, _, _ := bytes.Cut(p.invite, []byte("Content-Type"))
	return append(bytes.ReplaceAll(head, []byte("INVITE"), []byte("CANCEL")), "Content-Length: 0\r\n\r\n"...)
}

// wellDone is what a call is answered with.
const wellDone = "180 200, , 200"

// storm is what many messages do to a user agent server. Beside them others call again and again; well is how many of ten calls went as they should.
func storm(t *testing.T, send func(p *stormPeer, i int)) (well int, st Stats) {
	synctest.Test(t, func(t *testing.T) {
		s, err := makeStack(Config{
			Handler: Answerer{}.Methods(), Inline: true, MaxTransactions: stormTransactions, MaxKept: stormKept, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		taken := &sink{}
		s.carry(pool.UDP, taken)
		flood := newStormPeer(s.legs[0], taken, "192.0.2.66:5060")
		var others []*stormPeer // several, since addresses share counters by chance
		for _, address := range []string{"192.0.2.2:5060", "192.0.2.3:5060", "192.0.2.4:5060"} {
			others = append(others, newStormPeer(s.legs[0], taken, address))
		}
		first := others[0].call(0)
		for i := range stormSize {
			send(flood, i+1)
			if i%(stormSize/10) == stormSize/20 && slices.ContainsFunc(others, func(p *stormPeer) bool { return p.call(stormSize+i) == wellDone }) {
				well++
			}
			if st := s.Stats(); st.Transactions.Open > stormTransactions || st.Transactions.Kept > stormKept+64<<10 {
				t.Fatalf("after %d messages: %+v", i+1, st)
			}
		}
		if first != wellDone {
			t.Errorf("before the storm a call is answered with %q", first)
		}
		others[0].number(0)
		if again := others[0].ask(others[0].bye); again != "200" {
			t.Errorf("the BYE from before the storm is answered with %q when it comes again", again)
		}
		st = s.Stats()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if st := s.Stats(); st.Transactions.Open != 0 || st.Transactions.Kept != 0 || st.Repeating != 0 || st.Transactions.Faults != 0 {
			t.Errorf("left: %+v", st)
		}
	})
	return well, st
}

// INVITEs that nobody acknowledges, each of another call, from one address: it gets 503 when it has its share, others are served.
func TestStormOfInvites(t *testing.T) {
	refused := 0
	well, st := storm(t, func(p *stormPeer, i int) {
		p.number(i)
		switch codes := p.ask(p.invite); codes {
		case "180 200":
		case "503":
			refused++
		default:
			t.Errorf("INVITE %d is answered with %q", i, codes)
		}
	})
	if well != 10 || refused < stormSize-stormTransactions || st.Repeating > stormTransactions {
		t.Errorf("%d calls of 10 went well, %d INVITEs of %d were refused: %+v", well, refused, stormSize, st)
	}
}

// INVITEs with header fields that the answer must repeat: the octets are bounded, not only their number.
func TestStormOfLongInvites(t *testing.T) {
	well, st := storm(t, func(p *stormPeer, i int) {
		p.number(i)
		long := strings.Replace(string(p.invite), "Subject:", strings.Repeat("Record-Route: <sip:p.example;lr>\r\n", 200)+"Subject:", 1)
		p.ask([]byte(long))
	})
	if well != 10 || st.Transactions.Full == 0 {
		t.Errorf("%d calls of 10 went well: %+v", well, st)
	}
}

// An INVITE that comes again and again begins nothing.
func TestStormOfRetransmissions(t *testing.T) {
	well, st := storm(t, func(p *stormPeer, i int) {
		p.number(1)
		p.ask(p.invite)
	})
	if well != 10 || st.Transactions.Begun != 2*11+1 || st.Transactions.Full != 0 || st.Repeating != 1 {
		t.Errorf("%d calls of 10 went well: %+v", well, st)
	}
}

// Messages that are none, and ACKs of nothing, leave nothing.
func TestStormOfRubbish(t *testing.T) {
	well, st := storm(t, func(p *stormPeer, i int) {
		p.number(i)
		if i%2 == 0 {
			p.ask([]byte("INVITE sip:nobody SIP/2.0\r\nVia: rubbish\r\n\r\n"))
		} else {
			p.ask(fmt.Appendf(nil, "%snone%s", p.ack, p.ackRest))
		}
	})
	if well != 10 || st.Transactions.Begun != 2*11 {
		t.Errorf("%d calls of 10 went well: %+v", well, st)
	}
}
