package sip

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// A peer is a user agent of a pair that talk to each other.
type peer struct {
	*Client
	dialogs Dialogs
	dialog  chan *Dialog  // those that the other has begun
	got     chan *Request // requests of dialogs, ACK among them
	answer  func(w *Responder, r *Request)
}

// latency is how long a message takes from one to the other.
const latency = 10 * time.Millisecond

// newPeers connects two user agents.
func newPeers(t *testing.T) (alice, bob *peer) {
	t.Helper()
	a, b := newPackets("192.0.2.1:5060"), newPackets("192.0.2.2:5060")
	a.send = func(octets []byte, _ netip.AddrPort) { time.AfterFunc(latency, func() { b.deliver(a.addr, octets) }) }
	b.send = func(octets []byte, _ netip.AddrPort) { time.AfterFunc(latency, func() { a.deliver(b.addr, octets) }) }
	list := make([]*peer, 2)
	for i, socket := range []*packets{a, b} {
		p := &peer{dialog: make(chan *Dialog, 1), got: make(chan *Request, 20)}
		p.answer = func(w *Responder, _ *Request) { _ = w.Reply(wire.CodeOK) }
		p.dialogs.Outside = HandlerFunc(p.invited)
		methods := []string{"INVITE", "ACK", "CANCEL", "BYE", "INFO", "UPDATE", "REFER", "NOTIFY"}
		p.Client = &Client{onPackets(t, Config{Handler: &p.dialogs, Ability: ability.Set{Methods: methods, MediaTypes: []string{"*/*"}}}, socket)}
		list[i] = p
	}
	return list[0], list[1]
}

// invited accepts a call.
func (p *peer) invited(w *Responder, r *Request) {
	res := NewResponse(r, wire.CodeOK)
	res.Contact = []Contact{w.Contact()}
	d, err := w.Dialog(res)
	if err != nil {
		_ = w.Reply(wire.CodeBadRequest)
		return
	}
	p.join(d)
	_ = w.Respond(res)
	p.dialog <- d
}

// join takes part in a dialog.
func (p *peer) join(d *Dialog) {
	p.dialogs.Add(d, HandlerFunc(func(w *Responder, r *Request) {
		p.got <- r
		if r.Method != "ACK" {
			p.answer(w, r)
		}
	}))
}

func (p *peer) want(t *testing.T, method string) *Request {
	t.Helper()
	r := <-p.got
	if r.Method != method {
		t.Errorf("got %s, want %s", r.Method, method)
	}
	return r
}

// establish is a call of alice's.
func establish(t *testing.T, alice, bob *peer) (hers, his *Dialog) {
	t.Helper()
	req, err := NewRequest("INVITE", "sip:bob@192.0.2.2")
	if err != nil {
		t.Fatal(err)
	}
	i, err := alice.Invite(t.Context(), req, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	alice.join(i.Dialog)
	bob.want(t, "ACK")
	return i.Dialog, <-bob.dialog
}

// within sends a request of a dialog and wants a code.
func (p *peer) within(t *testing.T, d *Dialog, req *Request, want Code) *Response {
	t.Helper()
	res, err := p.Within(t.Context(), d, req, nil)
	if err != nil || res.Status != want {
		t.Fatalf("%s: %v, %v; want %d", req.Method, res, err, want)
	}
	return res
}

// Both sides send requests within a dialog, of every method.
func TestInDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alice, bob := newPeers(t)
		hers, his := establish(t, alice, bob)
		for _, method := range []string{"INFO", "REFER", "NOTIFY", "UPDATE", "INVITE"} {
			alice.within(t, hers, hers.NewRequest(method), wire.CodeOK)
			bob.want(t, method)
			if method == "INVITE" {
				bob.want(t, "ACK")
			}
			bob.within(t, his, his.NewRequest(method), wire.CodeOK)
			alice.want(t, method)
			if method == "INVITE" {
				alice.want(t, "ACK")
			}
		}
		old := his.NewRequest("INFO")
		bob.within(t, his, his.NewRequest("INFO"), wire.CodeOK)
		bob.within(t, his, old, wire.CodeServerInternalError) // out of order
		hers.remote.SetTag("nobody")
		alice.within(t, hers, hers.NewRequest("INFO"), wire.CodeCallDoesNotExist)
		bob.dialogs.Remove(his)
		hers.remote.SetTag(his.LocalTag())
		alice.within(t, hers, hers.NewRequest("BYE"), wire.CodeCallDoesNotExist)
	})
}

// The target of a dialog is where the last INVITE or UPDATE, or its answer, says.
func TestTargetRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alice, bob := newPeers(t)
		hers, his := establish(t, alice, bob)
		contact := func(user string) []Contact {
			var c Contact
			if err := c.URI.Set("sip:" + user + "@192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			return []Contact{c}
		}
		bob.answer = func(w *Responder, r *Request) {
			res := NewResponse(r, wire.CodeOK)
			res.Contact = contact("answer")
			res.Contact[0].URI.Host = "192.0.2.2"
			_ = w.Respond(res)
		}
		for _, method := range []string{"INFO", "UPDATE", "INVITE"} {
			req := hers.NewRequest(method)
			req.Contact = contact(method)
			alice.within(t, hers, req, wire.CodeOK)
			if moved := his.NewRequest("INFO").URI.User == method; moved == (method == "INFO") {
				t.Errorf("%s: bob has moved alice: %v", method, moved)
			}
			if moved := hers.NewRequest("INFO").URI.User == "answer"; moved == (method == "INFO") {
				t.Errorf("%s: alice has moved bob: %v", method, moved)
			}
			hers.target.User = ""
		}
	})
}

// INVITEs that cross each other are refused, and sent again at different times.
func TestGlare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alice, bob := newPeers(t)
		hers, his := establish(t, alice, bob)
		begun := time.Now()
		type end struct {
			who  string
			code Code
			at   time.Duration
		}
		ends := make(chan end)
		for who, p := range map[string]struct {
			*peer
			d *Dialog
		}{"alice": {alice, hers}, "bob": {bob, his}} {
			req := p.d.NewRequest("INVITE")
			go func() {
				res, err := p.Within(t.Context(), p.d, req, nil)
				if err != nil {
					t.Error(err)
				}
				ends <- end{who, res.Status, time.Since(begun)}
			}()
		}
		first, second := <-ends, <-ends
		if first.who != "bob" || first.code != wire.CodeOK || first.at > 2*time.Second+6*latency || second.code != wire.CodeOK || second.at < 2100*time.Millisecond || second.at > 4*time.Second+6*latency {
			t.Errorf("%v, %v", first, second)
		}
	})
}

// An INVITE while the one before has not been answered: ours is not sent, the peer's is refused.
func TestOneInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alice, bob := newPeers(t)
		hers, _ := establish(t, alice, bob)
		bob.answer = func(w *Responder, _ *Request) {
			_ = w.Reply(wire.CodeRinging)
			time.Sleep(time.Second)
			_ = w.Reply(wire.CodeOK)
		}
		done := make(chan error)
		go func() {
			_, err := alice.Within(t.Context(), hers, hers.NewRequest("INVITE"), nil)
			done <- err
		}()
		bob.want(t, "INVITE")
		if _, err := alice.Within(t.Context(), hers, hers.NewRequest("INVITE"), nil); !errors.Is(err, ErrInviting) {
			t.Error(err)
		}
		res, err := alice.Do(t.Context(), hers.NewRequest("INVITE"))
		if err != nil || res.Status != wire.CodeServerInternalError || !res.RetryAfter.Present {
			t.Errorf("%v, %v", res, err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Provisional responses are sent until they have been acknowledged, over a link that loses, and each is told once and in order. A peer that does not know of
// that is not asked to.
func TestReliableProvisional(t *testing.T) {
	for _, supported := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) { testReliable(t, supported) })
	}
}

func testReliable(t *testing.T, supported bool) {
	a, b := newPackets("192.0.2.1:5060"), newPackets("192.0.2.2:5060")
	lossy := func(to, from *packets) func([]byte, netip.AddrPort) {
		var lost atomic.Int32
		return func(octets []byte, _ netip.AddrPort) {
			text := string(octets)
			if (strings.Contains(text, "RSeq") || strings.HasPrefix(text, "PRACK")) && lost.Add(1)%3 != 0 {
				return
			}
			to.deliver(from.addr, octets)
		}
	}
	a.send, b.send = lossy(b, a), lossy(a, b)
	able, results := ability.Set{Extensions: []string{"100rel"}}, make(chan error, 2)
	server := onPackets(t, Config{Ability: able, Handler: Methods{
		"INVITE": HandlerFunc(func(w *Responder, r *Request) {
			for _, code := range []Code{wire.CodeRinging, wire.CodeSessionProgress} {
				res := NewResponse(r, code)
				res.Contact = []Contact{w.Contact()}
				prack, err := w.RespondReliably(t.Context(), res)
				if err == nil && prack.RAck.Number != r.CSeq.Number {
					err = errors.New("not its PRACK")
				}
				results <- err
			}
			res := NewResponse(r, wire.CodeOK)
			res.Contact = []Contact{w.Contact()}
			_ = w.Respond(res)
		}),
		"BYE": HandlerFunc(func(w *Responder, _ *Request) { _ = w.Reply(wire.CodeOK) }),
	}}, b)
	want, told := error(nil), []Code(nil)
	if !supported {
		able, want = ability.Set{}, ErrUnreliable
	}
	client := &Client{onPackets(t, Config{Ability: able}, a)}
	req, err := NewRequest("INVITE", "sip:bob@192.0.2.2")
	if err != nil {
		t.Fatal(err)
	}
	call, err := client.Invite(t.Context(), req, nil, func(res *Response) { told = append(told, res.Status) })
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-results; !errors.Is(err, want) {
			t.Errorf("supported %v: %v", supported, err)
		}
	}
	told = slices.DeleteFunc(told, func(c Code) bool { return c == wire.CodeTrying })
	if want := []Code{wire.CodeRinging, wire.CodeSessionProgress}; supported && !slices.Equal(told, want) {
		t.Errorf("told %v", told)
	}
	if err := call.Bye(t.Context()); err != nil { // its number is behind those of the PRACKs
		t.Error(err)
	}
	stray := call.NewRequest("PRACK")
	stray.RAck = wire.RAck{Response: 1, Number: 1, Method: "INVITE"}
	if res, err := client.Do(t.Context(), stray); err != nil || res.Status != wire.CodeCallDoesNotExist {
		t.Errorf("stray PRACK: %v, %v", res, err)
	}
	if st := server.Stats(); st.Transactions.Faults != 0 || len(server.pracks.list) != 0 {
		t.Errorf("%+v", st)
	}
}

// A provisional response that nobody acknowledges is given up.
func TestNoPRACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPackets("192.0.2.1:5060"), newPackets("192.0.2.2:5060")
		a.send = func(octets []byte, _ netip.AddrPort) {
			if !strings.HasPrefix(string(octets), "PRACK") {
				b.deliver(a.addr, octets)
			}
		}
		b.send = func(octets []byte, _ netip.AddrPort) { a.deliver(b.addr, octets) }
		onPackets(t, Config{Ability: ability.Set{Extensions: []string{"100rel"}}, Handler: Methods{
			"INVITE": HandlerFunc(func(w *Responder, r *Request) {
				res := NewResponse(r, wire.CodeRinging)
				res.Contact = []Contact{w.Contact()}
				if _, err := w.RespondReliably(t.Context(), res); !errors.Is(err, ErrTimeout) {
					t.Error(err)
				}
				_ = w.Reply(wire.CodeServerTimeout)
			}),
		}}, b)
		client := &Client{onPackets(t, Config{}, a)}
		req, err := NewRequest("INVITE", "sip:bob@192.0.2.2")
		if err != nil {
			t.Fatal(err)
		}
		req.Supported = []string{"100rel"}
		req.MaxForwards = header.Some[uint8](10)
		res, err := client.Do(t.Context(), req)
		if err != nil || res.Status != wire.CodeServerTimeout {
			t.Errorf("%v, %v", res, err)
		}
	})
}
