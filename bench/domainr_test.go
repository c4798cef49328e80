package bench

import (
	"crypto/tls"
	"errors"
	"testing"
	"time"

	domainr "github.com/domainr/epp"
	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/generated/epp"
)

// TestDomainr has the client github.com/domainr/epp log in, check and get information at our registry, over TLS.
func TestDomainr(t *testing.T) {
	t.Parallel()
	address, config := serveRegistry(t)
	register(t, address, config, "taken.test")

	nc, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	c, err := domainr.NewTimeoutConn(nc, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("greeting", func(t *testing.T) {
		if c.Greeting.ServerName == "" || !c.Greeting.SupportsObject(domainr.ObjDomain) || !c.Greeting.SupportsExtension(domainr.ExtSecDNS) {
			t.Errorf("greeting %+v", c.Greeting)
		}
	})
	t.Run("login", func(t *testing.T) {
		refused := new(domainr.Result)
		if _, err := c.Login(clientID, "wrong-PW9", ""); !errors.As(err, &refused) || refused.Code != 2200 {
			t.Errorf("a wrong password gives %v", err)
		}
		result, err := c.Login(clientID, clientPW, "")
		if err != nil || result.Code != 1000 {
			t.Fatal(result, err)
		}
	})
	t.Run("check", func(t *testing.T) {
		res, err := c.CheckDomain("taken.test", "free.test")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, check := range res.Checks {
			got[check.Domain] = check.Available
		}
		if diff := cmp.Diff(map[string]bool{"taken.test": false, "free.test": true}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("info", func(t *testing.T) {
		res, err := c.DomainInfo("taken.test", nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.Domain != "taken.test" || res.ClID != clientID || res.ID == "" || !res.ExDate.After(res.CrDate) {
			t.Errorf("info %+v", res)
		}
		refused := new(domainr.Result)
		if _, err := c.DomainInfo("free.test", nil); !errors.As(err, &refused) || refused.Code != 2303 {
			t.Errorf("info of a name that is free gives %v", err)
		}
	})
	t.Run("logout", func(t *testing.T) {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// register makes a domain with the emitted client.
func register(t *testing.T, address string, config *tls.Config, name string) {
	t.Helper()
	c, err := epp.Dial(t.Context(), "tls", address, &epp.ClientConfig{TLSConfig: config})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Login(t.Context(), login()); err != nil {
		t.Fatal(err)
	}
	_, err = c.DomainCreate(t.Context(), &epp.DomainCreate{
		Name: name, AuthInfo: epp.DomainAuthInfo{PW: &epp.PWAuthInfo{Value: "2fooBAR-quay"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func login() *epp.Login {
	return &epp.Login{
		ClID: clientID, PW: clientPW,
		Options: epp.CredsOptions{Version: "1.0", Lang: "en"},
		Svcs: epp.LoginSvc{ObjURIs: []string{
			"urn:ietf:params:xml:ns:domain-1.0", "urn:ietf:params:xml:ns:host-1.0", "urn:ietf:params:xml:ns:contact-1.0",
		}},
	}
}
