package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/protogen-go/protogen/runtime/pool"
)

// A zone is a Resolver of what is written down.
type zone struct {
	naptr map[string][]NAPTR
	srv   map[string][]*net.SRV
	addrs map[string]string
}

func (z zone) LookupNAPTR(_ context.Context, domain string) ([]NAPTR, error) {
	return z.naptr[domain], nil
}

func (z zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if service != "" {
		name = "_" + service + "._" + proto + "." + name
	}
	if list := z.srv[name]; list != nil {
		return name, list, nil
	}
	return "", nil, &net.DNSError{Err: "no such name", Name: name, IsNotFound: true}
}

func (z zone) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a, ok := z.addrs[host]; ok {
		return []netip.Addr{netip.MustParseAddr(a)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// RFC 3263 section 4: where a URI leads to.
func TestTargets(t *testing.T) {
	z := zone{
		naptr: map[string][]NAPTR{"a.example": {
			{60, 50, "s", "SIP+D2U", "_sip._udp.a.example"},
			{50, 50, "s", "SIPS+D2T", "_sips._tcp.a.example"},
			{50, 90, "s", "SIP+D2T", "_sip._tcp.a.example"},
			{10, 10, "s", "SIP+D2S", "_sip._sctp.a.example"},
			{10, 10, "u", "E2U+sip", "."},
		}},
		srv: map[string][]*net.SRV{
			"_sip._udp.a.example":  {{Target: "u.a.example.", Port: 5070}},
			"_sip._tcp.a.example":  {{Target: "one.a.example.", Port: 5071}, {Target: "two.a.example.", Port: 5072}},
			"_sips._tcp.a.example": {{Target: "one.a.example.", Port: 5073}},
			"_sip._tcp.b.example":  {{Target: "one.a.example.", Port: 5074}},
		},
		addrs: map[string]string{
			"u.a.example": "192.0.2.1", "one.a.example": "192.0.2.2", "two.a.example": "192.0.2.3", "c.example": "192.0.2.4", "a.example": "192.0.2.5",
		},
	}
	s, err := makeStack(Config{Resolver: z})
	if err != nil {
		t.Fatal(err)
	}
	for i, proto := range []pool.Proto{pool.UDP, pool.TCP, pool.TLS} {
		s.legs = append(s.legs, &leg{stack: s, proto: proto, number: uint8(i)})
	}
	for target, want := range map[string]string{
		"sip:x@a.example":                       "tls 192.0.2.2:5073, tcp 192.0.2.2:5071, tcp 192.0.2.3:5072, udp 192.0.2.1:5070",
		"sips:x@a.example":                      "tls 192.0.2.2:5073",
		"sip:x@a.example;transport=udp":         "udp 192.0.2.1:5070",
		"sip:x@a.example:5099":                  "udp 192.0.2.5:5099",
		"sip:x@b.example":                       "tcp 192.0.2.2:5074",
		"sip:x@c.example":                       "udp 192.0.2.4:5060",
		"sips:x@c.example":                      "tls 192.0.2.4:5061",
		"sip:x@198.51.100.1":                    "udp 198.51.100.1:5060",
		"sip:x@[2001:db8::1];transport=tcp":     "tcp [2001:db8::1]:5060",
		"sip:x@a.example;maddr=198.51.100.2":    "udp 198.51.100.2:5060",
		"sip:x@a.example;transport=sctp":        ErrNoTransport.Error(),
		"sip:x@nowhere.example":                 "pool: resolve: lookup nowhere.example: no such host",
		"sip:x@192.0.2.9:5062;transport=TCP;lr": "tcp 192.0.2.9:5062",
	} {
		req, err := NewRequest("OPTIONS", target)
		if err != nil {
			t.Fatal(err)
		}
		links, err := s.targets(t.Context(), req)
		var got []string
		for _, l := range links {
			a := l.Addr()
			got = append(got, fmt.Sprint(s.legs[l.Transport].proto, " ", a))
		}
		if text := strings.Join(got, ", "); err != nil && err.Error() != want || err == nil && text != want {
			t.Errorf("%s: %s, %v; want %s", target, text, err, want)
		}
	}
}

// The question itself, to a name server.
func TestLookupNAPTR(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Name == "a.example." {
			rr, err := dns.NewRR(`a.example. 60 IN NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp.a.example.`)
			if err != nil {
				t.Error(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = pc.Close() })
	host, port, _ := net.SplitHostPort(pc.LocalAddr().String())
	config := &dns.ClientConfig{Servers: []string{host}, Port: port, Timeout: 5}
	got, err := askNAPTR(t.Context(), config, "a.example")
	if want := (NAPTR{10, 20, "s", "SIP+D2U", "_sip._udp.a.example."}); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := askNAPTR(t.Context(), config, "b.example"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}
