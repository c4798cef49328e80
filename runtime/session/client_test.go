package session_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/loop/looptest"
	"github.com/protogen-go/protogen/runtime/session"
)

// desk is the far end of a client, by hand.
type desk struct {
	*visitor
}

// dial is a client whose peer has greeted it.
func dial(t *testing.T, keepAlive time.Duration, window int) (*session.Client, *desk) {
	t.Helper()
	near, far := looptest.Pipe(0)
	d := &desk{&visitor{Conn: far, t: t}}
	d.send("greeting 0")
	c, err := session.NewClient(t.Context(), near, nil, loop.Config{}, quiet(newCustomer(keepAlive, window)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); _ = far.Close() })
	return c, d
}

// outcome is how a call ended.
type outcome struct {
	text string
	err  error
}

// ask sends an order in the background.
func ask(ctx context.Context, c *session.Client, id string) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		m, err := c.Call(ctx, customerCallOrder, "order", &order{id, "x"})
		if err != nil {
			done <- outcome{err: err}
			return
		}
		r, ok := m.(*reply)
		if !ok {
			done <- outcome{text: officeName(m)}
			return
		}
		done <- outcome{text: r.id + " " + r.text}
	}()
	return done
}

// TestCalls: replies go to the calls in the order these were sent, from however many goroutines, no more than the window
// at a time.
func TestCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Hour, 3)
		var calls []<-chan outcome
		for i := range 5 {
			calls = append(calls, ask(t.Context(), c, strconv.Itoa(i)))
			synctest.Wait()
		}
		d.expect("order 0 x", "order 1 x", "order 2 x")
		synctest.Wait()
		if len(d.buf) > 0 {
			t.Errorf("the client sends %q beyond its window", d.buf)
		}
		for i := range 5 {
			d.send("reply " + strconv.Itoa(i) + " 1000 done")
			if got := <-calls[i]; got.text != strconv.Itoa(i)+" done" {
				t.Errorf("call %d ends with %v", i, got)
			}
			if i < 2 {
				d.expect("order " + strconv.Itoa(i+3) + " x")
			}
		}
	})
}

// TestKeepAlive: what the machine sends by itself takes its place among the calls.
func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Minute, 8)
		d.expect("hello keepAlive") // a minute later, in the bubble's time
		done := ask(t.Context(), c, "1")
		d.expect("order 1 x")
		d.send("greeting keepAlive", "reply 1 1000 done")
		if got := <-done; got.text != "1 done" {
			t.Errorf("the call ends with %v", got)
		}
	})
}

// TestCallContext: a call ends with its context, and the reply that comes later is nobody else's.
func TestCallContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Hour, 8)
		gone := errors.New("no longer interested")
		ctx, cancel := context.WithCancelCause(t.Context())
		first := ask(ctx, c, "1")
		d.expect("order 1 x")
		cancel(gone)
		if got := <-first; !errors.Is(got.err, gone) {
			t.Errorf("the call ends with %v, want the context's cause", got)
		}
		second := ask(t.Context(), c, "2")
		d.expect("order 2 x")
		d.send("reply 1 1000 late", "reply 2 1000 done")
		if got := <-second; got.text != "2 done" {
			t.Errorf("the call ends with %v", got)
		}
	})
}

// TestCallEnd: calls that wait end with the connection, each exactly once, and so do later ones.
func TestCallEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Hour, 1)
		sent, held := ask(t.Context(), c, "1"), ask(t.Context(), c, "2")
		d.next()
		_ = d.Close()
		for _, call := range []<-chan outcome{sent, held, ask(t.Context(), c, "3")} {
			if got := <-call; !errors.Is(got.err, session.ErrClosed) || !errors.Is(got.err, net.ErrClosed) {
				t.Errorf("the call ends with %v, want ErrClosed", got)
			}
		}
		<-c.Done()
		if err := c.Err(); !errors.Is(err, session.ErrClosed) {
			t.Errorf("the client ended with %v, want ErrClosed", err)
		}
	})
}

// TestCallUnwritable: a message that cannot be written fails its call and harms nothing else.
func TestCallUnwritable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Hour, 8)
		_, err := c.Call(t.Context(), customerCallOrder, "order", &reply{text: "unwritable"})
		if err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Errorf("the call ends with %v", err)
		}
		if _, err := c.Call(t.Context(), customerCallOrder, "order", &order{"1", strings.Repeat("x", 1<<16)}); err == nil {
			t.Error("a message larger than a frame was sent")
		}
		done := ask(t.Context(), c, "1")
		d.expect("order 1 x")
		d.send("reply 1 1000 done")
		if got := <-done; got.text != "1 done" {
			t.Errorf("the call ends with %v", got)
		}
	})
}

// TestGarbledClient: a peer that breaks the framing fails the calls with the machine's words.
func TestGarbledClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Hour, 8)
		done := ask(t.Context(), c, "1")
		d.expect("order 1 x")
		if _, err := d.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		var failed *session.FailedError
		if got := <-done; !errors.As(got.err, &failed) {
			t.Errorf("the call ends with %v, want a *FailedError", got)
		}
		<-c.Done()
		if err := c.Err(); !errors.Is(err, session.ErrClosed) || !errors.As(err, &failed) {
			t.Errorf("the client ended with %v, want ErrClosed and a *FailedError", err)
		}
	})
}

// TestNoGreeting: a client whose peer never greets fails when its context ends.
func TestNoGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := looptest.Pipe(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := session.NewClient(ctx, near, nil, loop.Config{}, quiet(newCustomer(time.Hour, 1)))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("NewClient returns %v, want the context's error", err)
		}
		if _, err := far.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is still open")
		}
	})
}

// TestClientAndServer: an emitted-style client and server understand each other, from many goroutines.
func TestClientAndServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := serve(t, newClerk(slow{}, clerkConfig{parallel: true, window: 4}))
		nc, err := o.l.Dial()
		if err != nil {
			t.Fatal(err)
		}
		c, err := session.NewClient(t.Context(), nc, nil, loop.Config{}, quiet(newCustomer(time.Hour, 8)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Call(t.Context(), customerCallOrder, "login", &login{"0", "me"}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				id := strconv.Itoa(i)
				if got := <-ask(t.Context(), c, id); got.text != id+" x" {
					t.Errorf("call %s ends with %v", id, got)
				}
			})
		}
		wg.Wait()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestCallTooLate: a call that the machine cannot take any more fails at once and says why.
func TestCallTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Hour, 8)
		if m, ok := c.Opening().(*greeting); !ok || m.id != "0" {
			t.Errorf("the session was opened by %v, want the greeting", c.Opening())
		}
		if c.Err() != nil {
			t.Errorf("the client has ended: %v", c.Err())
		}
		last := make(chan error, 1)
		go func() {
			_, err := c.Call(t.Context(), customerCallLogout, "logout", &logout{"1"})
			last <- err
		}()
		d.expect("logout 1")
		_, err := c.Call(t.Context(), customerCallOrder, "order", &order{"2", "x"})
		var state *session.StateError
		if !errors.As(err, &state) || state.State != "leaving" || state.Input != "order" {
			t.Errorf("the call ends with %v, want a *StateError of the state leaving", err)
		}
		d.send("reply 1 1500 bye")
		if err := <-last; err != nil {
			t.Errorf("logout ends with %v", err)
		}
		d.send("reply 9 1000 nobody asked")
	})
}

// TestDial connects over the network of this host, by the address of a listener.
func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no network on this host: ", err)
	}
	var server session.Server
	done := make(chan error, 1)
	go func() { done <- server.Serve(l, nil, "", loop.Config{}, quiet(newClerk(contexts{}, clerkConfig{}))) }()
	c, err := session.Dial(t.Context(), "tcp", l.Addr().String(), nil, loop.Config{}, quiet(newCustomer(time.Hour, 4)))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []session.Message{&login{"1", "me"}, &order{"2", "two"}} {
		res, err := c.Call(t.Context(), customerCallOrder, officeName(m), m)
		if r, ok := res.(*reply); err != nil || !ok || r.code != 1000 {
			t.Errorf("%s ends with %v, %v", officeName(m), res, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, session.ErrServerClosed) {
		t.Errorf("Serve returns %v, want ErrServerClosed", err)
	}
	if n := server.Stats().Accepted; n != 1 {
		t.Errorf("%d connections were accepted, want 1", n)
	}
	if _, err := session.Dial(t.Context(), "tcp", l.Addr().String(), nil, loop.Config{}, quiet(newCustomer(time.Hour, 4))); err == nil {
		t.Error("a closed server can be dialled")
	}
}

// contexts is a handler that checks its context.
type contexts struct{ echo }

func (contexts) Order(ctx context.Context, m *order) (*reply, error) {
	if session.Context(ctx) == ctx || session.Context(ctx).Err() != nil {
		return nil, errors.New("the session's context is not there")
	}
	return &reply{m.id, 1000, m.text}, nil
}

// TestCallHeldContext: a call whose context ends before it could be sent is never sent.
func TestCallHeldContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, d := dial(t, time.Hour, 1)
		first := ask(t.Context(), c, "1")
		d.expect("order 1 x")
		ctx, cancel := context.WithCancel(t.Context())
		second := ask(ctx, c, "2")
		synctest.Wait()
		cancel()
		if got := <-second; !errors.Is(got.err, context.Canceled) {
			t.Errorf("the call ends with %v, want its context's error", got)
		}
		third := ask(t.Context(), c, "3")
		synctest.Wait()
		d.send("reply 1 1000 done")
		d.expect("order 3 x")
		d.send("reply 3 1000 done")
		for _, call := range []<-chan outcome{first, third} {
			if got := <-call; got.err != nil {
				t.Errorf("the call ends with %v", got.err)
			}
		}
	})
}
