package pool

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
)

// feedPool is a pool with one connection that is driven by octets.
func feedPool(t *testing.T, h Handler) (*Pool, *conn, *loop.Feed) {
	t.Helper()
	p, err := New(Config{Proto: TCP, Framer: Frames{
		Framing: frame.Delimited{Ends: []string{"\n"}},
		Inspect: func([]byte) (Kind, string, error) { return Request, "transaction", nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Attach(loop.NewGoroutines(loop.Config{}), h); err != nil {
		t.Fatal(err)
	}
	s := &conn{pool: p}
	return p, s, loop.NewFeed(s, loop.Config{})
}

// FAULTS 34: a clock that is far too late was stopped with the process, so what peers have sent is read first; then it counts.
func TestFault34StoppedProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, feed := feedPool(t, HandlerFunc(func(Message, From) {}))
		defer p.Close()
		time.Sleep(time.Minute)
		expired := func() uint64 {
			synctest.Wait()
			return p.Stats().Expired
		}
		p.mu.Lock()
		p.timer.Stop() // as if nothing ran for two minutes
		time.Sleep(2 * time.Minute)
		p.timer.Reset(1)
		p.mu.Unlock()
		time.Sleep(lateReprieve / 2)
		if n := expired(); n != 0 {
			t.Fatalf("%d connections expired at once", n)
		}
		feed.Input([]byte("here I am\n"))
		time.Sleep(lateReprieve)
		if n := expired(); n != 0 {
			t.Errorf("%d connections expired though their peers had spoken", n)
		}
		time.Sleep(3 * time.Minute)
		if n := expired(); n != 1 {
			t.Errorf("%d connections expired in the end", n)
		}
	})
}

// plainEcho answers as the pool does, without a pool.
type plainEcho struct{ reply []byte }

func (e plainEcho) Data(c *loop.Conn, b []byte) (int, error) {
	_, err := c.Write(e.reply)
	return len(b), err
}
func (plainEcho) Open(*loop.Conn)          {}
func (plainEcho) End(*loop.Conn, []byte)   {}
func (plainEcho) Writable(*loop.Conn)      {}
func (plainEcho) Timer(*loop.Conn, int)    {}
func (plainEcho) Message(*loop.Conn, any)  {}
func (plainEcho) Closed(*loop.Conn, error) {}

// A request and its response allocate nothing that the loop below would not allocate as well, and a datagram nothing at all.
func TestAllocations(t *testing.T) {
	reply := Message{Data: []byte("reply\n"), Kind: Response, Transaction: "transaction"}
	var p *Pool
	answers := 0
	done := func(_ Flow, err error) {
		if err != nil {
			t.Error(err)
		}
		answers++
	}
	ctx := t.Context()
	p, _, feed := feedPool(t, HandlerFunc(func(_ Message, from From) { p.Send(ctx, reply, from.Route(), done) }))
	defer p.Close()
	measure := func(feed *loop.Feed) float64 {
		in := []byte("request\n")
		return testing.AllocsPerRun(200, func() {
			feed.Input(in)
			if got := feed.Output(); string(got) != "reply\n" {
				t.Errorf("got %q", got)
			}
		})
	}
	below := measure(loop.NewFeed(plainEcho{reply.Data}, loop.Config{}))
	if n := measure(feed); n > below {
		t.Errorf("%v allocations for a request and its response, %v without the pool", n, below)
	}
	if answers == 0 {
		t.Error("no callback")
	}
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	u, err := New(Config{Proto: UDP, Packet: pc, Framer: p.framer})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	self := Route{To: Destination{Addr: addrPort(pc.LocalAddr())}}
	if n := testing.AllocsPerRun(200, func() { u.Send(ctx, reply, self, done) }); n != 0 {
		t.Errorf("%v allocations to send a datagram", n)
	}
}

// A datagram that is on its way while the pool is detached comes afterwards, before the next one; and every one of them once.
func TestDetachedOnTheWay(t *testing.T) {
	var got []string
	p, _, _ := feedPool(t, HandlerFunc(func(Message, From) {}))
	defer p.Close()
	u := &Pool{proto: UDP, framer: p.framer, limits: p.limits}
	attached := &attachment{handler: HandlerFunc(func(m Message, _ From) { got = append(got, string(m.Data)) })}
	r := &receiver{pool: u}
	arrive := func(datagrams ...string) {
		for _, s := range datagrams {
			r.Packet(nil, netip.MustParseAddrPort("192.0.2.1:5060"), []byte(s))
		}
	}
	arrive("1\n", "2\n")
	r.Message(nil, reattached{}) // detached again meanwhile
	if len(got) != 0 {
		t.Errorf("delivered while detached: %q", got)
	}
	u.attached.Store(attached)
	arrive("3\n")
	u.attached.Store(nil)
	arrive("4\n")
	u.attached.Store(attached)
	r.Message(nil, reattached{})
	r.Message(nil, reattached{})
	if diff := cmp.Diff([]string{"1\n", "2\n", "3\n", "4\n"}, got); diff != "" {
		t.Error(diff)
	}
}
