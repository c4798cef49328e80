package pool_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/pool"
	"github.com/protogen-go/protogen/runtime/socket"
)

// selfSigned is a config for both roles, whose certificate everybody with the same config trusts. It is good in a bubble's time.
func selfSigned(t *testing.T, hosts ...string) *tls.Config {
	t.Helper()
	if len(hosts) == 0 {
		hosts = []string{"10.0.0.1", "10.0.0.2"}
	}
	cert := certificate(t, hosts...)
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	return &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: roots}
}

func certificate(t *testing.T, hosts ...string) tls.Certificate {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: hosts[0]}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}
}

// second is another pool, at 10.0.0.2:5061.
func second(t *testing.T, w *world, c pool.Config) *rig {
	t.Helper()
	c.Proto = pool.TLS
	c.Listener = w.listen("10.0.0.2:5061")
	return start(t, w, c)
}

// The seed could create its two contexts once; so sessions are resumed.
func testTLSContextsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		both := selfSigned(t)
		both.ClientSessionCache = tls.NewLRUClientSessionCache(10)
		client := start(t, w, pool.Config{Proto: pool.TLS, TLS: both})
		server := second(t, w, pool.Config{TLS: both})
		for i := range 2 {
			client.check(client.send(message("REQ 1"), to("10.0.0.2:5061")), nil)
			from := server.one().from
			if from.TLS == nil || from.TLS.DidResume != (i > 0) {
				t.Errorf("connection %d: state %+v", i, from.TLS)
			}
			server.check(server.send(message("RES 1"), from.Route()), nil)
			client.one()
			time.Sleep(3 * time.Minute) // it expires
		}
	})
}

// One certificate serves both directions, whether it is given as it is or by a function.
func testTLSBothRoles(t *testing.T) {
	for _, by := range []string{"value", "function", "unwilling function"} {
		bubble(t, func(t *testing.T) {
			w := newWorld()
			both := selfSigned(t)
			mine := both.Clone()
			switch by {
			case "function":
				mine.Certificates = nil
				mine.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &both.Certificates[0], nil }
			case "unwilling function":
				mine.Certificates = nil
				mine.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("not now") }
			}
			client := start(t, w, pool.Config{Proto: pool.TLS, TLS: mine})
			server := second(t, w, pool.Config{TLS: both, VerifyClient: socket.ClientCertOptional})
			client.check(client.send(message("REQ 1"), to("10.0.0.2:5061")), nil)
			shown := server.one().from.TLS.PeerCertificates
			if by == "unwilling function" {
				if len(shown) != 0 {
					t.Error("certificate from nowhere")
				}
				return
			}
			if len(shown) != 1 || !bytes.Equal(shown[0].Raw, both.Certificates[0].Certificate[0]) {
				t.Errorf("%s: the client showed %d certificates", by, len(shown))
			}
			server.check(server.send(message("REQ 2"), to(home)), nil) // and the other way round
			client.one()
		})
	}
	l := newWorld().listen(home)
	for name, c := range map[string]pool.Config{
		"nothing":        {Proto: pool.TLS, Framer: sample},
		"no certificate": {Proto: pool.TLS, Framer: sample, Listener: l, TLS: &tls.Config{}},
	} {
		if _, err := pool.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func testVerifyClient(t *testing.T) {
	server := selfSigned(t)
	strange := certificate(t, "10.6.6.6")
	for _, tt := range []struct {
		mode socket.ClientCert
		cert string // of the client
		ok   bool
	}{
		{"", "none", true},
		{"", "good", true},
		{"", "strange", true},
		{socket.ClientCertNone, "none", true},
		{socket.ClientCertNone, "good", true},
		{socket.ClientCertNone, "strange", true},
		{socket.ClientCertOptional, "none", true},
		{socket.ClientCertOptional, "good", true},
		{socket.ClientCertOptional, "strange", false},
		{socket.ClientCertRequired, "none", false},
		{socket.ClientCertRequired, "good", true},
		{socket.ClientCertRequired, "strange", false},
	} {
		t.Run(string(tt.mode)+" "+tt.cert, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				client := &tls.Config{RootCAs: server.RootCAs, ServerName: "10.0.0.1"}
				switch tt.cert {
				case "good":
					client.Certificates = server.Certificates
				case "strange":
					client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &strange, nil }
				}
				given := server.Clone()
				for range 2 { // the seed took the setting away from the caller, so that a second pool did not verify
					w := newWorld()
					r := start(t, w, pool.Config{Proto: pool.TLS, TLS: given, VerifyClient: tt.mode})
					tc := tls.Client(r.peer("10.0.0.2:1"), client)
					_, _ = tc.Write([]byte(wire("REQ 1", "")))
					if got := r.take(); (len(got) == 1) != tt.ok {
						t.Errorf("%d messages delivered", len(got))
					} else if tt.ok && (len(got[0].from.TLS.PeerCertificates) == 1) != (tt.cert == "good" && tt.mode != "" && tt.mode != socket.ClientCertNone) {
						t.Errorf("%d certificates asked for", len(got[0].from.TLS.PeerCertificates))
					}
					_ = tc.NetConn().Close()
				}
				if given.ClientAuth != tls.NoClientCert || given.ClientCAs != nil {
					t.Error("the caller's config has changed")
				}
			})
		})
	}
	for _, c := range []pool.Config{{VerifyClient: "1"}, {VerifyClient: "maybe"}, {VerifyClient: socket.ClientCertNone, TLS: &tls.Config{ClientAuth: tls.RequestClientCert}}} {
		c.Proto, c.Framer = pool.TLS, sample
		if c.TLS == nil {
			c.TLS = server
		}
		if _, err := pool.New(c); err == nil {
			t.Errorf("VerifyClient %q: no error", c.VerifyClient)
		}
	}
}

// The seed sent no server name to hosts whose names begin with a digit.
func testServerName(t *testing.T) {
	for _, tt := range []struct {
		host, cert string
		exact      bool
		sni        string
		ok         bool
	}{
		{"3cx.example.com", "3cx.example.com", false, "3cx.example.com", true},
		{"a.example.com", "*.example.com", false, "a.example.com", true},
		{"a.example.com", "*.example.com", true, "a.example.com", false}, // RFC 5922 section 7.2
		{"A.example.com", "a.example.com", true, "A.example.com", true},
		{"a.example.com", "b.example.com", false, "a.example.com", false},
		{"", "10.0.0.2", false, "", true},
		{"", "10.0.0.2", true, "", true},
		{"", "10.0.0.3", false, "", false},
	} {
		t.Run(tt.host+" by "+tt.cert, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld()
				server, sni := selfSigned(t, tt.cert), "never asked"
				theirs := server.Clone()
				theirs.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
					sni = hello.ServerName
					return nil, nil
				}
				second(t, w, pool.Config{TLS: theirs})
				r := start(t, w, pool.Config{Proto: pool.TLS, TLS: server, ExactNames: tt.exact})
				route := to("10.0.0.2:5061")
				route.To.Host = tt.host
				f := r.send(message("REQ 1"), route)
				synctest.Wait()
				if sni != tt.sni {
					t.Errorf("server name %q, want %q", sni, tt.sni)
				}
				if tt.ok {
					r.check(f, nil)
					return
				}
				r.check(f, errAny)
				var e *pool.Error
				if !errors.As(f.err, &e) || e.Op != socket.OpHandshake || e.Retry {
					t.Errorf("error %+v", f.err)
				}
			})
		})
	}
	// A connection that was verified for one name does not serve another at the same address.
	bubble(t, func(t *testing.T) {
		w := newWorld()
		both := selfSigned(t, "a.example.com", "b.example.com")
		server := second(t, w, pool.Config{TLS: both})
		r := start(t, w, pool.Config{Proto: pool.TLS, TLS: both})
		flows := map[pool.Flow]bool{}
		for _, host := range []string{"a.example.com", "b.example.com", "a.example.com"} {
			route := to("10.0.0.2:5061")
			route.To.Host = host
			r.check(r.send(message("REQ 1"), route), nil)
			flows[server.one().from.Flow] = true
		}
		if len(flows) != 2 {
			t.Errorf("%d connections for two names", len(flows))
		}
	})
}

// Over TLS a connection that expires says goodbye, and large messages are complete.
func TestTLSGoodbye(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld()
		both := selfSigned(t)
		r := start(t, w, pool.Config{Proto: pool.TLS, TLS: both})
		tc := tls.Client(r.peer("10.0.0.2:1"), &tls.Config{RootCAs: both.RootCAs, ServerName: "10.0.0.1"})
		if err := tc.HandshakeContext(context.Background()); err != nil {
			t.Fatal(err)
		}
		write(t, tc, wire("REQ 1", ""))
		data := bytes.Repeat([]byte("d"), 100<<10)
		f := r.send(pool.Message{Data: data, Kind: pool.Response, Transaction: "1"}, r.one().from.Route())
		read(t, tc, string(data))
		time.Sleep(time.Second)
		r.check(f, nil)
		time.Sleep(3 * time.Minute)
		readEnd(t, tc) // io.EOF: close_notify has come
	})
}
