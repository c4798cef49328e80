package ability_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// ask makes a valid request.
func ask(t *testing.T, method, target string, fields ...string) *sip.Request {
	t.Helper()
	text := fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: 1\nCSeq: 1 %[1]s\n%[3]s\n",
		method, target, strings.Join(append(fields, ""), "\n"))
	m, err := sip.ParseMessage([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m.(*sip.Request)
}

// TestJudge has a row for each refusal, with the header fields that go with it.
func TestJudge(t *testing.T) {
	plain := ability.Set{}
	for _, test := range []struct {
		name string
		set  ability.Set
		req  *sip.Request
		want string // code and what goes with it; "" for none
	}{
		{"served", plain, ask(t, "OPTIONS", "sip:c@d"), ""},
		{"ACK is never answered", plain, ask(t, "ACK", "x:y", "Require: z"), ""},
		{"unknown method", plain, ask(t, "SING", "sip:c@d"), "501 Allow INVITE ACK BYE CANCEL OPTIONS REGISTER MESSAGE"},
		{"known method", ability.Set{Methods: []string{"INVITE"}}, ask(t, "BYE", "sip:c@d"), "405 Allow INVITE"},
		{"scheme", plain, ask(t, "OPTIONS", "tel:+1"), "416"},
		{"scheme that is served", ability.Set{Schemes: []string{"tel"}}, ask(t, "OPTIONS", "TEL:+1"), ""},
		{"extension", ability.Set{Extensions: []string{"100rel"}}, ask(t, "INVITE", "sip:c@d", "Require: 100rel, x, y"), "420 Unsupported x y"},
		{"extension of a CANCEL", plain, ask(t, "CANCEL", "sip:c@d", "Require: x"), ""},
		{"extension for proxies", plain, ask(t, "INVITE", "sip:c@d", "Proxy-Require: x"), ""},
		{"proxy: extension", ability.Set{Proxy: true}, ask(t, "SING", "sip:c@d", "Proxy-Require: x", "Require: y"), "420 Unsupported x"},
		{"proxy: last hop", ability.Set{Proxy: true}, ask(t, "INVITE", "sip:c@d", "Max-Forwards: 0"), "483"},
		{"proxy: hops are left", ability.Set{Proxy: true}, ask(t, "INVITE", "sip:c@d", "Max-Forwards: 1"), ""},
		{"proxy: scheme", ability.Set{Proxy: true}, ask(t, "INVITE", "http://x"), "416"},
		{"last hop is here", plain, ask(t, "INVITE", "sip:c@d", "Max-Forwards: 0"), ""},
		{"body", plain, ask(t, "INVITE", "sip:c@d", "Content-Type: image/x", "", "abc"), "415 Accept application/sdp multipart/* message/* text/*"},
		{"body that may be ignored", plain, ask(t, "INVITE", "sip:c@d", "Content-Type: image/x", "Content-Disposition: icon;handling=optional", "", "abc"), ""},
		{"range of types", plain, ask(t, "MESSAGE", "sip:c@d", "Content-Type: TEXT/x", "", "abc"), ""},
		{"encoding", plain, ask(t, "INVITE", "sip:c@d", "Content-Encoding: gzip", "", "abc"), "415 Accept-Encoding identity"},
		{"accept", plain, ask(t, "INVITE", "sip:c@d", "Accept: text/x"), "406"},
		{"accept anything", plain, ask(t, "INVITE", "sip:c@d", "Accept: text/x, */*;q=0.1"), ""},
		{"accept of what has no answer", plain, ask(t, "BYE", "sip:c@d", "Accept: text/x"), ""},
		{"credentials", ability.Set{Realm: "r"}, ask(t, "REGISTER", "sip:d", `Authorization: Nobody x="y"`), `401 WWW-Authenticate Digest realm="r"`},
		{"credentials that are known", ability.Set{Realm: "r"}, ask(t, "REGISTER", "sip:d", `Authorization: digest x="y"`), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if res := test.set.Judge(test.req); res != nil {
				got = summary(res)
				if _, err := res.AppendMessage(nil); err != nil {
					t.Error(err)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// summary is a response in short.
func summary(res *sip.Response) string {
	words := []string{fmt.Sprint(res.Status)}
	add := func(name string, values ...string) {
		if len(values) > 0 {
			words = append(append(words, name), values...)
		}
	}
	add("Allow", res.Allow...)
	add("Unsupported", res.Unsupported...)
	for i, a := range res.Accept {
		if i == 0 {
			add("Accept", a.Type+"/"+a.Subtype)
		} else {
			words = append(words, a.Type+"/"+a.Subtype)
		}
	}
	for _, e := range res.AcceptEncoding {
		add("Accept-Encoding", e.Value)
	}
	for _, c := range res.WWWAuthenticate {
		add("WWW-Authenticate", c.Scheme, string(c.Arguments))
	}
	return strings.Join(words, " ")
}
