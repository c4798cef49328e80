package faults_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/loop"
	"github.com/protogen-go/protogen/runtime/socket"
)

// Clients that begin a handshake and fall silent are in nobody's way.
func TestFault19HandshakeStall(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine, network: "tls", limits: loop.Config{HandshakeWorkers: 1, HandshakeTimeout: patience}}, &desk{})
		b := h.bystander()
		n := scale(100, 1000)
		stalled := h.stall(n)
		for range 10 {
			v := h.visit()
			v.send("say in")
			v.expect("in")
			_ = v.Close()
		}
		if n := h.server.Stats().HandshakeErrors; n > 0 {
			t.Errorf("%d were cut before their time", n)
		}
		for _, nc := range stalled {
			_ = nc.Close()
		}
		eventually(t, "all are counted", func() bool { return h.server.Stats().HandshakeErrors == uint64(n) })
		b.leave()
	})
}

// They are cut at the deadline of the handshake.
func TestFault19HandshakeDeadline(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine, network: "tls", limits: loop.Config{HandshakeWorkers: 1, HandshakeTimeout: 200 * time.Millisecond}}, &desk{})
		n := scale(100, 1000)
		for _, nc := range h.stall(n) {
			_, _ = io.Copy(io.Discard, nc)
		}
		eventually(t, "all are cut", func() bool { return h.server.Stats().HandshakeErrors == uint64(n) })
		if n := h.log.count(""); n > 0 {
			t.Errorf("%d records in the log", n)
		}
	})
}

// stall connects n times and says all of a ClientHello, or half of it.
func (h *host) stall(n int) (stalled []net.Conn) {
	h.t.Helper()
	hello := clientHello()
	for i := range n {
		nc := h.raw()
		_, _ = nc.Write(hello[:len(hello)>>(i%2)])
		stalled = append(stalled, nc)
	}
	return stalled
}

// clientHello is what a client says first.
func clientHello() []byte {
	var b bytes.Buffer
	_ = tls.Client(writeOnly{&b}, &tls.Config{ServerName: "registry.example"}).Handshake()
	return b.Bytes()
}

// More handshakes than can be computed wait for their turn. Sessions that stand are not disturbed, and all is well afterwards.
func TestFault20HandshakeStorm(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine, network: "tls", limits: loop.Config{HandshakeWorkers: 1}}, &desk{})
		b := h.bystander()
		var failed atomic.Int64
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				for range scale(20, 500) {
					nc, err := socket.Dial(t.Context(), "tls", h.address, socket.Options{TLS: &tls.Config{RootCAs: h.trust}})
					if err != nil {
						failed.Add(1)
						continue
					}
					_ = nc.Close()
				}
			})
		}
		all.Wait()
		b.leave()
		if n := failed.Load(); n > 0 {
			t.Errorf("%d handshakes failed", n)
		}
		v := h.visit()
		v.send("say in")
		v.expect("in")
	})
}

// Clients whose TLS is not to be accepted are told why, counted, and not written to the log.
func TestFault21BadHandshakes(t *testing.T) {
	authority, stranger := newAuthority(t), newAuthority(t)
	roots := x509.NewCertPool()
	roots.AddCert(authority.cert)
	now := time.Now()
	good := authority.issue(t, now.Add(time.Hour))
	client := func(c tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{c}, NextProtos: []string{"desk"}}
	}
	old := client(good)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	alien := client(good)
	alien.NextProtos = []string{"h2"}
	for _, test := range []struct {
		name   string
		config *tls.Config
		alert  string // what the client is told; "" when the handshake succeeds
	}{
		{"good", client(good), ""},
		{"no certificate", &tls.Config{RootCAs: roots, NextProtos: []string{"desk"}}, "certificate required"},
		{"a stranger's certificate", client(stranger.issue(t, now.Add(time.Hour))), "certificate"},
		{"an expired certificate", client(authority.issue(t, now.Add(-time.Hour))), "certificate"},
		{"TLS 1.1", old, "protocol version"},
		{"another application protocol", alien, "no application protocol"},
	} {
		t.Run(test.name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, engine string) {
				h := open(t, site{engine: engine, network: "tls", tls: &tls.Config{
					Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
					NextProtos: []string{"desk"}, MinVersion: tls.VersionTLS12,
				}}, &desk{})
				config := test.config.Clone()
				config.ServerName = "127.0.0.1"
				v := newVisitor(t, tls.Client(h.raw(), config))
				_, err := v.Write(frames("say in"))
				got := ""
				if err == nil { // TLS 1.3 tells the client of its certificate after the handshake
					got, err = v.next()
				}
				if test.alert == "" {
					if err != nil || got != "in" {
						t.Errorf("%q, %v", got, err)
					}
					return
				}
				if err == nil || !strings.Contains(err.Error(), "remote error: tls: ") || !strings.Contains(err.Error(), test.alert) {
					t.Errorf("the client is told %q, %v", got, err)
				}
				eventually(t, "it is counted", func() bool { return h.server.Stats().HandshakeErrors == 1 })
				if n := h.log.count(""); n > 0 {
					t.Errorf("%d records in the log", n)
				}
			})
		})
	}
}

// An authority issues certificates for 127.0.0.1.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(crand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func (a *authority) issue(t *testing.T, until time.Time) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-23 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(crand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Records that mean nothing are borne up to a limit.
func TestFault22UselessRecords(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		h := open(t, site{engine: engine, network: "tls"}, &desk{})
		for _, test := range []struct {
			n  int
			ok bool
		}{{1, true}, {10, true}, {40, false}} {
			nc := tls.Client(&cipherChanger{Conn: h.raw(), n: test.n}, &tls.Config{RootCAs: h.trust, ServerName: "127.0.0.1"})
			v := newVisitor(t, nc)
			_, err := v.Write(frames("say in"))
			if err == nil {
				_, err = v.next()
			}
			if (err == nil) != test.ok {
				t.Errorf("%d records: %v", test.n, err)
			}
		}
	})
}

// A cipherChanger sends change_cipher_spec records behind the ClientHello, which TLS 1.3 has a server ignore (RFC 8446 section 5).
type cipherChanger struct {
	net.Conn
	n int
}

func (c *cipherChanger) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err == nil && c.n > 0 {
		_, err = c.Conn.Write(bytes.Repeat([]byte{20, 3, 3, 0, 1, 1}, c.n))
		c.n = 0
	}
	return n, err
}

// Key updates are carried out, up to as many in a row as records that mean nothing; renegotiation is refused. The peer is OpenSSL, whose
// client can be told to ask.
func TestFault22KeyUpdate(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl command to ask for key updates")
	}
	onEngines(t, func(t *testing.T, engine string) {
		for _, test := range []struct {
			version string
			order   string // of s_client: K is a key update that wants another, k one that does not, R renegotiation
			times   int
			ok      bool
		}{{"-tls1_3", "K", 10, true}, {"-tls1_3", "k", 10, true}, {"-tls1_3", "k", 30, false}, {"-tls1_2", "R", 1, false}} {
			ended := make(chan error, 1)
			h := open(t, site{engine: engine, network: "tls"}, &desk{ended: func(err error) { ended <- err }})
			if heard := orderOpenSSL(t, h.address, test.version, test.order, test.times); heard != test.ok {
				t.Errorf("%s, %d times %s: the server answers afterwards: %v", test.version, test.times, test.order, heard)
			}
			<-ended
		}
	})
}

// orderOpenSSL has openssl's client connect, gives it an order several times, and reports whether the server answers afterwards.
func orderOpenSSL(t *testing.T, address, version, order string, times int) (answered bool) {
	t.Helper()
	client := exec.CommandContext(t.Context(), "openssl", "s_client", version, "-connect", address)
	in, err := client.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	client.Stderr = client.Stdout
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go scanLines(out, lines)
	for range times { // each has to come alone, or it is no order
		_, _ = io.WriteString(in, order+"\n")
		for line := range lines {
			if strings.Contains(line, "KEYUPDATE") || strings.Contains(line, "RENEGOTIATING") {
				break
			}
		}
	}
	_, _ = io.WriteString(in, "\n\n\n\n") // a length of 168 million
	for line := range lines {
		answered = answered || strings.Contains(line, "garbled: ")
	}
	_ = in.Close()
	_ = client.Wait()
	return answered
}

// scanLines sends the lines of r, and closes the channel at the end.
func scanLines(r io.Reader, lines chan<- string) {
	defer close(lines)
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := r.Read(b); err != nil {
			lines <- string(line)
			return
		}
		if line = append(line, b[0]); b[0] == '\n' {
			lines <- string(line)
			line = nil
		}
	}
}

// A TLS stream that ends without a goodbye: on the boundary of a record it counts as the end, within one as broken. Nothing of what was not there
// is carried out.
func TestFault23Truncation(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		for _, test := range []struct {
			name string
			keep int // octets of the last record; negative: all
			ok   bool
		}{{"on the boundary", -1, true}, {"in the header", 3, false}, {"in the record", 12, false}} {
			ended := make(chan error, 1)
			d := &desk{ended: func(err error) { ended <- err }}
			h := open(t, site{engine: engine, network: "tls"}, d)
			wire := &cutter{Conn: h.raw(), keep: -1}
			v := newVisitor(t, tls.Client(wire, &tls.Config{RootCAs: h.trust, ServerName: "127.0.0.1"}))
			v.send("say whole")
			v.expect("whole")
			wire.keep = test.keep
			v.send("say last")
			if err := wire.Conn.(*net.TCPConn).CloseWrite(); err != nil { // without close_notify
				t.Fatal(err)
			}
			if err := <-ended; (err == nil) != test.ok {
				t.Errorf("%s: the session ended with %v", test.name, err)
			}
			want := int64(1)
			if test.ok {
				want = 2
			}
			if n := d.served.Load(); n != want {
				t.Errorf("%s: %d requests were taken, want %d", test.name, n, want)
			}
		}
	})
}

// A cutter writes only the beginning of what it is given, unless keep is negative.
type cutter struct {
	net.Conn
	keep int
}

func (c *cutter) Write(b []byte) (int, error) {
	if c.keep < 0 {
		return c.Conn.Write(b)
	}
	_, err := c.Conn.Write(b[:min(c.keep, len(b))])
	return len(b), err
}

// Certificates that change while clients come and go: no handshake fails, and the new one is shown.
func TestFault24CertificateRotation(t *testing.T) {
	onEngines(t, func(t *testing.T, engine string) {
		dir := t.TempDir()
		files := socket.TLSConfig{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
		ca := newAuthority(t)
		roots := x509.NewCertPool()
		roots.AddCert(ca.cert)
		writeCertificate(t, files, ca.issue(t, time.Now().Add(time.Hour)))
		config, reload, err := files.Server()
		if err != nil {
			t.Fatal(err)
		}
		h := open(t, site{engine: engine, network: "tls", tls: config}, &desk{})
		h.trust = roots
		b := h.bystander()
		stop := make(chan struct{})
		var seen sync.Map
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					nc, err := socket.Dial(context.Background(), "tls", h.address, socket.Options{TLS: &tls.Config{RootCAs: roots}})
					if err != nil {
						t.Error(err)
						return
					}
					serial := nc.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber
					seen.Store(serial.String(), true)
					_ = nc.Close()
				}
			})
		}
		for range scale(20, 200) {
			cert := ca.issue(t, time.Now().Add(time.Hour))
			leaf, err := x509.ParseCertificate(cert.Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			writeCertificate(t, files, cert)
			if err := reload(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "clients see the certificate", func() bool { _, ok := seen.Load(leaf.SerialNumber.String()); return ok })
		}
		close(stop)
		all.Wait()
		b.leave()
		if n := h.server.Stats().HandshakeErrors; n > 0 {
			t.Errorf("%d handshakes failed", n)
		}
	})
}

func writeCertificate(t *testing.T, files socket.TLSConfig, cert tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		files.CertFile: {Type: "CERTIFICATE", Bytes: cert.Certificate[0]},
		files.KeyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
