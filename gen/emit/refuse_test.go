package emit

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/google/go-cmp/cmp"

	"github.com/protogen-go/protogen/gen/model"
	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
)

const refuseSchema = `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" elementFormDefault="qualified">
  <element name="r"><complexType><sequence><element name="n" type="int" nillable="true" maxOccurs="3"/></sequence></complexType></element>
</schema>`

// TestRefused gives Files what it cannot print: every fault is a finding, none a panic.
func TestRefused(t *testing.T) {
	pos := model.Pos{File: "p.cue", Line: 1, Col: 2}
	node := func(name string) model.Node { return model.Node{Name: name, Pos: pos} }
	inSchema := model.XMLName{Namespace: "urn:t", Local: "r"}
	for _, c := range []struct {
		name   string
		schema string
		p      model.Protocol
		want   string
	}{
		{
			"encoding", "",
			model.Protocol{Messages: []*model.Message{{Node: node("m"), Encoding: "binary"}}},
			`p.cue:1:2: error[not-emitted]: message "m": no codec is emitted for encoding "binary" yet`,
		},
		{
			"transaction machine", "",
			model.Protocol{Machines: []*model.Machine{{Node: node("s"), Per: "transaction"}}},
			`p.cue:1:2: error[not-emitted]: machine "s": a transaction with no key is not emitted`,
		},
		{
			"unknown element", "",
			model.Protocol{Messages: []*model.Message{
				{Node: node("m"), Encoding: "xml", Element: model.XMLName{Namespace: "urn:t", Local: "no"}},
			}},
			`p.cue:1:2: error[unknown-element]: message "m": no schema declares the element "no" of namespace "urn:t"`,
		},
		{
			"unknown path", strings.Replace(refuseSchema, ` nillable="true"`, "", 1),
			model.Protocol{Messages: []*model.Message{
				{Node: node("m"), Encoding: "xml", Element: inSchema, At: "x/y"},
			}},
			`p.cue:1:2: error[unknown-path]: message "m": at "x/y": nothing is called "x" there`,
		},
		{
			"unknown field", strings.Replace(refuseSchema, ` nillable="true"`, "", 1),
			model.Protocol{Messages: []*model.Message{
				{Node: node("m"), Encoding: "xml", Element: inSchema, Head: &model.Head{
					Node: node("h"), Fields: []*model.Field{{Node: node("f"), Key: "x"}},
				}},
			}},
			`p.cue:1:2: error[unknown-path]: field "f": key "x": nothing is called "x" there`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var set *xsd.Set
			c.p.Name = "sample"
			if c.schema != "" {
				compiled, found := xsd.Compile([]xsd.Source{{Name: "t.xsd", Data: []byte(c.schema)}}, xsd.Options{})
				if found.HasErrors() {
					t.Fatal(found)
				}
				set = compiled
				c.p.Schemas = []*model.Schema{{Node: node("t"), Namespace: "urn:t"}}
			}
			name.Assign(&c.p, set)
			_, err := Files(&c.p, set)
			if err == nil {
				t.Fatal("printed")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestSyntaxError shows ten lines around what a recipe got wrong, never the whole file.
func TestSyntaxError(t *testing.T) {
	e := &emitter{p: &model.Protocol{Node: model.Node{Name: "sample"}, Source: "sample.cue"}}
	var d decls
	for range 20 {
		d.add(jen.Var().Id("x").Op("=").Lit(1))
	}
	d.add(jen.Id("oops"))
	for range 20 {
		d.add(jen.Var().Id("x").Op("=").Lit(1))
	}
	_, err := e.file("x_gen.go", d...)
	if err == nil {
		t.Fatal("rendered")
	}
	text := err.Error()
	if !strings.HasPrefix(text, "emit: x_gen.go: line 67: ") || !strings.Contains(text, "   67  oops") || strings.Count(text, "\n") != 10 {
		t.Errorf("got %s", text)
	}
}

func TestComment(t *testing.T) {
	long := strings.Repeat("word ", 30)
	for _, c := range []struct{ text, want string }{
		{"One line.", "// One line."},
		{" a\n b ", "// a b"},
		{"First.\n\nSecond.", "// First.\n//\n// Second."},
		{"Code:\n\n\tx := 1\n\ty := 2\n\nAfter.", "// Code:\n//\n//\tx := 1\n//\ty := 2\n//\n// After."},
		{long, "// " + strings.TrimSpace(long[:75]) + "\n// " + strings.TrimSpace(long[75:])},
	} {
		if diff := cmp.Diff(c.want, comment(c.text)); diff != "" {
			t.Errorf("comment(%q): -want +got:\n%s", c.text, diff)
		}
	}
}

func TestDescribed(t *testing.T) {
	for doc, want := range map[string]string{
		"":                          "X is nothing.",
		"Asks for a page":           "X asks for a page.",
		"What stands on it.":        "X is what stands on it.",
		"Which can be had":          "X says which can be had.",
		"DNS names":                 "X is nothing. DNS names.",
		"The registry":              "X is the registry.",
		"Numbered. Then some more.": "X is nothing. Numbered. Then some more.",
	} {
		if got := described("X", &model.Node{Doc: doc}, "is nothing."); got != want {
			t.Errorf("described(%q) = %q, want %q", doc, got, want)
		}
	}
}

// TestDeterministic loads, names and emits EPP again and again: the files are the same to the octet.
func TestDeterministic(t *testing.T) {
	same := func(a, b File) bool { return a.Name == b.Name && bytes.Equal(a.Data, b.Data) }
	first, _, _ := emitEPP(t)
	for range 19 {
		if again, _, _ := emitEPP(t); !slices.EqualFunc(first, again, same) {
			t.Fatalf("-first +again:\n%s", cmp.Diff(first, again))
		}
	}
}
