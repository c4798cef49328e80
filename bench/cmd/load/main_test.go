//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/protogen-go/protogen/runtime/socket"
)

// serve runs handle for every connection of a listener until the test ends.
func serve(t *testing.T, config *tls.Config, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	address := l.Addr().String()
	if config != nil {
		l = tls.NewListener(l, config)
	}
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				handle(nc)
			}()
		}
	}()
	return address
}

// echo sends back what comes, which is what an echo of frames does as well.
func echo(nc net.Conn) { _, _ = io.Copy(nc, nc) }

func TestStreams(t *testing.T) {
	t.Parallel()
	certificate, err := socket.SelfSigned(time.Hour, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	plain := serve(t, nil, echo)
	secured := serve(t, &tls.Config{Certificates: []tls.Certificate{certificate}}, echo)
	for _, o := range []options{
		{address: plain, conns: 1, depth: 1},
		{address: plain, conns: 8, depth: 16},
		{address: secured, conns: 8, depth: 16, tls: true},
	} {
		o.size, o.warm, o.time, o.pid = 512, time.Millisecond, 300*time.Millisecond, os.Getpid()
		var out bytes.Buffer
		if err := run(nil, &out, o); err != nil {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		var got Result
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if got.Requests <= 0 || got.Total < got.Requests || got.ServerCPU <= 0 || got.Seconds < o.time.Seconds() || got.Lost != 0 {
			t.Errorf("%+v: %+v", o, got)
		}
	}
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	go func() {
		b := make([]byte, 1000)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(b[:n], from)
		}
	}()
	o := options{address: pc.LocalAddr().String(), conns: 2, depth: 4, size: 500, warm: time.Millisecond, time: 300 * time.Millisecond, udp: true}
	m := &meter{warm: o.warm, time: o.time}
	if err := drivePackets(o, m); err != nil {
		t.Fatal(err)
	}
	if m.result.Total == 0 {
		t.Errorf("%+v", m.result)
	}
}

// TestLost lets sweeps pass in which nothing comes back: a datagram is sent again after a whole one.
func TestLost(t *testing.T) {
	t.Parallel()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	fd, err := connect(pc.LocalAddr().String(), unix.SOCK_DGRAM)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	p := &packets{conns: []packetConn{{fd: fd, sent: make([]int, 3)}}, batch: newBatch(3, 5), payload: []byte{7}, sweep: 2}
	for sweep, want := range []int{3, 0, 3, 0, 3} {
		if got, err := p.resend(); got != want || err != nil {
			t.Errorf("in sweep %d, %d are sent, not %d; error %v", sweep, got, want, err)
		}
		p.sweep++
	}
	b := make([]byte, 100)
	for i := range 9 {
		n, _, err := pc.ReadFrom(b)
		if want := []byte{0, 0, 0, byte(i % 3), 7}; err != nil || !bytes.Equal(b[:n], want) {
			t.Errorf("datagram %d is %x, error %v", i, b[:n], err)
		}
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	in, hold := io.Pipe()
	says, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(in, out, options{address: serve(t, nil, echo), conns: 10, depth: 1, size: 512, time: time.Second, idle: true})
	}()
	line := make([]byte, 100)
	n, err := says.Read(line)
	if err != nil || string(line[:n]) != "idle 10\n" {
		t.Errorf("it says %q, error %v", line[:n], err)
	}
	_ = hold.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestBadServers has servers that do anything but echo.
func TestBadServers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		handle func(net.Conn)
		want   error
	}{
		{"hangs up", func(nc net.Conn) { _, _ = nc.Read(make([]byte, 516)) }, errEnded},
		{"answers something else", func(nc net.Conn) {
			b := make([]byte, 516)
			_, _ = io.ReadFull(nc, b)
			b[100]++
			_, _ = nc.Write(b)
			_, _ = io.Copy(io.Discard, nc)
		}, errReply},
		{"answers too much", func(nc net.Conn) {
			b := make([]byte, 516)
			_, _ = io.ReadFull(nc, b)
			_, _ = nc.Write(bytes.Repeat(b, 3))
			_, _ = io.Copy(io.Discard, nc)
		}, errReply},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := options{address: serve(t, nil, test.handle), conns: 1, depth: 1, size: 512, time: time.Minute}
			if err := run(nil, io.Discard, o); !errors.Is(err, test.want) {
				t.Errorf("the error is %v, not %v", err, test.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := options{address: "127.0.0.1:1", conns: 1, depth: 1, size: 512, time: time.Second}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*options){
		"another machine":        func(o *options) { o.address = "192.0.2.1:7" },
		"a name":                 func(o *options) { o.address = "localhost:7" },
		"no port":                func(o *options) { o.address = "127.0.0.1" },
		"no connections":         func(o *options) { o.conns = 0 },
		"no depth":               func(o *options) { o.depth = 0 },
		"no size":                func(o *options) { o.size = 0 },
		"too much in flight":     func(o *options) { o.depth, o.size = 1000, 1000 },
		"too long":               func(o *options) { o.time = time.Hour },
		"datagrams over TLS":     func(o *options) { o.udp, o.tls = true, true },
		"datagrams too small":    func(o *options) { o.udp, o.size = true, 4 },
		"no time":                func(o *options) { o.time = 0 },
		"connected idle packets": func(o *options) { o.udp, o.idle = true, true },
	} {
		o := good
		spoil(&o)
		if o.check() == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}
