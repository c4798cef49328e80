package protogen_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/socket"
)

type handler struct{ epp.UnimplementedHandler } // answers 2101 to what it does not override

// Login lets everybody in.
func (handler) Login(context.Context, *epp.LoginRequest) (*epp.Response, error) {
	return &epp.Response{}, nil
}

func (handler) DomainCheck(_ context.Context, req *epp.DomainCheckRequest) (*epp.DomainCheckResponse, error) {
	res := &epp.DomainCheckResponse{Data: &epp.DomainChkData{}}
	for _, name := range req.Names {
		res.Data.CDs = append(res.Data.CDs, epp.DomainCheckType{Name: epp.DomainCheckName{Avail: true, Value: name}})
	}
	return res, nil
}

// A server and a client of the emitted EPP package, over TLS.
func Example() {
	ctx := context.Background()
	certificate, err := socket.SelfSigned(time.Hour, "127.0.0.1")
	if err != nil {
		log.Fatal(err)
	}
	listener, err := socket.Listen(ctx, "tcp", "127.0.0.1:0", socket.Options{})
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	trust := &tls.Config{RootCAs: x509.NewCertPool()}
	trust.RootCAs.AddCert(certificate.Leaf)
	address := listener.Addr().String()

	srv := &epp.Server{Handler: handler{}, TLSConfig: config} // the zero value of everything else works
	go func() {
		err := srv.Serve(listener) // net/http's contract: Shutdown(ctx), Close(), ErrServerClosed
		if err != epp.ErrServerClosed {
			log.Print(err)
		}
	}()
	defer srv.Close()

	c, err := epp.Dial(ctx, "tls", address, &epp.ClientConfig{TLSConfig: trust})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	menu := c.Greeting().SvcMenu
	if _, err := c.Login(ctx, &epp.Login{
		ClID: "ClientX", PW: "foo-BAR2", Options: epp.CredsOptions{Version: "1.0", Lang: "en"}, Svcs: epp.LoginSvc{ObjURIs: menu.ObjURIs},
	}); err != nil {
		log.Fatal(err)
	}
	res, err := c.DomainCheck(ctx, &epp.DomainCheck{Names: []string{"example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.Code(), res.Data.CDs[0].Name)
	// Output: 1000 {true example.com}
}

// TestReadme keeps the README's code what compiles here, and its specification what the loader's tests load.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme := read(t, "README.md")
	sources := map[string]string{"go": read(t, "readme_test.go"), "cue": read(t, "gen/load/testdata/ping/ping.cue")}
	blocks := regexp.MustCompile("(?s)```(go|cue)\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(blocks) < 4 {
		t.Fatalf("the README has %d code blocks", len(blocks))
	}
	for _, block := range blocks {
		for _, line := range strings.Split(block[2], "\n") {
			code, _, _ := strings.Cut(line, "//")
			if code = strings.Join(strings.Fields(code), " "); !strings.Contains(sources[block[1]], code) {
				t.Errorf("the README's %s code has a line that no test has: %s", block[1], code)
			}
		}
	}
}

// read returns a file with runs of white space folded.
func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(file, ".md") {
		return string(data)
	}
	return strings.Join(strings.Fields(string(data)), " ")
}
