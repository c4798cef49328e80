package socket_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/protogen-go/protogen/runtime/socket"
)

// A recorded is a line of testdata/recorded.txt.
type recorded struct {
	number                 int
	call, network, address string
	options                socket.Options
	op                     socket.Op // empty for success
	errno                  error
}

// names is a Resolver that knows services as the system does, and no host.
type names struct{ hosts map[string][]netip.Addr }

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if ips, ok := n.hosts[host]; ok {
		return ips, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (names) LookupPort(ctx context.Context, network, service string) (int, error) {
	return net.DefaultResolver.LookupPort(ctx, network, service)
}

var errnos = map[string]error{
	"EADDRINUSE": syscall.EADDRINUSE, "EADDRNOTAVAIL": syscall.EADDRNOTAVAIL, "ECONNREFUSED": syscall.ECONNREFUSED, "ENOENT": syscall.ENOENT,
}

// recordedCases reads the file; places are the words in braces.
func recordedCases(t *testing.T, places *strings.Replacer) []recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/recorded.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		call, outcome, ok := strings.Cut(line, "=>")
		if !ok {
			continue
		}
		fields, want := strings.Fields(call), strings.Fields(outcome)
		number, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Fatal(line)
		}
		r := recorded{number: number, call: fields[1], network: fields[2], address: places.Replace(fields[3])}
		for _, setting := range fields[4:] {
			set(t, &r.options, setting)
		}
		if want[0] != "ok" {
			r.op = socket.Op(want[0])
		}
		if len(want) > 1 {
			r.errno = errnos[want[1]]
		}
		cases = append(cases, r)
	}
	return cases
}

func set(t *testing.T, o *socket.Options, setting string) {
	t.Helper()
	name, value, _ := strings.Cut(setting, "=")
	var err error
	switch name {
	case "reuse":
		switches := map[string]socket.Switch{"on": socket.On, "off": socket.Off, "9": 9}
		o.ReuseAddr = switches[value]
	case "local":
		o.Local = value
	case "backlog":
		o.Backlog, err = strconv.Atoi(value)
	case "keepalive":
		o.KeepAlive, err = time.ParseDuration(value)
	default:
		err = errors.New("unknown")
	}
	if err != nil {
		t.Fatalf("%s: %v", setting, err)
	}
}

func vacant(t *testing.T, network, address string) string {
	t.Helper()
	l := listen(t, network, address, socket.Options{})
	_ = l.Close()
	return l.Addr().String()
}

func TestRecorded(t *testing.T) {
	dir := t.TempDir()
	peer, file := listen(t, "tcp", "127.0.0.1:0", socket.Options{}), listen(t, "unix", filepath.Join(dir, "file"), socket.Options{})
	go greet(peer)
	go greet(file)
	gone6 := "[::1]:9"
	if hasIPv6() {
		gone6 = vacant(t, "tcp6", "[::1]:0")
	}
	cases := recordedCases(t, strings.NewReplacer("{busy}", peer.Addr().String(), "{peer}", peer.Addr().String(),
		"{gone}", vacant(t, "tcp", "127.0.0.1:0"), "{gone6}", gone6,
		"{file}", file.Addr().String(), "{new}", filepath.Join(dir, "new"), "{none}", filepath.Join(dir, "none", "file")))
	for i, r := range cases {
		t.Run(fmt.Sprintf("%02d", r.number), func(t *testing.T) {
			switch {
			case r.number != i+1:
				t.Fatalf("stands at %d", i+1)
			case strings.HasSuffix(r.network, "6") && !hasIPv6():
				t.Skip("no IPv6")
			case r.address == "127.0.0.1:1" && !mayBindLow():
				r.op, r.errno = socket.OpBind, syscall.EACCES
			}
			if r.network != "unix" {
				r.options.Resolver = names{}
			}
			err := r.run(t)
			if r.op == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var se *socket.Error
			if !errors.As(err, &se) || se.Op != r.op || r.errno != nil && !errors.Is(err, r.errno) {
				t.Errorf("got %v, want %s: %v", err, r.op, r.errno)
			}
		})
	}
}

// run makes the call; on success it looks at the addresses that the factory's event told.
func (r *recorded) run(t *testing.T) error {
	switch r.call {
	case "listen":
		l, err := socket.Listen(background, r.network, r.address, r.options)
		if err != nil {
			return err
		}
		defer l.Close()
		return visit(t, l)
	case "receive":
		pc, err := socket.ListenPacket(background, r.network, r.address, r.options)
		if err != nil {
			return err
		}
		return pc.Close()
	case "dial":
		nc, err := socket.Dial(background, r.network, r.address, r.options)
		if err != nil {
			return err
		}
		if got := nc.RemoteAddr().String(); got != r.address {
			t.Errorf("the peer is %s", got)
		}
		return nc.Close()
	}
	return nil
}

// visit connects to a listener and compares the two views of the connection.
func visit(t *testing.T, l *socket.Listener) error {
	t.Helper()
	network, address := l.Addr().Network(), l.Addr().String()
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	near, err := socket.Dial(background, network, address, socket.Options{})
	if err != nil {
		return err
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		return err
	}
	defer far.Close()
	if network == "unix" {
		if got := far.RemoteAddr().String(); got != "" && got != "@" {
			t.Errorf("the unnamed peer is %q", got)
		}
		return nil
	}
	if got, want := far.RemoteAddr().String(), near.LocalAddr().String(); got != want {
		t.Errorf("the peer is %s, and says %s", got, want)
	}
	return nil
}

// The expectations agree with the recording itself.
func TestRecordedAgrees(t *testing.T) {
	const file = "../../../shared/vectors/socketfactory/events.json"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skip("the recorded cases of the original socket factory are not here:", err)
	}
	var cases []struct {
		Name   string
		Croak  string
		Carp   []string
		Events []struct {
			Event string
			ARG0  any
			ARG1  any
		}
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	ours := recordedCases(t, strings.NewReplacer())
	if len(ours) != len(cases) {
		t.Fatalf("%d cases, %d recorded", len(ours), len(cases))
	}
	same := map[string]socket.Op{
		"inet_aton": socket.OpResolve, "getprotobyname": socket.OpConfig, "getprotobynumber": socket.OpConfig, "domain": socket.OpConfig,
	}
	for i, c := range cases {
		want, errno := socket.Op(""), 0.0
		if c.Croak != "" || c.Carp != nil || c.Name == "unknown parameter" {
			want = socket.OpConfig
		}
		for _, e := range c.Events {
			if e.Event == "FailureEvent" {
				want = cmp.Or(same[e.ARG0.(string)], socket.Op(e.ARG0.(string)))
				errno = e.ARG1.(float64)
			}
		}
		if ours[i].call == "none" {
			want = ""
		}
		if ours[i].op != want || errno != 0 && ours[i].errno != syscall.Errno(errno) {
			t.Errorf("%d %s: %s %v, recorded %s %v", i+1, c.Name, ours[i].op, ours[i].errno, want, errno)
		}
	}
}

// mayBindLow says whether this process may have the ports that are root's elsewhere: not every root may, and some others may.
func mayBindLow() bool {
	l, err := net.Listen("tcp", "127.0.0.1:1")
	if err == nil {
		_ = l.Close()
	}
	return !errors.Is(err, syscall.EACCES)
}

func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}
