package emit

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/gen/name"
)

// sampleDoc is a document that an emitted package is driven with.
type sampleDoc struct {
	name, schema, text, typ string
	canonical               bool // the encoder writes it as it stands
	normal                  bool // the encoder writes a normal form of what it says
}

// samples are emitted packages with documents of theirs, in a module of their own.
type samples struct {
	dir      string
	packages []string
	docs     map[string][]sampleDoc
}

func newSamples(t *testing.T) *samples {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &samples{dir: t.TempDir(), docs: map[string][]sampleDoc{}}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "go.sum", sums)
	s.write(t, "go.mod", fmt.Appendf(nil, `module sample

go 1.26.0

require github.com/protogen-go/protogen v0.0.0

replace github.com/protogen-go/protogen => %s
`, root))
	return s
}

func (s *samples) write(t *testing.T, path string, data []byte) {
	t.Helper()
	full := filepath.Join(s.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// add adds an emitted package.
func (s *samples) add(t *testing.T, pkg string, files []File, docs []sampleDoc) {
	t.Helper()
	for _, f := range files {
		s.write(t, pkg+"/"+f.Name, f.Data)
	}
	s.packages = append(s.packages, pkg)
	s.docs[pkg] = docs
}

// goTool runs the go command in the module.
func (s *samples) goTool(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		failed := slices.DeleteFunc(strings.SplitAfter(string(out), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "?") || strings.HasPrefix(line, "ok")
		})
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, strings.Join(failed, ""))
	}
}

// drive writes and runs a test that knows every document, and what it must do with it.
func (s *samples) drive(t *testing.T) {
	t.Helper()
	var imports, table bytes.Buffer
	for _, pkg := range s.packages {
		if len(s.docs[pkg]) == 0 {
			continue
		}
		fmt.Fprintf(&imports, "%s %q\n", pkg, "sample/"+pkg)
		for _, d := range s.docs[pkg] {
			fmt.Fprintf(&table, "{%q, %q, %q, %t, %t, %s.ValidateElement, func(doc []byte) ([]byte, error) {\n"+
				"v := new(%s.%s)\nif err := %s.Unmarshal(doc, v); err != nil {\nreturn nil, err\n}\n"+
				"if err := %s.Unmarshal(doc, v); err != nil {\nreturn nil, err\n}\nreturn v.AppendXML(nil)\n},\n"+
				"func() ([]byte, error) { return new(%s.%s).AppendXML(nil) },\n"+
				"func(doc []byte) (any, error) {\nv := new(%s.%s)\nerr := %s.Unmarshal(doc, v)\nreturn v, err\n}},\n",
				pkg+"/"+d.name, d.schema, d.text, d.canonical, d.normal, pkg, pkg, d.typ, pkg, pkg, pkg, d.typ, pkg, d.typ, pkg)
		}
	}
	driver, err := os.ReadFile("testdata/driver.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	src := strings.Replace(string(driver), "// IMPORTS\n", imports.String(), 1)
	src = strings.Replace(src, "// SAMPLES\n", table.String(), 1)
	formatted, err := format.Source([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "run/run_test.go", formatted)
	s.goTool(t, "test", "./...")
}

// rootType is the Go type of the root element of a document.
func rootType(t *testing.T, e *emitter, doc string) string {
	t.Helper()
	_, rest, _ := strings.Cut(doc, "<")
	for strings.HasPrefix(rest, "?") || strings.HasPrefix(rest, "!") {
		_, rest, _ = strings.Cut(rest, "<")
	}
	tag := rest[:strings.IndexAny(rest, " />\n")]
	local := tag[strings.LastIndex(tag, ":")+1:]
	for _, st := range e.shapes.structs {
		if st.element != nil && st.element.Name.Local == local {
			return st.name
		}
	}
	t.Fatalf("no element %s", local)
	return ""
}

// TestBuild compiles and vets what every golden archive emits, runs the tests that are emitted with it, and drives the
// packages of those archives that have documents: each document is read, written as it stands, read again into the same
// memory, and mutated; the emitted code and the interpreter of the schema agree on every mutant, and what can be read can be
// written.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	s := newSamples(t)
	for _, path := range archives(t) {
		ar := parseArchive(t, path)
		files, refused := emitArchive(t, ar)
		if refused != "" {
			continue
		}
		p, set := loadArchive(t, ar)
		name.Assign(p, set)
		e, _ := newEmitter(p, set)
		var docs []sampleDoc
		schema := archiveFile(ar, "schema.xsd")
		for _, f := range ar.Files {
			if n, ok := strings.CutPrefix(f.Name, "doc/"); ok {
				text := strings.TrimSpace(string(f.Data))
				normal := strings.HasPrefix(n, "normal/")
				docs = append(docs, sampleDoc{n, schema, text, rootType(t, e, text), !normal, normal})
			}
		}
		s.add(t, strings.TrimSuffix(filepath.Base(path), ".txtar"), files, docs)
	}
	s.goTool(t, "vet", "./...")
	s.drive(t)
}

// archiveFile is a file of an archive, empty if there is none.
func archiveFile(ar *txtar.Archive, name string) string {
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return string(ar.Files[i].Data)
}
