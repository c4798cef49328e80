package xsd_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// hostileMemory is what a small hostile schema and document may make us allocate in all, which bounds the work too.
const hostileMemory = 48 << 20

// TestHostile compiles schemas that are small and mean much, and judges a document of 20,000 elements by those that compile.
func TestHostile(t *testing.T) {
	const pair = `<xs:element name="a"/><xs:element name="b" minOccurs="0"/>`
	repeated := func(depth int, occurs, inside string) string {
		return content(strings.Repeat("<xs:sequence "+occurs+">", depth) + inside + strings.Repeat("</xs:sequence>", depth))
	}
	chain := func(n int, first, link string) string {
		var b strings.Builder
		b.WriteString(first)
		for i := range n {
			fmt.Fprintf(&b, strings.ReplaceAll(link, "%d", "%[1]d"), i, i+1)
		}
		return b.String()
	}
	pattern := func(p string) string {
		return `<xs:element name="r"><xs:complexType><xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence><xs:attribute name="v"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="` +
			p + `"/></xs:restriction></xs:simpleType></xs:attribute></xs:complexType></xs:element>`
	}
	optional := func(n int, occurs string) string {
		return content("<xs:sequence " + occurs + ">" + chain(n, "", `<xs:element name="e%d" minOccurs="0"/>`) + "</xs:sequence>")
	}
	for _, test := range []struct {
		name, schema string
		rule         string // of the first error; empty if there is none
		valid        bool   // the document of 20,000 <a/>
	}{
		{"a group a billion times", repeated(1, `maxOccurs="1000000000"`, pair), "", true},
		{"beyond any number", repeated(1, `minOccurs="99999999999999999999" maxOccurs="99999999999999999999999"`, pair), "", false},
		{"forty groups of a hundred", repeated(40, `minOccurs="100" maxOccurs="100"`, `<xs:element name="a"/>`), "", false},
		{"forty groups of none to a hundred", repeated(40, `minOccurs="0" maxOccurs="100"`, pair), "", true},
		{"two hundred groups of two or three", repeated(200, `minOccurs="2" maxOccurs="3"`, pair), "", false},
		{"a million of a million", repeated(2, `minOccurs="0" maxOccurs="1000000"`, pair+`<xs:element name="c" minOccurs="0" maxOccurs="1000000"/>`), "", true},
		{"groups that leave everything open", content(`<xs:sequence minOccurs="2" maxOccurs="10000"><xs:sequence minOccurs="2" maxOccurs="300"><xs:element name="a" minOccurs="2" maxOccurs="300"/>` +
			`<xs:element name="b" minOccurs="0"/></xs:sequence><xs:element name="c" minOccurs="0"/></xs:sequence>`), "", false},
		{"10,000 optional elements", optional(10_000, ""), "", false},
		{"3,000 optional elements in a group that repeats", optional(3000, `maxOccurs="unbounded"`), "", false},
		{"3,000 optional elements in a group that is counted", optional(3000, `maxOccurs="5"`), "", false},
		{"a choice of 10,000", content(`<xs:choice maxOccurs="unbounded">` + chain(10_000, `<xs:element name="a"/>`, `<xs:element name="e%d"/>`) + `</xs:choice>`), "", true},
		{"all of 5,000", content(`<xs:all>` + chain(5000, `<xs:element name="a"/>`, `<xs:element name="e%d"/>`) + `</xs:all>`), "", false},
		{"a substitution group of 5,000", chain(5000, `<xs:element name="h" abstract="true"/><xs:element name="a" substitutionGroup="h"/>`, `<xs:element name="e%d" substitutionGroup="h"/>`) +
			content(`<xs:sequence><xs:element ref="h" maxOccurs="unbounded"/></xs:sequence>`), "", true},
		{"a chain of 1,000 extensions", chain(1000, `<xs:complexType name="t0"><xs:sequence><xs:element name="a" maxOccurs="unbounded"/></xs:sequence></xs:complexType>`,
			`<xs:complexType name="t%[2]d"><xs:complexContent><xs:extension base="t%d"><xs:sequence><xs:element name="e%d" minOccurs="0"/></xs:sequence><xs:attribute name="x%d"/></xs:extension></xs:complexContent></xs:complexType>`) +
			`<xs:element name="r" type="t1000"/>`, "", true},
		{"a chain of 1,000 attribute groups", chain(1000, `<xs:attributeGroup name="g0"/>`, `<xs:attributeGroup name="g%[2]d"><xs:attributeGroup ref="g%d"/><xs:attribute name="x%d"/></xs:attributeGroup>`) +
			content(`<xs:sequence><xs:element name="a" maxOccurs="unbounded"/></xs:sequence><xs:attributeGroup ref="g1000"/>`), "", true},
		{"a chain of 500 patterns", chain(500, `<xs:simpleType name="t0"><xs:restriction base="xs:string"/></xs:simpleType>`,
			`<xs:simpleType name="t%[2]d"><xs:restriction base="t%d"><xs:pattern value="[a-z]{0,30}.*%d?"/></xs:restriction></xs:simpleType>`) +
			content(`<xs:sequence><xs:element name="a" maxOccurs="unbounded" type="t500"/></xs:sequence>`), "", false},
		{"a union of 1,000", `<xs:simpleType name="u"><xs:union>` + chain(1000, "", `<xs:simpleType><xs:restriction base="xs:int"><xs:enumeration value="%d"/></xs:restriction></xs:simpleType>`) + `</xs:union></xs:simpleType>` +
			content(`<xs:sequence><xs:element name="a" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="v" type="u"/>`), "", true},
		{"groups that double", chain(40, `<xs:group name="g0"><xs:sequence><xs:element name="a"/></xs:sequence></xs:group>`,
			`<xs:group name="g%[2]d"><xs:sequence><xs:group ref="g%d"/><xs:group ref="g%d"/></xs:sequence></xs:group>`), "max-states", false},
		{"empty groups that double", chain(40, `<xs:group name="g0"><xs:sequence/></xs:group>`,
			`<xs:group name="g%[2]d"><xs:sequence><xs:group ref="g%d"/><xs:group ref="g%d"/></xs:sequence></xs:group>`), "max-states", false},
		{"unions that double", chain(40, `<xs:simpleType name="u0"><xs:restriction base="xs:int"/></xs:simpleType>`,
			`<xs:simpleType name="u%[2]d"><xs:union memberTypes="u%d u%d"/></xs:simpleType>`), "", false},
		{"a group that holds itself", `<xs:group name="g"><xs:sequence><xs:element name="a"/><xs:group ref="g" minOccurs="0"/></xs:sequence></xs:group>` + content(`<xs:group ref="g"/>`), "mg-props-correct", false},
		{"attribute groups that hold each other", `<xs:attributeGroup name="g"><xs:attributeGroup ref="h"/></xs:attributeGroup><xs:attributeGroup name="h"><xs:attributeGroup ref="g"/></xs:attributeGroup>`, "src-attribute_group", false},
		{"types derived from each other", `<xs:complexType name="x"><xs:complexContent><xs:extension base="y"/></xs:complexContent></xs:complexType>` +
			`<xs:complexType name="y"><xs:complexContent><xs:extension base="x"/></xs:complexContent></xs:complexType>`, "ct-props-correct", false},
		{"a list of itself", `<xs:simpleType name="l"><xs:list itemType="l"/></xs:simpleType>`, "st-props-correct", false},
		{"a document that includes itself", `<xs:include schemaLocation="hostile.xsd"/><xs:element name="r"><xs:complexType><xs:sequence><xs:element name="a" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>`, "", true},
		{"a pattern that explodes", pattern("(a+)+b"), "", false},
		{"a pattern that explodes otherwise", pattern("(a|aa|aaa)*(a|aa|aaa)*(.*.*.*)*x"), "", false},
		{"a pattern with everything open", pattern("(a{0,300}b?){30}c"), "", false},
		{"a pattern that looks far ahead", pattern(".*a.{1000}"), "", true},
		{"a pattern with a huge count", pattern("a{0,2147483647}"), "pattern", false},
		{"a pattern with nested counts", pattern("(((a{1,1000}){1,1000}){1,1000}){1,1000}"), "pattern", false},
		{"a pattern of parentheses", pattern(strings.Repeat("(", 20_000) + "a" + strings.Repeat(")", 20_000)), "pattern", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := []byte(`<r>` + strings.Repeat("<a/>", 20_000) + "</r>")
			if strings.HasPrefix(test.name, "a pattern") {
				doc = []byte(`<r v="` + strings.Repeat("a", 2000) + `"/>`)
			}
			data := []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">` + test.schema + `</xs:schema>`)
			opts := xsd.Options{Open: func(name string) ([]byte, error) {
				if name == "hostile.xsd" {
					return data, nil
				}
				return nil, os.ErrNotExist
			}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			set, findings := xsd.Compile([]xsd.Source{{Name: "hostile.xsd", Data: data}}, opts)
			valid := false
			if set != nil {
				valid = set.Schema().Validate(doc, xsdrun.Options{}) == nil
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > hostileMemory {
				t.Errorf("%d bytes were allocated", used)
			}
			rule := ""
			if set == nil {
				rule = findings[0].Rule
			}
			if rule != test.rule || valid != test.valid {
				t.Errorf("rule %q, valid %v; want %q, %v\n%v", rule, valid, test.rule, test.valid, findings)
			}
		})
	}
}

// content is an element r of a type with that content.
func content(group string) string {
	return `<xs:element name="r"><xs:complexType>` + group + `</xs:complexType></xs:element>`
}
