package session_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/runtime/tree/jsontree"
)

// The operations of radios: machines whose two ends post to each other.
const (
	radioOpened = iota
	radioHeard
	radioAsked // answered later
	radioLeft
)

var radioSpec = session.Spec{
	Machine: "radio",
	Operations: []session.Operation{
		{Name: "opened", Inline: true, Silent: true},
		{Name: "heard", Inline: true, Silent: true},
		{Name: "asked", Inline: true, Later: true},
		{Name: "left", Inline: true, Silent: true},
	},
	Posts: true, AnyOrder: true,
	Decode: decodeOffice, Append: appendOffice, Name: officeName, Request: officeRequest,
}

// radio is a machine that tells its program of orders, asks it about hellos, and sends what is posted.
func radio(operate func(ctx context.Context, operation int, m session.Message) (session.Message, error)) acts {
	return acts{
		spec:  &radioSpec,
		start: func(s *acts) { s.SetWindow(4); s.Run(radioOpened, nil, 0) },
		receive: func(s *acts, m session.Message) {
			if _, asked := m.(*hello); asked {
				s.Run(radioAsked, m, 0)
				return
			}
			s.Run(radioHeard, m, 0)
		},
		called: func(s *acts, c *session.Call) {
			if c.Message() == nil {
				s.Close()
				return
			}
			s.Send(c.Message())
		},
		closed:  func(s *acts) { s.Run(radioLeft, nil, 0) },
		operate: operate,
	}
}

// listener remembers what a radio's program is told, and the session's handle.
type listener struct {
	handle *session.Handle
	heard  []string
}

func (l *listener) operate(ctx context.Context, operation int, m session.Message) (session.Message, error) {
	switch operation {
	case radioOpened:
		l.handle = session.Bound(ctx).(*session.Handle)
		l.heard = append(l.heard, "opened")
	case radioHeard:
		l.heard = append(l.heard, m.(*order).text)
	case radioLeft:
		l.heard = append(l.heard, fmt.Sprint("left: ", l.handle.Err()))
	}
	return nil, nil
}

// bound binds the handle itself.
func bound(a acts) acts {
	start := a.start
	a.start = func(s *acts) { s.Bind(s.Handle()); start(s) }
	return a
}

// post posts a greeting.
func post(h *session.Handle, id string) error {
	return session.Post(h, 0, "post", &greeting{id})
}

func TestPost(t *testing.T) {
	var l listener
	push := bound(radio(l.operate)).push()
	push.Open()
	for _, id := range []string{"1", "2", "3"} {
		if err := post(l.handle, id); err != nil {
			t.Fatal(err)
		}
	}
	got := unframe(t, push.Receive(frames(t, "order 7 x")))
	if diff := cmp.Diff([]string{"greeting 1", "greeting 2", "greeting 3"}, got); diff != "" {
		t.Error(diff)
	}
	if err := session.Post(l.handle, 0, "post", &reply{"1", 1, "unwritable"}); err == nil {
		t.Error("a message that cannot be written is posted")
	}
	push.End()
	if err := post(l.handle, "4"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if diff := cmp.Diff([]string{"opened", "x", "left: session: closed"}, l.heard); diff != "" {
		t.Error(diff)
	}
}

func TestPostFromHandler(t *testing.T) {
	var l listener
	push := bound(radio(func(ctx context.Context, operation int, m session.Message) (session.Message, error) {
		_, _ = l.operate(ctx, operation, m)
		if operation == radioHeard {
			return nil, post(l.handle, m.(*order).id)
		}
		return nil, nil
	})).push()
	push.Open()
	got := unframe(t, push.Receive(frames(t, "order 1 a", "order 2 b", "order 3 c")))
	if diff := cmp.Diff([]string{"greeting 1", "greeting 2", "greeting 3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPostTooMuch(t *testing.T) {
	var l listener
	push := bound(radio(l.operate)).push()
	push.Open()
	big := strings.Repeat("x", 1000)
	n := 0
	var err error
	for ; err == nil; n++ {
		err = post(l.handle, big)
	}
	if want := session.MaxPosted / 1000; !errors.Is(err, session.ErrBusy) || n < want-50 || n > want+50 {
		t.Errorf("%d posts, then %v; want about %d, then ErrBusy", n, err, want)
	}
	push.Receive(nil)
	if err := post(l.handle, big); err != nil {
		t.Errorf("after what was posted has left: %v", err)
	}
}

func TestRoom(t *testing.T) {
	var l listener
	push := bound(radio(l.operate)).push()
	push.Open()
	ctx, cancel := context.WithCancel(t.Context())
	if err := l.handle.Room(ctx); err != nil {
		t.Errorf("an empty session has no room: %v", err)
	}
	big := strings.Repeat("x", 1000)
	for post(l.handle, big) == nil {
	}
	room := make(chan error)
	go func() { room <- l.handle.Room(ctx) }()
	select {
	case err := <-room:
		t.Errorf("there is room: %v", err)
	default:
	}
	cancel()
	if err := <-room; !errors.Is(err, context.Canceled) {
		t.Errorf("the context ends with %v", err)
	}
	go func() { room <- l.handle.Room(t.Context()) }()
	push.Receive(nil)
	if err := <-room; err != nil {
		t.Errorf("once all has left: %v", err)
	}
	push.End()
	if err := l.handle.Room(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// TestPostHeld: what a state holds back keeps its place before what is posted later.
func TestPostHeld(t *testing.T) {
	var l listener
	var open bool
	a := bound(radio(l.operate))
	called, receive := a.called, a.receive
	a.called = func(s *acts, c *session.Call) {
		if open {
			called(s, c)
			return
		}
		s.Hold()
	}
	a.receive = func(s *acts, m session.Message) {
		receive(s, m)
		open = true
		s.SetFraming(lines, 0)
		s.Moved("shut", "order", "open")
	}
	push := a.push()
	push.Open()
	_, _ = post(l.handle, "1"), post(l.handle, "2")
	if got := push.Receive(nil); len(got) > 0 {
		t.Fatalf("%q is sent", got)
	}
	_ = post(l.handle, "3")
	if got := string(push.Receive(frames(t, "order 7 x"))); got != "greeting 1\ngreeting 2\ngreeting 3\n" {
		t.Errorf("got %q", got)
	}
}

func TestPostConcurrently(t *testing.T) {
	const posters, each = 8, 100
	var l listener
	ready := make(chan struct{})
	o := serve(t, bound(radio(func(ctx context.Context, operation int, m session.Message) (session.Message, error) {
		_, err := l.operate(ctx, operation, m)
		if operation == radioOpened {
			close(ready)
		}
		return nil, err
	})).service())
	v := o.call(t)
	<-ready
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				if err := post(l.handle, fmt.Sprintf("%d.%d", p, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var next [posters]int
	for range posters * each {
		var p, i int
		if _, err := fmt.Sscanf(v.next(), "greeting %d.%d", &p, &i); err != nil || next[p] != i {
			t.Fatalf("poster %d: %d, want %d (%v)", p, i, next[p], err)
		}
		next[p]++
	}
	wg.Wait()
	if err := session.Post(l.handle, 1, "shutdown", nil); err != nil {
		t.Error(err)
	}
	<-l.handle.Done()
}

// TestDrainPosts: what was posted before the program stops leaves, however slow the peer is.
func TestDrainPosts(t *testing.T) {
	const posts = 50
	var l listener
	ready := make(chan struct{})
	o := &office{limits: loop.Config{HighWater: 2000, LowWater: 1000}, window: 500}
	o.begin(t, bound(radio(func(ctx context.Context, operation int, m session.Message) (session.Message, error) {
		_, err := l.operate(ctx, operation, m)
		if operation == radioOpened {
			close(ready)
		}
		return nil, err
	})).service())
	v := o.call(t)
	<-ready
	for i := range posts {
		if err := post(l.handle, fmt.Sprint(i, " ", strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
	}
	stopped := make(chan error)
	go func() { stopped <- o.server.Shutdown(t.Context()) }()
	for i := range posts {
		if got := v.next(); !strings.HasPrefix(got, fmt.Sprintf("greeting %d ", i)) {
			t.Fatalf("%.20s comes, want %d", got, i)
		}
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if err := post(l.handle, "late"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestInformFails(t *testing.T) {
	cause := errors.New("the program is broken")
	for _, test := range []struct {
		name string
		fail func() error
		want func(error) bool
	}{
		{"error", func() error { return cause }, func(err error) bool { return errors.Is(err, cause) }},
		{"panic", func() error { panic("at work") }, func(err error) bool {
			_, ok := errors.AsType[*session.PanicError](err)
			return ok
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var l listener
			push := bound(radio(func(ctx context.Context, operation int, m session.Message) (session.Message, error) {
				_, _ = l.operate(ctx, operation, m)
				if operation == radioHeard {
					return nil, test.fail()
				}
				return nil, nil
			})).push()
			push.Open()
			push.Receive(frames(t, "order 1 a", "order 2 b"))
			if ended, err := push.Ended(); !ended || !test.want(err) {
				t.Errorf("ended %v with %v", ended, err)
			}
			if err := l.handle.Err(); !test.want(err) {
				t.Errorf("the handle says %v", err)
			}
			if n := len(l.heard); n != 3 || !strings.HasPrefix(l.heard[2], "left: ") {
				t.Errorf("the program is told %q", l.heard)
			}
		})
	}
}

// TestInformAllocates: a message that the program is told of costs what its codec costs.
func TestInformAllocates(t *testing.T) {
	m := &order{"1", "text"}
	spec := radioSpec
	spec.Decode = func([]byte) (session.Message, error) { return m, nil }
	a := radio(func(context.Context, int, session.Message) (session.Message, error) { return nil, nil })
	a.spec = &spec
	push := a.push()
	push.Open()
	b := frames(t, "order 1 text")
	push.Receive(b)
	if n := testing.AllocsPerRun(100, func() { push.Receive(b) }); n > 0 {
		t.Errorf("%v allocations a message", n)
	}
}

func TestView(t *testing.T) {
	var got any
	a := radio(func(ctx context.Context, operation int, _ session.Message) (session.Message, error) {
		if operation == radioHeard {
			got = session.View(ctx)
		}
		return nil, nil
	})
	a.view = func(*acts) any { return "now" }
	push := a.push()
	push.Open()
	push.Receive(frames(t, "order 1 a"))
	if got != "now" {
		t.Errorf("the view is %v", got)
	}
}

func TestLater(t *testing.T) {
	answers := map[string]func(session.Message, error){}
	a := radio(func(ctx context.Context, operation int, m session.Message) (session.Message, error) {
		if operation != radioAsked {
			return nil, nil
		}
		return session.Later(ctx, func(answer func(session.Message, error)) { answers[m.(*hello).id] = answer })
	})
	push := a.push()
	push.Open()
	answer := func(id string) { answers[id](&reply{id, 1, "yes"}, nil) }

	if got := push.Receive(frames(t, "hello 1", "hello 2", "hello 3", "hello 4", "hello 5")); len(got) > 0 {
		t.Fatalf("%q is sent before an answer", got)
	}
	if _, taken := answers["5"]; taken || len(answers) != 4 {
		t.Fatalf("%d are taken; the window is 4", len(answers))
	}
	answer("3")
	answer("3")
	if got := unframe(t, push.Receive(nil)); !slices.Equal(got, []string{"reply 3 1 yes"}) {
		t.Errorf("got %q", got)
	}
	if answers["5"] == nil {
		t.Fatal("an answer makes no room in the window")
	}
	answer("5")
	answer("1")
	if got := unframe(t, push.Receive(nil)); !slices.Equal(got, []string{"reply 5 1 yes", "reply 1 1 yes"}) {
		t.Errorf("got %q", got)
	}
	answers["2"](nil, errors.New("no"))
	if got := unframe(t, push.Receive(nil)); !slices.Equal(got, []string{"reply ! 2400 failed"}) {
		t.Errorf("a failure is answered by %q", got)
	}
	answer("4")
	push.Receive(nil)
	push.End()
	if ended, err := push.Ended(); !ended || err != nil {
		t.Errorf("ended %v with %v", ended, err)
	}
	answer("4") // changes nothing
	if _, err := session.Later(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("outside of a handler: %v", err)
	}
}

// TestLaterEnds: the peer's end waits for the answers that are due.
func TestLaterEnds(t *testing.T) {
	var answer func(session.Message, error)
	push := radio(func(ctx context.Context, operation int, m session.Message) (session.Message, error) {
		if operation != radioAsked {
			return nil, nil
		}
		return session.Later(ctx, func(a func(session.Message, error)) { answer = a })
	}).push()
	push.Open()
	push.Receive(frames(t, "hello 1"))
	push.End()
	if ended, _ := push.Ended(); ended {
		t.Fatal("the session ends before the answer")
	}
	answer(&reply{"1", 1, "yes"}, nil)
	if got := unframe(t, push.Receive(nil)); !slices.Equal(got, []string{"reply 1 1 yes"}) {
		t.Errorf("got %q", got)
	}
	if ended, err := push.Ended(); !ended || err != nil {
		t.Errorf("ended %v with %v", ended, err)
	}
}

func TestPause(t *testing.T) {
	var l listener
	push := bound(radio(func(ctx context.Context, operation int, m session.Message) (session.Message, error) {
		_, _ = l.operate(ctx, operation, m)
		if operation == radioHeard {
			l.handle.Pause()
		}
		return nil, nil
	})).push()
	push.Open()
	push.Receive(frames(t, "order 1 a", "order 2 b"))
	push.Receive(frames(t, "order 3 c"))
	if diff := cmp.Diff([]string{"opened", "a"}, l.heard); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		l.handle.Resume()
		push.Receive(nil)
	}
	if diff := cmp.Diff([]string{"opened", "a", "b", "c"}, l.heard); diff != "" {
		t.Error(diff)
	}
}

func TestHandle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l listener
		o := serve(t, bound(radio(l.operate)).service())
		v := o.call(t)
		v.send("order 1 a")
		synctest.Wait()
		h := l.handle
		if h.Err() != nil || h.ID() == 0 || h.Value() != nil {
			t.Errorf("Err %v, ID %d, Value %v", h.Err(), h.ID(), h.Value())
		}
		h.SetValue(7)
		if h.Value() != 7 {
			t.Errorf("the value is %v", h.Value())
		}
		select {
		case <-h.Done():
			t.Error("the session is over")
		default:
		}
		cause := errors.New("enough")
		h.Abort(cause)
		<-h.Done()
		if err := h.Err(); !errors.Is(err, cause) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("the session ends with %v", err)
		}
		h.Pause()
		h.Resume()
		if err := post(h, "1"); !errors.Is(err, cause) {
			t.Errorf("a post fails with %v", err)
		}
	})
}

func TestPushAbort(t *testing.T) {
	var l listener
	push := bound(radio(l.operate)).push()
	push.Open()
	l.handle.Abort(errUnreadable)
	push.Receive(nil)
	if ended, err := push.Ended(); !ended || err != errUnreadable {
		t.Errorf("ended %v with %v", ended, err)
	}
}

// TestTrailing: a terminator whose octets come apart is one, and what is left of it does not begin a frame of another kind.
func TestTrailing(t *testing.T) {
	split := frame.Delimited{Ends: []string{"\r\n", "\n", "\r"}, Split: true, Max: 100}
	for _, parts := range [][]string{
		{"order 1 a\r\norder 2 b\r\n"},
		{"order 1 a\r", "\norder 2 b\r", "\n"},
		{"order 1 a\r", "order 2 b\r"},
		{"order 1 a\n", "order 2 b\n"},
		{"order 1 a\r", "\n", "order 2 b", "\r", "\n"},
	} {
		var l listener
		a := radio(l.operate)
		a.start = func(s *acts) { s.Bind(s.Handle()); s.SetFraming(split, 0); s.Run(radioOpened, nil, 0) }
		receive := a.receive
		a.receive = func(s *acts, m session.Message) {
			receive(s, m)
			if m.(*order).id == "2" {
				s.SetFraming(officeFrame, 0)
			}
		}
		push := a.push()
		push.Open()
		for _, part := range parts {
			push.Receive([]byte(part))
		}
		push.Receive(frames(t, "order 3 c"))
		if diff := cmp.Diff([]string{"opened", "a", "b", "c"}, l.heard); diff != "" {
			t.Errorf("%q: %s", parts, diff)
		}
	}
}

func TestCodec(t *testing.T) {
	spec := radioSpec
	spec.DecodeWith = func(codec tree.Codec, b []byte) (session.Message, error) {
		if codec == nil {
			return decodeOffice(b)
		}
		v, err := codec.Decode(b)
		text, _ := v.Get("text").Str()
		return &order{"", text}, err
	}
	spec.AppendWith = func(codec tree.Codec, b []byte, m session.Message) ([]byte, error) {
		if codec == nil {
			return appendOffice(b, m)
		}
		return codec.Append(b, tree.MapOf(tree.Pair("id", tree.String(m.(*greeting).id))))
	}
	var l listener
	a := bound(radio(l.operate))
	a.spec = &spec
	receive := a.receive
	a.receive = func(s *acts, m session.Message) {
		receive(s, m)
		if m.(*order).text == "codec" {
			s.SetCodec(jsontree.Codec{})
		}
		if m.(*order).text == "none" {
			s.SetCodec(nil)
		}
	}
	push := a.push()
	push.Open()
	var early *session.StateError
	if err := post(l.handle, "0"); !errors.As(err, &early) {
		t.Errorf("before there is a codec, a post fails with %v", err)
	}
	push.Receive(frames(t, "order 1 codec", `{"text": "a tree"}`))
	if err := post(l.handle, "1"); err != nil {
		t.Fatal(err)
	}
	if got := unframe(t, push.Receive(nil)); !slices.Equal(got, []string{`{"id":"1"}`}) {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]string{"opened", "codec", "a tree"}, l.heard); diff != "" {
		t.Error(diff)
	}
	push.Receive(frames(t, `{"text": "none"}`))
	if ended, err := push.Ended(); !ended || err == nil {
		t.Errorf("without a codec: ended %v with %v", ended, err)
	}
}

func TestLinkName(t *testing.T) {
	for _, test := range []struct {
		local, peer net.Addr
		want        string
	}{
		{nil, nil, ""},
		{&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 603}, nil, "192.0.2.1:603"},
		{&net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 603}, nil, "_2001:db8::1_:603"},
		{&net.UnixAddr{Net: "unix", Name: "/run/a b.sock"}, nil, "unix:_run_a_b.sock"},
		{&net.UnixAddr{Net: "unix"}, &net.UnixAddr{Net: "unix", Name: "/run/k"}, fmt.Sprintf("unix:_run_k:%d-ID", os.Getpid())},
	} {
		var got string
		var id uint64
		push := acts{start: func(s *acts) { got, id = s.LinkName(), s.ID() }}.push()
		push.SetLocal(test.local)
		push.SetPeer(test.peer, nil)
		push.Open()
		if want := strings.Replace(test.want, "ID", fmt.Sprint(id), 1); got != want {
			t.Errorf("%v to %v: %q, want %q", test.local, test.peer, got, want)
		}
	}
}

// asker is a client that asks by keys and takes answers in any order.
func asker() acts {
	spec := actsSpec
	spec.AnyOrder = true
	spec.Key = func(m session.Message) any {
		switch m := m.(type) {
		case *hello:
			return m.id
		case *reply:
			return m.id
		}
		return nil
	}
	return acts{
		spec:    &spec,
		start:   func(s *acts) { s.SetWindow(8); s.Ready() },
		called:  func(s *acts, c *session.Call) { s.Send(c.Message()) },
		receive: func(s *acts, m session.Message) { s.Resolve(m) },
	}
}

func TestKeys(t *testing.T) {
	here, there := net.Pipe()
	c, err := session.NewClient(t.Context(), here, nil, loop.Config{}, quiet(asker().service()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var wg sync.WaitGroup
	for _, id := range []string{"1", "2", "3"} {
		wg.Go(func() {
			m, err := c.Call(t.Context(), 0, "ask", &hello{id})
			if err != nil || m.(*reply).text != "for "+id {
				t.Errorf("%s is answered by %v, %v", id, m, err)
			}
		})
	}
	var asked []string
	buf := make([]byte, 1<<10)
	for len(asked) < 3 {
		n, err := there.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, unframe(t, buf[:n])...)
	}
	slices.Sort(asked)
	for _, m := range slices.Backward(asked) {
		id := strings.TrimPrefix(m, "hello ")
		if _, err := there.Write(frames(t, "reply "+id+" 1 for "+id)); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if c.Number() != 0 || c.Number() != 1 {
		t.Error("numbers do not begin at 0")
	}
}

func TestAgain(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	a := acts{
		start:   func(s *acts) { s.StartTimer(actsTimerFirst, 1) },
		expired: func(s *acts, _ int) { s.FailAgain("no answer"); s.Close() },
	}
	_, err := session.NewClient(t.Context(), here, nil, loop.Config{}, quiet(a.service()))
	if !errors.Is(err, session.ErrAgain) || !errors.Is(err, session.ErrClosed) {
		t.Errorf("the client fails with %v", err)
	}
	if err := (&session.FailedError{Reason: "x", Cause: errUnreadable}); errors.Is(err, session.ErrAgain) || !errors.Is(err, errUnreadable) || err.Error() != "session: x: unreadable message" {
		t.Errorf("%v", err)
	}
}

func TestLists(t *testing.T) {
	list := []string{"a", "b", "c"}
	for _, test := range []struct{ got, want []string }{
		{session.Init(list), []string{"a", "b"}},
		{session.Init([]string(nil)), nil},
		{session.Rest(list), []string{"b", "c"}},
		{session.Rest([]string(nil)), nil},
		{session.Common(list, []string{"c", "d", "a"}), []string{"a", "c"}},
		{session.Common(list, nil), nil},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}
