package faults_test

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
)

// A shortage of anything makes accepting pause, which is counted and written down once; it goes on by itself.
func TestFault26Shortage(t *testing.T) {
	shortages := []error{syscall.ENFILE, syscall.EMFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EPROTO}
	onEngines(t, func(t *testing.T, engine string) {
		at := site{engine: engine, limits: loop.Config{AcceptPause: time.Millisecond}, wrap: func(l net.Listener) net.Listener {
			return &poorListener{Listener: l, errs: shortages}
		}}
		h := open(t, at, &desk{})
		b := h.bystander()
		b.leave()
		if n := h.server.Stats().AcceptErrors; n != uint64(len(shortages)) {
			t.Errorf("%d pauses, want %d", n, len(shortages))
		}
		eventually(t, "it is written down", func() bool { return h.log.count("accepting pauses") > 0 })
		if n := h.log.count("accepting pauses"); n != 1 {
			t.Errorf("%d records in the log", n)
		}
	})
}

// A poorListener fails before it accepts.
type poorListener struct {
	net.Listener
	errs []error
}

func (l *poorListener) Accept() (net.Conn, error) {
	if len(l.errs) == 0 {
		return l.Listener.Accept()
	}
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
}

// Accepting goes on after a shortage although the log takes no record of it.
func TestFault29LogOfShortage(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		s := &sink{gate: make(chan struct{}), about: "accepting pauses"}
		h := open(t, site{
			engine: engine, logger: slog.New(s), limits: loop.Config{AcceptPause: time.Millisecond},
			wrap: func(l net.Listener) net.Listener { return &poorListener{l, []error{syscall.EMFILE}} },
		}, &desk{})
		v := h.visit()
		v.send("say in")
		got, err := v.next()
		close(s.gate)
		if got != "in" {
			t.Errorf("a server whose log is blocked accepts nobody after a shortage: %q, %v", got, err)
		}
	})
}

// A connection in the making does not hold up the loop, and one that fails is an error of its caller alone.
func TestFault28FailingDial(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		e, err := loop.New(engine, loop.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		nobody := client.LocalAddr().String() // taken, so that nobody else can listen there
		var events atomic.Int64
		for range 100 {
			_, err := loop.Dial(t.Context(), e, "tcp", nobody, nil, silent{&events})
			if !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("Dial: %v", err)
			}
		}
		if n := events.Load(); n > 0 || e.Stats().Open > 0 {
			t.Errorf("%d events of connections that never were; %+v", n, e.Stats())
		}
	})
}

// silent is a session that counts its events.
type silent struct{ events *atomic.Int64 }

func (s silent) Open(*loop.Conn)                          { s.events.Add(1) }
func (s silent) Data(_ *loop.Conn, b []byte) (int, error) { s.events.Add(1); return len(b), nil }
func (s silent) End(c *loop.Conn, _ []byte)               { s.events.Add(1); c.CloseAfterFlush() }
func (s silent) Writable(*loop.Conn)                      { s.events.Add(1) }
func (s silent) Timer(*loop.Conn, int)                    { s.events.Add(1) }
func (s silent) Message(*loop.Conn, any)                  { s.events.Add(1) }
func (s silent) Closed(*loop.Conn, error)                 { s.events.Add(1) }

// When memory runs short, those who come are told that the server is busy, in its own words; those who are there are served; and when there is memory
// again, so is everybody.
func TestFault27Memory(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		const room = 32 << 20
		for name, config := range map[string]func() loop.Config{
			"mark": func() loop.Config { return loop.Config{MemoryMark: int64(heap() + room)} },
			"limit of Go": func() loop.Config {
				old := debug.SetMemoryLimit(int64(heap()+room) / 7 * 8)
				t.Cleanup(func() { debug.SetMemoryLimit(old) })
				return loop.Config{}
			},
		} {
			t.Run(name, func(t *testing.T) {
				e, h := openParrots(t, engine, config())
				b := standBy(h.visit())
				ballast := make([]byte, 4*room)
				runtime.GC()
				for range 3 {
					v := h.visit()
					v.expect("busy")
					v.expectEnd()
				}
				runtime.KeepAlive(ballast)
				if n := e.Stats().MemoryRefused; n != 3 {
					t.Errorf("%d were refused", n)
				}
				eventually(t, "there is memory again", func() bool { // nobody else asks for a collection
					v := h.visit()
					defer v.Close()
					_, _ = v.Write(frames("say in")) // fails when the refusal is faster
					got, _ := v.next()
					return got == "in"
				})
				b.leave()
			})
		}
	})
}

// openParrots serves sessions that say everything again, or that they are busy.
func openParrots(t *testing.T, engine string, config loop.Config) (loop.Engine, *host) {
	t.Helper()
	e, err := loop.New(engine, config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- e.Serve(l, loop.Service{
			New:  func() loop.Session { return parrot{} },
			Busy: func(error) loop.Session { return busy{} },
		})
	}()
	t.Cleanup(func() {
		_ = e.Close()
		<-served
	})
	return e, &host{t: t, network: "tcp", address: l.Addr().String()}
}

// busy is a session that says no more than that.
type busy struct{ parrot }

func (busy) Open(c *loop.Conn) {
	_, _ = c.Write(frames("busy"))
	c.CloseAfterFlush()
}
