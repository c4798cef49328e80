//go:build linux

package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// framing is the protocol; the other engines' servers have the same limit, frame.DefaultMax.
var framing = frame.Length{Width: 4}

// serveLoop is an engine of package loop with a session per connection.
func serveLoop(o options) (*server, error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	engine, err := loop.New(o.engine, loop.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	l, err := socket.Listen(context.Background(), "tcp", o.listen, socket.Options{})
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return &server{
		address: l.Addr().String(),
		serve: func() error {
			return engine.Serve(l, loop.Service{New: func() loop.Session { return echo{} }, TLS: config})
		},
		close: engine.Close,
	}, nil
}

// echo answers every frame with itself.
type echo struct{}

func (echo) Open(*loop.Conn) {}

// Data answers the frames that are complete; all answers leave in one write.
func (echo) Data(c *loop.Conn, b []byte) (int, error) {
	if c.Full() {
		return 0, nil
	}
	used, out := 0, c.AvailableBuffer()
	for used < len(b) {
		_, n, err := framing.Next(b[used:])
		if err == frame.ErrMore {
			break
		}
		if err != nil {
			_, _ = c.Write(out)
			return used, err
		}
		out = append(out, b[used:used+n]...)
		used += n
	}
	_, err := c.Write(out)
	return used, err
}

func (echo) End(c *loop.Conn, _ []byte) { c.CloseAfterFlush() }
func (echo) Writable(*loop.Conn)        {}
func (echo) Timer(*loop.Conn, int)      {}
func (echo) Message(*loop.Conn, any)    {}
func (echo) Closed(*loop.Conn, error)   {}

// serveLoopPackets is an engine of package loop with one socket of datagrams.
func serveLoopPackets(o options) (*server, error) {
	engine, err := loop.New(o.engine, loop.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	pc, err := socket.ListenPacket(context.Background(), "udp", o.listen, socket.Options{})
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	s := &packetEcho{closed: make(chan error, 1)}
	c, err := engine.AttachPackets(pc, s)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return &server{
		address: c.LocalAddr().String(),
		serve:   func() error { return <-s.closed },
		close:   engine.Close,
	}, nil
}

// packetEcho sends every datagram back.
type packetEcho struct{ closed chan error }

func (*packetEcho) Open(*loop.PacketConn) {}

func (*packetEcho) Packet(c *loop.PacketConn, from netip.AddrPort, b []byte) {
	_ = c.WriteTo(b, from) // the only error is that the socket is closed
}

func (*packetEcho) Timer(*loop.PacketConn, int)            {}
func (*packetEcho) Message(*loop.PacketConn, any)          {}
func (s *packetEcho) Closed(_ *loop.PacketConn, why error) { s.closed <- why }
