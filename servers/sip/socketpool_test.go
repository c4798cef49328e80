package sip_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/socket"
	"github.com/protogen-go/protogen/servers/sip"
)

// TestSocketPool has every row of the table of Net::SIP::SocketPool under its name, as it is seen from SIP. Those that another test shows by what it is
// about have that test; runtime/pool has one of its own for each of them.
func TestSocketPool(t *testing.T) {
	rows := []struct {
		name string
		test func(*testing.T)
	}{
		{"C1", TestListenErrors},
		{"C2", testFixedProxy},
		{"C3", testRestricted},
		{"C4", TestRequests},
		{"C5", TestStreamRefusals},
		{"C6", TestCall},
		{"C7", TestAlias},
		{"C8", testClientCertificates},
		{"C9", testMasters},
		{"C10", testClosed},
		{"S1", TestNobodyThere},
		{"S2", testOwnConnection},
		{"S3", TestCancel},
		{"S4", TestSwitchToTCP},
		{"S5", TestCall},
		{"S6", testResponseElsewhere},
		{"S7", testSlowReader},
		{"S8", TestNobodyThere},
		{"S9", testConnectTimeout},
		{"S10", testServerName},
		{"S11", testManyAtOnce},
		{"R1", testWhence},
		{"R2", testDatagrams},
		{"R3", testManyConnections},
		{"R4", TestFragmentation},
		{"R5", TestStreamRefusals},
		{"R6", testOwnConnection},
		{"R7", TestFragmentation},
		{"L1", testIdle},
		{"L2", testIdle},
		{"L3", testIdle},
		{"L4", testGoodbye},
		{"L5", testMaxConns},
		{"L6", testClosed}, // a stack is attached to its loop for life
		{"L7", testIPv6},
		{"L8", testDatagrams},
		{"LegPorts", testDefaultPorts},
		{"ReceivedRport", testReceived},
		{"Resolve", testByName},
		{"No", TestHalfClosed},
	}
	for _, row := range rows {
		t.Run(row.name, row.test)
	}
}

// listen runs a server on pools.
func listen(t *testing.T, c sip.Config) *sip.Server {
	t.Helper()
	c.Logger = slog.New(slog.DiscardHandler)
	if c.Handler == nil {
		c.Handler = sip.Answerer{}.Methods()
	}
	s, err := sip.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// ask sends OPTIONS and wants a 200.
func ask(t *testing.T, c *sip.Client, target string) {
	t.Helper()
	if res, err := c.Do(t.Context(), request(t, "OPTIONS", target)); err != nil || res.Status != wire.CodeOK {
		t.Errorf("%s: %v, %v", target, res, err)
	}
}

// A connected socket sends everything to its peer, wherever it is meant to go.
func testFixedProxy(t *testing.T) {
	proxy := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0"}})
	nc, err := net.Dial("udp", proxy.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	client := listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.UDP, Packet: nc.(*net.UDPConn), Connected: true}}}).Client()
	ask(t, client, "sip:bob@192.0.2.1")
}

// A restriction holds in both directions.
func testRestricted(t *testing.T) {
	only := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0"}})
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := only.Addrs()[0].(*net.UDPAddr).AddrPort()
	client := listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.UDP, Packet: pc, Restrict: to}}}).Client()
	ask(t, client, "sip:bob@192.0.2.1")
	l := listenCounted(t)
	listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TCP, Listener: l, Restrict: netip.MustParseAddrPort("192.0.2.1:0")}}})
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Read(make([]byte, 1)); err == nil {
		t.Error("a stranger gets in")
	}
}

// What is asked of clients holds for each leg that has the same config, which stays as it was.
func testClientCertificates(t *testing.T) {
	both := trusted(t)
	for _, tt := range []struct {
		verify    socket.ClientCert
		anonymous bool // may come in
	}{{socket.ClientCertNone, true}, {socket.ClientCertOptional, true}, {socket.ClientCertRequired, false}, {socket.ClientCertRequired, false}} {
		l := listenCounted(t)
		listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TLS, Listener: l, TLS: both, VerifyClient: tt.verify}}})
		target := "sips:bob@" + l.Addr().String()
		ask(t, newClient(t, sip.Config{TLS: both}), target)
		nobody := listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TLS, TLS: &tls.Config{RootCAs: both.RootCAs, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}}}}).Client() // with 1.3 it would hear too late
		res, err := nobody.Do(t.Context(), request(t, "OPTIONS", target))
		if (err == nil && res.Status == wire.CodeOK) != tt.anonymous {
			t.Errorf("%s: without a certificate: %v, %v", tt.verify, res, err)
		}
	}
	if both.ClientAuth != tls.NoClientCert {
		t.Error("the config has changed")
	}
}

// Each leg says where it is.
func testMasters(t *testing.T) {
	s := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}})
	if a := s.Addrs(); len(a) != 2 || a[0].Network() != "udp" || a[1].Network() != "tcp" {
		t.Errorf("%v", a)
	}
}

// A closed server has let go of its sockets and its peers.
func testClosed(t *testing.T) {
	s := listen(t, sip.Config{Listen: []string{"tcp://127.0.0.1:0"}})
	address := s.Addrs()[0].String()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := nc.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
	if err := s.Wait(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// Two connections of a peer carry the same transaction, or what looks like it: each gets its own answer, wherever Via points.
func testOwnConnection(t *testing.T) {
	server := listen(t, sip.Config{Listen: []string{"tcp://127.0.0.1:0"}})
	var streams []*stream
	for i := range 2 {
		nc, err := net.Dial("tcp", server.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		s := &stream{t, nc, bufio.NewReader(nc)}
		s.write(strings.Replace(options(i), fmt.Sprintf("Call-ID: c%d", i), "Call-ID: c", 1))
		streams = append(streams, s)
	}
	got := streams[0].status() + streams[1].status()
	if got != "200482" && got != "482200" { // they are copies of one request
		t.Error(got)
	}
}

// A response whose connection has ended goes to where its request's Via points.
func testResponseElsewhere(t *testing.T) {
	here, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	come, answer := make(chan struct{}), make(chan struct{})
	l := &telling{Listener: listenCounted(t), closed: make(chan struct{}, 1)}
	listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TCP, Listener: l}}, Handler: sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) {
		close(come)
		<-answer
		_ = w.Reply(wire.CodeOK)
	})})
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, strings.Replace(options(1), "a.example", here.Addr().String(), 1)); err != nil {
		t.Fatal(err)
	}
	<-come
	_ = nc.(*net.TCPConn).SetLinger(0)
	_ = nc.Close()
	<-l.closed
	close(answer)
	back, err := here.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	(&stream{t, back, bufio.NewReader(back)}).want("200")
}

// A telling is a listener that says when one of its connections is closed.
type telling struct {
	net.Listener
	closed chan struct{}
}

func (l *telling) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tellingConn{nc, l.closed}, nil
}

type tellingConn struct {
	net.Conn
	closed chan<- struct{}
}

func (c tellingConn) Close() error {
	err := c.Conn.Close()
	select {
	case c.closed <- struct{}{}:
	default:
	}
	return err
}

// A peer that sends much before it reads gets all answers, in order.
func testSlowReader(t *testing.T) {
	const n = 300
	s := dial(t, sip.Config{})
	for i := range n {
		s.write(options(i))
	}
	for range n {
		s.want("200")
	}
}

// A connection that cannot be made is given up after exactly the time that is set.
func testConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		s := listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TCP, Dial: hang, Limits: pool.Limits{ConnectTimeout: 7 * time.Second}}}})
		begun := time.Now()
		_, err := s.Client().Do(t.Context(), request(t, "OPTIONS", "sip:bob@192.0.2.1;transport=tcp"))
		if took := time.Since(begun); !errors.Is(err, sip.ErrUndelivered) || took != 7*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		_ = s.Close()
		synctest.Wait()
	})
}

// A TLS server is told the name of the URI, one that begins with a digit too, and its certificate is held against it.
func testServerName(t *testing.T) {
	const name = "3cx.biloxi.example"
	certificate, err := socket.SelfSigned(time.Hour, name)
	if err != nil {
		t.Fatal(err)
	}
	both, names := trusted(t), make(chan string, 2)
	both.RootCAs.AddCert(certificate.Leaf)
	server := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		names <- h.ServerName
		return &certificate, nil
	}}
	l := listenCounted(t)
	listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TLS, Listener: l, TLS: server}}})
	z := sip.NewZone(map[string]string{name: "127.0.0.1", "biloxi.example": "127.0.0.1"})
	for host, want := range map[string]sip.Code{name: wire.CodeOK, "biloxi.example": 0} {
		client := listen(t, sip.Config{Resolver: z, Pools: []pool.Config{{Proto: pool.TLS, TLS: both}}}).Client()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		res, err := client.Do(t.Context(), request(t, "OPTIONS", "sips:bob@"+host+":"+port))
		if (err == nil) != (want != 0) || err == nil && res.Status != want {
			t.Errorf("%s: %v, %v", host, res, err)
		}
		if got := <-names; got != host {
			t.Errorf("%s: the server was told %q", host, got)
		}
	}
}

// Many requests while a connection is being made go over one, and each gets its answer.
func testManyAtOnce(t *testing.T) {
	l := listenCounted(t)
	listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TCP, Listener: l}}})
	client := newClient(t, sip.Config{})
	done := make(chan struct{})
	for range 20 {
		go func() {
			ask(t, client, "sip:bob@"+l.Addr().String()+";transport=tcp")
			done <- struct{}{}
		}()
	}
	for range 20 {
		<-done
	}
	if n := l.n.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// A handler knows by what transport and from where a request has come.
func testWhence(t *testing.T) {
	type whence struct {
		transport string
		from      netip.AddrPort
	}
	got := make(chan whence, 1)
	server := serve(t, sip.Config{TLS: trusted(t), Handler: sip.HandlerFunc(func(w *sip.Responder, _ *sip.Request) {
		link := w.Link()
		got <- whence{w.Transport(), link.Addr()}
		_ = w.Reply(wire.CodeOK)
	})})
	client := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "tls://127.0.0.1:0"}, TLS: trusted(t)})
	for i, target := range targets(server, "bob")[:2] {
		ask(t, client.Client(), target)
		from, err := netip.ParseAddrPort(client.Addrs()[i].String())
		if err != nil {
			t.Fatal(err)
		}
		if w := <-got; w.transport != []string{"udp", "tcp"}[i] || w.from != from { // over TCP it is where the peer listens
			t.Errorf("%v, want %v", w, from)
		}
	}
}

// Datagrams of any size are taken, and answered in their own; what is no message is dropped and disturbs nobody.
func testDatagrams(t *testing.T) {
	body := strings.Repeat("x", 60000)
	server := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0"}, Handler: sip.Methods{"MESSAGE": sip.HandlerFunc(func(w *sip.Responder, r *sip.Request) {
		res := sip.NewResponse(r, wire.CodeOK)
		res.ContentType, res.Body = r.ContentType, r.Body
		_ = w.Respond(res)
	})}})
	nc, err := net.Dial("udp", server.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, noise := range []string{"", "\r\n\r\n", "\x00\x00\x00\x00", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("\xff", 9000)} {
		if _, err := io.WriteString(nc, noise); err != nil {
			t.Fatal(err)
		}
	}
	client := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0"}, SwitchSize: -1}).Client()
	req := request(t, "MESSAGE", "sip:bob@"+server.Addrs()[0].String())
	req.ContentType.Type, req.ContentType.Subtype, req.Body = "text", "plain", []byte(body)
	res, err := client.Do(t.Context(), req)
	if err != nil || res.Status != wire.CodeOK || string(res.Body) != body {
		t.Errorf("%v", err)
	}
}

// Fifty peers at once.
func testManyConnections(t *testing.T) {
	server := listen(t, sip.Config{Listen: []string{"tcp://127.0.0.1:0"}})
	var streams []*stream
	for i := range 50 {
		nc, err := net.Dial("tcp", server.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		s := &stream{t, nc, bufio.NewReader(nc)}
		s.write(options(i))
		streams = append(streams, s)
	}
	for _, s := range streams {
		s.want("200")
	}
}

// A connection that is silent is closed after the time of the formula, and not a moment before; one that pings stays, a message in part does not count.
func testIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := sip.NewStreamNet("192.0.2.2:5060")
		s := listen(t, sip.Config{Pools: []pool.Config{{Proto: pool.TCP, Listener: network, Limits: pool.Limits{MinExpire: 4 * time.Second, MaxExpire: 10 * time.Second}}}})
		ends := make(chan time.Duration, 2)
		peer := func(send string) {
			nc, err := sip.Dial(network, t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			go func() {
				_, _ = io.Copy(io.Discard, nc)
				ends <- time.Since(begun)
			}()
			go func() {
				for range 30 {
					time.Sleep(time.Second)
					if _, err := io.WriteString(nc, send); err != nil {
						return
					}
				}
			}()
		}
		peer("x")
		peer("\r\n\r\n")
		// Three sockets, that of the listener among them: 4 s + (10 s - 4 s) / 2; then two.
		if silent := <-ends; silent.Truncate(time.Second) != 7*time.Second {
			t.Errorf("the silent one was closed after %v", silent)
		}
		if pinged := <-ends; pinged.Truncate(time.Second) != 40*time.Second {
			t.Errorf("the other one was closed after %v", pinged)
		}
		_ = s.Close()
		synctest.Wait()
	})
}

// Over TLS the end is announced.
func testGoodbye(t *testing.T) {
	both := trusted(t)
	server := listen(t, sip.Config{Listen: []string{"tls://127.0.0.1:0"}, TLS: both, Inline: true})
	nc, err := tls.Dial("tcp", server.Addrs()[0].String(), both)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	s := &stream{t, nc, bufio.NewReader(nc)}
	s.write(options(1) + options(2, "Subject: x")) // the second has no length
	s.want("200", "400", "end")
}

// More connections than there may be are not let in, and those that are there go on.
func testMaxConns(t *testing.T) {
	server := listen(t, sip.Config{Listen: []string{"tcp://127.0.0.1:0"}, Limits: pool.Limits{MaxConns: 1}})
	var streams []*stream
	for i := range 2 {
		nc, err := net.Dial("tcp", server.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		s := &stream{t, nc, bufio.NewReader(nc)}
		if i == 0 {
			s.write(options(i))
			s.want("200")
		} else if _, err := nc.Read(make([]byte, 1)); err == nil {
			t.Error("the second one is let in")
		}
		streams = append(streams, s)
	}
	streams[0].write(options(2))
	streams[0].want("200")
}

// IPv6, with brackets where they belong.
func testIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("there is no IPv6 here")
	} else {
		_ = l.Close()
	}
	server := listen(t, sip.Config{Listen: []string{"udp://[::1]:0", "tcp://[::1]:0"}})
	client := listen(t, sip.Config{Listen: []string{"udp://[::1]:0", "tcp://[::1]:0"}}).Client()
	for _, target := range targets(server, "bob") {
		ask(t, client, target)
		call, err := client.Invite(t.Context(), request(t, "INVITE", target), nil, nil)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if err := call.Bye(t.Context()); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

// Without a port it is the first that is free: of two servers, not both have 5060.
func testDefaultPorts(t *testing.T) {
	ports := map[uint16]bool{}
	for range 2 {
		s := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1"}})
		ports[s.Addrs()[0].(*net.UDPAddr).AddrPort().Port()] = true
	}
	if len(ports) != 2 {
		t.Errorf("%v", ports)
	}
}

// received and rport are as RFC 3261 section 18.2.1 and RFC 3581 want them, and the response comes to where they say.
func testReceived(t *testing.T) {
	server := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0"}})
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	port := socket.LocalAddr().(*net.UDPAddr).Port
	rows := []struct{ via, want string }{
		{"a.example;rport", fmt.Sprintf("a.example;rport=%d;branch=z9hG4bKv;received=127.0.0.1", port)},
		{fmt.Sprintf("a.example:%d", port), fmt.Sprintf("a.example:%d;branch=z9hG4bKv;received=127.0.0.1", port)},
		{fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d;branch=z9hG4bKv", port)},
		{"127.0.0.1;rport", fmt.Sprintf("127.0.0.1;rport=%d;branch=z9hG4bKv;received=127.0.0.1", port)},
	}
	for i := range 1000 { // some find their transaction's shard at work, and wait
		tt, branch := rows[i%len(rows)], fmt.Sprintf("branch=z9hG4bKv%d", i)
		text := strings.Replace(options(i), fmt.Sprintf("TCP a.example;branch=z9hG4bK%d", i), "UDP "+tt.via+";"+branch, 1)
		if _, err := socket.WriteTo([]byte(text), server.Addrs()[0]); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 2000)
		n, _, err := socket.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b[:n]), "Via: SIP/2.0/UDP "+strings.Replace(tt.want, "branch=z9hG4bKv", branch, 1)+"\r\n") {
			t.Fatalf("%s:\n%s", tt.via, b[:n])
		}
	}
}

// A name is resolved, and all of its transports are tried.
func testByName(t *testing.T) {
	server := serve(t, sip.Config{Handler: sip.Answerer{}.Methods()})
	z := sip.NewZone(map[string]string{"biloxi.example": "127.0.0.1"})
	client := listen(t, sip.Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, Resolver: z}).Client()
	for i, suffix := range []string{"", ";transport=tcp"} {
		_, port, _ := net.SplitHostPort(server.Addrs()[i].String())
		ask(t, client, "sip:bob@biloxi.example:"+port+suffix)
	}
}
