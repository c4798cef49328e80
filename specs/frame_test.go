package specs_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/frame"
	"github.com/protogen-go/protogen/runtime/session"
)

// registry lets in whoever has the password.
type registry struct{ epp.UnimplementedHandler }

func (registry) Login(_ context.Context, r *epp.LoginRequest) (*epp.Response, error) {
	if r.PW != "foo-BAR2" {
		return nil, &epp.ResultError{Code: epp.CodeAuthError}
	}
	return nil, nil
}

// wholeFrame is more than any limit here.
const wholeFrame = 1 << 24

func dataUnit(t *testing.T, doc string) []byte {
	t.Helper()
	data, err := frame.Length{Width: 4, All: true, Max: wholeFrame}.Append(nil, []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// codes are the result codes of the responses in out; a greeting is 0.
func codes(t *testing.T, out []byte) []epp.ResultCode {
	t.Helper()
	var list []epp.ResultCode
	for len(out) > 0 {
		payload, n, err := frame.Length{Width: 4, All: true, Max: wholeFrame}.Next(out)
		if err != nil {
			t.Fatal(err)
		}
		m, err := epp.DecodeMessage(payload)
		if err != nil {
			t.Fatal(err)
		}
		code := epp.ResultCode(0)
		if r, ok := m.(interface{ Code() epp.ResultCode }); ok {
			code = r.Code()
		}
		list = append(list, code)
		out = out[n:]
	}
	return list
}

func login(password string, services int) string {
	var uris strings.Builder
	for i := range services {
		fmt.Fprintf(&uris, "<extURI>urn:ietf:params:xml:ns:service%04d-1.0</extURI>", i)
	}
	return `<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>ClientX</clID><pw>` + password + `</pw>
		<options><version>1.0</version><lang>en</lang></options><svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI>
		<svcExtension>` + uris.String() + `</svcExtension></svcs></login></command></epp>`
}

func check(names int) string {
	return `<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><check><domain:check xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">` +
		strings.Repeat("<domain:name>example.com</domain:name>", names) + `</domain:check></check></command></epp>`
}

// TestFrameLimits: until it has logged in, a client may send a login with a thousand services, and nothing much larger;
// then large commands too. A login that fails changes nothing.
func TestFrameLimits(t *testing.T) {
	const many = 1000
	var config epp.Config
	for i := range many {
		config.Extensions = append(config.Extensions, fmt.Sprintf("urn:ietf:params:xml:ns:service%04d-1.0", i))
	}
	big := check(3000)
	if len(big) < 100_000 {
		t.Fatalf("the command has %d octets only", len(big))
	}
	open := func() *session.Push {
		push := epp.NewServerSession(registry{}, config)
		push.Open()
		return push
	}
	t.Run("after login", func(t *testing.T) {
		push := open()
		got := codes(t, push.Receive(dataUnit(t, login("foo-BAR2", many))))
		got = append(got, codes(t, push.Receive(dataUnit(t, big)))...)
		if want := "[1000 2101]"; fmt.Sprintf("%d", got) != want {
			t.Errorf("the codes are %d, want %s", got, want)
		}
	})
	for name, before := range map[string]string{"before login": "", "after a login that failed": login("bar-FOO3", 1)} {
		t.Run(name, func(t *testing.T) {
			push := open()
			if before != "" {
				push.Receive(dataUnit(t, before))
			}
			got := codes(t, push.Receive(dataUnit(t, big)))
			if ended, _ := push.Ended(); !ended || len(got) != 1 || got[0] != epp.CodeFailedClosing {
				t.Errorf("the codes are %d, the session has ended: %v", got, ended)
			}
		})
	}
}
