package faults_test

import (
	"errors"
	"log/slog"
	"net"
	"os"
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
		_ = v.SetDeadline(time.Now().Add(5 * time.Second))
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
		nobody, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = nobody.Close()
		var events atomic.Int64
		for range 100 {
			_, err := loop.Dial(t.Context(), e, "tcp", nobody.Addr().String(), nil, silent{&events})
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
