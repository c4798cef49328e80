package loop_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/protogen-go/protogen/runtime/loop"
)

// BenchmarkEcho compares the engine with a goroutine and two buffers of package bufio per connection: 512 octets behind a 32-bit length,
// over TCP loopback, with 1 or 50 connections, each of them with one request in flight.
func BenchmarkEcho(b *testing.B) {
	for _, conns := range []int{1, 50} {
		for _, engine := range engines {
			b.Run(fmt.Sprintf("%s/conns=%d", engine, conns), func(b *testing.B) {
				s := listen(b, site{engine, "tcp"}, loop.Config{}, func() loop.Session { return allocationFree{} })
				benchmarkEcho(b, s.addr.String(), conns)
			})
		}
		b.Run(fmt.Sprintf("bufio/conns=%d", conns), func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			go serveBuffered(l)
			benchmarkEcho(b, l.Addr().String(), conns)
		})
	}
}

func benchmarkEcho(b *testing.B, address string, conns int) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.SetBytes(516)
	for range conns {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		defer nc.Close()
		wg.Go(func() {
			request, reply := framed(make([]byte, 512)), make([]byte, 516)
			for left.Add(-1) >= 0 {
				if _, err := nc.Write(request); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(nc, reply); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func serveBuffered(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer nc.Close()
			r, w := bufio.NewReader(nc), bufio.NewWriter(nc)
			buf := make([]byte, 4096)
			for {
				if _, err := io.ReadFull(r, buf[:4]); err != nil {
					return
				}
				frame := buf[:4+binary.BigEndian.Uint32(buf)]
				if _, err := io.ReadFull(r, frame[4:]); err != nil {
					return
				}
				_, _ = w.Write(frame)
				if r.Buffered() < 4 && w.Flush() != nil {
					return
				}
			}
		}()
	}
}

// BenchmarkFeed is the cost of an event without any system call.
func BenchmarkFeed(b *testing.B) {
	f := loop.NewFeed(allocationFree{}, loop.Config{})
	request := framed(make([]byte, 512))
	b.ReportAllocs()
	for b.Loop() {
		f.Input(request)
		f.Output()
	}
}

// BenchmarkTimer is the cost of pushing a deadline forward, as every request does.
func BenchmarkTimer(b *testing.B) {
	b.ReportAllocs()
	s := &script{t: b}
	s.message = func(c *loop.Conn, _ any) {
		for b.Loop() {
			c.After(1, 1<<40)
		}
	}
	f := loop.NewFeed(s, loop.Config{})
	_ = f.Conn().Deliver(nil)
}

// BenchmarkPost is the cost of a message from another goroutine.
func BenchmarkPost(b *testing.B) {
	for _, how := range []struct {
		name string
		post func(c *loop.Conn, m any) error
	}{{"Post", (*loop.Conn).Post}, {"Deliver", (*loop.Conn).Deliver}} {
		b.Run(how.name, func(b *testing.B) {
			b.ReportAllocs()
			got := make(chan struct{}, 1)
			s := &script{t: b, message: func(*loop.Conn, any) { got <- struct{}{} }}
			f := loop.NewFeed(s, loop.Config{})
			for b.Loop() {
				s.events = s.events[:0]
				_ = how.post(f.Conn(), nil)
				<-got
			}
		})
	}
}
