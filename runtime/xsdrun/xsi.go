package xsdrun

import (
	"fmt"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// xsi is what a start tag says in the namespace [xmlstream.XSISpace].
type xsi struct {
	typed  bool
	typeOf string // the value of xsi:type
	nilled bool
	nilOf  bool // xsi:nil is there and true
	mayNil bool // the declaration allows it
	exact  bool // the declaration blocks restriction: no simple type but its own
	closed bool // the declaration blocks extension
	any    bool // the declared type is xs:anyType
}

// readXSI notes xsi:type and xsi:nil of the start tag.
func (d *Decoder) readXSI() {
	d.xsi = xsi{}
	attrs := d.r.Attrs()
	for i := range attrs {
		a := &attrs[i]
		if !a.IsXSI() {
			continue
		}
		switch a.Local() {
		case "type":
			d.xsi.typed, d.xsi.typeOf, d.special = true, normalizeText(a.Value, WhiteSpaceCollapse), true
		case "nil":
			d.xsi.nilled, d.xsi.nilOf, d.special = true, ParseBool(normalizeText(a.Value, WhiteSpaceCollapse)), true
		}
	}
}

// takeNil reports whether the element is nil, judging the value of the xsi:nil that it has: what no declaration or type judges may
// have any.
func (d *Decoder) takeNil() bool {
	attrs := d.r.Attrs()
	for i := range attrs {
		if a := &attrs[i]; a.IsXSI() && a.Local() == "nil" {
			if v := BuiltinBoolean.Type().Check(normalizeText(a.Value, WhiteSpaceCollapse), nil); v != nil {
				d.faultAttr(a, v.Rule, v.Text)
			}
		}
	}
	d.xsi.nilled = false
	return d.xsi.nilOf
}

// isSchemaAttr reports whether a is an attribute that may stand on any element (XML Schema part 1, 2.6).
func isSchemaAttr(a *xmlstream.Attr) bool {
	if !a.IsXSI() {
		return false
	}
	switch a.Local() {
	case "type", "nil", "schemaLocation", "noNamespaceSchemaLocation":
		return true
	}
	return false
}

// typeNamed returns the type that xsi:type names, or nil after a fault.
func (d *Decoder) typeNamed() (xmlstream.Name, Type) {
	name, ok := d.xsiName()
	if !ok {
		d.faultHere("cvc-elt.4.1", fmt.Sprintf("xsi:type %s is no qualified name", quote(d.xsi.typeOf)))
		return name, nil
	}
	if t, ok := d.opts.Types[name]; ok {
		return name, t
	}
	if name.Space == Space {
		if b, ok := BuiltinNamed(name.Local); ok {
			return name, b.Type()
		}
	}
	d.faultHere("cvc-elt.4.2", fmt.Sprintf("xsi:type %s names no type", quote(d.xsi.typeOf)))
	return name, nil
}

// xsiName returns the expanded name that xsi:type holds.
func (d *Decoder) xsiName() (xmlstream.Name, bool) {
	text, ok := resolveName(d.xsi.typeOf, d.resolve)
	if !ok || text == "" {
		return xmlstream.Name{}, false
	}
	return splitName(text), true
}

// splitName is the inverse of [xmlstream.Name.String].
func splitName(s string) xmlstream.Name {
	if s != "" && s[0] == '{' {
		for i := range len(s) {
			if s[i] == '}' {
				return xmlstream.Name{Space: s[1:i], Local: s[i+1:]}
			}
		}
	}
	return xmlstream.Name{Local: s}
}

// SubType returns the type that xsi:type names, if the element on which d stands has one that [Options] Types knows or that
// is built in. From then on it is the caller's: a type that is not asked about must be the declared one.
func (d *Decoder) SubType() (name xmlstream.Name, ok bool) {
	if !d.xsi.typed {
		return xmlstream.Name{}, false
	}
	name, t := d.typeNamed()
	d.xsi.typed = false
	return name, t != nil
}

// Nil says that the element on which d stands is nillable, and reports whether it is nil. If so it has been read to its end.
// Its attributes must have been judged before.
func (d *Decoder) Nil() bool {
	if d.keyed {
		d.keys.mayBeNil(d)
	}
	if !d.xsi.nilled {
		return false
	}
	if !d.takeNil() {
		return false
	}
	simple := !d.xsi.any || d.namesSimple()
	if d.xsi.any {
		d.laxAttributes()
	}
	if d.ifFixed != nil {
		d.faultHere("cvc-elt.3.2.2", fmt.Sprintf("<%s> is nil though its value is fixed", d.r.QName()))
	}
	d.settle(d.declaredAnything())
	if d.keyed && simple {
		d.keys.value(d, nil, "")
	}
	d.nothing("cvc-elt.3.2.1", "nil", true)
	return true
}

// Nillable says that the element on which d stands may be nil. [Decoder.IsNil] tells whether it is, once its attributes have been
// judged.
func (d *Decoder) Nillable() {
	d.xsi.mayNil = true
	if d.keyed {
		d.keys.mayBeNil(d)
	}
}

// ExactType says that the declaration of the element on which d stands blocks restriction: no other type may take the place of
// its own, a simple one or xs:anyType.
func (d *Decoder) ExactType() { d.xsi.exact = true }

// AnyType says that the element on which d stands is declared as xs:anyType and may be nil, which is to be asked next.
func (d *Decoder) AnyType() { d.xsi.any = true }

// namesSimple reports whether xsi:type names a simple type.
func (d *Decoder) namesSimple() bool {
	if !d.xsi.typed {
		return false
	}
	name, _ := d.xsiName()
	if name.Space == Space && name.Local != "anyType" {
		_, ok := BuiltinNamed(name.Local)
		return ok
	}
	_, ok := d.opts.Types[name].(*SimpleType)
	return ok
}

// NoExtension says that the declaration of the element on which d stands, which is of a simple type, blocks extension: no complex type
// may take the place of its own.
func (d *Decoder) NoExtension() { d.xsi.closed = true }

// IsNil reports whether the element on which d stands is nil, and may be. If so it has been read to its end.
func (d *Decoder) IsNil() bool {
	if !d.xsi.nilled || !d.xsi.mayNil {
		d.xsi.mayNil = false
		return false
	}
	return d.Nil()
}

// declaredAnything returns the type that xsi:type names, which then agrees with itself.
func (d *Decoder) declaredAnything() xmlstream.Name {
	if !d.xsi.typed {
		return xmlstream.Name{}
	}
	name, _ := d.xsiName()
	return name
}

// IfEmpty says that the element on which d stands has the value text if it is empty (the element's default).
func (d *Decoder) IfEmpty(text string) {
	d.text[0] = text
	d.ifEmpty, d.special = &d.text[0], true
}

// IfFixed says that the element on which d stands has the value text if it is empty, and no other (the element's fixed
// value).
func (d *Decoder) IfFixed(text string) {
	d.text[1] = text
	d.ifFixed, d.special = &d.text[1], true
}

// settle judges what nobody has asked about the start tag, before the content is read: attributes, and an xsi:type that must
// be the name of the declared type.
func (d *Decoder) settle(declared xmlstream.Name) {
	if d.todo {
		d.NoAttributes()
	}
	if !d.special {
		return
	}
	if d.xsi.nilled {
		d.takeNil()
		d.faultHere("cvc-elt.3.1", fmt.Sprintf("<%s> has xsi:nil but is not nillable", d.r.QName()))
	}
	if d.xsi.typed {
		if name, ok := d.xsiName(); !ok || name != declared || declared == (xmlstream.Name{}) {
			if _, t := d.typeNamed(); t != nil {
				d.faultHere("cvc-elt.4.3", fmt.Sprintf("xsi:type %s is not the type of <%s>", quote(d.xsi.typeOf), d.r.QName()))
			}
		}
	}
	d.special, d.xsi, d.ifEmpty, d.ifFixed = false, xsi{}, nil, nil
}

// nothing reads the content of an element that must not have any.
func (d *Decoder) nothing(rule, what string, strict bool) {
	at, name := d.at, d.r.QName()
	bad := false
	for depth := d.r.Depth(); ; {
		switch d.r.Next() {
		case xmlstream.StartElement:
			bad = true
			d.r.Skip()
		case xmlstream.Text:
			bad = bad || strict || !d.r.IsSpace()
		case xmlstream.EndElement:
			if bad {
				d.faultEnded(at, rule, fmt.Sprintf("<%s> is %s and must have no content", name, what))
			}
			return
		case xmlstream.EOF:
			return
		}
		if d.r.Depth() < depth {
			return
		}
	}
}

// Empty reads an element whose type allows no content.
func (d *Decoder) Empty() {
	d.settle(xmlstream.Name{})
	d.nothing("cvc-complex-type.2.1", "empty", true)
}

// SubTypes are the types that may stand in the place of a declared one by xsi:type.
type SubTypes struct {
	Names    []xmlstream.Name // the declared type's own first, unless it is abstract
	Ways     []Derivation     // by index of Names: the ways in which it is derived from the declared type
	Abstract bool             // the declared type is abstract: the document must name another
}

// TypeAmong returns the index in types of the type that the element on which d stands is of: the one that its xsi:type names,
// or the declared one, which is the first. It is -1, a fault being recorded, if that type may not stand there; block are the
// ways of derivation that the element's declaration excludes. The element is still to be read.
func (d *Decoder) TypeAmong(types *SubTypes, block Derivation) int {
	if !d.xsi.typed {
		if types.Abstract {
			d.faultHere("cvc-type.2", fmt.Sprintf("the type of <%s> is abstract: xsi:type must name one derived from it", d.r.QName()))
			return -1
		}
		return 0
	}
	name, ok := d.xsiName()
	if !ok {
		d.typeNamed()
		return -1
	}
	d.xsi.typed = false
	for i, n := range types.Names {
		if n == name && types.Ways[i]&block == 0 {
			return i
		}
	}
	if _, t := d.typeNamed(); t != nil {
		d.faultHere("cvc-elt.4.3", fmt.Sprintf("xsi:type %s may not stand for the type of <%s>", quote(d.xsi.typeOf), d.r.QName()))
	}
	return -1
}
