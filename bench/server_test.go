package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/runtime/socket"
	"github.com/protogen-go/protogen/servers/registry"
)

// The registrar that the tests log in as.
const (
	clientID = "ClientX"
	clientPW = "foo-BAR2"
)

// openRegistry opens a registry with one registrar in dir.
func openRegistry(dir string) (*registry.Registry, error) {
	return registry.Open(context.Background(), registry.Config{
		DB:          filepath.Join(dir, "registry.db"),
		Seed:        registry.Seed{Registrars: []registry.SeedRegistrar{{ID: clientID, Password: clientPW}}, TLDs: []string{"test"}},
		MaxSessions: 2 * connections,
		Logger:      slog.New(slog.DiscardHandler),
	})
}

// newRegistryServer is a registry in dir behind the emitted server.
func newRegistryServer(dir string, config *tls.Config) (*epp.Server, io.Closer, error) {
	reg, err := openRegistry(dir)
	if err != nil {
		return nil, nil, err
	}
	return &epp.Server{
		Handler: reg.Handler(), TLSConfig: config, Logger: slog.New(slog.DiscardHandler),
	}, reg, nil
}

// serveRegistry serves a registry over TLS on the loopback interface until the test ends. It returns the address and what a
// client needs to trust it.
func serveRegistry(t *testing.T) (string, *tls.Config) {
	t.Helper()
	certificate, trust := newCertificate(t)
	srv, reg, err := newRegistryServer(t.TempDir(), &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error("closing the server:", err)
		}
		if err := <-served; err != session.ErrServerClosed {
			t.Errorf("Serve returned %v", err)
		}
		if err := reg.Close(); err != nil {
			t.Error("closing the registry:", err)
		}
	})
	return l.Addr().String(), &tls.Config{RootCAs: trust, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

func newCertificate(tb testing.TB) (tls.Certificate, *x509.CertPool) {
	tb.Helper()
	certificate, err := newServerCertificate()
	if err != nil {
		tb.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		tb.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AddCert(leaf)
	return certificate, trust
}

// newServerCertificate makes an ECDSA certificate, as the servers' --self-signed does.
func newServerCertificate() (tls.Certificate, error) {
	return socket.SelfSigned(time.Hour, "localhost", "127.0.0.1")
}
