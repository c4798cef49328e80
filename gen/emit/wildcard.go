package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/xsd"
)

// elementCodec emits what reads and writes an element wherever it stands.
func (e *emitter) elementCodec() []jen.Code {
	out := []jen.Code{e.knownInterface(), e.readKnownFunc(), e.readFunc(), e.readElementFunc(), e.writeElementFunc()}
	if e.shapes.bare() {
		out = append(out, e.typedFunc())
	}
	if e.shapes.holdAny() {
		out = append(out, writeAnyFunc())
	}
	if e.shapes.holdItems() {
		out = append(out, readItemFunc())
	}
	return out
}

// holdAny reports whether some element is of xs:anyType.
func (s *shapes) holdAny() bool {
	return slices.ContainsFunc(s.structs, func(st *structure) bool {
		return slices.ContainsFunc(st.fields, func(f *field) bool { return f.role == roleElement && f.val.any })
	})
}

// holdItems reports whether some repeated group has global elements for items.
func (s *shapes) holdItems() bool {
	global := func(a *arm) bool { return a.global }
	return slices.ContainsFunc(s.structs, func(st *structure) bool {
		return slices.ContainsFunc(st.fields, func(f *field) bool { return f.items != nil && slices.ContainsFunc(f.items.arms, global) })
	})
}

// knownInterface emits
//
//	type knownElement interface {
//		Element
//		decode(d *xsdrun.Decoder)
//		encodeElement(e *xsdrun.Encoder)
//	}
func (e *emitter) knownInterface() jen.Code {
	return documented(doc("knownElement is an element that the schemas declare."),
		jen.Type().Id("knownElement").Interface(
			jen.Id("Element"),
			jen.Id("decode").Params(decoderParam()),
			jen.Id("encodeElement").Params(encoderParam()),
		))
}

// readKnownFunc emits the switch over every global element:
//
//	func readKnown(d *xsdrun.Decoder, old Element) Element {
//		switch d.Space() {
//		case spaceDomain:
//			switch d.Local() {
//			case "check":
//				return read[DomainCheck](d, old)
//			}
//		}
//		return nil
//	}
func (e *emitter) readKnownFunc() jen.Code {
	var spaces []jen.Code
	for _, uri := range e.set.Namespaces() {
		if locals := e.localCases(uri); len(locals) > 0 {
			spaces = append(spaces, jen.Case(jen.Id(e.spaceConst(uri))).Block(jen.Switch(jen.Id("d").Dot("Local").Call()).Block(locals...)))
		}
	}
	if locals := e.localCases(""); len(locals) > 0 {
		spaces = append(spaces, jen.Case(lit(0)).Block(jen.Switch(jen.Id("d").Dot("Local").Call()).Block(locals...)))
	}
	return documented(
		doc(`readKnown reads the element that d stands on, into old if that is of its type. It returns nil, having read nothing,
			for an element that the schemas do not declare.`),
		function("readKnown", block(decoderParam(), jen.Id("old").Id("Element")), block(jen.Id("Element")),
			jen.Switch(jen.Id("d").Dot("Space").Call()).Block(spaces...), jen.Return(jen.Nil())))
}

// localCases are the cases of the global elements of one namespace.
func (e *emitter) localCases(uri string) []jen.Code {
	var cases []jen.Code
	for _, el := range e.set.Elements {
		if el.Name.Space == uri && !el.Abstract {
			cases = append(cases, jen.Case(lit(el.Name.Local)).Block(append(slices.Concat(e.constrained(el), e.exactType(el), e.nillableRoot(el), e.declared(el)),
				jen.Return(jen.Id("read").Types(jen.Id(e.shapes.globals[el].name)).Call(jen.Id("d"), jen.Id("old"))))...))
		}
	}
	return cases
}

// nillableRoot is mayBeNil for a global element by itself.
func (e *emitter) nillableRoot(el *xsd.Element) []jen.Code {
	ct, complex := el.Type.(*xsd.ComplexType)
	switch {
	case el.Nillable && complex && isAnyType(ct):
		return []jen.Code{jen.Id("d").Dot("AnyType").Call(), jen.Id("d").Dot("Nillable").Call()}
	case el.Nillable && (complex || e.shapes.globals[el].saysNil()):
		return []jen.Code{jen.Id("d").Dot("Nillable").Call()}
	}
	return nil
}

// readFunc emits the generic that readKnown calls.
func (e *emitter) readFunc() jen.Code {
	return documented(doc("read reads the element that d stands on into old, or into a new T if old is none."),
		jen.Func().Id("read").Types(
			jen.Id("T").Any(),
			jen.Id("P").Interface(jen.Op("*").Id("T"), jen.Id("knownElement")),
		).Params(decoderParam(), jen.Id("old").Id("Element")).Id("Element").Block(
			jen.List(jen.Id("v"), jen.Id("ok")).Op(":=").Id("old").Assert(jen.Id("P")),
			jen.If(jen.Op("!").Id("ok")).Block(jen.Id("v").Op("=").New(jen.Id("T"))),
			jen.Id("v").Dot("decode").Call(jen.Id("d")),
			jen.Return(jen.Id("v")),
		))
}

// readElementFunc emits
//
//	func readElement(d *xsdrun.Decoder, w *xsdrun.Wildcard, old Element) Element {
//		if el := readKnown(d, old); el != nil {
//			return el
//		}
//		d.Undeclared(w)
//		return d.Raw()
//	}
func (e *emitter) readElementFunc() jen.Code {
	return documented(doc("readElement reads an element that stands in for the wildcard w."),
		function("readElement", block(decoderParam(), jen.Id("w").Op("*").Add(rt("xsdrun", "Wildcard")), jen.Id("old").Id("Element")),
			block(jen.Id("Element")),
			jen.If(jen.Id("el").Op(":=").Id("readKnown").Call(jen.Id("d"), jen.Id("old")), jen.Id("el").Op("!=").Nil()).Block(
				jen.Return(jen.Id("el"))),
			jen.Id("d").Dot("Undeclared").Call(jen.Id("w")),
			jen.Return(jen.Id("d").Dot("Raw").Call()),
		))
}

// writeElementFunc emits
//
//	func writeElement(e *xsdrun.Encoder, w *xsdrun.Wildcard, el Element) {
//		switch el := el.(type) {
//		case nil:
//			e.Missing("an element")
//		case knownElement:
//			el.encodeElement(e)
//		default:
//			e.Foreign(el)
//		}
//	}
func (e *emitter) writeElementFunc() jen.Code {
	return documented(doc("writeElement writes an element that stands in for the wildcard w; nil admits any."),
		function("writeElement", block(encoderParam(), jen.Id("w").Op("*").Add(rt("xsdrun", "Wildcard")), jen.Id("el").Id("Element")), nil,
			jen.If(jen.Id("el").Op("!=").Nil()).Block(
				jen.Id("e").Dot("Admit").Call(jen.Id("w"), jen.Id("spaces"), jen.Id("el").Dot("XMLName").Call())),
			jen.Switch(jen.Id("el").Op(":=").Id("el").Assert(jen.Type())).Block(
				jen.Case(jen.Nil()).Block(jen.Id("e").Dot("Missing").Call(lit("an element"))),
				jen.Case(jen.Id("knownElement")).Block(jen.Id("el").Dot("encodeElement").Call(jen.Id("e"))),
				jen.Default().Block(jen.Id("e").Dot("Foreign").Call(jen.Id("el"))),
			)))
}

// writeAnyFunc emits
//
//	func writeAny(e *xsdrun.Encoder, tag string, v *xmlstream.Any) {
//		e.Raw("<")
//		e.Raw(tag)
//		e.AnyAttributes(v)
//		if v.Content == "" {
//			e.Raw("/>")
//			return
//		}
//		e.Raw(">")
//		e.Mixed(v.Content)
//		e.Raw("</")
//		e.Raw(tag)
//		e.Raw(">")
//	}
func writeAnyFunc() jen.Code {
	raw := func(markup jen.Code) jen.Code { return jen.Id("e").Dot("Raw").Call(markup) }
	return documented(doc("writeAny writes an element whose attributes and content may be anything."),
		function("writeAny", block(encoderParam(), jen.Id("tag").String(), jen.Id("v").Op("*").Add(rt("xmlstream", "Any"))), nil,
			raw(lit("<")), raw(jen.Id("tag")),
			jen.Id("e").Dot("AnyAttributes").Call(jen.Id("v")),
			jen.If(jen.Id("v").Dot("Content").Op("==").Lit("")).Block(raw(lit("/>")), jen.Return()),
			raw(lit(">")),
			jen.Id("e").Dot("Mixed").Call(jen.Id("v").Dot("Content")),
			raw(lit("</")), raw(jen.Id("tag")), raw(lit(">"))))
}

// readItemFunc emits
//
//	func readItem[T any](d *xsdrun.Decoder, old T) T {
//		reused, _ := any(old).(Element)
//		item, _ := readKnown(d, reused).(T)
//		return item
//	}
func readItemFunc() jen.Code {
	return documented(doc("readItem reads an item of a repeated group that is an element, into old if that is of its type."),
		jen.Func().Id("readItem").Types(jen.Id("T").Any()).Params(decoderParam(), jen.Id("old").Id("T")).Id("T").Block(
			jen.List(jen.Id("reused"), jen.Id("_")).Op(":=").Any().Call(jen.Id("old")).Assert(jen.Id("Element")),
			jen.List(jen.Id("item"), jen.Id("_")).Op(":=").Id("readKnown").Call(jen.Id("d"), jen.Id("reused")).Assert(jen.Id("T")),
			jen.Return(jen.Id("item"))))
}

// elementMethods emits the methods of a global element's type: those of Element, and the writer that writeElement calls.
func (e *emitter) elementMethods(st *structure) []jen.Code {
	v := jen.Id("v")
	el := st.element
	write := func(alone bool) []jen.Code { return e.writeGlobal(st, e.declarations(st, alone)) }
	inner := jen.Code(v.Clone().Dot("encodeElement").Call(jen.Id("e")))
	alone := []jen.Code{inner}
	if e.declarations(st, true) != e.declarations(st, false) {
		alone = write(true)
	}
	return []jen.Code{
		documented(doc("XMLName is %s.", e.qname(el.Name.Space, el.Name.Local)),
			shortMethod("v", st.name, "XMLName", nil, block(rt("xmlstream", "Name")), jen.Return(e.nameLiteral(el.Name)))),
		documented(doc("AppendXML implements [Element]."),
			method("v", st.name, "AppendXML", block(jen.Id("b").Index().Byte()), block(jen.Index().Byte(), jen.Error()),
				slices.Concat(e.refuseBrokenElement(st), block(jen.Id("e").Op(":=").Add(rt("xsdrun", "NewEncoder")).Call(jen.Id("b"))),
					alone, block(jen.Return(jen.Id("e").Dot("Finish").Call())))...)),
		method("v", st.name, "encodeElement", block(encoderParam()), nil, write(false)...),
	}
}

// writeGlobal emits what writes a global element, its tags included.
func (e *emitter) writeGlobal(st *structure, declarations string) []jen.Code {
	var s script
	tag := e.tag(st.element.Name)
	s.write("<" + tag + declarations)
	if !st.opens() && !st.empty() {
		s.write(">")
	}
	s.do(jen.Id("v").Dot("encode").Call(jen.Id("e")))
	if st.empty() {
		s.write("/>")
	} else {
		s.writeEnd(tag, st.mayBeEmpty())
	}
	return s.body()
}

// encodeGlobalItem emits the writer of a global element as an item: what is around it has declared its namespaces.
func (e *emitter) encodeGlobalItem(st *structure) jen.Code {
	return method("v", st.name, "encodeItem", block(encoderParam()), nil, e.writeGlobal(st, "")...)
}

// refuseBrokenElement is refuseBroken for an element that is a message.
func (e *emitter) refuseBrokenElement(st *structure) []jen.Code {
	for _, m := range e.msgs.list {
		if m.whole && m.payload == st {
			return e.refuseBroken(m)
		}
	}
	return nil
}

// nameLiteral emits
//
//	xmlstream.Name{Space: NamespaceDomain, Local: "check"}
func (e *emitter) nameLiteral(n xsd.Name) jen.Code {
	return rt("xmlstream", "Name").Add(e.nameValues(n))
}

// nameValues is nameLiteral without the type.
func (e *emitter) nameValues(n xsd.Name) jen.Code {
	if n.Space == "" {
		return inline(pair{jen.Id("Local"), lit(n.Local)})
	}
	return inline(pair{jen.Id("Space"), e.namespace(n.Space)}, pair{jen.Id("Local"), lit(n.Local)})
}
