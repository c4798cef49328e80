package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/protogen-go/protogen/gen/xsd"
)

// elementCodec emits what reads and writes an element wherever it stands.
func (e *emitter) elementCodec() []jen.Code {
	return []jen.Code{e.knownInterface(), e.decodeKnown(), e.readFunc(), e.decodeElement(), e.encodeElement()}
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

// decodeKnown emits the switch over every global element:
//
//	func decodeKnown(d *xsdrun.Decoder, old Element) Element {
//		switch d.Space() {
//		case spaceDomain:
//			switch d.Local() {
//			case "check":
//				return read[DomainCheck](d, old)
//			}
//		}
//		return nil
//	}
func (e *emitter) decodeKnown() jen.Code {
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
		doc(`decodeKnown reads the element that d stands on, into old if that is of its type. It returns nil, having read nothing,
			for an element that the schemas do not declare.`),
		function("decodeKnown", block(decoderParam(), jen.Id("old").Id("Element")), block(jen.Id("Element")),
			jen.Switch(jen.Id("d").Dot("Space").Call()).Block(spaces...), jen.Return(jen.Nil())))
}

// localCases are the cases of the global elements of one namespace.
func (e *emitter) localCases(uri string) []jen.Code {
	var cases []jen.Code
	for _, el := range e.set.Elements {
		if el.Name.Space == uri && !el.Abstract {
			cases = append(cases, jen.Case(lit(el.Name.Local)).Block(append(e.declared(el),
				jen.Return(jen.Id("read").Types(jen.Id(e.shapes.globals[el].name)).Call(jen.Id("d"), jen.Id("old"))))...))
		}
	}
	return cases
}

// readFunc emits the generic that decodeKnown calls.
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

// decodeElement emits
//
//	func decodeElement(d *xsdrun.Decoder, w *xsdrun.Wildcard, old Element) Element {
//		if el := decodeKnown(d, old); el != nil {
//			return el
//		}
//		d.Undeclared(w)
//		return d.Raw()
//	}
func (e *emitter) decodeElement() jen.Code {
	return documented(doc("decodeElement reads an element that stands in for the wildcard w."),
		function("decodeElement", block(decoderParam(), jen.Id("w").Op("*").Add(rt("xsdrun", "Wildcard")), jen.Id("old").Id("Element")),
			block(jen.Id("Element")),
			jen.If(jen.Id("el").Op(":=").Id("decodeKnown").Call(jen.Id("d"), jen.Id("old")), jen.Id("el").Op("!=").Nil()).Block(
				jen.Return(jen.Id("el"))),
			jen.Id("d").Dot("Undeclared").Call(jen.Id("w")),
			jen.Return(jen.Id("d").Dot("Raw").Call()),
		))
}

// encodeElement emits
//
//	func encodeElement(e *xsdrun.Encoder, w *xsdrun.Wildcard, el Element) {
//		switch el := el.(type) {
//		case nil:
//			e.Missing("an element")
//		case knownElement:
//			el.encodeElement(e)
//		default:
//			e.Foreign(el)
//		}
//	}
func (e *emitter) encodeElement() jen.Code {
	return documented(doc("encodeElement writes an element that stands in for the wildcard w; nil admits any."),
		function("encodeElement", block(encoderParam(), jen.Id("w").Op("*").Add(rt("xsdrun", "Wildcard")), jen.Id("el").Id("Element")), nil,
			jen.If(jen.Id("el").Op("!=").Nil()).Block(
				jen.Id("e").Dot("Admit").Call(jen.Id("w"), jen.Id("spaces"), jen.Id("el").Dot("XMLName").Call())),
			jen.Switch(jen.Id("el").Op(":=").Id("el").Assert(jen.Type())).Block(
				jen.Case(jen.Nil()).Block(jen.Id("e").Dot("Missing").Call(lit("an element"))),
				jen.Case(jen.Id("knownElement")).Block(jen.Id("el").Dot("encodeElement").Call(jen.Id("e"))),
				jen.Default().Block(jen.Id("e").Dot("Foreign").Call(jen.Id("el"))),
			)))
}

// elementMethods emits the methods of a global element's type: those of Element, and the writer that encodeElement calls.
func (e *emitter) elementMethods(st *structure) []jen.Code {
	v := jen.Id("v")
	el := st.element
	write := func(alone bool) []jen.Code {
		var s script
		tag := e.tag(el.Name)
		s.write("<" + tag + e.declarations(st, alone))
		if !st.opens() && !st.empty() {
			s.write(">")
		}
		s.do(v.Clone().Dot("encode").Call(jen.Id("e")))
		if st.empty() {
			s.write("/>")
		} else {
			s.write("</" + tag + ">")
		}
		return s.body()
	}
	inner := jen.Code(v.Clone().Dot("encodeElement").Call(jen.Id("e")))
	alone := []jen.Code{inner}
	if e.declarations(st, true) != e.declarations(st, false) {
		alone = write(true)
	}
	return []jen.Code{
		documented(doc("XMLName is %s.", e.qname(el.Name.Space, el.Name.Local)),
			method("v", st.name, "XMLName", nil, block(rt("xmlstream", "Name")), jen.Return(e.nameLiteral(el.Name)))),
		documented(doc("AppendXML implements [Element]."),
			method("v", st.name, "AppendXML", block(jen.Id("b").Index().Byte()), block(jen.Index().Byte(), jen.Error()),
				append(append([]jen.Code{
					jen.Id("e").Op(":=").Add(rt("xsdrun", "NewEncoder")).Call(jen.Id("b")),
				}, alone...), jen.Return(jen.Id("e").Dot("Finish").Call()))...)),
		method("v", st.name, "encodeElement", block(encoderParam()), nil, write(false)...),
	}
}

// nameLiteral emits
//
//	xmlstream.Name{Space: "urn:ietf:params:xml:ns:domain-1.0", Local: "check"}
func (e *emitter) nameLiteral(n xsd.Name) jen.Code {
	return rt("xmlstream", "Name").Add(inline(
		pair{jen.Id("Space"), lit(n.Space)}, pair{jen.Id("Local"), lit(n.Local)}))
}
