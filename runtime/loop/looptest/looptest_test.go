package looptest_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/loop/looptest"
)

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := looptest.Pipe(10)
		want := bytes.Repeat([]byte("0123456789abcdef"), 100)
		go func() {
			_, _ = a.Write(want)
			_ = a.CloseWrite()
		}()
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d octets, %v", len(got), err)
		}
		if n, err := b.Write([]byte("back")); n != 4 || err != nil {
			t.Errorf("the other direction: %d, %v", n, err)
		}
		if a.Unread() != 4 {
			t.Errorf("%d octets unread", a.Unread())
		}
		if _, err := a.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after CloseWrite: %v", err)
		}
	})
}

func TestClose(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(a, b *looptest.Conn)
		read string
		err  error
	}{
		{"gentle", func(_, b *looptest.Conn) { _ = b.Close() }, "last", nil},
		{"with unread input", func(a, b *looptest.Conn) { _, _ = a.Write([]byte("x")); _ = b.Close() }, "", syscall.ECONNRESET},
		{"then input comes", func(a, b *looptest.Conn) { _ = b.Close(); _, _ = a.Write([]byte("x")) }, "", syscall.ECONNRESET},
		{"abrupt", func(_, b *looptest.Conn) { _ = b.SetLinger(0); _ = b.Close() }, "", syscall.ECONNRESET},
		{"our own", func(a, _ *looptest.Conn) { _ = a.Close() }, "", net.ErrClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, b := looptest.Pipe(0)
			_, _ = b.Write([]byte("last"))
			test.do(a, b)
			got, err := io.ReadAll(a)
			if string(got) != test.read || !errors.Is(err, test.err) {
				t.Errorf("read %q, %v", got, err)
			}
			if _, err := b.Write([]byte("x")); test.name != "our own" && err == nil {
				t.Error("write after Close")
			}
		})
	}
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := looptest.Pipe(10)
		start := time.Now()
		_ = a.SetReadDeadline(start.Add(time.Second))
		_ = a.SetReadDeadline(start.Add(time.Minute))
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		_ = a.SetWriteDeadline(time.Now().Add(time.Minute))
		if n, err := a.Write(make([]byte, 11)); n != 10 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 2*time.Minute {
			t.Errorf("write: %d, %v after %v", n, err, time.Since(start))
		}
		_ = a.SetDeadline(time.Now())
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read in the past: %v", err)
		}
	})
}

func TestListener(t *testing.T) {
	l := looptest.Listen()
	broken := errors.New("broken")
	l.Fail(broken)
	client, err := l.Dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); !errors.Is(err, broken) {
		t.Errorf("Accept: %v", err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = client.Write([]byte("hello"))
	if b := make([]byte, 5); server.RemoteAddr().String() != "client-1" {
		t.Error(server.RemoteAddr())
	} else if _, err := io.ReadFull(server, b); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	waiting, _ := l.Dial()
	_ = l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
	if _, err := l.Dial(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial after Close: %v", err)
	}
	if _, err := waiting.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection that was not accepted: %v", err)
	}
	if l.Accepts() != 3 || l.Addr().Network() != "memory" {
		t.Error(l.Accepts(), l.Addr())
	}
}
