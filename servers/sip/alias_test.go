package sip_test

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/servers/sip"
)

// A counted is a listener that counts what it accepts.
type counted struct {
	net.Listener
	n atomic.Int32
}

func (c *counted) Accept() (net.Conn, error) {
	nc, err := c.Listener.Accept()
	if err == nil {
		c.n.Add(1)
	}
	return nc, err
}

func listenCounted(t *testing.T) *counted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &counted{Listener: l}
}

// Requests to a peer that has offered its connection, and proved who it is, go over it; otherwise they need one of their own.
func TestAlias(t *testing.T) {
	for _, auth := range []tls.ClientAuthType{tls.RequireAndVerifyClientCert, tls.NoClientCert} {
		both := trusted(t)
		both.ClientCAs, both.ClientAuth = both.RootCAs, auth
		var ends []*sip.Server
		var listeners []*counted
		for range 2 {
			l := listenCounted(t)
			s, err := sip.Listen(t.Context(), sip.Config{
				Pools: []pool.Config{{Proto: pool.TLS, Listener: l, TLS: both}}, TLS: both, Handler: sip.Answerer{}.Methods(), Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ends, listeners = append(ends, s), append(listeners, l)
		}
		for i, from := range ends {
			res, err := from.Client().Do(t.Context(), request(t, "OPTIONS", "sips:bob@"+ends[1-i].Addrs()[0].String()))
			if err != nil || res.Status != wire.CodeOK {
				t.Fatalf("%v, %v", res, err)
			}
		}
		want := int32(0)
		if auth == tls.NoClientCert {
			want = 1
		}
		if got := listeners[0].n.Load(); got != want || listeners[1].n.Load() != 1 {
			t.Errorf("%v: %d connections the other way, want %d", auth, got, want)
		}
	}
}
