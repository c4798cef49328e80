package pool_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/pool"
)

// zone is a DNS of a few names.
type zone struct {
	srv   map[string][]*net.SRV
	hosts map[string][]string
	asked []string
}

func (z *zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	q := "_" + service + "._" + proto + "." + name
	z.asked = append(z.asked, q)
	if z.srv[q] == nil {
		return "", nil, &net.DNSError{Err: "no such host", Name: q, IsNotFound: true}
	}
	return q, z.srv[q], nil
}

func (z *zone) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, s := range z.hosts[host] {
		addrs = append(addrs, netip.MustParseAddr(s))
	}
	if addrs == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

func testResolve(t *testing.T) {
	z := &zone{
		srv: map[string][]*net.SRV{
			"_sip._udp.example.com": {{Target: "a.example.com.", Port: 5070}, {Target: "gone.example.com.", Port: 1}, {Target: "b.example.com.", Port: 5071}},
			"_sip._tcp.example.com": {{Target: "a.example.com.", Port: 5072}},
			"_sip._udp.none.com":    {{Target: "."}},
		},
		hosts: map[string][]string{
			"a.example.com": {"2001:db8::1", "10.0.0.1"}, "b.example.com": {"10.0.0.2"}, "example.com": {"10.0.0.9"}, "plain.com": {"::ffff:10.0.0.8"},
		},
	}
	transports := []pool.Transport{{pool.UDP, "sip", "udp", 5060}, {pool.TCP, "sip", "tcp", 5060}, {Proto: pool.TLS, Port: 5061}}
	for _, tt := range []struct {
		host string
		port uint16
		want []string
	}{
		{"example.com", 0, []string{"udp [2001:db8::1]:5070", "udp 10.0.0.1:5070", "udp 10.0.0.2:5071", "tcp [2001:db8::1]:5072", "tcp 10.0.0.1:5072"}},
		{"example.com", 5080, []string{"udp 10.0.0.9:5080"}},
		{"plain.com", 0, []string{"udp 10.0.0.8:5060"}},
		{"10.0.0.7", 0, []string{"udp 10.0.0.7:5060"}},
		{"[2001:db8::7]", 1, []string{"udp [2001:db8::7]:1"}},
		{"none.com", 0, nil},
		{"unknown.com", 0, nil},
	} {
		targets, err := pool.Resolve(t.Context(), z, tt.host, tt.port, transports...)
		var got []string
		for _, target := range targets {
			got = append(got, string(target.Proto)+" "+target.Destination.String())
			if h := target.Destination.Host; h != tt.host && h != "" {
				t.Errorf("%s: name to verify is %q", tt.host, h)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != (tt.want != nil) {
			t.Errorf("%s: %v (-want +got):\n%s", tt.host, err, diff)
		}
	}
	many := &zone{srv: map[string][]*net.SRV{}, hosts: map[string][]string{"a": {"10.0.0.1", "10.0.0.2"}}}
	for range 1000 {
		many.srv["_sip._udp.many"] = append(many.srv["_sip._udp.many"], &net.SRV{Target: "a."})
	}
	if targets, err := pool.Resolve(t.Context(), many, "many", 0, transports...); err != nil || len(targets) != pool.MaxTargets {
		t.Errorf("%d targets, %v", len(targets), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pool.Resolve(ctx, z, "example.com", 0, transports...); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := pool.Resolve(t.Context(), z, "example.com", 0); err == nil {
		t.Error("no transport, no error")
	}
}
