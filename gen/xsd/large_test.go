package xsd_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

const (
	schemaBegin = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">`
	schemaEnd   = `</xs:schema>`
)

// compileText compiles what stands in an xs:schema without a namespace.
func compileText(t testing.TB, text string) *xsd.Set {
	t.Helper()
	set, findings := xsd.Compile([]xsd.Source{{Name: "t.xsd", Data: []byte(schemaBegin + text + schemaEnd)}}, xsd.Options{})
	if set == nil {
		t.Fatal(findings)
	}
	return set
}

// each writes a format for every number below n.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestLargeContent judges by content in which elements are looked up, where each document has one thing that is right or wrong.
func TestLargeContent(t *testing.T) {
	const wildcard = `<xs:any namespace="urn:a urn:b" processContents="skip"/>`
	group := `<xs:element name="h" abstract="true"/>` + each(100, `<xs:element name="m%d" substitutionGroup="h"/>`)
	optional := each(100, `<xs:element name="e%d" minOccurs="0"/>`)
	for _, test := range []struct{ schema, doc, rule string }{
		{content(`<xs:choice maxOccurs="unbounded">` + each(100, `<xs:element name="e%d"/>`) + wildcard + `</xs:choice>`), `<e99/><e0/><x xmlns="urn:b"/><e50/>`, ""},
		{content(`<xs:choice maxOccurs="unbounded">` + each(100, `<xs:element name="e%d"/>`) + wildcard + `</xs:choice>`), `<e99/><x xmlns="urn:c"/>`, "cvc-complex-type.2.4.a"},
		{content(`<xs:sequence>` + optional + wildcard + `</xs:sequence>`), `<e3/><e97/><x xmlns="urn:a"/>`, ""},
		{content(`<xs:sequence>` + optional + wildcard + `</xs:sequence>`), `<e97/><e3/><x xmlns="urn:a"/>`, "cvc-complex-type.2.4.a"},
		{content(`<xs:sequence>` + optional + wildcard + `</xs:sequence>`), `<e97/>`, "cvc-complex-type.2.4.b"},
		{content(`<xs:sequence minOccurs="2" maxOccurs="3">` + optional + `<xs:element name="z"/></xs:sequence>`), `<z/><e5/><e6/><z/>`, ""},
		{content(`<xs:sequence minOccurs="2" maxOccurs="3">` + optional + `<xs:element name="z"/></xs:sequence>`), `<z/><e6/><e5/><z/>`, "cvc-complex-type.2.4.a"},
		{content(`<xs:sequence maxOccurs="3">` + optional + `</xs:sequence>`), `<e5/><e5/><e4/>`, ""},
		{content(`<xs:sequence maxOccurs="3">` + optional + `</xs:sequence>`), `<e5/><e5/><e4/><e3/>`, "cvc-complex-type.2.4.a"},
		{content(`<xs:sequence><xs:element name="n" minOccurs="0" maxOccurs="20"/>` + optional + `</xs:sequence>`), strings.Repeat("<n/>", 20) + `<e1/>`, ""},
		{content(`<xs:sequence><xs:element name="n" minOccurs="0" maxOccurs="20"/>` + optional + `</xs:sequence>`), strings.Repeat("<n/>", 21), "cvc-complex-type.2.4.a"},
		{group + content(`<xs:sequence><xs:element ref="h" minOccurs="2" maxOccurs="9"/></xs:sequence>`), `<m99/><m0/>`, ""},
		{group + content(`<xs:sequence><xs:element ref="h" minOccurs="9" maxOccurs="12"/></xs:sequence>`), strings.Repeat(`<m99/>`, 12), ""},
		{group + content(`<xs:sequence><xs:element ref="h" minOccurs="9" maxOccurs="12"/></xs:sequence>`), strings.Repeat(`<m99/>`, 13), "cvc-complex-type.2.4.a"},
		{group + content(`<xs:sequence><xs:element ref="h"/></xs:sequence>`), `<h/>`, "cvc-elt.2"},
		{group + content(`<xs:sequence><xs:element ref="h"/></xs:sequence>`), `<m100/>`, "cvc-complex-type.2.4.a"},
		{content(`<xs:all>` + each(100, `<xs:element name="e%d" minOccurs="0"/>`) + `<xs:element name="z"/></xs:all>`), `<e99/><z/><e0/>`, ""},
		{content(`<xs:all>` + each(100, `<xs:element name="e%d" minOccurs="0"/>`) + `<xs:element name="z"/></xs:all>`), `<e99/><z/><e99/>`, "cvc-complex-type.2.4.a"},
		{content(`<xs:all>` + each(100, `<xs:element name="e%d" minOccurs="0"/>`) + `<xs:element name="z"/></xs:all>`), `<e99/>`, "cvc-complex-type.2.4.b"},
		{`<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a"><xs:complexType>` + each(40, `<xs:attribute name="a%d" type="xs:int"/>`) +
			`<xs:attribute name="d" default="7"/><xs:attribute name="n" use="required"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>`, `<a a39="1" n=""/>`, ""},
		{`<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a"><xs:complexType>` + each(40, `<xs:attribute name="a%d" type="xs:int"/>`) +
			`<xs:attribute name="d" default="7"/><xs:attribute name="n" use="required"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>`, `<a a39="1"/>`, "cvc-complex-type.4"},
		{`<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a"><xs:complexType>` + each(40, `<xs:attribute name="a%d" type="xs:int"/>`) +
			`</xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>`, `<a a40="1"/>`, "cvc-complex-type.3.2.2"},
	} {
		rule := ""
		err := compileText(t, test.schema).Schema().Validate([]byte("<r>"+test.doc+"</r>"), xsdrun.Options{})
		if invalid, ok := errors.AsType[*xsdrun.ValidationError](err); ok {
			rule = invalid.Faults[0].Rule
		}
		if rule != test.rule {
			t.Errorf("%.120s...\n%s: %q, want %q: %v", test.schema, test.doc, rule, test.rule, err)
		}
	}
}

// TestOptionalRuns compares long rows of optional elements, which share what may follow, with what they say.
func TestOptionalRuns(t *testing.T) {
	const n = 90 // too many to be written out
	for _, occurs := range []string{"", `maxOccurs="unbounded"`, `maxOccurs="4"`, `minOccurs="3" maxOccurs="4"`} {
		most := map[string]int{"": 1, `maxOccurs="unbounded"`: 1 << 20}[occurs]
		if most == 0 {
			most = 4
		}
		schema := compileText(t, content(`<xs:sequence `+occurs+`>`+each(n, `<xs:element name="e%d" minOccurs="0"/>`)+`</xs:sequence>`)).Schema()
		r := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			var doc strings.Builder
			rounds, last := 1, -1
			for range r.IntN(8) {
				i := r.IntN(n)
				if i <= last {
					rounds++
				}
				last = i
				fmt.Fprintf(&doc, "<e%d/>", i)
			}
			err := schema.Validate([]byte("<r>"+doc.String()+"</r>"), xsdrun.Options{})
			if (err == nil) != (rounds <= most) {
				t.Errorf("%s: %s: %d rounds: %v", occurs, doc.String(), rounds, err)
			}
		}
	}
}

// TestExtensionChains judges what extensions add by what they add it to, however far up that was declared.
func TestExtensionChains(t *testing.T) {
	chain := func(root string, links ...string) string {
		var b strings.Builder
		fmt.Fprintf(&b, `<xs:complexType name="t0">%s</xs:complexType>`, root)
		for i, link := range links {
			fmt.Fprintf(&b, `<xs:complexType name="t%d"><xs:complexContent><xs:extension base="t%d">%s</xs:extension></xs:complexContent></xs:complexType>`, i+1, i, link)
		}
		return b.String()
	}
	seq := func(inside string) string { return "<xs:sequence>" + inside + "</xs:sequence>" }
	element := func(name, more string) string { return `<xs:element name="` + name + `" ` + more + `/>` }
	optional := func(name string) string { return element(name, `minOccurs="0"`) }
	wildcard := `<xs:any minOccurs="0" processContents="skip"/>`
	group := `<xs:element name="h" type="xs:string"/><xs:element name="m" substitutionGroup="h"/>`
	for _, test := range []struct{ name, schema, rule string }{
		{"nothing alike", chain(seq(optional("a")), seq(optional("b")), seq(optional("c"))), ""},
		{"one alike, a wall between", chain(seq(optional("a")), seq(element("b", "")), seq(optional("a"))), ""},
		{"one alike", chain(seq(optional("a")), seq(optional("b")), seq(optional("a"))), "cos-nonambig"},
		{"one alike, further up than anything that must be", chain(seq(element("x", "")+optional("a")), seq(optional("b")), seq(optional("a"))), "cos-nonambig"},
		{"a repeated one alike", chain(seq(element("a", `maxOccurs="unbounded"`)), seq(element("a", ""))), "cos-nonambig"},
		{"a wildcard before", chain(seq(wildcard), seq(optional("b")), seq(element("c", ""))), "cos-nonambig"},
		{"a wildcard before, a wall between", chain(seq(wildcard), seq(""), seq("")), ""},
		{"a wildcard after", chain(seq(optional("a")), seq(optional("b")), seq(wildcard)), "cos-nonambig"},
		{"a wildcard in a link between", chain(seq(element("a", "")), seq(wildcard), seq(optional("b"))), "cos-nonambig"},
		{"a member before its head", group + chain(seq(`<xs:element ref="m" minOccurs="0"/>`), seq(`<xs:element ref="h"/>`)), "cos-nonambig"},
		{"a head before its member", group + chain(seq(`<xs:element ref="h" minOccurs="0"/>`), seq(optional("b")), seq(`<xs:element ref="m"/>`)), "cos-nonambig"},
		{"only in what is added", chain(seq(element("a", "")), seq(optional("b")+element("b", ""))), "cos-nonambig"},
		{"a choice that may be empty", chain(seq(`<xs:choice minOccurs="0">`+element("a", "")+element("b", "")+`</xs:choice>`), seq(optional("c")), seq(element("b", ""))), "cos-nonambig"},
		{"two types", chain(seq(element("a", `type="xs:int"`)), seq(element("b", "")), seq(element("a", `type="xs:string"`))), "cos-element-consistent"},
		{"two types, one restricted away", chain(seq(element("a", `type="xs:int"`)), seq(element("b", ""))) +
			`<xs:complexType name="u"><xs:complexContent><xs:extension base="t1">` + seq(element("c", "")+element("b", `type="xs:int"`)) + `</xs:extension></xs:complexContent></xs:complexType>`, "cos-element-consistent"},
		{"a member by another type", group + chain(seq(`<xs:element ref="h"/>`), seq(element("m", `type="xs:int"`))), "cos-element-consistent"},
		{"a member by another type, its head later", group + chain(seq(element("m", `type="xs:int"`)), seq(`<xs:element ref="h"/>`)), "cos-element-consistent"},
		{"a member by its own type", group + chain(seq(element("x", "")+element("m", `type="xs:string"`)), seq(element("y", "")+`<xs:element ref="h"/>`)), ""},
		{"an attribute twice", chain(`<xs:attribute name="a"/>`, `<xs:attribute name="b"/>`, `<xs:attribute name="a"/>`), "ct-props-correct"},
		{"two IDs", chain(`<xs:attribute name="a" type="xs:ID"/>`, `<xs:attribute name="b"/>`, `<xs:attribute name="c" type="xs:ID"/>`), "ct-props-correct"},
		{"a group of heads in a circle", `<xs:element name="a" substitutionGroup="b"/><xs:element name="b" substitutionGroup="a"/>` + chain(seq(element("a", `type="xs:int"`))), "e-props-correct"},
	} {
		_, findings := xsd.Compile([]xsd.Source{{Name: "t.xsd", Data: []byte(schemaBegin + test.schema + schemaEnd)}}, xsd.Options{})
		rule := ""
		if len(findings) > 0 {
			rule = findings[0].Rule
		}
		if rule != test.rule {
			t.Errorf("%s: %q, want %q: %v", test.name, rule, test.rule, findings)
		}
	}
}

// TestEntityValues judges values of ENTITY by the document type declaration, which must be allowed for there to be any.
func TestEntityValues(t *testing.T) {
	schema := compileText(t, `<xs:element name="r"><xs:complexType><xs:attribute name="e" type="xs:ENTITY"/><xs:attribute name="l" type="xs:ENTITIES"/>`+
		`<xs:attribute name="u"><xs:simpleType><xs:union memberTypes="xs:int xs:ENTITY"/></xs:simpleType></xs:attribute></xs:complexType></xs:element>`).Schema()
	const doctype = `<!DOCTYPE r [<!NOTATION n SYSTEM "n"><!ENTITY a SYSTEM "a.gif" NDATA n><!ENTITY b SYSTEM "b.gif" NDATA n><!ENTITY t "text"><!ENTITY x SYSTEM "x.xml">]>`
	for doc, want := range map[string]string{
		doctype + `<r e="a" l=" b a "/>`: "",
		doctype + `<r u="a"/>`:           "",
		doctype + `<r u="7"/>`:           "",
		doctype + `<r e="t"/>`:           "/r/@e cvc-simple-type.2",
		doctype + `<r e="x"/>`:           "/r/@e cvc-simple-type.2",
		doctype + `<r l="a c"/>`:         "/r/@l cvc-simple-type.2",
		doctype + `<r u="c"/>`:           "/r/@u cvc-simple-type.2",
		`<r e="a"/>`:                     "/r/@e cvc-simple-type.2",
	} {
		got := ""
		err := schema.Validate([]byte(doc), xsdrun.Options{XML: xmlstream.Options{DTD: xmlstream.DTDSkip}})
		if invalid, ok := errors.AsType[*xsdrun.ValidationError](err); ok {
			got = invalid.Faults[0].Path + " " + invalid.Faults[0].Rule
		}
		if got != want || got == "" && err != nil {
			t.Errorf("%s: %v, want %q", doc, err, want)
		}
	}
}

// TestRepeatedKeys checks that a key which occurs twice is told with its values and the place of the first.
func TestRepeatedKeys(t *testing.T) {
	schema := compileText(t, `<xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a" maxOccurs="unbounded"><xs:complexType>`+
		`<xs:attribute name="d" type="xs:date"/><xs:attribute name="n" type="xs:decimal"/><xs:attribute name="l" type="xs:NMTOKENS"/></xs:complexType></xs:element></xs:sequence></xs:complexType>`+
		`<xs:unique name="u"><xs:selector xpath="a"/><xs:field xpath="@d"/><xs:field xpath="@n"/><xs:field xpath="@l"/></xs:unique></xs:element>`).Schema()
	const doc = "<r>\n <a d='2000-01-01' n='1' l='x y'/>\n <a d='2000-01-02' n='1' l='x y'/>\n <a d='2000-01-02' n='1.0' l='x  y'/>\n</r>"
	const want = `("2000-01-02", "1", "x" "y") occurs a second time in u; the first is at 3:2`
	for _, err := range []error{
		schema.Validate([]byte(doc), xsdrun.Options{}),
		schema.ValidateReader(strings.NewReader(doc), xsdrun.Options{}),
	} {
		invalid, ok := errors.AsType[*xsdrun.ValidationError](err)
		if !ok || len(invalid.Faults) != 1 || invalid.Faults[0].Text != want || invalid.Faults[0].Line != 4 {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestSharedSchema judges in several goroutines by a schema whose types nobody has needed before.
func TestSharedSchema(t *testing.T) {
	set := compileText(t, each(20, `<xs:complexType name="t%[1]d"><xs:sequence><xs:element name="e%[1]d" type="xs:int" minOccurs="0"/><xs:element name="s"><xs:complexType><xs:attribute name="a%[1]d" type="xs:int"/></xs:complexType></xs:element></xs:sequence></xs:complexType>`)+
		`<xs:element name="r"><xs:complexType><xs:choice maxOccurs="unbounded">`+each(20, `<xs:element name="c%[1]d" type="t%[1]d"/>`)+`</xs:choice></xs:complexType></xs:element>`)
	schema := set.Schema()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 20 {
				i = (i*7 + g*5) % 20
				doc := fmt.Sprintf(`<r><c%[1]d><e%[1]d>1</e%[1]d><s a%[1]d="2"/></c%[1]d></r>`, i)
				if err := schema.Validate([]byte(doc), xsdrun.Options{}); err != nil {
					t.Errorf("%s: %v", doc, err)
				}
				if set.Types[i].TypeName().Local == "" || set.Model(set.Types[i].(*xsd.ComplexType)) == nil {
					t.Error("no model")
				}
			}
		})
	}
	wg.Wait()
}
