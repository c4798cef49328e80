package sip_test

import (
	"net"
	"strings"
	"testing"

	"github.com/coder/websocket"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/sip"
)

func listenWeb(t *testing.T, c sip.Config) (*sip.Server, string) {
	t.Helper()
	c.Listen = []string{"ws://127.0.0.1:0"}
	if c.TLS != nil {
		c.Listen = []string{"wss://127.0.0.1:0"}
	}
	server, err := sip.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, server.Addrs()[0].String()
}

// A call over WebSocket, and over TLS below it.
func TestWebSocket(t *testing.T) {
	both := trusted(t)
	for scheme, c := range map[string]sip.Config{"sip": {}, "sips": {TLS: both}} {
		c.Handler = sip.Answerer{}.Methods()
		_, address := listenWeb(t, c)
		client, err := sip.NewClient(t.Context(), sip.Config{Listen: []string{map[string]string{"sip": "ws", "sips": "wss"}[scheme] + "://127.0.0.1:0"}, TLS: both})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		req := request(t, "INVITE", scheme+":bob@"+address+";transport=ws")
		contact, err := client.Contact(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		req.Contact = []sip.Contact{contact}
		call, err := client.Invite(t.Context(), req, nil, nil)
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		if err := call.Bye(t.Context()); err != nil {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

// A browser's side: the response comes on the connection of the request, whatever Via says; a peer that says nothing disturbs nobody.
func TestBrowser(t *testing.T) {
	server, address := listenWeb(t, sip.Config{Handler: sip.Answerer{}.Methods()})
	silent, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if c, _, err := websocket.Dial(t.Context(), "ws://"+address, nil); err == nil {
		if _, _, err := c.Read(t.Context()); err == nil {
			t.Error("without the subprotocol")
		}
		_ = c.CloseNow()
	}
	c, _, err := websocket.Dial(t.Context(), "ws://"+address, &websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	text := strings.Replace(strings.Replace(options(1, "Subject: x"), "TCP", "WS", 1), "a.example;", "df7jal23ls0d.invalid;", 1)
	for _, typ := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		if err := c.Write(t.Context(), typ, []byte(strings.ReplaceAll(text, "c1\r\n", typ.String()+"\r\n"))); err != nil {
			t.Fatal(err)
		}
		_, b, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m, err := wire.ParseMessage(b); err != nil || m.(*sip.Response).Status != wire.CodeOK {
			t.Errorf("%q, %v", b, err)
		}
	}
	if st := server.Stats(); st.Transactions.Faults != 0 {
		t.Errorf("stats %+v", st)
	}
}

// Pings are answered: those of WebSocket and those of SIP.
func TestWebSocketKeepAlive(t *testing.T) {
	_, address := listenWeb(t, sip.Config{})
	c, _, err := websocket.Dial(t.Context(), "ws://"+address, &websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(t.Context(), websocket.MessageText, []byte("\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, b, err := c.Read(t.Context()); err != nil || string(b) != "\r\n" {
		t.Errorf("%q, %v", b, err)
	}
	reading := c.CloseRead(t.Context())
	if err := c.Ping(reading); err != nil {
		t.Errorf("no pong: %v", err)
	}
}
