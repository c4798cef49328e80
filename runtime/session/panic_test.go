package session_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// TestMachinePanic: a machine that panics, wherever it does, ends its session with a *loop.PanicError, exactly once, and
// no other session; the server counts it.
func TestMachinePanic(t *testing.T) {
	defect := func() { panic("a machine's defect") }
	ok := func(_ context.Context, m session.Message) (session.Message, error) {
		return &reply{"1", 1000, "x"}, nil
	}
	work := func(operation int) func(*acts, session.Message) {
		return func(s *acts, m session.Message) { s.Run(operation, m, 0) }
	}
	for name, machine := range map[string]acts{
		"start":       {start: func(*acts) { defect() }},
		"receive":     {receive: func(*acts, session.Message) { defect() }},
		"timer":       {receive: func(s *acts, _ session.Message) { s.StartTimer(0, time.Second) }, expired: func(*acts, int) { defect() }},
		"done":        {receive: work(actsOperationWork), perform: ok, done: func(*acts, int, session.Message, session.Message) { defect() }},
		"done inline": {receive: work(actsOperationInline), perform: ok, done: func(*acts, int, session.Message, session.Message) { defect() }},
		"receive and closed": {
			receive: func(*acts, session.Message) { defect() },
			closed:  func(*acts) { defect() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := machine.service()
				causes := make(chan error, 8)
				service.Hooks.Closed = func(_ uint64, cause error) { causes <- cause }
				o := serve(t, service)
				other := serve(t, newClerk(echo{}, clerkConfig{})).visit(t)
				v := o.call(t)
				_, _ = v.Write(frames(t, "order 1 x"))
				if b, _ := io.ReadAll(v); len(b) > 0 {
					t.Errorf("the session sends %q", b)
				}
				var defect *loop.PanicError
				if err := <-causes; !errors.As(err, &defect) || defect.Value != "a machine's defect" || len(defect.Stack) == 0 {
					t.Errorf("the session ended with %v, want a *loop.PanicError with its stack", err)
				}
				synctest.Wait()
				if len(causes) > 0 {
					t.Errorf("the session ended again, with %v", <-causes)
				}
				if n := o.server.Stats().Panics; n == 0 {
					t.Error("the panic was not counted")
				}
				other.send("hello 1")
				other.expect("greeting 1")
			})
		})
	}
}

// TestClientPanic: calls that wait when the machine panics do not wait for ever, even if it panics again at its end.
func TestClientPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := looptest.Pipe(0)
		defer far.Close()
		service := acts{
			start:   func(s *acts) { s.Ready() },
			called:  func(s *acts, c *session.Call) { s.Send(c.Message()) },
			receive: func(*acts, session.Message) { panic("first") },
			closed:  func(*acts) { panic("second") },
		}.service()
		c, err := session.NewClient(t.Context(), near, nil, loop.Config{}, quiet(service))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		done := ask(t.Context(), c, "1")
		v := &visitor{Conn: far, t: t}
		v.expect("order 1 x")
		v.send("reply 1 1000 done")
		var defect *loop.PanicError
		if got := <-done; !errors.Is(got.err, session.ErrClosed) || !errors.As(got.err, &defect) || defect.Value != "first" {
			t.Errorf("the call ends with %v, want ErrClosed and the first panic", got)
		}
		<-c.Done()
	})
}

// TestHandlerExit: a handler that ends its goroutine does not leave the session waiting.
func TestHandlerExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := acts{
			receive: func(s *acts, m session.Message) { s.Run(actsOperationWork, m, 0) },
			perform: func(context.Context, session.Message) (session.Message, error) {
				runtime.Goexit()
				return nil, nil
			},
		}.service()
		causes := make(chan error, 1)
		service.Hooks.Closed = func(_ uint64, cause error) { causes <- cause }
		v := serve(t, service).call(t)
		v.send("order 1 x")
		if err := <-causes; err == nil || err.Error() != "session: handler ended its goroutine" {
			t.Errorf("the session ended with %v", err)
		}
	})
}

// TestContextCauses: the context of a handler ends with what ended its session.
func TestContextCauses(t *testing.T) {
	for name, tt := range map[string]struct {
		config clerkConfig
		end    func(t *testing.T, o *office, v *visitor)
		want   func(error) bool
	}{
		"reset": {
			end: func(_ *testing.T, _ *office, v *visitor) {
				_ = v.Conn.(*looptest.Conn).SetLinger(0)
				_ = v.Close()
			},
			want: func(err error) bool { var op *net.OpError; return errors.As(err, &op) },
		},
		"server closed": {
			end:  func(_ *testing.T, o *office, _ *visitor) { _ = o.server.Close() },
			want: func(err error) bool { return errors.Is(err, net.ErrClosed) },
		},
		"shutdown gave up": {
			end: func(t *testing.T, o *office, _ *visitor) {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				_ = o.server.Shutdown(ctx)
			},
			want: func(err error) bool { return err == context.Canceled },
		},
		"operation's own time": {
			config: clerkConfig{timeout: time.Second},
			end:    func(*testing.T, *office, *visitor) {},
			want:   func(err error) bool { return err == context.DeadlineExceeded },
		},
		"idle timer": {
			end:  func(*testing.T, *office, *visitor) {},
			want: func(err error) bool { return errors.Is(err, net.ErrClosed) },
		},
		"defect of another handler": {
			config: clerkConfig{parallel: true},
			end:    func(_ *testing.T, _ *office, v *visitor) { v.send("order 2 panic") },
			want:   func(err error) bool { var p *session.PanicError; return errors.As(err, &p) },
		},
		"stream lost to a defect": {
			config: clerkConfig{parallel: true, intolerant: true},
			end:    func(_ *testing.T, _ *office, v *visitor) { v.send("junk") },
			want:   func(err error) bool { var s *session.StateError; return errors.As(err, &s) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate()
				o := serve(t, newClerk(g, tt.config))
				v := o.visit(t)
				v.send("login 0 me", "order 1 never")
				v.expect("reply 0 1000 welcome")
				synctest.Wait()
				tt.end(t, o, v)
				if err := <-g.ended; !tt.want(err) {
					t.Errorf("the handler's context ended with %T: %v", err, err)
				}
			})
		})
	}
}
