package registry_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/servers/registry"
)

// A registry with one registrar, and that registrar.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "registry")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	reg, err := registry.Open(ctx, registry.Config{
		DB: filepath.Join(dir, "registry.db"),
		Seed: registry.Seed{
			TLDs:       []string{"test"},
			Registrars: []registry.SeedRegistrar{{ID: "ClientX", Password: "foo-BAR2"}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	srv := &epp.Server{Handler: reg.Handler()} // with a TLSConfig, outside of examples
	go srv.Serve(l)
	defer srv.Close()

	c, err := epp.Dial(ctx, "tcp", l.Addr().String(), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	_, err = c.Login(ctx, &epp.Login{
		ClID: "ClientX", PW: "foo-BAR2", Options: epp.CredsOptions{Version: epp.Version1_0, Lang: "en"},
		Svcs: epp.LoginSvc{ObjURIs: []string{"urn:ietf:params:xml:ns:domain-1.0"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	res, err := c.DomainCheck(ctx, &epp.DomainCheck{Names: []string{"example.test", "example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, cd := range res.Data.CDs {
		fmt.Println(cd.Name.Value, cd.Name.Avail)
	}
	// Output:
	// example.test true
	// example.com false
}
