package socket_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/socket"
)

// TestFactory has a test for every row of the original factory's table: O options, E events and failures, M methods, H what its
// history complains of.
func TestFactory(t *testing.T) {
	for _, row := range []struct {
		name string
		test func(*testing.T)
	}{
		{"O1 SocketDomain", testDomain},
		{"O2 SocketType", testType},
		{"O3 SocketProtocol", testProtocol},
		{"O4 Reuse", testReuse},
		{"O5 BindAddress", testBindAddress},
		{"O6 BindPort", testBindPort},
		{"O7 RemoteAddress", testRemoteAddress},
		{"O8 RemotePort", testRemotePort},
		{"O9 ListenQueue", testBacklog},
		{"O10 SuccessEvent and FailureEvent", testOutcomes},
		{"O11 unknown options", testUnknown},
		{"O12 bind only if asked", testUnbound},
		{"O13 non-blocking", testNonBlocking},
		{"E1 accept", testAccepted},
		{"E2 accept unix", testAcceptedUnix},
		{"E3 connect", testConnected},
		{"E4 udp", testDatagrams},
		{"E5 udp with RemoteAddress", testConnectedDatagrams},
		{"E6 failure operations", testOperations},
		{"E7 names fail with EADDRNOTAVAIL", testNameErrors},
		{"E8 broken connections are passed over", testAborted},
		{"E9 shortages are reported", testShortage},
		{"E10 listening starts without an event", testBoundAddr},
		{"M1 event", testChangeHandler},
		{"M2 getsockname", testBoundAddr},
		{"M3 ID", testIdentity},
		{"M4 pause_accept", testPause},
		{"M5 resume_accept", testPause},
		{"M6 destruction closes", testClose},
		{"H1 failures are never exceptions", testUnknown},
		{"H2 names do not block", testSlowNames},
		{"H3 port scans", testAborted},
		{"H4 ESPIPE", testAborted},
		{"H5 a failed connect hangs", testConnectTimeout},
		{"H6 host and port of v6 swapped", testAccepted6},
		{"H7 success values of v6", testAccepted6},
		{"H8 any address of v6", testAny6},
	} {
		t.Run(row.name, row.test)
	}
}

// wantError checks what an error says.
func wantError(t *testing.T, err error, op socket.Op, cause error, retry bool) {
	t.Helper()
	var se *socket.Error
	if !errors.As(err, &se) {
		t.Fatalf("got %v, no *socket.Error", err)
	}
	if se.Op != op || se.Retry != retry || cause != nil && !errors.Is(err, cause) {
		t.Errorf("%v: op %s, retry %v; want %s, %v: %v", err, se.Op, se.Retry, op, retry, cause)
	}
}

func mustDial(t *testing.T, network, address string, o socket.Options) net.Conn {
	t.Helper()
	nc, err := socket.Dial(background, network, address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func receive(t *testing.T, network, address string, o socket.Options) net.PacketConn {
	t.Helper()
	pc, err := socket.ListenPacket(background, network, address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	return pc
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

// needIPv6 skips a test on a machine without.
func needIPv6(t *testing.T) {
	t.Helper()
	if !hasIPv6() {
		t.Skip("no IPv6")
	}
}

func testDomain(t *testing.T) {
	for network, want := range map[string]string{"tcp4": "127.0.0.1:", "tls4": "127.0.0.1:", "tcp6": "[::1]:", "tls6": "[::1]:", "unix": "/"} {
		t.Run(network, func(t *testing.T) {
			address := "localhost:0"
			o := socket.Options{Resolver: names{map[string][]netip.Addr{
				"localhost": {netip.MustParseAddr("::1"), netip.MustParseAddr("127.0.0.1")},
			}}}
			switch {
			case network == "unix":
				address, o.Resolver = filepath.Join(t.TempDir(), "socket"), nil
			case strings.HasPrefix(network, "tls"):
				o.TLS = &tls.Config{}
			}
			if strings.HasSuffix(network, "6") {
				needIPv6(t)
			}
			if got := listen(t, network, address, o).Addr().String(); !strings.HasPrefix(got, want) {
				t.Errorf("listens on %s", got)
			}
		})
	}
	_, err := socket.Listen(background, "x25", "a:1", socket.Options{})
	wantError(t, err, socket.OpConfig, net.UnknownNetworkError("x25"), false)
	_, err = socket.Listen(background, "tcp4", "[::1]:0", socket.Options{})
	wantError(t, err, socket.OpConfig, nil, false)
}

func testType(t *testing.T) {
	_, err := socket.Listen(background, "udp", "127.0.0.1:0", socket.Options{})
	wantError(t, err, socket.OpConfig, nil, false)
	_, err = socket.ListenPacket(background, "tcp", "127.0.0.1:0", socket.Options{})
	wantError(t, err, socket.OpConfig, nil, false)
	dir := t.TempDir()
	if got := listen(t, "unix", filepath.Join(dir, "stream"), socket.Options{}).Addr().Network(); got != "unix" {
		t.Error(got)
	}
	if got := receive(t, "unixgram", filepath.Join(dir, "datagrams"), socket.Options{}).LocalAddr().Network(); got != "unixgram" {
		t.Error(got)
	}
}

func testProtocol(t *testing.T) {
	if got := listen(t, "tcp", "127.0.0.1:0", socket.Options{}).Addr().Network(); got != "tcp" {
		t.Error(got)
	}
	if got := receive(t, "udp", "127.0.0.1:0", socket.Options{}).LocalAddr().Network(); got != "udp" {
		t.Error(got)
	}
	for _, network := range []string{"icmp", "ip4:1", "nosuchproto", "254", "", "4", "unix4", "tcp5"} {
		_, err := socket.Dial(background, network, "127.0.0.1:1", socket.Options{})
		wantError(t, err, socket.OpConfig, net.UnknownNetworkError(network), false)
	}
}

// testReuse binds to an address of which a connection remains: only with SO_REUSEADDR can that be.
func testReuse(t *testing.T) {
	for _, test := range []struct {
		reuse socket.Switch
		want  error
	}{{socket.Auto, nil}, {socket.On, nil}, {socket.Off, syscall.EADDRINUSE}} {
		l := listen(t, "tcp", "127.0.0.1:0", socket.Options{ReuseAddr: test.reuse})
		_ = mustDial(t, "tcp", l.Addr().String(), socket.Options{})
		_ = accept(t, l)
		_ = l.Close()
		again, err := socket.Listen(background, "tcp", l.Addr().String(), socket.Options{ReuseAddr: test.reuse})
		if err == nil {
			_ = again.Close()
		}
		if !errors.Is(err, test.want) {
			t.Errorf("ReuseAddr %d: %v", test.reuse, err)
		}
	}
	first := receive(t, "udp", "127.0.0.1:0", socket.Options{})
	_, err := socket.ListenPacket(background, "udp", first.LocalAddr().String(), socket.Options{})
	wantError(t, err, socket.OpBind, syscall.EADDRINUSE, true)
}

func testBindAddress(t *testing.T) {
	named := socket.Options{Resolver: names{map[string][]netip.Addr{"us.example": {netip.MustParseAddr("127.0.0.1")}}}}
	for address, o := range map[string]socket.Options{"127.0.0.1:0": {}, "us.example:0": named} {
		if got := listen(t, "tcp", address, o).Addr().(*net.TCPAddr).IP.String(); got != "127.0.0.1" {
			t.Errorf("%s: %s", address, got)
		}
	}
	for _, address := range []string{":0", "0.0.0.0:0"} {
		if !listen(t, "tcp", address, socket.Options{}).Addr().(*net.TCPAddr).IP.IsUnspecified() {
			t.Errorf("%s is not any address", address)
		}
	}
	peer := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	if got := mustDial(t, "tcp", peer.Addr().String(), socket.Options{Local: "127.0.0.2:0"}).LocalAddr().String(); !strings.HasPrefix(got, "127.0.0.2:") {
		t.Errorf("connects from %s", got)
	}
	_, err := socket.Listen(background, "tcp", "192.0.2.1:0", socket.Options{})
	wantError(t, err, socket.OpBind, syscall.EADDRNOTAVAIL, false)
	_, err = socket.Dial(background, "tcp", peer.Addr().String(), socket.Options{Local: "[::1]:0"})
	wantError(t, err, socket.OpConfig, nil, false) // no address of its family
}

func testBindPort(t *testing.T) {
	if port := listen(t, "tcp", "127.0.0.1:0", socket.Options{}).Addr().(*net.TCPAddr).Port; port == 0 {
		t.Error("no port was chosen")
	}
	o := socket.Options{Resolver: services{"registry": 0}}
	if port := listen(t, "tcp", "127.0.0.1:registry", o).Addr().(*net.TCPAddr).Port; port == 0 {
		t.Error("the service was not looked up")
	}
	_, err := socket.Listen(background, "tcp", "127.0.0.1:nosuchservice", o)
	wantError(t, err, socket.OpService, syscall.EADDRNOTAVAIL, false)
	_, err = socket.Listen(background, "tcp", "127.0.0.1:65536", socket.Options{})
	wantError(t, err, socket.OpConfig, nil, false)
	peer, from := listen(t, "tcp", "127.0.0.1:0", socket.Options{}), vacant(t, "tcp", "127.0.0.1:0")
	if got := mustDial(t, "tcp", peer.Addr().String(), socket.Options{Local: from}).LocalAddr().String(); got != from {
		t.Errorf("connects from %s, not %s", got, from)
	}
}

// services is a Resolver that knows services and no host.
type services map[string]int

func (services) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return names{}.LookupNetIP(background, "", host)
}

func (s services) LookupPort(_ context.Context, _, service string) (int, error) {
	if port, ok := s[service]; ok {
		return port, nil
	}
	return 0, &net.DNSError{Err: "unknown port", Name: service, IsNotFound: true}
}

func testRemoteAddress(t *testing.T) {
	peer := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	_, port, _ := net.SplitHostPort(peer.Addr().String())
	o := socket.Options{Resolver: names{map[string][]netip.Addr{"peer.example": {netip.MustParseAddr("::ffff:127.0.0.1")}}}}
	if got := mustDial(t, "tcp", "peer.example:"+port, o).RemoteAddr().String(); got != peer.Addr().String() {
		t.Errorf("connected to %s", got)
	}
	_, err := socket.Dial(background, "tcp", ":"+port, socket.Options{})
	wantError(t, err, socket.OpConfig, nil, false)
	file := listen(t, "unix", filepath.Join(t.TempDir(), "socket"), socket.Options{})
	if got := mustDial(t, "unix", file.Addr().String(), socket.Options{}).RemoteAddr().String(); got != file.Addr().String() {
		t.Errorf("connected to %s", got)
	}
}

func testRemotePort(t *testing.T) {
	peer := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	o := socket.Options{Resolver: services{"registry": peer.Addr().(*net.TCPAddr).Port}}
	if got := mustDial(t, "tcp", "127.0.0.1:registry", o).RemoteAddr().String(); got != peer.Addr().String() {
		t.Errorf("connected to %s", got)
	}
	for _, address := range []string{"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:-1", "127.0.0.1:65536"} {
		_, err := socket.Dial(background, "tcp", address, socket.Options{})
		wantError(t, err, socket.OpConfig, nil, false)
	}
}

// testOutcomes: a call has a connection or an error, never both, and never none.
func testOutcomes(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	nc, err := socket.Dial(background, "tcp", l.Addr().String(), socket.Options{})
	if nc == nil || err != nil {
		t.Fatal(nc, err)
	}
	_ = nc.Close()
	for _, network := range []string{"tcp", "udp", "unix", "unixgram", "tls", "none"} {
		nc, err := socket.Dial(background, network, "", socket.Options{})
		l, lerr := socket.Listen(background, network, "", socket.Options{})
		pc, perr := socket.ListenPacket(background, network, "", socket.Options{})
		if nc != nil || l != nil || pc != nil || err == nil || lerr == nil || perr == nil {
			t.Errorf("%s: %v %v, %v %v, %v %v", network, nc, err, l, lerr, pc, perr)
		}
	}
}

// testUnknown: what means nothing is refused, by name, and nothing panics. (A setting that does not exist does not compile.)
func testUnknown(t *testing.T) {
	const listen, receive, dial = "listen", "receive", "dial"
	for _, test := range []struct {
		call, network, address string
		o                      socket.Options
		says                   string
	}{
		{listen, "tcp", ":0", socket.Options{Local: "127.0.0.1:0"}, "Local"},
		{listen, "tcp", ":0", socket.Options{AttemptDelay: 1}, "AttemptDelay"},
		{listen, "tcp", ":0", socket.Options{Preface: []byte("x")}, "Preface"},
		{listen, "tcp", ":0", socket.Options{Backlog: -1}, "Backlog"},
		{listen, "tcp", ":0", socket.Options{ReuseAddr: socket.Off + 1}, "ReuseAddr"},
		{listen, "tcp", ":0", socket.Options{Timeout: -1}, "Timeout"},
		{listen, "tcp", ":0", socket.Options{Mode: 0o600}, "Mode"},
		{listen, "tcp", ":0", socket.Options{Credentials: true}, "Credentials"},
		{listen, "tcp", ":0", socket.Options{TLS: &tls.Config{}}, "TLS"},
		{listen, "tls", ":0", socket.Options{}, "TLS"},
		{listen, "tcp4", ":0", socket.Options{V6Only: true}, "V6Only"},
		{listen, "tcp", "127.0.0.1:0", socket.Options{V6Only: true}, "V6Only"},
		{listen, "tcp", "nonsense", socket.Options{}, "port"},
		{listen, "udp", ":0", socket.Options{}, "ListenPacket"},
		{listen, "unix", "x", socket.Options{Mode: os.ModeSticky | 0o600}, "Mode"},
		{listen, "unix", "@x", socket.Options{Mode: 0o600}, "Mode"},
		{listen, "unix", "x", socket.Options{V6Only: true}, "V6Only"},
		{listen, "unix", "x", socket.Options{KeepAlive: 1}, "KeepAlive"},
		{listen, "unix", "x", socket.Options{UserTimeout: 1}, "UserTimeout"},
		{listen, "unix", "x", socket.Options{ReusePort: true}, "ReusePort"},
		{listen, "unix", "x", socket.Options{ReuseAddr: socket.On}, "ReuseAddr"},
		{listen, "unix", "x", socket.Options{Resolver: names{}}, "Resolver"},
		{listen, "unix", "", socket.Options{}, "path"},
		{listen, "unix", "a\x00b", socket.Options{}, "zero"},
		{listen, "unix", strings.Repeat("x", 104), socket.Options{}, "too long"},
		{receive, "udp", ":0", socket.Options{Backlog: 1}, "Backlog"},
		{receive, "udp", ":0", socket.Options{KeepAlive: 1}, "KeepAlive"},
		{receive, "tcp", ":0", socket.Options{}, "Listen"},
		{dial, "tcp", "127.0.0.1:1", socket.Options{Backlog: 1}, "Backlog"},
		{dial, "tcp", "127.0.0.1:1", socket.Options{V6Only: true}, "V6Only"},
		{dial, "tcp", "127.0.0.1:1", socket.Options{ReusePort: true}, "Local"},
		{dial, "tcp", "127.0.0.1:1", socket.Options{ReuseAddr: socket.On}, "Local"},
		{dial, "tcp", "127.0.0.1:1", socket.Options{Local: "nonsense"}, "port"},
		{dial, "udp", "127.0.0.1:1", socket.Options{Preface: []byte("x")}, "Preface"},
		{dial, "udp", "127.0.0.1:1", socket.Options{AttemptDelay: 1}, "AttemptDelay"},
		{dial, "unix", "x", socket.Options{Mode: 0o600}, "Mode"},
		{dial, "unixgram", "x", socket.Options{Credentials: true}, "Credentials"},
		{dial, "unix", "x", socket.Options{Local: strings.Repeat("x", 104)}, "too long"},
	} {
		o, err := test.o, error(nil)
		switch test.call {
		case listen:
			_, err = socket.Listen(background, test.network, test.address, o)
		case receive:
			_, err = socket.ListenPacket(background, test.network, test.address, o)
		case dial:
			_, err = socket.Dial(background, test.network, test.address, o)
		}
		wantError(t, err, socket.OpConfig, nil, false)
		if !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v does not name %s", err, test.says)
		}
	}
}

func testUnbound(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	first, second := mustDial(t, "tcp", l.Addr().String(), socket.Options{}), mustDial(t, "tcp", l.Addr().String(), socket.Options{})
	if first.LocalAddr().String() == second.LocalAddr().String() {
		t.Error("two connections from one address")
	}
	file := listen(t, "unix", filepath.Join(t.TempDir(), "socket"), socket.Options{})
	if got := mustDial(t, "unix", file.Addr().String(), socket.Options{}).LocalAddr().String(); got != "" && got != "@" {
		t.Errorf("the client is bound to %q", got)
	}
}

// testNonBlocking: calls that wait end when they are told to, which a blocking descriptor would not do.
func testNonBlocking(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	nc := mustDial(t, "tcp", l.Addr().String(), socket.Options{})
	if err := nc.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read: %v", err)
	}
	_ = accept(t, l)
	waiting := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		waiting <- err
	}()
	_ = l.Close()
	wantError(t, <-waiting, socket.OpAccept, net.ErrClosed, false)
}

func testAccepted(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	client := mustDial(t, "tcp", l.Addr().String(), socket.Options{})
	server := accept(t, l)
	if diff := cmp.Diff(client.LocalAddr(), server.RemoteAddr()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(l.Addr(), server.LocalAddr()); diff != "" {
		t.Error(diff)
	}
}

func testAcceptedUnix(t *testing.T) {
	dir := t.TempDir()
	l := listen(t, "unix", filepath.Join(dir, "socket"), socket.Options{})
	_ = mustDial(t, "unix", l.Addr().String(), socket.Options{})
	if got := accept(t, l).RemoteAddr().String(); got != "" && got != "@" {
		t.Errorf("an unnamed peer is %q", got)
	}
	client := mustDial(t, "unix", l.Addr().String(), socket.Options{Local: filepath.Join(dir, "client")})
	if got := accept(t, l).RemoteAddr().String(); got != filepath.Join(dir, "client") {
		t.Errorf("a named peer is %q", got)
	}
	_ = client.Close()
	if _, err := os.Lstat(filepath.Join(dir, "client")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the client's file remains: %v", err)
	}
	// A connect that fails leaves no file either.
	_, err := socket.Dial(background, "unix", filepath.Join(dir, "none"), socket.Options{Local: filepath.Join(dir, "client")})
	wantError(t, err, socket.OpConnect, syscall.ENOENT, true)
	if _, err := os.Lstat(filepath.Join(dir, "client")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the client's file remains: %v", err)
	}
}

func testConnected(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	nc := mustDial(t, "tcp", l.Addr().String(), socket.Options{})
	if got := nc.RemoteAddr().String(); got != l.Addr().String() {
		t.Errorf("connected to %s", got)
	}
	server := accept(t, l)
	_ = l.Close() // the connection is nobody's but the caller's
	_, _ = io.WriteString(server, "hello")
	_ = server.Close()
	if b, err := io.ReadAll(nc); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	_, err := socket.Dial(background, "tcp", l.Addr().String(), socket.Options{})
	wantError(t, err, socket.OpConnect, syscall.ECONNREFUSED, true)
}

func testDatagrams(t *testing.T) {
	dir := t.TempDir()
	for network, addresses := range map[string][2]string{
		"udp":      {"127.0.0.1:0", "127.0.0.1:0"},
		"unixgram": {filepath.Join(dir, "a"), filepath.Join(dir, "b")},
	} {
		a, b := receive(t, network, addresses[0], socket.Options{}), receive(t, network, addresses[1], socket.Options{})
		if _, err := b.WriteTo([]byte("ping"), a.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 10)
		n, from, err := a.ReadFrom(got)
		if err != nil || string(got[:n]) != "ping" || from.String() != b.LocalAddr().String() {
			t.Errorf("%s: %q from %v, %v", network, got[:n], from, err)
		}
	}
}

func testConnectedDatagrams(t *testing.T) {
	dir := t.TempDir()
	for network, addresses := range map[string][2]string{
		"udp":      {"127.0.0.1:0", "127.0.0.1:0"},
		"unixgram": {filepath.Join(dir, "a"), filepath.Join(dir, "b")},
	} {
		a := receive(t, network, addresses[0], socket.Options{})
		nc := mustDial(t, network, a.LocalAddr().String(), socket.Options{Local: addresses[1]})
		if nc.RemoteAddr().String() != a.LocalAddr().String() {
			t.Errorf("%s: connected to %s", network, nc.RemoteAddr())
		}
		if _, err := a.WriteTo([]byte("pong"), nc.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 10)
		if n, err := nc.Read(got); err != nil || string(got[:n]) != "pong" {
			t.Errorf("%s: %q, %v", network, got[:n], err)
		}
	}
}

// testOperations has a failure of every operation that can be made to fail here.
func testOperations(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	fail := func(network, address string, o socket.Options) error {
		_, err := socket.Dial(background, network, address, o)
		return err
	}
	_, busy := socket.Listen(background, "tcp", l.Addr().String(), socket.Options{})
	_, taken := socket.Listen(background, "unix", file, socket.Options{})
	_ = l.Close()
	_, closed := l.Accept()
	for original, test := range map[string]struct {
		err   error
		op    socket.Op
		cause error
		retry bool
	}{
		"domain":           {fail("x25", "a:1", socket.Options{}), socket.OpConfig, nil, false},
		"getprotobyname":   {fail("sctp", "a:1", socket.Options{}), socket.OpConfig, nil, false},
		"getprotobynumber": {fail("132", "a:1", socket.Options{}), socket.OpConfig, nil, false},
		"inet_aton":        {fail("tcp", "a.invalid:1", socket.Options{Resolver: names{}}), socket.OpResolve, syscall.EADDRNOTAVAIL, false},
		"getaddrinfo":      {fail("tcp6", "a.invalid:1", socket.Options{Resolver: names{}}), socket.OpResolve, syscall.EADDRNOTAVAIL, false},
		"getservbyname":    {fail("tcp", "127.0.0.1:a", socket.Options{Resolver: services{}}), socket.OpService, syscall.EADDRNOTAVAIL, false},
		"pack_sockaddr_un": {fail("unix", strings.Repeat("x", 200), socket.Options{}), socket.OpConfig, nil, false},
		"pack_sockaddr_in": {fail("tcp", "127.0.0.1:70000", socket.Options{}), socket.OpConfig, nil, false},
		"bind":             {busy, socket.OpBind, syscall.EADDRINUSE, true},
		"bind unix":        {taken, socket.OpBind, syscall.EADDRINUSE, true},
		"connect":          {fail("tcp", l.Addr().String(), socket.Options{}), socket.OpConnect, syscall.ECONNREFUSED, true},
		"connect unix":     {fail("unix", filepath.Join(dir, "none"), socket.Options{}), socket.OpConnect, syscall.ENOENT, true},
		"accept":           {closed, socket.OpAccept, net.ErrClosed, false},
	} {
		t.Run(original, func(t *testing.T) { wantError(t, test.err, test.op, test.cause, test.retry) })
	}
}

func testNameErrors(t *testing.T) {
	for _, address := range []string{"no.such.host.invalid:1", "127.0.0.1:nosuchservice"} {
		_, err := socket.Dial(background, "tcp", address, socket.Options{Resolver: services{}})
		var dns *net.DNSError
		if !errors.Is(err, syscall.EADDRNOTAVAIL) || !errors.As(err, &dns) {
			t.Errorf("%s: %v", address, err)
		}
	}
	_, err := socket.Dial(background, "tcp", "late.example:1", socket.Options{Resolver: failing{&net.DNSError{Err: "SERVFAIL", IsTemporary: true}}})
	wantError(t, err, socket.OpResolve, nil, true)
}

// failing is a Resolver that knows no host for some reason.
type failing struct{ err error }

func (f failing) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, f.err
}

func (failing) LookupPort(context.Context, string, string) (int, error) { return 1, nil }

// A scripted listener fails as told, and then is the one below.
type scripted struct {
	net.Listener
	errs []error
}

func (s *scripted) Accept() (net.Conn, error) {
	if len(s.errs) == 0 {
		return s.Listener.Accept()
	}
	err := s.errs[0]
	s.errs = s.errs[1:]
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
}

func testAborted(t *testing.T) {
	for _, errno := range []error{syscall.ECONNABORTED, syscall.EWOULDBLOCK, syscall.ESPIPE, syscall.EINTR} {
		l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
		l.Listener = &scripted{l.Listener, []error{errno, errno, errno}}
		_ = mustDial(t, "tcp", l.Addr().String(), socket.Options{})
		_ = accept(t, l)
		// A listener that does nothing else is not spun on for ever.
		endless := make([]error, 1000)
		for i := range endless {
			endless[i] = errno
		}
		l.Listener.(*scripted).errs = endless
		if _, err := l.Accept(); !errors.Is(err, errno) {
			t.Errorf("got %v", err)
		}
	}
}

func testShortage(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	l.Listener = &scripted{l.Listener, []error{syscall.EMFILE, syscall.EMFILE, syscall.ENFILE}}
	_ = mustDial(t, "tcp", l.Addr().String(), socket.Options{})
	for _, errno := range []error{syscall.EMFILE, syscall.EMFILE, syscall.ENFILE} {
		_, err := l.Accept()
		wantError(t, err, socket.OpAccept, errno, true)
	}
	_ = accept(t, l) // it waited
}

func testBoundAddr(t *testing.T) {
	l, pc := listen(t, "tcp", "127.0.0.1:0", socket.Options{}), receive(t, "udp", "127.0.0.1:0", socket.Options{})
	if l.Addr().(*net.TCPAddr).Port == 0 || pc.LocalAddr().(*net.UDPAddr).Port == 0 {
		t.Errorf("%s, %s", l.Addr(), pc.LocalAddr())
	}
	_ = mustDial(t, "tcp", l.Addr().String(), socket.Options{}) // it listens, though nobody accepts yet
}

// testChangeHandler: who calls Accept may change from one connection to the next, and nobody needs to.
func testChangeHandler(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	for range 2 {
		client := mustDial(t, "tcp", l.Addr().String(), socket.Options{})
		accepted := make(chan net.Conn)
		go func() {
			nc, _ := l.Accept()
			accepted <- nc
		}()
		if nc := <-accepted; nc.RemoteAddr().String() != client.LocalAddr().String() {
			t.Error("another connection")
		} else {
			_ = nc.Close()
		}
	}
}

func testIdentity(t *testing.T) {
	byListener := map[net.Listener]string{}
	for _, name := range []string{"a", "b"} {
		byListener[listen(t, "tcp", "127.0.0.1:0", socket.Options{})] = name
	}
	if len(byListener) != 2 {
		t.Error("two listeners are one")
	}
}

// testPause: a connection that comes while the listener is paused waits in the system's queue, whether Accept was waiting or not, and is
// accepted after Resume.
func testPause(t *testing.T) {
	for _, network := range []string{"tcp", "unix", "tls"} {
		t.Run(network, func(t *testing.T) {
			address, o := "127.0.0.1:0", socket.Options{}
			switch network {
			case "unix":
				address = filepath.Join(t.TempDir(), "socket")
			case "tls":
				o.TLS = &tls.Config{}
			}
			l := listen(t, network, address, o)
			accepted := make(chan string)
			go func() {
				for {
					nc, err := l.Accept()
					if err != nil {
						close(accepted)
						return
					}
					accepted <- nc.RemoteAddr().String()
					_ = nc.Close()
				}
			}()
			dial := func() net.Conn { return mustDial(t, l.Addr().Network(), l.Addr().String(), socket.Options{}) }
			first := dial()
			if got := <-accepted; network != "unix" && got != first.LocalAddr().String() {
				t.Errorf("%s came first", got)
			}
			for range 3 {
				l.Pause()
				l.Pause()
				second := dial()
				select {
				case got := <-accepted:
					t.Fatalf("%s was accepted while paused", got)
				default:
				}
				l.Resume()
				l.Resume()
				if got := <-accepted; network != "unix" && got != second.LocalAddr().String() {
					t.Errorf("%s came second", got)
				}
			}
			l.Pause()
			_ = l.Close()
			if _, ok := <-accepted; ok {
				t.Error("accepted after Close")
			}
		})
	}
}

func testClose(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	queued := mustDial(t, "tcp", l.Addr().String(), socket.Options{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := queued.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a queued connection: %v", err)
	}
	_, err := socket.Dial(background, "tcp", l.Addr().String(), socket.Options{})
	wantError(t, err, socket.OpConnect, syscall.ECONNREFUSED, true)
	_, err = l.Accept()
	wantError(t, err, socket.OpAccept, net.ErrClosed, false)
	l.Pause() // does nothing, and does not hang anybody
	_, err = l.Accept()
	wantError(t, err, socket.OpAccept, net.ErrClosed, false)
}

// asleep is a Resolver that answers when the context ends.
type asleep struct{}

func (asleep) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, &net.DNSError{Err: ctx.Err().Error(), Name: host, IsTimeout: errors.Is(ctx.Err(), context.DeadlineExceeded)}
}

func (asleep) LookupPort(context.Context, string, string) (int, error) { return 1, nil }

func testSlowNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := socket.Dial(background, "tcp", "slow.example:1", socket.Options{Resolver: asleep{}, Timeout: 5 * time.Second})
		wantError(t, err, socket.OpResolve, nil, true)
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("took %v", took)
		}
		_, err = socket.Listen(background, "tcp", "slow.example:1", socket.Options{Resolver: asleep{}})
		wantError(t, err, socket.OpResolve, nil, true)
		if took := time.Since(begun); took != 5*time.Second+socket.DefaultTimeout {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithCancel(background)
		failed := make(chan error)
		go func() {
			_, err := socket.Dial(ctx, "tcp", "slow.example:1", socket.Options{Resolver: asleep{}})
			failed <- err
		}()
		synctest.Wait()
		cancel()
		wantError(t, <-failed, socket.OpResolve, nil, false)
	})
}

func testAccepted6(t *testing.T) {
	needIPv6(t)
	l := listen(t, "tcp6", "[::1]:0", socket.Options{})
	client := mustDial(t, "tcp6", l.Addr().String(), socket.Options{})
	peer := accept(t, l).RemoteAddr().(*net.TCPAddr).AddrPort()
	own := client.LocalAddr().(*net.TCPAddr).AddrPort()
	if peer != own || peer.Addr() != netip.IPv6Loopback() {
		t.Errorf("the peer is %s, and says %s", peer, own)
	}
}

func testAny6(t *testing.T) {
	needIPv6(t)
	for _, test := range []struct {
		network, address string
		o                socket.Options
		v4, v6           bool
	}{
		{"tcp", ":0", socket.Options{}, true, true},
		{"tcp", "[::]:0", socket.Options{}, true, true},
		{"tcp", "0.0.0.0:0", socket.Options{}, true, false},
		{"tcp4", ":0", socket.Options{}, true, false},
		{"tcp6", "[::]:0", socket.Options{}, false, true},
		{"tcp", ":0", socket.Options{V6Only: true}, false, true},
	} {
		_, port, _ := net.SplitHostPort(listen(t, test.network, test.address, test.o).Addr().String())
		for host, want := range map[string]bool{"127.0.0.1": test.v4, "::1": test.v6} {
			if !want {
				if !leaves(t, test.network, test.address, test.o, host) {
					t.Errorf("%s %s %+v: the port at %s is taken, too", test.network, test.address, test.o, host)
				}
				continue
			}
			if nc, err := socket.Dial(background, "tcp", net.JoinHostPort(host, port), socket.Options{}); err != nil {
				t.Errorf("%s %s %+v from %s: %v", test.network, test.address, test.o, host, err)
			} else {
				_ = nc.Close()
			}
		}
	}
}

// Options are not written to, and a TLS client takes its name from the address.
func TestOptionsAreTheCallers(t *testing.T) {
	cert, pool := selfSigned(t, "127.0.0.1")
	l := listen(t, "tls", "127.0.0.1:0", socket.Options{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	go greet(l)
	config := &tls.Config{RootCAs: pool}
	if got := greeting(t, "tls4", l.Addr().String(), socket.Options{TLS: config}); got != "hello" {
		t.Errorf("got %q", got)
	}
	if config.ServerName != "" {
		t.Error("the config was changed")
	}
	_, err := socket.Dial(background, "tls", l.Addr().String(), socket.Options{})
	var unknown x509.UnknownAuthorityError
	wantError(t, err, socket.OpHandshake, nil, false)
	if !errors.As(err, &unknown) {
		t.Error(err)
	}
}

// Preface goes before TLS.
func TestPreface(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", socket.Options{})
	cert, pool := selfSigned(t, "127.0.0.1")
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		b := make([]byte, 5)
		_, _ = io.ReadFull(nc, b)
		tc := tls.Server(nc, &tls.Config{Certificates: []tls.Certificate{cert}})
		_, _ = tc.Write(b)
		_ = tc.Close()
	}()
	nc := mustDial(t, "tls", l.Addr().String(), socket.Options{TLS: &tls.Config{RootCAs: pool}, Preface: []byte("first")})
	if b, err := io.ReadAll(nc); err != nil || string(b) != "first" {
		t.Errorf("%q, %v", b, err)
	}
}
