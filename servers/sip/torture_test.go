package sip

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	wire "github.com/protogen-go/protogen/generated/sip"
	"github.com/protogen-go/protogen/servers/sip/ability"
)

// TestTorture sends the messages of RFC 4475 to a server, in datagrams, and wants the answer that each deserves. The suite is not
// part of the repository.
func TestTorture(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "torture")
	index, err := os.ReadFile(filepath.Join(root, "index.tsv"))
	if err != nil {
		t.Skip("the torture messages of RFC 4475 are not at hand: skipped")
	}
	for _, line := range strings.Split(strings.TrimSpace(string(index)), "\n")[1:] {
		f := strings.Split(line, "\t")
		t.Run(f[0], func(t *testing.T) {
			message, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f[0])))
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				if got := statuses(t, message); !owed(f[6], got) {
					t.Errorf("%s: got %v, want %s", f[3], got, f[6])
				}
			})
		})
	}
}

// statuses are the codes of the responses to a message.
func statuses(t *testing.T, message []byte) []string {
	p := newPackets("192.0.2.1:5060")
	var got []string
	p.send = func(b []byte, _ netip.AddrPort) {
		if m, err := wire.ParseMessage(b); err != nil {
			t.Errorf("sent what is no message: %q", b)
		} else if res, ok := m.(*Response); !ok || res.Validate() != nil && res.Status >= 200 && res.Status < 300 {
			t.Errorf("sent %q", b)
		} else if status := strconv.Itoa(int(res.Status)); res.Status >= 200 && (len(got) == 0 || got[len(got)-1] != status) {
			got = append(got, status)
		}
	}
	s := onPackets(t, Config{Handler: Answerer{}.Methods(), Ability: ability.Set{Registrar: true, Realm: "test"}}, p)
	p.deliver(netip.MustParseAddrPort("198.51.100.7:5070"), message)
	synctest.Wait()
	if s.transactions.Stats().Faults != 0 {
		t.Error("faults")
	}
	return got
}

var code = regexp.MustCompile(`\b[2-6](\d\d|xx)\b[^.]|\b[2-6](\d\d|xx)$`)

// owed reports whether responses are what an expectation of the index says: one of the codes that it names first, or none.
func owed(want string, got []string) bool {
	if strings.HasPrefix(want, "discard") {
		return len(got) == 0
	}
	first, _, _ := strings.Cut(want, ";")
	codes := code.FindAllString(first, -1)
	if len(got) == 0 {
		return len(codes) == 0 || strings.Contains(want, "on datagram") && strings.Contains(want, "stateless")
	}
	for _, c := range codes {
		if strings.HasPrefix(c, got[0]) || c[1:3] == "xx" && c[0] == got[0][0] {
			return true
		}
	}
	lenient := strings.HasPrefix(want, "ignore") || strings.Contains(want, "RFC 2543 matching")
	return lenient && got[0][0] == '2'
}
