package xsddiff

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTree reads documents and writes them again.
func TestTree(t *testing.T) {
	for _, test := range []struct{ doc, want string }{
		{"<a/>", "<a/>\n"},
		{`<p:a xmlns:p="u" b="&lt;&quot;"> <!-- no --> <c>x &amp; y</c></p:a>`, `<p:a xmlns:p="u" b="&lt;&#34;"><c>x &amp; y</c></p:a>` + "\n"},
		{"<!DOCTYPE a><a/>", ""},
		{"<a/><b/>", ""},
		{"<a>", ""},
		{"</a>", ""},
		{"", ""},
	} {
		n, err := ParseTree([]byte(test.doc))
		if (err != nil) != (test.want == "") {
			t.Errorf("%s: error %v", test.doc, err)
		}
		if err != nil {
			continue
		}
		if got := string(n.Bytes()); got != test.want {
			t.Errorf("%s: %s, want %s", test.doc, got, test.want)
		}
	}
}

// TestMutate makes the same changes for the same chance, and others for another.
func TestMutate(t *testing.T) {
	const doc = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="e" type="xs:int" default="1"/><xs:complexType name="t"><xs:sequence><xs:element ref="e"/></xs:sequence></xs:complexType></xs:schema>`
	mutants := func(seed uint64) []string {
		m := &Mutator{Rand: rand.New(rand.NewPCG(seed, 0))}
		var all []string
		for range 20 {
			n, err := ParseTree([]byte(doc))
			if err != nil {
				t.Fatal(err)
			}
			if m.Mutate(n, true) == "" {
				t.Error("nothing is changed")
			}
			all = append(all, string(n.Bytes()))
		}
		return all
	}
	if diff := cmp.Diff(mutants(1), mutants(1)); diff != "" {
		t.Errorf("the same seed makes others (-first +second):\n%s", diff)
	}
	if cmp.Equal(mutants(1), mutants(2)) {
		t.Error("another seed makes the same")
	}
}

// TestParseRules reads the notation of the rules.
func TestParseRules(t *testing.T) {
	rules, err := ParseRules("# remark\n\n== one\nschema invalid a=\"b\"\n<x/>\nfile f.xsd\n<y/>\ndoc valid\n<z>\n</z>\n\n== two\nschema valid\n<xs:schema/>\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Rule{
		{Name: "one", Schema: schemaText("<x/>", `a="b"`), Files: map[string]string{"f.xsd": schemaText("<y/>", "")}, Docs: []RuleDoc{{true, "<z>\n</z>"}}},
		{Name: "two", Valid: true, Schema: "<xs:schema/>", Files: map[string]string{}},
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"text", "== a\nschema maybe\n"} {
		if _, err := ParseRules(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
