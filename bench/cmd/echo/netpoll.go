//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"net"

	"github.com/cloudwego/netpoll"

	"github.com/protogen-go/protogen/runtime/frame"
)

// serveNetpoll is the event loop of github.com/cloudwego/netpoll with its defaults, used as its documentation says.
func serveNetpoll(o options) (*server, error) {
	loop, err := netpoll.NewEventLoop(echoNetpoll)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, err
	}
	return &server{
		address: l.Addr().String(),
		serve:   func() error { return loop.Serve(l) },
		close:   func() error { return loop.Shutdown(context.Background()) },
	}, nil
}

// echoNetpoll answers the requests that have arrived, and flushes once. Next waits for a request that has arrived in part.
func echoNetpoll(_ context.Context, c netpoll.Connection) error {
	r, w := c.Reader(), c.Writer()
	for r.Len() > 0 {
		head, err := r.Peek(4)
		if err != nil {
			return err
		}
		size := 4 + int(binary.BigEndian.Uint32(head))
		if size > frame.DefaultMax {
			return c.Close()
		}
		request, err := r.Next(size)
		if err != nil {
			return err
		}
		reply, err := w.Malloc(size)
		if err != nil {
			return err
		}
		copy(reply, request)
	}
	if err := r.Release(); err != nil {
		return err
	}
	return w.Flush()
}
