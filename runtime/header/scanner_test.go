package header_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

// TestScanner reads values of every kind: what is read, and whether the value is found wrong.
func TestScanner(t *testing.T) {
	type scan = func(s *header.Scanner) any
	token := func(s *header.Scanner) any { return s.Token() }
	quoted := func(s *header.Scanner) any { return s.Quoted() }
	host := func(s *header.Scanner) any { return s.Host() }
	params := func(s *header.Scanner) any { return string(s.Params()) }
	arguments := func(s *header.Scanner) any { return string(s.Arguments()) }
	comment := func(s *header.Scanner) any { return s.Comment() }
	callID := func(s *header.Scanner) any { return s.CallID() }
	date := func(s *header.Scanner) any { return s.Date() }
	integer := func(most uint64) scan { return func(s *header.Scanner) any { return s.Integer(most) } }
	for _, test := range []struct {
		name string
		scan scan
		in   string
		want any
		rest bool // something is left
		bad  bool
	}{
		{"token", token, "a-.!%*_+`'~9", "a-.!%*_+`'~9", false, false},
		{"token ends", token, "a;b", "a", true, false},
		{"no token", token, "@", "", false, true},
		{"no token, high octet", token, "\xc3\xa9", "", false, true},
		{"quoted", quoted, `"a b"`, "a b", false, false},
		{"quoted with escapes", quoted, `"a \"b\" \\ \c"`, `a "b" \ c`, false, false},
		{"quoted controls", quoted, "\"\\\x00\\\x07\\\x7f\"", "\x00\x07\x7f", false, false},
		{"quoted control without backslash", quoted, "\"\x00\"", "", false, true},
		{"quoted line end", quoted, "\"\\\r\\\n\"", "", false, true},
		{"quoted UTF-8", quoted, `"é"`, "é", false, false},
		{"quoted without end", quoted, `"abc`, "", false, true},
		{"quoted with an escape at the end", quoted, `"abc\`, "", false, true},
		{"name", host, "a.example.com", "a.example.com", false, false},
		{"IPv4", host, "192.0.2.1:5060", "192.0.2.1", true, false},
		{"IPv6", host, "[2001:db8::1]", "[2001:db8::1]", false, false},
		{"IPv6 with IPv4", host, "[::ffff:192.0.2.10]:1", "[::ffff:192.0.2.10]", true, false},
		{"IPv6 without end", host, "[2001:db8::1", "", false, true},
		{"IPv6 that is none", host, "[2001:db8:::1]", "", false, true},
		{"IPv6 with a zone", host, "[fe80::1%eth0]", "", false, true},
		{"IPv4 in brackets", host, "[192.0.2.1]", "", false, true},
		{"params", params, ";a;b=c;d=\"e;f\"", ";a;b=c;d=\"e;f\"", false, false},
		{"params with spaces", params, " ; a ; b = c  , next", "; a ; b = c", true, false},
		{"params: IPv6 with and without brackets", params, ";received=2001:db8::1;x=[2001:db8::2]", ";received=2001:db8::1;x=[2001:db8::2]", false, false},
		{"no params", params, "", "", false, false},
		{"params: no name", params, ";;a", "", false, true},
		{"params: no name at the end", params, ";a;", "", false, true},
		{"params: no value", params, ";a=", "", false, true},
		{"params: no value before the next", params, ";a=;b", "", false, true},
		{"arguments", arguments, `realm="a, b", qop=auth ,x=1`, `realm="a, b", qop=auth ,x=1`, false, false},
		{"arguments: a token", arguments, "dGVzdA==", "dGVzdA==", false, false},
		{"arguments: none", arguments, "", "", false, true},
		{"arguments: no value", arguments, `realm="a", qop`, "", false, true},
		{"comment", comment, "(a (b) \\) c) d", "a (b) \\) c", true, false},
		{"comment without end", comment, "(a (b)", "", false, true},
		{"comment with a line end", comment, "(a\\\r)", "", false, true},
		{"Call-ID", callID, "a@b", "a@b", false, false},
		{"Call-ID of odd characters", callID, `w%ZK-!.*_+'@w~)(><:\/"][?}{`, `w%ZK-!.*_+'@w~)(><:\/"][?}{`, false, false},
		{"Call-ID with an @ at the end", callID, "a@", "", false, true},
		{"Call-ID with a space", callID, "a b", "a", true, false},
		{"integer", integer(255), "0068", uint64(68), false, false},
		{"integer at its maximum", integer(255), "255", uint64(255), false, false},
		{"integer over its maximum", integer(255), "256", uint64(0), false, true},
		{"integer that would wrap", integer(1<<32 - 1), "4294967301", uint64(0), false, true},
		{"integer of many digits", integer(1<<32 - 1), "36893488147419103232", uint64(0), false, true},
		{"negative integer", integer(255), "-1", uint64(0), false, true},
		{"date", date, "Sat, 13 Nov 2010 23:29:00 GMT", time.Date(2010, 11, 13, 23, 29, 0, 0, time.UTC), false, false},
		{"date elsewhere", date, "Fri, 01 Jan 2010 16:00:00 EST", time.Time{}, false, true},
		{"date that does not exist", date, "Sun, 31 Feb 2010 16:00:00 GMT", time.Date(2010, 3, 3, 16, 0, 0, 0, time.UTC), false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := header.NewScanner(test.in)
			got := test.scan(s)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if s.Failed() != test.bad {
				t.Errorf("found wrong: %v", s.Failed())
			}
			if !test.bad && s.More() != test.rest {
				t.Errorf("something is left: %v", s.More())
			}
		})
	}
}

// TestNameAddr reads addresses in every form that the grammar has.
func TestNameAddr(t *testing.T) {
	for _, test := range []struct {
		in, display, uri, params string
		bad                      bool
	}{
		{in: `"Bob" <sip:b@x>;tag=1`, display: "Bob", uri: "sip:b@x", params: ";tag=1"},
		{in: `"Bob"<sip:b@x>`, display: "Bob", uri: "sip:b@x"},
		{in: `Bob von Q <sip:b@x>`, display: "Bob von Q", uri: "sip:b@x"},
		{in: `Bob<sip:b@x>`, display: "Bob", uri: "sip:b@x"},
		{in: `<sip:b@x;lr?a=b>;tag=1`, uri: "sip:b@x;lr?a=b", params: ";tag=1"},
		{in: `sip:b@x;tag=1`, uri: "sip:b@x", params: ";tag=1"},
		{in: `sip:b@x ; tag = 1`, uri: "sip:b@x", params: "; tag = 1"},
		{in: `isbn:2983792873`, uri: "isbn:2983792873"},
		{in: `"J \\\"R\\\"" <sip:b@x>`, display: `J \"R\"`, uri: "sip:b@x"},
		{in: `"Bob <sip:b@x>`, bad: true},
		{in: `Bob, Q <sip:b@x>`, bad: true},
		{in: `"Bob" < sip:b@x >`, bad: true},
		{in: `<sip:b@x`, bad: true},
		{in: `sip:b@x?Route=y`, bad: true},
		{in: `Bob`, bad: true},
		{in: ``, bad: true},
	} {
		t.Run(test.in, func(t *testing.T) {
			s := header.NewScanner(test.in)
			var display string
			var u uri.URI
			s.NameAddr(&display, &u)
			params := s.Params()
			if s.Failed() != test.bad {
				t.Fatalf("found wrong: %v", s.Failed())
			}
			if test.bad {
				return
			}
			if display != test.display || u.String() != test.uri || string(params) != test.params {
				t.Errorf("got %q, %q, %q", display, u.String(), params)
			}
		})
	}
}

// TestParams looks parameters up, sets and removes them.
func TestParams(t *testing.T) {
	p := header.Params(`;a;B = "x;y" ; c=1`)
	if v, ok := p.Get("b"); v != "x;y" || !ok {
		t.Errorf("b is %q, %v", v, ok)
	}
	if v, ok := p.Get("a"); v != "" || !ok {
		t.Errorf("a is %q, %v", v, ok)
	}
	if p.Has("x") || p.Has("y") {
		t.Error("what is quoted is found")
	}
	var names []string
	for name, value := range p.All() {
		names = append(names, name+"="+value)
	}
	if diff := cmp.Diff([]string{"a=", "B=x;y", "c=1"}, names); diff != "" {
		t.Error(diff)
	}
	for _, test := range []struct {
		name string
		got  header.Params
		want header.Params
	}{
		{"add", p.With("d", "2"), p + ";d=2"},
		{"replace", p.With("b", "z"), `;a;b=z; c=1`},
		{"quote", header.Params("").With("x", `a"b c`), `;x="a\"b c"`},
		{"flag", header.Params("").With("lr", ""), ";lr"},
		{"remove", p.Without("b"), `;a; c=1`},
		{"remove all of a name", header.Params(";a;b;A=1").Without("a"), ";b"},
		{"nothing to remove", p.Without("q"), p},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
	if n, ok := header.Number[uint8](";n=255", "n"); n != 255 || !ok {
		t.Errorf("%d, %v", n, ok)
	}
	if _, ok := header.Number[uint8](";n=256", "n"); ok {
		t.Error("a number over its maximum is one")
	}
}

// TestArguments looks arguments up and sets them.
func TestArguments(t *testing.T) {
	a := header.Arguments(`realm="a, b", nonce="c" ,qop=auth`)
	for name, want := range map[string]string{"REALM": "a, b", "nonce": "c", "qop": "auth", "b": ""} {
		if got := a.Value(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got, want := a.With("nonce", `"d"`), header.Arguments(`realm="a, b", nonce="d", qop=auth`); got != want {
		t.Errorf("%q", got)
	}
	if got, want := header.Arguments("").With("nc", "00000001"), header.Arguments("nc=00000001"); got != want {
		t.Errorf("%q", got)
	}
	if got, want := a.With("opaque", `"e"`), a+`, opaque="e"`; got != want {
		t.Errorf("%q", got)
	}
}

// TestWriter holds that no value says more than it may: what would be read as another value or field is not written.
func TestWriter(t *testing.T) {
	u := func(u uri.URI) func(*header.Writer) { return func(w *header.Writer) { w.URI(&u) } }
	for _, test := range []struct {
		name  string
		write func(*header.Writer)
		want  string // "" for an error
	}{
		{"token", func(w *header.Writer) { w.Token("abc") }, "abc"},
		{"token with a line end", func(w *header.Writer) { w.Token("abc\r\nX: y") }, ""},
		{"token with a separator", func(w *header.Writer) { w.Token("a;b") }, ""},
		{"empty token", func(w *header.Writer) { w.Token("") }, ""},
		{"text", func(w *header.Writer) { w.Text("å, b; c") }, "å, b; c"},
		{"text with CR", func(w *header.Writer) { w.Text("a\rb") }, ""},
		{"text with LF", func(w *header.Writer) { w.Text("a\nb") }, ""},
		{"text with NUL", func(w *header.Writer) { w.Text("a\x00b") }, ""},
		{"quoted", func(w *header.Writer) { w.Quoted(`a"b\` + "\x00") }, `"a\"b\\\` + "\x00\""},
		{"quoted with a line end", func(w *header.Writer) { w.Quoted("a\r\nb") }, ""},
		{"word", func(w *header.Writer) { w.Word("a@b") }, "a@b"},
		{"word with a space", func(w *header.Writer) { w.Word("a b") }, ""},
		{"Call-ID", func(w *header.Writer) { w.CallID("a@b") }, "a@b"},
		{"Call-ID with a line end", func(w *header.Writer) { w.CallID("a@b\r\n") }, ""},
		{"comment", func(w *header.Writer) { w.Comment("a (b)") }, "(a (b))"},
		{"comment that ends early", func(w *header.Writer) { w.Comment("a) (b") }, ""},
		{"host", func(w *header.Writer) { w.Host("[::1]") }, "[::1]"},
		{"host with a port", func(w *header.Writer) { w.Host("a:1") }, ""},
		{"decimal", func(w *header.Writer) { w.Decimal("0.5") }, "0.5"},
		{"no decimal", func(w *header.Writer) { w.Decimal("0.5;x") }, ""},
		{"params", func(w *header.Writer) { w.Params(";a=b") }, ";a=b"},
		{"params with a comma", func(w *header.Writer) { w.Params(";a=b,c") }, ""},
		{"params with a line end", func(w *header.Writer) { w.Params(";a=\"b\r\n\"") }, ""},
		{"params without a semicolon", func(w *header.Writer) { w.Params("a=b") }, ""},
		{"arguments", func(w *header.Writer) { w.Arguments(`a="b"`) }, `a="b"`},
		{"arguments with a line end", func(w *header.Writer) { w.Arguments("a=b\r\nX: y") }, ""},
		{"no arguments", func(w *header.Writer) { w.Arguments("") }, ""},
		{"URI", u(uri.URI{Scheme: "sip", User: "a", Host: "b"}), "sip:a@b"},
		{"URI with a space", u(uri.URI{Scheme: "sip", User: "a b", Host: "b"}), ""},
		{"URI with a header in the user", u(uri.URI{Scheme: "sip", User: "a@c>\r\nX: y", Host: "b"}), ""},
		{"URI with a host too many", u(uri.URI{Scheme: "sip", Host: "b;x"}), ""},
		{"URI of nothing", u(uri.URI{}), ""},
		{"opaque URI with a bracket", u(uri.URI{Scheme: "http", Opaque: "//a>"}), ""},
		{"fields", func(w *header.Writer) { w.Fields(header.Fields{{Name: "X-A", Value: ";;,"}}) }, "X-A: ;;,\r\n"},
		{"field with a line end", func(w *header.Writer) { w.Fields(header.Fields{{Name: "X", Value: "a\r\nVia: b"}}) }, ""},
		{"field with a bare LF", func(w *header.Writer) { w.Fields(header.Fields{{Name: "X", Value: "a\nVia: b"}}) }, ""},
		{"field with a name that is none", func(w *header.Writer) { w.Fields(header.Fields{{Name: "X: a\r\nY", Value: "b"}}) }, ""},
		{"field that is written otherwise", func(w *header.Writer) { w.Fields(header.Fields{{Name: "L", Value: "0"}}, "Length", "l") }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := header.NewWriter([]byte("before "))
			w.Begin("Name")
			test.write(w)
			got, err := w.Done()
			switch {
			case test.want == "" && err == nil:
				t.Errorf("written: %q", got)
			case test.want == "" && string(got) != "before ":
				t.Errorf("left behind: %q", got)
			case test.want != "" && err != nil:
				t.Error(err)
			case test.want != "" && string(got) != "before Name: "+test.want:
				t.Errorf("%q", got)
			}
		})
	}
}

// TestWriteError names the field and the value.
func TestWriteError(t *testing.T) {
	w := header.NewWriter(nil)
	w.Begin("Subject")
	w.Text("a\r\nb")
	_, err := w.Done()
	var wrong *header.WriteError
	if !errors.As(err, &wrong) || wrong.Field != "Subject" || wrong.Value != "a\r\nb" {
		t.Errorf("%#v", err)
	}
}
