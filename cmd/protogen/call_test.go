package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestCall goes through the client's commands against the server, over TLS. What is expected stands in the response's XML.
func TestCall(t *testing.T) {
	t.Parallel()
	p := serveEPPProcess(t, "--self-signed")
	login := []string{"--user", "ClientX", "--password", "foo-BAR2"}
	for _, c := range []struct {
		arguments string
		code      int
		want      string // in what is printed
	}{
		{"hello", 0, "<svID>"},
		{"login", 0, "logged in"},
		{"check domain quarry.test slate.test", 0, `<domain:name avail="1">slate.test</domain:name>`},
		{"create contact Q-1 --name Mason --street Quay --city Porto --country PT --email mason@quarry.example --auth mortar-42", 0, "<contact:creData"},
		{"create domain quarry.test --registrant Q-1 --auth mortar-42 --years 2", 0, "<domain:creData"},
		{"create host ns1.quarry.test --ip 192.0.2.1,2001:db8::1", 0, "<host:creData"},
		{"info domain quarry.test --cltrid CALL-1", 0, "<clTRID>CALL-1</clTRID>"},
		{"info domain quarry.test --json", 0, `"Name": "quarry.test"`},
		{"info host ns1.quarry.test", 0, `<host:addr ip="v6">2001:db8::1</host:addr>`},
		{"info contact Q-1", 0, "<contact:city>Porto</contact:city>"},
		{"create domain quarry.test --auth mortar-42", 1, "2302"},
		{"info domain slate.test", 1, "2303"},
		{"delete host ns1.quarry.test", 0, `<result code="1000">`},
		{"delete domain quarry.test", 0, `<result code="1000">`},
		{"delete contact Q-1", 0, `<result code="1000">`},
		{"poll", 0, `<result code="1300">`},
		{"poll ack 4711", 1, "2303"},
		{"check domain --trace quarry.test", 0, ">>> <epp"},

		{"dance", 2, `no verb "dance"`},
		{"check", 2, "missing: TYPE NAME"},
		{"check boat quarry.test", 2, `no object type "boat"`},
		{"login --password wrong-PW9", 1, "2200"},
	} {
		arguments := append([]string{"call", "epp", "--addr", p.address, "--insecure"}, login...)
		arguments = append(arguments, strings.Fields(c.arguments)...)
		var out, trouble bytes.Buffer
		code := run(context.Background(), console{nil, &out, &trouble}, arguments)
		if code != c.code || !strings.Contains(out.String()+trouble.String(), c.want) {
			t.Errorf("call epp %s: exit code %d, not %d, or %q is missing\n%s%s", c.arguments, code, c.code, c.want, &out, &trouble)
		}
	}
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		var out, trouble bytes.Buffer
		code := run(context.Background(), console{nil, &out, &trouble}, []string{"call", "epp", "--addr", p.address, "hello"})
		if code != 2 || !strings.Contains(trouble.String(), "certificate") || out.Len() > 0 {
			t.Errorf("exit code %d\n%s%s", code, &out, &trouble)
		}
	})
}
