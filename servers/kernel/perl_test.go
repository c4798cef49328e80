package kernel

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/protogen-go/protogen/generated/ikc"
	"github.com/protogen-go/protogen/runtime/tree"
)

// needPerl skips a test, aloud, where there is no POE.
func needPerl(t *testing.T) {
	t.Helper()
	if err := exec.Command("perl", "-MPOE::Filter::Reference", "-MTest::More", "-e", "1").Run(); err != nil {
		t.Skipf("SKIPPED: the live tests against POE's filters need perl (Debian: perl libpoe-perl): %v", err)
	}
}

// TestPerlClient serves a Perl program that speaks with POE's filters and Storable, in both negotiations.
func TestPerlClient(t *testing.T) {
	t.Parallel()
	needPerl(t)
	for _, protocol := range []string{"ikc0", "ikc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			server := &Kernel{Name: "Server", Logger: quiet, Config: ikc.Config{Classic: protocol == "ikc"}}
			demo(t, server)
			_, port, err := net.SplitHostPort(serve(t, server, "tcp"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := exec.Command("perl", "testdata/peer.pl", "client", port, protocol).CombinedOutput()
			if err != nil || strings.Contains(string(report), "not ok") {
				t.Errorf("%v\n%s", err, report)
			}
		})
	}
}

// TestPerlServer connects to a Perl program, calls it and is called.
func TestPerlServer(t *testing.T) {
	t.Parallel()
	needPerl(t)
	perl := exec.Command("perl", "testdata/peer.pl", "server")
	var report bytes.Buffer
	perl.Stderr = &report
	out, err := perl.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := perl.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	port, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	client := &Kernel{Name: "Client", CallTimeout: 10 * time.Second, Logger: quiet}
	heard, gone := make(chan struct{}), make(chan struct{})
	client.OnDisconnect = func(Peer, error) { close(gone) }
	if err := client.Publish(t.Context(), "me", States{"hello": Func(func(who string) string {
		close(heard)
		return "hello " + who
	})}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Connect(t.Context(), "tcp", "127.0.0.1:"+strings.TrimSpace(port)); err != nil {
		t.Fatal(err)
	}
	want := tree.MapOf(tree.Pair("clé", tree.String("ž")), tree.Pair("n", tree.ListOf(tree.Int(-1), tree.Int(1<<20), tree.Undef())))
	got, err := client.Call(t.Context(), "poe://Perl/test/echo", want)
	if err != nil || !got.Equal(want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	var refused *RemoteError
	if _, err := client.Call(t.Context(), "poe://Perl/x/y", 1); !errors.As(err, &refused) || refused.Op != "check" {
		t.Errorf("%v", err)
	}
	if _, err := client.Post(t.Context(), "poe://Perl/test/call_me", 1); err != nil {
		t.Error(err)
	}
	select {
	case <-heard:
	case <-gone:
		t.Error("not called")
	}
	if err := client.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	rest, err := lines.ReadString(0)
	if perl.Wait() != nil || strings.Contains(rest, "not ok") || !strings.Contains(rest, "our call is answered") {
		t.Errorf("%v\n%s%s", err, rest, &report)
	}
}
