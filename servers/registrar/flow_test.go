package registrar_test

import (
	"sync"
	"testing"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/servers/registrar"
	"github.com/protogen-go/protogen/servers/sip"
)

// serveAll is serve with a leg of each transport.
func serveAll(t *testing.T, c registrar.Config) *registrar.Server {
	t.Helper()
	c.Domains = []string{"biloxi.example"}
	s, err := registrar.Serve(t.Context(), sip.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "ws://127.0.0.1:0"}, Logger: quiet}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// legs are the places of the transports in serveAll.
var legs = map[string]int{"udp": 0, "tcp": 1, "ws": 2}

// A hidden phone is one that nobody can connect to: behind a translator of addresses, or in a browser.
type hidden struct {
	*phone
	transport string
	instance  string
	flow      uint32
}

func newHidden(t *testing.T, s *registrar.Server, name, transport string, h sip.Handler) *hidden {
	t.Helper()
	server, err := sip.Listen(t.Context(), sip.Config{Listen: []string{transport + "://127.0.0.1:0"}, Handler: h, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	p := &phone{Server: server, Client: server.Client(), t: t, name: name, proxy: s.Addrs()[legs[transport]].String() + ";transport=" + transport}
	return &hidden{phone: p, transport: transport}
}

// outbound makes the phone keep flows.
func (h *hidden) outbound(instance string, flow uint32) *hidden {
	h.instance, h.flow = instance, flow
	return h
}

func (h *hidden) request(method, target string) *sip.Request {
	h.t.Helper()
	req := h.phone.request(method, target)
	u := "sip:" + h.name + "@df7jal23ls0d.invalid;transport=" + h.transport
	if h.instance != "" {
		u += ";ob"
	}
	if err := req.Contact[0].URI.Set(u); err != nil {
		h.t.Fatal(err)
	}
	return req
}

func (h *hidden) register(change func(*sip.Request)) *sip.Response {
	h.t.Helper()
	req := h.request("REGISTER", "sip:biloxi.example")
	req.To = req.From
	if h.instance != "" {
		req.Contact[0].Params = header.WithNumber(req.Contact[0].Params.With("+sip.instance", header.Quote("<urn:uuid:"+h.instance+">")), "reg-id", h.flow)
		req.Supported = []string{"path", "outbound"}
	}
	if change != nil {
		change(req)
	}
	res, err := h.Do(h.t.Context(), req)
	if err != nil {
		h.t.Fatal(err)
	}
	return res
}

// callee answers INVITEs and gives out the dialogs; ended gets the first ACK of a call, and BYE.
func callee(dialogs chan<- *sip.Dialog, ended chan<- string) sip.Methods {
	m := sip.Answerer{}.Methods()
	m["INVITE"] = sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
		res := sip.NewResponse(r, wire.CodeOK)
		res.Contact = []sip.Contact{{URI: r.URI}}
		_ = w.Respond(res)
		if d, err := sip.NewServerDialog(r, res); err == nil {
			dialogs <- d
		}
	})
	var acknowledged sync.Map // an ACK comes again when a 2xx does
	m["ACK"] = sip.HandlerFunc(func(_ *sip.Responder, r *sip.Request) {
		if _, again := acknowledged.LoadOrStore(r.CallID, true); !again {
			ended <- r.Method
		}
	})
	m["BYE"] = sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
		_ = w.Reply(wire.CodeOK)
		ended <- r.Method
	})
	return m
}

// Who has registered over a connection is reached over it, and so is who calls from one: all requests of their dialogs, both ways.
func TestFlows(t *testing.T) {
	for _, caller := range []string{"udp", "tcp", "ws"} {
		for _, called := range []string{"tcp", "ws", "udp"} {
			t.Run(caller+" to "+called, func(t *testing.T) {
				s := serveAll(t, registrar.Config{})
				dialogs, atBob, atAlice := make(chan *sip.Dialog, 1), make(chan string, 2), make(chan string, 2)
				bob := newHidden(t, s, "bob", called, callee(dialogs, atBob)).outbound("bob", 1)
				alice := newHidden(t, s, "alice", caller, callee(nil, atAlice)).outbound("alice", 1)
				res := bob.register(nil)
				if res.Status != wire.CodeOK || len(res.Require) != 1 || res.FlowTimer.Value == 0 {
					t.Fatalf("%v, Require %v, Flow-Timer %v", res.Status, res.Require, res.FlowTimer)
				}
				invite := func() *sip.Invitation {
					call, err := alice.Invite(t.Context(), alice.request("INVITE", "sip:bob@biloxi.example"), nil, nil)
					if err != nil {
						t.Fatal(err)
					}
					if got := <-atBob; got != "ACK" {
						t.Fatalf("bob got %s", got)
					}
					return call
				}
				call, _ := invite(), <-dialogs
				if err := call.Bye(t.Context()); err != nil {
					t.Errorf("alice's BYE: %v", err)
				}
				if got := <-atBob; got != "BYE" {
					t.Errorf("bob got %s", got)
				}
				call, d := invite(), <-dialogs
				defer call.Close()
				if res, err := bob.Do(t.Context(), d.NewRequest("BYE")); err != nil || res.Status != wire.CodeOK {
					t.Errorf("bob's BYE: %v, %v", res, err)
				}
				if got := <-atAlice; got != "BYE" {
					t.Errorf("alice got %s", got)
				}
			})
		}
	}
}

// ring calls bob and returns the code of the final response.
func (p *phone) ring(method string) sip.Code {
	p.t.Helper()
	res, err := p.Do(p.t.Context(), p.request(method, "sip:bob@biloxi.example"))
	if err != nil {
		p.t.Fatal(err)
	}
	return res.Status
}

// A user agent with two flows is reached over the newer one, and when that has gone, over the other. When both have, it is not there.
func TestFlowFailed(t *testing.T) {
	for _, transport := range []string{"tcp", "ws"} {
		s := serveAll(t, registrar.Config{})
		reached := make(chan int, 1)
		var flows []*hidden
		for i := range 2 {
			bob := newHidden(t, s, "bob", transport, sip.Methods{"MESSAGE": sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) {
				_ = w.Reply(wire.CodeOK)
				reached <- i
			})}).outbound("bob", uint32(i+1))
			if res := bob.register(nil); res.Status != wire.CodeOK || len(res.Contact) != i+1 {
				t.Fatalf("%v, %v", res.Status, res.Contact)
			}
			flows = append(flows, bob)
		}
		alice := newPhone(t, s, "alice", nil)
		for i := len(flows) - 1; i >= 0; i-- {
			if code := alice.ring("MESSAGE"); code != wire.CodeOK {
				t.Fatalf("%s: flow %d: %d", transport, i, code)
			}
			if got := <-reached; got != i {
				t.Errorf("%s: reached flow %d, want %d", transport, got, i)
			}
			if err := flows[i].Close(); err != nil {
				t.Error(err)
			}
		}
		if code := alice.ring("MESSAGE"); code != wire.CodeTemporarilyUnavailable {
			t.Errorf("%s: without flows: %d", transport, code)
		}
	}
}

// A user agent without any idea of flows, whose Contact nobody can connect to, is reached all the same.
func TestNATedTCP(t *testing.T) {
	s := serveAll(t, registrar.Config{})
	bob := newHidden(t, s, "bob", "tcp", sip.Answerer{}.Methods())
	if res := bob.register(nil); res.Status != wire.CodeOK || len(res.Require) != 0 {
		t.Fatalf("%v, Require %v", res.Status, res.Require)
	}
	if code := newPhone(t, s, "alice", nil).ring("MESSAGE"); code != wire.CodeOK {
		t.Errorf("%d", code)
	}
}

// A registrar tells user agents whose first proxy keeps no flows, and what it does not know.
func TestOutboundRefusals(t *testing.T) {
	s := serveAll(t, registrar.Config{})
	bob := newHidden(t, s, "bob", "tcp", nil).outbound("bob", 1)
	route := func(u string) sip.Route {
		var r sip.Route
		if err := r.URI.Set(u); err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, tt := range []struct {
		name   string
		change func(*sip.Request)
		want   sip.Code
	}{
		{"no flows there", func(r *sip.Request) { r.Path = []sip.Route{route("sip:edge.example;lr")} }, wire.CodeFirstHopLacksOutboundSupport},
		{"flows there", func(r *sip.Request) { r.Path = []sip.Route{route("sip:x@edge.example;lr;ob")} }, wire.CodeOK},
		{"unknown extension", func(r *sip.Request) { r.Require = []string{"outbound", "gruu"} }, wire.CodeBadExtension},
	} {
		if res := bob.register(tt.change); res.Status != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, res.Status, tt.want)
		}
	}
}

// A token is of use to nobody but who made it.
func TestFlowTokens(t *testing.T) {
	tokens := make(chan string, 1)
	s, err := sip.Listen(t.Context(), sip.Config{Listen: []string{"udp://127.0.0.1:0"}, Logger: quiet, Handler: sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) {
		tokens <- w.FlowToken()
		_ = w.Reply(wire.CodeOK)
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := newPhone(t, serve(t, registrar.Config{}), "alice", nil)
	req, err := sip.NewRequest("OPTIONS", "sip:"+s.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Do(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	token := <-tokens
	if link, ok := s.Client().Flow(token); !ok || link.Addr().String() != other.Addrs()[0].String() {
		t.Errorf("%v, %v", link.Addr(), ok)
	}
	if _, ok := other.Flow(token); ok {
		t.Error("another stack takes it")
	}
	for i := range token {
		if _, ok := s.Client().Flow(token[:i] + string('A'+(token[i]+1)%26) + token[i+1:]); ok && i < len(token)-1 {
			t.Errorf("changed at %d it is taken", i)
		}
		if _, ok := s.Client().Flow(token[:i]); ok {
			t.Errorf("of %d octets it is taken", i)
		}
	}
}

// A user agent registers with its home through an edge proxy, and is called through it.
func TestEdgeProxy(t *testing.T) {
	home := serveAll(t, registrar.Config{})
	edge, err := registrar.Serve(t.Context(), sip.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "ws://127.0.0.1:0"}, Logger: quiet},
		registrar.Config{Domains: []string{"edge.example"}, Realm: "edge", Directory: &registrar.Memory{Accounts: map[string]string{"bob": "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer edge.Close()
	dialogs, got := make(chan *sip.Dialog, 1), make(chan string, 2)
	bob := newHidden(t, edge, "bob", "ws", callee(dialogs, got)).outbound("bob", 1)
	req := bob.request("REGISTER", "sip:"+home.Addrs()[0].String())
	req.To = req.From
	req.Contact[0].Params = req.Contact[0].Params.With("+sip.instance", header.Quote("<urn:uuid:bob>")).With("reg-id", "1")
	req.Supported = []string{"path", "outbound"}
	res, err := bob.DoAs(t.Context(), req, &sip.Account{Username: "bob", Password: "secret"})
	if err != nil || res.Status != wire.CodeOK || len(res.Path) != 1 {
		t.Fatalf("%v, %v", res, err)
	}
	alice := newPhone(t, home, "alice", nil)
	call, err := alice.Invite(t.Context(), alice.request("INVITE", "sip:bob@biloxi.example"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := <-got; a != "ACK" {
		t.Errorf("bob got %s", a)
	}
	if err := call.Bye(t.Context()); err != nil {
		t.Error(err)
	}
}

// A user agent that keeps itself registered is reached over its flow, over each transport, until it takes the registration back.
func TestRegistration(t *testing.T) {
	s := serveAll(t, registrar.Config{Realm: "biloxi.example", Directory: &registrar.Memory{Accounts: map[string]string{"bob": "secret"}}})
	alice := newPhone(t, s, "alice", nil)
	for transport, leg := range legs {
		bob := newHidden(t, s, "bob", transport, sip.Answerer{}.Methods())
		registration, err := bob.Register(t.Context(), sip.Registering{
			User: "sip:bob@biloxi.example", Registrar: "sip:" + s.Addrs()[leg].String() + ";transport=" + transport,
			Account: &sip.Account{Username: "bob", Password: "secret"},
		})
		if err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		if code := alice.ring("MESSAGE"); code != wire.CodeOK {
			t.Errorf("%s: %d", transport, code)
		}
		if err := registration.Close(t.Context()); err != nil {
			t.Errorf("%s: %v", transport, err)
		}
		if code := alice.ring("MESSAGE"); code != wire.CodeTemporarilyUnavailable {
			t.Errorf("%s: taken back: %d", transport, code)
		}
	}
}
