package ability_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

// request reads a message of testdata/sip that is a request.
func request(t *testing.T, name string) *sip.Request {
	t.Helper()
	m, err := sip.ParseMessage(read(t, "../../../testdata/sip/"+name+".sip"))
	if err != nil {
		t.Fatal(err)
	}
	req, ok := m.(*sip.Request)
	if !ok {
		t.Fatalf("%T", m)
	}
	return req
}

// TestValues looks at values that parsers in use get wrong.
func TestValues(t *testing.T) {
	for _, test := range []struct {
		message, what string
		got           func(*sip.Request) any
		want          any
	}{
		{"via-list", "hops without parameters", func(m *sip.Request) any { return m.Via }, []sip.Via{
			{Protocol: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "a.example"},
			{Protocol: "SIP", ProtocolVersion: "2.0", Transport: "TCP", Host: "b.example", Port: 5070},
		}},
		{"via-spaces", "transport, host, port, branch", func(m *sip.Request) any {
			return []any{m.Via[0].Transport, m.Via[0].Host, m.Via[0].Port, m.Via[0].Branch(), m.Via[1].Host}
		}, []any{"UDP", "host.example.com", uint16(5061), "z9hG4bKa1", "b.example"}},
		{"cseq-spaces", "CSeq", func(m *sip.Request) any { return m.CSeq }, sip.CSeq{Number: 7, Method: "OPTIONS"}},
		{"cseq-fold", "CSeq", func(m *sip.Request) any { return m.CSeq }, sip.CSeq{Number: 7, Method: "OPTIONS"}},
		{"method-other", "method", func(m *sip.Request) any { return m.Method }, "!x-%41.b*"},
		{"method-case", "method", func(m *sip.Request) any { return m.Method }, "options"},
		{"scheme-dots", "Request-URI", func(m *sip.Request) any { return m.URI }, uri.URI{Scheme: "a.b-c+1", Opaque: "//x/y"}},
		{"ipv6-mapped", "host of Via", func(m *sip.Request) any { return m.Via[0].Host }, "[::ffff:192.0.2.10]"},
		{"ipv6-mapped", "Request-URI", func(m *sip.Request) any { return m.URI }, uri.URI{Scheme: "sip", User: "ben", Host: "[::ffff:192.0.2.10]", Port: 19823}},
		{"ipv6-port-inside", "port", func(m *sip.Request) any { return m.URI.Port }, uint16(0)},
		{"ipv6-port-outside", "port", func(m *sip.Request) any { return m.URI.Port }, uint16(5070)},
		{"ipv6-received-bare", "received", func(m *sip.Request) any { return m.Via[0].Received() }, "2001:db8::9:255"},
		{"length-long", "body", func(m *sip.Request) any { return string(m.Body) }, "abc"},
		{"length-none", "body", func(m *sip.Request) any { return string(m.Body) }, "abc"},
		{"quoted-controls", "display name", func(m *sip.Request) any { return m.From.Display }, "\x00 \x07 \x7f"},
		{"token-names", "others", func(m *sip.Request) any { return m.Others }, header.Fields{{Name: "X-.!%*_+`'~9", Value: "a"}}},
		{"comma-in-brackets", "contacts", func(m *sip.Request) any {
			return []any{len(m.Contact), m.Contact[0].Display, m.Contact[0].URI.User, m.Contact[0].Q(), m.Contact[1].URI.Host}
		}, []any{2, "a, b", "a,b", "0.5", "e.example"}},
		{"contact-star-register", "contact", func(m *sip.Request) any { return m.Contact[0].URI.Opaque }, "*"},
		{"version", "version", func(m *sip.Request) any { return m.Version }, "3.0"},
		{"length-conflict", "body", func(m *sip.Request) any { return string(m.Body) }, "abc"},
	} {
		t.Run(test.message+"/"+test.what, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.got(request(t, test.message))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestForward: what is not known by name goes on octet by octet, in order, and so do parameters; folds do not.
func TestForward(t *testing.T) {
	const in = `MESSAGE sip:a@b SIP/2.0
x-LAST: ;;,,;;,;
v: SIP/2.0/UDP h;branch=z9hG4bK1;X-p="a, b";rport
f: "Ann" <sip:ann@b;x=%41>;tag=1;n-p = v
t: <sip:b@c?a=b>
i: 1
CSeq: 1 MESSAGE
X-First: one
 two
x-last: "
Content-Length: 2

hi`
	const want = `MESSAGE sip:a@b SIP/2.0
Via: SIP/2.0/UDP h;branch=z9hG4bK1;X-p="a, b";rport
From: "Ann" <sip:ann@b;x=%41>;tag=1;n-p = v
To: <sip:b@c?a=b>
Call-ID: 1
CSeq: 1 MESSAGE
x-LAST: ;;,,;;,;
X-First: one   two
x-last: "
Content-Length: 2

hi`
	crlf := strings.NewReplacer("\n", "\r\n")
	m, err := sip.ParseMessage([]byte(crlf.Replace(in)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	out, err := m.AppendMessage(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(crlf.Replace(want), string(out)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAnswerToBroken: the answer to a request whose header fields cannot be read has them as they came, so that the sender knows
// which it is.
func TestAnswerToBroken(t *testing.T) {
	const in = "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;;\r\nFrom: \"x <sip:a@b>\r\nt: <sip:b@c>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n"
	m, err := sip.ParseMessage([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	res := element.Judge(m.(*sip.Request))
	if res == nil {
		t.Fatal("nothing is wrong with it")
	}
	out, err := res.AppendMessage(nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = "SIP/2.0 400 Bad Request: Via: there is no token where it must be\r\nTo: <sip:b@c>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n" +
		"Via: SIP/2.0/UDP h;;\r\nFrom: \"x <sip:a@b>\r\nContent-Length: 0\r\n\r\n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMemory: a Decoder's message is that of ParseMessage, whatever it read before.
func TestMemory(t *testing.T) {
	names := []string{"ipv6-many-hosts", "comma-in-brackets", "separators", "via-spaces", "method-other", "reason-utf8", "require", "repeated", "token-names"}
	var d sip.Decoder
	for _, first := range names {
		for _, second := range names {
			for _, name := range []string{first, second} {
				data := read(t, "../../../testdata/sip/"+name+".sip")
				reused, err := d.Decode(data)
				if err != nil {
					t.Fatal(err)
				}
				fresh, err := sip.ParseMessage(data)
				if err != nil {
					t.Fatal(err)
				}
				a, errA := reused.AppendMessage(nil)
				b, errB := fresh.AppendMessage(nil)
				if string(a) != string(b) || (errA == nil) != (errB == nil) {
					t.Fatalf("%s after %s: %q, %v; alone %q, %v", second, first, a, errA, b, errB)
				}
			}
		}
	}
}

// TestInjection: no field of a message that a program fills lets another field in.
func TestInjection(t *testing.T) {
	const evil = "x\r\nVia: SIP/2.0/UDP evil"
	valid := func() *sip.Request {
		m := request(t, "ipv6")
		m.Others = nil
		return m
	}
	for name, set := range map[string]func(*sip.Request){
		"method":      func(m *sip.Request) { m.Method = evil },
		"user":        func(m *sip.Request) { m.URI.User = evil },
		"host":        func(m *sip.Request) { m.URI.Host = evil },
		"version":     func(m *sip.Request) { m.Version = evil },
		"branch":      func(m *sip.Request) { m.Via[0].Params = ";branch=" + evil },
		"transport":   func(m *sip.Request) { m.Via[0].Transport = evil },
		"display":     func(m *sip.Request) { m.From.Display = evil },
		"tag":         func(m *sip.Request) { m.From.Params = ";tag=" + evil },
		"Call-ID":     func(m *sip.Request) { m.CallID = evil },
		"CSeq":        func(m *sip.Request) { m.CSeq.Method = evil },
		"subject":     func(m *sip.Request) { m.Subject = evil },
		"tags":        func(m *sip.Request) { m.Require = []string{"a", evil} },
		"credentials": func(m *sip.Request) { m.Authorization = []sip.Credentials{{Scheme: "Digest", Arguments: "a=" + evil}} },
		"warning":     func(m *sip.Request) { m.Warning = []sip.Warning{{Code: 399, Agent: evil, Text: "x"}} },
		"other name":  func(m *sip.Request) { m.Others.Add(evil, "x") },
		"other value": func(m *sip.Request) { m.Others.Add("X", evil) },
		"length":      func(m *sip.Request) { m.Others.Add("content-length", "0") },
		"bare CR":     func(m *sip.Request) { m.Subject = "x\rVia: y" },
	} {
		m := valid()
		set(m)
		if out, err := m.AppendMessage(nil); err == nil {
			t.Errorf("%s: written as %q", name, out)
		} else if len(out) != 0 {
			t.Errorf("%s: left behind %q", name, out)
		}
	}
	if _, err := valid().AppendMessage(nil); err != nil {
		t.Error(err)
	}
	m := valid()
	m.Via[0].SetBranch(evil)
	if got := m.Via[0].Branch(); strings.ContainsAny(got, "\r\n") {
		t.Errorf("the branch is %q", got)
	}
}
