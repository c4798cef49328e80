package kernel

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/tree"
)

// servedBy connects a client to a kernel with the session test.
func servedBy(t *testing.T) (server, client *Kernel) {
	t.Helper()
	server = &Kernel{Name: "Server", Aliases: []string{"Ikc"}, Logger: quiet}
	client = &Kernel{Name: "Client", Logger: quiet}
	demo(t, server)
	join(t, client, server)
	return server, client
}

func TestCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := servedBy(t)
		for _, c := range []struct {
			spec   string
			params any
			want   any
			err    string
		}{
			{"poe://Server/test/echo", map[string]any{"x": "y"}, map[string]any{"x": "y"}, ""},
			{"//Server/test/echo", "plain", nil, `kernel: "poe:////Server/test/echo" is no specifier`},
			{"Server/test/echo", "plain", "plain", ""},
			{"poe://Ikc/test/add", []int{2, 40}, int64(42), ""},
			{"poe://Server/test/add", []any{2, "x"}, nil, "kernel: remote: Argument 1: tree: bytes is no int.  Request poe://Server/test/add"},
			{"poe://Server/test/list", nil, map[string]any{"three": int64(3)}, ""},
			{"poe://Server/test/noreturn", 1, nil, `kernel: call poe://Server/test/noreturn: context deadline exceeded`},
			{"poe://Server/test/echo?tag", "q", "q", ""},
			{"poe://Server/IKC/ping", nil, "PONG", ""},
			{"poe://Server/IKC/pong", nil, nil, "kernel: remote: Session 'IKC' has not published state 'pong'.  Request poe://Server/IKC/pong"},
			{"poe://Server/test/unpublished", 1, nil, "kernel: remote: Session 'test' has not published state 'unpublished'.  Request poe://Server/test/unpublished"},
			{"poe://Server/nosuch/x", 1, nil, "kernel: remote: Session 'nosuch' is not available for remote kernels.  Request poe://Server/nosuch/x"},
			{"poe://Server/test/refuse", 1, nil, "kernel: remote: no such luck.  Request poe://Server/test/refuse"},
			{"poe://Server/test/fail", 1, nil, "kernel: remote: State 'fail' of session 'test' failed.  Request poe://Server/test/fail"},
			{"poe://Server/test/die", 1, nil, "kernel: remote: State 'die' of session 'test' failed.  Request poe://Server/test/die"},
			{"poe://Nobody/test/echo", 1, nil, `kernel: unknown kernel "Nobody"`},
			{"poe:/test/echo", 1, nil, ErrNoDefault.Error()},
			{"poe://Server/test", 1, nil, ErrIncomplete.Error() + ": poe://Server/test"},
			{"poe://garbage spec//", 1, nil, `kernel: "poe://garbage spec//" is no specifier`},
			{"poe://Server/test/echo", func() {}, nil, "kernel: params: tree: func() has no value"},
		} {
			got, err := client.Call(t.Context(), c.spec, c.params)
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Errorf("%s: error %v, want %s", c.spec, err, c.err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", c.spec, err)
			} else if diff := cmp.Diff(c.want, plain(t, got)); diff != "" {
				t.Errorf("%s: -want +got\n%s", c.spec, diff)
			}
		}
		if n := len(client.calls.pending); n > 0 {
			t.Errorf("%d calls are still pending", n)
		}
	})
}

// TestWantArray calls in the three ways that callers can ask.
func TestWantArray(t *testing.T) {
	k := &Kernel{Logger: quiet}
	demo(t, k)
	r := play(t, k, "raw")
	for _, c := range []struct {
		state     string
		wantArray tree.Value
		want      any
	}{
		{"list", tree.Value{}, map[string]any{"three": int64(3)}},
		{"list", tree.Undef(), map[string]any{"three": int64(3)}},
		{"list", tree.String(""), map[string]any{"three": int64(3)}},
		{"list", tree.String("1"), []any{int64(1), "two", map[string]any{"three": int64(3)}}},
		{"echo", tree.String("1"), []any{"x"}},
		{"echo", tree.String(""), "x"},
	} {
		r.peer.deliver(&Message{Event: spec("", "test", c.state), Params: tree.String("x"), RSVP: spec("raw", "s", "r"), WantArray: c.wantArray})
		if diff := cmp.Diff(c.want, plain(t, (<-r.got).Params)); diff != "" {
			t.Errorf("%s with %v: -want +got\n%s", c.state, c.wantArray, diff)
		}
	}
}

// TestAnswerTo posts answers where rsvp says: with its args, to sessions known by number, and to other kernels.
func TestAnswerTo(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	demo(t, k)
	r, other := play(t, k, "raw"), play(t, k, "other")
	for name, rsvp := range map[string]map[string]any{
		"number": {"kernel": "raw", "session": 17, "state": "cb"},
		"args":   {"kernel": "raw", "session": "s", "state": "cb", "args": "tag"},
		"nobody": {"kernel": "never heard of", "session": "s", "state": "cb"},
		"none":   {"session": "s", "state": "cb"},
	} {
		r.peer.deliver(&Message{Event: tree.String("poe://Server/test/echo"), Params: tree.String("q"), RSVP: value(t, rsvp)})
		m := <-r.got
		want := value(t, rsvp)
		if !m.Event.Equal(want) {
			t.Errorf("%s: answer to %v, want %v", name, m.Event, want)
		}
		if !m.From.Equal(spec(k.ID(), "test", "IKC:proxy")) {
			t.Errorf("%s: answer from %v", name, m.From)
		}
	}
	r.peer.deliver(&Message{Event: tree.String("poe://Server/test/echo"), Params: tree.String("q"), RSVP: spec("other", "s", "r")})
	if m := <-other.got; !m.Params.Equal(tree.String("q")) {
		t.Errorf("the other kernel gets %v", m.Params)
	}
}

// TestCallTo has answers come to an unpublished state, once.
func TestCallTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := servedBy(t)
		got := make(chan []tree.Value, 10)
		if err := client.Define(t.Context(), "me", States{"cb": HandlerFunc(func(_ context.Context, e *Event) (tree.Value, error) {
			got <- e.Args
			return tree.Value{}, nil
		})}); err != nil {
			t.Fatal(err)
		}
		if n, err := client.CallTo(t.Context(), "poe://Server/test/echo", "q", Specifier{Session: "me", State: "cb", Args: "tag"}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if args := <-got; len(args) != 2 || !args[0].Equal(tree.String("q")) || !args[1].Equal(tree.String("tag")) {
			t.Errorf("answer %v", args)
		}
		if _, err := server.Call(t.Context(), "poe://Client/me/cb", "again"); !errors.As(err, new(*RemoteError)) {
			t.Errorf("a second answer: %v", err)
		}
	})
}

// TestOldReport fails a call by a report in the words of version 0.2200, and the oldest call of several.
func TestOldReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Name: "Client", Logger: quiet}
		r := play(t, k, "Server")
		ended := make(chan int, 2)
		for i := range 2 {
			go func() {
				_, err := k.Call(t.Context(), "poe://Server/nosuch/log", i)
				if !errors.As(err, new(*RemoteError)) {
					t.Errorf("call %d: %v", i, err)
				}
				ended <- i
			}()
			synctest.Wait()
		}
		report := &Message{Event: spec("Client", "IKC", "remote_error"), IsError: tree.Int(1), Params: tree.String(
			"Session 'nosuch' is not available for remote kernels:\n    IKC=>[do_you_have, ping, remote_error] [poe://Server/nosuch/log] sent by [poe://Client/me/IKC:proxy]")}
		for want := range 2 {
			r.peer.deliver(report)
			if got := <-ended; got != want {
				t.Errorf("report %d ends call %d", want, got)
			}
		}
	})
}

// TestStrangersAnswer takes no answer from a kernel that was not asked.
func TestStrangersAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Name: "Client", Logger: quiet}
		asked, stranger := play(t, k, "Server"), play(t, k, "Stranger")
		go func() {
			v, err := k.Call(t.Context(), "poe://Server/test/echo", nil)
			if err != nil || !v.Equal(tree.String("right")) {
				t.Errorf("%v, %v", v, err)
			}
		}()
		rsvp := (<-asked.got).RSVP
		stranger.peer.deliver(&Message{Event: rsvp, Params: tree.String("wrong")})
		if m := <-stranger.got; !m.IsError.Truth() {
			t.Errorf("the stranger gets %v", m)
		}
		asked.peer.deliver(&Message{Event: rsvp, Params: tree.String("right")})
	})
}

// TestDisconnected ends calls to a kernel that goes.
func TestDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{Logger: quiet}
		r := play(t, k, "Server")
		go func() {
			<-r.got
			r.Abort(errTest)
		}()
		_, err := k.Call(t.Context(), "poe://Server/test/echo", nil)
		var gone *DisconnectedError
		if !errors.As(err, &gone) || gone.Kernel != "Server" || !errors.Is(err, errTest) {
			t.Errorf("%v", err)
		}
	})
}

// TestBroadcast posts and calls to every kernel, this one included.
func TestBroadcast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := &Kernel{Name: "A", Logger: quiet}, &Kernel{Name: "B", Logger: quiet}, &Kernel{Name: "C", Logger: quiet}
		for _, k := range []*Kernel{a, b, c} {
			if err := k.Publish(t.Context(), "who", States{"are": Func(func() string { return k.Name })}); err != nil {
				t.Fatal(err)
			}
		}
		join(t, a, b)
		join(t, a, c)
		if n, err := a.Post(t.Context(), "poe://*/who/are", nil); n != 3 || err != nil {
			t.Errorf("posted to %d, %v", n, err)
		}
		answers, err := a.CallAll(t.Context(), "poe://*/who/are", nil)
		got := map[string]bool{}
		for _, answer := range answers {
			name, _ := answer.Value.Str()
			got[name] = true
		}
		if want := map[string]bool{"A": true, "B": true, "C": true}; err != nil || !cmp.Equal(got, want) {
			t.Errorf("answers of %v, %v", got, err)
		}
	})
}

// TestLoopback calls this kernel under each of its names.
func TestLoopback(t *testing.T) {
	k := &Kernel{Name: "Here", Aliases: []string{"Self"}, Logger: quiet}
	demo(t, k)
	for _, name := range []string{"Here", "Self", k.ID()} {
		v, err := k.Call(t.Context(), "poe://"+name+"/test/add", []int{1, 2})
		if err != nil || !v.Equal(tree.Int(3)) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	if _, err := k.Call(t.Context(), "poe://Here/test/nosuch", nil); !errors.As(err, new(*RemoteError)) {
		t.Errorf("no such state: %v", err)
	}
}

// TestDefaultKernel sends what names no kernel to the default one.
func TestDefaultKernel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := servedBy(t)
		client.SetDefault("Server")
		v, err := client.Call(t.Context(), "poe:/test/echo", "x")
		if err != nil || !v.Equal(tree.String("x")) {
			t.Errorf("%v, %v", v, err)
		}
	})
}

// TestDoubling calls a function of Go values with a list that refers to one list twice, which does the same, forty times over: what
// that would be in Go is not made.
func TestDoubling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := servedBy(t)
		if err := server.Publish(t.Context(), "test", States{"any": Func(func(v any) any { return v })}); err != nil {
			t.Fatal(err)
		}
		v := tree.ListOf()
		for range 40 {
			v = tree.ListOf(v, v)
		}
		var refused *RemoteError
		if _, err := client.Call(t.Context(), "poe://Server/test/any", v); !errors.As(err, &refused) {
			t.Errorf("%v", err)
		}
		if got, err := client.Call(t.Context(), "poe://Server/test/echo", v); err != nil || got.List().Len() != 2 {
			t.Errorf("as a value: %v", err)
		}
	})
}
