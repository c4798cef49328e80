package registrar_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/servers/registrar"
	"github.com/protogen-go/protogen/servers/sip"
)

var quiet = slog.New(slog.DiscardHandler)

// serve runs a registrar for biloxi.example on the loopback interface.
func serve(t *testing.T, c registrar.Config) *registrar.Server {
	t.Helper()
	c.Domains = []string{"biloxi.example"}
	if c.Directory == nil {
		c.Directory = &registrar.Memory{Accounts: map[string]string{"bob": "secret", "carol": "secret"}}
	}
	s, err := registrar.Serve(t.Context(), sip.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, Logger: quiet}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A phone is a user agent: a server and a client on one socket.
type phone struct {
	*sip.Server
	*sip.Client
	t     *testing.T
	name  string
	proxy string
}

func newPhone(t *testing.T, proxy *registrar.Server, name string, h sip.Handler) *phone {
	t.Helper()
	s, err := sip.Listen(t.Context(), sip.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, Handler: h, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &phone{Server: s, Client: s.Client(), t: t, name: name, proxy: proxy.Addrs()[0].String()}
}

func (p *phone) Close() error { return p.Server.Close() }

// request makes a request that leaves by the proxy.
func (p *phone) request(method, target string) *sip.Request {
	p.t.Helper()
	req, err := sip.NewRequest(method, target)
	if err != nil {
		p.t.Fatal(err)
	}
	route, err := sip.NewRequest(method, "sip:"+p.proxy+";lr")
	if err != nil {
		p.t.Fatal(err)
	}
	req.Route = []sip.Route{{URI: route.URI}}
	req.From.URI.Host, req.From.URI.User, req.From.URI.Port = "biloxi.example", p.name, 0
	req.Contact = []sip.Contact{p.contact()}
	return req
}

func (p *phone) contact() sip.Contact {
	var c sip.Contact
	if err := c.URI.Set("sip:" + p.name + "@" + p.Addrs()[0].String()); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// register makes the phone known.
func (p *phone) register(password string, change func(*sip.Request)) (*sip.Response, error) {
	req := p.request("REGISTER", "sip:biloxi.example")
	req.To = req.From
	if change != nil {
		change(req)
	}
	return p.DoAs(context.Background(), req, &sip.Account{Username: p.name, Password: password})
}

func TestRegister(t *testing.T) {
	s := serve(t, registrar.Config{Realm: "biloxi.example"})
	bob := newPhone(t, s, "bob", nil)
	for _, tt := range []struct {
		name     string
		password string
		change   func(*sip.Request)
		want     sip.Code
		contacts int
	}{
		{"wrong password", "wrong", nil, wire.CodeUnauthorized, 0},
		{"bind", "secret", nil, wire.CodeOK, 1},
		{"ask", "secret", func(r *sip.Request) { r.Contact = nil }, wire.CodeOK, 1},
		{"another", "secret", func(r *sip.Request) { r.Contact[0].URI.User = "two" }, wire.CodeOK, 2},
		{"too brief", "secret", func(r *sip.Request) { r.Expires = header.Some[uint32](5) }, wire.CodeIntervalTooBrief, 0},
		{"remove one", "secret", func(r *sip.Request) { r.Contact[0].Params = ";expires=0" }, wire.CodeOK, 1},
		{"somebody else", "secret", func(r *sip.Request) { r.To.URI.User = "carol" }, wire.CodeForbidden, 0},
		{"another domain", "secret", func(r *sip.Request) { r.To.URI.Host = "chicago.example" }, wire.CodeNotFound, 0},
		{"remove all", "secret", func(r *sip.Request) {
			r.Contact = []sip.Contact{{}}
			r.Contact[0].URI.Opaque = "*"
			r.Expires = header.Some[uint32](0)
		}, wire.CodeOK, 0},
	} {
		res, err := bob.register(tt.password, tt.change)
		if err != nil || res.Status != tt.want || len(res.Contact) != tt.contacts {
			t.Errorf("%s: %v, %v; want %d with %d contacts", tt.name, res, err, tt.want, tt.contacts)
		}
	}
}

// A call through the proxy, which stays in its path.
func TestCall(t *testing.T) {
	s := serve(t, registrar.Config{})
	requests := make(chan string, 10)
	methods := sip.Answerer{}.Methods()
	for method, h := range methods {
		methods[method] = sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
			requests <- method
			h.ServeSIP(w, r)
		})
	}
	methods["ACK"] = sip.HandlerFunc(func(_ *sip.Responder, r *sip.Request) { requests <- r.Method })
	bob, alice := newPhone(t, s, "bob", methods), newPhone(t, s, "alice", nil)
	if res, err := bob.register("", nil); err != nil || res.Status != wire.CodeOK {
		t.Fatalf("%v, %v", res, err)
	}
	rang := false
	call, err := alice.Invite(t.Context(), alice.request("INVITE", "sip:bob@biloxi.example"), nil, func(res *sip.Response) {
		rang = rang || res.Status == wire.CodeRinging
	})
	if err != nil || !rang {
		t.Fatalf("rang %v, %v", rang, err)
	}
	if len(call.Response.RecordRoute) != 1 {
		t.Errorf("Record-Route %v", call.Response.RecordRoute)
	}
	if err := call.Bye(t.Context()); err != nil {
		t.Error(err)
	}
	got := []string{<-requests, <-requests, <-requests} // handlers run at the same time
	slices.Sort(got)
	if want := []string{"ACK", "BYE", "INVITE"}; !slices.Equal(got, want) {
		t.Errorf("bob got %v, want %v", got, want)
	}
	for target, want := range map[string]sip.Code{
		"sip:nobody@biloxi.example": wire.CodeNotFound, "sip:carol@biloxi.example": wire.CodeTemporarilyUnavailable,
		"sip:dave@chicago.example": wire.CodeForbidden, "sip:bob@biloxi.example": wire.CodeOK, "sip:biloxi.example": wire.CodeOK,
	} {
		if res, err := alice.Do(t.Context(), alice.request("OPTIONS", target)); err != nil || res.Status != want {
			t.Errorf("%s: %v, %v; want %d", target, res, err, want)
		}
	}
	last := alice.request("OPTIONS", "sip:bob@biloxi.example")
	last.MaxForwards = header.Some[uint8](0)
	if res, err := alice.Do(t.Context(), last); err != nil || res.Status != wire.CodeTooManyHops {
		t.Errorf("%v, %v", res, err)
	}
}

// Two contacts ring; one answers, and the other is cancelled. Then both refuse.
func TestFork(t *testing.T) {
	s := serve(t, registrar.Config{})
	cancelled, done := make(chan bool, 1), make(chan struct{})
	slow := newPhone(t, s, "bob", sip.Methods{"INVITE": sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) {
		_ = w.Reply(wire.CodeRinging)
		<-w.Context().Done()
		cancelled <- true
	})})
	answer := make(chan sip.Code, 1)
	quick := newPhone(t, s, "bob", sip.Methods{
		"INVITE": sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
			res := sip.NewResponse(r, <-answer)
			res.Contact = []sip.Contact{w.Contact()}
			_ = w.Respond(res)
		}),
		"ACK": sip.HandlerFunc(func(*sip.Responder, *sip.Request) { close(done) }),
	})
	for _, p := range []*phone{slow, quick} {
		if res, err := p.register("", nil); err != nil || res.Status != wire.CodeOK {
			t.Fatalf("%v, %v", res, err)
		}
	}
	alice := newPhone(t, s, "alice", nil)
	call, err := alice.Invite(t.Context(), alice.request("INVITE", "sip:bob@biloxi.example"), nil, func(res *sip.Response) {
		if res.Status == wire.CodeRinging {
			answer <- wire.CodeOK
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	<-cancelled
	<-done
	call.Close()

	// The caller gives up: the CANCEL reaches who rings.
	if _, err := quick.register("", func(r *sip.Request) { r.Contact[0].Params = ";expires=0" }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = alice.Invite(ctx, alice.request("INVITE", "sip:bob@biloxi.example"), nil, func(res *sip.Response) {
		if res.Status == wire.CodeRinging {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-cancelled
	cancel()
}

// Only who proves himself gets out to other domains.
func TestRelay(t *testing.T) {
	s := serve(t, registrar.Config{Realm: "biloxi.example"})
	other := newPhone(t, s, "dave", sip.Answerer{}.Methods())
	bob := newPhone(t, s, "bob", nil)
	target := "sip:dave@" + other.Addrs()[0].String()
	for password, want := range map[string]sip.Code{"secret": wire.CodeOK, "wrong": wire.CodeProxyAuthenticationRequired} {
		res, err := bob.DoAs(t.Context(), bob.request("MESSAGE", target), &sip.Account{Username: "bob", Password: password})
		if err != nil || res.Status != want {
			t.Errorf("%s: %v, %v; want %d", password, res, err, want)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	caller, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	unreachable := "sip:x@" + caller.LocalAddr().String() + ";transport=tcp" // a port that is taken, so that nobody else can listen there
	res, err := bob.DoAs(t.Context(), bob.request("MESSAGE", unreachable), &sip.Account{Username: "bob", Password: "secret"})
	if err != nil || res.Status != wire.CodeServiceUnavailable {
		t.Errorf("unreachable: %v, %v", res, err)
	}
}

// Bindings end.
func TestExpiry(t *testing.T) {
	m := &registrar.Memory{}
	s := serve(t, registrar.Config{Directory: m})
	bob := newPhone(t, s, "bob", sip.Answerer{}.Methods())
	if res, err := bob.register("", nil); err != nil || res.Status != wire.CodeOK || !strings.Contains(string(res.Contact[0].Params), "expires=3") {
		t.Fatalf("%v, %v", res, err)
	}
	err := m.Update(t.Context(), "bob@biloxi.example", func(list []registrar.Binding) ([]registrar.Binding, error) {
		list[0].Deadline = time.Now().Add(-time.Second)
		return list, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	alice := newPhone(t, s, "alice", nil)
	if res, err := alice.Do(t.Context(), alice.request("OPTIONS", "sip:bob@biloxi.example")); err != nil || res.Status != wire.CodeTemporarilyUnavailable {
		t.Errorf("%v, %v", res, err)
	}
}
