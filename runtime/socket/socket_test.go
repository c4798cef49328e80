package socket_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/protogen-go/protogen/runtime/socket"
)

var background = context.Background()

func listen(t *testing.T, network, address string, o socket.Options) *socket.Listener {
	t.Helper()
	l, err := socket.Listen(background, network, address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// greet accepts connections and says hello on each.
func greet(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = nc.Write([]byte("hello"))
			_ = nc.Close()
		}()
	}
}

// greeting is what a server says.
func greeting(t *testing.T, network, address string, o socket.Options) string {
	t.Helper()
	nc, err := socket.Dial(background, network, address, o)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	b, err := io.ReadAll(nc)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func selfSigned(t *testing.T, hosts ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	cert, err := socket.SelfSigned(time.Hour, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	return cert, pool
}

func TestNetworks(t *testing.T) {
	cert, pool := selfSigned(t, "127.0.0.1")
	dir := t.TempDir()
	for _, test := range []struct {
		network, address string
		listen, dial     socket.Options
	}{
		{"tcp", "127.0.0.1:0", socket.Options{}, socket.Options{Local: "127.0.0.1:0"}},
		{"tcp4", "127.0.0.1:0", socket.Options{KeepAlive: -1, UserTimeout: -1}, socket.Options{}},
		{"tls", "127.0.0.1:0", socket.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}, socket.Options{TLS: &tls.Config{RootCAs: pool}}},
		{"unix", filepath.Join(dir, "server"), socket.Options{Mode: 0o600}, socket.Options{Local: filepath.Join(dir, "client")}},
	} {
		t.Run(test.network, func(t *testing.T) {
			l := listen(t, test.network, test.address, test.listen)
			go greet(l)
			if got := greeting(t, test.network, l.Addr().String(), test.dial); got != "hello" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	cert, _ := selfSigned(t, "elsewhere.example")
	busy := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	free := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	gone := free.Addr().String()
	_ = free.Close()
	secure := listen(t, "tls", "127.0.0.1:0", socket.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	go func() {
		for {
			nc, err := secure.Accept()
			if err != nil {
				return
			}
			go func() { _ = nc.(*tls.Conn).Handshake(); _ = nc.Close() }()
		}
	}()
	cancelled, cancel := context.WithCancel(background)
	cancel()

	dial := func(network, address string) error {
		_, err := socket.Dial(background, network, address, socket.Options{})
		return err
	}
	listen := func(network, address string) error {
		_, err := socket.Listen(background, network, address, socket.Options{})
		return err
	}
	for _, test := range []struct {
		name  string
		err   error
		op    socket.Op
		cause error
		retry bool
	}{
		{"unknown network", dial("sctp", "a:1"), socket.OpConfig, nil, false},
		{"unknown network to listen on", listen("sctp", "a:1"), socket.OpConfig, nil, false},
		{"no port", dial("tcp", "127.0.0.1"), socket.OpConfig, nil, false},
		{"TLS without a config", listen("tls", "127.0.0.1:0"), socket.OpConfig, nil, false},
		{"refused", dial("tcp", gone), socket.OpConnect, syscall.ECONNREFUSED, true},
		{"no file", dial("unix", filepath.Join(t.TempDir(), "none")), socket.OpConnect, syscall.ENOENT, true},
		{"taken", listen("tcp", busy.Addr().String()), socket.OpBind, syscall.EADDRINUSE, true},
		{"not ours", listen("tcp", "192.0.2.1:0"), socket.OpBind, syscall.EADDRNOTAVAIL, false},
		{"untrusted", dial("tls", secure.Addr().String()), socket.OpHandshake, nil, false},
		{"cancelled", func() error {
			_, err := socket.Dial(cancelled, "tcp", busy.Addr().String(), socket.Options{})
			return err
		}(), socket.OpConnect, nil, false},
		{"bad local address", func() error {
			_, err := socket.Dial(background, "tcp", busy.Addr().String(), socket.Options{Local: "nonsense"})
			return err
		}(), socket.OpConfig, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var se *socket.Error
			if !errors.As(test.err, &se) {
				t.Fatalf("got %v, no *socket.Error", test.err)
			}
			if se.Op != test.op || se.Retry != test.retry || se.Timeout() {
				t.Errorf("%v: op %s, retry %v, timeout %v", se, se.Op, se.Retry, se.Timeout())
			}
			if test.cause != nil && !errors.Is(se, test.cause) {
				t.Errorf("%v is not %v", se, test.cause)
			}
			if !strings.HasPrefix(se.Error(), "socket: "+string(test.op)+" ") {
				t.Error(se)
			}
		})
	}
}

// A handshake that does not end is cut by the time-out of Dial.
func TestDialTimeout(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	for timeout := 20 * time.Millisecond; ; timeout *= 2 {
		_, err := socket.Dial(background, "tls", l.Addr().String(), socket.Options{Timeout: timeout})
		var se *socket.Error
		if !errors.As(err, &se) || !se.Timeout() || !se.Retry {
			t.Errorf("got %v", err)
		} else if se.Op == socket.OpConnect && timeout < time.Minute {
			continue // the time was over before there was a connection
		} else if se.Op != socket.OpHandshake {
			t.Errorf("got %v", err)
		}
		return
	}
}

func TestUnixFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	first := listen(t, "unix", path, socket.Options{Mode: 0o640})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := socket.Listen(background, "unix", path, socket.Options{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second listener: %v", err)
	}
	// A server that was killed leaves its file behind.
	first.Listener.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = first.Close()
	second := listen(t, "unix", path, socket.Options{})
	go greet(second)
	if got := greeting(t, "unix", path, socket.Options{}); got != "hello" {
		t.Errorf("got %q", got)
	}
	_ = second.Close()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close: %v", err)
	}
	// What is no socket is not touched.
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := socket.Listen(background, "unix", path, socket.Options{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("over a file: %v", err)
	}
}

func TestReusePort(t *testing.T) {
	first, err := socket.Listen(background, "tcp", "127.0.0.1:0", socket.Options{ReusePort: true})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	listen(t, "tcp", first.Addr().String(), socket.Options{ReusePort: true})
}

func TestPause(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	l.Pause()
	accepted := make(chan error, 1)
	go func() {
		nc, err := l.Accept()
		if err == nil {
			_ = nc.Close()
		}
		accepted <- err
	}()
	nc, err := socket.Dial(background, "tcp", l.Addr().String(), socket.Options{}) // waits in the system's queue
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	select {
	case err := <-accepted:
		t.Errorf("accepted while paused: %v", err)
	default:
	}
	l.Resume()
	if err := <-accepted; err != nil {
		t.Error(err)
	}
}

// Close ends an Accept that waits for Resume.
func TestCloseWhilePaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := socket.Listen(background, "tcp", "127.0.0.1:0", socket.Options{})
		if err != nil {
			t.Fatal(err)
		}
		l.Pause()
		accepted := make(chan error, 1)
		go func() {
			_, err := l.Accept()
			accepted <- err
		}()
		synctest.Wait()
		_ = l.Close()
		if err := <-accepted; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
	})
}

// writePair writes a certificate and its key as PEM files.
func writePair(t *testing.T, cert tls.Certificate, certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: cert.Certificate[0]},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLSConfig(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile, clientFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "client.pem")
	first, firstPool := selfSigned(t, "127.0.0.1")
	second, secondPool := selfSigned(t, "127.0.0.1")
	client, _ := selfSigned(t, "client.example")
	stranger, _ := selfSigned(t, "client.example")
	writePair(t, client, clientFile, filepath.Join(dir, "client.key"))

	for _, mode := range []socket.ClientCert{socket.ClientCertNone, socket.ClientCertOptional, socket.ClientCertRequired} {
		t.Run(string(mode), func(t *testing.T) {
			writePair(t, first, certFile, keyFile)
			config, reload, err := socket.TLSConfig{CertFile: certFile, KeyFile: keyFile, ClientCert: mode, ClientCAFile: clientFile}.Server()
			if err != nil {
				t.Fatal(err)
			}
			l := listen(t, "tls", "127.0.0.1:0", socket.Options{TLS: config})
			go greet(l)
			// try connects with a client's certificate; TLS 1.3 tells a refusal on the first read.
			try := func(pool *x509.CertPool, certs ...tls.Certificate) bool {
				nc, err := socket.Dial(background, "tls", l.Addr().String(), socket.Options{TLS: &tls.Config{RootCAs: pool, Certificates: certs}})
				if err != nil {
					return false
				}
				defer nc.Close()
				b, err := io.ReadAll(nc)
				return err == nil && string(b) == "hello"
			}
			if got, want := try(firstPool), mode != socket.ClientCertRequired; got != want {
				t.Errorf("without a certificate: %v", got)
			}
			if !try(firstPool, client) {
				t.Error("refused with a good certificate")
			}
			if mode == socket.ClientCertRequired && try(firstPool, stranger) {
				t.Error("accepted with a stranger's certificate")
			}
			if try(secondPool, client) {
				t.Error("the new certificate is there early")
			}
			writePair(t, second, certFile, keyFile)
			if err := reload(); err != nil {
				t.Fatal(err)
			}
			if !try(secondPool, client) {
				t.Error("the certificate was not replaced")
			}
			if err := os.WriteFile(certFile, []byte("garbage"), 0o600); err != nil {
				t.Fatal(err)
			}
			if reload() == nil || !try(secondPool, client) {
				t.Error("a failed reload took the certificate away")
			}
		})
	}
	writePair(t, first, certFile, keyFile)
	for name, c := range map[string]socket.TLSConfig{
		"no files":       {},
		"unknown mode":   {CertFile: certFile, KeyFile: keyFile, ClientCert: "maybe"},
		"no authorities": {CertFile: certFile, KeyFile: keyFile, ClientCert: socket.ClientCertRequired},
		"missing file":   {CertFile: certFile, KeyFile: keyFile, ClientCert: socket.ClientCertRequired, ClientCAFile: "none"},
		"no certificate": {CertFile: certFile, KeyFile: keyFile, ClientCert: socket.ClientCertRequired, ClientCAFile: keyFile},
	} {
		if _, _, err := c.Server(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOldTLS(t *testing.T) {
	cert, pool := selfSigned(t, "127.0.0.1")
	l := listen(t, "tls", "127.0.0.1:0", socket.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}})
	go greet(l)
	if _, err := socket.Dial(background, "tls", l.Addr().String(), socket.Options{TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS10}}); err == nil {
		t.Error("connected with TLS 1.1")
	}
}

func TestClientTLS(t *testing.T) {
	own := &tls.Config{}
	for address, want := range map[string]string{"registry.example:700": "registry.example", "[::1]:700": "::1", "bare": "bare"} {
		if got := socket.ClientTLS(own, address); got.ServerName != want || got.MinVersion != tls.VersionTLS12 {
			t.Errorf("%s: %q, %x", address, got.ServerName, got.MinVersion)
		}
	}
	if own.ServerName != "" {
		t.Error("the caller's config was changed")
	}
	if got := socket.ClientTLS(&tls.Config{ServerName: "other"}, "a:1"); got.ServerName != "other" {
		t.Error(got.ServerName)
	}
}

func TestV6Only(t *testing.T) {
	both, err := socket.Listen(background, "tcp", "[::]:0", socket.Options{})
	if err != nil {
		t.Skip("no IPv6:", err)
	}
	defer both.Close()
	go greet(both)
	_, port, _ := net.SplitHostPort(both.Addr().String())
	if got := greeting(t, "tcp", net.JoinHostPort("127.0.0.1", port), socket.Options{}); got != "hello" {
		t.Errorf("got %q", got)
	}
	only, err := socket.Listen(background, "tcp", "[::]:0", socket.Options{V6Only: true})
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = only.Close()
	if !leaves(t, "tcp", "[::]:0", socket.Options{V6Only: true}, "127.0.0.1") {
		t.Error("IPv4 was taken, too")
	}
}

// leaves says that a listener leaves its port at a host to others. One of another program may be there: then another port is tried.
func leaves(t *testing.T, network, address string, o socket.Options, host string) bool {
	t.Helper()
	for range 10 {
		_, port, _ := net.SplitHostPort(listen(t, network, address, o).Addr().String())
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err == nil {
			_ = l.Close()
			return true
		}
	}
	return false
}
