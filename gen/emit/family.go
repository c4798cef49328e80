package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/name"
	"github.com/protogen-go/protogen/gen/xsd"
	"github.com/protogen-go/protogen/runtime/xsdrun"
)

// family is a sealed interface: what may stand for an element by its substitution group, or for a type by xsi:type.
type family struct {
	name string // of the interface
	pos  xsd.Pos
	head *xsd.Element     // of a substitution group, or nil
	base *xsd.ComplexType // whose place derived types may take, or nil
	arms []*structure     // the head's or base's own first, unless it is abstract
}

// group is the family of el's substitution group, or nil if nothing may stand for el.
func (s *shapes) group(el *xsd.Element) *family {
	members := s.set.Substitutes(el)
	if len(members) == 0 {
		return nil
	}
	if f := s.groups[el]; f != nil {
		return f
	}
	f := &family{name: s.names.Element(el), pos: el.Pos, head: el}
	s.groups[el] = f
	if !el.Abstract {
		members = slices.Concat([]*xsd.Element{el}, members)
		s.nameFamily(f, "the substitution group of "+f.name)
	} else {
		s.nameReaders(f)
	}
	for _, m := range members {
		f.arms = append(f.arms, s.global(m))
	}
	s.families = append(s.families, f)
	return f
}

// derivations is the family of the types that xsi:type may put in the place of ct, or nil if only ct itself may stand there.
func (s *shapes) derivations(ct *xsd.ComplexType) *family {
	if len(s.derived[ct]) == 0 && !ct.Abstract {
		return nil
	}
	if f := s.byBase[ct]; f != nil {
		return f
	}
	f := &family{name: s.names.Type(ct), pos: ct.Pos, base: ct}
	s.byBase[ct] = f
	types := s.derived[ct]
	if !ct.Abstract {
		types = slices.Concat([]*xsd.ComplexType{ct}, types)
		s.nameFamily(f, "the types derived from "+f.name)
	} else {
		s.nameReaders(f)
	}
	for _, t := range types {
		f.arms = append(f.arms, s.complex(t))
	}
	s.families = append(s.families, f)
	return f
}

// nameFamily names a family whose head has a Go type of its own.
func (s *shapes) nameFamily(f *family, what string) {
	f.name = "Any" + f.name
	for s.names.Scope.Has(f.name) {
		f.name += "Too"
	}
	s.found = append(s.found, s.names.Scope.Take(f.name, what, f.pos)...)
	s.nameReaders(f)
}

// nameReaders claims what reads and writes a family.
func (s *shapes) nameReaders(f *family) {
	what := "what reads and writes " + f.name
	s.found = append(s.found, s.names.Scope.Take(f.reader(), what, f.pos)...)
	s.found = append(s.found, s.names.Scope.Take(f.writer(), what, f.pos)...)
	if f.base != nil {
		s.found = append(s.found, s.names.Scope.Take(f.table(), what, f.pos)...)
	}
}

func (f *family) reader() string { return "read" + f.name }
func (f *family) writer() string { return "write" + f.name }
func (f *family) table() string  { return name.Unexported(f.name) + "Types" }
func (f *family) mark() string   { return "is" + f.name }

// derivedTypes are the types that may take the place of each type by xsi:type: those derived from it, at whatever distance,
// that are not abstract.
func derivedTypes(set *xsd.Set) map[*xsd.ComplexType][]*xsd.ComplexType {
	derived := map[*xsd.ComplexType][]*xsd.ComplexType{}
	for _, t := range set.Types {
		ct, ok := t.(*xsd.ComplexType)
		if !ok || ct.Abstract {
			continue
		}
		for base := complexBase(ct); base != nil; base = complexBase(base) {
			if ways(ct, base)&base.Block == 0 {
				derived[base] = append(derived[base], ct)
			}
		}
	}
	return derived
}

// complexBase is the complex type that ct is derived from, or nil; all types are derived from xs:anyType, which does not count.
func complexBase(ct *xsd.ComplexType) *xsd.ComplexType {
	base, ok := ct.Base.(*xsd.ComplexType)
	if !ok || isAnyType(base) {
		return nil
	}
	return base
}

// ways are the ways in which ct is derived from base.
func ways(ct, base *xsd.ComplexType) xsdrun.Derivation {
	var all xsdrun.Derivation
	for ; ct != base; ct = complexBase(ct) {
		all |= ct.Method
	}
	return all
}

// familyDecl emits
//
//	type AnyShape interface {
//		isAnyShape()
//	}
//
//	func (*Shape) isAnyShape()  {}
//	func (*Circle) isAnyShape() {}
func (e *emitter) familyDecl(f *family) jen.Code {
	var arms []string
	for _, arm := range f.arms {
		arms = append(arms, "[*"+arm.name+"]")
	}
	text := f.name + " is "
	methods := []jen.Code{jen.Id(f.mark()).Params()}
	if f.head != nil {
		text += "the element " + e.qname(f.head.Name.Space, f.head.Name.Local) + " or one that may stand in its place: "
		methods = append([]jen.Code{jen.Id("Element")}, methods...)
		methods = append(methods, jen.Id("encodeElement").Params(encoderParam()))
	} else {
		text += "a value of the type " + e.qname(f.base.Name.Space, f.base.Name.Local) + " or of one derived from it: "
	}
	if len(arms) == 0 {
		text += "there is none yet"
	}
	doc := doc("%s%s.", text, enumerate(arms, "or"))
	s := documented(doc, jen.Type().Id(f.name).Interface(methods...)).(*jen.Statement).Line()
	for _, arm := range f.arms {
		s.Line().Func().Params(jen.Op("*").Id(arm.name)).Id(f.mark()).Params().Block()
	}
	return s
}

// familyCodec emits what reads and writes a family.
func (e *emitter) familyCodec(f *family) []jen.Code {
	if f.head != nil {
		return []jen.Code{e.readGroup(f), e.writeGroup(f)}
	}
	return []jen.Code{e.readDerived(f), e.writeDerived(f)}
}

// readGroup emits
//
//	func readAnyShape(d *xsdrun.Decoder, old AnyShape) AnyShape {
//		el, _ := readKnown(d, old).(AnyShape)
//		return el
//	}
func (e *emitter) readGroup(f *family) jen.Code {
	return function(f.reader(), block(decoderParam(), jen.Id("old").Id(f.name)), block(jen.Id(f.name)),
		jen.List(jen.Id("el"), jen.Id("_")).Op(":=").Id("readKnown").Call(jen.Id("d"), jen.Id("old")).Assert(jen.Id(f.name)),
		jen.Return(jen.Id("el")))
}

// writeGroup emits
//
//	func writeAnyShape(e *xsdrun.Encoder, el AnyShape) {
//		if el == nil {
//			e.Missing("t:shape")
//			return
//		}
//		el.encodeElement(e)
//	}
func (e *emitter) writeGroup(f *family) jen.Code {
	return function(f.writer(), block(encoderParam(), jen.Id("el").Id(f.name)), nil,
		jen.If(jen.Id("el").Op("==").Nil()).Block(
			jen.Id("e").Dot("Missing").Call(lit(e.tag(f.head.Name))), jen.Return()),
		jen.Id("el").Dot("encodeElement").Call(jen.Id("e")))
}

// readDerived emits
//
//	func readAnyShape(d *xsdrun.Decoder, old AnyShape, block xsdrun.Derivation) AnyShape {
//		switch d.TypeAmong(anyShapeTypes, block) {
//		case 0:
//			v := xsdrun.ReuseAs[Shape](old)
//			v.decode(d)
//			return v
//		}
//		d.SkipElement()
//		return nil
//	}
func (e *emitter) readDerived(f *family) jen.Code {
	var cases []jen.Code
	for i, arm := range f.arms {
		cases = append(cases, jen.Case(lit(i)).Block(
			jen.Id("v").Op(":=").Add(rt("xsdrun", "ReuseAs")).Types(jen.Id(arm.name)).Call(jen.Id("old")),
			jen.Id("v").Dot("decode").Call(jen.Id("d")),
			jen.Return(jen.Id("v"))))
	}
	return documented(
		doc("%s reads an element whose type is that of %s which it says; block are the derivations that its declaration excludes.", f.reader(), f.name),
		function(f.reader(), block(decoderParam(), jen.Id("old").Id(f.name), jen.Id("block").Add(rt("xsdrun", "Derivation"))), block(jen.Id(f.name)),
			jen.Switch(jen.Id("d").Dot("TypeAmong").Call(jen.Id(f.table()), jen.Id("block"))).Block(cases...),
			jen.Id("d").Dot("SkipElement").Call(),
			jen.Return(jen.Nil())))
}

// writeDerived emits
//
//	func writeAnyShape(e *xsdrun.Encoder, v AnyShape) {
//		switch v := v.(type) {
//		case *Shape:
//			e.Raw(">")
//			v.encode(e)
//		case *Circle:
//			e.Raw(` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="circle">`)
//			v.encode(e)
//		default:
//			e.Missing("a shape")
//		}
//	}
//
// which is what stands between the name of the start tag and the end tag.
func (e *emitter) writeDerived(f *family) jen.Code {
	var cases []jen.Code
	for _, arm := range f.arms {
		var s script
		if arm.ct != f.base {
			s.write(` xmlns:xsi="` + xsiSpace + `" xsi:type="` + e.tag(arm.ct.Name) + `"`)
		}
		if !arm.opens() {
			s.write(">")
		}
		s.do(jen.Id("v").Dot("encode").Call(jen.Id("e")))
		if arm.opens() && arm.empty() {
			s.write(">")
		}
		cases = append(cases, jen.Case(jen.Op("*").Id(arm.name)).Block(s.body()...))
	}
	missing := jen.Id("e").Dot("Missing").Call(lit("the type " + e.qname(f.base.Name.Space, f.base.Name.Local)))
	body := jen.Code(missing)
	if len(cases) > 0 {
		body = jen.Switch(jen.Id("v").Op(":=").Id("v").Assert(jen.Type())).Block(append(cases, jen.Default().Block(missing))...)
	}
	return documented(doc("%s writes the attributes and the content of an element, and the type that it has.", f.writer()),
		function(f.writer(), block(encoderParam(), jen.Id("v").Id(f.name)), nil, body))
}

// familyTable emits the types of a family as the runtime knows them:
//
//	var anyShapeTypes = &xsdrun.SubTypes{
//		Names: []xmlstream.Name{{Space: NamespaceT, Local: "shape"}, {Space: NamespaceT, Local: "circle"}},
//		Ways: []xsdrun.Derivation{0, xsdrun.Extension},
//	}
func (e *emitter) familyTable(f *family) jen.Code {
	names := collect(f.arms, func(arm *structure) jen.Code { return jen.Add(e.nameValues(arm.ct.Name)) })
	how := collect(f.arms, func(arm *structure) jen.Code { return derivationOf(ways(arm.ct, f.base)) })
	fields := []pair{
		{jen.Id("Names"), jen.Index().Add(rt("xmlstream", "Name")).Values(names...)},
		{jen.Id("Ways"), jen.Index().Add(rt("xsdrun", "Derivation")).Values(how...)},
	}
	if f.base.Abstract {
		fields = append(fields, pair{jen.Id("Abstract"), jen.True()})
	}
	return jen.Var().Id(f.table()).Op("=").Op("&").Add(rt("xsdrun", "SubTypes")).Add(keyed(fields...))
}

// derivationOf is a set of ways of derivation as a constant.
func derivationOf(d xsdrun.Derivation) jen.Code {
	var parts []jen.Code
	for _, w := range []struct {
		bit  xsdrun.Derivation
		name string
	}{{xsdrun.Extension, "Extension"}, {xsdrun.Restriction, "Restriction"}} {
		if d&w.bit == 0 {
			continue
		}
		if len(parts) > 0 {
			parts = append(parts, jen.Op("|"))
		}
		parts = append(parts, rt("xsdrun", w.name))
	}
	if len(parts) == 0 {
		return lit(0)
	}
	return jen.Add(parts...)
}

// readFamily emits the call that reads an element into old, what it held before.
func (e *emitter) readFamily(v value, el *xsd.Element, old jen.Code) *jen.Statement {
	if v.family.head != nil {
		return jen.Id(v.family.reader()).Call(jen.Id("d"), old)
	}
	blocked := xsdrun.Derivation(0)
	if el != nil {
		blocked = el.Block & (xsdrun.Extension | xsdrun.Restriction)
	}
	return jen.Id(v.family.reader()).Call(jen.Id("d"), old, derivationOf(blocked))
}
