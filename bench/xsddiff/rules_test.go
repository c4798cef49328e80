package xsddiff

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// rulesDir is where the rules are that gen/xsd is tested with.
var rulesDir = flag.String("xsddiff.rules", filepath.Join("..", "..", "gen", "xsd", "testdata", "rules"), "the directory of the rules")

// readRules reads all rules, as cases in dir.
func readRules(t *testing.T, dir string) ([]Rule, []Case) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(*rulesDir, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []Rule
	var cases []Case
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		more, err := ParseRules(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range more {
			c, err := r.Write(dir, fmt.Sprintf("rule-%d", len(rules)))
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, r)
			cases = append(cases, c)
		}
	}
	return rules, cases
}

// TestRules asks all engines about the rules that gen/xsd is tested with, and logs what others think otherwise: the
// expected verdicts are those of the recommendation.
func TestRules(t *testing.T) {
	engines := append([]Engine{Ours{}}, startAll(t)...)
	rules, cases := readRules(t, t.TempDir())
	said := judgeAll(t, engines, cases)
	docs := 0
	for i, r := range rules {
		want := string(rune(Invalid))
		if r.Valid {
			want = string(rune(Valid))
		}
		for _, d := range r.Docs {
			docs++
			if d.Valid {
				want += string(rune(Valid))
			} else {
				want += string(rune(Invalid))
			}
		}
		line := ""
		for j, e := range engines {
			v := said[j][cases[i].ID]
			if got := string(rune(v.Schema)) + v.Instances; got != want {
				line += fmt.Sprintf("\n    %s %s %s", e.Name(), got, v.Message)
				if e == (Ours{}) {
					t.Errorf("%s: we say %s, expected %s", r.Name, got, want)
				}
			}
		}
		if line != "" {
			t.Logf("%s: expected %s%s", r.Name, want, line)
		}
	}
	t.Logf("%d schemas, %d documents", len(rules), docs)
}
