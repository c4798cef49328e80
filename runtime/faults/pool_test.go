package faults_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/pool"
)

// An arrival is a message a pool has received.
type arrival struct {
	text string
	from pool.From
}

// A rig is a pool of "REQ n" and "RES n" in frames, on an engine of its own.
type rig struct {
	*pool.Pool
	t        *testing.T
	address  string
	arrivals chan arrival
}

func newRig(t *testing.T, engine string, c pool.Config) *rig {
	t.Helper()
	c.Proto = pool.TCP
	c.Framer = pool.Frames{Framing: framing, Inspect: func(payload []byte) (pool.Kind, string, error) {
		verb, number, _ := strings.Cut(string(payload), " ")
		if verb == "RES" {
			return pool.Response, number, nil
		}
		return pool.Request, number, nil
	}}
	if err := c.Listen(t.Context(), "127.0.0.1", 0); err != nil {
		t.Fatal(err)
	}
	p, err := pool.New(c)
	if err != nil {
		t.Fatal(err)
	}
	e, err := loop.New(engine, loop.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Pool: p, t: t, arrivals: make(chan arrival, 100)}
	err = p.Attach(e, pool.HandlerFunc(func(m pool.Message, from pool.From) { r.arrivals <- arrival{string(m.Data), from} }))
	if err != nil {
		t.Fatal(err)
	}
	master, err := p.Master()
	if err != nil {
		t.Fatal(err)
	}
	r.address = master.String()
	t.Cleanup(func() {
		_ = p.Close()
		_ = e.Close()
		if s := e.Stats(); s.Open > 0 || s.Panics > 0 {
			t.Errorf("%+v", s)
		}
	})
	return r
}

// peer connects to the pool.
func (r *rig) peer() *visitor {
	r.t.Helper()
	return (&host{t: r.t, network: "tcp", address: r.address}).visit()
}

// dispatch sends a message and returns where its outcome comes, which must be one.
func (r *rig) dispatch(ctx context.Context, text string, route pool.Route) <-chan error {
	outcome := make(chan error, 1)
	var told atomic.Int64
	kind, number, _ := strings.Cut(text, " ")
	m := pool.Message{Data: frames(text), Transaction: number}
	if kind == "RES" {
		m.Kind = pool.Response
	}
	r.Send(ctx, m, route, func(_ pool.Flow, err error) {
		if told.Add(1) > 1 {
			r.t.Errorf("%s: told twice, now %v", text, err)
			return
		}
		outcome <- err
	})
	return outcome
}

func routeTo(address string) pool.Route {
	return pool.Route{To: pool.Destination{Addr: netip.MustParseAddrPort(address)}}
}

// The connection a request came in on has gone, and its descriptor serves somebody else: the response fails once, and nobody gets it.
func TestFault40ResponseWithoutConnection(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		r := newRig(t, engine, pool.Config{Limits: pool.Limits{RetryMin: -1}})
		for i := range 20 {
			v := r.peer()
			v.send("REQ 1")
			from := (<-r.arrivals).from
			reset(v.Conn)
			eventually(t, "the connection is gone", func() bool { return r.Stats().Sockets == 1 })
			others := []*visitor{r.peer(), r.peer(), r.peer()}
			route := from.Route()
			if route.NoDial = i%2 == 0; route.NoDial {
				if err := <-r.dispatch(t.Context(), "RES 1", route); !errors.Is(err, pool.ErrNoConnection) {
					t.Errorf("the response: %v", err)
				}
			} else if err := <-r.dispatch(t.Context(), "RES 1", route); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("the response: %v", err)
			}
			for _, other := range others {
				other.send("REQ 2")
				from := (<-r.arrivals).from
				if err := <-r.dispatch(t.Context(), "RES 2", from.Route()); err != nil {
					t.Error(err)
				}
				other.expect("RES 2") // and nothing before it
				reset(other.Conn)
			}
			eventually(t, "all are gone", func() bool { return r.Stats().Sockets == 1 })
		}
	})
}

// Destinations that swallow everything, refuse, or lack a port: each waiter has its own time, one attempt is made, and others are served.
func TestFault28And41BadDestinations(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		good := newRig(t, engine, pool.Config{})
		const hole, dry = "127.0.0.1:1", "127.0.0.1:2"
		var attempts, shortage atomic.Int64
		r := newRig(t, engine, pool.Config{
			Limits: pool.Limits{ConnectTimeout: time.Second},
			Dial: func(ctx context.Context, to string) (net.Conn, error) {
				switch to {
				case hole:
					attempts.Add(1)
					<-ctx.Done()
					return nil, context.Cause(ctx)
				case dry:
					shortage.Add(1)
					return nil, os.NewSyscallError("connect", syscall.EADDRNOTAVAIL)
				}
				return new(net.Dialer).DialContext(ctx, "tcp", to)
			},
		})
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		first, last := r.dispatch(impatient, "REQ 1", routeTo(hole)), r.dispatch(t.Context(), "REQ 2", routeTo(hole))
		for range 20 { // while they wait
			if err := <-r.dispatch(t.Context(), "REQ 3", routeTo(good.address)); err != nil {
				t.Error(err)
			}
			if got := <-good.arrivals; got.text != "REQ 3" && !strings.HasSuffix(got.text, "REQ 3") {
				t.Errorf("%q arrived", got.text)
			}
			if err := <-r.dispatch(t.Context(), "REQ 4", routeTo(dry)); !errors.Is(err, syscall.EADDRNOTAVAIL) {
				t.Errorf("without a port: %v", err)
			}
		}
		if err := <-first; !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pool.ErrConnectTimeout) {
			t.Errorf("the impatient one: %v", err)
		}
		if err := <-last; !errors.Is(err, pool.ErrConnectTimeout) {
			t.Errorf("the patient one: %v", err)
		}
		if a, s := attempts.Load(), shortage.Load(); a != 1 || s > 2 {
			t.Errorf("%d attempts at the hole, %d without a port", a, s)
		}
	})
}
