//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait of a test for the network.
const patience = 10 * time.Second

// start runs a server until the test ends, and returns its address and what else it prints.
func start(t *testing.T, o options) (address string, out *bufio.Reader, signals chan<- os.Signal) {
	t.Helper()
	o.listen = "127.0.0.1:0"
	r, w := io.Pipe()
	ordered, ended := make(chan os.Signal, 1), make(chan error, 1)
	go func() {
		err := run(w, o, ordered)
		ended <- err
		_ = w.CloseWithError(err)
	}()
	out = bufio.NewReader(r)
	line, err := out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ordered <- syscall.SIGTERM
		if err := <-ended; err != nil {
			t.Error("the server ended with", err)
		}
	})
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on ")), out, ordered
}

func frameOf(payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
}

// streams are the servers of connections.
var streams = []options{
	{engine: "goroutine"},
	{engine: "epoll"},
	{engine: "bufio"},
	{engine: "netpoll"},
	{engine: "reactor"},
	{engine: "goroutine", tls: true},
	{engine: "epoll", tls: true},
	{engine: "bufio", tls: true},
}

func (o options) name() string {
	switch {
	case o.tls:
		return o.engine + "/tls"
	case o.udp:
		return o.engine + "/udp"
	}
	return o.engine
}

func (o options) dial(t *testing.T, address string) net.Conn {
	t.Helper()
	nc, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if o.tls {
		return tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
	}
	return nc
}

func TestStreams(t *testing.T) {
	t.Parallel()
	for _, o := range streams {
		t.Run(o.name(), func(t *testing.T) {
			t.Parallel()
			address, _, _ := start(t, o)
			nc := o.dial(t, address)
			for _, sent := range [][]byte{
				frameOf(nil),
				frameOf([]byte("one")),
				append(frameOf([]byte("two")), frameOf([]byte("three"))...),
			} {
				if _, err := nc.Write(sent); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, len(sent))
				if _, err := io.ReadFull(nc, got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, sent) {
					t.Errorf("%q came back as %q", sent, got)
				}
			}
		})
	}
}

// TestParts sends a large frame that cannot arrive in one piece; the reactor does not promise to serve it.
func TestParts(t *testing.T) {
	t.Parallel()
	for _, o := range streams {
		if o.engine == "reactor" {
			continue
		}
		t.Run(o.name(), func(t *testing.T) {
			t.Parallel()
			address, _, _ := start(t, o)
			nc := o.dial(t, address)
			sent := frameOf(bytes.Repeat([]byte("0123456789abcdef"), 20_000))
			wrote := make(chan error, 1)
			go func() {
				_, err := nc.Write(sent)
				wrote <- err
			}()
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(nc, got); err != nil {
				t.Fatal(err)
			}
			if err := <-wrote; err != nil {
				t.Error(err)
			}
			if !bytes.Equal(got, sent) {
				t.Error("what came back is something else")
			}
		})
	}
}

// TestTooLong claims a frame of 4 GiB: every server hangs up.
func TestTooLong(t *testing.T) {
	t.Parallel()
	for _, o := range streams {
		t.Run(o.name(), func(t *testing.T) {
			t.Parallel()
			address, _, _ := start(t, o)
			nc := o.dial(t, address)
			if _, err := nc.Write([]byte{0xff, 0xff, 0xff, 0xff}); err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, nc); n != 0 || os.IsTimeout(err) {
				t.Errorf("the server sent %d octets, error %v", n, err)
			}
		})
	}
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"goroutine", "epoll", "bufio", "batch"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			address, _, _ := start(t, options{engine: engine, udp: true})
			nc, err := net.Dial("udp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			for _, sent := range []string{"one", "", "two"} {
				if _, err := nc.Write([]byte(sent)); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, 100)
				n, err := nc.Read(got)
				if err != nil || string(got[:n]) != sent {
					t.Errorf("%q came back as %q, error %v", sent, got[:n], err)
				}
			}
		})
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	_, out, signals := start(t, options{engine: "goroutine"})
	signals <- syscall.SIGUSR1
	line, err := out.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "mallocs ") {
		t.Errorf("the server says %q, error %v", line, err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, o := range []options{
		{engine: "kqueue"},
		{engine: "netpoll", tls: true},
		{engine: "netpoll", udp: true},
		{engine: "epoll", tls: true, udp: true},
		{engine: "batch"},
		{engine: "goroutine", listen: "127.0.0.1"},
		{engine: "bufio", listen: "127.0.0.1"},
	} {
		if err := run(io.Discard, o, nil); err == nil {
			t.Errorf("%+v is served", o)
		}
	}
}
