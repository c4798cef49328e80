package session_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
)

// stopping is a Shutdown that goes on.
func (o *office) stopping(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	go func() { done <- o.server.Shutdown(ctx) }()
	return done
}

// TestShutdownIdle: sessions that do nothing are closed at once, before and after login, and one with half a request too.
func TestShutdownIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serve(t, newClerk(echo{}, clerkConfig{within: time.Second}))
		fresh, known, half := o.visit(t), o.visit(t), o.visit(t)
		known.send("login 1 me")
		known.expect("reply 1 1000 welcome")
		if _, err := half.Write(frames(t, "hello 1")[:6]); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		begin := time.Now()
		done := o.stopping(t.Context())
		for _, v := range []*visitor{fresh, known, half} {
			v.expect("")
			_ = v.Close()
		}
		if err := <-done; err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("Shutdown takes %v when nothing is to be done", d)
		}
	})
}

// TestShutdownBusy: requests that were taken are answered, the deferred ones too, in order; requests that come later are
// not taken, and the session then ends as the machine says, without the rest of a frame being waited for.
func TestShutdownBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		var moves []string
		service := newClerk(g, clerkConfig{within: time.Second})
		service.Hooks.Transition = func(tr session.Transition) { moves = append(moves, tr.Input) }
		o := serve(t, service)
		v := o.visit(t)
		v.send("login 0 me", "order 1 a", "order 2 b")
		v.expect("reply 0 1000 welcome")
		if _, err := v.Write(frames(t, "order 3 c")[:9]); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		done := o.stopping(t.Context())
		synctest.Wait()
		v.send("order 4 d")
		<-time.After(2 * time.Second) // the half frame's time is over, but nobody reads the rest
		close(g.door("a"))
		close(g.door("b"))
		v.expect("reply 1 1000 a", "reply 2 1000 b", "")
		_ = v.Close()
		if err := <-done; err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		if last := moves[len(moves)-1]; last != "closed" {
			t.Errorf("the machine's last input is %q, want closed", last)
		}
	})
}

// TestShutdownContext: when the context ends before the sessions do, Shutdown says so at that time, the sessions are cut, and
// their handlers learn it.
func TestShutdownContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		o := serve(t, newClerk(g, clerkConfig{}))
		v := o.visit(t)
		v.send("login 0 me", "order 1 never")
		v.expect("reply 0 1000 welcome")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if err := o.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returns %v, want the context's error", err)
		}
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("Shutdown returns after %v, want 3s", d)
		}
		if err := <-g.ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the handler's context ended with %v, want why Shutdown gave up", err)
		}
		if n, err := v.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Error("the connection is still open")
		}
	})
}

// TestShutdownTwice: a second Shutdown waits like the first, with a patience of its own; Close ends them both.
func TestShutdownTwice(t *testing.T) {
	t.Run("patient", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			o := serve(t, newClerk(g, clerkConfig{}))
			v := o.visit(t)
			v.send("login 0 me", "order 1 a")
			v.expect("reply 0 1000 welcome")
			synctest.Wait()
			first, second := o.stopping(t.Context()), o.stopping(t.Context())
			synctest.Wait()
			close(g.door("a"))
			v.expect("reply 1 1000 a", "")
			_ = v.Close()
			if err := errors.Join(<-first, <-second); err != nil {
				t.Errorf("the two return %v", err)
			}
		})
	})
	t.Run("impatient", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			o := serve(t, newClerk(g, clerkConfig{}))
			v := o.visit(t)
			v.send("login 0 me", "order 1 never")
			v.expect("reply 0 1000 welcome")
			synctest.Wait()
			first := o.stopping(t.Context())
			synctest.Wait()
			now, cancel := context.WithCancel(t.Context())
			cancel()
			if err := o.server.Shutdown(now); !errors.Is(err, context.Canceled) {
				t.Errorf("the second returns %v, want its context's error", err)
			}
			if err := <-first; err != nil {
				t.Errorf("the first returns %v, and all sessions are over", err)
			}
			if err := <-g.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the handler's context ended with %v", err)
			}
		})
	})
	t.Run("close", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate()
			o := serve(t, newClerk(g, clerkConfig{}))
			v := o.visit(t)
			v.send("login 0 me", "order 1 never")
			v.expect("reply 0 1000 welcome")
			synctest.Wait()
			first := o.stopping(t.Context())
			synctest.Wait()
			if err := errors.Join(o.server.Close(), <-first, o.server.Close()); err != nil {
				t.Errorf("they return %v", err)
			}
			if err := <-g.ended; !errors.Is(err, net.ErrClosed) {
				t.Errorf("the handler's context ended with %v, want that the server was closed", err)
			}
		})
	})
}

// TestShutdownMany: all sessions are told within half of the time the context leaves, however many there are.
func TestShutdownMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := (&office{limits: loop.Config{DrainRate: 1}}).begin(t, newClerk(echo{}, clerkConfig{}))
		var visitors []*visitor
		for range 50 {
			visitors = append(visitors, o.visit(t))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begin := time.Now()
		done := o.stopping(ctx)
		var wg sync.WaitGroup
		for _, v := range visitors {
			wg.Go(func() {
				if got := v.next(); got != "" {
					t.Errorf("the session sends %q", got)
				}
				_ = v.Close()
			})
		}
		wg.Wait()
		if err := <-done; err != nil || time.Since(begin) > time.Second {
			t.Errorf("Shutdown returns %v after %v, want nil within 1s", err, time.Since(begin))
		}
	})
}

// TestEndWhileDeferred: a message that waits for another one does not keep a session whose stream has ended, nor one that
// is drained; what others are owed behind it is still sent.
func TestEndWhileDeferred(t *testing.T) {
	machine := acts{receive: func(s *acts, m session.Message) {
		switch m.(type) {
		case *order:
			s.Defer() // until something comes that will not
		case *hello:
			s.Send(&greeting{"behind"})
		}
	}}
	for name, end := range map[string]func(*session.Push) []byte{"end": (*session.Push).End, "drain": (*session.Push).Drain} {
		t.Run(name, func(t *testing.T) {
			push := machine.push()
			out := slices.Clone(push.Open())
			out = append(out, push.Receive(frames(t, "order 1 x", "hello 2"))...)
			if len(out) > 0 {
				t.Fatalf("the session sends %q before its turn", out)
			}
			out = end(push)
			if diff := cmp.Diff([]string{"greeting behind"}, unframe(t, out)); diff != "" {
				t.Errorf("the session sends (-want +got):\n%s", diff)
			}
			if ended, err := push.Ended(); !ended || err != nil {
				t.Errorf("ended %v with %v, want a regular end", ended, err)
			}
		})
	}
}

// TestPushDrain: a session driven by octets takes its leave as one on a network does.
func TestPushDrain(t *testing.T) {
	push := session.NewPush(quiet(newClerk(echo{}, clerkConfig{})))
	push.Open()
	push.Receive(frames(t, "login 1 me"))
	if out := push.Drain(); len(out) > 0 {
		t.Errorf("the session sends %q", out)
	}
	if ended, err := push.Ended(); !ended || err != nil {
		t.Errorf("ended %v with %v, want a regular end", ended, err)
	}
	if out := push.Receive(frames(t, "hello 2")); len(out) > 0 || len(push.Drain()) > 0 || len(push.Armed()) > 0 {
		t.Errorf("the session lives on: %q, timers %q", out, push.Armed())
	}
}
