package sip

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/transaction"
)

// A registrarStub answers REGISTERs, and counts them.
type registrarStub struct {
	registered atomic.Int32
	expires    uint32
	code       atomic.Int32 // of the next answers; 0 is 200
}

func (r *registrarStub) ServeSIP(w *Responder, req *Request) {
	if req.Method != "REGISTER" {
		_ = w.Reply(wire.CodeOK)
		return
	}
	r.registered.Add(1)
	res := NewResponse(req, wire.CodeOK)
	if code := r.code.Load(); code != 0 {
		res.Status = Code(code)
	}
	if req.Expires.Value > 0 && req.Expires.Value < 60 {
		res.Status, res.MinExpires = wire.CodeIntervalTooBrief, header.Some[uint32](60)
	}
	res.Expires = header.Some(r.expires)
	res.FlowTimer = header.Some[uint32](100)
	_ = w.Respond(res)
}

// changes are what a registration tells, in order.
type changes chan error

func (c changes) told(_ int, err error) { c <- err }

func (c changes) want(t *testing.T, want error) {
	t.Helper()
	if err := <-c; !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// Over UDP: the flow is kept by STUN, renewed in time, and made anew when the network has been away or has changed our address.
func TestRegistrationUDP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPackets("192.0.2.1:5060"), newPackets("192.0.2.2:5060")
		var cut, moved atomic.Bool
		var pings atomic.Int32
		a.send = func(octets []byte, _ netip.AddrPort) {
			from := a.addr
			if moved.Load() {
				from = netip.MustParseAddrPort("192.0.2.1:6000")
			}
			if isSTUN(octets) {
				pings.Add(1)
			}
			if !cut.Load() {
				b.deliver(from, octets)
			}
		}
		b.send = func(octets []byte, _ netip.AddrPort) {
			if !cut.Load() {
				a.deliver(b.addr, octets)
			}
		}
		stub := &registrarStub{expires: 3600}
		onPackets(t, Config{Handler: stub}, b)
		client := &Client{onPackets(t, Config{}, a)}
		told := make(changes, 100)
		r, err := client.Register(t.Context(), Registering{User: "sip:bob@biloxi.example", Registrar: "sip:192.0.2.2", Expires: time.Second, Changed: told.told})
		if err != nil {
			t.Fatal(err)
		}
		told.want(t, nil)
		if link, contact, ok := r.Link(); !ok || link.Addr() != b.addr || !contact.URI.Params.Has("ob") {
			t.Errorf("link %v, contact %v, %v", link.Addr(), contact.URI, ok)
		}
		if n := stub.registered.Load(); n != 2 { // the first was too brief
			t.Errorf("%d REGISTERs", n)
		}
		time.Sleep(20 * time.Minute)
		if n, p := stub.registered.Load(), pings.Load(); n != 2 || p < 12 || p > 15 {
			t.Errorf("%d REGISTERs and %d pings in 20 minutes", n, p)
		}
		time.Sleep(30 * time.Minute)
		told.want(t, nil) // renewed
		moved.Store(true)
		told.want(t, ErrMoved)
		told.want(t, nil)
		cut.Store(true)
		told.want(t, ErrNoPong)
		time.Sleep(5 * time.Minute)
		if r.Up() != 0 {
			t.Error("registered without a network")
		}
		cut.Store(false)
		for err := <-told; err != nil; err = <-told {
			if !errors.Is(err, ErrTimeout) {
				t.Errorf("got %v", err)
			}
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		before := stub.registered.Load()
		time.Sleep(time.Hour)
		if n := stub.registered.Load(); n != before {
			t.Error("it goes on")
		}
	})
}

// A network of streams in memory, with one listener.
type streamNet struct {
	addr   net.Addr
	ch     chan net.Conn
	closed chan struct{}
	once   sync.Once
	made   []*looptest.Conn // the clients' ends
	ports  int
}

func newStreamNet(addr string) *streamNet {
	return &streamNet{addr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr)), ch: make(chan net.Conn, 10), closed: make(chan struct{})}
}

func (n *streamNet) Accept() (net.Conn, error) {
	select {
	case nc := <-n.ch:
		return nc, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *streamNet) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *streamNet) Addr() net.Addr { return n.addr }

// An addressed is a connection with addresses of the Internet.
type addressed struct {
	*looptest.Conn
	local, remote net.Addr
}

func (a addressed) LocalAddr() net.Addr  { return a.local }
func (a addressed) RemoteAddr() net.Addr { return a.remote }

func (n *streamNet) dial(context.Context, string) (net.Conn, error) {
	a, b := looptest.Pipe(0)
	n.ports++
	from := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000 + n.ports}
	n.made = append(n.made, a)
	n.ch <- addressed{b, n.addr, from}
	return addressed{a, from, n.addr}, nil
}

// onStreams runs a stack with a leg of streams.
func onStreams(t *testing.T, c Config, pc pool.Config) *stack {
	t.Helper()
	c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := makeStack(c)
	if err != nil {
		t.Fatal(err)
	}
	pc.Proto = pool.TCP
	pc.Limits.MinExpire = 130 * time.Second
	if err := s.addLeg(pc); err != nil {
		t.Fatal(err)
	}
	if err := s.attach(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
	return s
}

// Over a stream: the flow is kept by pings, and made anew when the connection ends, or when nobody answers.
func TestRegistrationTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newStreamNet("192.0.2.2:5060")
		stub := &registrarStub{expires: 3600}
		server := onStreams(t, Config{Handler: stub}, pool.Config{Listener: n})
		client := &Client{onStreams(t, Config{}, pool.Config{Dial: n.dial})}
		told := make(changes, 100)
		r, err := client.Register(t.Context(), Registering{User: "sip:bob@biloxi.example", Registrar: "sip:192.0.2.2;transport=tcp", Changed: told.told})
		if err != nil {
			t.Fatal(err)
		}
		told.want(t, nil)
		time.Sleep(20 * time.Minute)
		if got := len(n.made); got != 1 || stub.registered.Load() != 1 {
			t.Errorf("%d connections, %d REGISTERs", got, stub.registered.Load())
		}
		link, _, _ := r.Link()
		_ = n.made[0].Close()
		told.want(t, ErrFlowClosed)
		told.want(t, nil)
		if l, _, ok := r.Link(); !ok || l.Flow == link.Flow {
			t.Error("the flow is the old one")
		}
		req, err := NewRequest("OPTIONS", "sip:192.0.2.2;transport=tcp")
		if err != nil {
			t.Fatal(err)
		}
		now, _, _ := r.Link()
		for _, tt := range []struct {
			link transaction.Link
			want error
		}{{now, nil}, {link, ErrUndelivered}} {
			again := *req
			client.complete(&again)
			call, err := client.StartAt(&again, tt.link)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := call.Next(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			call.Close()
		}
		_ = server.close() // nobody is there any more
		told.want(t, ErrFlowClosed)
		time.Sleep(5 * time.Minute)
		if r.Up() != 0 {
			t.Error("registered with nobody")
		}
		_ = r.Close(t.Context())
	})
}

// A registrar that refuses is not asked again and again.
func TestRegistrationRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := newPackets("192.0.2.1:5060"), newPackets("192.0.2.2:5060")
		a.send = func(octets []byte, _ netip.AddrPort) { b.deliver(a.addr, octets) }
		b.send = func(octets []byte, _ netip.AddrPort) { a.deliver(b.addr, octets) }
		stub := &registrarStub{expires: 60}
		stub.code.Store(int32(wire.CodeForbidden))
		onPackets(t, Config{Handler: stub}, b)
		client := &Client{onPackets(t, Config{}, a)}
		config := Registering{User: "sip:bob@biloxi.example", Registrar: "sip:192.0.2.2"}
		var status *StatusError
		if _, err := client.Register(t.Context(), config); !errors.As(err, &status) || status.Response.Status != wire.CodeForbidden {
			t.Fatal(err)
		}
		stub.code.Store(0)
		r, err := client.Register(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		stub.code.Store(int32(wire.CodeForbidden))
		before := stub.registered.Load()
		time.Sleep(time.Hour)
		if n := stub.registered.Load() - before; n < 3 || n > 12 {
			t.Errorf("%d REGISTERs in an hour", n)
		}
		_ = r.Close(t.Context())
		for _, bad := range []Registering{{}, {User: "sip:bob@192.0.2.2", Registrar: "x"}, {User: "sip:bob@192.0.2.2", Proxies: []string{"x"}}} {
			if _, err := client.Register(t.Context(), bad); err == nil {
				t.Errorf("%+v: no error", bad)
			}
		}
	})
}
