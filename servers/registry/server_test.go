package registry

import (
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
	"math/big"
	"net"
	"path/filepath"
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

// What a registry holds outlives it, and a seed that is planted again gives registrars the passwords it says.
func TestReopen(t *testing.T) {
	db := filepath.Join(t.TempDir(), "registry.db")
	reg := openTest(t, db)
	if _, err := reg.Repository().CreateDomain(t.Context(), repository.Caller{ID: "ClientX"}, repository.NewDomain{Name: "a.test"}); err != nil {
		t.Fatal(err)
	}
	if err := reg.Close(); err != nil {
		t.Fatal(err)
	}
	reg, err := Open(t.Context(), Config{
		DB: db, Policy: repository.Policy{PasswordMemory: 64},
		Seed: Seed{TLDs: []string{"test"}, Registrars: []SeedRegistrar{{ID: "ClientX", Password: "new-PASS"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	info, err := reg.Repository().DomainInfo(t.Context(), repository.Caller{ID: "ClientX"}, "a.test", nil)
	if err != nil || info.Sponsor != "ClientX" {
		t.Errorf("%+v, %v", info, err)
	}
	for password, want := range map[string]bool{"foo-BAR2": false, "new-PASS": true} {
		err := reg.Repository().Authenticate(t.Context(), repository.Credentials{ID: "ClientX", Password: password})
		if (err == nil) != want {
			t.Errorf("%s: %v", password, err)
		}
	}
}
