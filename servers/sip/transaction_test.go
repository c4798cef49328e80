package sip

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A play is what happens to one transaction of the emitted machines: the tables of RFC 3261 section 17 as RFC 6026 changed them, step by step, and what it does. Steps are "< METHOD" or "< status" from the peer, "> call [status]" of
// the program's, "+ duration" and "failed". What it does stands indented below its step, times after an @.
var plays = []struct {
	name     string
	machine  string
	reliable bool
	steps    string
}{
	{"invite answered", "inviteServer", false, `
		< INVITE
			invited | start -> proceeding
		< INVITE
		+ 300ms
			send 100
		< INVITE
			send 100
		> provide 180
			send 180
		< INVITE
			send 180
		> succeed 200
			send 200 | proceeding -> accepted
		< INVITE
		> succeed 200
			send 200
		< ACK
			acknowledged
		> fail 486
		failed
			undelivered
		+ 33s
			accepted -> terminated`},
	{"invite rejected", "inviteServer", false, `
		< INVITE
			invited | start -> proceeding
		> fail 486
			send 486 | proceeding -> completed
		< INVITE
			send 486
		+ 2s
			send 486 | send 486
		< ACK
			completed -> confirmed
		< ACK
		< INVITE
		+ 6s
			confirmed -> terminated`},
	{"invite rejected, reliable", "inviteServer", true, `
		< INVITE
			invited | start -> proceeding
		> fail 486
			send 486 | proceeding -> completed
		+ 20s
		< ACK
			completed -> confirmed | confirmed -> terminated
		< ACK
			stray ACK`},
	{"ack never comes", "inviteServer", true, `
		< INVITE
			invited | start -> proceeding
		> fail 486
			send 486 | proceeding -> completed
		failed
			undelivered
		+ 33s
			unacknowledged | completed -> terminated`},
	{"request", "nonInviteServer", false, `
		< OPTIONS
			requested | start -> trying
		< OPTIONS
		> provide 100
			send 100 | trying -> proceeding
		< OPTIONS
			send 100
		> succeed 200
			send 200 | proceeding -> completed
		< OPTIONS
			send 200
		> fail 500
		+ 33s
			completed -> terminated`},
	{"request, reliable", "nonInviteServer", true, `
		< OPTIONS
			requested | start -> trying
		> succeed 200
			send 200 | trying -> completed | completed -> terminated`},
	{"request, transport fails", "nonInviteServer", false, `
		< OPTIONS
			requested | start -> trying
		> provide 100
			send 100 | trying -> proceeding
		failed
			undelivered | proceeding -> terminated`},
	{"inviting", "inviteClient", false, `
		> request
			send INVITE | start -> calling
		< 100
			responded 100 | calling -> proceeding
		+ 60s
		< 180
			responded 180
		< 200
			responded 200 | proceeding -> accepted
		< 200
			responded 200
		< 180
		< 486
		+ 33s
			accepted -> terminated
		< 200
			stray 200`},
	{"inviting in vain", "inviteClient", false, `
		> request
			send INVITE | start -> calling
		< 486
			rejected 486 | calling -> completed | send ACK | completed -> acknowledged
		< 486
			send ACK
		< 180
		< 200
		+ 33s
			acknowledged -> terminated`},
	{"inviting in vain, reliable", "inviteClient", true, `
		> request
			send INVITE | start -> calling
		< 100
			responded 100 | calling -> proceeding
		< 486
			rejected 486 | proceeding -> completed | send ACK | completed -> terminated`},
	{"inviting nobody", "inviteClient", true, `
		> request
			send INVITE | start -> calling
		+ 33s
			timedOut | calling -> terminated`},
	{"inviting, transport fails", "inviteClient", true, `
		> request
			send INVITE | start -> calling
		failed
			undelivered | calling -> terminated`},
	{"asking", "nonInviteClient", false, `
		> request
			send OPTIONS | start -> trying
		< 100
			responded 100 | trying -> proceeding
		+ 5s
			send OPTIONS | send OPTIONS
		< 200
			responded 200 | proceeding -> completed
		< 200
		+ 6s
			completed -> terminated`},
	{"asking, reliable", "nonInviteClient", true, `
		> request
			send OPTIONS | start -> trying
		+ 5s
		< 200
			responded 200 | trying -> completed | completed -> terminated`},
	{"asking nobody", "nonInviteClient", true, `
		> request
			send OPTIONS | start -> trying
		+ 33s
			timedOut | trying -> terminated`},
}

// TestTransactions plays the tables with the emitted machines.
func TestTransactions(t *testing.T) {
	for _, p := range plays {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				link := transaction.Link{Reliable: p.reliable, Port: 5060}
				newUser(t).play(p.machine, link, p.steps)
			})
		})
	}
}

// A user is the program above the machines, and the transport below, and notes what it is told.
type user struct {
	t            *testing.T
	transactions *wire.Transactions

	mu     sync.Mutex
	events []string
	id     transaction.ID
}

func newUser(t *testing.T) *user {
	u := &user{t: t}
	var err error
	u.transactions, err = wire.NewTransactions(u, wire.Config{}, transaction.Config{
		Transport: u, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Transition: func(m transaction.Transition) {
			u.mu.Lock()
			u.id = m.ID
			u.mu.Unlock()
			u.note("%s -> %s", m.From, m.To)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.transactions.Close)
	return u
}

func (u *user) note(format string, args ...any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.events = append(u.events, fmt.Sprintf(format, args...))
}

// last is the transaction that changed its state last.
func (u *user) last() transaction.ID {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.id
}

func (u *user) take() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	events := u.events
	u.events = nil
	return events
}

func name(m transaction.Message) string {
	switch m := m.(type) {
	case *Request:
		return m.Method
	case *Response:
		return fmt.Sprint(int(m.Status))
	}
	return "nothing"
}

func (u *user) Send(b []byte, _ transaction.Link, _ transaction.ID) {
	m, err := wire.ParseMessage(b)
	if err != nil {
		u.t.Errorf("sent %q: %v", b, err)
	}
	u.note("send %s", name(m))
}

func (u *user) Stray(m transaction.Message, _ transaction.Link)   { u.note("stray %s", name(m)) }
func (u *user) Full(transaction.Message, transaction.Link)        { u.note("full") }
func (u *user) Invited(*transaction.Transaction, *Request)        { u.note("invited") }
func (u *user) Acknowledged(*transaction.Transaction, *Request)   { u.note("acknowledged") }
func (u *user) Unacknowledged(*transaction.Transaction)           { u.note("unacknowledged") }
func (u *user) Requested(*transaction.Transaction, *Request)      { u.note("requested") }
func (u *user) Responded(_ *transaction.Transaction, m *Response) { u.note("responded %s", name(m)) }
func (u *user) TimedOut(*transaction.Transaction)                 { u.note("timedOut") }
func (u *user) Undelivered(*transaction.Transaction)              { u.note("undelivered") }
func (u *user) Late(t *transaction.Transaction) {
	_ = u.transactions.Provide(t.ID(), u.response(100, "INVITE"))
}

func (u *user) Rejected(t *transaction.Transaction, m *Response) {
	u.note("rejected %s", name(m))
	_ = u.transactions.Acknowledge(t.ID(), ack(u.request("INVITE"), m))
}

func (u *user) request(method string) *Request {
	req, err := NewRequest(method, "sip:bob@biloxi.example")
	if err != nil {
		u.t.Fatal(err)
	}
	req.Via = []Via{{Protocol: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "a.example", Params: ";branch=z9hG4bKb"}}
	req.CallID, req.CSeq = "c", CSeq{Number: 1, Method: method}
	return req
}

func (u *user) response(status Code, method string) *Response {
	return NewResponse(u.request(method), status)
}

// message is what a step names: a method, or a status.
func (u *user) message(word, method string) Message {
	var status Code
	if _, err := fmt.Sscan(word, &status); err == nil {
		return u.response(status, method)
	}
	return u.request(word)
}

func (u *user) play(machine string, link transaction.Link, steps string) {
	method := "OPTIONS"
	if strings.HasPrefix(machine, "invite") {
		method = "INVITE"
	}
	lines := strings.Split(strings.Trim(steps, "\n"), "\n")
	for n := 0; n < len(lines); n++ {
		step := strings.TrimSpace(lines[n])
		u.step(strings.Fields(step), method, link)
		var want []string
		if n+1 < len(lines) && strings.HasPrefix(lines[n+1], "\t\t\t") {
			n++
			for w := range strings.SplitSeq(lines[n], "|") {
				want = append(want, strings.TrimSpace(w))
			}
		}
		if diff := cmp.Diff(want, u.take()); diff != "" {
			u.t.Fatalf("after %q (-want +got):\n%s", step, diff)
		}
	}
	if st := u.transactions.Stats(); st.Open != 0 || st.Kept != 0 || st.Faults != 0 {
		u.t.Errorf("left: %+v", st)
	}
}

// step is one of a play's.
func (u *user) step(words []string, method string, link transaction.Link) {
	var err error
	switch words[0] {
	case "<":
		m := u.message(words[1], method)
		b, _ := m.AppendMessage(nil)
		u.transactions.Receive(m, b, link)
	case "+":
		var d time.Duration
		d, err = time.ParseDuration(words[1])
		time.Sleep(d)
		synctest.Wait()
	case "failed":
		u.transactions.Failed(u.last(), errors.New("refused"))
	case ">":
		switch words[1] {
		case "request":
			if method == "INVITE" {
				_, err = u.transactions.Invite(u.request(method), link, 1)
			} else {
				_, err = u.transactions.Request(u.request(method), link, 1)
			}
		case "provide":
			err = u.transactions.Provide(u.last(), u.message(words[2], method).(*Response))
		case "succeed":
			err = u.transactions.Succeed(u.last(), u.message(words[2], method).(*Response))
		case "fail":
			err = u.transactions.Fail(u.last(), u.message(words[2], method).(*Response))
		}
	}
	if err != nil {
		u.t.Fatal(err)
	}
}
