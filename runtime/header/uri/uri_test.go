package uri_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/header/uri"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		in   string
		want uri.URI
	}{
		{"sip:alice@atlanta.example.com", uri.URI{Scheme: "sip", User: "alice", Host: "atlanta.example.com"}},
		{"sips:a:secret@b.example:5061;transport=tcp;lr?Subject=x&Priority=urgent", uri.URI{
			Scheme: "sips", User: "a", Password: "secret", Host: "b.example", Port: 5061, Params: ";transport=tcp;lr", Headers: "Subject=x&Priority=urgent",
		}},
		{"SIP:b.example", uri.URI{Scheme: "SIP", Host: "b.example"}},
		{"sip:user;par=u%40example.net@example.com", uri.URI{Scheme: "sip", User: "user;par=u%40example.net", Host: "example.com"}},
		{"sip:a?b/c@[2001:db8::1]:5070", uri.URI{Scheme: "sip", User: "a?b/c", Host: "[2001:db8::1]", Port: 5070}},
		{"sip:null-%00-null@x", uri.URI{Scheme: "sip", User: "null-%00-null", Host: "x"}},
		{"tel:+1-201-555-0123", uri.URI{Scheme: "tel", Opaque: "+1-201-555-0123"}},
		{"tel:7042;phone-context=example.com", uri.URI{Scheme: "tel", Opaque: "7042", Params: ";phone-context=example.com"}},
		{"soap.beep://192.0.2.103:3002", uri.URI{Scheme: "soap.beep", Opaque: "//192.0.2.103:3002"}},
		{"name:John_Smith", uri.URI{Scheme: "name", Opaque: "John_Smith"}},
	} {
		t.Run(test.in, func(t *testing.T) {
			got, err := uri.Parse(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got.String() != test.in {
				t.Errorf("written as %s", got.String())
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, in := range []string{
		"", "sip", "sip:", ":a", "1a:b", "<sip:a@b>", "sip:a b@c", "sip:@b", "sip:a@", "sip:a@b c", "sip:b:", "sip:b:70000", "sip:b:x", "sip:b;", "sip:b;=x",
		"sip:b;x=", "sip:b?", "sip:a%4@b", "sip:a%zz@b", "sip:[::1", "sip:[::g]", "sip:[fe80::1%25eth0]", "sip:2001:db8::10", "sip:a@b@c", "sip:b;x=\"y\"", "tel:", "tel:+",
		"tel:7042", "tel:+1a", "tel:+1;", "http:a b", "http:<x>", "x:", "sip:a\r\nb@c", "sip:é@b", "*",
	} {
		if u, err := uri.Parse(in); err == nil {
			t.Errorf("%q is %+v", in, u)
		}
	}
}

// TestEqual has the examples of RFC 3261 section 19.1.4 and RFC 3966 section 4 among its rows.
func TestEqual(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:a@b;method=INVITE", "sip:a@b;method=invite", false},
		{"sip:a@b;maddr=c", "sip:a@b", false},
		{"sip:a@b", "sips:a@b", false},
		{"sip:a%40b@c", "sip:a%40B@c", false},
		{"sip:null-%00-null@x", "sip:null-%2500-null@x", false},
		{"sip:a:p@b", "sip:a:P@b", false},
		{"sip:a:p@b", "sip:a@b", false},
		{"sip:a@[2001:DB8::0:1]", "sip:a@[2001:db8:0:0::1]", true},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]", false},
		{"sip:a@[::ffff:192.0.2.1]", "sip:a@192.0.2.1", false},
		{"tel:+1-201-555-0123", "tel:+12015550123", true},
		{"tel:+12015550123;ext=1-2", "tel:+12015550123;EXT=12", true},
		{"tel:7042;phone-context=Example.com", "tel:7042;phone-context=example.COM", true},
		{"tel:7042;phone-context=+1-9", "tel:7042;phone-context=+19", true},
		{"tel:+12015550123;ext=1", "tel:+12015550123", false},
		{"tel:7042;phone-context=a.example", "tel:7042;phone-context=b.example", false},
		{"tel:+1", "sip:+1@x", false},
		{"http://a/B", "HTTP://a/B", true},
		{"http://a/B", "http://a/b", false},
	} {
		a, err := uri.Parse(test.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := uri.Parse(test.b)
		if err != nil {
			t.Fatal(err)
		}
		if a.Equal(&b) != test.want || b.Equal(&a) != test.want {
			t.Errorf("%s and %s: %v, %v", test.a, test.b, a.Equal(&b), b.Equal(&a))
		}
		if !a.Equal(&a) {
			t.Errorf("%s is not equal to itself", test.a)
		}
	}
}

// TestEqualMany: thousands of parameters and headers are compared as they stand.
func TestEqualMany(t *testing.T) {
	var a, b uri.URI
	for _, u := range []struct {
		uri  *uri.URI
		text string
	}{{&a, "sip:h;x=1;y"}, {&b, "sip:h;y;x=1"}} {
		if err := u.uri.Set(u.text + strings.Repeat(";a", 5000) + "?c=d" + strings.Repeat("&a=b", 2000)); err != nil {
			t.Fatal(err)
		}
	}
	if !a.Equal(&a) || a.Equal(&b) {
		t.Error("many parts are not compared as they stand")
	}
}

func TestParams(t *testing.T) {
	p := uri.Params(";lr;transport=tcp;n%61me=v%61lue%25")
	if v, ok := p.Get("name"); v != "value%" || !ok {
		t.Errorf("%q, %v", v, ok)
	}
	if got := p.With("Transport", "udp"); got != ";lr;Transport=udp;n%61me=v%61lue%25" {
		t.Errorf("%q", got)
	}
	if got := p.With("x", "a;b@c"); got != p+";x=a%3Bb%40c" {
		t.Errorf("%q", got)
	}
	if got := p.Without("lr"); got != ";transport=tcp;n%61me=v%61lue%25" {
		t.Errorf("%q", got)
	}
	if got := uri.EscapeHeader("<sip:a&b=c>"); got != "%3Csip:a%26b%3Dc%3E" {
		t.Errorf("%q", got)
	}
	if got := uri.Unescape(uri.EscapeUser("a@b:c d%")); got != "a@b:c d%" {
		t.Errorf("%q", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"sip:a:b@[::1]:1;x=y;lr?a=b&c=d", "tel:+1-2;ext=3", "http://a/%41", "sips:%00@b", "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := uri.Parse(s)
		if err != nil {
			return
		}
		b, err := u.Append(nil)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", s, err)
		}
		again, err := uri.Parse(string(b))
		if err != nil || again != u {
			t.Errorf("%q is written as %q, which is %+v, %v", s, b, again, err)
		}
		if !u.Equal(&again) {
			t.Errorf("%q is not equal to itself", s)
		}
	})
}
