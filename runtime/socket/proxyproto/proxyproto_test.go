package proxyproto_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/socket"
	"github.com/protogen-go/protogen/runtime/socket/proxyproto"
)

var (
	background = context.Background()
	client     = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7).To4(), Port: 4711}
	service    = &net.TCPAddr{IP: net.IPv4(198, 51, 100, 1).To4(), Port: 700}
	client6    = &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 4711}
	service6   = &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 700}
)

// listen makes a listener on network; refusals go to the channel.
func listen(t *testing.T, network string, c proxyproto.Config) (*proxyproto.Listener, <-chan error) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(t.TempDir(), "socket")
	}
	below, err := socket.Listen(background, network, address, socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 100)
	c.Refused = func(_ net.Addr, err error) { refused <- err }
	l, err := proxyproto.NewListener(below, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, refused
}

func dial(t *testing.T, l net.Listener, preface []byte) net.Conn {
	t.Helper()
	nc, err := socket.Dial(background, l.Addr().Network(), l.Addr().String(), socket.Options{Preface: preface})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func preface(t testing.TB, version int, source, destination net.Addr) []byte {
	t.Helper()
	b, err := proxyproto.Preface(version, source, destination)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// raw2 is a header of version 2 by hand (section 2.2).
func raw2(command, family byte, rest ...byte) []byte {
	b := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), command, family)
	b = binary.BigEndian.AppendUint16(b, uint16(len(rest)))
	return append(b, rest...)
}

func TestHeaders(t *testing.T) {
	addresses4 := []byte{192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 0x02, 0xbc}
	for _, test := range []struct {
		name          string
		header        []byte
		remote, local net.Addr // nil: the connection's own
	}{
		{"v1 TCP4", []byte("PROXY TCP4 192.0.2.7 198.51.100.1 4711 700\r\n"), client, service},
		{"v1 TCP6", []byte("PROXY TCP6 2001:db8::7 2001:db8::1 4711 700\r\n"), client6, service6},
		{"v1 UNKNOWN", []byte("PROXY UNKNOWN\r\n"), nil, nil},
		{"v1 UNKNOWN with more", []byte("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), nil, nil},
		{"v2 TCP4", raw2(0x21, 0x11, addresses4...), client, service},
		{"v2 with a TLV", raw2(0x21, 0x11, append(bytes.Clone(addresses4), 0x02, 0, 1, 'a')...), client, service},
		{"v2 LOCAL", raw2(0x20, 0x00), nil, nil},
		{"v2 LOCAL with addresses", raw2(0x20, 0x11, addresses4...), nil, nil},
		{"ours v1", preface(t, 1, client, service), client, service},
		{"ours v1 TCP6", preface(t, 1, client6, service6), client6, service6},
		{"ours v1 local", preface(t, 1, nil, nil), nil, nil},
		{"ours v2", preface(t, 2, client, service), client, service},
		{"ours v2 TCP6", preface(t, 2, client6, service6), client6, service6},
		{"ours v2 local", preface(t, 2, nil, nil), nil, nil},
		{
			"ours v2 unix", preface(t, 2, &net.UnixAddr{Name: "/c", Net: "unix"}, &net.UnixAddr{Name: "/s", Net: "unix"}),
			&net.UnixAddr{Name: "/c", Net: "unix"}, &net.UnixAddr{Name: "/s", Net: "unix"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, how := range []string{"alone", "with data", "in pieces"} {
				l, _ := listen(t, "tcp", proxyproto.Config{})
				var nc net.Conn
				switch how {
				case "alone":
					nc = dial(t, l, test.header)
				case "with data":
					nc = dial(t, l, append(bytes.Clone(test.header), "request"...))
				case "in pieces":
					nc = dial(t, l, nil)
					for _, octet := range test.header {
						_, _ = nc.Write([]byte{octet})
					}
				}
				if how != "with data" {
					_, _ = nc.Write([]byte("request"))
				}
				_ = nc.(*net.TCPConn).CloseWrite()
				got := accept(t, l)
				remote, local := test.remote, test.local
				if remote == nil {
					remote, local = nc.LocalAddr(), nc.RemoteAddr()
				}
				if got.RemoteAddr().String() != remote.String() || got.LocalAddr().String() != local.String() {
					t.Errorf("%s: from %s to %s", how, got.RemoteAddr(), got.LocalAddr())
				}
				if b, err := io.ReadAll(got); err != nil || string(b) != "request" {
					t.Errorf("%s: %q, %v", how, b, err)
				}
				_, _ = got.Write([]byte("reply"))
				if err := got.(*proxyproto.Conn).CloseWrite(); err != nil {
					t.Error(err)
				}
				if b, err := io.ReadAll(nc); err != nil || string(b) != "reply" {
					t.Errorf("%s: %q, %v", how, b, err)
				}
			}
		})
	}
}

// bad are headers that no proxy sends, and starts of other protocols.
var bad = map[string][]byte{
	"nothing":              {},
	"HTTP":                 []byte("GET / HTTP/1.0\r\n\r\n"),
	"almost":               []byte("PROXX TCP4 192.0.2.7 198.51.100.1 4711 700\r\n"),
	"v1 without its end":   []byte("PROXY TCP4 192.0.2.7"),
	"v1 LF":                []byte("PROXY TCP4 192.0.2.7 198.51.100.1 4711 700\n"),
	"v1 port":              []byte("PROXY TCP4 192.0.2.7 198.51.100.1 4711 65536\r\n"),
	"v1 address":           []byte("PROXY TCP4 192.0.2.777 198.51.100.1 4711 700\r\n"),
	"v1 family":            []byte("PROXY TCP4 2001:db8::7 2001:db8::1 4711 700\r\n"),
	"v1 too long":          []byte("PROXY UNKNOWN " + strings.Repeat("x", 200) + "\r\n"),
	"v2 version":           raw2(0x31, 0x11, make([]byte, 12)...),
	"v2 command":           raw2(0x2f, 0x11, make([]byte, 12)...),
	"v2 family":            raw2(0x21, 0x13, make([]byte, 12)...),
	"v2 too short":         raw2(0x21, 0x11, 1, 2, 3),
	"v2 cut":               raw2(0x21, 0x11, make([]byte, 12)...)[:20],
	"v2 claims 64 KiB":     append(raw2(0x21, 0x11, make([]byte, 12)...)[:14], 0xff, 0xff),
	"v2 signature alone":   raw2(0x21, 0x11)[:12],
	"v2 unspecified proxy": raw2(0x21, 0x00),
}

func TestBadHeaders(t *testing.T) {
	for name, header := range bad {
		t.Run(name, func(t *testing.T) {
			l, refused := listen(t, "tcp", proxyproto.Config{})
			accepted := make(chan net.Conn, 1)
			go func() {
				nc, _ := l.Accept()
				accepted <- nc
			}()
			nc := dial(t, l, nil)
			_, _ = nc.Write(header)
			_ = nc.(*net.TCPConn).CloseWrite()
			var se *socket.Error
			if err := <-refused; !errors.As(err, &se) || se.Op != socket.OpPreface {
				t.Errorf("refused for %v", err)
			}
			if b, err := io.ReadAll(nc); len(b) > 0 {
				t.Errorf("heard %q, %v", b, err)
			}
			_ = l.Close()
			if nc := <-accepted; nc != nil {
				t.Error("accepted")
			}
		})
	}
}

// A peer that is silent is cut, and delays nobody.
func TestSilentPeer(t *testing.T) {
	l, refused := listen(t, "tcp", proxyproto.Config{HeaderTimeout: 50 * time.Millisecond})
	_ = dial(t, l, []byte("PROXY TCP4 "))
	_ = dial(t, l, nil)
	_ = dial(t, l, preface(t, 2, client, service))
	if got := accept(t, l).RemoteAddr().String(); got != client.String() {
		t.Errorf("%s came first", got)
	}
	for range 2 {
		if err := <-refused; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("refused for %v", err)
		}
	}
}

func TestTrust(t *testing.T) {
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	mapped := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	for _, test := range []struct {
		name    string
		network string
		config  proxyproto.Config
		trusted bool
	}{
		{"loopback by default", "tcp", proxyproto.Config{}, true},
		{"unix always", "unix", proxyproto.Config{Trusted: elsewhere}, true},
		{"by address", "tcp", proxyproto.Config{Trusted: mapped}, true},
		{"another address", "tcp", proxyproto.Config{Trusted: elsewhere}, false},
		{"nobody", "tcp", proxyproto.Config{Trusted: []netip.Prefix{}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := preface(t, 1, client, service)
			l, refused := listen(t, test.network, test.config)
			if test.trusted {
				_ = dial(t, l, header)
				if got := accept(t, l).RemoteAddr().String(); got != client.String() {
					t.Errorf("from %s", got)
				}
				return
			}
			go func() { _, _ = l.Accept() }()
			_ = dial(t, l, header)
			if err := <-refused; !strings.Contains(err.Error(), "trusted") {
				t.Errorf("refused for %v", err)
			}
			// Served directly, the header is the peer's own affair.
			test.config.Direct = true
			l, _ = listen(t, test.network, test.config)
			nc := dial(t, l, header)
			_ = nc.(*net.TCPConn).CloseWrite()
			got := accept(t, l)
			if b, err := io.ReadAll(got); err != nil || !bytes.Equal(b, header) || got.RemoteAddr().String() != nc.LocalAddr().String() {
				t.Errorf("%q from %s, %v", b, got.RemoteAddr(), err)
			}
		})
	}
}

// MaxPending bounds what is taken from the system's queue.
func TestMaxPending(t *testing.T) {
	l, _ := listen(t, "tcp", proxyproto.Config{MaxPending: 1})
	slow := dial(t, l, nil)
	_ = dial(t, l, preface(t, 2, client, service))
	accepted := make(chan net.Conn, 2)
	go func() {
		for range 2 {
			nc, err := l.Accept()
			if err == nil {
				accepted <- nc
			}
		}
	}()
	_, _ = slow.Write(preface(t, 2, client6, service6))
	for _, want := range []*net.TCPAddr{client6, client} {
		nc := <-accepted
		if got := nc.RemoteAddr().String(); got != want.String() {
			t.Errorf("%s came, want %s", got, want)
		}
		_ = nc.Close()
	}
}

func TestTLSBehindHeader(t *testing.T) {
	cert, err := socket.SelfSigned(time.Hour, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	below, _ := listen(t, "tcp", proxyproto.Config{})
	l := tls.NewListener(below, &tls.Config{Certificates: []tls.Certificate{cert}})
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.WriteString(nc, nc.RemoteAddr().String())
		_ = nc.Close()
	}()
	nc, err := socket.Dial(background, "tls", l.Addr().String(), socket.Options{TLS: &tls.Config{RootCAs: pool}, Preface: preface(t, 2, client, service)})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if b, err := io.ReadAll(nc); err != nil || string(b) != client.String() {
		t.Errorf("%q, %v", b, err)
	}
}

// Close ends Accept, closes what waits, and closes what is waited for.
func TestClose(t *testing.T) {
	l, refused := listen(t, "tcp", proxyproto.Config{})
	ended := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		ended <- err
	}()
	silent := dial(t, l, nil)
	_ = dial(t, l, []byte("x")) // refused, so that the silent one has been taken before
	<-refused
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the silent connection: %v", err)
	}
}

// A listener that is closed from below, or fails, says so to each Accept.
func TestErrorsBelow(t *testing.T) {
	l, _ := listen(t, "tcp", proxyproto.Config{})
	_ = l.Listener.Close()
	for range 3 {
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
	}
}

func TestConfig(t *testing.T) {
	below, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer below.Close()
	for _, c := range []proxyproto.Config{{HeaderTimeout: -1}, {MaxPending: -1}, {Trusted: []netip.Prefix{{}}}} {
		var se *socket.Error
		if _, err := proxyproto.NewListener(below, c); !errors.As(err, &se) || se.Op != socket.OpConfig {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, test := range []struct {
		version             int
		source, destination net.Addr
	}{
		{0, client, service},
		{3, client, service},
		{2, client, nil},
		{2, client, &net.UDPAddr{IP: service.IP, Port: 700}},
		{1, &net.UnixAddr{Name: "/c", Net: "unix"}, &net.UnixAddr{Name: "/s", Net: "unix"}},
	} {
		var se *socket.Error
		if b, err := proxyproto.Preface(test.version, test.source, test.destination); !errors.As(err, &se) || se.Op != socket.OpConfig {
			t.Errorf("%+v: %q, %v", test, b, err)
		}
	}
}

func TestPeerCredentials(t *testing.T) {
	l, _ := listen(t, "unix", proxyproto.Config{})
	_ = dial(t, l, preface(t, 2, nil, nil))
	c, err := socket.PeerCredentials(accept(t, l))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || c.PID != os.Getpid() {
		t.Errorf("%+v, %v", c, err)
	}
}

func ExampleNewListener() {
	below, err := socket.Listen(background, "tcp", "127.0.0.1:0", socket.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := proxyproto.NewListener(below, proxyproto.Config{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()

	// The proxy's side.
	header, err := proxyproto.Preface(2, client, service)
	if err != nil {
		fmt.Println(err)
		return
	}
	proxy, err := socket.Dial(background, "tcp", l.Addr().String(), socket.Options{Preface: header})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer proxy.Close()

	nc, err := l.Accept() // give l to a server instead
	if err != nil {
		fmt.Println(err)
		return
	}
	defer nc.Close()
	fmt.Println(nc.RemoteAddr(), "wants", nc.LocalAddr())
	// Output: 192.0.2.7:4711 wants 198.51.100.1:700
}
