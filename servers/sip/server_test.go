package sip_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/socket"
	"github.com/protogen-go/protogen/servers/sip"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// trusted is a certificate for the loopback interface and a config that trusts it, for both sides.
func trusted(t *testing.T) *tls.Config {
	t.Helper()
	certificate, err := socket.SelfSigned(time.Hour, "127.0.0.1", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// serve runs a server with a leg of each transport on the loopback interface.
func serve(t *testing.T, c sip.Config) *sip.Server {
	t.Helper()
	c.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
	if c.TLS != nil {
		c.Listen = append(c.Listen, "tls://127.0.0.1:0")
	}
	c.Logger = slog.New(slog.DiscardHandler)
	server, err := sip.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func newClient(t *testing.T, c sip.Config) *sip.Client {
	t.Helper()
	c.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
	if c.TLS != nil {
		c.Listen = append(c.Listen, "tls://127.0.0.1:0")
	}
	c.Logger = slog.New(slog.DiscardHandler)
	client, err := sip.NewClient(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// targets are URIs of a server, one for each of its legs.
func targets(server *sip.Server, user string) []string {
	var list []string
	for i, a := range server.Addrs() {
		list = append(list, []string{
			"sip:" + user + "@" + a.String(), "sip:" + user + "@" + a.String() + ";transport=tcp", "sips:" + user + "@" + a.String(),
		}[i])
	}
	return list
}

func request(t *testing.T, method, target string) *sip.Request {
	t.Helper()
	req, err := sip.NewRequest(method, target)
	if err != nil {
		t.Fatal(err)
	}
	if err := req.From.URI.Set("sip:alice@atlanta.example"); err != nil {
		t.Fatal(err)
	}
	return req
}

// A request and its answer over each transport, with the handler inline and on a goroutine.
func TestRequests(t *testing.T) {
	both := trusted(t)
	for _, inline := range []bool{false, true} {
		server := serve(t, sip.Config{Handler: sip.Answerer{}.Methods(), Inline: inline, TLS: both, Name: "test"})
		client := newClient(t, sip.Config{TLS: both})
		for _, target := range targets(server, "bob") {
			for method, want := range map[string]sip.Code{
				"OPTIONS": wire.CodeOK, "MESSAGE": wire.CodeOK, "SUBSCRIBE": wire.CodeMethodNotAllowed, "NEWMETHOD": wire.CodeNotImplemented,
			} {
				res, err := client.Do(t.Context(), request(t, method, target))
				if err != nil || res.Status != want || res.To.Tag() == "" {
					t.Fatalf("%s %s: %v, %v; want %d", method, target, res, err, want)
				}
				if method == "OPTIONS" && (len(res.Allow) == 0 || res.Server != "test") {
					t.Errorf("OPTIONS: Allow %v, Server %q", res.Allow, res.Server)
				}
			}
		}
	}
}

// A call over each transport: provisional response, 2xx, ACK, BYE.
func TestCall(t *testing.T) {
	both := trusted(t)
	acks := make(chan string, 10)
	methods := sip.Answerer{}.Methods()
	methods["ACK"] = sip.HandlerFunc(func(_ *sip.Responder, r *sip.Request) { acks <- r.CallID })
	server := serve(t, sip.Config{Handler: methods, TLS: both})
	client := newClient(t, sip.Config{TLS: both})
	for _, target := range targets(server, "bob") {
		rang := 0
		req := request(t, "INVITE", target)
		contact, err := client.Contact(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		req.Contact = []sip.Contact{contact}
		call, err := client.Invite(t.Context(), req, nil, func(res *sip.Response) {
			if res.Status == wire.CodeRinging {
				rang++
			}
		})
		if err != nil || rang != 1 || string(call.Response.Body) != sip.DefaultSession {
			t.Fatalf("%s: rang %d times, %v", target, rang, err)
		}
		if id := <-acks; id != call.CallID() {
			t.Errorf("ACK of %q, want %q", id, call.CallID())
		}
		if err := call.Bye(t.Context()); err != nil {
			t.Errorf("%s: BYE: %v", target, err)
		}
	}
	if st := server.Stats(); st.Repeating != 0 || st.Transactions.Faults != 0 {
		t.Errorf("stats %+v", st)
	}
}

// An INVITE that nobody answers is cancelled: its handler is told, and it ends with 487.
func TestCancel(t *testing.T) {
	ended := make(chan error, 1)
	server := serve(t, sip.Config{Handler: sip.Methods{"INVITE": sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) {
		_ = w.Reply(wire.CodeRinging)
		<-w.Context().Done()
		ended <- w.Reply(wire.CodeOK)
	})}})
	client := newClient(t, sip.Config{})
	for _, target := range targets(server, "bob") {
		ctx, cancel := context.WithCancel(t.Context())
		call, err := client.Start(ctx, request(t, "INVITE", target))
		if err != nil {
			t.Fatal(err)
		}
		if res, err := call.Next(ctx); err != nil || res.Status != wire.CodeRinging {
			t.Fatalf("%v, %v", res, err)
		}
		if err := call.Cancel(ctx); err != nil {
			t.Fatal(err)
		}
		if res, err := call.Next(ctx); err != nil || res.Status != wire.CodeRequestTerminated {
			t.Fatalf("%v, %v", res, err)
		}
		if err := <-ended; !errors.Is(err, sip.ErrAnswered) {
			t.Errorf("late answer: %v", err)
		}
		call.Close()
		go cancel()
		_, err = client.Do(ctx, request(t, "INVITE", target))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		cancel()
		<-ended
	}
	stray := request(t, "CANCEL", targets(server, "bob")[0])
	if res, err := client.Do(t.Context(), stray); err != nil || res.Status != wire.CodeCallDoesNotExist {
		t.Errorf("CANCEL of nothing: %v, %v", res, err)
	}
}

// Digest authentication with each algorithm, and with what nobody knows.
func TestDigest(t *testing.T) {
	for _, algorithm := range []string{"", "MD5", "SHA-256", "SHA-512-256"} {
		accounts := &sip.Accounts{Realm: "biloxi.example", Password: func(_ context.Context, name string) (string, bool, error) {
			return "secret", name == "bob", nil
		}}
		if algorithm != "" {
			accounts.Algorithms = []string{algorithm}
		}
		server := serve(t, sip.Config{Handler: accounts.Protect(sip.Answerer{}.Methods())})
		client := newClient(t, sip.Config{})
		target := targets(server, "bob")[0]
		for password, want := range map[string]sip.Code{"secret": wire.CodeOK, "wrong": wire.CodeUnauthorized} {
			res, err := client.DoAs(t.Context(), request(t, "OPTIONS", target), &sip.Account{Username: "bob", Password: password})
			if err != nil || res.Status != want {
				t.Errorf("%q %s: %v, %v; want %d", algorithm, password, res, err, want)
			}
		}
		if res, err := client.Do(t.Context(), request(t, "OPTIONS", target)); err != nil || res.Status != wire.CodeUnauthorized || len(res.WWWAuthenticate) == 0 {
			t.Errorf("without an account: %v, %v", res, err)
		}
	}
}

// The vectors of RFC 7616 section 3.9.1.
func TestDigestVectors(t *testing.T) {
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		c := sip.Credentials{Scheme: "Digest", Arguments: header.Arguments(`username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=` + algorithm +
			`, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="` + want + `"`)}
		if !sip.Verify(c, "GET", "Circle of Life") {
			t.Errorf("%s is not what the RFC says", algorithm)
		}
	}
}

// A request that is too long for UDP goes by TCP.
func TestSwitchToTCP(t *testing.T) {
	transports := make(chan string, 2)
	handler := sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) {
		transports <- w.Transport()
		_ = w.Reply(wire.CodeOK)
	})
	// Both legs of one port, as the standard has it.
	var server *sip.Server
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		_ = l.Close()
		server, err = sip.Listen(t.Context(), sip.Config{
			Listen: []string{"udp://" + address, "tcp://" + address}, Handler: handler, Ability: ability.Set{Methods: []string{"MESSAGE"}}, Logger: slog.New(slog.DiscardHandler),
		})
		if err == nil {
			break
		}
	}
	if server == nil {
		t.Skip("no port is free for both transports")
	}
	defer server.Close()
	client := newClient(t, sip.Config{})
	for size, want := range map[int]string{100: "udp", 1300: "tcp"} {
		req := request(t, "MESSAGE", targets(server, "bob")[0])
		req.ContentType.Type, req.ContentType.Subtype, req.Body = "text", "plain", make([]byte, size)
		if res, err := client.Do(t.Context(), req); err != nil || res.Status != wire.CodeOK {
			t.Fatalf("%d octets: %v, %v", size, res, err)
		}
		if got := <-transports; got != want {
			t.Errorf("%d octets went by %s, want %s", size, got, want)
		}
	}
}

// Nobody is there: the transport or the transaction says so.
func TestNobodyThere(t *testing.T) {
	patient := newClient(t, sip.Config{})
	hasty := newClient(t, sip.Config{Timers: sip.Timers{T1: time.Millisecond, T2: 8 * time.Millisecond}})
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
	address := caller.LocalAddr().String() // taken, so that nobody else can listen there
	for _, test := range []struct {
		target string
		client *sip.Client
		want   error
	}{
		{"sip:bob@" + address + ";transport=tcp", patient, sip.ErrUndelivered},
		{"sip:bob@" + address, hasty, sip.ErrTimeout},
		{"tel:+1", patient, sip.ErrNoTransport},
	} {
		if res, err := test.client.Do(t.Context(), request(t, "OPTIONS", test.target)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v; want %v", test.target, res, err, test.want)
		}
	}
}

func TestListenErrors(t *testing.T) {
	for _, c := range []sip.Config{
		{},
		{Listen: []string{"127.0.0.1:5060"}},
		{Listen: []string{"sctp://127.0.0.1:0"}},
		{Listen: []string{"udp://127.0.0.1:x"}},
		{Listen: []string{"tls://127.0.0.1:0"}},
	} {
		if s, err := sip.Listen(t.Context(), c); err == nil {
			_ = s.Close()
			t.Errorf("%v: no error", c.Listen)
		}
	}
}
