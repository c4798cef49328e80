package bench

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	sipgomessage "github.com/emiago/sipgo/sip"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/sip"
)

// sipgoWithin bounds a whole exchange with sipgo; nothing is measured.
const sipgoWithin = 20 * time.Second

// sipgoNetworks are the transports that both sides try.
var sipgoNetworks = []string{"udp", "tcp"}

func sipgoContext(t *testing.T) context.Context {
	ctx, stop := context.WithTimeout(t.Context(), sipgoWithin)
	t.Cleanup(stop)
	return ctx
}

// TestSipgoClient has a client of sipgo talk to our server: OPTIONS, and a session with its ACK and BYE.
func TestSipgoClient(t *testing.T) {
	for _, network := range sipgoNetworks {
		t.Run(network, func(t *testing.T) {
			ctx := sipgoContext(t)
			server, err := sip.Listen(ctx, sip.Config{Listen: []string{network + "://127.0.0.1:0"}, Handler: sip.Answerer{}.Methods(), Inline: true})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			client, agent := newSipgo(t, network)
			target := sipgoURI(t, "sip:bob@"+server.Addrs()[0].String()+";transport="+network)

			res, err := client.Do(ctx, sipgomessage.NewRequest(sipgomessage.OPTIONS, target))
			if err != nil || res.StatusCode != 200 || res.GetHeader("Allow") == nil {
				t.Fatalf("OPTIONS: %v %v", res, err)
			}
			dialog, err := agent.Invite(ctx, target, []byte(sip.DefaultSession), sipgomessage.NewHeader("Content-Type", "application/sdp"))
			if err != nil {
				t.Fatal(err)
			}
			defer dialog.Close()
			if err := dialog.WaitAnswer(ctx, sipgo.AnswerOptions{}); err != nil {
				t.Fatal(err)
			}
			if got := string(dialog.InviteResponse.Body()); got != sip.DefaultSession {
				t.Errorf("the answer has the session %q", got)
			}
			if err := dialog.Ack(ctx); err != nil {
				t.Fatal(err)
			}
			if err := dialog.Bye(ctx); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestSipgoServer has our client talk to a server of sipgo: OPTIONS, and a session with its ACK and BYE.
func TestSipgoServer(t *testing.T) {
	for _, network := range sipgoNetworks {
		t.Run(network, func(t *testing.T) {
			ctx := sipgoContext(t)
			address, acknowledged, ended := serveSipgo(t, network)
			client, err := sip.NewClient(ctx, sip.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			request := func(method string) *sip.Request {
				req, err := sip.NewRequest(method, "sip:bob@"+address+";transport="+network)
				if err != nil {
					t.Fatal(err)
				}
				req.From.URI.User = "alice"
				return req
			}
			res, err := client.Do(ctx, request("OPTIONS"))
			if err != nil || res.Status != wire.CodeOK {
				t.Fatalf("OPTIONS: %v %v", res, err)
			}
			invite := request("INVITE")
			invite.ContentType = wire.MediaType{Type: "application", Subtype: "sdp"}
			invite.Body = []byte(sip.DefaultSession)
			ringing := false
			session, err := client.Invite(ctx, invite, nil, func(res *sip.Response) { ringing = ringing || res.Status == wire.CodeRinging })
			if err != nil {
				t.Fatal(err)
			}
			if !ringing || string(session.Response.Body) != sip.DefaultSession {
				t.Errorf("ringing: %v, session %q", ringing, session.Response.Body)
			}
			await(ctx, t, acknowledged, "ACK")
			if err := session.Bye(ctx); err != nil {
				t.Fatal(err)
			}
			await(ctx, t, ended, "BYE")
		})
	}
}

// await waits until sipgo has seen something.
func await(ctx context.Context, t *testing.T, seen <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-seen:
	case <-ctx.Done():
		t.Fatalf("sipgo has seen no %s", what)
	}
}

// newSipgo is a user agent of sipgo that calls.
func newSipgo(t *testing.T, network string) (*sipgo.Client, *sipgo.DialogUA) {
	t.Helper()
	ua, err := sipgo.NewUA()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ua.Close() })
	client, err := sipgo.NewClient(ua, sipgo.WithClientHostname("127.0.0.1"), sipgo.WithClientLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	contact := sipgomessage.ContactHeader{Address: sipgoURI(t, "sip:alice@127.0.0.1;transport="+network)}
	return client, &sipgo.DialogUA{Client: client, ContactHDR: contact}
}

func sipgoURI(t *testing.T, text string) (u sipgomessage.Uri) {
	t.Helper()
	if err := sipgomessage.ParseUri(text, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

// serveSipgo is a server of sipgo; the channels are closed by an ACK and a BYE.
func serveSipgo(t *testing.T, network string) (address string, acknowledged, ended chan struct{}) {
	t.Helper()
	client, agent := newSipgo(t, network)
	server, err := sipgo.NewServer(client.UserAgent, sipgo.WithServerLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	acknowledged, ended = make(chan struct{}), make(chan struct{})
	dialogs := make(chan *sipgo.DialogServerSession, 1)
	server.OnOptions(func(req *sipgomessage.Request, tx sipgomessage.ServerTransaction) {
		_ = tx.Respond(sipgomessage.NewResponseFromRequest(req, 200, "OK", nil))
	})
	server.OnInvite(func(req *sipgomessage.Request, tx sipgomessage.ServerTransaction) {
		dialog, err := agent.ReadInvite(req, tx)
		if err != nil {
			t.Error(err)
			return
		}
		dialogs <- dialog
		_ = dialog.Respond(180, "Ringing", nil)
		_ = dialog.RespondSDP([]byte(sip.DefaultSession))
		<-tx.Done()
	})
	server.OnAck(func(req *sipgomessage.Request, tx sipgomessage.ServerTransaction) {
		dialog := <-dialogs
		dialogs <- dialog
		if dialog.ReadAck(req, tx) == nil {
			close(acknowledged)
		}
	})
	server.OnBye(func(req *sipgomessage.Request, tx sipgomessage.ServerTransaction) {
		if dialog := <-dialogs; dialog.ReadBye(req, tx) == nil {
			close(ended)
		}
	})
	address = listenSipgo(t, server, network)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	agent.ContactHDR.Address.Host = host
	if agent.ContactHDR.Address.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	return address, acknowledged, ended
}

// listenSipgo serves on a port of the system's choice.
func listenSipgo(t *testing.T, server *sipgo.Server, network string) (address string) {
	t.Helper()
	if network == "udp" {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		go func() { _ = server.ServeUDP(conn) }()
		return conn.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { _ = server.ServeTCP(l) }()
	return l.Addr().String()
}
