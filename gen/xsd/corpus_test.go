package xsd_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// eppSources are the registered EPP schemas that lie beside the repository, or the test is skipped.
func eppSources(t testing.TB) []xsd.Source {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "xsd", "epp", "std", "*.xsd"))
	if err != nil || len(files) == 0 {
		t.Skip("the EPP schemas are not there: skipping the EPP corpus")
	}
	var sources []xsd.Source
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, xsd.Source{Name: filepath.ToSlash(file), Data: data})
	}
	return sources
}

// TestCorpus validates the EPP corpus and compares with libxml2's verdicts. Where libxml2 is wrong, the test says
// which fault of it explains the difference.
func TestCorpus(t *testing.T) {
	set, findings := xsd.Compile(eppSources(t), xsd.Options{})
	if set == nil {
		t.Fatal(findings)
	}
	root := filepath.Join("..", "..", "..", "shared", "corpus", "epp")
	f, err := os.Open(filepath.Join(root, "index.tsv"))
	if err != nil {
		t.Skip("the EPP corpus is not there: skipping it")
	}
	defer f.Close()
	table := csv.NewReader(f)
	table.Comma, table.LazyQuotes, table.FieldsPerRecord = '\t', true, -1
	rows, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]int{}
	for _, row := range rows[1:] {
		name, want := row[0], row[4]
		doc, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		got, detail := verdict(set, doc)
		if got == want {
			continue
		}
		if why := explain(got, want, row[6], doc); why != "" {
			explained[why]++
			continue
		}
		t.Errorf("%s: %s, libxml2 says %s\n\tours: %s\n\tits: %s", name, got, want, detail, row[6])
	}
	for _, fault := range []string{paddedFault, prefixFault, nulFault} {
		t.Logf("libxml2: %s: %d of %d documents", fault, explained[fault], len(rows)-1)
		if explained[fault] == 0 {
			t.Errorf("no document shows that libxml2 is wrong about %s", fault)
		}
	}
}

// What libxml2 2.9.14 gets wrong in the corpus.
const (
	paddedFault = "white space around dates and bounded integers"
	prefixFault = "prefixes that are not declared, which it calls invalid instead of malformed"
	nulFault    = "a NUL after the root, which it accepts"
)

// TestMini compiles the one-feature schemas that lie beside the repository and validates the document that comes with
// each.
func TestMini(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "xsd", "mini", "*"))
	if err != nil || len(dirs) == 0 {
		t.Skip("the one-feature schemas are not there: skipping them")
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			name := filepath.Join(dir, "s.xsd")
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			set, findings := xsd.Compile([]xsd.Source{{Name: name, Data: data}}, xsd.Options{Open: os.ReadFile})
			if len(findings) > 0 {
				t.Fatal(findings)
			}
			doc, err := os.ReadFile(filepath.Join(dir, "d.xml"))
			if err != nil {
				t.Fatal(err)
			}
			if word, detail := verdict(set, doc); word != "valid" {
				t.Errorf("%s: %s", word, detail)
			}
		})
	}
}

// BenchmarkCompile compiles the registered EPP schemas.
func BenchmarkCompile(b *testing.B) {
	sources := eppSources(b)
	b.ReportAllocs()
	for b.Loop() {
		set, findings := xsd.Compile(sources, xsd.Options{})
		if set == nil {
			b.Fatal(findings)
		}
		set.Schema()
	}
}

// verdict is the corpus's word for what the interpreter says of a document.
func verdict(set *xsd.Set, doc []byte) (word, detail string) {
	err := set.Schema().Validate(doc, xsdrun.Options{XML: xmlstream.Options{DTD: xmlstream.DTDSkip, MaxAttributes: 10000}})
	if err == nil {
		return "valid", ""
	}
	if _, ok := errors.AsType[*xmlstream.SyntaxError](err); ok {
		return "malformed", err.Error()
	}
	return "invalid", err.Error()
}

// paddedValue is libxml2's complaint about a value with white space around it.
var paddedValue = regexp.MustCompile(`Schemas validity error : Element '[^']*': '(\s|$)|'\S* +' is not a valid value of`)

// explain names the fault of libxml2 behind a difference.
func explain(got, want, libxml2 string, doc []byte) string {
	switch {
	case got == "valid" && want == "invalid" && paddedValue.MatchString(libxml2):
		return paddedFault
	case got == "malformed" && want == "invalid" && strings.Contains(libxml2, "namespace error"):
		return prefixFault
	case got == "malformed" && strings.HasSuffix(string(doc), "\x00"):
		return nulFault
	}
	return ""
}
