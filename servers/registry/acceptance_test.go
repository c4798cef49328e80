package registry

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestNetEPP has Net::EPP, the Perl client that registrars use, go through a registrar's whole life.
func TestNetEPP(t *testing.T) {
	script, err := filepath.Abs("../../../shared/tools/epp/netepp_acceptance.pl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(script); err != nil {
		t.Skip("the acceptance suite with Net::EPP is not there: skipped")
	}
	if err := exec.Command("perl", "-MNet::EPP", "-MIO::Socket::SSL", "-MXML::LibXML", "-e1").Run(); err != nil {
		t.Skip("perl or Net::EPP is not installed: the acceptance suite is skipped")
	}
	host, port, err := net.SplitHostPort(serve(t, openTest(t, filepath.Join(t.TempDir(), "registry.db"))))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "perl", script)
	cmd.Env = append(os.Environ(),
		"EPP_HOST="+host, "EPP_PORT="+port, "EPP_TLD=test",
		"EPP_USER1=ClientX", "EPP_PW1=foo-BAR2", "EPP_USER2=ClientY", "EPP_PW2=foo-BAR2",
		"EPP_XSD="+filepath.Join(filepath.Dir(script), "../../xsd/epp/std/all.xsd"),
	)
	out, err := cmd.CombinedOutput()
	if err != nil {
		failed := regexp.MustCompile(`(?m)^(not ok|#).*`).FindAll(out, -1)
		t.Errorf("%v\n%s", err, failed)
	}
}
