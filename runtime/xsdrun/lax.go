package xsdrun

import (
	"fmt"
	"strings"

	"github.com/protogen-go/protogen/runtime/xmlstream"
)

// typedOnly reports whether the element on which d stands is to be judged by its xsi:type, there being no declaration.
func (d *Decoder) typedOnly() bool { return d.xsi.typed && d.opts.Typed != nil }

// readTyped reads the element on which d stands by the type that its xsi:type names.
func (d *Decoder) readTyped() {
	name, ok := d.xsiName()
	d.xsi.nilled = false // xsi:nil speaks of a declaration (cvc-elt.3)
	d.xsi.typed = false
	if ok && d.opts.Typed(d, name) {
		return
	}
	_, t := d.typeNamed()
	simple, ok := t.(*SimpleType)
	switch {
	case !ok:
		d.forget()
		d.laxContent()
	default:
		d.Text(simple)
	}
}

// laxAttributes judges those attributes of the element on which d stands that are declared globally.
func (d *Decoder) laxAttributes() {
	if !d.todo {
		return
	}
	d.todo = false
	attrs := d.r.Attrs()
	for i := range attrs {
		if at := &attrs[i]; !isSchemaAttr(at) {
			d.wildAttribute(at, anyAttribute)
		}
	}
}

// anyAttribute is the attribute wildcard of xs:anyType.
var anyAttribute = &Wildcard{Process: Lax, Not: true}

// declaredValue is the default or fixed value that the declaration gives an element of mixed content.
type declaredValue struct {
	text         string
	given, fixed bool
	at           int
}

// declaredValue takes the value that IfEmpty or IfFixed gave.
func (d *Decoder) declaredValue() declaredValue {
	v := declaredValue{at: d.at}
	switch {
	case d.ifFixed != nil:
		v.text, v.given, v.fixed = *d.ifFixed, true, true
	case d.ifEmpty != nil:
		v.text, v.given = *d.ifEmpty, true
	}
	return v
}

// judge is the content of the element that has just been read: what the declaration says if it is empty. A fixed value stands
// alone (cvc-elt.5.2.2).
func (v declaredValue) judge(d *Decoder, content xmlstream.Mixed) xmlstream.Mixed {
	switch {
	case !v.given || d.r.Err() != nil:
	case content == "":
		return xmlstream.MixedText(v.text)
	case !v.fixed:
	case content.HasElements():
		d.faultEnded(v.at, "cvc-elt.5.2.2.1", fmt.Sprintf("<%s> holds an element though its value is fixed", d.r.QName()))
	case content.Text() != v.text:
		d.faultEnded(v.at, "cvc-elt.5.2.2.2.1", fmt.Sprintf("%s where the value is fixed as %s", quote(content.Text()), quote(v.text)))
	}
	return content
}

// NameValue reads an element of type QName or NOTATION and returns its expanded name; the zero Name after a fault.
func (d *Decoder) NameValue(t *SimpleType) xmlstream.Name {
	text, _ := d.checked(t)
	return d.ParseName(text)
}

// AttrNameValue returns the value of the current attribute, a QName or NOTATION.
func (d *Decoder) AttrNameValue() xmlstream.Name { return d.ParseName(d.attr.text) }

// ParseName returns the expanded form of a qualified name in the element that has been read last, or on which d stands; the zero
// Name if it is none.
func (d *Decoder) ParseName(text string) xmlstream.Name {
	name, ok := resolveName(text, d.resolve)
	if !ok {
		return xmlstream.Name{}
	}
	n := splitName(name)
	return xmlstream.Name{Space: strings.Clone(n.Space), Local: strings.Clone(n.Local)}
}
