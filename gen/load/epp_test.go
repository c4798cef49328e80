package load_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cuelang.org/go/cue/format"

	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// TestExamples: the examples of the specifications are valid.
func TestExamples(t *testing.T) {
	for _, dir := range []string{epp, "testdata/ping"} {
		result := mustLoad(t, dir, load.Options{})
		schema := result.Schemas.Schema()
		for _, m := range result.Protocol.Messages {
			if len(m.Examples) == 0 {
				t.Errorf("%s: message %q has no example", dir, m.Name)
			}
			for _, x := range m.Examples {
				if err := schema.Validate([]byte(x.Text), xsdrun.Options{}); err != nil {
					t.Errorf("%s: %s: %q: %v", x.Pos, m.Name, x.Name, err)
				}
			}
		}
	}
}

// TestSchemasOfEPP compares our schemas with the standard's: whatever a document of the corpus is to one set, it is to the
// other. Both are run by the same interpreter, so that only the schemas are compared.
func TestSchemasOfEPP(t *testing.T) {
	const standard, corpus = "../../../shared/xsd/epp/std", "../../../shared/corpus/epp"
	for _, dir := range []string{standard, corpus} {
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("no %s: our schemas of EPP are not compared with the standard's", dir)
		}
	}
	result := mustLoad(t, epp, load.Options{})
	var sources []xsd.Source
	for _, s := range result.Protocol.Schemas {
		data, err := os.ReadFile(filepath.Join(standard, filepath.Base(s.File)))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, xsd.Source{Name: s.File, Data: data})
	}
	theirSet, findings := xsd.Compile(sources, xsd.Options{})
	if theirSet == nil {
		t.Fatal(findings)
	}
	ours, theirs := result.Schemas.Schema(), theirSet.Schema()
	documents, valid := 0, 0
	err := filepath.WalkDir(corpus, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) == ".tsv" {
			return err
		}
		doc, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		documents++
		got, want := verdict(ours.Validate(doc, xsdrun.Options{})), verdict(theirs.Validate(doc, xsdrun.Options{}))
		if want == "" {
			valid++
		}
		if got != want {
			t.Errorf("%s:\nours\n%s\nthe standard's\n%s", name, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if documents < 3000 || valid < 500 {
		t.Errorf("only %d documents, %d of them valid", documents, valid)
	}
}

// verdict is the rules that a document breaks and where; "" for a valid one.
func verdict(err error) string {
	invalid, ok := err.(*xsdrun.ValidationError)
	if !ok {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	var b strings.Builder
	for _, f := range invalid.Faults {
		fmt.Fprintf(&b, "%d:%d: %s %s\n", f.Line, f.Column, f.Rule, f.Path)
	}
	return b.String()
}

// TestFormatted: the files of the shipped specifications are as "cue fmt" leaves them.
func TestFormatted(t *testing.T) {
	for _, pattern := range []string{"../../specs/*/*.cue", "testdata/ping/*.cue"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want, err := format.Source(text)
			if err != nil {
				t.Fatal(err)
			}
			if string(text) != string(want) {
				t.Errorf("%s is not formatted: cue fmt %[1]s", name)
			}
		}
	}
}
