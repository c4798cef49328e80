package registrar_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/registrar"
	"github.com/protogen-go/protogen/servers/sip"
)

// A program is one of another implementation, whose output is read line by line.
type program struct {
	t     *testing.T
	lines *bufio.Reader
}

func run(t *testing.T, name string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(name, args...)
	p := &program{t: t}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // its children end with it
		_, _ = io.Copy(io.Discard, p.lines)
		_ = cmd.Wait()
	})
	return p
}

func (p *program) want(line string) {
	p.t.Helper()
	got, err := p.lines.ReadString('\n')
	if strings.TrimSpace(got) != line {
		p.t.Fatalf("got %q, %v, want %q", got, err, line)
	}
}

// needNetSIP skips where the Perl module is not installed.
func needNetSIP(t *testing.T) {
	t.Helper()
	if err := exec.Command("perl", "-MNet::SIP", "-e", "1").Run(); err != nil {
		t.Skip("Net::SIP is not installed: its user agents are skipped")
	}
}

// User agents on Net::SIP register with us, call each other through us, and talk to ours in both directions.
func TestNetSIP(t *testing.T) {
	needNetSIP(t)
	s := serve(t, registrar.Config{Realm: "biloxi.example"})
	proxy := s.Addrs()[0].String()
	bob := run(t, "perl", "testdata/netsip-server.pl", proxy, freePort(t))
	bob.want("registered")
	carol := run(t, "perl", "testdata/netsip-client.pl", proxy, freePort(t))
	carol.want("established")
	bob.want("established")
	carol.want("over")
	bob.want("over")

	bob = run(t, "perl", "testdata/netsip-server.pl", proxy, freePort(t)) // ours calls theirs
	bob.want("registered")
	alice := newPhone(t, s, "carol", nil)
	req := alice.request("INVITE", "sip:bob@biloxi.example")
	req.ContentType, req.Body = wire.MediaType{Type: "application", Subtype: "sdp"}, []byte(sip.DefaultSession) // it wants an offer
	call, err := alice.Invite(t.Context(), req, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	bob.want("established")
	if err := call.Bye(t.Context()); err != nil {
		t.Error(err)
	}
	bob.want("over")

	ours := newPhone(t, s, "bob", sip.Answerer{}.Methods()) // theirs calls ours
	if res, err := ours.register("secret", nil); err != nil || res.Status != wire.CodeOK {
		t.Fatalf("%v, %v", res, err)
	}
	carol = run(t, "perl", "testdata/netsip-client.pl", proxy, freePort(t))
	carol.want("established")
	carol.want("over")
}

// SIPp's stock scenarios against ours, over UDP and TCP, also when it loses a twentieth of what it sends and gets, and the other way round.
func TestSIPp(t *testing.T) {
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Skip("SIPp is not installed: its scenarios are skipped")
	}
	s := serve(t, registrar.Config{})
	agent := newPhone(t, s, "bob", sip.Answerer{}.Methods())
	for i, transport := range []string{"u1", "t1"} {
		out, err := exec.CommandContext(t.Context(), "sipp", "-sn", "uac", agent.Addrs()[i].String(), "-i", "127.0.0.1", "-p", freePort(t), "-t", transport,
			"-m", "50", "-r", "50", "-d", "10", "-nostdin", "-timeout", "40s").CombinedOutput()
		if err != nil {
			t.Errorf("uac over %s: %v\n%s", transport, err, out[max(0, len(out)-2000):])
		}
	}
	out, err := exec.CommandContext(t.Context(), "sipp", "-sn", "uac", agent.Addrs()[0].String(), "-i", "127.0.0.1", "-p", freePort(t), "-lost", "5",
		"-m", "200", "-r", "100", "-d", "10", "-nostdin", "-timeout", "60s").CombinedOutput()
	if err != nil {
		t.Errorf("uac with a twentieth lost: %v\n%s", err, out[max(0, len(out)-2000):])
	}
	for transport, suffix := range map[string]string{"u1": "", "t1": ";transport=tcp"} {
		port := freePort(t)
		uas := exec.CommandContext(t.Context(), "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", port, "-t", transport, "-m", "1", "-nostdin", "-timeout", "40s")
		if err := uas.Start(); err != nil {
			t.Fatal(err)
		}
		req := agent.request("INVITE", "sip:service@127.0.0.1:"+port+suffix)
		req.Route = nil
		if suffix != "" {
			awaitListener(t, "127.0.0.1:"+port)
		}
		call, err := agent.Invite(t.Context(), req, nil, nil) // over UDP it is sent again until somebody listens
		if err != nil {
			t.Fatalf("uas over %s: %v", transport, err)
		}
		if err := call.Bye(t.Context()); err != nil {
			t.Errorf("uas over %s: %v", transport, err)
		}
		_ = uas.Process.Kill()
		_ = uas.Wait()
	}
}

// Kamailio relays between two of ours.
func TestKamailio(t *testing.T) {
	if _, err := exec.LookPath("kamailio"); err != nil {
		t.Skip("Kamailio is not installed: its proxy is skipped")
	}
	template, err := os.ReadFile("testdata/kamailio.cfg")
	if err != nil {
		t.Fatal(err)
	}
	port, config := freePort(t), filepath.Join(t.TempDir(), "kamailio.cfg")
	if err := os.WriteFile(config, bytes.ReplaceAll(template, []byte("PORT"), []byte(port)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "kamailio", "-DD", "-E", "-f", config, "-Y", filepath.Dir(config))
	awaitListener(t, "127.0.0.1:"+port)
	s := serve(t, registrar.Config{})
	bob, alice := newPhone(t, s, "bob", sip.Answerer{}.Methods()), newPhone(t, s, "alice", nil)
	for _, transport := range []string{"", ";transport=tcp"} {
		req := alice.request("INVITE", "sip:bob@"+bob.Addrs()[0].String())
		if err := req.Route[0].URI.Set("sip:127.0.0.1:" + port + transport + ";lr"); err != nil {
			t.Fatal(err)
		}
		call, err := alice.Invite(t.Context(), req, nil, nil)
		if err != nil {
			t.Fatalf("%q: %v", transport, err)
		}
		if len(call.Response.RecordRoute) == 0 {
			t.Errorf("%q: Kamailio is not in the path", transport)
		}
		if err := call.Bye(t.Context()); err != nil {
			t.Errorf("%q: BYE: %v", transport, err)
		}
	}
}

// awaitListener tries to connect until somebody listens.
func awaitListener(t *testing.T, address string) {
	t.Helper()
	for t.Context().Err() == nil {
		if nc, err := net.Dial("tcp", address); err == nil {
			_ = nc.Close()
			return
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
