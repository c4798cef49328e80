package loop_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// echoes makes sessions that answer frames with themselves.
func echoes(t *testing.T) func() loop.Session {
	return func() loop.Session {
		return &script{t: t, data: echo, end: func(c *loop.Conn, _ []byte) { c.CloseAfterFlush() }}
	}
}

// refused demands that the server ends the connection and says nothing.
func refused(t *testing.T, nc net.Conn) {
	t.Helper()
	if b, err := io.ReadAll(nc); len(b) > 0 || errors.Is(err, errTimeout(err)) {
		t.Errorf("a connection that is to be refused gets %q, %v", b, err)
	}
}

// errTimeout is err if it is a time-out, and else an error that err is not.
func errTimeout(err error) error {
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return err
	}
	return io.ErrNoProgress
}

// A peer has no more than its connections, until one of them ends. Other peers have theirs, and those without an IP address as many as they like.
func TestConnsPerPeer(t *testing.T) {
	everywhere(t, networks, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{MaxConnsPerPeer: 2}, echoes(t))
		first, second := s.dial(t), s.dial(t)
		probe(t, first)
		probe(t, second)
		if at.network == "unix" {
			probe(t, s.dial(t))
			return
		}
		refused(t, s.dialRaw(t, "127.0.0.1"))
		if n := s.engine.Stats(); n.PeerRefused != 1 || n.HandshakeErrors != 0 {
			t.Errorf("after a refusal: %+v", n)
		}
		other := s.dialRaw(t, "127.0.0.2")
		if at.network == "tcp" {
			probe(t, other)
		}
		_ = first.Close()
		await(t, "the peer has room again", func() bool {
			nc := s.dialRaw(t, "127.0.0.1")
			defer nc.Close()
			if at.network == "tls" {
				return tls.Client(nc, socket.ClientTLS(s.clientTLS(), s.addr.String())).Handshake() == nil
			}
			_, err := nc.Write(framed(nil))
			if err == nil {
				_, err = io.ReadFull(nc, make([]byte, 4))
			}
			return err == nil
		})
		probe(t, second)
	})
}

// dialRaw connects from an address, without TLS.
func (s *server) dialRaw(t *testing.T, from string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	nc, err := d.Dial("tcp", s.addr.String())
	if err != nil {
		t.Skipf("this system has no address %s: %v", from, err)
	}
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// A refused connection is told so in the words of the protocol, by no more sessions than there may be.
func TestBusy(t *testing.T) {
	everywhere(t, []string{"tcp", "tls"}, func(t *testing.T, at site) {
		reasons, ends := make(chan error, 10), make(chan error, 10)
		idle := make(chan struct{}, 1)
		s := listenFor(t, at, loop.Config{MaxConnsPerPeer: 1, MaxRefusals: 1, HandshakeTimeout: time.Minute}, loop.Service{
			New: echoes(t),
			Busy: func(why error) loop.Session {
				reasons <- why
				return &script{
					t: t,
					open: func(c *loop.Conn) {
						_, _ = c.Write([]byte("busy"))
						if len(idle) == 0 {
							c.CloseAfterFlush()
						}
					},
					closed: func(_ *loop.Conn, why error) { ends <- why },
				}
			},
		})
		first := s.dial(t)
		probe(t, first)
		nc := s.dial(t)
		if got := mustReadAll(t, nc); string(got) != "busy" {
			t.Errorf("a refused connection gets %q", got)
		}
		_ = nc.Close()
		if why, end := <-reasons, <-ends; why != loop.ErrPeerConns || end != nil {
			t.Errorf("the session was made for %v and ended with %v", why, end)
		}
		await(t, "the refusal is over", func() bool { return s.engine.Stats().Open == 1 })

		idle <- struct{}{} // the next one says it, and stays
		slow := s.dial(t)
		mustRead(t, slow, 4)
		refused(t, s.dialRaw(t, "127.0.0.1"))
		_ = slow.Close()
		<-ends
		if n := s.engine.Stats(); n.PeerRefused != 3 {
			t.Errorf("%d refused", n.PeerRefused)
		}
		probe(t, first)
	})
}

// It is told so in no more time than there is.
func TestBusyDeadline(t *testing.T) {
	everywhere(t, tcpOnly, func(t *testing.T, at site) {
		end := make(chan error, 1)
		s := listenFor(t, at, loop.Config{MaxConnsPerPeer: 1, HandshakeTimeout: 50 * time.Millisecond}, loop.Service{
			New: echoes(t),
			Busy: func(error) loop.Session {
				return &script{
					t: t, open: func(c *loop.Conn) { _, _ = c.Write([]byte("busy")) }, closed: func(_ *loop.Conn, why error) { end <- why },
				}
			},
		})
		first := s.dial(t)
		probe(t, first)
		if got := mustReadAll(t, s.dial(t)); string(got) != "busy" {
			t.Errorf("a refused connection gets %q", got)
		}
		if why := <-end; !errors.Is(why, loop.ErrPeerConns) {
			t.Errorf("a session that does not close ended with %v", why)
		}
		probe(t, first)
	})
}

// Handshakes that wait for their turn make the engine stop accepting; all are done in the end.
func TestHandshakeQueue(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		gate := make(chan struct{})
		s := listenFor(t, at, loop.Config{HandshakeWorkers: 1, HandshakeQueue: 4, HandshakeTimeout: time.Minute}, loop.Service{
			New: echoes(t),
			TLS: &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
				<-gate // a computation that takes long
				return nil, nil
			}},
		})
		var crowd sync.WaitGroup
		await(t, "accepting is paused", func() bool { // by those who come when the first ones have got so far as to queue up
			nc := tls.Client(s.dialRaw(t, "127.0.0.1"), socket.ClientTLS(s.clientTLS(), s.addr.String()))
			crowd.Go(func() {
				if err := nc.Handshake(); err != nil {
					t.Errorf("handshake: %v", err)
				}
			})
			return s.engine.Stats().HandshakeQueues > 0
		})
		close(gate)
		crowd.Wait()
	})
}
