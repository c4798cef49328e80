package loop_test

import (
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
)

// quiet is a logger for tests that provoke errors.
var quiet = slog.New(slog.DiscardHandler)

// A script is a session made of functions; a nil one does nothing. It checks what the engine promises: events one at a time, Open first,
// Closed once and last.
type script struct {
	t        testing.TB
	open     func(c *loop.Conn)
	data     func(c *loop.Conn, b []byte) (int, error)
	end      func(c *loop.Conn, rest []byte)
	writable func(c *loop.Conn)
	timer    func(c *loop.Conn, id int)
	message  func(c *loop.Conn, m any)
	drain    func(c *loop.Conn)
	closed   func(c *loop.Conn, why error)

	busy   sync.Mutex
	opened bool
	over   bool
	why    error
	events []string
	done   chan struct{} // closed by Closed, if not nil
}

// enter begins an event.
func (s *script) enter(name string) func() {
	if !s.busy.TryLock() {
		s.t.Errorf("%s: another event is running", name)
		return func() {}
	}
	if s.over {
		s.t.Errorf("%s after Closed", name)
	}
	if (name == "Open") == s.opened {
		s.t.Errorf("%s: opened is %v", name, s.opened)
	}
	s.opened = true
	s.events = append(s.events, name)
	return s.busy.Unlock
}

func (s *script) Open(c *loop.Conn) {
	defer s.enter("Open")()
	if s.open != nil {
		s.open(c)
	}
}

func (s *script) Data(c *loop.Conn, b []byte) (int, error) {
	defer s.enter("Data")()
	if s.data != nil {
		return s.data(c, b)
	}
	return len(b), nil
}

func (s *script) End(c *loop.Conn, rest []byte) {
	defer s.enter("End")()
	if s.end != nil {
		s.end(c, rest)
		return
	}
	c.CloseAfterFlush()
}

func (s *script) Writable(c *loop.Conn) {
	defer s.enter("Writable")()
	if s.writable != nil {
		s.writable(c)
	}
}

func (s *script) Timer(c *loop.Conn, id int) {
	defer s.enter("Timer")()
	if s.timer != nil {
		s.timer(c, id)
	}
}

func (s *script) Message(c *loop.Conn, m any) {
	defer s.enter("Message")()
	if s.message != nil {
		s.message(c, m)
	}
}

func (s *script) Drain(c *loop.Conn) {
	defer s.enter("Drain")()
	if s.drain != nil {
		s.drain(c)
		return
	}
	c.CloseAfterFlush()
}

func (s *script) Closed(c *loop.Conn, why error) {
	defer s.enter("Closed")()
	s.over, s.why = true, why
	if s.closed != nil {
		s.closed(c, why)
	}
	if s.done != nil {
		close(s.done)
	}
}

// seen reports whether the event has happened.
func (s *script) seen(name string) bool {
	s.busy.Lock()
	defer s.busy.Unlock()
	return slices.Contains(s.events, name)
}

// reason is what Closed got.
func (s *script) reason() error {
	s.busy.Lock()
	defer s.busy.Unlock()
	return s.why
}

var framing = frame.Length{Width: 4, Max: 4 << 20}

// echo answers every frame with itself.
func echo(c *loop.Conn, b []byte) (int, error) {
	used := 0
	for !c.Full() {
		payload, n, err := framing.Next(b[used:])
		if err == frame.ErrMore {
			break
		}
		if err != nil {
			return used, err
		}
		out, err := framing.Append(c.AvailableBuffer(), payload)
		if err != nil {
			return used, err
		}
		if _, err := c.Write(out); err != nil {
			return used, err
		}
		used += n
	}
	return used, nil
}

// framed returns the frame of a payload.
func framed(payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
}

// A bench is an engine that serves scripts over a listener in memory.
type bench struct {
	engine   *loop.Goroutines
	listener *looptest.Listener
	served   chan error
}

// serve starts a bench; it stops when the test ends.
func serve(t *testing.T, config loop.Config, session func() loop.Session) *bench {
	t.Helper()
	if config.Logger == nil {
		config.Logger = quiet
	}
	b := &bench{engine: loop.NewGoroutines(config), listener: looptest.Listen(), served: make(chan error, 1)}
	go func() { b.served <- b.engine.Serve(b.listener, loop.Service{New: session}) }()
	return b
}

// stop closes the engine and checks that nothing is left.
func (b *bench) stop(t *testing.T) {
	t.Helper()
	if err := b.engine.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-b.served; !errors.Is(err, loop.ErrClosed) {
		t.Errorf("Serve returned %v, want ErrClosed", err)
	}
	if n := b.engine.Stats().Open; n != 0 {
		t.Errorf("%d connections left", n)
	}
}

func (b *bench) dial(t *testing.T) *looptest.Conn {
	t.Helper()
	nc, err := b.listener.Dial()
	if err != nil {
		t.Fatal(err)
	}
	return nc
}

// one serves one script and connects to it.
func one(t *testing.T, config loop.Config, s *script) (*bench, *looptest.Conn) {
	t.Helper()
	s.t = t
	b := serve(t, config, func() loop.Session { return s })
	return b, b.dial(t)
}

func mustWrite(t *testing.T, w io.Writer, b []byte) {
	t.Helper()
	if _, err := w.Write(b); err != nil {
		t.Fatalf("write: %v", err)
	}
}

func mustRead(t *testing.T, r io.Reader, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatalf("read: %v", err)
	}
	return b
}

func mustReadAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return b
}

// bubble runs a test with fake time; when all goroutines wait, time jumps.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
