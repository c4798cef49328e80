package ability_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/runtime/header"
	"github.com/protogen-go/protogen/runtime/header/uri"
)

// maker makes random values that may be written.
type maker struct{ *rand.Rand }

func (m maker) of(chars string, least int) string {
	b := make([]byte, least+m.IntN(8))
	for i := range b {
		b[i] = chars[m.IntN(len(chars))]
	}
	return string(b)
}

func (m maker) token() string   { return m.of("abcXYZ019-.!%*_+`'~", 1) }
func (m maker) text() string    { return "x" + m.of("ab \"\\,;:<>()é\t", 0) + "y" }
func (m maker) decimal() string { return fmt.Sprintf("%d.%d", m.IntN(2), m.IntN(1000)) }

func (m maker) quality() string { return fmt.Sprintf("0.%03d", m.IntN(1000)) }

func (m maker) host() string {
	return []string{"a.example", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.1]", "under_score"}[m.IntN(5)]
}

func (m maker) params() (p header.Params) {
	for range m.IntN(4) {
		p = p.With("p"+m.token(), []string{"", m.token(), m.text(), m.host()}[m.IntN(4)])
	}
	return p
}

func (m maker) uri() uri.URI {
	switch m.IntN(5) {
	case 0:
		return uri.URI{Scheme: "tel", Opaque: "+" + m.of("0123456789-.()", 0) + "7"}
	case 1:
		return uri.URI{Scheme: "x-" + m.of("ab+-.1", 0), Opaque: "//" + m.of("abc/?#", 1) + "%41"}
	}
	u := uri.URI{Scheme: "sip", Host: m.host(), Port: uint16(m.IntN(3) * 2530)}
	if m.IntN(2) == 0 {
		u.User = uri.EscapeUser(m.text())
		if m.IntN(2) == 0 {
			u.Password = uri.EscapePassword(m.text())
		}
	}
	for range m.IntN(3) {
		u.Params = u.Params.With(m.of("abc[]/:&+$é", 1), m.of("xyz@;=?", 0))
	}
	if m.IntN(3) == 0 {
		u.Headers = "a" + uri.EscapeHeader(m.text()) + "=" + uri.EscapeHeader(m.text())
	}
	return u
}

func (m maker) someone() sip.NameAddr {
	a := sip.NameAddr{URI: m.uri(), Params: m.params()}
	if m.IntN(2) == 0 {
		a.Display = m.text()
	}
	return a
}

func list[T any](m maker, one func() T) (list []T) {
	for range m.IntN(4) {
		list = append(list, one())
	}
	return list
}

func (m maker) mediaType() sip.MediaType {
	return sip.MediaType{Type: m.token(), Subtype: m.token(), Params: m.params()}
}

func (m maker) route() sip.Route { return sip.Route{Display: "", URI: m.uri(), Params: m.params()} }

// head fills what requests and responses have in common.
func (m maker) head(method string) sip.MessageHead {
	h := sip.MessageHead{
		Via:         append(list(m, m.via), m.via()),
		From:        m.someone(),
		To:          m.someone(),
		CallID:      m.of("ab<>\"\\[]{}?/:()", 1) + "@" + m.of("ab", 1),
		CSeq:        sip.CSeq{Number: m.Uint32() >> 1, Method: method},
		MaxForwards: header.Optional[uint8]{Value: 0, Present: m.IntN(2) == 0},
		Route:       list(m, m.route),
		RecordRoute: list(m, m.route),
		Contact: list(m, func() sip.Contact {
			return sip.Contact{Display: m.text(), URI: m.uri(), Params: m.params().With("q", m.quality())}
		}),
		Allow:         list(m, m.token),
		Accept:        list(m, m.mediaType),
		Require:       list(m, m.token),
		Subject:       m.text(),
		Authorization: list(m, func() sip.Credentials { return sip.Credentials{Scheme: m.token(), Arguments: m.arguments()} }),
		Warning:       list(m, func() sip.Warning { return sip.Warning{Code: uint16(100 + m.IntN(900)), Agent: "a:1", Text: m.text()} }),
		Body:          []byte(m.of("\r\n\x00abc ", 0)),
		Others:        header.Fields{{Name: "X-" + m.token(), Value: m.text()}, {Name: "x-" + m.token()}},
	}
	if m.IntN(2) == 0 {
		h.Date = time.Unix(m.Int64N(4e9), 0).UTC()
		h.RetryAfter = header.Some(sip.RetryAfter{Seconds: m.Uint32(), Comment: "a (b) c", Params: m.params()})
		h.Timestamp = sip.Timestamp{Time: m.decimal(), Delay: m.decimal()}
		h.ContentType = m.mediaType()
		h.Replaces = sip.Replaces{CallID: m.token(), Params: m.params().With("to-tag", m.token()).With("from-tag", m.token())}
	}
	return h
}

func (m maker) via() sip.Via {
	return sip.Via{Protocol: "SIP", ProtocolVersion: "2.0", Transport: m.token(), Host: m.host(), Port: uint16(m.IntN(3)), Params: m.params()}
}

func (m maker) arguments() header.Arguments {
	return header.Arguments("").With(m.token(), header.Quote(m.text())).With("z", m.token())
}

// TestRoundTrip: what is written is read as the same, for messages made at random.
func TestRoundTrip(t *testing.T) {
	same := cmp.Options{cmpopts.IgnoreUnexported(sip.MessageHead{}), cmpopts.EquateEmpty()}
	for seed := range uint64(2000) {
		m := maker{rand.New(rand.NewPCG(seed, 0))}
		method := m.token()
		var sent sip.Message = &sip.Request{Method: method, URI: m.plainURI(), Version: "2.0", MessageHead: m.head(method)}
		if seed%2 == 0 {
			sent = &sip.Response{Version: "2.0", Status: sip.Code(100 + m.IntN(600)), Reason: m.text(), MessageHead: m.head(method)}
		}
		out, err := sent.AppendMessage(nil)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got, err := sip.ParseMessage(out)
		if err != nil {
			t.Fatalf("seed %d: %q: %v", seed, out, err)
		}
		if err := got.Validate(); err != nil {
			t.Fatalf("seed %d: %q: %v", seed, out, err)
		}
		if diff := cmp.Diff(sent, got, same); diff != "" {
			t.Fatalf("seed %d: %q: -sent +got:\n%s", seed, out, diff)
		}
	}
}

// plainURI is a Request-URI, which has no headers.
func (m maker) plainURI() uri.URI {
	u := m.uri()
	u.Headers = ""
	return u
}
