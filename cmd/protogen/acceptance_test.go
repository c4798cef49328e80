package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
)

// acceptanceChecks is how many checks the acceptance script makes.
const acceptanceChecks = 101

var (
	passed   = regexp.MustCompile(`(?m)^ok \d+`)
	missed   = regexp.MustCompile(`(?m)^not ok .*`)
	planLine = regexp.MustCompile(`(?m)^1\.\.(\d+)$`)
)

// TestAcceptance has the client Net::EPP of Debian go through the whole protocol, over TLS and without, every response
// validated by libxml2.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	script := suite(t, "tools", "epp", "netepp_acceptance.pl")
	schema := suite(t, "xsd", "epp", "std", "all.xsd")
	if err := exec.Command("perl", "-MNet::EPP::Simple", "-MXML::LibXML", "-e1").Run(); err != nil {
		t.Skip("SKIPPED: the acceptance by a real client: no perl with Net::EPP and XML::LibXML (Debian: libnet-epp-perl libxml-libxml-perl)")
	}
	for _, transport := range []string{"--self-signed", "--plain"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			p := serveEPPProcess(t, transport)
			host, port, err := net.SplitHostPort(p.address)
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Abs(schema)
			if err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), "perl", script)
			command.Env = append(os.Environ(), "EPP_HOST="+host, "EPP_PORT="+port, "EPP_TLD=test", "EPP_XSD="+path,
				"EPP_USER1=ClientX", "EPP_PW1=foo-BAR2", "EPP_USER2=ClientY", "EPP_PW2=bar-FOO2")
			if p.plain {
				command.Env = append(command.Env, "EPP_NOSSL=1")
			}
			out, err := command.CombinedOutput()
			if failures := missed.FindAllString(string(out), -1); err != nil || len(failures) > 0 {
				t.Errorf("%v: %q\n%s\nthe server's log:\n%s", err, failures, out, p.log)
			}
			if n := len(passed.FindAll(out, -1)); n != acceptanceChecks {
				t.Errorf("%d of %d checks passed; the plan is %q", n, acceptanceChecks, planLine.Find(out))
			}
		})
	}
}

// TestDrain sends SIGTERM to a server with sessions open: what they have begun is finished, they end, and so does the
// server, with exit code 0.
func TestDrain(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"--self-signed", "--plain"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			p := serveEPPProcess(t, transport)
			fresh, busy := p.greeted(t), p.greeted(t)
			busy.login()
			busy.send(dataUnit(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><check><check xmlns="urn:ietf:params:xml:ns:domain-1.0">` +
				`<name>quarry.test</name></check></check><clTRID>LAST-1</clTRID></command></epp>`))
			busy.expect(`<result code="1000">`, "<clTRID>LAST-1</clTRID>")
			if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			fresh.expectEnd()
			busy.expectEnd()
			if err := <-p.ended; err != nil {
				t.Errorf("the server ends with %v\n%s", err, p.log)
			}
			if nc, err := net.Dial("tcp", p.address); err == nil {
				nc.Close()
				t.Error("the server still listens")
			}
		})
	}
}
