package loop

import (
	"errors"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"
)

// silent is a session that notes its end.
type silent struct{ closed chan error }

func (silent) Open(*Conn)                          {}
func (silent) Data(_ *Conn, b []byte) (int, error) { return len(b), nil }
func (silent) End(c *Conn, _ []byte)               { c.CloseAfterFlush() }
func (silent) Writable(*Conn)                      {}
func (silent) Timer(*Conn, int)                    {}
func (silent) Message(*Conn, any)                  {}
func (s silent) Closed(_ *Conn, why error)         { s.closed <- why }

func newTestEpoll(t *testing.T) *epoll {
	t.Helper()
	e, err := NewEpoll(Config{Logger: slog.New(slog.DiscardHandler), Pollers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e.(*epoll)
}

// pair returns two connected sockets.
func pair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}

// FAULTS 26: a system that has no memory to watch one more socket costs that connection, and no other.
func TestFaultEpollCtl(t *testing.T) {
	real := epollCtl
	defer func() { epollCtl = real }()
	epollCtl = func(int, int, int, *syscall.EpollEvent) error { return syscall.ENOMEM }
	e := newTestEpoll(t)
	_, b := pair(t)
	s := silent{make(chan error, 1)}
	if _, err := e.Attach(t.Context(), b, nil, s); err != nil {
		t.Fatal(err)
	}
	if err := <-s.closed; !errors.Is(err, syscall.ENOMEM) {
		t.Errorf("closed: %v", err)
	}
	if err := e.Close(); err != nil || e.Stats().Open != 0 {
		t.Errorf("%+v: %v", e.Stats(), err)
	}
}

// An event for the former holder of a slot is not taken for one of the present holder.
func TestSlotGeneration(t *testing.T) {
	e := newTestEpoll(t)
	l := &poller{engine: e}
	var old, next polled
	old.slot = l.add(&old)
	generation := l.table[old.slot].generation
	l.remove(old.slot)
	next.slot = l.add(&next)
	if next.slot != old.slot || l.table[next.slot].generation == generation {
		t.Errorf("slot %d of generation %d follows slot %d of generation %d", next.slot, l.table[next.slot].generation, old.slot, generation)
	}
}

// A stopped engine has given back its descriptors and goroutines; an idle one sleeps: the watch is not set.
func TestPollerSleeps(t *testing.T) {
	e := newTestEpoll(t)
	l := e.pollers[0]
	a, b := pair(t)
	s := silent{make(chan error, 1)}
	if _, err := e.Attach(t.Context(), b, nil, s); err != nil {
		t.Fatal(err)
	}
	_, _ = a.Write([]byte("x"))
	for deadline := time.Now().Add(time.Minute); l.watching.Load() || !l.parked.Load() || l.turn.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the watch goes on")
		}
	}
	_ = a.Close()
	if err := <-s.closed; err != nil {
		t.Errorf("closed: %v", err)
	}
}
