//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// dialers is how many connections are made at the same time.
const dialers = 64

// dial makes all connections, with TLS if asked for. What the server certifies is of no interest.
func dial(o options) ([]net.Conn, error) {
	conns, errs := make([]net.Conn, o.conns), make([]error, o.conns)
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, DynamicRecordSizingDisabled: true}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range dialers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(o.conns); i = next.Add(1) - 1 {
				conns[i], errs[i] = dialOne(o, config)
			}
		})
	}
	wg.Wait()
	err := errors.Join(errs...)
	if err != nil {
		hangUp(conns)
	}
	return conns, err
}

func dialOne(o options, config *tls.Config) (net.Conn, error) {
	nc, err := net.DialTimeout("tcp", o.address, patience)
	if err != nil || !o.tls {
		return nc, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	secured := tls.Client(nc, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return secured, nil
}

func hangUp(conns []net.Conn) {
	for _, nc := range conns {
		if nc != nil {
			_ = nc.Close()
		}
	}
}

// driveTLS has a goroutine per connection, as package tls asks for.
func driveTLS(o options, m *meter) error {
	conns, err := dial(o)
	if err != nil {
		return err
	}
	stream := requests(o.size, o.depth+1)
	var count atomic.Int64
	failed := make(chan error, len(conns))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer hangUp(conns)
	for _, nc := range conns {
		wg.Go(func() { failed <- converse(nc, stream, o.depth, 4+o.size, &count) })
	}
	tick := time.NewTicker(pollTime * time.Millisecond)
	defer tick.Stop()
	for {
		m.count = count.Load()
		if done, err := m.done(); done || err != nil {
			return err
		}
		select {
		case err := <-failed:
			return err
		case <-tick.C:
		}
	}
}

// converse keeps depth requests in flight until the connection ends.
func converse(nc net.Conn, stream []byte, depth, length int, count *atomic.Int64) error {
	if _, err := nc.Write(stream[:depth*length]); err != nil {
		return err
	}
	buf, part := make([]byte, len(stream)), 0
	for {
		n, err := nc.Read(buf)
		if err != nil {
			return err
		}
		end := part + n
		if end > len(stream) || !bytes.Equal(buf[:n], stream[part:end]) {
			return errReply
		}
		part = end % length
		replies := end / length
		if replies == 0 {
			continue
		}
		count.Add(int64(replies))
		if _, err := nc.Write(stream[:replies*length]); err != nil {
			return err
		}
	}
}

// idle makes the connections, has each say one thing, and then waits.
func idle(in io.Reader, out io.Writer, o options) error {
	conns, err := dial(o)
	if err != nil {
		return err
	}
	defer hangUp(conns)
	request := requests(o.size, 1)
	reply := make([]byte, len(request))
	for _, nc := range conns {
		if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if _, err := nc.Write(request); err != nil {
			return err
		}
		if _, err := io.ReadFull(nc, reply); err != nil {
			return err
		}
		if !bytes.Equal(reply, request) {
			return errReply
		}
	}
	if _, err := fmt.Fprintln(out, "idle", len(conns)); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}
