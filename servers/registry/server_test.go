package registry

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

// certificate is a self-signed one, and its fingerprint.
func certificate(t *testing.T, name string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, hex.EncodeToString(sum[:])
}

// serve runs a registry behind TLS that asks for client certificates, and returns its address.
func serve(t *testing.T, reg *Registry) string {
	t.Helper()
	own, _ := certificate(t, "registry.example")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &epp.Server{Handler: reg.Handler(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequestClientCert}}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		<-served
	})
	return l.Addr().String()
}

func dial(t *testing.T, address string, certs ...tls.Certificate) *epp.Client {
	t.Helper()
	c, err := epp.Dial(t.Context(), "tls", address, &epp.ClientConfig{TLSConfig: &tls.Config{InsecureSkipVerify: true, Certificates: certs}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func enter(ctx context.Context, c *epp.Client, id string) error {
	_, err := c.Login(ctx, &epp.Login{
		ClID: id, PW: "foo-BAR2", Options: epp.CredsOptions{Version: epp.Version1_0, Lang: "en"},
		Svcs: epp.LoginSvc{ObjURIs: []string{spaceDomain}},
	})
	return err
}

// code is the result code of an error, 0 for none.
func code(t *testing.T, err error) epp.ResultCode {
	t.Helper()
	var refusal *epp.ResultError
	if err != nil && !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	if refusal == nil {
		return 0
	}
	return refusal.Code
}

// A registrar that is bound to a certificate has no session without it.
func TestClientCertificate(t *testing.T) {
	reg := openTest(t, filepath.Join(t.TempDir(), "registry.db"))
	mine, fingerprint := certificate(t, "registrar.example")
	other, _ := certificate(t, "registrar.example")
	err := reg.Repository().Enrol(t.Context(), repository.Registrar{ID: "ClientX", Password: "foo-BAR2", Fingerprints: []string{fingerprint}})
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, reg)
	for _, c := range []struct {
		name  string
		certs []tls.Certificate
		want  epp.ResultCode
	}{
		{"none", nil, epp.CodeAuthError},
		{"another", []tls.Certificate{other}, epp.CodeAuthError},
		{"the one", []tls.Certificate{mine}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := code(t, enter(t.Context(), dial(t, address, c.certs...), "ClientX")); got != c.want {
				t.Errorf("got code %d, want %d", got, c.want)
			}
		})
	}
}

// Registrars who race for names over the wire get each name once.
func TestConcurrentRegistrars(t *testing.T) {
	reg := openTest(t, filepath.Join(t.TempDir(), "registry.db"))
	address := serve(t, reg)
	const names = 10
	var mu sync.Mutex
	got := map[epp.ResultCode]int{}
	var wg sync.WaitGroup
	for _, id := range []string{"ClientX", "ClientX", "ClientY", "ClientY", "ClientZ"} {
		c := dial(t, address)
		if err := enter(t.Context(), c, id); err != nil {
			t.Fatal(err)
		}
		for i := range names {
			wg.Go(func() {
				_, err := c.DomainCreate(t.Context(), &epp.DomainCreate{
					Name: fmt.Sprintf("name%d.test", i), AuthInfo: epp.DomainAuthInfo{PW: &epp.PWAuthInfo{Value: "2fooBAR"}},
				})
				mu.Lock()
				defer mu.Unlock()
				got[code(t, err)]++
			})
		}
	}
	wg.Wait()
	if diff := cmp.Diff(map[epp.ResultCode]int{0: names, epp.CodeObjectExists: 4 * names}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestReadSeed(t *testing.T) {
	got, err := ReadSeed(strings.NewReader(`{"registrars": [{"id": "ClientX", "password": "foo-BAR2"}], "tlds": ["test"]}`))
	want := Seed{Registrars: []SeedRegistrar{{ID: "ClientX", Password: "foo-BAR2"}}, TLDs: []string{"test"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	for _, bad := range []string{"", "[]", `{"registrar": []}`, `{} {}`, `{"tlds": "test"}`} {
		if _, err := ReadSeed(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no file":     {},
		"zone":        {Seed: Seed{TLDs: []string{".test"}}},
		"no A-label":  {Seed: Seed{TLDs: []string{"xn--a"}}},
		"suffix":      {Policy: repository.Policy{Suffix: "too-long-a-suffix"}},
		"years":       {Policy: repository.Policy{DefaultYears: 20}},
		"registrar":   {Seed: Seed{Registrars: []SeedRegistrar{{ID: "X", Password: "foo-BAR2"}}}},
		"no password": {Seed: Seed{Registrars: []SeedRegistrar{{ID: "ClientX"}}}},
	} {
		if name != "no file" {
			cfg.DB = filepath.Join(t.TempDir(), "registry.db")
		}
		if reg, err := Open(t.Context(), cfg); err == nil {
			reg.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

// What a registry holds outlives it, passwords and zones included; a seed that is planted again undoes nothing.
func TestReopen(t *testing.T) {
	db := filepath.Join(t.TempDir(), "registry.db")
	reg := openTest(t, db)
	if _, err := reg.Repository().CreateDomain(t.Context(), repository.Caller{ID: "ClientX"}, repository.NewDomain{Name: "a.test"}); err != nil {
		t.Fatal(err)
	}
	if err := reg.Repository().SetPassword(t.Context(), "ClientX", "my-OWN-1"); err != nil {
		t.Fatal(err)
	}
	if err := reg.Close(); err != nil {
		t.Fatal(err)
	}
	seed := Seed{TLDs: []string{"Example"}, Registrars: []SeedRegistrar{
		{ID: "ClientX", Password: "foo-BAR2", Fingerprints: []string{"00"}}, {ID: "ClientW", Password: "foo-BAR2"},
	}}
	for _, c := range []struct {
		name   string
		config Config
		x, w   string // passwords; "" for a registrar that is not there
		zones  []string
	}{
		{"without a seed", Config{}, "my-OWN-1", "", []string{"test"}},
		{"with a seed", Config{Seed: seed}, "my-OWN-1", "foo-BAR2", []string{"example", "test"}},
		{"to reset passwords", Config{Seed: seed, ResetPasswords: true}, "foo-BAR2", "foo-BAR2", []string{"example", "test"}},
		{"with zones of the policy", Config{Policy: repository.Policy{TLDs: []string{"test"}}}, "foo-BAR2", "foo-BAR2", []string{"example", "test"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.DB, c.config.Policy.PasswordMemory = db, 64
			reg, err := Open(t.Context(), c.config)
			if err != nil {
				t.Fatal(err)
			}
			defer reg.Close()
			repo := reg.Repository()
			info, err := repo.DomainInfo(t.Context(), repository.Caller{ID: "ClientX"}, "a.test", nil)
			if err != nil || info.Sponsor != "ClientX" {
				t.Errorf("%+v, %v", info, err)
			}
			zones := slices.Sorted(slices.Values(repo.Policy().TLDs))
			if diff := cmp.Diff(c.zones, zones); diff != "" {
				t.Errorf("zones: -want +got\n%s", diff)
			}
			for id, want := range map[string]string{"ClientX": c.x, "ClientW": c.w} {
				for _, password := range []string{"foo-BAR2", "my-OWN-1"} {
					err := repo.Authenticate(t.Context(), repository.Credentials{ID: id, Password: password})
					if (err == nil) != (password == want) {
						t.Errorf("%s with %s: %v", id, password, err)
					}
				}
			}
		})
	}
}

// A registry in which nobody can log in says so, and only such a one does.
func TestOpenWarns(t *testing.T) {
	db := filepath.Join(t.TempDir(), "registry.db")
	registrars := []SeedRegistrar{{ID: "ClientX", Password: "foo-BAR2"}}
	for _, c := range []struct {
		name     string
		seed     Seed
		warnings int
	}{
		{"new", Seed{TLDs: []string{"test"}}, 1},
		{"seeded", Seed{Registrars: registrars}, 0},
		{"reopened", Seed{}, 0},
	} {
		var log bytes.Buffer
		reg, err := Open(t.Context(), Config{
			DB: db, Seed: c.seed, Policy: repository.Policy{PasswordMemory: 64}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := reg.Close(); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "nobody can log in"); n != c.warnings || strings.Count(log.String(), "\n") != n {
			t.Errorf("%s: %d warnings, want %d:\n%s", c.name, n, c.warnings, &log)
		}
	}
}

func TestSource(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1:700":           "192.0.2.1",
		"192.0.2.1:701":           "192.0.2.1",
		"[::ffff:192.0.2.1]:700":  "192.0.2.1",
		"[2001:db8:1:2:3::4]:700": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:700":      "fe80::/64",
		"/run/epp.socket":         "",
		"":                        "",
	} {
		if got := source(address); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}

// loginRecorder keeps what a login tells.
type loginRecorder struct {
	epp.UnimplementedHandler
	got repository.Credentials
}

func (r *loginRecorder) Login(ctx context.Context, req *epp.LoginRequest) (*epp.Response, error) {
	r.got = credentials(ctx, req)
	return &epp.Response{}, nil
}

// A login waits with the others of its address.
func TestCredentials(t *testing.T) {
	var r loginRecorder
	s := epp.NewServerSession(&r, epp.Config{})
	s.SetPeer(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 700}, nil)
	s.Open()
	s.Receive(frame(document(login("ClientX", nil))))
	want := repository.Credentials{ID: "ClientX", Password: "foo-BAR2", Source: "192.0.2.1"}
	if diff := cmp.Diff(want, r.got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// No refusal of the registry repeats a secret, whatever the secret has to do with it.
func TestRefusalsKeepSecrets(t *testing.T) {
	reg := openTest(t, filepath.Join(t.TempDir(), "registry.db"))
	s := epp.NewServerSession(reg.Handler(), epp.Config{})
	defer s.End()
	s.Open()
	secret := strings.Repeat("secret", 50) // longer than authorization information may be
	auth := func(prefix, s string) string {
		return "<" + prefix + ":authInfo><" + prefix + ":pw>" + s + "</" + prefix + ":pw></" + prefix + ":authInfo>"
	}
	contact := `<contact:id>sh8013</contact:id><contact:postalInfo type="int"><contact:name>J</contact:name><contact:addr>` +
		`<contact:city>D</contact:city><contact:cc>US</contact:cc></contact:addr></contact:postalInfo><contact:email>j@example.com</contact:email>`
	for _, c := range []struct {
		name, command string
		code          epp.ResultCode
	}{
		{"login", strings.Replace(login("ClientX", nil), "foo-BAR2", "secretpw", 1), epp.CodeAuthError},
		{
			"login with a new password",
			strings.Replace(login("Nobody", nil), "foo-BAR2</pw>", "secretpw</pw><newPW>secretnew</newPW>", 1), epp.CodeAuthError,
		},
		{"", login("ClientX", nil), epp.CodeCompleted},
		{"domain:create", "<create><domain:create><domain:name>a.test</domain:name>" + auth("domain", secret) + "</domain:create></create>", epp.CodeValuePolicy},
		{"domain:create of a bad name", "<create><domain:create><domain:name>a.other</domain:name>" + auth("domain", secret) + "</domain:create></create>", epp.CodeValuePolicy},
		{"contact:create", "<create><contact:create>" + contact + auth("contact", secret) + "</contact:create></create>", epp.CodeValuePolicy},
		{"", "<create><domain:create><domain:name>b.test</domain:name>" + auth("domain", "x") + "</domain:create></create>", epp.CodeCompleted},
		{"", "<create><contact:create>" + contact + auth("contact", "x") + "</contact:create></create>", epp.CodeCompleted},
		{"domain:update", "<update><domain:update><domain:name>b.test</domain:name><domain:chg>" + auth("domain", secret) + "</domain:chg></domain:update></update>", epp.CodeValuePolicy},
		{"contact:update", "<update><contact:update><contact:id>sh8013</contact:id><contact:chg>" + auth("contact", secret) + "</contact:chg></contact:update></update>", epp.CodeValuePolicy},
		{"domain:info", "<info><domain:info><domain:name>b.test</domain:name>" + auth("domain", secret) + "</domain:info></info>", epp.CodeInvalidAuthInfo},
		{"contact:info", "<info><contact:info><contact:id>sh8013</contact:id>" + auth("contact", secret) + "</contact:info></info>", epp.CodeInvalidAuthInfo},
	} {
		if !strings.HasPrefix(c.command, "<command>") {
			c.command = "<command>" + c.command + "</command>"
		}
		answer := string(s.Receive(frame(document(c.command)))[4:])
		if !strings.Contains(answer, fmt.Sprintf(`code="%d"`, c.code)) || strings.Contains(answer, "secret") {
			t.Errorf("%s: want code %d and no secret\n%s", c.name, c.code, answer)
		}
	}
}
