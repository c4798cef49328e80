package repository_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	. "github.com/protogen-go/protogen/servers/registry/repository"
)

func TestAuthenticate(t *testing.T) {
	w := newWorld(t, Policy{})
	login := func(id, password string) error {
		return w.Authenticate(w.ctx, Credentials{ID: id, Password: password})
	}
	refused(t, login("Nobody", "foo-BAR2"), CodeAuthentication)
	refused(t, login("Nobody", ""), CodeAuthentication)
	refused(t, login("ClientX", "foo-BAR3"), CodeAuthentication)
	refused(t, login("clientx", "foo-BAR2"), CodeAuthentication)
	w.ok(login("ClientX", "foo-BAR2"))
	w.ok(w.SetPassword(w.ctx, "ClientX", "new-PASS"))
	refused(t, login("ClientX", "foo-BAR2"), CodeAuthentication)
	w.ok(login("ClientX", "new-PASS"))
	w.ok(login("ClientY", "foo-BAR2"))
	refused(t, w.SetPassword(w.ctx, "ClientX", ""), CodeMissing)
	if err := w.SetPassword(w.ctx, "Nobody", "new-PASS"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAuthenticateCertificate(t *testing.T) {
	w := newWorld(t, Policy{})
	cert := &x509.Certificate{Raw: []byte("one"), DNSNames: []string{"EPP.registrar.example"}}
	sum := sha256.Sum256(cert.Raw)
	print := strings.ToUpper(hex.EncodeToString(sum[:]))
	for name, c := range map[string]struct {
		fingerprints, names []string
		cert                *x509.Certificate
		verified, ok        bool
	}{
		"none wanted":       {nil, nil, nil, false, true},
		"any will do":       {nil, nil, cert, false, true},
		"by fingerprint":    {[]string{print}, nil, cert, false, true},
		"by name":           {[]string{"00"}, []string{"epp.registrar.example"}, cert, true, true},
		"name not verified": {nil, []string{"epp.registrar.example"}, cert, false, false},
		"missing":           {nil, []string{"epp.registrar.example"}, nil, false, false},
		"other name":        {nil, []string{"registrar.example"}, cert, true, false},
		"other certificate": {[]string{print[2:]}, nil, cert, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			w.ok(w.Enrol(w.ctx, Registrar{ID: "ClientX", Password: "foo-BAR2", Fingerprints: c.fingerprints, Names: c.names}))
			err := w.Authenticate(w.ctx, Credentials{ID: "ClientX", Password: "foo-BAR2", Certificate: c.cert, Verified: c.verified})
			if c.ok {
				w.ok(err)
			} else {
				refused(t, err, CodeAuthentication)
			}
		})
	}
}

func TestEnrol(t *testing.T) {
	w := newWorld(t, Policy{})
	refused(t, w.Enrol(w.ctx, Registrar{ID: "ab", Password: "x"}), CodeSyntax)
	refused(t, w.Enrol(w.ctx, Registrar{ID: "ClientX"}), CodeMissing)
	for _, password := range []string{"one-PASS", "one-PASS", "two-PASS"} {
		w.ok(w.Enrol(w.ctx, Registrar{ID: "ClientX", Password: password}))
		w.ok(w.Authenticate(w.ctx, Credentials{ID: "ClientX", Password: password}))
	}
	refused(t, w.Authenticate(w.ctx, Credentials{ID: "ClientX", Password: "one-PASS"}), CodeAuthentication)
}

func TestPoll(t *testing.T) {
	w := newWorld(t, Policy{})
	for _, name := range []string{"a.test", "b.test", "c.test"} {
		w.domain(clientX, name)
		must[*ObjectTransfer](w)(w.RequestDomainTransfer(w.ctx, clientY, name, Period{}, &AuthInfo{Password: "2fooBAR"}))
	}
	q := must[*Queue](w)(w.Poll(w.ctx, clientX))
	if q.Count != 3 || q.Head.DomainTransfer.Object != "a.test" || !q.Head.Queued.Equal(start) || q.Head.Text == "" {
		t.Errorf("queue %+v", q)
	}
	for id, code := range map[string]Code{"": CodeMissing, "x": CodeNotFound, "0": CodeNotFound, "0" + q.Head.MessageID(): CodeNotFound, "+1": CodeNotFound} {
		_, err := w.Acknowledge(w.ctx, clientX, id)
		refused(t, err, code)
	}
	_, err := w.Acknowledge(w.ctx, clientY, q.Head.MessageID()) // of another's queue
	refused(t, err, CodeNotFound)
	if m := w.drain(clientX); len(m) != 3 || m[2].DomainTransfer.Object != "c.test" {
		t.Errorf("drained %+v", m)
	}
	if q := must[*Queue](w)(w.Poll(w.ctx, clientX)); q.Count != 0 || q.Head != nil {
		t.Errorf("queue %+v", q)
	}
}
