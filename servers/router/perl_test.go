package router

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/runtime/tree"
)

// needPerl skips a test, aloud, where there is no POE.
func needPerl(t *testing.T) {
	t.Helper()
	if err := exec.Command("perl", "-MPOE::Filter::Reference", "-MTest::More", "-e", "1").Run(); err != nil {
		t.Skipf("SKIPPED: the live tests against POE's filter need perl (Debian: perl libpoe-perl): %v", err)
	}
}

// goSession is what a Perl program subscribes to.
type goSession struct{}

func (goSession) Add(a, b int) int { return a + b }
func (goSession) Fail() error      { return Refuse("no such luck") }

// TestPerlSubscriber has a Perl program call a Go value.
func TestPerlSubscriber(t *testing.T) {
	t.Parallel()
	needPerl(t)
	r := &Router{Logger: quiet}
	port := servePort(t, r)
	if err := r.Client().Publish(t.Context(), "GoSession", goSession{}); err != nil {
		t.Fatal(err)
	}
	report, err := exec.Command("perl", "testdata/peer.pl", "subscriber", port).CombinedOutput()
	if err != nil || strings.Contains(string(report), "not ok") {
		t.Errorf("%v\n%s", err, report)
	}
}

// servePort is serve for who wants the port alone.
func servePort(t *testing.T, r *Router) string {
	t.Helper()
	_, port, err := net.SplitHostPort(serve(t, r, "tcp"))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// TestPerlPublisher calls the session of a Perl program.
func TestPerlPublisher(t *testing.T) {
	t.Parallel()
	needPerl(t)
	port := servePort(t, &Router{Logger: quiet})
	perl := exec.Command("perl", "testdata/peer.pl", "publisher", port)
	out, err := perl.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	perl.Stderr = perl.Stdout
	if err := perl.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for line := ""; line != "published\n"; {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	c := dial(t, "tcp", "127.0.0.1:"+port)
	p, err := c.Subscribe(t.Context(), "PerlSession")
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Methods(); len(m) != 1 || m[0].Name != "foo" || m[0].Signature != "(Str $s)" {
		t.Errorf("%+v", m)
	}
	for _, args := range [][]any{{"žluť", 1, map[string]any{"k": []any{2, nil}}}, {}} {
		if v, err := p.Call(t.Context(), "foo", args...); err != nil || v.String() != `""` {
			t.Errorf("%v %v", v, err)
		}
	}
	var failed *FailedError
	if _, err := p.Call(t.Context(), "foo", "fail"); !errors.As(err, &failed) || failed.Text != "no" {
		t.Errorf("%v", err)
	}
	rest, err := lines.ReadString(0)
	if perl.Wait() != nil || strings.Contains(rest, "not ok") {
		t.Errorf("%v\n%s", err, rest)
	}
	if names, err := c.Listing(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("%v %v", names, err)
	}
}

// TestPerlSignatures has Perl make proxy methods of what is published of Go methods, as subscribers do.
func TestPerlSignatures(t *testing.T) {
	t.Parallel()
	const module = "MooseX::Method::Signatures::Meta::Method"
	if err := exec.Command("perl", "-M"+module, "-e", "1").Run(); err != nil {
		t.Skipf("SKIPPED: the test of signatures needs Debian's libmoosex-method-signatures-perl: %v", err)
	}
	p, err := newPublished("kinds", Methods{
		"none":  func() {},
		"two":   func(int, string) int { return 0 },
		"kinds": func([]byte, float32, *uint8, map[string]int, []string, tree.Value, bool) (any, int) { return nil, 0 },
		"rest":  func(int, *string, ...string) {},
		"all":   func(...int) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range readMethods(p.describe()) {
		out, err := exec.Command("perl", "-M"+module, "-e", `package Proxy; use Moose;
			my $method = `+module+`->wrap(name => "m", package_name => "Proxy", signature => shift, traits => [], body => sub { "called" });
			Proxy->meta->add_method(m => $method);
			print Proxy->new->m(split /,/, shift);`, m.Signature, map[string]string{"rest": "1,x,y"}[m.Name]).CombinedOutput()
		if err != nil || string(out) != "called" {
			t.Errorf("%s %s: %v\n%s", m.Name, m.Signature, err, out)
		}
	}
}
