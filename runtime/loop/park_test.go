package loop_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// What the engines rely on in crypto/tls, and what they owe to TLS peers.

// A relayed is a client's connection whose octets go through a function.
type relayed struct {
	net.Conn
	write func(nc net.Conn, p []byte) error
}

func (r relayed) Write(p []byte) (int, error) { return len(p), r.write(r.Conn, p) }

// A session over TLS in segments of one octet is the same as in one piece, in both versions.
func TestParkFragments(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			raw, err := net.Dial("tcp", s.addr.String())
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			_ = raw.SetDeadline(time.Now().Add(time.Minute))
			config := socket.ClientTLS(s.clientTLS(), s.addr.String())
			config.MaxVersion = version
			nc := tls.Client(relayed{raw, func(nc net.Conn, p []byte) error {
				for i := range p {
					if _, err := nc.Write(p[i : i+1]); err != nil {
						return err
					}
				}
				return nil
			}}, config)
			stream := append(framed([]byte("first")), framed(bytes.Repeat([]byte("x"), 20_000))...)
			go func() { _, _ = nc.Write(stream) }()
			if got := mustRead(t, nc, len(stream)); !bytes.Equal(got, stream) {
				t.Error("another stream came back")
			}
		}
	})
}

// FAULTS 23: a stream cut inside a record is an error, on the boundary of one it is the end.
func TestFaultTLSTruncation(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		for _, inside := range []bool{true, false} {
			done := make(chan struct{})
			script := &script{t: t, data: echo, done: done}
			s := listen(t, at, loop.Config{}, func() loop.Session { return script })
			raw, err := net.Dial("tcp", s.addr.String())
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			var cut atomic.Bool
			nc := tls.Client(relayed{raw, func(nc net.Conn, p []byte) error {
				if cut.Load() {
					p = p[:len(p)-1]
				}
				_, err := nc.Write(p)
				return err
			}}, socket.ClientTLS(s.clientTLS(), s.addr.String()))
			probe(t, nc)
			cut.Store(inside)
			mustWrite(t, nc, framed([]byte("probe")))
			_ = raw.(*net.TCPConn).CloseWrite()
			go func() { _, _ = io.ReadAll(raw) }()
			<-done
			if inside && !errors.Is(script.why, io.ErrUnexpectedEOF) || !inside && script.why != nil {
				t.Errorf("inside a record %v: closed: %v, events %v", inside, script.why, script.events)
			}
		}
	})
}

// FAULTS 21: what is no TLS, or too old a one, is refused, with an alert where there is one, and counted.
func TestFaultTLSVersion(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session { return &script{t: t, data: echo} })
		raw, err := net.Dial("tcp", s.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		config := socket.ClientTLS(s.clientTLS(), s.addr.String())
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
		err = tls.Client(raw, config).Handshake()
		var alert tls.AlertError
		if !errors.As(err, &alert) && !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("handshake: %v", err)
		}
		await(t, "the failure is counted", func() bool { return s.engine.Stats().HandshakeErrors == 1 })
	})
}

// FAULTS 24: certificates change under load, and no handshake fails.
func TestFaultTLSRotation(t *testing.T) {
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		var current atomic.Pointer[tls.Certificate]
		rotate := func() {
			cert, err := socket.SelfSigned(time.Hour, "127.0.0.1")
			if err != nil {
				t.Fatal(err)
			}
			current.Store(&cert)
		}
		rotate()
		e := newEngine(t, at.engine, loop.Config{})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		config := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil }}
		served := make(chan error, 1)
		go func() {
			served <- e.Serve(l, loop.Service{TLS: config, New: func() loop.Session { return &script{t: t, data: echo} }})
		}()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 15 {
					nc, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
					if err != nil {
						t.Error(err)
						return
					}
					probe(t, nc)
					_ = nc.Close()
				}
			})
		}
		for range 10 {
			rotate()
		}
		wg.Wait()
		_ = e.Close()
		<-served
	})
}

// FAULTS 22: keys are updated in the middle of the stream, at the peer's wish, in both directions.
func TestFaultTLSKeyUpdate(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil || testing.Short() {
		t.Skip("needs openssl, and some seconds")
	}
	everywhere(t, tlsOnly, func(t *testing.T, at site) {
		s := listen(t, at, loop.Config{}, func() loop.Session {
			return &script{t: t, data: func(c *loop.Conn, b []byte) (int, error) { return c.Write(b) }}
		})
		client := exec.CommandContext(t.Context(), openssl, "s_client", "-connect", s.addr.String(), "-tls1_3", "-quiet", "-no_ign_eof")
		in, _ := client.StdinPipe()
		out, _ := client.StdoutPipe()
		if err := client.Start(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			mustWrite(t, in, []byte("before\n"))
			if got := mustRead(t, out, 7); string(got) != "before\n" {
				t.Fatalf("got %q", got)
			}
			mustWrite(t, in, []byte("K\n"))   // update and ask the peer to
			time.Sleep(50 * time.Millisecond) // a command must be alone in what openssl reads
			mustWrite(t, in, []byte("after\n"))
			if got := mustRead(t, out, 6); string(got) != "after\n" {
				t.Fatalf("got %q", got)
			}
		}
		_ = in.Close()
		_ = client.Wait()
	})
}
