package check_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/gen/check"
	"github.com/protogen-go/protogen/gen/load"
)

var update = flag.Bool("update", false, "write what is found into the golden files")

// TestRules runs the specification in each archive, beside testdata/prelude.cue, and compares what is found. There is an
// archive for each file of a rule, of the same name.
func TestRules(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no archives", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { golden(t, path) })
	}
}

func golden(t *testing.T, path string) {
	t.Parallel()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := read(t, archive)
	got := check.Run(r.Protocol, r.Schemas).String()
	for i, f := range archive.Files {
		switch f.Name {
		case "want":
			if *update {
				archive.Files[i].Data = []byte(got)
			} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		case "table":
			table := check.TableOf(r.Protocol, r.Protocol.Machines[0]).String()
			if *update {
				archive.Files[i].Data = []byte(table)
			} else if diff := cmp.Diff(string(f.Data), table); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// read loads the specification in the archive together with the prelude.
func read(t *testing.T, archive *txtar.Archive) *load.Result {
	t.Helper()
	prelude, err := os.ReadFile("testdata/prelude.cue")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"prelude.cue": {Data: prelude}}
	for _, f := range archive.Files {
		if f.Name != "want" && f.Name != "table" {
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	r, found := load.Load(".", load.Options{FS: files})
	if r == nil {
		t.Fatal(found)
	}
	return r
}

// TestEveryRuleHasAGolden: each finding that a rule may make is made by some archive.
func TestEveryRuleHasAGolden(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	var all strings.Builder
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for _, r := range check.Rules() {
		for _, id := range r.IDs {
			if !strings.Contains(all.String(), "error["+id+"]") && !strings.Contains(all.String(), "warning["+id+"]") {
				t.Errorf("no archive has a finding of %s %q", r.Name, id)
			}
		}
	}
}

// TestExplore: the pairs of the shipped specifications are run with at least two messages under way each way.
func TestExplore(t *testing.T) {
	for _, name := range []string{"epp", "ikc", "proxysession"} {
		r, found := load.Embedded(name)
		if r == nil {
			t.Fatal(found)
		}
		list := check.Explore(r.Protocol)
		if len(list) != 1 || list[0].Bound < 2 {
			t.Errorf("%s: explored %v", name, list)
		}
		t.Log(name, list)
	}
}

// TestRunAgain: two runs find the same, in the same order.
func TestRunAgain(t *testing.T) {
	for _, name := range []string{"guard", "timer", "tag", "pair"} {
		archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		r := read(t, archive)
		first := check.Run(r.Protocol, r.Schemas).String()
		if diff := cmp.Diff(first, check.Run(r.Protocol, r.Schemas).String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestShipped: the specifications that the binary carries pass every rule.
func TestShipped(t *testing.T) {
	for _, name := range []string{"epp", "ikc", "proxysession", "sip"} {
		r, found := load.Embedded(name)
		if r == nil {
			t.Fatal(found)
		}
		if found := check.Run(r.Protocol, r.Schemas); len(found) > 0 {
			t.Error(name, found)
		}
	}
}
