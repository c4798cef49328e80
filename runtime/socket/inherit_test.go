//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/socket"
)

// The test program is its own successor.
const roleVariable = "SOCKET_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(role); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(role string) error {
	in, err := socket.Inherited()
	if err != nil {
		return err
	}
	defer in.Close()
	switch role {
	case "unready":
		return errors.New("I cannot begin")
	case "silent":
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	case "hasty": // takes the sockets, closes them and gives up
		l, err := in.Listen("file", "unix", socket.Options{})
		if err != nil {
			return err
		}
		return l.Close()
	case "names":
		again, err := socket.Inherited()
		fmt.Println(strings.Join(in.Names(), " "), len(again.Names()), os.Getenv("LISTEN_FDS"))
		return err
	}
	if role == "misfits" {
		return misfits(in)
	}
	return serve(in)
}

// misfits takes sockets for what they are not, and one for what it is.
func misfits(in *socket.Inheritance) error {
	for _, network := range []string{"unix", "tcp6"} {
		_, err := in.Listen("web", network, socket.Options{})
		fmt.Println(err)
	}
	_, err := in.ListenPacket("web", "udp", socket.Options{})
	fmt.Println(err)
	for _, silence := range []time.Duration{-1, time.Minute} {
		l, err := in.Listen("web", "tcp4", socket.Options{KeepAlive: silence, Backlog: 5})
		if err != nil {
			return err
		}
		near, err := socket.Dial(background, "tcp", l.Addr().String(), socket.Options{})
		if err != nil {
			return err
		}
		defer near.Close()
		nc, err := l.Accept()
		if err != nil {
			return err
		}
		raw, err := nc.(syscall.Conn).SyscallConn()
		if err != nil {
			return err
		}
		_ = raw.Control(func(fd uintptr) {
			on, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
			fmt.Println("keep-alive:", on != 0, err)
		})
	}
	return nil
}

// serve says "new" to every connection and datagram until the standard input ends.
func serve(in *socket.Inheritance) error {
	web, err := in.Listen("web", "tcp", socket.Options{})
	if err != nil {
		return err
	}
	defer web.Close()
	file, err := in.Listen("file", "unix", socket.Options{})
	if err != nil {
		return err
	}
	defer file.Close()
	for name, network := range map[string]string{"datagrams": "udp", "letters": "unixgram"} {
		pc, err := in.ListenPacket(name, network, socket.Options{})
		if err != nil {
			return err
		}
		defer pc.Close()
		go answer(pc)
	}
	go say(web, "new")
	go say(file, "new")
	if err := in.Ready(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func answer(pc net.PacketConn) {
	b := make([]byte, 100)
	for {
		_, from, err := pc.ReadFrom(b)
		if err != nil {
			return
		}
		_, _ = pc.WriteTo([]byte("new"), from)
	}
}

// say accepts until the listener is closed, and says a word to each connection. It returns when all have heard it.
func say(l net.Listener, word string) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		all.Go(func() {
			_, _ = io.WriteString(nc, word)
			_ = nc.Close()
		})
	}
}

// successor is the command of a role, and what ends it.
func successor(t *testing.T, role string) (*exec.Cmd, io.Closer) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE=atexit_sleep_ms=0",
		"LISTEN_PID=1") // one that is not ours is not taken on
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return cmd, stdin
}

// Clients that connect without a pause, before, during and after the hand-over, are all served.
func TestHandover(t *testing.T) {
	dir := t.TempDir()
	web, file := listen(t, "tcp", "127.0.0.1:0", socket.Options{}), listen(t, "unix", filepath.Join(dir, "file"), socket.Options{})
	datagrams, letters := receive(t, "udp", "127.0.0.1:0", socket.Options{}), receive(t, "unixgram", filepath.Join(dir, "letters"), socket.Options{})
	var serving, clients sync.WaitGroup
	for _, l := range []*socket.Listener{web, file} {
		serving.Go(func() { say(l, "old") })
	}
	var old atomic.Int32
	enough := make(chan struct{})
	for _, l := range []*socket.Listener{web, file, web, file} {
		clients.Go(func() {
			for heard := 0; heard < 100; {
				switch got := greeting(t, l.Addr().Network(), l.Addr().String(), socket.Options{}); got {
				case "old":
					if old.Add(1) == 100 {
						close(enough)
					}
				case "new":
					heard++
				default:
					t.Errorf("heard %q", got)
					return
				}
			}
		})
	}
	<-enough
	cmd, stdin := successor(t, "serve")
	err := socket.Handover(background, cmd, socket.Handed{Name: "web", Socket: web}, socket.Handed{Name: "file", Socket: file},
		socket.Handed{Name: "datagrams", Socket: datagrams.(*net.UDPConn)}, socket.Handed{Name: "letters", Socket: letters.(*socket.Unixgram)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []io.Closer{web, file, datagrams, letters} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	serving.Wait()
	clients.Wait()
	for _, pc := range []net.PacketConn{datagrams, letters} {
		network, address := pc.LocalAddr().Network(), pc.LocalAddr().String()
		o := socket.Options{Local: map[string]string{"udp": "127.0.0.1:0", "unixgram": filepath.Join(dir, "client")}[network]}
		nc := mustDial(t, network, address, o)
		b := make([]byte, 10)
		if _, err := nc.Write([]byte("who?")); err != nil {
			t.Fatal(err)
		}
		if n, err := nc.Read(b); err != nil || string(b[:n]) != "new" {
			t.Errorf("%s: %q, %v", network, b[:n], err)
		}
	}
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"file", "letters"} { // the successor's to remove
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// After a hand-over that failed everything is as before.
func TestHandoverFails(t *testing.T) {
	for _, test := range []struct {
		role    string
		timeout bool
	}{{"unready", false}, {"hasty", false}, {"silent", true}} {
		t.Run(test.role, func(t *testing.T) {
			l := listen(t, "unix", filepath.Join(t.TempDir(), "file"), socket.Options{})
			ctx, cancel := context.WithCancelCause(background)
			defer cancel(nil)
			impatient := errors.New("no more patience")
			if test.timeout {
				cancel(impatient)
			}
			cmd, _ := successor(t, test.role)
			err := socket.Handover(ctx, cmd, socket.Handed{Name: "file", Socket: l})
			wantError(t, err, socket.OpHandover, nil, false)
			if errors.Is(err, impatient) != test.timeout {
				t.Error(err)
			}
			if cmd.ProcessState == nil {
				t.Error("the successor lives")
			}
			go say(l, "old")
			if got := greeting(t, "unix", l.Addr().String(), socket.Options{}); got != "old" {
				t.Errorf("heard %q", got)
			}
			_ = l.Close()
			if _, err := os.Lstat(l.Addr().String()); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the file remains: %v", err)
			}
		})
	}
}

func TestHandoverConfig(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	closed := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	_ = closed.Close()
	handed := func(name string, s syscall.Conn) []socket.Handed { return []socket.Handed{{Name: name, Socket: s}} }
	for name, test := range map[string]struct {
		cmd     *exec.Cmd
		sockets []socket.Handed
		op      socket.Op
	}{
		"files":      {&exec.Cmd{Path: "/x", ExtraFiles: []*os.File{os.Stdin}}, handed("a", l), socket.OpConfig},
		"no sockets": {&exec.Cmd{Path: "/x"}, nil, socket.OpConfig},
		"no name":    {&exec.Cmd{Path: "/x"}, handed("", l), socket.OpConfig},
		"two names":  {&exec.Cmd{Path: "/x"}, handed("a:b", l), socket.OpConfig},
		"no socket":  {&exec.Cmd{Path: "/x"}, handed("a", nil), socket.OpConfig},
		"closed":     {&exec.Cmd{Path: "/x"}, handed("a", closed), socket.OpHandover},
		"no program": {&exec.Cmd{Path: "/no/such/program"}, handed("a", l), socket.OpHandover},
	} {
		t.Run(name, func(t *testing.T) {
			var se *socket.Error
			if err := socket.Handover(background, test.cmd, test.sockets...); !errors.As(err, &se) || se.Op != test.op {
				t.Errorf("got %v", err)
			}
		})
	}
}

// systemd runs the test program as a service manager does, with sockets of the given names.
func systemd(t *testing.T, role, names string, files ...*os.File) (*exec.Cmd, io.Closer) {
	t.Helper()
	cmd, stdin := successor(t, role)
	cmd.Args = []string{"sh", "-c", `LISTEN_PID=$$ exec "$0"`, os.Args[0]}
	cmd.Path = "/bin/sh"
	cmd.Env = append(cmd.Env, fmt.Sprintf("LISTEN_FDS=%d", len(files)), "LISTEN_FDNAMES="+names)
	cmd.ExtraFiles = files
	return cmd, stdin
}

// file returns a descriptor of a socket as a service manager has it: blocking.
func file(t *testing.T, s any) *os.File {
	t.Helper()
	f, err := s.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestSystemd(t *testing.T) {
	dir := t.TempDir()
	web, unix := listen(t, "tcp", "127.0.0.1:0", socket.Options{}), listen(t, "unix", filepath.Join(dir, "file"), socket.Options{})
	datagrams, letters := receive(t, "udp", "127.0.0.1:0", socket.Options{}), receive(t, "unixgram", filepath.Join(dir, "letters"), socket.Options{})
	cmd, stdin := systemd(t, "serve", "web:file:datagrams:letters",
		file(t, web.Listener), file(t, unix.Listener), file(t, datagrams), file(t, letters))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*socket.Listener{web, unix} {
		if got := greeting(t, l.Addr().Network(), l.Addr().String(), socket.Options{}); got != "new" {
			t.Errorf("heard %q", got)
		}
	}
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"file", "letters"} { // the service manager's to remove
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInheritedNames(t *testing.T) {
	web := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	for names, want := range map[string]string{"a:b": "a b", "a:a": "a a", "a": "a unknown", "": "unknown unknown", ":b:c": "unknown b"} {
		cmd, _ := systemd(t, "names", names, file(t, web.Listener), file(t, web.Listener))
		out, err := cmd.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != want+" 0" {
			t.Errorf("%s: %q, %v", names, got, err)
		}
	}
}

func TestInheritedMisfits(t *testing.T) {
	web := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	var files []*os.File
	for range 5 {
		files = append(files, file(t, web.Listener))
	}
	cmd, _ := systemd(t, "misfits", strings.TrimSuffix(strings.Repeat("web:", len(files)), ":"), files...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, want := range []string{
		"socket: inherit unix web: the socket is of tcp",
		"socket: inherit tcp6 web: the socket is bound to " + web.Addr().String(),
		"socket: inherit udp web: file file+net", // and what the system says
		"keep-alive: false <nil>",
		"keep-alive: true <nil>",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("got %q, want %q", lines, want)
			break
		}
	}
}

// What another process's environment says is not ours, and what makes no sense is an error. The variables go in any case.
func TestInheritedEnvironment(t *testing.T) {
	own := fmt.Sprint(os.Getpid())
	for name, test := range map[string]struct {
		pid, count, handover string
		wrong                bool
	}{
		"nothing":              {"", "", "", false},
		"another process's":    {"1", "1", "", false},
		"nobody's":             {"", "1", "", false},
		"no sockets":           {own, "0", "", false},
		"not a number":         {own, "x", "", true},
		"negative":             {own, "-1", "", true},
		"too many":             {own, "1000000000", "", true},
		"another descriptor's": {"", "0", "4 ", true},
		"no descriptor":        {"", "0", "x", true},
		"other sockets'":       {"", "0", "3 1", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("LISTEN_PID", test.pid)
			t.Setenv("LISTEN_FDS", test.count)
			t.Setenv("PROTOGEN_HANDOVER", test.handover)
			in, err := socket.Inherited()
			if (err != nil) != test.wrong {
				t.Fatal(err)
			}
			if err != nil {
				wantError(t, err, socket.OpInherit, nil, false)
			} else if diff := cmp.Diff([]string(nil), in.Names()); diff != "" {
				t.Error(diff)
			} else if err := in.Ready(); err != nil {
				t.Error(err)
			}
			if _, ok := os.LookupEnv("LISTEN_FDS"); ok {
				t.Error("the variables remain")
			}
		})
	}
}

func TestInheritanceRefuses(t *testing.T) {
	in := new(socket.Inheritance)
	for name, call := range map[string]func() error{
		"no such socket": func() error { _, err := in.Listen("a", "tcp", socket.Options{}); return err },
		"no such datagrams": func() error {
			_, err := in.ListenPacket("a", "udp", socket.Options{})
			return err
		},
		"datagrams to accept": func() error { _, err := in.Listen("a", "udp", socket.Options{}); return err },
		"a stream to receive": func() error { _, err := in.ListenPacket("a", "tcp", socket.Options{}); return err },
		"TLS without a config": func() error {
			_, err := in.Listen("a", "tls", socket.Options{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantError(t, call(), socket.OpInherit, nil, false) })
	}
	for _, o := range []socket.Options{{ReusePort: true}, {ReuseAddr: socket.Off}, {V6Only: true}, {Local: "a:1"}, {Preface: []byte{1}}} {
		_, err := in.Listen("a", "tcp", o)
		wantError(t, err, socket.OpConfig, nil, false)
	}
}
