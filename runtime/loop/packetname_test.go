//go:build unix

package loop_test

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// A namedScript answers unix datagrams with themselves.
type namedScript struct {
	packetScript
	unnamed chan string // what came without an address
}

func (s *namedScript) NamedPacket(c *loop.PacketConn, from string, b []byte) {
	if from == "" {
		s.unnamed <- string(b)
		return
	}
	if err := c.WriteToName(b, from); err != nil {
		s.t.Errorf("WriteToName: %v", err)
	}
}

// unixgrams serves unix datagrams; path is where.
func unixgrams(t *testing.T, engine string, s loop.PacketSession) (e loop.Engine, c *loop.PacketConn, path string) {
	t.Helper()
	e = newEngine(t, engine, loop.Config{})
	path = filepath.Join(t.TempDir(), "socket")
	pc, err := socket.ListenPacket(context.Background(), "unixgram", path, socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = e.AttachPackets(pc, s); err != nil {
		t.Fatal(err)
	}
	return e, c, path
}

// dialUnixgram connects to path from a socket with a name, or without one.
func dialUnixgram(t *testing.T, name, path string) *net.UnixConn {
	t.Helper()
	var local *net.UnixAddr
	if name != "" {
		local = &net.UnixAddr{Name: name, Net: "unixgram"}
	}
	nc, err := net.DialUnix("unixgram", local, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	return nc
}

// Unix datagrams are answered to the name they come from; one without a name is told apart.
func TestUnixgram(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := &namedScript{packetScript: packetScript{t: t, done: make(chan struct{})}, unnamed: make(chan string, 1)}
			_, c, path := unixgrams(t, engine, s)
			nc := dialUnixgram(t, filepath.Join(t.TempDir(), "peer"), path)
			for _, sent := range [][]byte{[]byte("first"), bytes.Repeat([]byte("x"), 20_000), []byte("last")} {
				mustWrite(t, nc, sent)
				got := make([]byte, 1<<16)
				if n, err := nc.Read(got); err != nil || !bytes.Equal(got[:n], sent) {
					t.Errorf("%d octets came back as %d: %v", len(sent), n, err)
				}
			}
			mustWrite(t, dialUnixgram(t, "", path), []byte("who?"))
			if got := <-s.unnamed; got != "who?" {
				t.Errorf("got %q", got)
			}
			if err := c.SendToName([]byte("x"), ""); err != syscall.EDESTADDRREQ {
				t.Errorf("to nobody: %v", err)
			}
			if err := c.SendToName([]byte("hello"), nc.LocalAddr().String()); err != nil {
				t.Error(err)
			}
			if got := mustRead(t, nc, 5); string(got) != "hello" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A peer that does not read its unix datagrams loses them, and the socket waits for nobody.
func TestUnixgramDeafPeer(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			s := &namedScript{packetScript: packetScript{t: t, done: make(chan struct{})}}
			e, _, path := unixgrams(t, engine, s)
			dir := t.TempDir()
			deaf, other := dialUnixgram(t, filepath.Join(dir, "deaf"), path), dialUnixgram(t, filepath.Join(dir, "other"), path)
			for range 10_000 {
				if e.Stats().PacketDrops > 0 {
					break
				}
				mustWrite(t, deaf, make([]byte, 1000))
			}
			await(t, "datagrams are dropped", func() bool { return e.Stats().PacketDrops > 0 })
			mustWrite(t, deaf, []byte("received still"))
			_ = deaf.Close() // what it has not read took room
			mustWrite(t, other, []byte("served"))
			mustRead(t, other, 6)
		})
	}
}
