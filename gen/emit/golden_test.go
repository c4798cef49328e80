package emit

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/gen/load"
	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
)

var update = flag.Bool("update", false, "write what is emitted into the goldens")

// TestGolden emits the specification in each archive of testdata and compares what the archive names:
//
//	-- want/codec_gen.go#DomainPeriod --   every declaration of that file that belongs to the type
//	-- want/handler_gen.go --              the whole file
//	-- want/error --                       the findings that refuse the specification
//
// A specification is a schema alone (*.xsd), or CUE with the schemas it names.
func TestGolden(t *testing.T) {
	for _, path := range archives(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar := parseArchive(t, path)
			files, refused := emitArchive(t, ar)
			for i := range ar.Files {
				f := &ar.Files[i]
				if what, ok := strings.CutPrefix(f.Name, "want/"); ok {
					compareGolden(t, f, excerpt(t, files, refused, what))
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestNames holds what emitted packages declare against the names that gen/name has claimed for them: what it does not know
// of, something from a schema could share a name with.
func TestNames(t *testing.T) {
	for _, path := range archives(t) {
		ar := parseArchive(t, path)
		if files, refused := emitArchive(t, ar); refused == "" {
			p, set := loadArchive(t, ar)
			checkNames(t, filepath.Base(path), files, p, set)
		}
	}
	for _, spec := range []string{"epp", "ikc", "proxysession", "sip"} {
		files, p, set := emitSpec(t, spec)
		checkNames(t, spec, files, p, set)
	}
}

// checkNames reports package-level names that nobody has claimed, and those declared twice.
func checkNames(t *testing.T, pkg string, files []File, p *model.Protocol, set *xsd.Set) {
	t.Helper()
	name.Assign(p, set)
	e, found := newEmitter(p, set)
	if found.HasErrors() {
		t.Fatal(found)
	}
	seen := map[string]bool{"_": true}
	for _, f := range files {
		for _, n := range declared(t, f.Data) {
			if seen[n] && n != "_" {
				t.Errorf("%s: %s declares %s again", pkg, f.Name, n)
			}
			if !seen[n] && !e.names.Scope.Has(n) {
				t.Errorf("%s: %s declares %s, which nobody has claimed", pkg, f.Name, n)
			}
			seen[n] = true
		}
	}
}

// declared are the package-level names of a file.
func declared(t *testing.T, src []byte) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}

// emitEPP emits the specification of EPP.
func emitEPP(t *testing.T) ([]File, *model.Protocol, *xsd.Set) {
	t.Helper()
	return emitSpec(t, "epp")
}

// emitSpec emits one of the specifications that ship with protogen.
func emitSpec(t *testing.T, spec string) ([]File, *model.Protocol, *xsd.Set) {
	t.Helper()
	r, found := load.Load("../../specs/"+spec, load.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	if found := name.Assign(r.Protocol, r.Schemas); found.HasErrors() {
		t.Fatal(found)
	}
	files, err := Files(r.Protocol, r.Schemas)
	if err != nil {
		t.Fatal(err)
	}
	return files, r.Protocol, r.Schemas
}

// archives are the golden archives.
func archives(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	return paths
}

func parseArchive(t *testing.T, path string) *txtar.Archive {
	t.Helper()
	ar, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return ar
}

// compareGolden compares a section with what was emitted, or replaces it.
func compareGolden(t *testing.T, f *txtar.File, got string) {
	t.Helper()
	if *update {
		f.Data = []byte(got)
		return
	}
	if diff := cmp.Diff(string(f.Data), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites):\n%s", f.Name, diff)
	}
}

// emitArchive emits the specification of an archive; refused is the text of the findings if it is refused.
func emitArchive(t *testing.T, ar *txtar.Archive) (files []File, refused string) {
	t.Helper()
	p, set := loadArchive(t, ar)
	found := name.Assign(p, set)
	if found.HasErrors() {
		return nil, found.String()
	}
	files, err := Files(p, set)
	if err != nil {
		return nil, err.Error() + "\n"
	}
	return files, ""
}

// loadArchive reads the specification of an archive.
func loadArchive(t *testing.T, ar *txtar.Archive) (*model.Protocol, *xsd.Set) {
	t.Helper()
	fsys := fstest.MapFS{}
	var sources []xsd.Source
	withCUE := false
	for _, f := range ar.Files {
		if strings.HasPrefix(f.Name, "want/") || strings.HasPrefix(f.Name, "doc/") {
			continue
		}
		fsys["spec/"+f.Name] = &fstest.MapFile{Data: f.Data}
		if strings.HasSuffix(f.Name, ".xsd") {
			sources = append(sources, xsd.Source{Name: f.Name, Data: f.Data})
		}
		withCUE = withCUE || strings.HasSuffix(f.Name, ".cue")
	}
	if withCUE {
		r, found := load.Load("spec", load.Options{FS: fsys})
		if found.HasErrors() {
			t.Fatal(found)
		}
		return r.Protocol, r.Schemas
	}
	return schemaProtocol(t, sources, nil)
}

// schemaProtocol is a protocol that is nothing but schemas: the first has the prefix t and is the default namespace.
func schemaProtocol(t *testing.T, sources []xsd.Source, open func(string) ([]byte, error)) (*model.Protocol, *xsd.Set) {
	t.Helper()
	set, found := xsd.Compile(sources, xsd.Options{Open: open})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return bareProtocol(set, sources[0].Name), set
}

// bareProtocol is the protocol that is nothing but the schemas of set.
func bareProtocol(set *xsd.Set, source string) *model.Protocol {
	p := &model.Protocol{Node: model.Node{Name: "sample"}, Source: source}
	seen := map[string]bool{"": true}
	for _, d := range set.Documents {
		if seen[d.Namespace] {
			continue
		}
		seen[d.Namespace] = true
		prefix := "t"
		if len(p.Schemas) > 0 {
			prefix = fmt.Sprintf("t%d", len(p.Schemas)+1)
		}
		p.Schemas = append(p.Schemas, &model.Schema{
			Node: model.Node{Name: prefix}, Namespace: d.Namespace, Bare: prefix == "t", Default: prefix == "t",
		})
	}
	return p
}

// excerpt is what a section of a golden is about.
func excerpt(t *testing.T, files []File, refused, what string) string {
	t.Helper()
	if what == "error" {
		return refused
	}
	if refused != "" {
		t.Fatalf("refused: %s", refused)
	}
	file, typ, part := strings.Cut(what, "#")
	i := slices.IndexFunc(files, func(f File) bool { return f.Name == file })
	if i < 0 {
		t.Fatalf("%s is not emitted", file)
	}
	if !part {
		return string(files[i].Data)
	}
	return declarationsOf(t, files[i].Data, typ)
}

// declarationsOf are the declarations of a file that belong to a type: its own, its methods, and functions and variables
// with its name inside theirs.
func declarationsOf(t *testing.T, src []byte, typ string) string {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, d := range f.Decls {
		if !belongs(d, typ) {
			continue
		}
		from := d.Pos()
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
		case *ast.GenDecl:
			if d.Doc != nil {
				from = d.Doc.Pos()
			}
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.Write(src[fset.Position(from).Offset:fset.Position(d.End()).Offset])
		b.WriteByte('\n')
	}
	return b.String()
}

// belongs reports whether a declaration is about the type.
func belongs(d ast.Decl, typ string) bool {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return strings.EqualFold(strings.TrimPrefix(strings.TrimPrefix(d.Name.Name, "decode"), "encode"), typ) || d.Name.Name == typ
		}
		recv := d.Recv.List[0].Type
		if star, ok := recv.(*ast.StarExpr); ok {
			recv = star.X
		}
		id, ok := recv.(*ast.Ident)
		return ok && id.Name == typ
	case *ast.GenDecl:
		return slices.ContainsFunc(d.Specs, func(s ast.Spec) bool { return specNames(s, typ) })
	}
	return false
}

// specNames reports whether a specification declares the type, constants of it, or its tables.
func specNames(s ast.Spec, typ string) bool {
	switch s := s.(type) {
	case *ast.TypeSpec:
		return s.Name.Name == typ
	case *ast.ValueSpec:
		if id, ok := s.Type.(*ast.Ident); ok && id.Name == typ {
			return true
		}
		n := s.Names[0].Name
		return strings.EqualFold(n, typ) || strings.EqualFold(n, typ+"Model") || strings.EqualFold(n, typ+"Attrs") ||
			strings.EqualFold(n, typ+"Any")
	}
	return false
}
