//go:build unix

package socket_test

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/socket"
)

// stale leaves the file of a dead socket.
func stale(t *testing.T, network, path string) {
	t.Helper()
	if network == "unixgram" {
		pc, err := net.ListenPacket(network, path) // whose Close leaves the file
		if err != nil {
			t.Fatal(err)
		}
		_ = pc.Close()
		return
	}
	l, err := net.Listen(network, path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
}

// open makes a socket that receives streams or datagrams.
func open(network, path string, o socket.Options) (interface{ Close() error }, error) {
	if network == "unixgram" {
		return socket.ListenPacket(background, network, path, o)
	}
	return socket.Listen(background, network, path, o)
}

func TestStaleFile(t *testing.T) {
	for _, network := range []string{"unix", "unixgram"} {
		t.Run(network, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "socket")
			stale(t, network, path)
			first, err := open(network, path, socket.Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = open(network, path, socket.Options{})
			wantError(t, err, socket.OpBind, syscall.EADDRINUSE, true)
			// The file of a living socket of the other kind stays, too.
			other := map[string]string{"unix": "unixgram", "unixgram": "unix"}[network]
			_, err = open(other, path, socket.Options{})
			wantError(t, err, socket.OpBind, syscall.EADDRINUSE, true)
			if err := first.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after Close: %v", err)
			}
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = open(network, path, socket.Options{})
			wantError(t, err, socket.OpBind, syscall.EADDRINUSE, true)
			if b, err := os.ReadFile(path); string(b) != "precious" {
				t.Errorf("what is no socket was touched: %v", err)
			}
		})
	}
}

// Of many that find a stale file at the same time one gets the address, and nobody takes it from him.
func TestStaleFileRace(t *testing.T) {
	for _, network := range []string{"unix", "unixgram"} {
		path := filepath.Join(t.TempDir(), "socket")
		for range 20 {
			stale(t, network, path)
			var won atomic.Int32
			var all sync.WaitGroup
			sockets := make(chan interface{ Close() error }, 8)
			for range cap(sockets) {
				all.Go(func() {
					s, err := open(network, path, socket.Options{})
					if err == nil {
						won.Add(1)
						sockets <- s
					} else if !errors.Is(err, syscall.EADDRINUSE) {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if won.Load() != 1 {
				t.Fatalf("%s: %d listen on one path", network, won.Load())
			}
			_ = mustDial(t, network, path, socket.Options{})
			_ = (<-sockets).Close()
		}
	}
}

func TestMode(t *testing.T) {
	for _, network := range []string{"unix", "unixgram"} {
		for _, mode := range []os.FileMode{0o600, 0o660, 0o777} {
			path := filepath.Join(t.TempDir(), "socket")
			s, err := open(network, path, socket.Options{Mode: mode})
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%s: %v, %v, want %v", network, info.Mode(), err, mode)
			}
			_ = s.Close()
		}
	}
}

// A Close that comes second does not remove the next socket's file.
func TestCloseTwice(t *testing.T) {
	for _, network := range []string{"unix", "unixgram"} {
		path := filepath.Join(t.TempDir(), "socket")
		first, err := open(network, path, socket.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = first.Close()
		second, err := open(network, path, socket.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = first.Close()
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s: %v", network, err)
		}
		_ = second.Close()
	}
}

// abstract is a name without a file that no other test has.
func abstract(t *testing.T) string {
	t.Helper()
	return "@protogen/" + strings.ReplaceAll(t.Name(), "/", ".") + "." + strconv.Itoa(os.Getpid())
}

func TestAbstractName(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system has no abstract names")
	}
	name := abstract(t)
	l := listen(t, "unix", name, socket.Options{})
	go greet(l)
	if got := greeting(t, "unix", name, socket.Options{}); got != "hello" || l.Addr().String() != name {
		t.Errorf("%q on %s", got, l.Addr())
	}
	_, err := socket.Listen(background, "unix", name, socket.Options{})
	wantError(t, err, socket.OpBind, syscall.EADDRINUSE, true)
	_ = l.Close()
	_ = listen(t, "unix", name, socket.Options{})
	pc := receive(t, "unixgram", name+".datagrams", socket.Options{})
	if _, err := mustDial(t, "unixgram", pc.LocalAddr().String(), socket.Options{}).Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

func TestPeerCredentials(t *testing.T) {
	l := listen(t, "unix", filepath.Join(t.TempDir(), "socket"), socket.Options{})
	client := mustDial(t, "unix", l.Addr().String(), socket.Options{})
	server := accept(t, l)
	want := socket.Credentials{PID: os.Getpid(), UID: os.Getuid(), GID: os.Getgid()}
	for _, nc := range []net.Conn{client, server, tls.Server(server, nil)} {
		got, err := socket.PeerCredentials(nc)
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	tcp := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	_, err := socket.PeerCredentials(mustDial(t, "tcp", tcp.Addr().String(), socket.Options{}))
	wantError(t, err, socket.OpOption, errors.ErrUnsupported, false)
}

func TestReadCredentials(t *testing.T) {
	dir := t.TempDir()
	pc, err := socket.ListenPacket(background, "unixgram", filepath.Join(dir, "socket"), socket.Options{Credentials: true})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	u := pc.(*socket.Unixgram)
	defer u.Close()
	client := receive(t, "unixgram", filepath.Join(dir, "client"), socket.Options{}).(*socket.Unixgram)
	// Descriptors that come along are not let in.
	before := descriptors(t)
	if _, _, err := client.WriteMsgUnix([]byte("who am I?"), syscall.UnixRights(0, 1, 2), u.LocalAddr().(*net.UnixAddr)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, c, from, err := u.ReadCredentials(b)
	if err != nil || string(b[:n]) != "who am I?" || from.Name != filepath.Join(dir, "client") {
		t.Errorf("%q from %v, %v", b[:n], from, err)
	}
	if want := (socket.Credentials{PID: os.Getpid(), UID: os.Getuid(), GID: os.Getgid()}); c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, then %d", before, after)
	}
}

// descriptors counts this process's.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(entries)
}
