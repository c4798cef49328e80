package load_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/gen/load"
)

// FuzzLoad: whatever a file holds, loading it ends with a result or with errors, each at a place the user knows.
func FuzzLoad(f *testing.F) {
	archives, err := filepath.Glob("testdata/findings/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if filepath.Ext(file.Name) == ".cue" {
				f.Add(string(file.Data))
			}
		}
	}
	f.Add("package p\n\nspec: \"text\"\n")
	f.Add("package p\n\nspec: {}\nother: 1 & 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		fsys := fstest.MapFS{"spec/p.cue": {Data: []byte(text)}}
		result, findings := load.Load("spec", load.Options{FS: fsys})
		if (result == nil) != findings.HasErrors() {
			t.Errorf("a result of %v with\n%s", result, findings)
		}
		for _, d := range findings {
			if d.Pos.File != "spec" && !strings.HasPrefix(d.Pos.File, "spec/") {
				t.Errorf("a finding at %q: %s", d.Pos, d.Message)
			}
		}
	})
}
