package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A peer is how an address answers: after a while, with a connection or an error.
type peer struct {
	after time.Duration
	err   error
}

var errSilent = errors.New("never") // an address that does not answer

// rehearse races peers and says which won, when, and which attempts began when.
func rehearse(t *testing.T, delay time.Duration, peers ...peer) (winner int, took time.Duration, begun []time.Duration, err error) {
	t.Helper()
	endpoints := make([]endpoint, len(peers))
	for i := range peers {
		endpoints[i].port = uint16(i)
	}
	open := make(chan int, len(peers)) // connections made
	shut := make(chan int, len(peers)) // and closed
	begun = make([]time.Duration, len(peers))
	for i := range begun {
		begun[i] = -1
	}
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	nc, err := race(ctx, endpoints, delay, func(ctx context.Context, e endpoint) (net.Conn, error) {
		i := int(e.port)
		begun[i] = time.Since(start)
		if peers[i].err != nil && peers[i].err != errSilent {
			time.Sleep(peers[i].after)
			return nil, peers[i].err
		}
		if peers[i].err == errSilent {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		time.Sleep(peers[i].after) // deaf to ctx: a connection that comes in spite of the cancellation
		open <- i
		return &counted{number: i, shut: shut}, nil
	})
	took, winner = time.Since(start), -1
	if err == nil {
		winner = nc.(*counted).number
		_ = nc.Close()
	}
	time.Sleep(time.Minute) // the losers come
	synctest.Wait()
	if len(open) != len(shut) {
		t.Errorf("%d connections, %d closed", len(open), len(shut))
	}
	return winner, took, begun, err
}

type counted struct {
	net.Conn
	number int
	shut   chan int
}

func (c *counted) Close() error {
	c.shut <- c.number
	return nil
}

func TestRace(t *testing.T) {
	const ms = time.Millisecond
	refused := error(syscall.ECONNREFUSED)
	for _, test := range []struct {
		name   string
		delay  time.Duration
		peers  []peer
		winner int
		took   time.Duration
		begun  []time.Duration
	}{
		{"one", 250 * ms, []peer{{after: ms}}, 0, ms, []time.Duration{0}},
		{"the first is fast enough", 250 * ms, []peer{{after: 249 * ms}, {after: 0}}, 0, 249 * ms, []time.Duration{0, -1}},
		{"the first is silent", 250 * ms, []peer{{err: errSilent}, {after: 5 * ms}}, 1, 255 * ms, []time.Duration{0, 250 * ms}},
		{"the first is slow and wins", 250 * ms, []peer{{after: 300 * ms}, {after: 900 * ms}}, 0, 300 * ms, []time.Duration{0, 250 * ms}},
		{"the first is slow and loses", 250 * ms, []peer{{after: 900 * ms}, {after: 10 * ms}}, 1, 260 * ms, []time.Duration{0, 250 * ms}},
		{"a refusal starts the next at once", 250 * ms, []peer{{after: 2 * ms, err: refused}, {after: ms}}, 1, 3 * ms, []time.Duration{0, 2 * ms}},
		{
			"and the delay anew", 250 * ms,
			[]peer{{after: 100 * ms, err: refused}, {err: errSilent}, {after: ms}},
			2, 351 * ms,
			[]time.Duration{0, 100 * ms, 350 * ms},
		},
		{"in turn", -1, []peer{{after: 2 * time.Second, err: refused}, {after: ms}}, 1, 2*time.Second + ms, []time.Duration{0, 2 * time.Second}},
		{"everybody refuses", 250 * ms, []peer{{after: ms, err: refused}, {after: ms, err: refused}}, -1, 2 * ms, []time.Duration{0, ms}},
		{"everybody is silent", 250 * ms, []peer{{err: errSilent}, {err: errSilent}}, -1, 10 * time.Second, []time.Duration{0, 250 * ms}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				winner, took, begun, err := rehearse(t, test.delay, test.peers...)
				if winner != test.winner || took != test.took || (err == nil) != (winner >= 0) {
					t.Errorf("%d won after %v (%v), want %d after %v", winner, took, err, test.winner, test.took)
				}
				if diff := cmp.Diff(test.begun, begun); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Of several failures all are told, and one that passes is enough to try again.
func TestRaceError(t *testing.T) {
	err := newError(OpConnect, "tcp", "a:1", attempts{syscall.EACCES, syscall.ECONNREFUSED})
	var se *Error
	if !errors.As(err, &se) || !se.Retry || !errors.Is(err, syscall.EACCES) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v: retry %v", err, se.Retry)
	}
	if got := err.Error(); !strings.Contains(got, "denied; connection refused") {
		t.Error(got)
	}
	if err := newError(OpConnect, "tcp", "a:1", attempts{syscall.EACCES, syscall.EPERM}); err.Retry {
		t.Errorf("%v passes", err)
	}
}

type hosts []netip.Addr

func (h hosts) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return h, nil }
func (hosts) LookupPort(context.Context, string, string) (int, error)             { return 7, nil }

func TestResolvePeers(t *testing.T) {
	ips := func(list ...string) hosts {
		var h hosts
		for _, s := range list {
			h = append(h, netip.MustParseAddr(s))
		}
		return h
	}
	for _, test := range []struct {
		name    string
		network string
		local   string
		found   hosts
		want    []string
	}{
		{"families in turn", "tcp", "", ips("::1", "::2", "::3", "1.1.1.1", "2.2.2.2"), []string{"[::1]:7", "1.1.1.1:7", "[::2]:7", "2.2.2.2:7", "[::3]:7"}},
		{"IPv4 first", "tcp", "", ips("1.1.1.1", "::1"), []string{"1.1.1.1:7", "[::1]:7"}},
		{"mapped", "tcp4", "", ips("::ffff:1.1.1.1"), []string{"1.1.1.1:7"}},
		{"zone", "tcp", "", ips("fe80::1%lo"), []string{"[fe80::1%lo]:7"}},
		{"one family of the network", "tcp6", "", ips("1.1.1.1", "::1"), []string{"[::1]:7"}},
		{"none of the network", "tcp6", "", ips("1.1.1.1"), nil},
		{"one family of the local address", "tcp", "9.9.9.9", ips("::1", "1.1.1.1"), []string{"1.1.1.1:7"}},
		{"none of the local address", "tcp", "9.9.9.9", ips("::1"), nil},
		{"nothing", "tcp", "", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, err := parseNetwork(test.network)
			if err != nil {
				t.Fatal(err)
			}
			var local endpoint
			if test.local != "" {
				local.ip = netip.MustParseAddr(test.local)
			}
			o := Options{Resolver: test.found}
			endpoints, err := o.resolvePeers(t.Context(), n, "name.example:any", local)
			var got []string
			for _, e := range endpoints {
				got = append(got, e.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" || (err == nil) != (got != nil) {
				t.Error(diff, err)
			}
		})
	}
	many := slices.Repeat(ips("::1"), 1000)
	o := Options{Resolver: many}
	if got, err := o.resolvePeers(t.Context(), network{base: "tcp"}, "name.example:any", endpoint{}); err != nil || len(got) != maxAddresses {
		t.Errorf("%d addresses, %v", len(got), err)
	}
}
