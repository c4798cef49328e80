package session_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// echo answers orders with their own text; some texts ask for something else.
type echo struct{}

func (echo) Login(_ context.Context, m *login) (*reply, error) {
	if m.name == "nobody" {
		return nil, refusal(2200)
	}
	return &reply{m.id, 1000, "welcome"}, nil
}

func (echo) Order(_ context.Context, m *order) (*reply, error) {
	switch m.text {
	case "refuse":
		return nil, refusal(2303)
	case "fail":
		return nil, errors.New("the secret reason")
	case "panic":
		panic("a handler's defect")
	}
	return &reply{m.id, 1000, m.text}, nil
}

// frames are messages as they stand in the stream.
func frames(t testing.TB, messages ...string) []byte {
	t.Helper()
	var b []byte
	for _, m := range messages {
		var err error
		if b, err = officeFrame.Append(b, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// unframe are the messages of a stream.
func unframe(t testing.TB, b []byte) []string {
	t.Helper()
	var list []string
	for len(b) > 0 {
		payload, n, err := officeFrame.Next(b)
		if err != nil {
			t.Fatalf("%d octets are no frame: %v", len(b), err)
		}
		list = append(list, string(payload))
		b = b[n:]
	}
	return list
}

// script is what a client sends and what it must get, whatever way the octets are cut.
var scripts = []struct {
	name       string
	send, want []string
	err        error
}{
	{
		name: "order of a whole session",
		send: []string{"hello 1", "order 2 early", "junk", "login 3 nobody", "login 4 me", "login 5 me", "order 6 six", "logout 7", "hello 8"},
		want: []string{
			"greeting 0", "greeting 1", "reply 2 2002 log in first", "reply ? 2001 unreadable message", "reply 3 2200 refused",
			"reply 4 1000 welcome", "reply 5 2002 logged in already", "reply 6 1000 six", "reply 7 1500 bye",
		},
	},
	{
		name: "what handlers return",
		send: []string{"login 1 me", "order 2 refuse", "order 3 fail", "order 4 unwritable", "order 5 five"},
		want: []string{
			"greeting 0", "reply 1 1000 welcome", "reply 2 2303 refused", "reply 3 2400 failed", "reply 4 2400 failed", "reply 5 1000 five",
		},
	},
	{
		name: "a message for the other side",
		send: []string{"greeting 1", "hello 2"},
		want: []string{"greeting 0", "reply ? 2001 unreadable message", "greeting 2"},
	},
	{
		name: "a handler that panics",
		send: []string{"login 1 me", "order 2 panic", "order 3 three"},
		want: []string{"greeting 0", "reply 1 1000 welcome"},
		err:  &session.PanicError{Value: "a handler's defect"},
	},
}

func TestPush(t *testing.T) {
	for _, tt := range scripts {
		for _, size := range []int{1, 3, 16, 1 << 20} {
			t.Run(tt.name+"/"+strconv.Itoa(size), func(t *testing.T) {
				push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
				out := slices.Clone(push.Open())
				for part := range slices.Chunk(frames(t, tt.send...), size) {
					out = append(out, push.Receive(part)...)
				}
				if diff := cmp.Diff(tt.want, unframe(t, out)); diff != "" {
					t.Errorf("the session sends (-want +got):\n%s", diff)
				}
				_, err := push.Ended()
				if tt.err == nil && err != nil || tt.err != nil && (err == nil || err.Error() != tt.err.Error()) {
					t.Errorf("the session ended with %v, want %v", err, tt.err)
				}
			})
		}
	}
}

func TestPushGarbled(t *testing.T) {
	push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
	push.Open()
	out := push.Receive(append(frames(t, "login 1 me"), 0, 0, 0, 3, 9, 9))
	want := []string{"reply 1 1000 welcome", "reply ? 2500 frame: too short: 3 octets, limit 5"}
	if diff := cmp.Diff(want, unframe(t, out)); diff != "" {
		t.Errorf("the session sends (-want +got):\n%s", diff)
	}
	if ended, err := push.Ended(); !ended || err != nil {
		t.Errorf("ended %v with %v, want a regular end", ended, err)
	}
	if out := push.Receive(frames(t, "hello 2")); len(out) > 0 {
		t.Errorf("the session sends %q after its end", out)
	}
}

func TestPushTimers(t *testing.T) {
	push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
	push.Open()
	if diff := cmp.Diff([]string{"login"}, push.Armed()); diff != "" {
		t.Errorf("timers before login (-want +got):\n%s", diff)
	}
	push.Receive(frames(t, "login 1 me"))
	if diff := cmp.Diff([]string{"idle"}, push.Armed()); diff != "" {
		t.Errorf("timers after login (-want +got):\n%s", diff)
	}
	push.Expire("login") // does not run
	if ended, _ := push.Ended(); ended {
		t.Error("a timer that does not run ended the session")
	}
	push.Expire("idle")
	if ended, err := push.Ended(); !ended || err != nil {
		t.Errorf("ended %v with %v, want a regular end", ended, err)
	}
}

func TestPushEnd(t *testing.T) {
	push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
	push.Open()
	push.Receive(frames(t, "hello 1")[:6])
	push.End()
	if ended, err := push.Ended(); !ended || err != nil {
		t.Errorf("ended %v with %v, want a regular end", ended, err)
	}
}

// TestTransitions checks that hooks report every change of state and every answer, once and in order.
func TestTransitions(t *testing.T) {
	service := quiet(newClerk(echo{}, clerkConfig{}))
	var log []string
	service.Hooks = session.Hooks{
		Opened:     func(uint64, session.Peer) { log = append(log, "opened") },
		Transition: func(tr session.Transition) { log = append(log, tr.From+" "+tr.Input+" "+tr.To) },
		Answered:   func(a session.Answered) { log = append(log, "answered "+a.Request) },
		Closed:     func(_ uint64, cause error) { log = append(log, "closed") },
	}
	push := session.NewPush(service)
	push.Open()
	push.Receive(frames(t, "login 1 me", "order 2 two", "junk", "logout 3"))
	want := []string{
		"opened", "greeting enter waitingForLogin",
		"waitingForLogin login loggingIn", "loggingIn login.accepted waitingForOrder", "answered login",
		"waitingForOrder order working", "working order.done waitingForOrder", "answered order",
		"answered broken", "waitingForOrder logout end", "answered logout", "closed",
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("hooks report (-want +got):\n%s", diff)
	}
}

// randomRequests are n requests after a login, each with an id of its own.
func randomRequests(r *rand.Rand, n int) []string {
	kinds := []string{"hello %", "order % x", "login % me", "order % fail", "order % refuse", "junk"}
	list := []string{"login 0 me"}
	for i := range n {
		list = append(list, strings.ReplaceAll(kinds[r.IntN(len(kinds))], "%", strconv.Itoa(i+1)))
	}
	return list
}

// checkReplies reports the first reply that is not the one its request is owed.
func checkReplies(t testing.TB, requests, replies []string) {
	t.Helper()
	if len(replies) != len(requests)+1 {
		t.Fatalf("%d replies for %d requests: %q", len(replies)-1, len(requests), replies)
	}
	for i, req := range requests {
		id := "?"
		if _, rest, ok := strings.Cut(req, " "); ok {
			id, _, _ = strings.Cut(rest, " ")
		}
		if got := strings.Fields(replies[i+1])[1]; got != id {
			t.Fatalf("reply %d to %q is %q", i, req, replies[i+1])
		}
	}
}

// TestPushProperty: any pipelined sequence of requests gets one reply each, in order, however its octets are cut.
func TestPushProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		requests := randomRequests(r, r.IntN(40))
		push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{window: 1 + r.IntN(20), parallel: r.IntN(2) == 0})))
		out := slices.Clone(push.Open())
		stream := frames(t, requests...)
		for len(stream) > 0 {
			n := 1 + r.IntN(min(len(stream), 64))
			out = append(out, push.Receive(stream[:n])...)
			stream = stream[n:]
		}
		checkReplies(t, requests, unframe(t, out))
	}
}

// FuzzPush: whatever the peer sends, cut anywhere, the session does not panic, sends whole frames and ends with the peer.
func FuzzPush(f *testing.F) {
	for _, s := range scripts[:3] {
		f.Add(frames(f, s.send...), 5)
	}
	f.Add([]byte("\x00\x00\x00\x03"), 1)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		if strings.Contains(string(data), "panic") {
			return // a handler's panic ends the session in the middle
		}
		push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
		out := slices.Clone(push.Open())
		cut = min(max(cut, 0), len(data))
		out = append(out, push.Receive(data[:cut])...)
		out = append(out, push.Receive(data[cut:])...)
		out = append(out, push.End()...)
		for len(out) > 0 {
			_, n, err := officeFrame.Next(out)
			if err != nil {
				t.Fatalf("the session sends %q: %v", out, err)
			}
			out = out[n:]
		}
		if ended, _ := push.Ended(); !ended {
			t.Error("the peer has ended the stream, and the session goes on")
		}
	})
}

// TestUnexpected: an input that the specification gives no meaning ends the session, and says where.
func TestUnexpected(t *testing.T) {
	service := quiet(newClerk(echo{}, clerkConfig{intolerant: true}))
	service.Hooks.Answered = func(a session.Answered) { t.Errorf("%s was reported as answered", a.Request) }
	push := session.NewPush(service)
	push.Open()
	push.Receive(frames(t, "junk"))
	ended, err := push.Ended()
	var state *session.StateError
	if !ended || !errors.As(err, &state) {
		t.Fatalf("ended %v with %v, want a *StateError", ended, err)
	}
	want := session.StateError{Machine: "clerk", State: "waitingForLogin", Input: "broken"}
	if diff := cmp.Diff(want, *state); diff != "" {
		t.Errorf("the error (-want +got):\n%s", diff)
	}
}

// TestPushPeer: a caller that knows the peer can say so.
func TestPushPeer(t *testing.T) {
	p := &peers{peer: make(chan session.Peer, 1), view: make(chan any, 1)}
	push := session.NewPush(quiet(newClerk(p, clerkConfig{})))
	push.SetPeer(looptest.Addr("somebody"), &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{}}})
	push.Open()
	push.Receive(frames(t, "login 1 me", "order 2 x"))
	if peer := <-p.peer; peer.Address() != "somebody" || !peer.Verified {
		t.Errorf("the peer is %+v", peer)
	}
}

func TestValues(t *testing.T) {
	list := []string{"a", "b"}
	for i, want := range map[int64]string{-1: "", 0: "a", 1: "b", 2: ""} {
		if got := session.At(list, i); got != want {
			t.Errorf("At(%d) = %q, want %q", i, got, want)
		}
	}
	if got := session.Last(list) + session.Last(list[:0]); got != "b" {
		t.Errorf("Last = %q, want b", got)
	}
	if session.Cond(true, 1, 2) != 1 || session.Cond(false, 1, 2) != 2 {
		t.Error("Cond chooses the wrong value")
	}
}

func TestAnswer(t *testing.T) {
	if m, err := session.Answer[reply](nil, nil); err != nil || m.(*reply) == nil {
		t.Errorf("no reply without an error is %v, %v, want the empty reply", m, err)
	}
	failed := errors.New("failed")
	if m, err := session.Answer(&reply{}, failed); m != nil || err != failed {
		t.Errorf("an error is %v, %v, want it alone", m, err)
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("broken pipe")
	for _, tt := range []struct {
		err  error
		text string
	}{
		{session.ErrClosed, "session: closed"},
		{&session.EndedError{}, "session: closed"},
		{&session.EndedError{Cause: cause}, "session: closed: broken pipe"},
		{&session.FailedError{Reason: "no answer"}, "session: no answer"},
		{&session.StateError{Machine: "client", State: "open", Input: "login"}, "session: client cannot take login in state open"},
		{&session.PanicError{Value: 1}, "session: handler panicked: 1"},
		{&session.UnexpectedReplyError{Request: "check", Reply: "greeting"}, "session: check was answered by greeting"},
	} {
		if tt.err.Error() != tt.text {
			t.Errorf("%T says %q, want %q", tt.err, tt.err, tt.text)
		}
	}
	if err := error(&session.EndedError{Cause: cause}); !errors.Is(err, cause) || !errors.Is(err, net.ErrClosed) {
		t.Error("an EndedError is neither its cause nor closed")
	}
}
