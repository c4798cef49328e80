//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/protogen-go/protogen/runtime/storable"
	"github.com/protogen-go/protogen/runtime/tree"
	"github.com/protogen-go/protogen/servers/router"
)

// conn is a connection with a kernel past its negotiation.
type conn struct {
	net.Conn
	in   *bufio.Reader
	name string
}

// negotiate connects and says SETUP.
func negotiate(address string) (*conn, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &conn{nc, bufio.NewReaderSize(nc, 4096), "Lite" + strconv.FormatInt(names.Add(1), 10)}
	if _, err := io.WriteString(c, "SETUP KERNEL="+c.name+";FREEZER=Storable;PID=1\r\n"); err != nil {
		return c, err
	}
	_, err = c.in.ReadSlice('\n')
	return c, err
}

// names tells connections apart.
var names atomic.Int64

// connect makes many of them.
func connect(address string, n int) ([]*conn, error) {
	all := make([]*conn, 0, n)
	for range n {
		c, err := negotiate(address)
		if c != nil {
			all = append(all, c)
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func closeAll(conns []*conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}

// frame is a message for a state as the original's light client sends it, of some 210 octets; a call says too where its result
// is to go.
func (c *conn) frame(state string, call bool) ([]byte, error) {
	m := tree.MapOf(
		tree.Pair("event", tree.String("poe://vm-6b00366d-0000664a-00000001/test/"+state)),
		tree.Pair("from", tree.MapOf(tree.Pair("kernel", tree.String(c.name)), tree.Pair("session", tree.String("IKCLite")))),
		tree.Pair("params", tree.MapOf(tree.Pair("n", tree.Int(1)), tree.Pair("list", tree.ListOf(tree.Int(2), tree.Int(3))), tree.Pair("text", tree.String("thirty octets of text, no more")))),
	)
	if call {
		m.Map().Set("rsvp", tree.MapOf(tree.Pair("kernel", tree.String(c.name)), tree.Pair("session", tree.String("IKCLite")), tree.Pair("state", tree.String("response1"))))
		m.Map().Set("wantarray", tree.String(""))
	}
	image, err := storable.Network.Append(nil, m)
	if err != nil {
		return nil, err
	}
	return append(append(strconv.AppendInt(nil, int64(len(image)), 10), 0), image...), nil
}

// readFrame drops a frame.
func (c *conn) readFrame() error {
	head, err := c.in.ReadSlice(0)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(head[:len(head)-1]))
	if err != nil {
		return err
	}
	_, err = c.in.Discard(n)
	return err
}

// batch is how many posts leave in one write.
const batch = 64

// posts posts as fast as the server takes it, and counts what has arrived: a call behind the last post is answered.
func posts(o options, s *server) (int64, error) {
	c, err := negotiate(s.address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	post, err := c.frame("log", false)
	if err != nil {
		return 0, err
	}
	last, err := c.frame("echo", true)
	if err != nil {
		return 0, err
	}
	var many []byte
	for range batch {
		many = append(many, post...)
	}
	count := int64(0)
	for until := time.Now().Add(o.time); time.Now().Before(until); count += batch {
		if _, err := c.Write(many); err != nil {
			return 0, err
		}
	}
	if _, err := c.Write(last); err != nil {
		return 0, err
	}
	return count, c.readFrame()
}

// calls calls on some connections, with some calls in flight on each.
func calls(conns, flight int) func(options, *server) (int64, error) {
	return func(o options, s *server) (int64, error) {
		all, err := connect(s.address, conns)
		defer closeAll(all)
		if err != nil {
			return 0, err
		}
		var count atomic.Int64
		errs := make(chan error, conns)
		until := time.Now().Add(o.time)
		for _, c := range all {
			go func() { errs <- c.keep(flight, until, &count) }()
		}
		for range all {
			err = errors.Join(err, <-errs)
		}
		return count.Load(), err
	}
}

// keep keeps calls in flight: as many as are answered are made anew, those that were answered together in one write.
func (c *conn) keep(flight int, until time.Time, count *atomic.Int64) error {
	call, err := c.frame("echo", true)
	if err != nil {
		return err
	}
	var many []byte
	for range flight {
		many = append(many, call...)
	}
	for free := flight; ; {
		if time.Now().After(until) {
			return nil
		}
		if _, err := c.Write(many[:free*len(call)]); err != nil {
			return err
		}
		free = 0
		for free == 0 || c.in.Buffered() > 0 && free < flight {
			if err := c.readFrame(); err != nil {
				return err
			}
			free++
		}
		count.Add(int64(free))
	}
}

// inFlight is how many events of the router are under way.
const inFlight = 32

// roundTrips has a program send events through the router to another, which answers.
func roundTrips(o options, s *server) (int64, error) {
	ctx := context.Background()
	publisher, err := router.Dial(ctx, "tcp", s.address, nil)
	if err != nil {
		return 0, err
	}
	defer publisher.Close()
	if err := publisher.Publish(ctx, "test", router.Methods{"foo": func(string) string { return "" }}); err != nil {
		return 0, err
	}
	subscriber, err := router.Dial(ctx, "tcp", s.address, nil)
	if err != nil {
		return 0, err
	}
	defer subscriber.Close()
	proxy, err := subscriber.Subscribe(ctx, "test")
	if err != nil {
		return 0, err
	}
	var count atomic.Int64
	var failed atomic.Value
	var all sync.WaitGroup
	until := time.Now().Add(o.time)
	for range inFlight {
		all.Go(func() {
			for time.Now().Before(until) {
				if _, err := proxy.Call(ctx, "foo", "hello"); err != nil {
					failed.Store(fmt.Errorf("call: %w", err))
					return
				}
				count.Add(1)
			}
		})
	}
	all.Wait()
	err, _ = failed.Load().(error)
	return count.Load(), err
}
