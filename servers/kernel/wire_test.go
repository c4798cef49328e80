package kernel

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
)

// serve runs a kernel on a socket of its own until the test ends, and returns the address.
func serve(t *testing.T, k *Kernel, network string) string {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "ikc.sock")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- k.Serve(l) }()
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

// TestConnect lets two kernels talk through every kind of negotiation, socket and engine.
func TestConnect(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
			for _, classic := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
				name := network + " " + engine + " server classic " + strconv.FormatBool(classic[0]) + " client " + strconv.FormatBool(classic[1])
				t.Run(name, func(t *testing.T) {
					if _, err := loop.New(engine, loop.Config{}); err != nil {
						t.Skip(err)
					}
					server := &Kernel{Name: "Server", Aliases: []string{"Ikc"}, Engine: engine, Config: ikc.Config{Classic: classic[0]}, Logger: quiet}
					demo(t, server)
					client := &Kernel{Name: "Client", Config: ikc.Config{Classic: classic[1]}, Logger: quiet}
					talk(t, server, client, network, serve(t, server, network))
				})
			}
		}
	}
}

// talk connects a client to a server and calls in both directions.
func talk(t *testing.T, server, client *Kernel, network, address string) {
	t.Helper()
	defer client.Close()
	p, err := client.Connect(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	if p.ID() != server.ID() || !slices.Contains(p.Names, "Server") || !slices.Contains(p.Names, "Ikc") || !slices.Contains(p.Names, address) {
		t.Errorf("the server is %v", p.Names)
	}
	for range 3 {
		v, err := client.Call(t.Context(), "poe://Ikc/test/add", []int{2, 40})
		if err != nil || !v.Equal(tree.Int(42)) {
			t.Fatalf("%v, %v", v, err)
		}
	}
	if err := client.Publish(t.Context(), "me", States{"hello": Func(func(who string) string { return "hello " + who })}); err != nil {
		t.Fatal(err)
	}
	v, err := server.Call(t.Context(), "poe://Client/me/hello", "server")
	if err != nil || !v.Equal(tree.String("hello server")) {
		t.Errorf("%v, %v", v, err)
	}
}

// TestLite posts, calls and waits, as the original's client did when it was recorded.
func TestLite(t *testing.T) {
	server := &Kernel{Name: "Server", Logger: quiet}
	demo(t, server)
	if err := server.Publish(t.Context(), "test", States{"respond": HandlerFunc(func(ctx context.Context, e *Event) (tree.Value, error) {
		_, err := server.Send(ctx, "Lite", &Message{Event: e.Arg(0).At(1), Params: tree.MapOf(tree.Pair("got", e.Arg(0).At(0)))})
		return tree.Value{}, err
	})}); err != nil {
		t.Fatal(err)
	}
	l, err := Dial(t.Context(), "tcp", serve(t, server, "tcp"), &LiteConfig{Name: "Lite", Timeout: 10 * time.Second, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx := t.Context()
	if l.Remote()[0] != server.ID() || l.Name() != "Lite" {
		t.Errorf("%v is connected to %v", l.Name(), l.Remote())
	}
	want := func(what string, v tree.Value, err error, want any) {
		t.Helper()
		if diff := cmp.Diff(want, plain(t, v)); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got\n%s", what, err, diff)
		}
	}
	v, err := l.Call(ctx, "test/echo", []int{1, 2})
	want("call", v, err, []any{int64(1), int64(2)})
	list, err := l.CallList(ctx, "poe://Server/test/list", "z")
	want("call list", tree.ListOf(list...), err, []any{int64(1), "two", map[string]any{"three": int64(3)}})
	v, err = l.PostRespond(ctx, "test/respond", "data")
	want("post respond", v, err, map[string]any{"got": "data"})
	for range 2 {
		if err := l.Post(ctx, "test/back", "pp"); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		v, err = l.Responded(ctx, "answer")
		want("responded", v, err, []any{"for", "pp"})
	}
	if err := l.Ping(ctx); err != nil {
		t.Error(err)
	}
	var refused *RemoteError
	if _, err := l.Call(ctx, "test/unpublished", 1); !errors.As(err, &refused) || refused.Op != "check" {
		t.Errorf("unpublished: %v", err)
	}
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := l.Call(short, "test/noreturn", 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("noreturn: %v", err)
	}
}

// TestLiteReconnects once it finds its connection gone.
func TestLiteReconnects(t *testing.T) {
	server := &Kernel{Name: "Server", Logger: quiet}
	demo(t, server)
	gone := make(chan struct{}, 2)
	server.OnDisconnect = func(Peer, error) { gone <- struct{}{} }
	l, err := Dial(t.Context(), "tcp", serve(t, server, "tcp"), &LiteConfig{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	for number := range uint64(2) {
		if v, err := l.Call(t.Context(), "test/add", []int{1, 2}); err != nil || !v.Equal(tree.Int(3)) {
			t.Errorf("%v, %v", v, err)
		}
		l.mu.Lock()
		link := l.link
		l.mu.Unlock()
		server.Disconnect(number + 1)
		<-gone
		<-link.Done()
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Post(t.Context(), "test/echo", 1); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed client posts: %v", err)
	}
}

// TestShutdown lets what was taken be handled, and what was answered leave, and then closes.
func TestShutdown(t *testing.T) {
	server := &Kernel{Name: "Server", Logger: quiet}
	working, work := make(chan struct{}), make(chan struct{})
	if err := server.Publish(t.Context(), "s", States{"slow": Func(func() string {
		working <- struct{}{}
		<-work
		return "done"
	})}); err != nil {
		t.Fatal(err)
	}
	told := make(chan Notice, 1)
	server.Monitor("nobody", func(Notice) {})
	server.Monitor("*", func(n Notice) {
		if n.Kind == NoticeShutdown {
			told <- n
		}
	})
	client := &Kernel{Name: "Client", Logger: quiet}
	defer client.Close()
	if _, err := client.Connect(t.Context(), "tcp", serve(t, server, "tcp")); err != nil {
		t.Fatal(err)
	}
	answer := make(chan error, 1)
	go func() {
		v, err := client.Call(t.Context(), "poe://Server/s/slow", nil)
		if err == nil && !v.Equal(tree.String("done")) {
			err = errTest
		}
		answer <- err
	}()
	<-working
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(t.Context()) }()
	<-told
	close(work)
	if err := <-answer; err != nil {
		t.Errorf("the answer is lost: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if len(client.Peers()) > 0 {
		for _, p := range client.Peers() {
			<-p.Route.(*peer).over.happening()
		}
	}
}

// TestShutdownImpatient cuts what does not end.
func TestShutdownImpatient(t *testing.T) {
	server := &Kernel{Name: "Server", Logger: quiet}
	working := make(chan struct{})
	if err := server.Publish(t.Context(), "s", States{"stuck": HandlerFunc(func(ctx context.Context, _ *Event) (tree.Value, error) {
		close(working)
		<-ctx.Done()
		return tree.Value{}, context.Cause(ctx)
	})}); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Post(t.Context(), "poe://Server/s/stuck", nil); err != nil {
		t.Fatal(err)
	}
	<-working
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestStuckInline: a handler that holds a connection's loop for ever holds up neither Close nor Shutdown.
func TestStuckInline(t *testing.T) {
	for _, engine := range []string{loop.EngineGoroutine, loop.EngineEpoll} {
		t.Run(engine, func(t *testing.T) {
			if _, err := loop.New(engine, loop.Config{}); err != nil {
				t.Skip(err)
			}
			over := make(chan error, 1)
			server := &Kernel{Name: "Server", Engine: engine, Logger: quiet, CloseWithin: time.Millisecond}
			server.Hooks.Closed = func(_ uint64, cause error) { over <- cause }
			working, release := make(chan struct{}), make(chan struct{})
			if err := server.Publish(t.Context(), "s", States{"stuck": Inline(HandlerFunc(func(context.Context, *Event) (tree.Value, error) {
				close(working)
				<-release
				return tree.Value{}, nil
			}))}); err != nil {
				t.Fatal(err)
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go server.Serve(listener)
			l, err := Dial(t.Context(), "tcp", listener.Addr().String(), &LiteConfig{Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := l.Post(t.Context(), "s/stuck", nil); err != nil {
				t.Fatal(err)
			}
			<-working
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := server.Shutdown(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrStuck) {
				t.Errorf("shutdown: %v", err)
			}
			if err := server.Close(); !errors.Is(err, ErrStuck) {
				t.Errorf("close: %v", err)
			}
			close(release)
			<-over
		})
	}
}

// TestUnixSocket takes the place of a socket that a dead server has left, and leaves none.
func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ikc.sock")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	k := &Kernel{Name: "Server", Logger: quiet}
	demo(t, k)
	served := make(chan error, 1)
	go func() { served <- k.ListenAndServe(t.Context(), "unix", path) }()
	for { // the socket is there before it is listened at
		l, err := Dial(t.Context(), "unix", path, &LiteConfig{Logger: quiet})
		if err == nil {
			err = l.Ping(t.Context())
			l.Close()
		}
		if err == nil {
			break
		}
		runtime.Gosched()
	}
	if err := k.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, ErrServerClosed) {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket stays: %v", err)
	}
}

// TestPrefork has several kernels listen at one port, as processes would that the original forks.
func TestPrefork(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system must share a port out among those who listen at it")
	}
	var address string
	for i := range 2 {
		k := &Kernel{Name: "Server", Logger: quiet}
		demo(t, k)
		listen := address
		if i == 0 {
			listen = "127.0.0.1:0"
		}
		l, err := socket.Listen(t.Context(), "tcp", listen, socket.Options{ReusePort: true})
		if err != nil {
			t.Fatal(err)
		}
		address = l.Addr().String()
		go k.Serve(l)
		t.Cleanup(func() { k.Close() })
	}
	served := map[string]bool{}
	for len(served) < 2 {
		l, err := Dial(t.Context(), "tcp", address, &LiteConfig{Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		served[l.Remote()[0]] = true
		if v, err := l.Call(t.Context(), "test/add", []int{1, 2}); err != nil || !v.Equal(tree.Int(3)) {
			t.Errorf("%v, %v", v, err)
		}
		l.Close()
	}
}

// TestConnectFails tells why: nobody listens, or who does speaks something else.
func TestConnectFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &Kernel{Logger: quiet, Config: ikc.Config{FrameMax: 1 << 16}}
	defer k.Close()
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(nc, "220 mail.example ESMTP\r\n")
			nc.Close()
		}
	}()
	if p, err := k.Connect(t.Context(), "tcp", l.Addr().String()); err == nil {
		t.Errorf("connected to %v", p.Names)
	}
	l.Close()
	if _, err := k.Connect(t.Context(), "tcp", l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	if len(k.Peers()) > 0 {
		t.Errorf("peers are %v", k.Peers())
	}
}

// TestBadNames refuses names that cannot be announced, before anything is sent.
func TestBadNames(t *testing.T) {
	for _, name := range []string{"My Server", "a,b", "a;b", "a\nb", strings.Repeat("x", 256)} {
		k := &Kernel{Name: name, Logger: quiet}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Serve(l); err == nil || errors.Is(err, ErrServerClosed) {
			t.Errorf("%q serves: %v", name, err)
		}
		if _, err := k.Connect(t.Context(), "tcp", l.Addr().String()); err == nil || errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%q connects: %v", name, err)
		}
		if _, err := Dial(t.Context(), "tcp", l.Addr().String(), &LiteConfig{Name: name}); err == nil || errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%q connects: %v", name, err)
		}
	}
}

// TestCallbacks tells of kernels that come and go, with the numbers of their processes.
func TestCallbacks(t *testing.T) {
	came, gone := make(chan Peer, 1), make(chan error, 1)
	states := make(chan string, 100)
	server := &Kernel{
		Name: "Server", Logger: quiet,
		OnConnect:    func(p Peer) { came <- p },
		OnDisconnect: func(_ Peer, cause error) { gone <- cause },
		Hooks:        session.Hooks{Transition: func(tr session.Transition) { states <- tr.To }},
	}
	client := &Kernel{Name: "Client", Logger: quiet}
	if _, err := client.Connect(t.Context(), "tcp", serve(t, server, "tcp")); err != nil {
		t.Fatal(err)
	}
	if p := <-came; p.ID() != client.ID() || p.Names[1] != "Client" || p.PID != os.Getpid() {
		t.Errorf("%v of process %d came", p.Names, p.PID)
	}
	if err := client.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if cause := <-gone; cause != nil {
		t.Errorf("it went because of %v", cause)
	}
	if open, closed := <-states, <-states; open != "open" || closed != "closed" {
		t.Errorf("states %s and %s", open, closed)
	}
}

// TestSend sends a message as it is.
func TestSend(t *testing.T) {
	k := &Kernel{Name: "Server", Logger: quiet}
	r := play(t, k, "raw")
	want := Message{Event: tree.String("anything"), Params: tree.Int(1), WantArray: tree.Undef()}
	if n, err := k.Send(t.Context(), "raw", &want); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got := <-r.got; !got.Event.Equal(want.Event) || !got.Params.Equal(want.Params) {
		t.Errorf("%v", got)
	}
}

// TestSlowReader calls for more than the connection takes and reads late: every answer arrives, in order, from handlers that run
// on the loop and from those that do not; posts to who does not read wait until their time is over.
func TestSlowReader(t *testing.T) {
	big := strings.Repeat("x", 64<<10)
	answer := Func(func(i int) string { return strconv.Itoa(i) + " " + big })
	for name, handler := range map[string]Handler{"off the loop": answer, "inline": Inline(answer)} {
		t.Run(name, func(t *testing.T) {
			k := &Kernel{Name: "Server", Logger: quiet}
			if err := k.Publish(t.Context(), "test", States{"big": handler}); err != nil {
				t.Fatal(err)
			}
			nc := dialed(t, serve(t, k, "tcp"))
			const calls = 150
			requests := setup
			for i := range calls {
				requests += counted(imageOf(t, tree.MapOf(
					tree.Pair("event", tree.String("poe:/test/big")), tree.Pair("params", tree.Int(int64(i))),
					tree.Pair("rsvp", tree.MapOf(tree.Pair("session", tree.String("s")), tree.Pair("state", tree.String("r")))))))
			}
			if _, err := io.WriteString(nc, requests); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			for ctx.Err() == nil { // until the peer is known, and then until nothing more goes out
				if _, err := k.Post(ctx, "poe://raw/s/post", big); err == nil {
					continue
				} else if unknown := (*UnknownKernelError)(nil); !errors.As(err, &unknown) && !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
			}
			in := bufio.NewReader(nc)
			if _, err := in.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			for next := 0; next < calls; {
				v := readFrame(t, in)
				params, _ := v.Get("params").Str()
				number, _, isAnswer := strings.Cut(params, " ")
				if !isAnswer {
					continue
				}
				if number != strconv.Itoa(next) {
					t.Fatalf("answer %s comes when %d should", number, next)
				}
				next++
			}
		})
	}
}

// readFrame reads a frame and what is in it.
func readFrame(t *testing.T, in *bufio.Reader) tree.Value {
	t.Helper()
	length, err := in.ReadString(0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, "\x00"))
	if err != nil {
		t.Fatal(err)
	}
	image := make([]byte, n)
	if _, err := io.ReadFull(in, image); err != nil {
		t.Fatal(err)
	}
	v, err := storable.Network.Decode(image)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
