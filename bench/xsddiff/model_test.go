package xsddiff

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// occurs makes up an occurrence range.
func (m *Mutator) occurs() string {
	return pick(m, []string{
		"", "", "", "", ` minOccurs="0"`, ` minOccurs="0"`, ` maxOccurs="unbounded"`, ` minOccurs="0" maxOccurs="unbounded"`, ` maxOccurs="2"`, ` minOccurs="2" maxOccurs="3"`,
		` minOccurs="0" maxOccurs="2"`, ` minOccurs="3" maxOccurs="unbounded"`, ` minOccurs="0" maxOccurs="0"`, ` minOccurs="2" maxOccurs="2"`,
	})
}

// particle makes up a particle.
func (m *Mutator) particle(depth int) string {
	switch n := m.Rand.IntN(12); {
	case n < 6 || depth == 0:
		if m.Rand.IntN(5) == 0 {
			return `<xs:element ref="` + pick(m, []string{"h", "m", "n"}) + `"` + m.occurs() + `/>`
		}
		return `<xs:element name="` + pick(m, []string{"a", "b", "c", "d"}) + `" type="xs:` + pick(m, []string{"string", "string", "string", "token"}) + `"` + m.occurs() + `/>`
	case n == 6:
		return `<xs:any` + pick(m, []string{"", ` namespace="##local"`, ` namespace="##other"`, ` namespace="urn:a ##local"`, ` namespace="urn:a"`}) +
			pick(m, []string{"", ` processContents="lax"`, ` processContents="skip"`}) + m.occurs() + `/>`
	case n == 7:
		return `<xs:group ref="g"` + m.occurs() + `/>`
	}
	return m.modelGroup(pick(m, []string{"sequence", "choice"}), depth-1)
}

func (m *Mutator) modelGroup(kind string, depth int) string {
	var b strings.Builder
	b.WriteString("<xs:" + kind + m.occurs() + ">")
	for range 1 + m.Rand.IntN(4) {
		b.WriteString(m.particle(depth))
	}
	b.WriteString("</xs:" + kind + ">")
	return b.String()
}

// model makes up what a complex type holds.
func (m *Mutator) model() string {
	if m.Rand.IntN(6) > 0 {
		return m.modelGroup(pick(m, []string{"sequence", "choice"}), 2)
	}
	var b strings.Builder
	b.WriteString("<xs:all" + pick(m, []string{"", ` minOccurs="0"`}) + ">")
	for _, name := range []string{"a", "b", "c", "d"}[m.Rand.IntN(3):] {
		b.WriteString(`<xs:element name="` + name + `" type="xs:string"` + pick(m, []string{"", "", ` minOccurs="0"`}) + `/>`)
	}
	b.WriteString("</xs:all>")
	return b.String()
}

// derived makes up a type derived from t, its content mostly that of t with changes.
func (m *Mutator) derived(model string) string {
	method := pick(m, []string{"restriction", "restriction", "restriction", "extension"})
	own := m.model()
	if m.Rand.IntN(4) > 0 {
		if n, err := ParseTree([]byte(`<t xmlns:xs="x">` + model + `</t>`)); err == nil {
			for range 1 + m.Rand.IntN(2) {
				m.Mutate(n, true)
			}
			own = ""
			for _, k := range n.Children {
				own += strings.TrimSpace(string(k.Bytes()))
			}
		}
	}
	return `<xs:complexType name="u"><xs:complexContent><xs:` + method + ` base="t">` + own + `</xs:` + method + `></xs:complexContent></xs:complexType>`
}

// children makes up content.
func (m *Mutator) children() string {
	var b strings.Builder
	for range m.Rand.IntN(7) {
		b.WriteString(pick(m, []string{"<a/>", "<a/>", "<b/>", "<b/>", "<c/>", "<d/>", "<h/>", "<m/>", "<n/>", `<q:x xmlns:q="urn:a"/>`, "<y/>"}))
	}
	return b.String()
}

// emptyChoice finds choices among nothing, which the others hold for empty content and the recommendation for what nothing can
// satisfy (part 1, 3.8.4).
var emptyChoice = regexp.MustCompile(`<xs:choice[^>]*(/>|></xs:choice>)`)

// TestModels has made-up content models, types derived from them, and documents judged.
func TestModels(t *testing.T) {
	engines := append([]Engine{Ours{}}, startAll(t)...)
	m := &Mutator{Rand: rand.New(rand.NewPCG(*chance, 4))}
	var rules []Rule
	for i := range *count {
		model := m.model()
		text := `<xs:element name="h" type="xs:string"/><xs:element name="m" type="xs:token" substitutionGroup="h"/><xs:element name="n" type="xs:token" substitutionGroup="m"/>` +
			`<xs:group name="g">` + pick(m, []string{
			`<xs:sequence><xs:element name="c" type="xs:string"/></xs:sequence>`, `<xs:choice><xs:element name="c" type="xs:string"/><xs:element name="d" type="xs:string" minOccurs="0"/></xs:choice>`,
			`<xs:sequence><xs:element name="d" type="xs:string" minOccurs="0"/><xs:element name="c" type="xs:string" maxOccurs="2"/></xs:sequence>`,
		}) + `</xs:group>` + "\n" + `<xs:complexType name="t">` + model + `</xs:complexType><xs:element name="e" type="t"/>`
		if m.Rand.IntN(2) == 0 {
			text += "\n" + m.derived(model) + `<xs:element name="f" type="u"/>`
		}
		if emptyChoice.MatchString(text) {
			continue
		}
		r := Rule{Name: fmt.Sprint(i), Valid: true, Schema: schemaText(text, "")}
		for range 12 {
			root := pick(m, []string{"e", "e", "f"})
			r.Docs = append(r.Docs, RuleDoc{Text: "<" + root + ">" + m.children() + "</" + root + ">"})
		}
		rules = append(rules, r)
	}
	report(t, engines, rules)
}
