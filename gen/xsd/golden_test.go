package xsd_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// TestGolden compiles the schema documents of each archive: those whose names begin with "lib" only when another asks
// for them. The file "want" holds the findings, or else the components.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(archive)
			want := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				if want >= 0 {
					archive.Files = slices.Delete(archive.Files, want, want+1)
				}
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 {
				t.Fatal("the archive has no file want; run with -update")
			}
			if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// golden compiles an archive and prints what came of it.
func golden(archive *txtar.Archive) string {
	files := map[string][]byte{}
	var sources []xsd.Source
	for _, f := range archive.Files {
		files[f.Name] = f.Data
		if strings.HasSuffix(f.Name, ".xsd") && !strings.HasPrefix(f.Name, "lib") {
			sources = append(sources, xsd.Source{Name: f.Name, Data: f.Data})
		}
	}
	opts := xsd.Options{Open: func(name string) ([]byte, error) {
		if data, ok := files[name]; ok {
			return data, nil
		}
		return nil, os.ErrNotExist
	}}
	if strings.Contains(string(archive.Comment), "MaxStates: 100") {
		opts.MaxStates = 100
	}
	set, findings := xsd.Compile(sources, opts)
	if set == nil {
		return findings.String()
	}
	d := &dumper{set: set}
	d.b.WriteString(findings.String())
	d.dump()
	return d.b.String()
}

// dumper prints components.
type dumper struct {
	b   strings.Builder
	set *xsd.Set
}

func (d *dumper) line(depth int, format string, args ...any) {
	d.b.WriteString(strings.Repeat("  ", depth))
	d.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	d.b.WriteByte('\n')
}

func (d *dumper) dump() {
	for _, e := range d.set.Elements {
		d.element(0, "", e)
	}
	for _, a := range d.set.Attributes {
		d.line(0, "attribute %s %s%s", a.Name, typeName(a.Type), value(a.Default, a.Fixed))
	}
	for _, t := range d.set.Types {
		d.typ(0, t)
	}
	for _, g := range d.set.Groups {
		d.line(0, "group %s %s", g.Name, doc(g.Doc))
		d.particle(1, g.Particle)
	}
	for _, g := range d.set.AttributeGroups {
		d.line(0, "attributeGroup %s %s", g.Name, doc(g.Doc))
		d.attributes(1, g.Attributes, g.AnyAttribute)
	}
	for _, n := range d.set.Notations {
		d.line(0, "notation %s public=%q system=%q", n.Name, n.Public, n.System)
	}
}

func (d *dumper) element(depth int, count string, e *xsd.Element) {
	head := ""
	if e.Head != nil {
		head = " head=" + e.Head.Name.Local
	}
	flags := ""
	if e.Abstract {
		flags += " abstract"
	}
	if e.Nillable {
		flags += " nillable"
	}
	d.line(depth, "%selement %s %s%s%s%s%s %s", count, e.Name, typeName(e.Type), flags, head, value(e.Default, e.Fixed), position(e.Pos), doc(e.Doc))
	for _, id := range e.Identity {
		d.line(depth+1, "identity %s", id.Name)
	}
	if e.Type.TypeName().Local == "" {
		d.typ(depth+1, e.Type)
	}
}

func (d *dumper) typ(depth int, t xsd.Type) {
	switch t := t.(type) {
	case *xsd.SimpleType:
		d.simple(depth, t)
	case *xsd.ComplexType:
		d.complex(depth, t)
	}
}

func (d *dumper) simple(depth int, t *xsd.SimpleType) {
	variety := [...]string{"any", "atomic", "list", "union"}[t.Variety]
	d.line(depth, "simpleType %s %s base=%s builtin=%s%s %s", typeName(t), variety, typeName(t.Base), typeName(t.BuiltinBase()), position(t.Pos), doc(t.Doc))
	for _, f := range t.Facets {
		d.line(depth+1, "%s %q", f.Kind, f.Value)
	}
	if t.Item != nil {
		d.line(depth+1, "item %s", typeName(t.Item))
	}
	for _, m := range t.Members {
		d.line(depth+1, "member %s", typeName(m))
	}
}

func (d *dumper) complex(depth int, t *xsd.ComplexType) {
	content := [...]string{"empty", "simple", "elements", "mixed"}[t.Content]
	method := map[xsdrun.Derivation]string{xsdrun.Extension: "extension", xsdrun.Restriction: "restriction"}[t.Method]
	d.line(depth, "complexType %s %s %s of %s%s %s", typeName(t), content, method, typeName(t.Base), position(t.Pos), doc(t.Doc))
	if t.Simple != nil {
		d.line(depth+1, "simple %s", typeName(t.Simple))
	}
	d.particle(depth+1, t.Particle)
	d.attributes(depth+1, t.Attributes, t.AnyAttribute)
	if m := d.set.Model(t); m != nil {
		d.model(depth+1, m)
	}
}

func (d *dumper) particle(depth int, p *xsd.Particle) {
	if p == nil {
		return
	}
	count := fmt.Sprintf("%d..%d", p.Min, p.Max)
	if p.Max == xsd.Unbounded {
		count = fmt.Sprintf("%d..*", p.Min)
	}
	switch {
	case p.Element != nil && p.Element.Global:
		d.line(depth, "%s ref %s", count, p.Element.Name)
	case p.Element != nil:
		d.element(depth, count+" ", p.Element)
	case p.Wildcard != nil:
		d.line(depth, "%s any %s", count, wildcard(p.Wildcard))
	default:
		group := ""
		if p.Group != nil {
			group = " group=" + p.Group.Name.Local
		}
		d.line(depth, "%s %s%s", count, [...]string{xsd.SequenceParticle: "sequence", xsd.ChoiceParticle: "choice", xsd.AllParticle: "all"}[p.Kind], group)
	}
	for _, k := range p.Children {
		d.particle(depth+1, k)
	}
}

func (d *dumper) attributes(depth int, uses []*xsd.AttributeUse, any *xsd.Wildcard) {
	for _, u := range uses {
		required := ""
		if u.Required {
			required = " required"
		}
		d.line(depth, "@%s %s%s%s %s", u.Attribute.Name, typeName(u.Attribute.Type), required, value(u.Default, u.Fixed), doc(u.Doc))
	}
	if any != nil {
		d.line(depth, "@any %s", wildcard(any))
	}
}

// model prints an automaton: a line for each state, what was matched last and what may follow; a final state has a dot.
func (d *dumper) model(depth int, m *xsd.Model) {
	if m.All {
		d.line(depth, "model: all of %d, optional %v", len(m.Particles), m.Optional)
		return
	}
	for state := range m.Next {
		var line strings.Builder
		for at, next := range m.Next[state] {
			fmt.Fprintf(&line, " %d:%s", next+1, leafName(m.Particles[next]))
			if m.Counters != nil {
				line.WriteString(wayNames(m.Ways[state][at]))
			}
		}
		if m.Final[state] {
			line.WriteString(" .")
		}
		d.line(depth, "state %d:%s", state, line.String())
	}
	for i, c := range m.Counters {
		d.line(depth, "counter %d: {%d,%d}", i, c.Min, c.Max)
	}
}

// wayNames prints the ways of a step: how many counters it keeps, and whether the innermost of them goes on.
func wayNames(ways []xsdrun.Way) string {
	var b strings.Builder
	for _, w := range ways {
		fmt.Fprintf(&b, "/%d", w.Keep)
		if w.Again {
			b.WriteString("+")
		}
		if w.Else {
			b.WriteString("?")
		}
	}
	return b.String()
}

func leafName(p xsdrun.Particle) string {
	name := p.Local
	if p.Any != nil {
		name = "*"
	}
	for _, m := range p.Members {
		name += "|" + m.Local
	}
	if p.Max != 0 {
		name += fmt.Sprintf("{%d,%d}", p.Min, p.Max)
	}
	return name
}

func typeName(t xsd.Type) string {
	if t == nil {
		return "none"
	}
	name := t.TypeName()
	switch {
	case name.Local == "":
		return "anonymous"
	case name.Space == xsd.XSD:
		return "xs:" + name.Local
	}
	return name.String()
}

func wildcard(w *xsd.Wildcard) string {
	text := strings.Join(w.Spaces, " ")
	if w.Not {
		text = "not(" + text + ")"
	}
	return fmt.Sprintf("%s %s", text, [...]string{"strict", "lax", "skip"}[w.Process])
}

func value(byDefault, fixed *string) string {
	switch {
	case byDefault != nil:
		return fmt.Sprintf(" default=%q", *byDefault)
	case fixed != nil:
		return fmt.Sprintf(" fixed=%q", *fixed)
	}
	return ""
}

func position(p xsd.Pos) string { return fmt.Sprintf(" @%d:%d", p.Line, p.Col) }

func doc(text string) string {
	if text == "" {
		return ""
	}
	return fmt.Sprintf("// %q", text)
}
