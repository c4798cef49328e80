//go:build soak && unix

package faults_test

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// A toxic is what a proxy does to the connections that go through it. They are those of Shopify's toxiproxy, under its names.
type toxic struct {
	name   string
	benign bool // everything arrives in the end
	// pass handles the octets from the server to the client (down), or the other way, until an error or the end.
	pass func(dst, src *net.TCPConn, down bool) error
	// slowClose is how long the end of one side is kept from the other.
	slowClose time.Duration
}

var toxics = []toxic{
	{name: "none", benign: true, pass: copyThrough},
	{name: "latency", benign: true, pass: func(dst, src *net.TCPConn, _ bool) error {
		return chop(dst, src, 32<<10, func() { pause(time.Duration(rand.IntN(20)) * time.Millisecond) })
	}},
	{name: "bandwidth", benign: true, pass: func(dst, src *net.TCPConn, _ bool) error {
		return chop(dst, src, 4<<10, func() { pause(2 * time.Millisecond) }) // 2 MB/s
	}},
	{name: "slicer", benign: true, pass: func(dst, src *net.TCPConn, _ bool) error {
		return chop(dst, src, 1+rand.IntN(200), func() {})
	}},
	{name: "slow_close", benign: true, pass: copyThrough, slowClose: 500 * time.Millisecond},
	{name: "timeout", pass: func(dst, src *net.TCPConn, down bool) error { // nothing arrives any more, and nobody says so
		_, err := io.CopyN(dst, src, rand.Int64N(20_000))
		if err == nil {
			pause(3 * time.Second)
			err = io.ErrUnexpectedEOF
		}
		return err
	}},
	{name: "reset_peer", pass: func(dst, src *net.TCPConn, _ bool) error {
		_, err := io.CopyN(dst, src, rand.Int64N(20_000))
		if err == nil {
			_ = dst.SetLinger(0)
			_ = src.SetLinger(0)
			err = io.ErrUnexpectedEOF
		}
		return err
	}},
	{name: "limit_data", pass: func(dst, src *net.TCPConn, _ bool) error {
		_, err := io.CopyN(dst, src, rand.Int64N(20_000))
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return err
	}},
}

func copyThrough(dst, src *net.TCPConn, _ bool) error {
	_, err := io.Copy(dst, src)
	return err
}

// chop copies at most size octets at a time, with something in between.
func chop(dst, src *net.TCPConn, size int, between func()) error {
	for b := make([]byte, size); ; {
		n, err := src.Read(b)
		if n > 0 {
			between()
			if _, err := dst.Write(b[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

func pause(d time.Duration) { <-time.After(d) }

// A toxicProxy hands connections on to a server, with its toxic.
type toxicProxy struct {
	toxic
	l    net.Listener
	to   string
	open sync.WaitGroup
}

// poison starts a proxy before a server. It ends with the test.
func poison(t *testing.T, x toxic, to string) *toxicProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &toxicProxy{toxic: x, l: l, to: to}
	p.open.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.open.Wait()
	})
	return p
}

func (p *toxicProxy) accept() {
	for {
		nc, err := p.l.Accept()
		if err != nil {
			return
		}
		p.open.Go(func() { p.serve(nc.(*net.TCPConn)) })
	}
}

func (p *toxicProxy) serve(near *net.TCPConn) {
	defer near.Close()
	nc, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	far := nc.(*net.TCPConn)
	defer far.Close()
	var up sync.WaitGroup
	up.Go(func() { p.carry(far, near, false) })
	p.carry(near, far, true)
	up.Wait()
}

// carry is one direction. An orderly end is handed on, any other ends both.
func (p *toxicProxy) carry(dst, src *net.TCPConn, down bool) {
	err := p.pass(dst, src, down)
	if p.slowClose > 0 {
		pause(p.slowClose)
	}
	if err == nil && dst.CloseWrite() == nil {
		return
	}
	_ = dst.Close()
	_ = src.Close()
}
