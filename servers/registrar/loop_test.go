package registrar_test

import (
	"slices"
	"testing"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/servers/registrar"
	"github.com/protogen-go/protogen/servers/sip"
)

// A request that comes back as it was is refused; one that comes back for somebody else goes on.
func TestLoop(t *testing.T) {
	s := serve(t, registrar.Config{Directory: &registrar.Memory{}})
	here := s.Addrs()[0].String()
	bind := func(aor, contact string) {
		p := newPhone(t, s, "bob", nil)
		res, err := p.register("", func(r *sip.Request) {
			if err := r.To.URI.Set(aor); err != nil {
				t.Fatal(err)
			}
			if err := r.Contact[0].URI.Set(contact); err != nil {
				t.Fatal(err)
			}
		})
		if err != nil || res.Status != wire.CodeOK {
			t.Fatalf("%v, %v", res, err)
		}
	}
	carol := newPhone(t, s, "carol", sip.Answerer{}.Methods())
	bind("sip:bob@"+here, "sip:bob@"+here)
	bind("sip:bob@biloxi.example", "sip:spiral@"+here)
	bind("sip:spiral@"+here, "sip:carol@"+carol.Addrs()[0].String())
	for target, want := range map[string]sip.Code{"sip:bob@" + here: wire.CodeLoopDetected, "sip:bob@biloxi.example": wire.CodeOK} {
		if res, err := carol.Do(t.Context(), carol.request("MESSAGE", target)); err != nil || res.Status != want {
			t.Errorf("%s: %v, %v; want %d", target, res, err, want)
		}
	}
}

// The branches of a request share what it may have of them.
func TestMaxBreadth(t *testing.T) {
	s := serve(t, registrar.Config{})
	shares := make(chan string, 2)
	for range 2 {
		p := newPhone(t, s, "bob", sip.Methods{"MESSAGE": sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
			share, _ := r.Others.Get("Max-Breadth")
			shares <- share
			_ = w.Reply(wire.CodeBusyHere)
		})})
		if res, err := p.register("", nil); err != nil || res.Status != wire.CodeOK {
			t.Fatalf("%v, %v", res, err)
		}
	}
	alice := newPhone(t, s, "alice", nil)
	for _, tt := range []struct {
		breadth string
		code    sip.Code
		shares  []string
	}{
		{"", wire.CodeBusyHere, []string{"30", "30"}},
		{"5", wire.CodeBusyHere, []string{"2", "3"}},
		{"1", wire.CodeMaxBreadthExceeded, nil},
		{"x", wire.CodeBadRequest, nil},
	} {
		req := alice.request("MESSAGE", "sip:bob@biloxi.example")
		if tt.breadth != "" {
			req.Others.Set("Max-Breadth", tt.breadth)
		}
		res, err := alice.Do(t.Context(), req)
		if err != nil || res.Status != tt.code {
			t.Errorf("%q: %v, %v; want %d", tt.breadth, res, err, tt.code)
		}
		var got []string
		for range tt.shares {
			got = append(got, <-shares)
		}
		if slices.Sort(got); !slices.Equal(got, tt.shares) {
			t.Errorf("%q: shares %v, want %v", tt.breadth, got, tt.shares)
		}
	}
}

// Who rings for longer than timer C is cancelled.
func TestTimerC(t *testing.T) {
	s := serve(t, registrar.Config{TimerC: 100 * time.Millisecond})
	bob := newPhone(t, s, "bob", sip.Methods{"INVITE": sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) { _ = w.Reply(wire.CodeRinging) })})
	if res, err := bob.register("", nil); err != nil || res.Status != wire.CodeOK {
		t.Fatalf("%v, %v", res, err)
	}
	if code := newPhone(t, s, "alice", nil).ring("INVITE"); code != wire.CodeRequestTerminated && code != wire.CodeRequestTimeout {
		t.Errorf("%d", code)
	}
}

// The caller gets the challenges of all who ask, and no 503 that is about somebody else.
func TestOutcome(t *testing.T) {
	s := serve(t, registrar.Config{})
	answer := func(code sip.Code, realm string) {
		p := newPhone(t, s, "bob", sip.Methods{"MESSAGE": sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
			res := sip.NewResponse(r, code)
			if realm != "" {
				res.WWWAuthenticate = []sip.Challenge{{Scheme: "Digest", Arguments: header.Arguments("realm=" + header.Quote(realm))}}
			}
			_ = w.Respond(res)
		})})
		if res, err := p.register("", nil); err != nil || res.Status != wire.CodeOK {
			t.Fatalf("%v, %v", res, err)
		}
	}
	alice := newPhone(t, s, "alice", nil)
	answer(wire.CodeServiceUnavailable, "")
	if code := alice.ring("MESSAGE"); code != wire.CodeServerInternalError {
		t.Errorf("503 comes as %d", code)
	}
	answer(wire.CodeUnauthorized, "one")
	answer(wire.CodeUnauthorized, "two")
	res, err := alice.Do(t.Context(), alice.request("MESSAGE", "sip:bob@biloxi.example"))
	if err != nil || res.Status != wire.CodeUnauthorized || len(res.WWWAuthenticate) != 2 {
		t.Errorf("%v, %v", res, err)
	}
}
