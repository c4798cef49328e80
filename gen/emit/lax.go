package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// lax is what emitted code must know to judge what no declaration names where it stands: the attributes that wildcards let
// through, and the types that xsi:type may give an element of which there is no declaration.
type lax struct {
	attributes []*xsd.Attribute
	types      []*xsd.SimpleType // named
	structs    []*structure      // of named complex types
	extended   []*structure      // those of them that extend a simple type
}

// named reports whether there are types that may take the place of simple ones.
func (l *lax) named() bool { return len(l.types)+len(l.extended) > 0 }

// newLax finds what set has of them. Elements by type alone are judged in packages of schemas alone: a protocol's messages have
// declarations.
func newLax(s *shapes) *lax {
	l := new(lax)
	if s.laxAttributes() {
		l.attributes = slices.Clone(s.set.Attributes)
		for _, local := range []string{"lang", "space", "base", "id"} {
			if a := s.set.Attribute(xsd.Name{Space: xmlSpace, Local: local}); a != nil && !slices.Contains(l.attributes, a) {
				l.attributes = append(l.attributes, a)
			}
		}
	}
	if !s.bare() {
		return l
	}
	for _, t := range s.set.Types {
		switch t := t.(type) {
		case *xsd.SimpleType:
			l.types = append(l.types, t)
		case *xsd.ComplexType:
			if st := s.byType[t]; st != nil && !t.Abstract {
				l.structs = append(l.structs, st)
				if t.Content == xsdrun.ContentSimple && simpleRoot(t) != nil {
					l.extended = append(l.extended, st)
				}
			}
		}
	}
	return l
}

// bare reports whether schemas are all there is.
func (s *shapes) bare() bool { return len(s.p.Messages) == 0 }

// laxAttributes reports whether a wildcard lets attributes through that a declaration may judge.
func (s *shapes) laxAttributes() bool {
	return slices.ContainsFunc(s.structs, func(st *structure) bool {
		if st.ct != nil && st.ct.AnyAttribute != nil && st.ct.AnyAttribute.Process != xsdrun.Skip {
			return true
		}
		return slices.ContainsFunc(st.fields, func(f *field) bool { return f.val.any || f.role == roleAny || f.val.element })
	})
}

// options emits the options of a Decoder, those given first:
//
//	xsdrun.Options{Known: known, Attributes: attributes, Types: types, Typed: typed}
func (e *emitter) decoderOptions(given ...pair) jen.Code {
	fields := append(given, pair{jen.Id("Known"), jen.Id("known")})
	if len(e.lax.attributes) > 0 {
		fields = append(fields, pair{jen.Id("Attributes"), jen.Id("attributes")})
	}
	if e.lax.named() {
		fields = append(fields, pair{jen.Id("Types"), jen.Id("types")})
	}
	if e.shapes.bare() {
		fields = append(fields, pair{jen.Id("Typed"), jen.Id("typed")})
	}
	return rt("xsdrun", "Options").Add(inline(fields...))
}

// laxTables emits the attributes and simple types by name:
//
//	var types = map[xmlstream.Name]xsdrun.Type{
//		{Space: NamespaceT, Local: "size"}: tSize,
//	}
func (e *emitter) laxTables() []jen.Code {
	var out []jen.Code
	if len(e.lax.attributes) > 0 {
		rows := collect(e.lax.attributes, func(a *xsd.Attribute) jen.Code {
			fields := []pair{{jen.Id("Type"), e.simpleVar(a.Type)}}
			if a.Default != nil {
				fields = append(fields, pair{jen.Id("Default"), jen.New(lit(*a.Default))})
			}
			if a.Fixed != nil {
				fields = append(fields, pair{jen.Id("Fixed"), jen.New(lit(*a.Fixed))})
			}
			return jen.Add(e.nameValues(a.Name)).Op(":").Add(inline(fields...))
		})
		out = append(out, documented(doc("attributes are the attributes that are declared by themselves, for wildcards."),
			jen.Var().Id("attributes").Op("=").Map(rt("xmlstream", "Name")).Op("*").Add(rt("xsdrun", "Attribute")).Add(lines(rows...))))
	}
	if e.lax.named() {
		rows := collect(e.lax.types, func(t *xsd.SimpleType) jen.Code {
			return jen.Add(e.nameValues(t.Name)).Op(":").Add(e.simpleVar(t))
		})
		rows = append(rows, collect(e.lax.extended, e.extendedLiteral)...)
		out = append(out, documented(doc("types are what xsi:type may name where a simple type is declared."),
			jen.Var().Id("types").Op("=").Map(rt("xmlstream", "Name")).Add(rt("xsdrun", "Type")).Add(lines(rows...))))
	}
	return out
}

// simpleRoot is the simple type that a complex one is derived from, at whatever distance; nil if it is xs:anyType.
func simpleRoot(ct *xsd.ComplexType) *xsd.SimpleType {
	for base := complexBase(ct); base != nil; base = complexBase(ct) {
		ct = base
	}
	root, _ := ct.Base.(*xsd.SimpleType)
	return root
}

// extendedLiteral emits
//
//	{Space: NamespaceT, Local: "length"}: &xsdrun.ComplexType{
//		Base:       xsdDecimal,
//		Method:     xsdrun.Extension,
//		Content:    xsdrun.ContentSimple,
//		Simple:     xsdDecimal,
//		Attributes: lengthAttrs,
//	},
func (e *emitter) extendedLiteral(st *structure) jen.Code {
	how := st.ct.Method
	for base := complexBase(st.ct); base != nil; base = complexBase(base) {
		how |= base.Method
	}
	attributes := jen.New(rt("xsdrun", "Attributes"))
	if hasAttributes(st) {
		attributes = jen.Id(attrsVar(st))
	}
	return jen.Add(e.nameValues(st.ct.Name)).Op(":").Op("&").Add(rt("xsdrun", "ComplexType")).Add(keyed(
		pair{jen.Id("Base"), e.simpleRef(e.set.Simple(simpleRoot(st.ct)))},
		pair{jen.Id("Method"), derivationOf(how)},
		pair{jen.Id("Content"), rt("xsdrun", "ContentSimple")},
		pair{jen.Id("Simple"), e.simpleRef(e.set.Simple(st.ct.Simple))},
		pair{jen.Id("Attributes"), attributes},
	))
}

// typedFunc emits
//
//	func typed(d *xsdrun.Decoder, name xmlstream.Name) bool {
//		switch name {
//		case xmlstream.Name{Space: NamespaceT, Local: "circle"}:
//			new(Circle).decode(d)
//		default:
//			return false
//		}
//		return true
//	}
func (e *emitter) typedFunc() jen.Code {
	cases := collect(e.lax.structs, func(st *structure) jen.Code {
		return jen.Case(e.nameLiteral(st.ct.Name)).Block(e.judge(&field{val: value{of: st}}))
	})
	if len(cases) == 0 {
		return documented(doc("typed would read an element by the type that its xsi:type names, but no type has a name."),
			shortFunction("typed", block(jen.Op("*").Add(rt("xsdrun", "Decoder")), rt("xmlstream", "Name")), block(jen.Bool()), jen.Return(jen.False())))
	}
	cases = append(cases, jen.Default().Block(jen.Return(jen.False())))
	return documented(doc("typed reads an element of which there is no declaration, by the type that its xsi:type names."),
		function("typed", block(decoderParam(), jen.Id("name").Add(rt("xmlstream", "Name"))), block(jen.Bool()),
			jen.Switch(jen.Id("name")).Block(cases...), jen.Return(jen.True())))
}
