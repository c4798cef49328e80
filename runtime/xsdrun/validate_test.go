package xsdrun_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/protogen-go/protogen/runtime/xmlstream"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// The schema of these tests is written by hand, as the schema compiler would build it. Its namespace is "u", number 1.

func local(name string) xmlstream.Name { return xmlstream.Name{Local: name} }

// element returns a declaration in no namespace.
func element(name string, t xsdrun.Type) *xsdrun.Element {
	return &xsdrun.Element{Name: local(name), Type: t}
}

// seq returns the model of one particle for each element, in that order, each once.
func seq(elements ...*xsdrun.Element) *xsdrun.Model {
	m := &xsdrun.Model{Next: make([][]int, len(elements)+1), Final: make([]bool, len(elements)+1)}
	for i, e := range elements {
		p := xsdrun.Particle{Local: e.Name.Local, Element: e}
		m.Particles = append(m.Particles, p)
		m.Next[i] = []int{i}
	}
	m.Final[len(elements)] = true
	return m
}

// many returns m as if it stood in a choice of its particles, any number of times.
func many(m *xsdrun.Model) *xsdrun.Model {
	var all []int
	for i := range m.Particles {
		all = append(all, i)
	}
	for s := range m.Next {
		m.Next[s], m.Final[s] = all, true
	}
	return m
}

func complexType(m *xsdrun.Model, uses ...xsdrun.AttributeUse) *xsdrun.ComplexType {
	t := &xsdrun.ComplexType{
		Base: anyType, Method: xsdrun.Restriction, Content: xsdrun.ContentElements, Model: m,
		Attributes: &xsdrun.Attributes{Uses: uses},
	}
	if m == nil {
		t.Content = xsdrun.ContentEmpty
	}
	return t
}

func wildcard(p xsdrun.Process) *xsdrun.Model {
	return &xsdrun.Model{
		Particles: []xsdrun.Particle{{Any: &xsdrun.Wildcard{Process: p, Not: true}}},
		Next:      [][]int{{0}, {0}}, Final: []bool{true, true},
	}
}

var anyType = &xsdrun.ComplexType{
	Name: xmlstream.Name{Space: xsdrun.Space, Local: "anyType"}, Label: "xs:anyType", Content: xsdrun.ContentMixed,
	Model: wildcard(xsdrun.Lax), Attributes: &xsdrun.Attributes{Any: &xsdrun.Wildcard{Process: xsdrun.Lax, Not: true}},
}

var (
	xsInt    = xsdrun.BuiltinInt.Type()
	xsString = xsdrun.BuiltinString.Type()
	xsID     = xsdrun.BuiltinID.Type()
	xsIDREF  = xsdrun.BuiltinIDREF.Type()
	xsIDREFS = xsdrun.BuiltinIDREFS.Type()
)

func use(name string, t *xsdrun.SimpleType) xsdrun.AttributeUse {
	return xsdrun.AttributeUse{Local: name, Type: t}
}

// schemaOf returns a schema whose root element is r, of the type given; the elements and types are global too.
func schemaOf(root xsdrun.Type, elements []*xsdrun.Element, types ...xsdrun.Type) *xsdrun.Schema {
	s := &xsdrun.Schema{
		Spaces:     xmlstream.NewSpaces("u"),
		Elements:   map[xmlstream.Name]*xsdrun.Element{local("r"): element("r", root)},
		Types:      map[xmlstream.Name]xsdrun.Type{anyType.Name: anyType},
		Attributes: map[xmlstream.Name]*xsdrun.Attribute{{Space: "u", Local: "g"}: {Type: xsInt}},
	}
	for _, e := range elements {
		s.Elements[e.Name] = e
	}
	for _, t := range types {
		s.Types[local(t.TypeName())] = t
	}
	return s
}

func xpath(steps ...string) xsdrun.IdentityPath {
	var p xsdrun.IdentityPath
	for _, s := range steps {
		switch name, attr := strings.CutPrefix(s, "@"); {
		case s == "//":
			p.Descendant = true
		case s == ".":
			p.Steps = append(p.Steps, xsdrun.IdentityStep{Self: true})
		default:
			p.Steps = append(p.Steps, xsdrun.IdentityStep{Attribute: attr, Local: name, AnySpace: name == "*"})
		}
	}
	return p
}

func TestValidate(t *testing.T) {
	base := complexType(many(seq(element("a", xsInt))))
	base.Label, base.Name = "base", local("base")
	narrow := complexType(seq(element("a", xsInt)))
	narrow.Label, narrow.Base = "narrow", base
	wide := complexType(seq(element("a", xsInt), element("b", xsString)))
	wide.Label, wide.Base, wide.Method = "wide", base, xsdrun.Extension
	abstract := complexType(nil)
	abstract.Label, abstract.Abstract = "abstract", true

	nillable := element("n", xsInt)
	nillable.Nillable = true
	nillableComplex := element("m", complexType(seq(element("a", xsInt)), xsdrun.AttributeUse{Local: "k", Type: xsInt, Required: true}))
	nillableComplex.Nillable = true

	defaulted, fixed, fixedMixed := element("d", xsInt), element("f", xsInt), element("x", anyType)
	defaulted.Default, fixed.Fixed, fixedMixed.Fixed = new("7"), new("7"), new("t")

	head, member, ghost := element("head", xsInt), element("member", xsdrun.BuiltinByte.Type()), element("ghost", xsInt)
	head.Abstract = true
	group := seq(head)
	group.Particles[0].Members = []xsdrun.Member{{Local: member.Name.Local, Element: member}}

	mixed := complexType(many(seq(element("a", xsInt))))
	mixed.Content = xsdrun.ContentMixed
	simple := complexType(nil, use("k", xsInt))
	simple.Content, simple.Simple = xsdrun.ContentSimple, xsInt

	all := &xsdrun.Model{All: true, Particles: []xsdrun.Particle{
		{Local: "a", Element: element("a", xsInt)}, {Local: "b", Element: element("b", xsInt), Optional: true},
	}}
	counted := seq(element("a", xsInt), element("b", xsInt))
	counted.Particles[0].Min, counted.Particles[0].Max = 2, 3

	ids := complexType(many(seq(
		element("i", complexType(nil, use("id", xsID))), element("ref", xsIDREF), element("refs", xsIDREFS), element("id", xsID),
	)))

	attrs := complexType(nil, use("a", xsInt), xsdrun.AttributeUse{Local: "f", Type: xsInt, Fixed: new("7")})
	attrs.Attributes.Any = &xsdrun.Wildcard{Process: xsdrun.Strict, Spaces: []int{1}}

	global := element("g", xsInt)
	const xsi = `xmlns:xsi="` + xmlstream.XSISpace + `" xmlns:xs="` + xsdrun.Space + `" `
	for _, test := range []struct {
		name   string
		schema *xsdrun.Schema
		doc    string
		want   string // faults, separated by bars; empty: valid
	}{
		{"derived by restriction", schemaOf(base, nil, base, narrow, wide), `<r ` + xsi + `xsi:type="narrow"><a>1</a></r>`, ""},
		{"derived, and its model counts", schemaOf(base, nil, base, narrow, wide), `<r ` + xsi + `xsi:type="narrow"><a>1</a><a>1</a></r>`, "/r/a cvc-complex-type.2.4.a"},
		{"derived by extension", schemaOf(base, nil, base, narrow, wide), `<r ` + xsi + `xsi:type=" wide "><a>1</a><b/></r>`, ""},
		{"not derived", schemaOf(narrow, nil, base, narrow, wide), `<r ` + xsi + `xsi:type="wide"><a>1</a></r>`, "/r cvc-elt.4.3"},
		{"no such type", schemaOf(base, nil), `<r ` + xsi + `xsi:type="none"/>`, "/r cvc-elt.4.2"},
		{"no name of a type", schemaOf(base, nil), `<r ` + xsi + `xsi:type="p:none"/>`, "/r cvc-elt.4.1"},
		{"abstract type", schemaOf(abstract, nil, abstract), `<r/>`, "/r cvc-type.2"},
		{"simple type derived", schemaOf(xsInt, nil), `<r ` + xsi + `xsi:type="xs:byte">128</r>`, "/r cvc-maxInclusive-valid"},
		{"anyType made simple", schemaOf(anyType, nil), `<r ` + xsi + `xsi:type="xs:byte">1</r>`, ""},

		{"nil", schemaOf(complexType(seq(nillable)), nil), `<r><n ` + xsi + `xsi:nil="1"/></r>`, ""},
		{"nil is false", schemaOf(complexType(seq(nillable)), nil), `<r><n ` + xsi + `xsi:nil="false"/></r>`, "/r/n cvc-datatype-valid.1.2.1"},
		{"nil with content", schemaOf(complexType(seq(nillable)), nil), `<r><n ` + xsi + `xsi:nil="true">1</n></r>`, "/r/n cvc-elt.3.2.1"},
		{"nil is no boolean", schemaOf(complexType(seq(nillable)), nil), `<r><n ` + xsi + `xsi:nil="yes">1</n></r>`, "/r/n/@xsi:nil cvc-datatype-valid.1.2.1"},
		{"nil with attributes", schemaOf(complexType(seq(nillableComplex)), nil), `<r><m k="1" ` + xsi + `xsi:nil="true"/></r>`, ""},
		{"nil without a required attribute", schemaOf(complexType(seq(nillableComplex)), nil), `<r><m ` + xsi + `xsi:nil="true"/></r>`, "/r/m cvc-complex-type.4"},
		{"not nillable", schemaOf(xsInt, nil), `<r ` + xsi + `xsi:nil="true"/>`, "/r cvc-elt.3.1|/r cvc-datatype-valid.1.2.1"},

		{"default", schemaOf(complexType(seq(defaulted)), nil), `<r><d/></r>`, ""},
		{"fixed, empty", schemaOf(complexType(seq(fixed)), nil), `<r><f></f></r>`, ""},
		{"fixed, equal", schemaOf(complexType(seq(fixed)), nil), `<r><f> 07</f></r>`, ""},
		{"fixed, other", schemaOf(complexType(seq(fixed)), nil), `<r><f>8</f></r>`, "/r/f cvc-elt.5.2.2.2.2"},
		{"fixed, mixed", schemaOf(complexType(seq(fixedMixed)), nil), `<r><x>t</x></r>`, ""},
		{"fixed, mixed, other", schemaOf(complexType(seq(fixedMixed)), nil), `<r><x>s</x></r>`, "/r/x cvc-elt.5.2.2.2.1"},
		{"fixed, mixed, with an element", schemaOf(complexType(seq(fixedMixed)), nil), `<r><x>t<y/></x></r>`, "/r/x/y cvc-elt.5.2.2.1"},

		{"substitute", schemaOf(complexType(group), nil), `<r><member>1</member></r>`, ""},
		{"substitute by its own type", schemaOf(complexType(group), nil), `<r><member>128</member></r>`, "/r/member cvc-maxInclusive-valid"},
		{"abstract head", schemaOf(complexType(group), nil), `<r><head>1</head></r>`, "/r/head cvc-elt.2"},
		{"no substitute", schemaOf(complexType(group), []*xsdrun.Element{ghost}), `<r><ghost>1</ghost></r>`, "/r/ghost cvc-complex-type.2.4.a|/r cvc-complex-type.2.4.b"},

		{"mixed", schemaOf(mixed, nil), `<r>x<a>1</a> y </r>`, ""},
		{"mixed with a stranger", schemaOf(mixed, nil), `<r>x<b/></r>`, "/r/b cvc-complex-type.2.4.a"},
		{"simple content", schemaOf(simple, nil), `<r k="1">2</r>`, ""},
		{"simple content, both wrong", schemaOf(simple, nil), `<r k="x">y</r>`, "/r cvc-datatype-valid.1.2.1|/r/@k cvc-attribute.3"},
		{"empty content", schemaOf(complexType(nil), nil), `<r><!-- c --></r>`, ""},
		{"empty content with space", schemaOf(complexType(nil), nil), `<r> </r>`, "/r cvc-complex-type.2.1"},

		{"all", schemaOf(complexType(all), nil), `<r><b>1</b><a>1</a></r>`, ""},
		{"all, optional left out", schemaOf(complexType(all), nil), `<r><a>1</a></r>`, ""},
		{"all, incomplete", schemaOf(complexType(all), nil), `<r><b>1</b></r>`, "/r cvc-complex-type.2.4.b"},
		{"all, twice", schemaOf(complexType(all), nil), `<r><a>1</a><a>1</a></r>`, "/r/a cvc-complex-type.2.4.a"},
		{"counted", schemaOf(complexType(counted), nil), `<r><a>1</a><a>1</a><a>1</a><b>1</b></r>`, ""},
		{"counted, too few", schemaOf(complexType(counted), nil), `<r><a>1</a><b>1</b></r>`, "/r/b cvc-complex-type.2.4.a"},
		{"counted, too many", schemaOf(complexType(counted), nil), `<r><a>1</a><a>1</a><a>1</a><a>1</a><b>1</b></r>`, "/r/a cvc-complex-type.2.4.a"},

		{"strict, declared", schemaOf(complexType(wildcard(xsdrun.Strict)), []*xsdrun.Element{global}), `<r><g>1</g></r>`, ""},
		{"strict, declared, invalid", schemaOf(complexType(wildcard(xsdrun.Strict)), []*xsdrun.Element{global}), `<r><g>x</g></r>`, "/r/g cvc-datatype-valid.1.2.1"},
		{"strict, undeclared", schemaOf(complexType(wildcard(xsdrun.Strict)), []*xsdrun.Element{global}), `<r><h><g>x</g></h></r>`, "/r/h cvc-complex-type.2.4.c|/r/h/g cvc-datatype-valid.1.2.1"},
		{"strict, undeclared with a type", schemaOf(complexType(wildcard(xsdrun.Strict)), nil), `<r><h ` + xsi + `xsi:type="xs:int">x</h></r>`, "/r/h cvc-datatype-valid.1.2.1"},
		{"lax", schemaOf(complexType(wildcard(xsdrun.Lax)), []*xsdrun.Element{global}), `<r><h a="1">t<g>x</g></h></r>`, "/r/h/g cvc-datatype-valid.1.2.1"},
		{"skip", schemaOf(complexType(wildcard(xsdrun.Skip)), []*xsdrun.Element{global}), `<r><g>x</g></r>`, ""},
		{"root undeclared", schemaOf(xsInt, nil), `<s/>`, "/s cvc-elt.1"},
		{"root undeclared with a type", schemaOf(xsInt, nil), `<s ` + xsi + `xsi:type="xs:int">1</s>`, ""},

		{"attributes", schemaOf(attrs, nil), `<r a="1" f="07" xmlns:p="u" p:g="2"/>`, ""},
		{"attribute fixed", schemaOf(attrs, nil), `<r f="8"/>`, "/r/@f cvc-attribute.4"},
		{"attribute by a strict wildcard", schemaOf(attrs, nil), `<r xmlns:p="u" p:g="x" p:h="1"/>`, "/r/@p:g cvc-attribute.3|/r/@p:h cvc-complex-type.3.2.2"},
		{"attribute outside of the wildcard", schemaOf(attrs, nil), `<r xmlns:p="v" p:g="1"/>`, "/r/@p:g cvc-complex-type.3.2.2"},

		{"ids", schemaOf(ids, nil), `<r><ref>y</ref><i id="x"/><id>y</id><refs>x y x</refs></r>`, ""},
		{"id twice", schemaOf(ids, nil), `<r><i id="x"/><id> x </id></r>`, "/r/id cvc-id.2"},
		{"no such id", schemaOf(ids, nil), `<r><i id="x"/><refs>x z</refs><ref>w</ref></r>`, "/r/refs cvc-id.1|/r/ref cvc-id.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.schema.Validate([]byte(test.doc), xsdrun.Options{})
			var got []string
			for _, f := range faults(t, err) {
				_, f, _ := strings.Cut(f, " ")
				got = append(got, f)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "|")); diff != "" {
				t.Errorf("faults (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	// <r> holds <o k="" t=""> with <v>, and <p> with references; <s> holds what <r> holds.
	record := element("o", complexType(many(seq(element("v", xsdrun.BuiltinDecimal.Type()))), use("k", xsInt), use("t", xsString)))
	ref := element("p", complexType(nil, use("k", xsdrun.BuiltinDecimal.Type()), use("t", xsString)))
	model := many(seq(record, ref))
	key := &xsdrun.Identity{
		Kind: xsdrun.Key, Name: local("key"), Selector: []xsdrun.IdentityPath{xpath("//", "o")},
		Fields: [][]xsdrun.IdentityPath{{xpath("@k")}, {xpath("@t"), xpath("@t")}},
	}
	keyref := &xsdrun.Identity{
		Kind: xsdrun.KeyRef, Name: local("keyref"), Refer: key, Selector: []xsdrun.IdentityPath{xpath("p")},
		Fields: [][]xsdrun.IdentityPath{{xpath(".", "@k")}, {xpath("@t")}},
	}
	unique := &xsdrun.Identity{
		Kind: xsdrun.Unique, Name: local("unique"), Selector: []xsdrun.IdentityPath{xpath("o"), xpath("s", "o")},
		Fields: [][]xsdrun.IdentityPath{{xpath("v")}},
	}
	// schema has the constraints on its root, or else on the element s inside.
	schema := func(root bool, constraints ...*xsdrun.Identity) *xsdrun.Schema {
		inner := element("s", complexType(model))
		s := schemaOf(complexType(many(seq(record, ref, inner))), nil)
		if root {
			s.Elements[local("r")].Identity = constraints
		} else {
			inner.Identity = constraints
		}
		return s
	}
	for _, test := range []struct {
		name   string
		schema *xsdrun.Schema
		doc    string
		want   string
	}{
		{"key", schema(true, key), `<r><o k="1" t="a"/><o k="1" t="b"/><s><o k="2" t="a"/></s></r>`, ""},
		{"key twice", schema(true, key), `<r><o k="1" t="a"/><s><o k="01" t="a"/></s></r>`, "/r/s/o cvc-identity-constraint.4.2.2"},
		{"key incomplete", schema(true, key), `<r><o k="1"/></r>`, "/r/o cvc-identity-constraint.4.2.1"},
		{"reference", schema(true, key, keyref), `<r><p k="1.0" t="a"/><o k="1" t="a"/></r>`, ""},
		{"dangling reference", schema(true, key, keyref), `<r><p k="1" t="b"/><o k="1" t="a"/></r>`, "/r/p cvc-identity-constraint.4.3"},
		{"incomplete reference", schema(true, key, keyref), `<r><p k="1"/></r>`, ""},
		{"unique", schema(true, unique), `<r><o><v>1</v></o><o><v>1.5</v></o><o/></r>`, ""},
		{"unique twice", schema(true, unique), `<r><o><v>1</v></o><s><o><v>1.0</v></o></s></r>`, "/r/s/o cvc-identity-constraint.4.1"},
		{"field twice", schema(true, unique), `<r><o><v>1</v><v>2</v></o></r>`, "/r/o cvc-identity-constraint.3"},
		{"scope", schema(false, key), `<r><o k="1" t="a"/><o k="1" t="a"/><s><o k="1" t="a"/></s><s><o k="1" t="a"/></s></r>`, ""},
		{"scope, twice inside", schema(false, key), `<r><s><o k="1" t="a"/><o k="1" t="a"/></s></r>`, "/r/s/o cvc-identity-constraint.4.2.2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.schema.Validate([]byte(test.doc), xsdrun.Options{})
			var got []string
			for _, f := range faults(t, err) {
				_, f, _ := strings.Cut(f, " ")
				got = append(got, f)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "|")); diff != "" {
				t.Errorf("faults (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestSchemaLocations(t *testing.T) {
	const doc = `<r xmlns:xsi="` + xmlstream.XSISpace + `" xsi:schemaLocation=" u a.xsd
		v b.xsd" xsi:noNamespaceSchemaLocation="c.xsd"><s xsi:schemaLocation="u a.xsd w"/></r>`
	want := []xsdrun.Location{{Space: "u", Location: "a.xsd"}, {Space: "v", Location: "b.xsd"}, {Space: "", Location: "c.xsd"}}
	if diff := cmp.Diff(want, xsdrun.SchemaLocations([]byte(doc), xmlstream.Options{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestValidateMalformed checks that a malformed document is not called invalid.
func TestValidateMalformed(t *testing.T) {
	err := schemaOf(xsInt, nil).Validate([]byte("<r>x</s>"), xsdrun.Options{})
	if _, ok := err.(*xmlstream.SyntaxError); !ok {
		t.Errorf("%v", err)
	}
}
