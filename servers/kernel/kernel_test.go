package kernel

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

// TestReceive takes messages that cannot be delivered and tells why, in the words that peers match.
func TestReceive(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	demo(t, k)
	r := play(t, k, "raw")
	for name, c := range map[string]struct {
		m    Message
		want []any
	}{
		"no event": {
			Message{Params: tree.Int(1)},
			[]any{"Session '' is not available for remote kernels.  Request poe:", nil, "check"},
		},
		"bad event": {
			Message{Event: tree.String("poe://k/s/t/u")},
			[]any{"Session '' is not available for remote kernels.  Request poe:", nil, "check"},
		},
		"event of another kind": {
			Message{Event: tree.ListOf(tree.String("sess"))},
			[]any{"Session '' is not available for remote kernels.  Request poe:", nil, "check"},
		},
		"no session": {
			Message{Event: tree.String("poe://Server/nosuch/log"), From: spec("id", "me", "IKC:proxy")},
			[]any{"Session 'nosuch' is not available for remote kernels.  Request poe://Server/nosuch/log sent by poe://id/me/IKC:proxy", "Server", "check"},
		},
		"no state": {
			Message{Event: tree.String("poe://Server/test/unpublished"), From: value(t, map[string]any{"kernel": "Lite", "session": "IKCLite"})},
			[]any{"Session 'test' has not published state 'unpublished'.  Request poe://Server/test/unpublished sent by poe://Lite/IKCLite", "Server", "check"},
		},
		"no state, by proxy": {
			Message{Event: spec("Server", "test", "IKC:proxy"), Params: value(t, []any{"nosuch", []any{}})},
			[]any{"Session 'test' has not published state 'nosuch'.  Request poe://Server/test/nosuch", "Server", "check"},
		},
	} {
		r.peer.deliver(&c.m)
		got := <-r.got
		if !got.Event.Equal(spec("raw", "IKC", "remote_error")) || !got.IsError.Equal(tree.Int(1)) {
			t.Errorf("%s: report %v, %v", name, got.Event, got.IsError)
		}
		if diff := cmp.Diff(c.want, plain(t, got.Params)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	r.peer.deliver(&Message{Event: tree.String("poe://WrongKernel/test/echo"), Params: tree.Int(5), RSVP: spec("raw", "s", "r")})
	if m := <-r.got; !m.Params.Equal(tree.Int(5)) {
		t.Errorf("a message for another kernel gives %v", m.Params)
	}
	r.peer.deliver(&Message{Event: spec("Server", "test", "IKC:proxy"), Params: value(t, []any{"add", []any{2, 3}}), RSVP: spec("raw", "s", "r")})
	if m := <-r.got; !m.Params.Equal(tree.Int(5)) {
		t.Errorf("a message by proxy gives %v", m.Params)
	}
	r.peer.deliver(&Message{Event: tree.String("poe://Server/nosuch/x"), IsError: tree.Int(1)})
	r.peer.deliver(&Message{Event: tree.String("poe://Server/IKC/ping"), RSVP: spec("raw", "s", "r")})
	if m := <-r.got; !m.Params.Equal(tree.String("PONG")) {
		t.Errorf("a report was reported: %v", m.Params)
	}
}

// TestReply answers senders in both forms that they give their address in.
func TestReply(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	demo(t, k)
	r := play(t, k, "raw")
	back := func(from tree.Value) { // what test/back does with what it is sent
		r.peer.deliver(&Message{Event: tree.String("poe://Server/test/back"), Params: tree.String("p"), From: from})
	}
	back(spec("raw", "me", "IKC:proxy"))
	m := <-r.got
	if !m.Event.Equal(spec("raw", "me", "IKC:proxy")) {
		t.Errorf("event %v", m.Event)
	}
	if diff := cmp.Diff([]any{"answer", []any{"for", "p"}}, plain(t, m.Params)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	back(value(t, map[string]any{"kernel": "raw", "session": "IKCLite"}))
	m = <-r.got
	if !m.Event.Equal(spec("raw", "IKCLite", "answer")) {
		t.Errorf("event %v", m.Event)
	}
	if diff := cmp.Diff([]any{"for", "p"}, plain(t, m.Params)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	back(tree.Value{}) // the sender is anonymous: the handler fails, and says so
	if m = <-r.got; !m.IsError.Truth() {
		t.Errorf("%v", m)
	}
}

// TestReplyLater answers a sender after the handler has returned, from a session that the sender's kernel has published.
func TestReplyLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := &Kernel{Name: "Server", Logger: quiet}, &Kernel{Name: "Client", Logger: quiet}
		answers := make(chan string)
		if err := client.Publish(t.Context(), "me", States{"answer": Func(func(s string) { answers <- s })}); err != nil {
			t.Fatal(err)
		}
		if err := server.Publish(t.Context(), "test", States{"back_later": HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) {
			time.AfterFunc(time.Minute, func() {
				if err := e.Reply("answer", "later"); err != nil {
					t.Error(err)
				}
			})
			return tree.Value{}, nil
		})}); err != nil {
			t.Fatal(err)
		}
		join(t, client, server)
		if _, err := client.Post(WithSession(t.Context(), "me"), "poe://Server/test/back_later", nil); err != nil {
			t.Fatal(err)
		}
		if got := <-answers; got != "later" {
			t.Error(got)
		}
	})
}

// TestOrder handles the events of a session one after another, and those of a concurrent one at once.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Name: "Server", Logger: quiet}
		got := make(chan int, 100)
		var working, most atomic.Int64
		if err := k.Publish(t.Context(), "s", States{"t": Func(func(i int) {
			if now := working.Add(1); now > most.Load() {
				most.Store(now)
			}
			time.Sleep(time.Second)
			working.Add(-1)
			got <- i
		})}); err != nil {
			t.Fatal(err)
		}
		post := func() {
			for i := range 20 {
				if _, err := k.Post(t.Context(), "poe://Server/s/t", i); err != nil {
					t.Fatal(err)
				}
			}
		}
		post()
		for want := range 20 {
			if i := <-got; i != want {
				t.Fatalf("event %d comes when %d should", i, want)
			}
		}
		if most.Load() != 1 {
			t.Errorf("%d events at once", most.Load())
		}
		if err := k.Concurrent("s", 3); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		post()
		for range 20 {
			<-got
		}
		if took := time.Since(begun); took != 7*time.Second {
			t.Errorf("20 events of a second, 3 at once, took %v", took)
		}
	})
}

// TestBackPressure stops reading from who sends faster than a session works, and goes on when it has caught up.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Logger: quiet, MaxQueue: 10}
		work := make(chan struct{})
		if err := k.Publish(t.Context(), "s", States{"t": Func(func() { <-work })}); err != nil {
			t.Fatal(err)
		}
		r := play(t, k, "raw")
		for range 11 { // one of them is being handled
			r.peer.deliver(&Message{Event: tree.String("poe:/s/t")})
			synctest.Wait()
		}
		if paused := <-r.pauses; !paused || len(r.pauses) > 0 {
			t.Error("not paused")
		}
		for range 5 {
			work <- struct{}{}
			synctest.Wait()
		}
		if len(r.pauses) > 0 {
			t.Error("resumed too early")
		}
		work <- struct{}{}
		if paused := <-r.pauses; paused {
			t.Error("paused again")
		}
		close(work)
	})
}

// TestHoldLate reads on at once from who is held when nothing waits any more.
func TestHoldLate(t *testing.T) {
	r := play(t, &Kernel{Logger: quiet}, "raw")
	new(localSession).hold(r.peer, 10)
	if paused, resumed := <-r.pauses, !<-r.pauses; !paused || !resumed {
		t.Error("it is not paused, or not resumed")
	}
}

// TestRetract takes states back and gives them again.
func TestRetract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := servedBy(t)
		call := func() error {
			_, err := client.Call(t.Context(), "poe://Server/test/echo", 1)
			return err
		}
		if err := server.Retract(t.Context(), "test", "echo"); err != nil {
			t.Fatal(err)
		}
		if err := call(); err == nil {
			t.Error("a state is called that was retracted")
		}
		published, err := server.Published(t.Context(), "test")
		if want := []string{"add", "back", "die", "fail", "list", "noreturn", "refuse"}; err != nil || !cmp.Equal(published, want) {
			t.Errorf("published are %v, %v", published, err)
		}
		demo(t, server)
		if err := call(); err != nil {
			t.Error(err)
		}
		if err := server.Retract(t.Context(), "test"); err != nil {
			t.Fatal(err)
		}
		if err := call(); err == nil || err.Error() != "kernel: remote: Session 'test' is not available for remote kernels.  Request poe://Server/test/echo" {
			t.Errorf("a session is called that was retracted: %v", err)
		}
		if err := server.Retract(t.Context(), "nosuch"); !errors.Is(err, errNoSession) {
			t.Error(err)
		}
	})
}

// TestAlias reaches a session by two names.
func TestAlias(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := servedBy(t)
		if err := server.Alias(t.Context(), "test", "exam"); err != nil {
			t.Fatal(err)
		}
		v, err := client.Call(t.Context(), "poe://Server/exam/add", []int{1, 2})
		if err != nil || !v.Equal(tree.Int(3)) {
			t.Errorf("%v, %v", v, err)
		}
	})
}

// TestPublishRefuses what cannot be a session.
func TestPublishRefuses(t *testing.T) {
	k := &Kernel{}
	for name, states := range map[string]States{"": {}, "IKC": {}, "s": {"t": Func(17)}} {
		if err := k.Publish(t.Context(), name, states); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}

// TestDuplicateNames leaves names with the first kernel that has them; the second can call all the same.
func TestDuplicateNames(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	demo(t, k)
	first, second, third := play(t, k, "id", "Client"), play(t, k, "id", "Other"), play(t, k, "id3", "Client")
	for name, want := range map[string]*raw{"id": first, "Client": first, "id3": third} {
		if n, err := k.Post(t.Context(), "poe://"+name+"/s/t", nil); n != 1 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		<-want.got
	}
	if _, err := k.Post(t.Context(), "poe://Other/s/t", nil); !errors.As(err, new(*UnknownKernelError)) {
		t.Errorf("the second kernel of the id has a name: %v", err)
	}
	second.peer.deliver(&Message{Event: tree.String("poe://Server/test/echo"), Params: tree.Int(1), RSVP: spec("id", "s", "r")})
	<-second.got
	second.peer.leave(nil)
	if n, err := k.Post(t.Context(), "poe://id/s/t", nil); n != 1 || err != nil {
		t.Errorf("after the second has gone: %d, %v", n, err)
	}
	first.peer.leave(nil)
	if _, err := k.Post(t.Context(), "poe://Client/s/t", nil); !errors.As(err, new(*UnknownKernelError)) {
		t.Errorf("after the first has gone: %v", err)
	}
}

// slow is a registry that answers when it is told to.
type slow struct {
	Memory
	registering chan error
}

func (s *slow) Register(ctx context.Context, p Peer) ([]string, error) {
	select {
	case err := <-s.registering:
		if err != nil {
			return nil, err
		}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return s.Memory.Register(ctx, p)
}

// TestSlowRegistry keeps messages until the registry knows their sender, and cuts who is never known.
func TestSlowRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := &slow{registering: make(chan error)}
		over := make(chan error, 1)
		k := &Kernel{Logger: quiet, Registry: registry, OnDisconnect: func(_ Peer, cause error) { over <- cause }}
		demo(t, k)
		r := newRaw(k, 0, "raw")
		for i := range 3 {
			r.peer.deliver(&Message{Event: tree.String("poe:/test/echo"), Params: tree.Int(int64(i)), RSVP: spec("raw", "s", "r")})
		}
		synctest.Wait()
		if len(r.got) > 0 {
			t.Error("a message was handled before its sender was known")
		}
		registry.registering <- nil
		for i := range 3 {
			if m := <-r.got; !m.Params.Equal(tree.Int(int64(i))) {
				t.Errorf("answer %d is %v", i, m.Params)
			}
		}
		newRaw(k, 0, "lost")
		if err := <-over; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cut because of %v", err)
		}
	})
}

// far is the way to a peer of another kernel: what a registry through a network would have instead of a reference.
type far struct {
	there *Kernel // whose peer it is
	name  string
	back  func(*Message) // takes answers back
}

func (f *far) Send(_ context.Context, m *Message) error {
	t := readTarget(m.Event)
	t.Kernel = f.name
	if m.RSVP.IsUndef() {
		_, err := f.there.Post(context.Background(), t.String(), m.Params)
		return err
	}
	posted := *m
	go func() {
		if v, err := f.there.Call(context.Background(), t.String(), posted.Params); err == nil {
			f.back(&Message{Event: posted.RSVP, Params: v})
		}
	}()
	return nil
}

// TestFarPeer reaches a peer that is connected to another process.
func TestFarPeer(t *testing.T) {
	registry := &Memory{}
	here, there, peer := &Kernel{Name: "Here", Logger: quiet, Registry: registry}, &Kernel{Name: "There", Logger: quiet}, &Kernel{Name: "Peer", Logger: quiet}
	demo(t, here)
	demo(t, peer)
	join(t, there, peer)
	way := &far{there: there, name: "Peer"}
	known := Peer{Names: []string{peer.ID(), "Peer"}, Route: way}
	way.back = func(m *Message) { here.Deliver(known, m) }
	if _, err := registry.Register(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	if v, err := here.Call(t.Context(), "poe://Peer/test/add", []int{2, 3}); err != nil || !v.Equal(tree.Int(5)) {
		t.Errorf("%v, %v", v, err)
	}
	if n, err := here.Post(t.Context(), "poe://Peer/test/echo", 1); n != 1 || err != nil {
		t.Errorf("posted to %d, %v", n, err)
	}
	answer := make(chan *Message, 1)
	here.Deliver(Peer{Names: []string{"caller"}, Route: &kept{answer}}, &Message{
		Event: tree.String("poe://Here/test/echo"), Params: tree.Int(7), RSVP: spec("caller", "s", "r"),
	})
	if m := <-answer; !m.Params.Equal(tree.Int(7)) {
		t.Errorf("the far caller gets %v", m.Params)
	}
}

// TestSharedRegistry: answers and error reports of the peers of another kernel, which has the same registry, reach who called them.
func TestSharedRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := &Memory{}
		here, there := &Kernel{Name: "Here", Logger: quiet, Registry: registry}, &Kernel{Name: "There", Logger: quiet, Registry: registry}
		near, far := &Kernel{Name: "Near", Logger: quiet}, &Kernel{Name: "Far", Logger: quiet}
		demo(t, near)
		demo(t, far)
		join(t, here, near)
		toFar, _ := join(t, there, far)
		if v, err := here.Call(t.Context(), "poe://Far/test/add", []int{1, 2}); err != nil || !v.Equal(tree.Int(3)) {
			t.Errorf("%v, %v", v, err)
		}
		var refused *RemoteError
		if _, err := here.Call(t.Context(), "poe://Far/test/none", nil); !errors.As(err, &refused) {
			t.Errorf("no report: %v", err)
		}
		if all, err := here.CallAll(t.Context(), "poe://*/IKC/ping", nil); err != nil || len(all) != 3 {
			t.Errorf("%v, %v", all, err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := here.Call(t.Context(), "poe://Far/test/noreturn", nil)
			ended <- err
		}()
		synctest.Wait()
		toFar.left(nil)
		var gone *DisconnectedError
		if err := <-ended; !errors.As(err, &gone) {
			t.Errorf("no end: %v", err)
		}
	})
}

// kept is a way that keeps what is sent.
type kept struct{ messages chan *Message }

func (k *kept) Send(_ context.Context, m *Message) error {
	k.messages <- m
	return nil
}
