package registry

import (
	"encoding/binary"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/generated/epp"
	"github.com/protogen-go/protogen/runtime/session"
	"github.com/protogen-go/protogen/servers/registry/repository"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata")

// TestScripts plays sessions against a registry with the registrars ClientX, ClientY and ClientZ and the zone test. Time
// begins with the year 2000 and passes when a script says so. The parts of a script are
//
//	-- X --            the inside of an epp element that a session of ClientX sends, which begins if it has not yet;
//	                   prefixes are the usual ones. A digit tells further sessions of a registrar apart: X2
//	-- X login a b --  a login with the password foo-BAR2, choosing the namespaces with these prefixes (all if none is named)
//	-- 120h --         time that passes
//	-- want --         the answer to what came before it, transaction identifiers of the server masked
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			script, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			db := filepath.Join(t.TempDir(), "registry.db")
			synctest.Test(t, func(t *testing.T) { play(t, script, db) })
			if *update {
				if err := os.WriteFile(file, txtar.Format(script), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func play(t *testing.T, script *txtar.Archive, db string) {
	reg := openTest(t, db)
	p := &player{t: t, reg: reg, sessions: map[string]*session.Push{}}
	var parts []txtar.File
	answer := ""
	for i, part := range script.Files {
		if part.Name == "want" {
			continue
		}
		answer = p.step(part)
		parts = append(parts, part)
		if answer == "" {
			continue
		}
		want := ""
		if next := i + 1; next < len(script.Files) && script.Files[next].Name == "want" {
			want = string(script.Files[next].Data)
		}
		if diff := cmp.Diff(want, answer); diff != "" && !*update {
			t.Errorf("part %d, %s\n%s-want +got\n%s", i, part.Name, part.Data, diff)
		}
		parts = append(parts, txtar.File{Name: "want", Data: []byte(answer)})
	}
	for _, s := range p.sessions {
		s.End()
	}
	synctest.Wait() // for what the ends of sessions cause
	if n := len(reg.sessions.open); n > 0 {
		t.Errorf("%d registrars still have sessions", n)
	}
	script.Files = parts
}

// openTest opens a registry with three registrars. Passwords are hashed cheaply, and not for use.
func openTest(t *testing.T, db string) *Registry {
	t.Helper()
	seed := Seed{TLDs: []string{"test"}}
	for _, id := range []string{"ClientX", "ClientY", "ClientZ"} {
		seed.Registrars = append(seed.Registrars, SeedRegistrar{ID: id, Password: "foo-BAR2"})
	}
	reg, err := Open(t.Context(), Config{
		DB: db, Seed: seed, Policy: repository.Policy{PasswordMemory: 64}, MaxSessions: 2, SweepEvery: 12 * time.Hour,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := reg.Close(); err != nil {
			t.Error(err)
		}
	})
	return reg
}

// player is a script at work.
type player struct {
	t        *testing.T
	reg      *Registry
	sessions map[string]*session.Push
	serial   int
}

// step does what a part says and returns the answer, "" for a part that has none.
func (p *player) step(part txtar.File) string {
	p.t.Helper()
	if d, err := time.ParseDuration(part.Name); err == nil {
		time.Sleep(d) // of the bubble
		synctest.Wait()
		return ""
	}
	words := strings.Fields(part.Name)
	who := words[0]
	s := p.sessions[who]
	if s == nil {
		s = epp.NewServerSession(p.reg.Handler(), epp.Config{})
		p.sessions[who] = s
		if greeting := s.Open(); !strings.Contains(string(greeting), "<greeting>") {
			p.t.Fatalf("no greeting: %q", greeting)
		}
	}
	p.serial++
	command := string(part.Data)
	if len(words) > 1 && words[1] == "login" {
		command = login("Client"+who[:1], words[2:])
	}
	command = strings.Replace(command, "</command>", fmt.Sprintf("<clTRID>ABC-%d</clTRID></command>", p.serial), 1)
	answer := s.Receive(frame(document(command)))
	if ended, err := s.Ended(); err != nil {
		p.t.Fatalf("session %s: %v", who, err)
	} else if ended {
		synctest.Wait()
		delete(p.sessions, who)
	}
	if len(answer) < 4 || int(binary.BigEndian.Uint32(answer)) != len(answer) {
		p.t.Fatalf("the answer is not one frame: %q", answer)
	}
	return readable(string(answer[4:]))
}

// document is an EPP document with the usual prefixes declared.
func document(inside string) string {
	var b strings.Builder
	b.WriteString(`<epp xmlns="` + spaceEPP + `"`)
	for _, prefix := range []string{"domain", "host", "contact", "secDNS", "rgp"} {
		b.WriteString(" xmlns:" + prefix + `="` + spaces[prefix] + `"`)
	}
	return b.String() + ">" + inside + "</epp>"
}

func login(id string, chosen []string) string {
	objects, extensions := "", ""
	for _, prefix := range []string{"domain", "host", "contact", "secDNS", "rgp"} {
		if len(chosen) > 0 && !slices.Contains(chosen, prefix) {
			continue
		}
		if prefix == "secDNS" || prefix == "rgp" {
			extensions += "<extURI>" + spaces[prefix] + "</extURI>"
		} else {
			objects += "<objURI>" + spaces[prefix] + "</objURI>"
		}
	}
	if extensions != "" {
		extensions = "<svcExtension>" + extensions + "</svcExtension>"
	}
	return "<command><login><clID>" + id + "</clID><pw>foo-BAR2</pw><options><version>1.0</version><lang>en</lang></options><svcs>" +
		objects + extensions + "</svcs></login></command>"
}

// frame is a data unit (RFC 5734 section 4).
func frame(doc string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(doc)+4)), doc...)
}

var svTRID = regexp.MustCompile("<svTRID>[^<]*</svTRID>")

// readable is a document in lines, with what differs between runs masked.
func readable(doc string) string {
	doc = svTRID.ReplaceAllString(doc, "<svTRID/>")
	return strings.ReplaceAll(doc, "><", ">\n<") + "\n"
}
